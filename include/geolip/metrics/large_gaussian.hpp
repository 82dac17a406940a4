// Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT
#pragma once

/// \file
/// What large Gaussian matrices give, in closed form: no matrix is drawn, so that a null costs nothing at any size.

#include <algorithm>
#include <cmath>
#include <cstddef>

#include "geolip/core/estimate.hpp"

namespace geolip {

/// The stable rank |W|² / σ₁² of a Gaussian matrix of rows x cols. σ₁² follows the Tracy-Widom law of order 1 (I. M.
/// Johnstone, Ann. Statist. 29 (2001) 295), centred as by Z. Ma, Bernoulli 18 (2012) 322. The mean is right to 1 % from
/// 16 x 16 on and to 0.3 % from 64 x 64 on. A single row or column has 1 exactly; empty for shorter sides of 0 and 2 to
/// 7, where the limit does not hold.
inline null_reading gaussian_stable_rank(std::size_t rows, std::size_t cols) {
    const std::size_t shorter = (std::min)(rows, cols);
    if (shorter == 1) return {1.0, 0, 0};
    if (shorter < 8) return {};
    const double n = static_cast<double>(rows), m = static_cast<double>(cols);
    const double a = std::sqrt(n - 0.5), b = std::sqrt(m - 0.5);
    const double scale = (a + b) * std::cbrt(1 / a + 1 / b);
    // Mean and sd of the law: F. Bornemann, Markov Process. Relat. Fields 16 (2010) 803.
    const double square = (a + b) * (a + b) - 1.2065335745820 * scale;
    const double spread = 1.2680340580 * scale / square;
    const double rank = n * m / square * (1 + spread * spread);
    return {rank, rank * spread, 0};
}

/// The participation ratio (Σλ)² / Σλ² of the covariance of `rows` Gaussian rows of `dim` elements, centred: John's
/// statistic is normal for large sizes, whatever their ratio (O. Ledoit, M. Wolf, Ann. Statist. 30 (2002) 1081). Within
/// 1 % from sizes of 20 on. Empty for fewer than two rows or without elements.
inline null_reading gaussian_participation(std::size_t rows, std::size_t dim) {
    if (rows < 2 || dim == 0) return {};
    const double n = static_cast<double>(rows - 1), p = static_cast<double>(dim);
    const double ratio = p / (1 + (p + 1) / n);
    return {ratio, ratio * ratio / p * 2 / n, 0};
}

/// The cosine of two independent Gaussian matrices of rows x cols after the orthogonal alignment from the right that
/// `procrustes` makes, in the limit of large sizes of that ratio: 1 - c/4 for c = rows / cols up to 1, so 3/4 for
/// square ones; below that for c above 1. 0 without elements. Within 0.02 for sizes from 16 on, 0.005 from 64 on.
///
/// The squares of the singular values of B'A have the law of a free product of two Marchenko-Pastur laws. Its S
/// transform is (1 + c z)^-2 (D. Voiculescu, J. Operator Theory 18 (1987) 223), so that E x/(x + t) = w where
/// t = (1 - w)(1 - c w)² / w; and E √x = 1/π ∫ w t^-½ dt is an elementary integral in w.
inline double gaussian_procrustes_cosine(std::size_t rows, std::size_t cols) {
    if (rows == 0 || cols == 0) return 0;
    const double c = static_cast<double>(rows) / static_cast<double>(cols);
    const double angle = std::asin(std::sqrt((std::min)(1.0, 1 / c)));
    const double value = angle + std::sin(2 * angle) / 2 - c * (angle / 4 - std::sin(4 * angle) / 16);
    return value * 2 / 3.14159265358979324;
}

}  // namespace geolip
