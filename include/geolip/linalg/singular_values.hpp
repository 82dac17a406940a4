// Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT
#pragma once

/// \file
/// `singular_values` of a matrix of any size, by the Gram matrix of its shorter side in double precision; and
/// `covariance_eigenvalues` of its rows. Need Eigen (component `linalg`).

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>
#include <span>
#include <vector>

#include "geolip/core/concepts.hpp"
#include "geolip/core/matrix_view.hpp"
#include "geolip/linalg/detail/dense.hpp"
#include "geolip/linalg/detail/strips.hpp"
#include "geolip/linalg/detail/tridiagonal_form.hpp"

namespace geolip {
namespace detail {

/// Eigenvalues, ascending, of the sum over the rows of (x 2^-exponent - mean)(…)', lengths of rows and mean equal; no
/// mean for zeros.
template <class T>
std::vector<double> gram_eigenvalues(matrix_view<const T> m, int exponent, std::span<const double> mean) {
    const std::size_t n = m.cols();
    std::vector<double> gram(n * n, 0.0);
    add_gram(strips(m, exponent, 256, mean), {gram.data(), n, n});
    return symmetric_values_in_place({gram.data(), n, n});
}

}  // namespace detail

/// The min(rows, cols) singular values, descending. NaN throughout for a matrix with an element that is not finite;
/// nothing for an empty one.
///
/// Accuracy: σ² is within about n eps σ₁² of the exact square, eps = 2.2e-16, n the shorter side. So values above 1e-5
/// σ₁ have 5 digits or more and σ₁ has 13, whatever the condition of a matrix of floats; values below 1e-8 σ₁ are noise
/// of that size, and a condition number above 1e7 is a lower bound. It is faster than a decomposition in single
/// precision and, for float input, more accurate up to a condition of 1e8.
///
/// Memory: n² doubles for the Gram matrix, which is worked on in place, 256 n for a strip of the matrix, and 130 n. One
/// thread; the same bits at one level of instructions.
template <measured_scalar T>
std::vector<double> singular_values(matrix_view<const T> m) {
    if (m.rows() < m.cols()) m = {m.data(), m.cols(), m.rows(), m.col_stride(), m.row_stride()};
    const std::size_t n = m.cols();
    const detail::matrix_range range = detail::range_of(m);
    if (!range.finite) return std::vector<double>(n, std::numeric_limits<double>::quiet_NaN());
    if (n == 0 || range.zero) return std::vector<double>(n, 0.0);
    const std::vector<double> squares = detail::gram_eigenvalues<T>(m, range.exponent, {});
    std::vector<double> values(n);
    for (std::size_t i = 0; i < n; ++i)
        values[i] = std::scalbn(std::sqrt((std::max)(squares[n - 1 - i], 0.0)), range.exponent);
    return values;
}

/// Eigenvalues of the covariance of the rows, E'E / rows after the mean row is taken off, descending: cols of them. For
/// `participation_ratio` and, by `rank_for_share`, the dimensions that hold a share of the variance. Accurate to about
/// cols eps times the largest; at least cols - rows + 1 are noise of that size where there are fewer rows. NaN
/// throughout for a matrix with an element that is not finite; zeros for no rows.
///
/// By chance, Gaussian rows have those of `gaussian_singular_values(rows - 1, cols, …)`, squared and divided by rows.
template <measured_scalar T>
std::vector<double> covariance_eigenvalues(matrix_view<const T> m) {
    const std::size_t n = m.cols();
    const detail::matrix_range range = detail::range_of(m);
    if (!range.finite) return std::vector<double>(n, std::numeric_limits<double>::quiet_NaN());
    if (n == 0 || range.zero) return std::vector<double>(n, 0.0);
    const double rows = static_cast<double>(m.rows());
    const detail::power_of_two scaled(range.exponent);
    std::vector<double> mean(n, 0.0);
    for (std::size_t i = 0; i < m.rows(); ++i)
        for (std::size_t j = 0; j < n; ++j) mean[j] += scaled(static_cast<double>(m(i, j)));
    for (double& x : mean) x /= rows;
    const std::vector<double> squares = detail::gram_eigenvalues<T>(m, range.exponent, mean);
    std::vector<double> values(n);
    for (std::size_t i = 0; i < n; ++i)
        values[i] = std::scalbn((std::max)(squares[n - 1 - i], 0.0) / rows, 2 * range.exponent);
    return values;
}

}  // namespace geolip
