// Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT
#pragma once

/// \file
/// The null of `volume_cv`: the distribution of the *estimator*, not of the population. With a finite pool and
/// overlapping samples it lies below the population law and has a spread of its own.

#include <compare>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <map>
#include <utility>
#include <vector>

#include "geolip/core/estimate.hpp"
#include "geolip/metrics/detail/null_of_readings.hpp"
#include "geolip/metrics/simulation.hpp"
#include "geolip/metrics/volume_statistics.hpp"
#include "geolip/simplex/volume_law.hpp"

namespace geolip {

/// A law of random rows that can also be drawn: `gaussian_law`, `sphere_law`.
template <class Law>
concept drawable_law = volume_law<Law> && (std::same_as<Law, gaussian_law> || std::same_as<Law, sphere_law>);

/// What a simulated null depends on.
struct null_question {
    std::uint32_t rows = 0;       ///< V, after the validity policy's limit
    std::uint32_t dimension = 0;  ///< D
    std::uint32_t samples = 0;    ///< n
    std::uint32_t replicates = 0;
    std::uint64_t seed = 0;

    friend auto operator<=>(const null_question&, const null_question&) = default;
};

/// Mean and standard deviation of CV over `replicates` pools of random rows, each with its own samples. Volumes are
/// measured by the library's own route whatever the policy's (they differ by rounding) at the scale of the law,
/// which only policies with absolute thresholds could tell. A pure function of the question, for one level.
/// Without a value when fewer than two replicates have one, and for fewer rows than a simplex has points.
template <int K, validity_policy Policy, drawable_law Law>
null_reading simulate_null(const null_question& q, isa level = isa::automatic) {
    if (q.rows < K + 1) return {};  // no simplex to draw
    simulated_volumes<K> simulation;
    simulation.on_sphere = std::same_as<Law, sphere_law>;
    simulation.isa = level;
    std::vector<double> volume(q.samples);
    std::vector<double> cv;
    for (std::uint64_t r = 0; r < q.replicates; ++r) {
        const auto stream = [&](std::uint64_t purpose) { return random_stream{q.seed, (purpose << 56) | r}; };
        const auto readings = simulation(q.rows, q.dimension, q.samples, {stream(17), stream(18), stream(19)});
        if (const auto value = volume_statistics_of<Policy>(readings, volume).cv) cv.push_back(*value);
    }
    return detail::null_of_readings(cv);
}

/// Remembers simulated nulls of one metric. Owned by the caller; not for use by two threads at once.
template <int K, validity_policy Policy, drawable_law Law>
class null_cache {
public:
    const null_reading& operator()(const null_question& q, isa level = isa::automatic) {
        const auto [place, fresh] = known_.try_emplace({q, resolve_isa(level)});
        if (fresh) place->second = simulate_null<K, Policy, Law>(q, level);
        return place->second;
    }

private:
    std::map<std::pair<null_question, isa>, null_reading> known_;
};

}  // namespace geolip
