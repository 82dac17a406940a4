// Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT
#pragma once

/// \file
/// Pearson's correlation of two lists.

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <optional>
#include <span>

#include "geolip/core/finite.hpp"
#include "geolip/core/ordered_sum.hpp"

namespace geolip::detail {

/// Of the first min(|a|, |b|) numbers of each, from -1 to 1: empty for fewer than two, for a list that is constant and
/// for numbers that are not finite.
inline std::optional<double> pearson(std::span<const double> a, std::span<const double> b) {
    const std::size_t n = (std::min)(a.size(), b.size());
    if (n < 2) return std::nullopt;
    const auto mean = [n](std::span<const double> x) {
        return ordered_sum(n, [&](std::size_t i) { return x[i]; }) / static_cast<double>(n);
    };
    const double mean_a = mean(a), mean_b = mean(b);
    const auto product = [n](std::span<const double> x, double mx, std::span<const double> y, double my) {
        return ordered_sum(n, [&](std::size_t i) { return (x[i] - mx) * (y[i] - my); });
    };
    const double aa = product(a, mean_a, a, mean_a), bb = product(b, mean_b, b, mean_b);
    // Constant but for the rounding of the mean.
    const auto constant = [n](double squares, double m) {
        const double noise = 4e-16 * m;
        return !(squares > static_cast<double>(n) * noise * noise);
    };
    if (!finite(aa) || !finite(bb) || constant(aa, mean_a) || constant(bb, mean_b)) return std::nullopt;
    return std::clamp(product(a, mean_a, b, mean_b) / (std::sqrt(aa) * std::sqrt(bb)), -1.0, 1.0);
}

}  // namespace geolip::detail
