// Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT
#pragma once

/// \file
/// From the readings of many simplices to their coefficient of variation, in a fixed order of summation.

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "geolip/core/estimate.hpp"
#include "geolip/core/finite.hpp"
#include "geolip/core/ordered_sum.hpp"
#include "geolip/metrics/validity.hpp"

namespace geolip {

/// What became of the samples: valid + zero + noise + nonfinite + rejected == drawn.
struct volume_counts {
    std::size_t drawn = 0;
    std::size_t valid = 0;      ///< kept by the validity policy
    std::size_t zero = 0;       ///< volume zero (or, by a determinant, negative)
    std::size_t noise = 0;      ///< positive, but no larger than the rounding of the coordinates makes it
    std::size_t nonfinite = 0;  ///< NaN or infinite
    std::size_t rejected = 0;   ///< positive and above the noise, yet not kept
    std::size_t duplicate = 0;  ///< simplices with two equal rows, whatever else they were counted as

    friend bool operator==(const volume_counts&, const volume_counts&) = default;
};

/// Mean, standard deviation and their ratio.
struct volume_statistics {
    std::optional<double> cv;
    undefined_reason reason = undefined_reason::none;
    double mean = 0;  ///< of the kept volumes
    double sd = 0;
    /// `mean` and `sd` are in units of 2^exponent: 0, but for volumes whose squares leave the range of double.
    int exponent = 0;
    volume_counts counts;
};

namespace detail {

/// Does this volume enter the figure?
template <validity_policy Policy>
bool kept(const volume_reading& r) {
    return finite(r.squared_volume) && Policy::keep(r);
}

}  // namespace detail

/// Applies a validity policy to the readings. `volume`, as long as `readings`, receives the kept volumes, packed to
/// the front. `counts.duplicate` is left to the caller, who has the rows; give their number if it is known, so that
/// they do not count as noise.
template <validity_policy Policy>
volume_statistics volume_statistics_of(std::span<const volume_reading> readings, std::span<double> volume,
                                       std::size_t duplicates = 0) {
    volume_statistics result;
    volume_counts& counts = result.counts;
    counts.drawn = readings.size();
    counts.duplicate = duplicates;
    for (const volume_reading& r : readings) {
        if (detail::kept<Policy>(r)) {
            volume[counts.valid++] = std::sqrt(r.squared_volume);
        } else if (!detail::finite(r.squared_volume)) {
            ++counts.nonfinite;
        } else if (!(r.squared_volume > 0)) {
            ++counts.zero;
        } else if (!(r.relative_noise < 1)) {
            ++counts.noise;
        } else {
            ++counts.rejected;
        }
    }
    // Repeated rows explain as many lost simplices as there are; the rest is flat up to rounding.
    const std::size_t lost = counts.zero + counts.noise;
    const std::size_t unexplained = lost > duplicates ? lost - duplicates : 0;
    if (Policy::noise_matters && unexplained > counts.valid) {
        result.reason = undefined_reason::rounding_noise;
        return result;
    }
    const std::size_t n = counts.valid;
    if (n < Policy::min_valid || n <= Policy::freedom_lost) {
        result.reason = undefined_reason::too_few_valid;
        return result;
    }
    // Sums of differences from one of them, so that equal volumes have no spread, not even a rounding error's.
    const double origin = volume[0];
    result.mean =
        origin + detail::ordered_sum(n, [&](std::size_t i) { return volume[i] - origin; }) / static_cast<double>(n);
    const double squares = detail::ordered_sum(n, [&](std::size_t i) {
        const double d = volume[i] - result.mean;
        return d * d;
    });
    result.sd = std::sqrt(squares / static_cast<double>(n - Policy::freedom_lost));
    const double divisor = result.mean + Policy::mean_offset;
    if (divisor > 0)
        result.cv = result.sd / divisor;
    else
        result.reason = undefined_reason::zero_mean;
    return result;
}

namespace detail {

/// Influence of volume v on the coefficient of variation: the derivative of the ratio in the direction of one more
/// observation, whose mean square over the number of observations is the ratio's variance.
inline double cv_influence(double v, double mean, double sd, double divisor) {
    const double d = v - mean;
    return (d * d - sd * sd) / (2 * sd * divisor) - sd * d / (divisor * divisor);
}

}  // namespace detail

/// Standard error of the coefficient of variation of n independent volumes, by its influence function (delta method;
/// relative error O(1/sqrt(n))). Simplices drawn from given rows are independent however many rows they share.
template <validity_policy Policy>
double cv_standard_error(std::span<const double> volume, const volume_statistics& s) {
    if (!s.cv || !(s.sd > 0)) return 0;
    const double n = static_cast<double>(volume.size());
    const double squares = detail::ordered_sum(volume.size(), [&](std::size_t i) {
        const double psi = detail::cv_influence(volume[i], s.mean, s.sd, s.mean + Policy::mean_offset);
        return psi * psi;
    });
    return std::sqrt(squares / n / (n - static_cast<double>(Policy::freedom_lost)));
}

}  // namespace geolip
