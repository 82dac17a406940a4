// Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT
#pragma once

/// \file
/// Sections of the page of `probe`: heads, convolutions, volumes and distances of embeddings, output heads, tokens.

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include "support/figure.hpp"
#include "support/html.hpp"
#include "support/probe_html_data.hpp"
#include "support/probe_html_pairs.hpp"

namespace examples::probe {

inline std::string heads_section(const json& document, figures& figure) {
    const std::vector<const json*> all = lines_of(document, "qk_heads");
    std::vector<const json*> measured;
    html_table table({"queries and keys", "heads", "of keys", "signed energy", "by chance", "|M \u2212 M\u2032| / |M|",
                      "by chance", "stable rank", "by chance"},
                     1);
    for (const json* line : all) {
        if (!number_at(*line, "mean_signed_energy")) continue;
        measured.push_back(line);
        std::vector<std::string> cells{html_name(text_at(*line, "place")), readable_at(number_at(*line, "heads")),
                                       readable_at(number_at(*line, "key_heads"))};
        for (const auto& [value, null] : {std::pair("mean_signed_energy", "null_signed_energy"),
                                          std::pair("mean_symmetry_deviation", "null_symmetry_deviation"),
                                          std::pair("mean_stable_rank", "null_stable_rank")}) {
            cells.push_back(readable_at(number_at(*line, value)));
            cells.push_back(line->contains(null) ? null_cell((*line)[null]) : "");
        }
        table.add(cells);
    }
    if (measured.empty()) return {};
    std::string pictures;
    for (const line_group& g : grouped(document, measured, group_of_place)) {
        const auto by_layer = [&](const char* of, const std::string& label) {
            const std::string value = "mean_" + std::string(of), null = "null_" + std::string(of);
            return along_layers(
                g, label, false, [&](const json& x) { return number_at(x, value.c_str()); },
                [&](const json& x) { return x.contains(null) ? &x[null] : nullptr; });
        };
        chart energy = by_layer("signed_energy", "\u03a3\u03bb\u208a / \u03a3|\u03bb|");
        energy.y.show(1);
        // Every head of a layer as a dot.
        std::vector<point> heads;
        for (std::size_t i = 0; i < g.lines.size(); ++i)
            for (const json* head : lines_of(*g.lines[i], "by_head"))
                if (const auto x = number_at(*head, "signed_energy")) heads.push_back({g.places[i], *x});
        energy.dots(heads, "v");
        pictures += "<h3>" + html_text(g.name) + "</h3>\n" +
                    detail::grid(figure(energy, "Signed energy", g.name + ": mean over the heads, and each head.") +
                                 figure(by_layer("symmetry_deviation", "|M \u2212 M\u2032| / |M|"), "Asymmetry",
                                        g.name + ": mean over the heads.") +
                                 figure(by_layer("stable_rank", "stable rank"), "Stable rank",
                                        g.name + ": mean over the heads."));
    }
    html_table trends({"queries and keys", "figure", "layers", "first", "last", "Spearman", "by chance", "z"}, 2);
    for (const json* line : lines_of(document, "qk_trends"))
        trends.add({html_name(text_at(*line, "group")), html_name(text_at(*line, "figure")),
                    readable_at(number_at(*line, "layers")), readable_at(number_at(*line, "first")),
                    readable_at(number_at(*line, "last")), readable_at(number_at(*line, "spearman", "value")),
                    null_cell((*line)["spearman"]["null"]), z_cell(number_at(*line, "spearman", "z"))});
    return "<p>Head by head in the residual stream: M = W_q\u2032 W_k of the head's rows. At most twice the head's "
           "size "
           "of the eigenvalues are not 0, half of them positive whatever the weights, so that what can differ from "
           "chance is their energy.</p>\n" +
           legend({key_line("m", "mean of the heads"), key_line("v", "heads"), key_line("n", "by chance"),
                   key_area("n", "two standard deviations of a head")}) +
           pictures + table.folded("Table: heads, means by layer") +
           (trends.rows() > 0 ? trends.folded("Table: trends over depth") : "");
}

inline std::string filters_section(const json& document) {
    html_table table({"convolution", "filters", "dead", "weak", "share weak by chance", "norm, mean", "least", "most"},
                     1);
    for (const json* line : lines_of(document, "filters"))
        table.add({html_name(text_at(*line, "tensor")), readable_at(number_at(*line, "filters")),
                   readable_at(number_at(*line, "dead")), readable_at(number_at(*line, "weak")),
                   line->contains("null_weak") ? null_cell((*line)["null_weak"]) : "",
                   readable_at(number_at(*line, "mean_norm")), readable_at(number_at(*line, "smallest_norm")),
                   readable_at(number_at(*line, "largest_norm"))});
    if (table.rows() == 0) return {};
    return "<p>Filters whose norm is below 1 % (dead) and 10 % (weak) of the mean of their convolution.</p>\n" +
           table.folded("Table: filters of the convolutions");
}

/// Volumes and distances of embeddings, and how they agree with output heads.
inline std::string volumes_section(const json& document) {
    html_table volumes({"embedding", "valid of 1000", "CV, as documented", "mean / Gaussian", "by chance", "z",
                        "/ covariance", "z", "/ and norms", "z"},
                       1),
        distances({"embedding", "mean distance of two rows", "by chance", "sd", "by chance"}, 1);
    for (const json* line : lines_of(document, "embeddings")) {
        if (!line->contains("pentachora")) continue;
        const json& v = (*line)["pentachora"];
        const auto ratio = [&](const char* key) { return readable_at(number_at(v, key, "value")); };
        const auto z = [&](const char* key) { return z_cell(number_at(v, key, "z")); };
        volumes.add({html_name(text_at(*line, "tensor")), readable_at(number_at(v, "documented", "valid")),
                     readable_at(number_at(v, "documented", "cv")), ratio("documented_ratio_to_gaussian"),
                     null_cell(v["documented_ratio_to_gaussian"]["null"]), z("documented_ratio_to_gaussian"),
                     ratio("ratio_by_covariance"), z("ratio_by_covariance"), ratio("ratio_by_covariance_and_norms"),
                     z("ratio_by_covariance_and_norms")});
        const json& d = (*line)["distances"];
        distances.add({html_name(text_at(*line, "tensor")), readable_at(number_at(d, "mean", "value")),
                       null_cell(d["mean"]["null"]), readable_at(number_at(d, "sd", "value")),
                       null_cell(d["sd"]["null"])});
    }
    html_table heads({"embedding", "output head", "equal", "cosine of rows", "by chance", "|E \u2212 H| / |E|"}, 2);
    for (const json* line : lines_of(document, "output_heads"))
        heads.add({html_name(text_at(*line, "embedding")), html_name(text_at(*line, "head")),
                   (*line)["equal"] == true ? "yes" : "no", readable_at(number_at(*line, "cosine", "mean", "value")),
                   null_cell((*line)["cosine"]["mean"]["null"]), readable_at(number_at(*line, "relative_difference"))});
    if (volumes.rows() + heads.rows() == 0) return {};
    std::string out;
    if (volumes.rows() > 0)
        out +=
            "<p>Volumes of 1000 random pentachora (five rows): their mean over that of Gaussian rows of the same "
            "standard deviation, of the same covariance, and of the same covariance and norms.</p>\n" +
            volumes.text();
    if (heads.rows() > 0) out += "<p>Embeddings and output heads, row by row.</p>\n" + heads.text();
    return out;
}

inline std::string tokens_section(const json& document, figures& figure) {
    if (!document.contains("tokens")) return {};
    std::string out;
    for (const json* line : lines_of(document["tokens"], "embeddings")) {
        const std::string name = text_at(*line, "tensor");
        if (line->contains("digits") && (*line)["digits"].contains("cosines")) {
            const json& d = (*line)["digits"];
            const std::size_t n = d["tokens"].size();
            heat_map map(n, n);
            map.x_label = map.y_label = "digit", map.unit = "cosine";
            double most = 1e-6;
            for (std::size_t i = 0; i < n; ++i)
                for (std::size_t j = 0; j < n; ++j)
                    if (const auto x = number_at(d["cosines"], i * n + j); x && i != j) {
                        map.values[i * n + j] = *x;
                        most = std::max(most, std::fabs(*x));
                    }
            map.limit = most;
            for (const json& word : d["words"])
                map.row_names.push_back(word.is_string() ? word.get<std::string>() : "");
            map.col_names = map.row_names;
            out += detail::grid(
                figure(map, "Digits", "Cosines of the digits' rows.",
                       "correlation with |i \u2212 j| " + readable_at(number_at(d, "correlation", "value")) +
                           ", by chance " + null_cell(d["correlation"]["null"]) + "; neighbours " +
                           readable_at(number_at(d, "adjacent")) + ", others " + readable_at(number_at(d, "others"))));
        }
        html_table table({"words", "found", "cosine within", "by chance", "z", "with other words", "lift"}, 1);
        for (const json* c : lines_of(*line, "categories"))
            if (c->contains("within"))
                table.add({html_name(text_at(*c, "name")), std::to_string((*c)["tokens"].size()),
                           readable_at(number_at(*c, "within", "value")), null_cell((*c)["within"]["null"]),
                           z_cell(number_at(*c, "within", "z")), readable_at(number_at(*c, "between")),
                           readable_at(number_at(*c, "lift"))});
        if (table.rows() > 0) out += "<h3>" + html_name(name) + "</h3>\n" + table.text();
    }
    if (out.empty()) return {};
    return "<p>By chance: as many random rows of the same embedding. Lift: above the mean cosine of all rows.</p>\n" +
           out;
}

}  // namespace examples::probe
