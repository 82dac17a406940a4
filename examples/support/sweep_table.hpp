// Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT
#pragma once

/// \file
/// A sweep beside the documented one and the law: for each dimension the documented CV, ours and its error, what the
/// estimator gives by chance, what the population has, and where that puts it.

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <optional>
#include <string>
#include <vector>

#include "geolip/core/estimate.hpp"
#include "geolip/simplex/volume_law.hpp"
#include "geolip/sweep/band.hpp"
#include "geolip/sweep/number.hpp"
#include "geolip/sweep/plan.hpp"
#include "geolip/sweep/results.hpp"
#include "support/documented.hpp"
#include "support/moments.hpp"
#include "support/table.hpp"

namespace examples {

inline std::optional<double> population_cv(const geolip::sweep::plan& plan, std::uint32_t dim) {
    return plan.law == geolip::sweep::law::gaussian
               ? geolip::coefficient_of_variation(geolip::gaussian_law{}, plan.order, dim)
               : geolip::coefficient_of_variation(geolip::sphere_law{}, plan.order, dim);
}

/// The dimensions worth a row: all of a few; of many, those that are documented, or a few evenly spaced ones.
inline std::vector<std::uint32_t> table_dims(const geolip::sweep::plan& plan) {
    constexpr std::size_t few = 32;
    if (plan.dims.size() <= few) return plan.dims;
    std::vector<std::uint32_t> dims = plan.dims;
    std::erase_if(dims, [](std::uint32_t dim) { return !documented_at(dim); });
    if (!dims.empty()) return dims;
    for (std::size_t i = 0; i < few; ++i) dims.push_back(plan.dims[i * (plan.dims.size() - 1) / (few - 1)]);
    return dims;
}

/// `null` is a sweep of chance alone over the dimensions of `table_dims` and the same vocabularies.
inline std::string sweep_table(const geolip::sweep::results& results, const geolip::sweep::results& null) {
    using geolip::sweep::fixed;
    const geolip::sweep::band limits;
    const geolip::sweep::plan& plan = results.plan;
    table rows({"D", "documented", "mean CV", "std. error", "estimator null", "law", "z", "in band", "status"});
    for (std::size_t column = 0, d = 0; column < null.plan.dims.size(); ++column) {
        const std::uint32_t dim = null.plan.dims[column];
        while (plan.dims[d] != dim) ++d;
        moments ours, chance, difference, inside;
        for (std::size_t v = 0; v < plan.vocabs.size(); ++v) {
            const geolip::sweep::entry& e = results.entries[v * plan.dims.size() + d];
            const geolip::sweep::entry& n = null.entries[v * null.plan.dims.size() + column];
            if (e.cv) ours.add(*e.cv);
            if (n.cv) chance.add(*n.cv);
            if (e.cv && n.cv) difference.add(*e.cv - *n.cv);
            if (e.cv) inside.add(limits.contains(e) ? 100 : 0);
        }
        const auto error = difference.standard_error();
        rows.add({std::to_string(dim), shown(documented_at(dim), 3), shown(ours.mean(), 4),
                  shown(ours.standard_error(), 4),
                  chance.sd() ? fixed(*chance.mean(), 4) + " +- " + fixed(*chance.sd(), 4) : std::string(undefined),
                  shown(population_cv(plan, dim), 4),
                  error && *error > 0 ? fixed(*difference.mean() / *error, 1) : std::string(undefined),
                  inside.mean() ? fixed(*inside.mean(), 1) + "%" : std::string(undefined),
                  ours.mean() ? std::string(to_string(geolip::sweep::status_of(*ours.mean(), limits))) : "UNDEFINED"});
    }

    const std::size_t inside = geolip::sweep::band_order(results.entries, limits).size();
    std::string text =
        rows.text() + "\nIn the band (" + fixed(limits.lo, 2) + ", " + fixed(limits.hi, 2) +
        "): " + std::to_string(inside) + " of " + std::to_string(results.entries.size()) +
        " configurations (documented: " + std::to_string(documented_in_band) + " of " +
        std::to_string(documented_entries) +
        ")\nEstimator null: mean and standard deviation of one reading of random pools of the same sizes; "
        "z compares the means, pool by pool.\n";
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
