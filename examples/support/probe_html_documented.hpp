// Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT
#pragma once

/// \file
/// The key "documented" of the document of `probe` as a section of its page.

#include <algorithm>
#include <nlohmann/json.hpp>
#include <string>

#include "geolip/sweep/number.hpp"
#include "support/html.hpp"
#include "support/probe_html_data.hpp"

namespace examples::probe {

/// Documented, measured, by chance, verdict; empty where no document speaks of the model.
inline std::string documented_section(const json& document) {
    const auto found = document.find("documented");
    if (found == document.end() || !found->is_object() || !found->contains("rows")) return {};
    std::string out = "<p>By its shapes it is " + html_name(text_at(*found, "model"));
    if (text_at(*found, "scale") == "tiny") out += " at tiny scale; the documents speak of the full one";
    out += (*found)["random_weights"] == true ? ". Its weights are random: what is reproduced is chance.</p>\n"
                                              : ".</p>\n";
    html_table table({"section", "figure", "of", "verdict", "chance is", "documented", "measured", "by chance"}, 5);
    for (const json* line : lines_of(*found, "rows")) {
        const int decimals = std::max(line->value("decimals", 0), 0);
        const auto cell = [&](const json& at, const char* key, int digits) {
            const auto x = number_at(at, {key});
            return x ? geolip::sweep::fixed(*x, digits) : std::string();
        };
        std::string documented = cell(*line, "documented", decimals), chance = cell((*line)["null"], "value", decimals);
        if (line->contains("documented_to")) documented += " to " + cell(*line, "documented_to", decimals);
        if (number_at((*line)["null"], {"sd"}).value_or(0) > 0)
            chance =
                cell((*line)["null"], "value", decimals + 1) + " \u00b1 " + cell((*line)["null"], "sd", decimals + 1);
        const std::string other = text_at(*line, "other");
        table.add({html_text(text_at(*line, "section")), html_text(text_at(*line, "figure")),
                   html_text(other.empty() ? text_at(*line, "of") : text_at(*line, "model") + " and " + other),
                   html_text(text_at(*line, "verdict")), html_text(text_at((*line)["null"], "of")), documented,
                   cell(*line, "measured", decimals), chance});
    }
    return out + table.text();
}

}  // namespace examples::probe
