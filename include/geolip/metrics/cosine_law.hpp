// Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT
#pragma once

/// \file
/// `isotropic_cosine_share`: how many cosines of isotropic vectors lie in a range.

#include <algorithm>
#include <cmath>
#include <cstddef>

#include "geolip/simplex/detail/gamma_ratio.hpp"

namespace geolip {

/// P(from < cos < to) for two isotropic vectors in `dim` dimensions: the cosine has the density
/// Γ(D/2) / (√π Γ((D - 1)/2)) (1 - c²)^((D - 3)/2), integrated over the angle by Simpson's rule, to 1e-10 for D up to
/// 1e6. In 1 dimension cosines are -1 or 1, half each. 0 for an empty range and for no dimension.
inline double isotropic_cosine_share(double from, double to, std::size_t dim) {
    from = (std::max)(from, -1.0);
    to = (std::min)(to, 1.0);
    if (!(from < to) || dim == 0) return 0;
    if (dim == 1) return 0.5 * ((from <= -1) + (to >= 1));
    // c = sin t: the density of t is cos(t)^(D - 2).
    const double power = static_cast<double>(dim) - 2, half = (static_cast<double>(dim) - 1) / 2;
    // Where the density is below e^-50 of its peak nothing is to be had.
    const double edge = (std::min)(1.0, std::sqrt(-std::expm1(-100 / (power + 1))));
    const double a = std::asin((std::max)(from, -edge)), b = std::asin((std::min)(to, edge));
    if (!(a < b)) return 0;
    constexpr int parts = 2000;
    const double step = (b - a) / parts;
    double sum = 0;
    for (int i = 0; i <= parts; ++i) {
        const double weight = i == 0 || i == parts ? 1 : i % 2 == 1 ? 4 : 2;
        sum += weight * std::pow((std::max)(std::cos(a + i * step), 0.0), power);
    }
    // Γ(D/2) / Γ((D - 1)/2) = √half exp(...)
    return sum * step / 3 * std::sqrt(half / 3.14159265358979323846) *
           std::exp(detail::log_scaled_gamma_ratio(half, 0.5));
}

}  // namespace geolip
