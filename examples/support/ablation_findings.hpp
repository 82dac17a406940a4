// Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT
#pragma once

/// \file
/// What the runs of the ablation say together: band matches beside those of the document, of the untrained control and
/// of random rows; spreads; and why a run misses its band.

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <iterator>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "geolip/sweep/number.hpp"
#include "support/ablation_matrix.hpp"
#include "support/ablation_null.hpp"
#include "support/ablation_record.hpp"
#include "support/documented_ablation.hpp"
#include "support/exact_tests.hpp"
#include "support/moments.hpp"
#include "support/svae_run.hpp"

namespace examples {

/// Which CV of a run: the running mean, the reading of the finished parameters, or that of the parameters as drawn.
enum class ablation_reading { ema, final, untrained };

/// A classification: `ablation_band` or `triage_band`.
using band_rule = svae_band (*)(std::optional<double>);

/// A run with its outcome and what chance gives for it.
struct ablation_row {
    const ablation_run* run = nullptr;
    const ablation_outcome* outcome = nullptr;
    const ablation_null* null = nullptr;
    row_law law;
    std::size_t computation = 0;  ///< equal for runs that are one

    std::optional<double> cv(ablation_reading which) const {
        if (!outcome->result) return std::nullopt;
        switch (which) {
            case ablation_reading::ema: return outcome->result->cv_ema;
            case ablation_reading::final: return outcome->result->cv_final;
            default: return outcome->result->cv_untrained;
        }
    }
    /// Does it lie in the band of its group? The untrained control can, whatever became of the training.
    bool match(ablation_reading which, band_rule rule) const {
        return (which == ablation_reading::untrained || outcome->done()) && rule(cv(which)) == run->band;
    }
    /// The probability that random rows, read as this run was, fall outside the band; empty where they have no CV.
    std::optional<double> chance_outside(ablation_reading which, band_rule rule) const {
        const std::size_t readings = outcome->result && which == ablation_reading::ema
                                         ? std::max<std::size_t>(1, outcome->result->readings.size())
                                         : 1;
        return null->part_outside(readings, run->settings.ema, [&](double cv) { return rule(cv) == run->band; });
    }
    bool missed(ablation_reading which) const { return !match(which, ablation_band); }
};

/// The runs that have an outcome, in the order of the matrix; they refer to the arguments.
inline std::vector<ablation_row> ablation_rows(const std::vector<ablation_run>& runs,
                                               const std::vector<std::optional<ablation_outcome>>& outcomes,
                                               ablation_nulls& nulls) {
    const std::vector<std::size_t> first = first_equals(runs);
    std::vector<ablation_row> rows;
    for (std::size_t i = 0; i < runs.size(); ++i)
        if (outcomes[i])
            rows.push_back({&runs[i], &*outcomes[i], &nulls(runs[i].settings), law_of(runs[i].settings), first[i]});
    return rows;
}

/// The rows for which `wanted(row)`.
template <class Wanted>
std::vector<ablation_row> rows_where(const std::vector<ablation_row>& rows, Wanted&& wanted) {
    std::vector<ablation_row> some;
    std::copy_if(rows.begin(), rows.end(), std::back_inserter(some), wanted);
    return some;
}

/// How many of the rows match.
inline std::size_t match_count(const std::vector<ablation_row>& rows, ablation_reading which, band_rule rule) {
    return static_cast<std::size_t>(
        std::count_if(rows.begin(), rows.end(), [&](const ablation_row& r) { return r.match(which, rule); }));
}

inline std::size_t computation_count(const std::vector<ablation_row>& rows) {
    std::vector<std::size_t> all;
    for (const ablation_row& row : rows) all.push_back(row.computation);
    std::sort(all.begin(), all.end());
    return static_cast<std::size_t>(std::unique(all.begin(), all.end()) - all.begin());
}

inline std::size_t status_count(const std::vector<ablation_row>& rows, std::string_view status) {
    return static_cast<std::size_t>(
        std::count_if(rows.begin(), rows.end(), [&](const ablation_row& r) { return r.outcome->status() == status; }));
}

/// Mean, standard deviation and range of a reading.
struct ablation_spread {
    moments of;
    double smallest = 0, largest = 0;

