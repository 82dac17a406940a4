// Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT
#pragma once

/// \file
/// The ablation as text: the document's tables, with ours, the untrained control, random rows and the law beside each.

#include <cmath>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "geolip/sweep/number.hpp"
#include "support/ablation_findings.hpp"
#include "support/ablation_matrix.hpp"
#include "support/documented_ablation.hpp"
#include "support/documented_bands.hpp"
#include "support/svae_choices.hpp"
#include "support/table.hpp"

namespace examples {
namespace detail {

inline std::string plus_minus(std::optional<double> value, std::optional<double> sd, int decimals = 4) {
    return value && sd ? shown(value, decimals) + " +- " + shown(sd, decimals) : shown(value, decimals);
}
inline std::string plus_minus(const moments& m) { return plus_minus(m.mean(), m.sd()); }
inline std::string null_cell(const ablation_null& null) {
    return null ? plus_minus(null.mean, null.sd) : std::string(undefined);
}
inline std::string rate(std::size_t count, std::size_t of) { return std::to_string(count) + "/" + std::to_string(of); }
inline std::string rate_percent(std::size_t count, std::size_t of) {
    return geolip::sweep::fixed(100 * static_cast<double>(count) / static_cast<double>(of), 1) + " % +- " +
           geolip::sweep::fixed(100 * rate_error(count, of), 1);
}
inline std::size_t index_of(svae_band band) { return static_cast<std::size_t>(band); }

/// Of group G.
inline double documented_cv(svae_rows rule, svae_band band) {
    const documented_band& d = documented_bands[index_of(band)];
    switch (rule) {
        case svae_rows::none: return d.unchanged_rows;
        case svae_rows::layer_norm: return d.layer_norm_rows;
        case svae_rows::scale_only: return d.scaled_rows;
        default: return d.sphere_rows;
    }
}

inline std::vector<ablation_row> rows_of(const std::vector<ablation_row>& rows, char group, svae_band band) {
    return rows_where(rows, [&](auto& r) { return r.run->group == group && r.run->band == band; });
}

}  // namespace detail

/// Section 4.1. "untrained" has been trained for no batch at all.
inline std::string group_table(const std::vector<ablation_row>& rows) {
    using enum ablation_reading;
    table out({"group", "varies", "runs", "computations", "documented", "EMA", "final", "untrained", "EMA, sec. 5",
               "final, sec. 5", "untrained, sec. 5", "diverged", "failed"});
    const auto add = [&](const std::string& name, const char* dimension, const std::vector<ablation_row>& of,
                         const std::string& documented) {
        const auto count = [&](ablation_reading which, band_rule rule) {
            return detail::rate(match_count(of, which, rule), of.size());
        };
        out.add({name, dimension, std::to_string(of.size()), std::to_string(computation_count(of)), documented,
                 count(ema, ablation_band), count(final, ablation_band), count(untrained, ablation_band),
                 count(ema, triage_band), count(final, triage_band), count(untrained, triage_band),
                 std::to_string(status_count(of, "diverged")), std::to_string(status_count(of, "failed"))});
    };
    std::size_t runs = 0, matched = 0;
    const auto groups = ablation_groups();
    for (std::size_t i = 0; i < groups.size(); ++i) {
        const documented_group& d = documented_groups[i];
        const auto of = rows_where(rows, [&](auto& r) { return r.run->group == d.letter; });
        if (of.empty()) continue;
        runs += d.runs;
        matched += d.matches;
        add(std::string(1, d.letter), groups[i].dimension, of,
            detail::rate(d.matches, d.runs) + " (" + std::to_string(d.percent) + " %)");
    }
    add("all", "", rows, detail::rate(matched, runs));
    for (const svae_band band : ablation_bands) {
        const auto of = rows_where(rows, [&](auto& r) { return r.run->band == band; });
        if (!of.empty()) add("all", name_of(band).data(), of, std::string(undefined));
    }
    return out.text();
}

/// Mismatches beside those of the document, of the untrained control and of chance.
inline std::string comparison_table(const std::vector<ablation_row>& rows) {
    using geolip::sweep::fixed;
    table out({"reading", "thresholds", "mismatches", "rate", "documented", "its rate", "Fisher's p", "untrained",
               "trained only", "untrained only", "sign test's p", "random rows", "z", "documented z"});
    for (const auto& [rule, rule_name] : {std::pair<band_rule, const char*>{ablation_band, "ablation"},
                                          std::pair<band_rule, const char*>{triage_band, "section 5"}}) {
        for (const auto& [which, name] :
             {std::pair(ablation_reading::ema, "EMA"), std::pair(ablation_reading::final, "final")}) {
            const ablation_comparison c = compare_mismatches(rows, which, rule);
            out.add({name, rule_name, detail::rate(c.mismatches, c.rows), detail::rate_percent(c.mismatches, c.rows),
                     detail::rate(c.documented, c.documented_rows),
                     detail::rate_percent(c.documented, c.documented_rows), fixed(c.against_document, 3),
                     std::to_string(c.untrained), std::to_string(c.only_trained), std::to_string(c.only_untrained),
                     fixed(c.against_untrained, 3), detail::plus_minus(c.expected, c.expected_sd, 1),
                     shown(c.z(c.mismatches), 1), shown(c.z(c.documented), 1)});
        }
    }
    return out.text();
}

/// Section 3: "attractor CV = uniform-sphere CV", over the five seeds of group A.
inline std::string sphere_table(const std::vector<ablation_row>& rows) {
    using enum ablation_reading;
    table out({"band", "D", "documented uniform", "z", "documented trained", "z", "EMA, 5 seeds", "final, 5 seeds",
               "untrained", "law", "random rows", "documented position", "z"});
    for (const svae_band band : ablation_bands) {
        const auto of = detail::rows_of(rows, 'A', band);
        if (of.empty()) continue;
        const documented_band& d = documented_bands[detail::index_of(band)];
        const ablation_null& null = *of.front().null;
        const auto of_five = null.z(d.attractor_cv);
        out.add({std::string(name_of(band)), std::to_string(of.front().run->settings.dim), shown(d.uniform_cv, 4),
                 shown(null.z(d.uniform_cv), 1), shown(d.attractor_cv, 4),
                 of_five ? shown(*of_five * std::sqrt(5.0), 1) : std::string(undefined),
                 detail::plus_minus(spread_of(of, ema).of), detail::plus_minus(spread_of(of, final).of),
                 detail::plus_minus(spread_of(of, untrained).of), shown(of.front().law.cv, 4), detail::null_cell(null),
                 shown(d.swept_cv, 3), shown(null.z(d.swept_cv), 1)});
    }
    return out.text();
}

/// Section 4.2, group A.
inline std::string seed_table(const std::vector<ablation_row>& rows) {
    table out({"band", "reading", "mean", "sd", "range", "CV of CV", "documented mean", "documented CV of CV",
               "random rows, CV of CV"});
    for (const svae_band band : ablation_bands) {
        const auto of = detail::rows_of(rows, 'A', band);
        if (of.empty()) continue;
        const ablation_null& null = *of.front().null;
        const std::size_t i = detail::index_of(band);
        for (const auto& [which, name] :
             {std::pair(ablation_reading::ema, "EMA"), std::pair(ablation_reading::final, "final"),
              std::pair(ablation_reading::untrained, "untrained")}) {
            const ablation_spread s = spread_of(of, which);
            const auto relative = s.relative();
            out.add({std::string(name_of(band)), name, shown(s.of.mean(), 4), shown(s.of.sd(), 4), shown(s.range(), 4),
                     relative ? percent(*relative) : std::string(undefined), shown(documented_bands[i].attractor_cv, 4),
                     percent(documented_cv_of_cv[i]), percent(null.sd / null.mean)});
        }
    }
    return out.text();
}

/// Largest less smallest CV within every group: optimisers (C) and soft hands (E) among them.
inline std::string spread_table(const std::vector<ablation_row>& rows) {
    using enum ablation_reading;
    table out({"group", "varies", "documented", "LOW EMA", "final", "untrained", "MID EMA", "final", "untrained",
               "HIGH EMA", "final", "untrained"});
    for (const ablation_group& group : ablation_groups()) {
        const double documented = group.letter == 'A'   ? documented_seed_range
                                  : group.letter == 'C' ? documented_optimiser_range
                                  : group.letter == 'E' ? documented_soft_hand_range
                                                        : 0;
        std::vector<std::string> cells = {std::string(1, group.letter), group.dimension,
                                          documented > 0 ? shown(documented, 4) : std::string(undefined)};
        bool any = false;
        for (const svae_band band : ablation_bands) {
            const auto of = detail::rows_of(rows, group.letter, band);
            any = any || !of.empty();
            for (const auto which : {ema, final, untrained}) cells.push_back(shown(spread_of(of, which).range(), 4));
        }
        if (any) out.add(cells);
    }
    return out.text();
}

/// Section 4.2, group E: with the soft hand and without.
inline std::string soft_hand_table(const std::vector<ablation_row>& rows) {
    using enum ablation_reading;
    table out({"run", "documented", "EMA", "final", "untrained", "MSE", "law", "random rows"});
    for (const ablation_row& row : rows_where(rows, [](auto& r) { return r.run->group == 'E'; })) {
        std::optional<double> documented;
        if (row.run->id == "E-LOW-full") documented = documented_full;
        if (row.run->id == "E-LOW-pure_mse") documented = documented_pure_mse;
        const auto& result = row.outcome->result;
        out.add({row.run->id, shown(documented, 4), shown(row.cv(ema), 4), shown(row.cv(final), 4),
                 shown(row.cv(untrained), 4), result ? shown(result->mse, 4) : std::string(undefined),
                 shown(row.law.cv, 4), detail::null_cell(*row.null)});
    }
    return out.text();
}

/// Section 4.3: group G beside the laws of Gaussian rows under each rule. z counts standard deviations of one reading.
inline std::string row_rule_table(const std::vector<ablation_row>& rows) {
    using enum ablation_reading;
    table out({"run", "documented", "z", "EMA", "final", "z", "untrained", "z", "law of", "law", "random rows"});
    for (const ablation_row& row : rows_where(rows, [](auto& r) { return r.run->group == 'G'; })) {
        const double documented = detail::documented_cv(row.run->settings.row_rule, row.run->band);
        out.add({row.run->id, shown(documented, 3), shown(row.null->z(documented), 1), shown(row.cv(ema), 4),
                 shown(row.cv(final), 4), shown(row.null->z(row.cv(final)), 1), shown(row.cv(untrained), 4),
                 shown(row.null->z(row.cv(untrained)), 1), row.law.name, shown(row.law.cv, 4),
                 detail::null_cell(*row.null)});
    }
    return out.text();
}

/// Every run that misses its band by the running mean or the last reading, and why.
inline std::string mismatch_table(const std::vector<ablation_row>& rows) {
    using enum ablation_reading;
    table out({"run", "untrained", "EMA", "band", "final", "band", "random rows", "explanation"});
    for (const ablation_row& row : rows) {
        if (!row.missed(ema) && !row.missed(final)) continue;
        out.add({row.run->id, shown(row.cv(untrained), 4), shown(row.cv(ema), 4),
                 std::string(name_of(ablation_band(row.cv(ema)))), shown(row.cv(final), 4),
                 std::string(name_of(ablation_band(row.cv(final)))), detail::null_cell(*row.null), explanation(row)});
    }
    return out.text();
}

/// How much of the running mean is the first reading, which is of the untrained parameters.
inline std::string first_reading_sentence(const std::vector<ablation_row>& rows) {
    std::string out;
    for (const svae_band band : ablation_bands) {
        for (const ablation_row& row : rows) {
            if (row.run->band != band || !row.outcome->done() || row.outcome->result->readings.empty()) continue;
            const auto& readings = row.outcome->result->readings;
            if (readings.front().batch != 0) break;
            const double weight = std::pow(1 - row.run->settings.ema, static_cast<double>(readings.size() - 1));
            out += std::string(out.empty() ? "" : ", ") + std::string(name_of(band)) + " " + percent(weight) + " (" +
                   std::to_string(readings.size()) + " readings)";
            break;
        }
    }
    return out.empty() ? out : "The running mean still is the untrained model's reading to this part: " + out + ".\n";
}

inline std::string ablation_report(const std::vector<ablation_row>& rows) {
    std::string out = "The ablation: " + std::to_string(rows.size()) + " runs, which are " +
                      std::to_string(computation_count(rows)) +
                      " computations: equal settings give equal figures,\nso what occurs in several groups is one "
                      "figure shown several times, here as in the document.\n";
    out += "\nWhere the document is silent\n\n";
    const auto choice = [&](std::string_view what, std::string_view taken) {
        out += "* " + std::string(what) + ": " + std::string(taken) + '\n';
    };
    for (const ablation_choice& c : ablation_choices) choice(c.what, c.taken);
    for (const svae_choice& c : svae_choices) choice(c.what, c.chosen);
    out +=
        "\nRuns in their band, by group\n\n" + group_table(rows) +
        "\nThresholds: below .30 LOW, below .55 MID, above .80 HIGH; section 5 has .35 to .50 for MID. Untrained: the "
        "first reading,\nof the parameters as drawn.\n" +
        first_reading_sentence(rows);
    const ablation_comparison c = compare_mismatches(rows, ablation_reading::ema, ablation_band);
    out +=
        "\nMismatches beside the document's, the untrained control's and chance\n\n" + comparison_table(rows) +
        "\nRate: +- its binomial standard error. Fisher's exact test, two-sided: our count and the document's, at one "
        "rate. Sign test, exact and\ntwo-sided (McNemar): of the " +
        std::to_string(c.computations) +
        " computations, those that miss only when trained against those that miss only untrained. Random rows:\n"
        "mismatches expected of random rows under each run's rule, +- their standard deviation, where runs with one "
        "untrained reading (there are\n" +
        std::to_string(c.beginnings) +
        " different ones) miss together. Fisher's test and the binomial errors take rows for independent, which they "
        "are not: true p are larger.\n";
    if (c.without_null > 0)
        out += "Rows without a CV of random rows, not among those expected: " + std::to_string(c.without_null) + ".\n";
    const auto section = [&](const char* title, const std::string& text, const char* note) {
        if (text.find('\n', text.find('\n', text.find('\n') + 1) + 1) == text.npos) return;  // a header and a rule
        out += std::string("\n") + title + "\n\n" + text + note;
    };
    section("Uniform on the sphere", sphere_table(rows),
            "\nz: standard deviations of one reading of random rows, of the mean of five for the documented trained "
            "figure. Law: infinitely many rows.\n");
    section("Five seeds", seed_table(rows), "\n+- and sd are over the seeds.\n");
    section(
        "Largest less smallest CV within a group", spread_table(rows),
        "\nRuns of one seed and shape begin with one reading, and the running mean hardly leaves it: small ranges of "
        "the EMA say this, not\nthat training arrives at one place. The last readings show how far runs are apart.\n");
    section("With the soft hand and without", soft_hand_table(rows), "");
    section(
        "Row normalisation", row_rule_table(rows),
        "\nz: standard deviations of one reading of random rows. Rows of LayerNorm lie on a sphere of one dimension "
        "less; at D = 4 five points\nin three dimensions have no volume, and what is read is the rounding of single "
        "precision, of random rows as of trained ones.\n");
    section("Runs outside their band", mismatch_table(rows),
            "\nBy the ablation's thresholds; anomalies.csv also has those of section 5.\n");
    out += "\nWhere the document contradicts itself\n\n";
    for (const char* slip : documented_slips) out += std::string("* ") + slip + '\n';
    return out;
}

}  // namespace examples
