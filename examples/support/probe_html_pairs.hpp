// Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT
#pragma once

/// \file
/// Sections of the page of `probe` on what is compared: queries with keys, neurons, layers, positions, embeddings; and
/// norm layers.

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "support/probe_html_data.hpp"

namespace examples::probe {
namespace detail {

/// Curves of the lines of a group by share, coloured by depth, and the null of the first and last.
inline chart curves_chart(const line_group& g, const char* curve, double least) {
    chart c;
    c.x.show(0), c.x.show(1);
    for (const std::size_t i : some_of(g.lines.size(), 8))
        c.line(curve_points((*g.lines[i])[curve], "values", least), depth_class(i, g.lines.size()));
    for (const std::size_t i : some_of(g.lines.size(), 2))
        c.line(curve_points((*g.lines[i])[curve], "null", least), "n");
    return c;
}

/// A histogram of the document as bars, and what chance expects as a line.
inline chart histogram_chart(const json& h, const char* x_label) {
    chart c;
    c.x.label = x_label;
    c.y.label = "density";
    const double low = h["low"].get<double>(), high = h["high"].get<double>();
    const std::size_t n = h["counts"].size();
    const double width = (high - low) / static_cast<double>(n);
    double total = 0;
    for (const json& count : h["counts"]) total += count.get<double>();
    const auto density = [&](const json& list) {
        std::vector<double> out;
        for (const json& count : list) out.push_back(count.get<double>() / (total > 0 ? total * width : 1));
        return out;
    };
    c.y.show(0);
    c.bars(low, width, density(h["counts"]), "m");
    if (h.contains("expected")) {
        std::vector<point> steps{{low, 0}};
        const auto expected = density(h["expected"]);
        for (std::size_t i = 0; i < expected.size(); ++i) {
            steps.push_back({low + width * static_cast<double>(i), expected[i]});
            steps.push_back({low + width * static_cast<double>(i + 1), expected[i]});
        }
        c.line(std::move(steps), "n");
    }
    return c;
}

inline std::string grid(const std::string& content) { return "<div class=\"grid\">\n" + content + "</div>\n"; }

}  // namespace detail

inline std::string balance_section(const json& document, figures& figure) {
    const std::vector<const json*> all = lines_of(document, "qk_balance");
    if (all.empty()) return {};
    std::vector<const json*> measured;
    html_table table({"queries and keys", "size", "positive", "negative", "zero", "share", "by chance", "z",
                      "signed energy", "|M \u2212 M\u2032| / |M|"},
                     1),
        refused({"queries and keys", "why there are no figures"}, 2);
    for (const json* line : all) {
        if (line->contains("reason")) {
            refused.add({html_name(text_at(*line, "place")), html_name(text_at(*line, "reason"))});
            continue;
        }
        measured.push_back(line);
        std::vector<std::string> cells{html_name(text_at(*line, "place"))};
        for (const char* key : {"size", "positive", "negative", "zero", "positive_fraction"})
            cells.push_back(readable_at(number_at(*line, key)));
        cells.push_back(null_cell((*line)["null"]));
        cells.push_back(z_cell(number_at(*line, "z")));
        for (const char* key : {"signed_energy", "symmetry_deviation"})
            cells.push_back(readable_at(number_at(*line, key)));
        table.add(cells);
    }
    std::string out =
        "<p>Eigenvalues of the symmetric part of M = W_q W_k\u2032, the product of the stored matrices: positive ones "
        "attract, negative ones repel. By chance: independent Gaussian factors, of which half are positive, the signed "
        "energy \u03a3\u03bb\u208a / \u03a3|\u03bb| is \u00bd and |M \u2212 M\u2032| / |M| is \u221a2.</p>\n";
    if (!measured.empty())
        out += legend({key_of_depth(), key_line("m", "measured"), key_line("v", "signed energy"),
                       key_line("n", "by chance"), key_area("n", "two standard deviations")});
    for (const line_group& g : grouped(document, measured, group_of_place)) {
        chart spectra = detail::curves_chart(g, "eigenvalues", -1e300);
        spectra.x.label = "share of the eigenvalues", spectra.y.label = "\u03bb / root mean square";
        spectra.level(0, "k");
        const auto by_layer = [&](const char* name, std::string label) {
            return along_layers(
                g, std::move(label), false, [&](const json& x) { return number_at(x, name); },
                [&](const json& x) {
                    return std::string_view(name) == "positive_fraction" && x.contains("null") ? &x["null"] : nullptr;
                });
        };
        chart deviation = by_layer("symmetry_deviation", "|M \u2212 M\u2032| / |M|");
        deviation.level(std::sqrt(2.0), "n");
        deviation.y.show(2);
        chart share = by_layer("positive_fraction", "of the number; of the energy");
        std::vector<point> energy;
        for (std::size_t i = 0; i < g.lines.size(); ++i)
            if (const auto x = number_at(*g.lines[i], "signed_energy")) energy.push_back({g.places[i], *x});
        share.line(energy, "v"), share.dots(energy, "v");
        share.level(0.5, "n");
        share.y.show(1);
        out += "<h3>" + html_text(g.name) + "</h3>\n" +
               detail::grid(
                   figure(spectra, "Eigenvalues", g.name + ": eigenvalues by rank, and those of Gaussian factors.") +
                   figure(share, "Share of the positive",
                          g.name + ": the share of positive eigenvalues and the signed energy by layer.") +
                   figure(deviation, "Asymmetry", g.name + ": symmetry deviation by layer."));
    }
    if (table.rows() > 0) out += table.folded("Table: balance of queries and keys");
    if (refused.rows() > 0) out += refused.folded("Table: queries and keys without figures");
    return out;
}

inline std::string neurons_section(const json& document, figures& figure) {
    const std::vector<const json*> all = lines_of(document, "neurons");
    if (all.empty()) return {};
    html_table table({"feed-forward", "units", "dead", "weak", "weak by chance, share"}, 1);
    std::vector<const json*> measured;
    for (const json* line : all) {
        table.add({html_name(text_at(*line, "place")) +
                       (line->contains("reason") ? ": " + html_name(text_at(*line, "reason")) : ""),
                   readable_at(number_at(*line, "units")), readable_at(number_at(*line, "dead")),
                   readable_at(number_at(*line, "weak")),
                   line->contains("null_weak") ? null_cell((*line)["null_weak"]) : std::string()});
        if (line->contains("importance") && (*line)["importance"].is_object()) measured.push_back(line);
    }
    std::string pictures;
    for (const line_group& g : grouped(document, measured, group_of_place)) {
        pictures += "<h3>" + html_text(g.name) + "</h3>\n<div class=\"grid\">\n";
        for (const json* line : lines_of(document, "neuron_importance")) {
            if (text_at(*line, "group") != g.name) continue;
            chart c = detail::histogram_chart((*line)["histogram"], "importance / mean of the layer");
            pictures +=
                figure(c, "All layers", g.name + ": histogram of the importance of neurons, and of Gaussian weights.",
                       readable_at(number_at(*line, "units")) + " units of " + readable_at(number_at(*line, "layers")) +
                           (number_at(*line, "layers") == 1 ? " layer" : " layers"));
        }
        chart c = detail::curves_chart(g, "importance", 1e-4);
        c.x.label = "share of the units, the most important first", c.y.label = "importance / mean of the layer";
        c.y.logarithmic = true;
        c.level(0.1, "k", "weak below"), c.level(0.01, "k", "dead below");
        pictures +=
            figure(c, "Layer by layer", g.name + ": importance of neurons, descending, and of Gaussian weights.",
                   g.lines.size() > 8 ? "eight of " + std::to_string(g.lines.size()) + " layers" : "descending") +
            "</div>\n";
    }
    return "<p>The importance of a unit is the product of its norms on the way in, out and through a gate. Dead: below "
           "1 % "
           "of the mean; weak: below 10 %. By chance: Gaussian weights.</p>\n" +
           legend({key_area("m", "measured"), key_line("n", "by chance"), key_of_depth()}) + pictures +
           table.folded("Table: dead and weak neurons");
}

inline std::string layers_section(const json& document, figures& figure) {
    const std::vector<const json*> all = lines_of(document, "layer_correlation");
    if (all.empty()) return {};
    html_table table({"weights", "layers", "cosine of neighbours", "by chance", "z"}, 1);
    std::string pictures;
    for (const json* line : all) {
        const std::string name = text_at(*line, "group");
        table.add({html_text(name), readable_at(number_at(*line, "layers")), readable_at(number_at(*line, "value")),
                   null_cell((*line)["null"]), z_cell(number_at(*line, "z"))});
        const json& rows = (*line)["cosines"];
        const std::size_t n = rows.size() + 1;
        if (n < 3) continue;
        heat_map map(n, n);
        double largest = 0;
        std::size_t pairs = 0, neighbours = 0;
        for (std::size_t i = 0; i + 1 < n; ++i)
            for (std::size_t j = i + 1; j < n; ++j)
                if (const auto x = number_at(rows, i, j - i - 1)) {
                    map.values[i * n + j] = map.values[j * n + i] = *x;
                    largest = std::max(largest, std::fabs(*x));
                    ++pairs, neighbours += j == i + 1;
                }
        if (pairs == 0) continue;
        // Of one pair: neighbours are averaged.
        if (const auto sd = number_at(*line, "null", "sd"))
            map.null_sd = *sd * std::sqrt(static_cast<double>(std::max<std::size_t>(1, neighbours)));
        map.limit = std::max({largest, 3 * map.null_sd.value_or(0), 1e-6});
        map.x_label = map.y_label = "layer", map.unit = "cosine";
        for (std::size_t i = 0; i < n; ++i) map.row_names.push_back(readable_at(number_at(*line, "numbers", i)));
        map.col_names = map.row_names;
        pictures += figure(
            map, name, "Cosines between the weights of all pairs of layers.",
            "neighbours " + readable_at(number_at(*line, "value")) + ", by chance " + null_cell((*line)["null"]));
    }
    return "<p>Cosines of the weights of one role in different layers, as vectors of their elements. By chance: 0, "
           "with a "
           "standard deviation of 1 / \u221aelements for a pair; two of them are marked beside each scale. The "
           "diagonal and "
           "pairs of different shapes are grey.</p>\n" +
           detail::grid(pictures) + table.folded("Table: cosines of neighbouring layers");
}

inline std::string positions_section(const json& document, figures& figure) {
    std::string pictures;
    html_table table({"position biases", "heads", "local", "global", "mixed", "local or global by chance, each"}, 1);
    for (const json* line : lines_of(document, "position_bias")) {
        table.add({html_name(text_at(*line, "place")) +
                       (line->contains("reason") ? ": " + html_name(text_at(*line, "reason")) : ""),
                   readable_at(number_at(*line, "heads")), readable_at(number_at(*line, "local")),
                   readable_at(number_at(*line, "global")), readable_at(number_at(*line, "mixed")),
                   line->contains("null_local") ? null_cell((*line)["null_local"]) : std::string()});
        if (!line->contains("biases")) continue;
        const json &at = (*line)["biases"]["at"], &heads = (*line)["biases"]["heads"];
        if (heads.empty() || at.empty()) continue;
        heat_map map(heads.size(), at.size());
        chart curves;
        curves.x.label = "bucket", curves.y.label = "bias", curves.x.whole = true;
        const double last = at.back().get<double>();
        curves.zone(-0.5, 2.5, "zone", "local"), curves.zone(last - 2.5, last + 0.5, "zone", "global");
        double largest = 1e-12;
        for (std::size_t h = 0; h < heads.size(); ++h) {
            map.row_names.push_back(std::to_string(h));
            std::vector<point> points;
            for (std::size_t b = 0; b < at.size(); ++b) {
                const auto x = number_at(heads, h, b);
                map.values[h * at.size() + b] = x;
                if (x) largest = std::max(largest, std::fabs(*x)), points.push_back({at[b].get<double>(), *x});
            }
            curves.line(std::move(points), depth_class(h, heads.size()));
        }
        for (const json& b : at) map.col_names.push_back(b.dump());
        map.limit = largest, map.x_label = "bucket", map.y_label = "head", map.unit = "bias";
        const std::string place = text_at(*line, "place");
        const std::string small = readable_at(number_at(*line, "local")) + " local, " +
                                  readable_at(number_at(*line, "global")) + " global of " +
                                  readable_at(number_at(*line, "heads")) + "; by chance " +
                                  null_cell((*line)["null_local"]) + " each";
        pictures +=
            "<h3>" + html_text(place) + "</h3>\n" +
            detail::grid(figure(map, "Heads by buckets", place + ": the bias of each head in each bucket.", small) +
                         figure(curves, "By bucket", place + ": the biases by bucket, a line a head.",
                                "a line a head, from light to dark"));
    }
    if (table.rows() == 0) return {};
    return "<p>A head is local where its largest bias is in the first three buckets, global where it is in the last "
           "three. By "
           "chance: biases in random order.</p>\n" +
           pictures + table.folded("Table: reach of the heads");
}

inline std::string norms_section(const json& document, figures& figure) {
    html_table table({"norm layers", "layer", "size", "mean", "sd", "0.8 to 1.2", "above 1.5", "below 0.5"}, 1);
    std::string pictures;
    for (const line_group& g :
         grouped(document, lines_of(document, "norms"), [](const json& x) { return text_at(x, "group"); })) {
        std::vector<point> low, high, mean;
        for (std::size_t i = 0; i < g.lines.size(); ++i) {
            const json& line = *g.lines[i];
            table.add({html_name(text_at(line, "tensor")), readable_at(number_at(line, "layer")),
                       readable_at(number_at(line, "size")), readable_at(number_at(line, "mean")),
                       readable_at(number_at(line, "sd")), readable_at(number_at(line, "from_0.8_to_1.2")),
                       readable_at(number_at(line, "above_1.5")), readable_at(number_at(line, "below_0.5"))});
            const auto m = number_at(line, "mean"), sd = number_at(line, "sd");
            if (!m || !sd) continue;
            mean.push_back({g.places[i], *m});
            low.push_back({g.places[i], *m - *sd});
            high.push_back({g.places[i], *m + *sd});
        }
        if (mean.size() < 2) continue;
        chart c;
        c.x.label = g.by_layer ? "layer" : "norm layer, in order", c.x.whole = true, c.y.label = "scale";
        c.band(low, high, "m"), c.line(mean, "m"), c.dots(mean, "m");
        c.level(1, "n");
        pictures += figure(c, g.name, "Mean scale of the norm layers, one standard deviation either side.");
    }
    if (table.rows() == 0) return {};
    return "<p>Scales of the norm layers: mean and standard deviation over their elements. The dashed line is 1, where "
           "training usually begins.</p>\n" +
           detail::grid(pictures) + table.folded("Table: scales of the norm layers");
}

inline std::string embeddings_section(const json& document, figures& figure) {
    html_table table({"embedding", "cosine", "by chance", "norm", "by chance", "participation ratio",
                      "dimensions for 90 %", "CV", "by chance", "law"},
                     1);
    std::string pictures;
    for (const json* line : lines_of(document, "embeddings")) {
        table.add(
            {html_name(text_at(*line, "tensor")), readable_at(number_at(*line, "cosines", "mean", "value")),
             null_cell((*line)["cosines"]["mean"]["null"]), readable_at(number_at(*line, "norms", "mean", "value")),
             null_cell((*line)["norms"]["mean"]["null"]), readable_at(number_at(*line, "participation_ratio")),
             readable_at(number_at(*line, "dimensions", "90 %")), readable_at(number_at(*line, "volume_cv", "value")),
             null_cell((*line)["volume_cv"]["null"]), readable_at(number_at(*line, "volume_cv", "law"))});
        const std::string place = text_at(*line, "place");
        const auto histogram = [&](const char* of, const char* label, const char* title, const std::string& rows) {
            if (!(*line)[of].contains("histogram")) return;
            chart c = detail::histogram_chart((*line)[of]["histogram"], label);
            pictures += figure(c, place + ": " + title, "Histogram, and what chance expects.",
                               rows + "; mean " + readable_at(number_at(*line, of, "mean", "value")) + ", by chance " +
                                   null_cell((*line)[of]["mean"]["null"]));
        };
        const std::string rows = readable_at(number_at(*line, "cosines", "rows"));
        histogram("cosines", "cosine of two rows", "cosines", "all pairs of " + rows + " rows");
        histogram("norms", "norm of a row", "norms", readable_at(number_at(*line, "norms", "rows")) + " rows");
        if (const json& v = (*line)["variances"]; v.is_object()) {
            chart c;
            c.x.label = "share of the principal components", c.y.label = "share of the variance",
            c.y.logarithmic = true;
            c.x.show(0), c.x.show(1);
            c.line(curve_points(v, "values", 1e-12), "m");
            c.line(curve_points(v, "null", 1e-12), "n");
            pictures += figure(c, place + ": variances", "Eigenvalues of the covariance, and those of Gaussian rows.",
                               "participation ratio " + readable_at(number_at(*line, "participation_ratio")));
        }
    }
    if (table.rows() == 0) return {};
    return "<p>Rows of the embeddings. By chance: isotropic directions for cosines; normal elements of the same size "
           "for norms "
           "and variances.</p>\n" +
           legend({key_area("m", "measured"), key_line("m", "measured"), key_line("n", "by chance")}) +
           detail::grid(pictures) + table.folded("Table: embeddings");
}

}  // namespace examples::probe