    std::optional<double> range() const { return of.count() > 1 ? std::optional(largest - smallest) : std::nullopt; }
    /// "CV of CV"
    std::optional<double> relative() const {
        return of.count() > 1 && *of.mean() > 0 ? std::optional(*of.sd() / *of.mean()) : std::nullopt;
    }
};

inline ablation_spread spread_of(const std::vector<ablation_row>& rows, ablation_reading which) {
    ablation_spread s;
    for (const ablation_row& row : rows) {
        const auto cv = row.cv(which);
        if (!cv) continue;
        s.smallest = s.of.count() == 0 ? *cv : std::min(s.smallest, *cv);
        s.largest = s.of.count() == 0 ? *cv : std::max(s.largest, *cv);
        s.of.add(*cv);
    }
    return s;
}

/// Mismatches, counted over the rows, as the document does. Rows are not independent: some are one computation, and
/// most of the others begin with the same parameters, whose reading is most of their running mean. So the untrained
/// control is compared by computations, and the spread of the expected count takes rows with one untrained reading for
/// one.
struct ablation_comparison {
    std::size_t rows = 0, mismatches = 0, untrained = 0;
    std::size_t computations = 0, beginnings = 0;      ///< different ones; different untrained readings
    std::size_t documented_rows = 0, documented = 0;   ///< of the groups that are here
    double against_document = 1;                       ///< Fisher's exact test
    std::size_t only_trained = 0, only_untrained = 0;  ///< computations that miss in one of the two alone
    double against_untrained = 1;                      ///< the exact sign test of these
    double expected = 0, expected_sd = 0;              ///< of random rows under each run's rule
    std::size_t without_null = 0;                      ///< rows that have none; they are not in `expected`

    /// Deviation from random rows.
    std::optional<double> z(std::size_t count) const {
        if (!(expected_sd > 0)) return std::nullopt;
        return (static_cast<double>(count) - expected) / expected_sd;
    }
};

inline ablation_comparison compare_mismatches(const std::vector<ablation_row>& rows, ablation_reading which,
                                              band_rule rule) {
    ablation_comparison c;
    c.rows = rows.size();
    c.computations = computation_count(rows);
    c.mismatches = rows.size() - match_count(rows, which, rule);
    c.untrained = rows.size() - match_count(rows, ablation_reading::untrained, rule);
    for (const documented_group& group : documented_groups) {
        const bool here =
            std::any_of(rows.begin(), rows.end(), [&](const ablation_row& r) { return r.run->group == group.letter; });
        if (!here) continue;
        c.documented_rows += group.runs;
        c.documented += group.runs - group.matches;
    }
    c.against_document = fisher_exact(c.mismatches, c.rows, c.documented, c.documented_rows);
    std::set<std::size_t> seen;
    // By the untrained reading to 1e-5, since some rules only round it differently: rows, and the sum of their chances.
    std::map<std::optional<long>, std::pair<double, double>> beginnings;
    for (const ablation_row& row : rows) {
        const bool trained = row.match(which, rule), untrained = row.match(ablation_reading::untrained, rule);
        if (seen.insert(row.computation).second) {
            if (untrained && !trained) ++c.only_trained;
            if (trained && !untrained) ++c.only_untrained;
        }
        const auto beginning = row.cv(ablation_reading::untrained);
        auto& [count, chances] = beginnings[beginning ? std::optional(std::lround(1e5 * *beginning)) : std::nullopt];
        if (const auto p = row.chance_outside(which, rule)) {
            count += 1;
            chances += *p;
        } else {
            ++c.without_null;
        }
    }
    c.beginnings = beginnings.size();
    double variance = 0;
    for (const auto& [reading, sums] : beginnings) {
        const auto& [count, chances] = sums;
        c.expected += chances;
        variance += chances * (count - chances);  // count^2 p (1 - p) with p = chances / count
    }
    c.against_untrained = sign_test(c.only_trained, c.only_untrained);
    c.expected_sd = std::sqrt(variance);
    return c;
}

/// "3 %", "0.05 %"
inline std::string percent(double part) {
    const double value = 100 * part;
    return geolip::sweep::fixed(value, value > 0 && value < 9.95 ? (value < 0.995 ? 2 : 1) : 0) + " %";
}

/// Why a run misses its band, in numbers; for one that misses it by the thresholds of section 5 alone, too.
inline std::string explanation(const ablation_row& row) {
    using enum ablation_reading;
    if (!row.outcome->done()) return std::string(row.outcome->status()) + ": " + row.outcome->reason();
    const bool narrow = !row.missed(ema) && !row.missed(final);
    const auto chance = row.chance_outside(final, narrow ? triage_band : ablation_band);
    const std::string of_random =
        chance ? "random rows of this rule miss in " + percent(*chance) : std::string("random rows have no CV here");
    if (narrow) return "only by the thresholds of section 5; " + of_random;
    if (chance && *chance >= 0.5) return "the rule, not the training: " + of_random;
    if (row.missed(final)) {
        if (row.missed(untrained)) return "untrained and trained alike; " + of_random;
        const auto moved = row.null->z(row.cv(final));
        return "in the band untrained; " + of_random + (moved ? "; z = " + geolip::sweep::fixed(*moved, 1) : "");
    }
    if (row.missed(untrained))
        return "the untrained reading, which the running mean keeps; the last is in the band; " + of_random;
    return "the running mean alone; " + of_random;
}

}  // namespace examples
