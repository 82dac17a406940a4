// Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT
#pragma once

/// \file
/// Sections of the page of `probe` on single matrices: sparsity by role, spectra, stable rank and condition by layer.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "support/probe_html_data.hpp"

namespace examples::probe {

/// Shares below each threshold, a row a group and a column a threshold: what was measured and what chance gives.
struct sparsity_picture {
    const json& groups;

    std::string svg(std::size_t number, std::string_view title, std::string_view description) const {
        using namespace svg_part;
        constexpr double row = 190, top = 420, names = 2350, gap = 220;
        const std::size_t count = groups[0]["sparsity"].size();
        const double column = (10000 - names - gap) / static_cast<double>(count) - gap;
        const double bottom = top + row * static_cast<double>(groups.size());
        std::string out;
        for (std::size_t t = 0; t < count; ++t) {
            const double left = names + gap + (column + gap) * static_cast<double>(t);
            const json& threshold = groups[0]["sparsity"][t]["threshold"];
            out +=
                svg_part::text(left + column / 2, 130, "c f", "share of |w| < " + tick_text(threshold.get<double>()));
            for (const double tick : {0.0, 0.5, 1.0}) {
                const double x = left + tick * column;
                out += svg_part::line(x, top - 60, x, bottom, "g") + svg_part::text(x, 310, "c",
                                                                                    tick == 0   ? "0"
                                                                                    : tick == 1 ? "1"
                                                                                                : "0.5");
            }
        }
        for (std::size_t i = 0; i < groups.size(); ++i) {
            const double y = top + row * (static_cast<double>(i) + 0.5) - 20;
            out += svg_part::text(names, y + 38, "e", text_at(groups[i], "group"));
            for (std::size_t t = 0; t < count; ++t) {
                const double left = names + gap + (column + gap) * static_cast<double>(t);
                if (const auto null = number_at(groups[i], "sparsity", t, "null", "value"))
                    out += svg_part::line(left + *null * column, y - 70, left + *null * column, y + 70, "nt");
                if (const auto value = number_at(groups[i], "sparsity", t, "value"))
                    out += "<path class=\"o m\" d=\"M" + whole(left + *value * column) + ' ' + whole(y) + "h0\"/>\n";
            }
        }
        return picture(10000, bottom + 60, number, title, description, out);
    }
};

inline std::string sparsity_section(const json& document, figures& figure) {
    const auto groups = document.find("groups");
    if (groups == document.end() || groups->empty()) return {};
    html_table table({"weights", "tensors", "below", "share", "by chance", "z"}, 1);
    const auto add = [&](const std::string& name, const std::string& tensors, const json& list) {
        for (const json& s : list)
            table.add({html_text(name), tensors, tick_text(*number_at(s, "threshold")),
                       readable_at(number_at(s, "value")), null_cell(s["null"]), z_cell(number_at(s, "z"))});
    };
    add("all measured", "", document["sparsity"]);
    for (const json& g : *groups) add(text_at(g, "group"), readable_at(number_at(g, "tensors")), g["sparsity"]);
    return "<p>The share of elements below a threshold in magnitude, pooled over the tensors of a role. By chance: "
           "normal "
           "elements of each tensor\u2019s own size, erf(t / (s \u221a2)).</p>\n" +
           legend({"<span><svg viewBox=\"0 0 260 120\" aria-hidden=\"true\"><path class=\"o m\" d=\"M130 60h0\"/></svg>"
                   "measured</span>\n",
                   "<span><svg viewBox=\"0 0 260 120\" aria-hidden=\"true\"><path class=\"nt\" d=\"M130 0v120\"/></svg>"
                   "by chance</span>\n"}) +
           "<div class=\"wide\">" +
           figure(
               sparsity_picture{*groups}, "Small elements by role",
               "For each role and threshold the share of elements below it, and what normal elements of the same size "
               "have. The numbers are in the table below.") +
           "</div>" + table.folded("Table: shares below the thresholds");
}

namespace detail {

inline std::string shape_of(const json& entry) {
    return readable_at(number_at(entry, "spectrum", "rows")) + "\u00a0\u00d7\u00a0" +
           readable_at(number_at(entry, "spectrum", "cols"));
}

/// Singular values of up to eight matrices of a group, and of Gaussian ones of up to three shapes.
inline chart spectra_chart(const line_group& g) {
    constexpr double least = 1e-6;
    chart c;
    c.x.label = "share of the singular values", c.x.low = 0;
    c.y.label = "\u03c3 / \u03c3\u2081", c.y.logarithmic = true;
    c.x.show(0), c.x.show(1);
    std::map<std::string, const json*> shapes;
    for (const std::size_t i : some_of(g.lines.size(), 8)) {
        const json& curve = (*g.lines[i])["spectrum"]["curve"];
        c.line(curve_points(curve, "values", least), depth_class(i, g.lines.size()));
        if (shapes.size() < 3) shapes.emplace(shape_of(*g.lines[i]), &curve);
    }
    for (const auto& [shape, curve] : shapes) c.line(curve_points(*curve, "null", least), "n");
    return c;
}

inline const json* spectrum_null(const json& line, const char* figure) {
    return number_at(line, "spectrum", figure, "null", "value") ? &line["spectrum"][figure]["null"] : nullptr;
}

}  // namespace detail

/// One picture of spectra for each role, and for roles in several layers stable rank and condition number by layer.
inline std::string spectra_section(const json& document, figures& figure) {
    std::vector<const json*> matrices;
    for (const json* entry : lines_of(document, "entries"))
        if (entry->contains("spectrum") && (*entry)["spectrum"]["curve"].is_object()) matrices.push_back(entry);
    if (matrices.empty()) return {};
    std::string layered, single;
    for (const line_group& g : grouped(document, matrices, group_of)) {
        std::map<std::string, std::size_t> shapes;
        for (const json* line : g.lines) ++shapes[detail::shape_of(*line)];
        std::string small;
        for (const auto& [shape, count] : shapes)
            if (shapes.size() <= 3) small += (small.empty() ? "" : ", ") + std::to_string(count) + " of " + shape;
        if (shapes.size() > 3)
            small = std::to_string(g.lines.size()) + " matrices of " + std::to_string(shapes.size()) + " shapes";
        const auto by_layer = [&](const char* name, std::string label, bool logarithmic) {
            return along_layers(
                g, std::move(label), logarithmic,
                [&](const json& x) { return number_at(x, "spectrum", name, "value"); },
                [&](const json& x) { return detail::spectrum_null(x, name); });
        };
        if (g.lines.size() < 2) {
            const json& s = (*g.lines[0])["spectrum"];
            small += "; stable rank " + readable_at(number_at(s, "stable_rank", "value")) + ", by chance " +
                     null_cell(s["stable_rank"]["null"]);
            single += figure(detail::spectra_chart(g), g.name,
                             "Singular values relative to the largest, and those of a "
                             "Gaussian matrix of the same shape.",
                             small);
            continue;
        }
        layered += "<h3>" + html_text(g.name) + "</h3>\n<div class=\"grid\">\n" +
                   figure(detail::spectra_chart(g), "Singular values",
                          g.name +
                              ": singular values relative to the largest, and those of Gaussian matrices of the same "
                              "shapes.",
                          small + (g.lines.size() > 8 ? "; eight of them drawn" : "")) +
                   figure(by_layer("stable_rank", "stable rank", false), "Stable rank",
                          g.name + ": stable rank by layer, and that of Gaussian matrices.") +
                   figure(by_layer("condition_number", "condition number", true), "Condition number",
                          g.name + ": condition number by layer, and that of Gaussian matrices.") +
                   "</div>\n";
    }
    std::string out =
        "<p>Singular values of each matrix of weights, relative to the largest; the stable rank \u03a3\u03c3\u00b2 / "
        "\u03c3\u2081\u00b2; the condition number \u03c3\u2081 / \u03c3\u2099. By chance: Gaussian matrices of the "
        "same "
        "shapes. Bands are two standard deviations either side of the mean.</p>\n" +
        legend({key_of_depth(), key_line("m", "measured"), key_line("n", "mean by chance"),
                key_area("n", "two standard deviations")}) +
        layered;
    if (!single.empty()) out += "<h3>One matrix each</h3>\n<div class=\"grid\">\n" + single + "</div>\n";
    return out;
}

/// Of a table of tensors; the JSON and CSV documents have all.
inline constexpr std::size_t most_rows = 1500;

/// Every measured entry in a line.
inline std::string tensors_section(const json& document) {
    html_table table({"tensor", "role", "layer", "shape", "|w| &lt; 0.1", "by chance", "stable rank", "by chance", "z",
                      "participation", "by chance", "rank for 90 %", "condition"},
                     2);
    std::size_t left_out = 0;
    for (const json* entry : lines_of(document, "entries")) {
        if (!entry->contains("sparsity")) continue;
        if (table.rows() == most_rows) {
            ++left_out;
            continue;
        }
        std::string shape;
        for (const json& n : (*entry)["shape"]) shape += (shape.empty() ? "" : "\u00a0\u00d7\u00a0") + n.dump();
        const json& below = (*entry)["sparsity"].back();
        const auto spectral = [&](const char* name, const char* what) {
            return number_at(*entry, "spectrum", name, what);
        };
        const auto null = [&](const char* name) {
            return entry->contains("spectrum") ? null_cell((*entry)["spectrum"][name]["null"]) : std::string();
        };
        table.add({html_name(text_at(*entry, "tensor")), html_text(group_of(*entry)),
                   readable_at(number_at(*entry, "layer")), shape, readable_at(number_at(below, "value")),
                   readable_at(number_at(below, "null", "value")), readable_at(spectral("stable_rank", "value")),
                   null("stable_rank"), z_cell(spectral("stable_rank", "z")),
                   readable_at(spectral("participation_ratio", "value")), null("participation_ratio"),
                   readable_at(spectral("rank_for_90_percent", "value")),
                   readable_at(spectral("condition_number", "value"))});
    }
    if (table.rows() == 0) return {};
    return (left_out > 0 ? "<p>" + std::to_string(left_out) + " more are in the JSON and CSV documents.</p>\n" : "") +
           table.folded("Table: " + std::to_string(table.rows()) + " tensors, or parts of tensors, with their figures");
}

/// Why what was not measured was not, with how much of it there is.
inline std::string unmeasured_section(const json& document) {
    struct reason {
        std::size_t tensors = 0;
        std::uint64_t elements = 0;
    };
    std::map<std::string, reason> reasons;
    std::uint64_t nonfinite = 0;
    for (const json* entry : lines_of(document, "entries")) {
        nonfinite += static_cast<std::uint64_t>(number_at(*entry, "nonfinite").value_or(0));
        if (!entry->contains("reason")) continue;
        reason& r = reasons[text_at(*entry, "reason")];
        ++r.tensors;
        r.elements += (*entry)["elements"].get<std::uint64_t>();
    }
    std::string out;
    if (nonfinite > 0)
        out = "<p>" + std::to_string(nonfinite) +
              " elements are NaN or infinite; figures of their matrices are undefined.</p>\n";
    if (reasons.empty()) return out;
    html_table table({"not measured because", "tensors", "elements"}, 1);
    for (const auto& [why, r] : reasons)
        table.add({html_name(why), std::to_string(r.tensors), with_commas(r.elements)});
    html_table list({"tensor", "not measured because", "elements"}, 2);
    for (const json* entry : lines_of(document, "entries"))
        if (entry->contains("reason") && list.rows() < most_rows)
            list.add({html_name(text_at(*entry, "tensor")), html_name(text_at(*entry, "reason")),
                      with_commas((*entry)["elements"])});
    return out + table.text() + list.folded("Table: " + std::to_string(list.rows()) + " tensors that are not measured");
}

}  // namespace examples::probe
