// Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT
#pragma once

/// \file
/// `scale_statistics`: the scales of a norm layer, and how far training moved them from where they began.

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>
#include <optional>
#include <span>

#include "geolip/core/concepts.hpp"
#include "geolip/core/estimate.hpp"
#include "geolip/core/finite.hpp"

namespace geolip {

/// Scales w of a norm layer that multiplies by w or, by another convention, by 1 + w. Counts are of the multiplier.
struct scale_reading {
    std::size_t size = 0, nonfinite = 0;
    std::size_t high = 0, low = 0, near_one = 0;  ///< above 1.5, below 0.5, between 0.8 and 1.2 (ends excluded)
    std::size_t initial = 0;                      ///< exactly as they began
    std::size_t negative = 0;                     ///< multipliers
    std::optional<double> smallest, largest;      ///< of w, as all that follow
    estimate mean, sd;                            ///< standard deviation of the population
    estimate moved;                               ///< root mean square of w less where it began
};

/// Of `scales`, which began at `start` exactly: 1 where the layer multiplies by w, 0 where it multiplies by 1 + w (the
/// norms of Gemma and Qwen3.5), as every framework initialises them. So chance leaves no spread: the null of `mean` is
/// `start`, of `sd` and `moved` 0, each with standard deviation 0. Without a `start` there is no null, multipliers are
/// w, and `initial` is 0. Figures are empty for no scales and where one is not finite; those still count.
template <measured_scalar T>
scale_reading scale_statistics(std::span<const T> scales, std::optional<double> start = 1.0) {
    scale_reading r;
    r.size = scales.size();
    const double offset = start ? 1 - *start : 0;
    double sum = 0, away = 0;
    double lowest = std::numeric_limits<double>::infinity(), highest = -lowest;
    for (const T x : scales) {
        const double w = static_cast<double>(x);
        if (!detail::finite(w)) {
            ++r.nonfinite;
            continue;
        }
        // The bounds as the elements' type has them, without an offset: 0.8f is no scale between 0.8 and 1.2.
        const T multiplier = static_cast<T>(w + offset);
        r.high += multiplier > T(1.5);
        r.low += multiplier < T(0.5);
        r.near_one += multiplier > T(0.8) && multiplier < T(1.2);
        r.negative += multiplier < T(0);
        r.initial += start && w == *start;
        lowest = (std::min)(lowest, w);
        highest = (std::max)(highest, w);
        sum += w;
        if (start) away += (w - *start) * (w - *start);
    }
    const undefined_reason reason = r.size == 0       ? undefined_reason::no_elements
                                    : r.nonfinite > 0 ? undefined_reason::nonfinite
                                                      : undefined_reason::none;
    r.mean.reason = r.sd.reason = r.moved.reason = reason;
    if (start) r.mean.null = {*start, 0, 0}, r.sd.null = {0.0, 0, 0}, r.moved.null = {0.0, 0, 0};
    if (reason != undefined_reason::none) return r;
    const double count = static_cast<double>(r.size), mean = sum / count;
    double squares = 0;
    for (const T x : scales) squares += (static_cast<double>(x) - mean) * (static_cast<double>(x) - mean);
    r.smallest = lowest;
    r.largest = highest;
    r.mean.value = mean;
    r.sd.value = std::sqrt(squares / count);
    if (start) r.moved.value = std::sqrt(away / count);
    return r;
}

}  // namespace geolip
