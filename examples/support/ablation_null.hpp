// Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT
#pragma once

/// \file
/// What chance gives for a reading of the ablation: the exact law of infinitely many rows, and the distribution of the
/// estimator on random rows of the run's own shape and row rule.

#include <cstddef>
#include <map>
#include <optional>
#include <tuple>
#include <utility>
#include <vector>

#include "geolip/nn/row_normalisation.hpp"
#include "geolip/simd/isa.hpp"
#include "geolip/simplex/volume_law.hpp"
#include "support/band_facts.hpp"
#include "support/svae_run.hpp"

namespace examples {

/// The law of Gaussian rows after the rule: the sphere in D, the Gaussian law in D where their lengths stay, the sphere
/// in D - 1 where they are centred. A name, and CV; none where five points have no volume.
struct row_law {
    const char* name = "";
    std::optional<double> cv;
};

inline row_law law_of(const svae_settings& s) {
    const auto d = static_cast<double>(s.dim);
    switch (s.row_rule) {
        case svae_rows::sphere: return {"sphere in D", geolip::coefficient_of_variation(geolip::sphere_law(), 4, d)};
        case svae_rows::layer_norm:
            return {"sphere in D - 1", geolip::coefficient_of_variation(geolip::sphere_law(), 4, d - 1)};
        default: return {"Gaussian in D", geolip::coefficient_of_variation(geolip::gaussian_law(), 4, d)};
    }
}

/// Readings of pools of random rows, by the estimator of the runs.
struct ablation_null {
    std::vector<double> readings;  ///< of the pools that have one
    double mean = 0, sd = 0;       ///< of one reading; meaningless without readings

    explicit operator bool() const { return readings.size() > 1; }

    /// How many standard deviations of one reading `cv` lies from the mean.
    std::optional<double> z(std::optional<double> cv) const {
        if (!cv || !*this || !(sd > 0)) return std::nullopt;
        return (*cv - mean) / sd;
    }

    /// The part of running means, each of `count` readings with weight `weight` for a new one, that `inside` refuses.
    /// One reading: count 1. Means of neighbouring readings overlap, which leaves the part's expectation as it is.
    template <class Inside>
    std::optional<double> part_outside(std::size_t count, double weight, Inside&& inside) const {
        if (!*this) return std::nullopt;
        const std::size_t n = readings.size();
        std::size_t outside = 0;
        for (std::size_t i = 0; i < n; ++i) {
            double mean_so_far = readings[i];
            for (std::size_t j = 1; j < count; ++j) mean_so_far += weight * (readings[(i + j) % n] - mean_so_far);
            if (!inside(mean_so_far)) ++outside;
        }
        return static_cast<double>(outside) / static_cast<double>(n);
    }
};

/// `pools` pools of standard normal rows, V x D, each under the run's row rule and read with `samples` simplices by the
/// documented policy. A pure function of the shape, the rule and the level.
inline ablation_null simulate(const svae_settings& s, std::size_t pools = 2000) {
    const pool_shape shape{s.rows, s.dim, s.samples, s.isa};
    const auto read = [&]<class Rule>(Rule) { return read_pools<Rule, float>(shape, pools, 1, 60); };
    pool_readings r;
    switch (s.row_rule) {
        case svae_rows::sphere: r = read(geolip::nn::sphere_rows()); break;
        case svae_rows::layer_norm: r = read(geolip::nn::layer_norm_rows()); break;
        case svae_rows::scale_only: r = read(geolip::nn::scaled_rows()); break;
        case svae_rows::none: r = read(geolip::nn::unchanged_rows()); break;
    }
    return {std::move(r.readings), r.cv.mean().value_or(0), r.cv.sd().value_or(0)};
}

/// Simulates each shape once. Not for two threads at a time.
class ablation_nulls {
public:
    const ablation_null& operator()(const svae_settings& s) {
        // Whether all rows are divided by one number changes no CV.
        const svae_rows rule = s.row_rule == svae_rows::scale_only ? svae_rows::none : s.row_rule;
        svae_settings asked = s;
        asked.row_rule = rule;
        const auto [place, fresh] = known_.try_emplace({s.rows, s.dim, s.samples, rule, s.isa});
        if (fresh) place->second = simulate(asked);
        return place->second;
    }

private:
    std::map<std::tuple<std::size_t, std::size_t, std::size_t, svae_rows, geolip::isa>, ablation_null> known_;
};

}  // namespace examples
