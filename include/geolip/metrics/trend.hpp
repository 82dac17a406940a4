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
#include "geolip/metrics/detail/pearson.hpp"

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
    std::vector<double> places(values.size());
    std::iota(places.begin(), places.end(), 0.0);
    const double mean_place = others / 2,
                 mean = std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
    double xx = 0, xy = 0, yy = 0;
    for (std::size_t i = 0; i < values.size(); ++i) {
        const double dx = places[i] - mean_place, dy = values[i] - mean;
        xx += dx * dx, xy += dx * dy, yy += dy * dy;
    }
    r.slope.value = xy / xx;
    r.slope.null = {0.0, std::sqrt(yy / (others * xx)), 0};
    const std::vector<double> ranks = detail::mean_ranks(values);
    r.spearman.value = detail::pearson(places, ranks);
    if (!r.spearman.value) r.spearman.reason = undefined_reason::zero_spread;
    r.spearman.null = {0.0, 1 / std::sqrt(others), 0};
    return r;
}

}  // namespace geolip
