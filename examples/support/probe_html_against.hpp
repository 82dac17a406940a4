// Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT
#pragma once

/// \file
/// The JSON document of `probe A --against B` as a page with pictures, made of the document alone.

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "support/page.hpp"
#include "support/probe_html.hpp"
#include "support/probe_html_data.hpp"

namespace examples::probe::against {

namespace detail {

/// The null that stands behind a figure of the aligned cosine.
inline const json& own_spectra(const json& pair) { return pair["aligned_cosine"]["matched_null"]; }

inline html_table group_table(const char* first) {
    return html_table({first, "pairs", "cosine", "aligned", "Gaussian", "own spectra", "z", "residual", "rotation",
                       "by chance", "spectra", "by chance"},
                      1);
}
inline void add(html_table& t, const std::string& name, const json& g) {
    t.add({name, readable_at(number_at(g, "pairs")), readable_at(number_at(g, "cosine", "mean")),
           readable_at(number_at(g, "aligned_cosine", "mean")), null_cell(g["aligned_cosine"]["null"]),
           null_cell(g["aligned_cosine_matched"]["null"]), z_cell(number_at(g, "aligned_cosine_matched", "z")),
           readable_at(number_at(g, "residual")), readable_at(number_at(g, "rotation", "mean")),
           null_cell(g["rotation"]["null"]), readable_at(number_at(g, "spectral_correlation", "mean")),
           null_cell(g["spectral_correlation"]["null"])});
}

/// A square of numbers, layers of A by layers of B, coloured by how far they are from `chance`, or from their middle.
inline std::string layer_map(figures& figure, const json& line, const char* key, const char* unit,
                             const std::string& title, const geolip::null_reading& chance) {
    const json& rows = line[key];
    const std::size_t n = rows.size();
    heat_map map(n, n);
    double low = HUGE_VAL, high = -HUGE_VAL;
    for (std::size_t i = 0; i < n; ++i)
        for (std::size_t j = 0; j < n; ++j)
            if (const auto x = number_at(rows, i, j)) {
                map.values[i * n + j] = *x;
                low = std::min(low, *x), high = std::max(high, *x);
            }
    if (low > high) return {};
    map.centre = chance ? *chance.value : (low + high) / 2;
    map.limit = std::max({high - map.centre, map.centre - low, 1e-9});
    if (chance) map.null_sd = chance.sd, map.limit = std::max(map.limit, 3 * chance.sd);
    map.y_label = "layer of A", map.x_label = "layer of B", map.unit = unit;
    for (const json& layer : line["layers"]) map.row_names.push_back(layer.dump());
    map.col_names = map.row_names;
    return figure(map, title, title + ": every layer of A with every layer of B.",
                  readable(low) + " to " + readable(high) + (chance ? ", by chance " + readable(map.centre) : ""));
}

}  // namespace detail

inline std::string models_lead(const json& document) {
    std::string out;
    for (const char* which : {"a", "b"})
        out += "<h3>" + std::string(which[0] == 'a' ? "A" : "B") + "</h3>\n<p>" + model_text(document[which]) +
               ".</p>\n" + files_table(document[which]);
    return out + "<p>geolip " + html_text(text_at(document, "version")) + ", seed " + document["seed"].dump() +
           ".</p>\n";
}

inline std::string whole_section(const json& document, figures& figure) {
    const std::vector<const json*> pairs = lines_of(document, "pairs");
    if (pairs.empty()) return "<p>No two weights have the same place and shape.</p>\n";
    chart all;
    all.x.label = "cosine that the two spectra give in random directions";
    all.y.label = "cosine after alignment";
    std::vector<point> dots;
    for (const json* p : pairs) {
        if (p->contains("reason")) continue;
        const auto x = number_at(detail::own_spectra(*p), "value"), y = number_at(*p, "aligned_cosine", "value");
        if (x && y) dots.push_back({*x, *y});
    }
    double low = 1, high = 0;
    for (const point& p : dots) low = std::min({low, p.x, p.y}), high = std::max({high, p.x, p.y});
    std::string pictures;
    if (!dots.empty()) {
        all.line({{low, low}, {high, high}}, "n");
        all.dots(dots, "m");
        pictures =
            figure(all, "All pairs", "Cosine after alignment of every pair, over what its spectra give by chance.",
                   "above the line: alike in their directions");
    }
    html_table roles = detail::group_table("weights"), depths = detail::group_table("layer");
    for (const json* g : lines_of(document, "roles")) detail::add(roles, html_text(text_at(*g, "group")), *g);
    detail::add(roles, "all", document["all"]);
    std::vector<std::pair<std::string, std::vector<const json*>>> sides;
    for (const json* g : lines_of(document, "depth")) {
        const std::string side = text_at(*g, "side") == "none" ? "" : text_at(*g, "side");
        detail::add(depths, html_text(side + ' ' + readable_at(number_at(*g, "layer"))), *g);
        if (sides.empty() || sides.back().first != side) sides.push_back({side, {}});
        sides.back().second.push_back(g);
    }
    for (const auto& [side, lines] : sides) {
        if (lines.size() < 2) continue;
        line_group layers{side, lines, {}};
        for (const json* g : lines) layers.places.push_back(number_at(*g, "layer").value_or(0));
        const auto by_layer = [&](const char* key, const char* label) {
            return along_layers(
                layers, label, false, [&](const json& g) { return number_at(g, key, "mean"); },
                [&](const json& g) { return &g[key]["null"]; });
        };
        const std::string of = side.empty() ? "" : side + ": ";
        pictures += figure(by_layer("aligned_cosine_matched", "cosine after alignment"), of + "cosine by layer",
                           of + "cosine after alignment by layer, over that of the own spectra.");
        pictures += figure(by_layer("rotation", "rotation"), of + "rotation by layer",
                           of + "how far the rotation turns, by layer; random ones are 1.");
    }
    return "<p>Every weight of B, turned by the rotation that brings it nearest to its partner in A. By chance: "
           "independent Gaussian matrices of the same shapes, and matrices with the same singular values in random "
           "directions (own spectra); z is against these. Rotation: 0 where nothing is turned, 1 for a random "
           "one. Means over pairs.</p>\n" +
           legend({key_line("m", "measured"), key_line("n", "by chance: own spectra; random rotations"),
                   key_area("n", "two standard deviations")}) +
           "<div class=\"grid\">\n" + pictures + "</div>\n" + roles.text() +
           (depths.rows() > 0 ? depths.folded("Table: by layer") : "");
}

inline std::string roles_section(const json& document, figures& figure) {
    std::vector<const json*> measured;
    for (const json* p : lines_of(document, "pairs"))
        if (!p->contains("reason") && number_at(*p, "layer")) measured.push_back(p);
    std::string pictures;
    for (const line_group& g : grouped(document, measured, group_of_place)) {
        if (g.lines.size() < 2) continue;
        chart c = along_layers(
            g, "cosine", false, [](const json& p) { return number_at(p, "aligned_cosine", "value"); },
            [](const json& p) { return &detail::own_spectra(p); });
        std::vector<point> before;
        for (std::size_t i = 0; i < g.lines.size(); ++i)
            if (const auto x = number_at(*g.lines[i], "cosine", "value")) before.push_back({g.places[i], *x});
        c.line(before, "v"), c.dots(before, "v");
        pictures += figure(c, g.name, g.name + ": cosine as they stand and after alignment, by layer.");
    }
    if (pictures.empty()) return {};
    return legend({key_line("m", "after alignment"), key_line("v", "as they stand"),
                   key_line("n", "after alignment, own spectra"), key_area("n", "two standard deviations")}) +
           "<div class=\"grid\">\n" + pictures + "</div>\n";
}

inline std::string layer_squares_section(const json& document, figures& figure) {
    std::string pictures;
    for (const json* line : lines_of(document, "layers")) {
        const std::string group = text_at(*line, "group");
        // One null for all, if they have one shape.
        const json* first = nullptr;
        bool alike = true;
        for (const json* pair : lines_of(document, "pairs")) {
            if (pair->contains("reason") || group_of_place(*pair) != group) continue;
            if (first == nullptr) first = pair;
            alike = alike && (*pair)["rows"] == (*first)["rows"] && (*pair)["cols"] == (*first)["cols"];
        }
        geolip::null_reading spectra, residual;
        if (first != nullptr && alike) {
            const auto null_of = [&](const char* key) -> const json& { return (*first)[key]["null"]; };
            if (const auto mean = number_at(null_of("spectral_correlation"), "value"))
                spectra = {*mean, number_at(null_of("spectral_correlation"), "sd").value_or(0), 0};
            if (const auto cosine = number_at(null_of("aligned_cosine"), "value")) {
                const double left = std::sqrt(std::max(2 - 2 * *cosine, 1e-12));
                residual = {left, number_at(null_of("aligned_cosine"), "sd").value_or(0) / left, 0};
            }
        }
        pictures +=
            detail::layer_map(figure, *line, "spectral_correlation", "correlation", group + ": spectra", spectra);
        if (line->contains("residual"))
            pictures += detail::layer_map(figure, *line, "residual", "residual", group + ": residual", residual);
    }
    if (pictures.empty()) return {};
    return "<p>Spectra: Pearson's correlation of the singular values, which is near 1 for any two matrices of a "
           "kind. Residual: what is left after alignment, with --layers; 0 for a rotation of each other, at most "
           "\u221a2. Colours are the distance from independent Gaussian matrices, of which two standard "
           "deviations are marked beside each scale; or, of layers of several shapes, from the middle.</p>\n<div "
           "class=\"grid\">\n" +
           pictures + "</div>\n";
}

inline std::string projections_section(const json& document) {
    html_table table({"embedding of A", "of B", "rows", "widths", "components", "cosine", "by chance", "own spectra",
                      "z", "training", "explained", "relational", "by chance"},
                     2),
        extremes({"embedding of A", "row", "cosine"}, 1), refused({"embedding of A", "of B", "why not"}, 3);
    for (const json* line : lines_of(document, "projections")) {
        const json& p = *line;
        const std::string a = html_name(text_at(p, "a")), b = html_name(text_at(p, "b"));
        if (p.contains("reason")) {
            refused.add({a, b, html_text(text_at(p, "reason"))});
            continue;
        }
        table.add({a, b, readable_at(number_at(p, "rows")),
                   readable_at(number_at(p, "shape_a", std::size_t{1})) + ", " +
                       readable_at(number_at(p, "shape_b", std::size_t{1})),
                   readable_at(number_at(p, "components")), readable_at(number_at(p, "cosine", "value")),
                   null_cell(p["cosine"]["null"]), null_cell(p["cosine"]["matched_null"]),
                   z_cell(number_at(p, "cosine", "z")), readable_at(number_at(p, "cosine", "training")),
                   readable_at(number_at(p, "variance_explained", "value")),
                   readable_at(number_at(p, "relational_pearson", "value")),
                   null_cell(p["relational_pearson"]["null"])});
        for (const char* key : {"best", "worst"})
            for (const json& row : p[key]) extremes.add({a, row["row"].dump(), readable_at(number_at(row, "cosine"))});
    }
    if (table.rows() + refused.rows() == 0) return {};
    std::string out =
        "<p>The wider embedding, rotated to the narrower by some rows and judged on others. By chance: another "
        "correspondence of the rows; own spectra: Gaussian rows of the same variances. Relational: correlation of "
        "the cosines of all pairs of rows, without a rotation.</p>\n";
    if (table.rows() > 0) out += table.text() + extremes.folded("Table: best and worst rows");
    return out + (refused.rows() > 0 ? refused.text() : "");
}

inline std::string unaligned_section(const json& document) {
    html_table table({"of", "tensor", "place", "why not"}, 4);
    for (const char* which : {"a", "b"})
        for (const json& line : document["unaligned"][which])
            table.add({which[0] == 'a' ? "A" : "B", html_name(text_at(line, "tensor")),
                       html_name(text_at(line, "place")), html_name(text_at(line, "reason"))});
    return table.rows() > 0 ? table.folded("Table: what has no partner") : "";
}

inline std::string pairs_section(const json& document) {
    html_table table({"pair", "in A", "shape", "cosine", "aligned", "Gaussian", "own spectra", "z", "residual",
                      "rotation", "spectra", "by chance"},
                     2),
        refused({"pair", "in A", "why there are no figures"}, 3);
    for (const json* line : lines_of(document, "pairs")) {
        const json& p = *line;
        const std::string place = html_name(text_at(p, "place")), name = html_name(text_at(p, "a"));
        if (p.contains("reason")) {
            refused.add({place, name, html_text(text_at(p, "reason"))});
            continue;
        }
        table.add({place, name, p["rows"].dump() + " \u00d7 " + p["cols"].dump(),
                   readable_at(number_at(p, "cosine", "value")), readable_at(number_at(p, "aligned_cosine", "value")),
                   null_cell(p["aligned_cosine"]["null"]), null_cell(detail::own_spectra(p)),
                   z_cell(number_at(p, "aligned_cosine", "matched_z")), readable_at(number_at(p, "residual")),
                   readable_at(number_at(p, "rotation", "value")),
                   readable_at(number_at(p, "spectral_correlation", "value")),
                   null_cell(p["spectral_correlation"]["null"])});
    }
    return (table.rows() > 0 ? table.folded("Table: all pairs") : "") +
           (refused.rows() > 0 ? refused.folded("Table: pairs without figures") : "");
}

/// One HTML document: no script, nothing fetched, every name escaped.
inline std::string against_html(const json& document) {
    figures figure;
    page p;
    p.section("All weights", whole_section(document, figure));
    p.section("Role by role", roles_section(document, figure));
    p.section("Layer against layer", layer_squares_section(document, figure));
    p.section("Embeddings", projections_section(document));
    p.section("All pairs", pairs_section(document));
    p.section("Not aligned", unaligned_section(document));
    return p.text("Weights of " + text_at(document["a"]["architecture"], "name") + " and " +
                      text_at(document["b"]["architecture"], "name"),
                  models_lead(document));
}

}  // namespace examples::probe::against
