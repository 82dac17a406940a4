// Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT
#pragma once

/// \file
/// A sweep beside the documented one and the law: for each dimension the documented CV, ours and its error, what the
/// estimator gives by chance, what the population has, and where that puts it.

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "geolip/core/estimate.hpp"
#include "geolip/simplex/volume_law.hpp"
#include "geolip/sweep/band.hpp"
#include "geolip/sweep/number.hpp"
#include "geolip/sweep/results.hpp"
#include "support/documented.hpp"
#include "support/table.hpp"

namespace examples {

/// Mean of some readings, the standard deviation of one, and how many there are.
struct mean_reading {
    double mean = 0;
    double sd = 0;
    std::size_t count = 0;

    double standard_error() const { return sd / std::sqrt(static_cast<double>(count)); }
};

/// Of the values at one dimension; empty with fewer than two.
inline std::optional<mean_reading> mean_at(std::span<const geolip::sweep::entry> entries, std::uint32_t dim) {
    mean_reading of;
    double squares = 0;
    for (const auto& e : entries) {
        if (e.dim != dim || !e.cv) continue;
        const double step = *e.cv - of.mean;
        of.mean += step / static_cast<double>(++of.count);
        squares += step * (*e.cv - of.mean);
    }
    if (of.count < 2) return std::nullopt;
    of.sd = std::sqrt(squares / static_cast<double>(of.count - 1));
    return of;
}

inline std::optional<double> population_cv(const geolip::sweep::plan& plan, std::uint32_t dim) {
    return plan.law == geolip::sweep::law::gaussian
               ? geolip::coefficient_of_variation(geolip::gaussian_law{}, plan.order, dim)
               : geolip::coefficient_of_variation(geolip::sphere_law{}, plan.order, dim);
}

/// The dimensions worth a row: all of a few; of many, those that are documented.
inline std::vector<std::uint32_t> table_dims(const geolip::sweep::plan& plan) {
    constexpr std::size_t few = 32;
    if (plan.dims.size() <= few) return plan.dims;
    std::vector<std::uint32_t> dims = plan.dims;
    std::erase_if(dims, [](std::uint32_t dim) { return !documented_at(dim); });
    return dims.empty() ? plan.dims : dims;
}

/// `null` is a sweep of chance alone that holds at least the dimensions of `table_dims`.
inline std::string sweep_table(const geolip::sweep::results& results, const geolip::sweep::results& null) {
    using geolip::sweep::fixed;
    const geolip::sweep::band limits;
    const geolip::sweep::plan& plan = results.plan;
    const auto shown = [](const std::optional<double>& value, int decimals) {
        return value ? fixed(*value, decimals) : std::string(undefined);
    };

    table rows({"D", "documented", "mean CV", "std. error", "estimator null", "law", "z", "in band", "status"});
    for (const std::uint32_t dim : table_dims(plan)) {
        geolip::sweep::cv_summary all;
        std::size_t inside = 0;
        for (const auto& e : results.entries) {
            if (e.dim != dim || !e.cv) continue;
            all.add(*e.cv);
            if (limits.contains(e)) ++inside;
        }
        const auto ours = mean_at(results.entries, dim);
        const auto chance = mean_at(null.entries, dim);
        std::optional<double> z;
        if (ours && chance)
            z = (ours->mean - chance->mean) / std::hypot(ours->standard_error(), chance->standard_error());
        rows.add({std::to_string(dim), shown(documented_at(dim), 3),
                  all.count > 0 ? fixed(all.mean(), 4) : std::string(undefined),
                  ours ? fixed(ours->standard_error(), 4) : std::string(undefined),
                  chance ? fixed(chance->mean, 4) + " +- " + fixed(chance->sd, 4) : std::string(undefined),
                  shown(population_cv(plan, dim), 4), shown(z, 1),
                  all.count > 0 ? fixed(100.0 * static_cast<double>(inside) / static_cast<double>(all.count), 1) + "%"
                                : std::string(undefined),
                  all.count > 0 ? std::string(to_string(geolip::sweep::status_of(all.mean(), limits))) : "UNDEFINED"});
    }

    const std::size_t inside = geolip::sweep::band_order(results.entries, limits).size();
    std::string text = rows.text() + "\nIn the band (" + fixed(limits.lo, 2) + ", " + fixed(limits.hi, 2) +
                       "): " + std::to_string(inside) + " of " + std::to_string(results.entries.size()) +
                       " configurations (documented: " + std::to_string(documented_in_band) + " of " +
                       std::to_string(documented_entries) + ")\n";
    text +=
        "Estimator null: mean and standard deviation of one reading over random pools of the same sizes; z compares "
        "the means.\n";
    if (plan.design == geolip::sweep::design::nested) {
        text += "Design nested: all dimensions of a vocabulary share one pool's draws, so the rows are correlated.\n";
    }
    return text;
}

/// The exit status of a sweep: 0, or 2 and why on stderr if no entry has a value.
inline int require_feasible(const char* program, const geolip::sweep::results& results) {
    for (const auto& e : results.entries) {
        if (e.cv) return 0;
    }
    std::fprintf(stderr,
                 "%s: no entry has a value: %s; expected dims from %d and vocabs from %d up, and samples enough\n",
                 program, describe(results.entries.front().reason), results.plan.order, results.plan.order + 1);
    return 2;
}

}  // namespace examples
