// Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT
#pragma once

/// \file
/// The ablation as one JSON document.

#include <string>
#include <utility>
#include <vector>

#include "support/ablation_files.hpp"
#include "support/ablation_findings.hpp"
#include "support/documented_ablation.hpp"
#include "support/svae_json.hpp"

namespace examples {
namespace detail {

inline json row_json(const ablation_row& row) {
    using enum ablation_reading;
    const auto& result = row.outcome->result;
    json out{{"run", row.run->id},
             {"group", std::string(1, row.run->group)},
             {"band", name_of(row.run->band)},
             {"variant", row.run->variant},
             {"status", row.outcome->status()},
             {"reason", row.outcome->reason()},
             {"cv_ema", number_or_null(row.cv(ema))},
             {"cv_final", number_or_null(row.cv(final))},
             {"cv_untrained", number_or_null(row.cv(untrained))},
             {"law_of", row.law.name},
             {"law", number_or_null(row.law.cv)},
             {"null", {{"mean", number_or_null(null_mean(row))}, {"sd", number_or_null(null_sd(row))}}},
             {"z_final", number_or_null(row.null->z(row.cv(final)))},
             {"z_untrained", number_or_null(row.null->z(row.cv(untrained)))},
             {"mse", result ? json(result->mse) : json(nullptr)}};
    for (const auto& [rule, name] : {std::pair<band_rule, const char*>{ablation_band, "ablation"},
                                     std::pair<band_rule, const char*>{triage_band, "triage"}})
        for (const auto& [which, reading] :
             {std::pair(ema, "ema"), std::pair(final, "final"), std::pair(untrained, "untrained")})
            out["thresholds"][name][reading] = {{"band", name_of(rule(row.cv(which)))},
                                                {"match", row.match(which, rule)},
                                                {"chance_outside", number_or_null(row.chance_outside(which, rule))}};
    const bool misses =
        row.missed(ema) || row.missed(final) || !row.match(ema, triage_band) || !row.match(final, triage_band);
    out["explanation"] = misses ? json(explanation(row)) : json(nullptr);
    return out;
}

inline json comparison_json(const ablation_comparison& c) {
    return {{"runs", c.rows},
            {"computations", c.computations},
            {"untrained_readings", c.beginnings},
            {"mismatches", c.mismatches},
            {"untrained", c.untrained},
            {"documented_runs", c.documented_rows},
            {"documented", c.documented},
            {"fisher_p", c.against_document},
            {"only_trained", c.only_trained},
            {"only_untrained", c.only_untrained},
            {"sign_p", c.against_untrained},
            {"expected", c.expected},
            {"expected_sd", c.expected_sd},
            {"z", number_or_null(c.z(c.mismatches))},
            {"documented_z", number_or_null(c.z(c.documented))}};
}

}  // namespace detail

inline json ablation_document(const std::vector<ablation_row>& rows) {
    using enum ablation_reading;
    json out = snapshot_meta(rows);
    out["results"] = json::array();
    for (const ablation_row& row : rows) out["results"].push_back(detail::row_json(row));
    out["comparison"] = {{"ablation",
                          {{"ema", detail::comparison_json(compare_mismatches(rows, ema, ablation_band))},
                           {"final", detail::comparison_json(compare_mismatches(rows, final, ablation_band))}}},
                         {"triage",
                          {{"ema", detail::comparison_json(compare_mismatches(rows, ema, triage_band))},
                           {"final", detail::comparison_json(compare_mismatches(rows, final, triage_band))}}}};
    out["spreads"] = json::array();
    for (const ablation_group& group : ablation_groups()) {
        for (const svae_band band : ablation_bands) {
            const auto of =
                rows_where(rows, [&](auto& r) { return r.run->group == group.letter && r.run->band == band; });
            if (of.empty()) continue;
            json spread{{"group", std::string(1, group.letter)}, {"band", name_of(band)}};
            for (const auto& [which, name] :
                 {std::pair(ema, "ema"), std::pair(final, "final"), std::pair(untrained, "untrained")}) {
                const ablation_spread s = spread_of(of, which);
                spread[name] = {{"mean", detail::number_or_null(s.of.mean())},
                                {"sd", detail::number_or_null(s.of.sd())},
                                {"range", detail::number_or_null(s.range())},
                                {"cv_of_cv", detail::number_or_null(s.relative())}};
            }
            out["spreads"].push_back(spread);
        }
    }
    out["contradictions"] = documented_slips;
    return out;
}

}  // namespace examples
