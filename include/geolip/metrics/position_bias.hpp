// Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT
#pragma once

/// \file
/// `position_bias`: which heads of a table of relative position biases look near, far or neither; and what a table in
/// random order gives.

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "geolip/core/concepts.hpp"
#include "geolip/core/error.hpp"
#include "geolip/core/estimate.hpp"
#include "geolip/core/finite.hpp"
#include "geolip/core/matrix_view.hpp"

namespace geolip {

/// Where a head's largest bias is: in the first three buckets, in the last three, or between.
enum class position_reach { local, global, mixed };

/// One head of the table.
struct position_head {
    position_reach reach = position_reach::mixed;
    std::size_t peak = 0;  ///< the bucket of the largest bias, the first of several
    double smallest = 0, largest = 0;
    double falling = 0;                 ///< the share of steps within the first half of the buckets that do not rise
    std::optional<double> correlation;  ///< Pearson's, of the bias with the bucket's number; empty for a constant bias
};

/// The heads of a table, and how many of each reach.
struct position_reading {
    undefined_reason reason = undefined_reason::none;  ///< why there are no heads
    std::vector<position_head> heads;
    std::size_t local = 0, global = 0, mixed = 0;
};

/// Of `biases`, buckets x heads. Buckets are in the order of distance, as those of T5's causal half are.
/// \throws shape_error for fewer than 6 buckets, among which the first three are not the last three
template <measured_scalar T>
position_reading position_bias(matrix_view<const T> biases) {
    const std::size_t buckets = biases.rows();
    if (buckets < 6)
        detail::raise(shape_error("position_bias: " + std::to_string(buckets) + " buckets; expected at least 6"));
    position_reading r;
    for (std::size_t h = 0; h < biases.cols(); ++h) {
        position_head head;
        const auto bias = [&](std::size_t b) { return static_cast<double>(biases(b, h)); };
        head.smallest = head.largest = bias(0);
        const double centre = (static_cast<double>(buckets) - 1) / 2;
        double mean = 0, product = 0, square = 0, spread = 0;
        for (std::size_t b = 0; b < buckets; ++b) {
            if (!detail::finite(bias(b))) return {undefined_reason::nonfinite, {}, 0, 0, 0};
            if (bias(b) > head.largest) head.largest = bias(b), head.peak = b;
            head.smallest = (std::min)(head.smallest, bias(b));
            mean += bias(b) / static_cast<double>(buckets);
        }
        for (std::size_t b = 0; b < buckets; ++b) {
            const double x = static_cast<double>(b) - centre, y = bias(b) - mean;
            product += x * y, square += y * y, spread += x * x;
        }
        if (head.largest > head.smallest) head.correlation = product / std::sqrt(square * spread);
        const std::size_t half = buckets / 2;
        for (std::size_t b = 0; b + 1 < half; ++b) head.falling += bias(b + 1) <= bias(b);
        head.falling /= static_cast<double>(half - 1);
        head.reach = head.peak <= 2             ? position_reach::local
                     : head.peak + 3 >= buckets ? position_reach::global
                                                : position_reach::mixed;
        r.local += head.reach == position_reach::local;
        r.global += head.reach == position_reach::global;
        r.mixed += head.reach == position_reach::mixed;
        r.heads.push_back(head);
    }
    if (r.heads.empty()) r.reason = undefined_reason::no_elements;
    return r;
}

/// What biases in random order give, in closed form: the peak is in any bucket with equal probability, so the counts of
/// local and of global heads are binomial with 3 / buckets; the number of falls among m values in random order has mean
/// (m - 1) / 2 and variance (m + 1) / 12; a correlation has mean 0 and variance 1 / (buckets - 1).
struct position_null {
    null_reading local, global;         ///< numbers of heads
    null_reading falling, correlation;  ///< of one head
};
/// Of a table of `buckets` x `heads`; empty for fewer than 6 buckets.
inline position_null position_bias_null(std::size_t buckets, std::size_t heads) {
    if (buckets < 6) return {};
    const double count = static_cast<double>(heads), p = 3 / static_cast<double>(buckets);
    const null_reading three{count * p, std::sqrt(count * p * (1 - p)), 0};
    const double half = static_cast<double>(buckets / 2);
    return {three,
            three,
            {0.5, std::sqrt((half + 1) / 12) / (half - 1), 0},
            {0.0, 1 / std::sqrt(static_cast<double>(buckets) - 1), 0}};
}

}  // namespace geolip
