// Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT
#pragma once

/// \file
/// `depth_trend`: whether a figure rises or falls from layer to layer; and what layers in random order give.

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <numeric>
#include <optional>
#include <span>
#include <vector>

#include "geolip/core/estimate.hpp"
#include "geolip/core/finite.hpp"

namespace geolip {

/// How a series of figures goes, its places 0, 1, …
struct trend_reading {
    std::size_t count = 0;
    std::optional<double> first, last;  ///< empty for no figures
    estimate spearman;                  ///< rank correlation with the place, equal figures sharing their mean rank
    estimate slope;                     ///< of the line of least squares: change from one place to the next
};

namespace detail {

/// Ranks from 1 on; equal values share the mean of theirs.
inline std::vector<double> mean_ranks(std::span<const double> values) {
    std::vector<std::size_t> order(values.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return values[a] < values[b]; });
    std::vector<double> ranks(values.size());
    for (std::size_t i = 0; i < order.size();) {
        std::size_t end = i;
        while (end < order.size() && values[order[end]] == values[order[i]]) ++end;
        for (std::size_t k = i; k < end; ++k) ranks[order[k]] = 0.5 * static_cast<double>(i + 1 + end);
        i = end;
    }
    return ranks;
}

/// Sums of squares and products about the means.
struct comoments {
    double xx = 0, yy = 0, xy = 0;
    /// Of the pairs (x(i), y(i)), i < count.
    template <class X, class Y>
    comoments(std::size_t count, X&& x, Y&& y) {
        double x_mean = 0, y_mean = 0;
        for (std::size_t i = 0; i < count; ++i) x_mean += x(i), y_mean += y(i);
        x_mean /= static_cast<double>(count);
        y_mean /= static_cast<double>(count);
        for (std::size_t i = 0; i < count; ++i) {
            const double dx = x(i) - x_mean, dy = y(i) - y_mean;
            xx += dx * dx, yy += dy * dy, xy += dx * dy;
        }
    }
    /// Pearson's correlation; empty where one side does not vary.
    std::optional<double> correlation() const {
        if (!(xx > 0) || !(yy > 0)) return std::nullopt;
        return xy / std::sqrt(xx * yy);
    }
};

}  // namespace detail

/// Of `values`, one a layer, in order. Null: the same figures in random order, whose rank correlation has mean 0 and
/// variance 1 / (n - 1), exactly and with ties, and whose slope has mean 0 and variance Syy / ((n - 1) Sxx) (E. J. G.
/// Pitman, Suppl. J. R. Statist. Soc. 4 (1937) 225). Undefined for fewer than 3 values (`too_few_rows`), with one that
/// is not finite (`nonfinite`); the correlation also for equal values (`zero_spread`), whose slope is 0.
inline trend_reading depth_trend(std::span<const double> values) {
    trend_reading r;
    r.count = values.size();
    const auto undefined = [&](undefined_reason reason) {
        r.spearman.reason = r.slope.reason = reason;
        return r;
    };
    if (!values.empty()) r.first = values.front(), r.last = values.back();
    for (const double v : values)
        if (!detail::finite(v)) return undefined(undefined_reason::nonfinite);
    if (values.size() < 3) return undefined(undefined_reason::too_few_rows);
    const double others = static_cast<double>(values.size()) - 1;
    const auto place = [](std::size_t i) { return static_cast<double>(i); };
    const detail::comoments line(values.size(), place, [&](std::size_t i) { return values[i]; });
    r.slope.value = line.xy / line.xx;
    r.slope.null = {0.0, std::sqrt(line.yy / (others * line.xx)), 0};
    const std::vector<double> ranks = detail::mean_ranks(values);
    r.spearman.value = detail::comoments(values.size(), place, [&](std::size_t i) { return ranks[i]; }).correlation();
    if (!r.spearman.value) r.spearman.reason = undefined_reason::zero_spread;
    r.spearman.null = {0.0, 1 / std::sqrt(others), 0};
    return r;
}

}  // namespace geolip
