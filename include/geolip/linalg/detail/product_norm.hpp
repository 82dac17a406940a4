// Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT
#pragma once

/// \file
/// The largest singular value of a product A B' that is not formed. Needs Eigen (component `linalg`).

#include <Eigen/Core>
#include <Eigen/Eigenvalues>
#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <type_traits>
#include <vector>

#include "geolip/core/matrix_view.hpp"
#include "geolip/core/ordered_sum.hpp"
#include "geolip/linalg/detail/dense.hpp"
#include "geolip/random/fill.hpp"

namespace geolip::detail {

/// The largest eigenvalue of a positive semidefinite matrix of order n, `apply(x)` its product with a vector: Lanczos'
/// iteration, with every vector orthogonalised against all (B. N. Parlett, The Symmetric Eigenvalue Problem, chapter
/// 13). The start is the same for every matrix; to about 1e-10, or to what n or 128 steps give.
template <class Apply>
double largest_eigenvalue(std::size_t n, Apply&& apply) {
    const Eigen::Index most = dense_index((std::min)(n, std::size_t{128}));
    Eigen::VectorXd x(dense_index(n));
    fill_normal(std::span<double>(x.data(), n), {1, std::uint64_t{61} << 56});
    dense_matrix basis(dense_index(n), most);
    std::vector<double> diagonal, beside;
    double value = 0, norm = x.norm();
    for (Eigen::Index k = 0; k < most; ++k) {
        basis.col(k) = x / norm;
        x = apply(basis.col(k));
        diagonal.push_back(x.dot(basis.col(k)));
        for (int pass = 0; pass < 2; ++pass)
            x -= basis.leftCols(k + 1) * (basis.leftCols(k + 1).transpose() * x).eval();
        norm = x.norm();
        const bool over = k + 1 == most || !(norm > 1e-13 * diagonal.front());
        if (over || k % 8 == 7) {
            Eigen::SelfAdjointEigenSolver<dense_matrix> solver;
            solver.computeFromTridiagonal(Eigen::Map<const Eigen::VectorXd>(diagonal.data(), k + 1),
                                          Eigen::Map<const Eigen::VectorXd>(beside.data(), k));
            value = solver.eigenvalues()[k];
            // The value's error is below the residual, and below its square over the gap.
            if (over || norm * std::fabs(solver.eigenvectors()(k, k)) < 1e-10 * value) break;
        }
        beside.push_back(norm);
    }
    return value;
}

/// M x, or M' x where `transposed`, of M divided by 2^exponent; along the rows or the columns, whichever lie closer.
template <class T>
Eigen::VectorXd product_with(matrix_view<const T> m, int exponent, bool transposed, const Eigen::VectorXd& x) {
    if (transposed) m = {m.data(), m.cols(), m.rows(), m.col_stride(), m.row_stride()};
    const power_of_two scaled(exponent);
    // What a float is divided by leaves the range of double nowhere, so that the vector can be divided instead.
    constexpr bool by_vector = std::is_same_v<T, float>;
    Eigen::VectorXd z = x;
    if constexpr (by_vector)
        for (double& value : z) value = scaled(value);
    const auto element = [&](T value) {
        return by_vector ? static_cast<double>(value) : scaled(static_cast<double>(value));
    };
    const double* const from = z.data();
    Eigen::VectorXd y = Eigen::VectorXd::Zero(dense_index(m.rows()));
    double* const to = y.data();
    if (std::abs(m.col_stride()) <= std::abs(m.row_stride())) {
        for (std::size_t i = 0; i < m.rows(); ++i) {
            const T* const row = m.data() + static_cast<std::ptrdiff_t>(i) * m.row_stride();
            to[i] = m.col_stride() == 1
                        ? ordered_sum(m.cols(), [&, row](std::size_t j) { return element(row[j]) * from[j]; })
                        : ordered_sum(m.cols(), [&](std::size_t j) { return element(m(i, j)) * from[j]; });
        }
        return y;
    }
    for (std::size_t j = 0; j < m.cols(); ++j) {
        const double factor = from[j];
        const T* const column = m.data() + static_cast<std::ptrdiff_t>(j) * m.col_stride();
        std::size_t i = 0;
        if (m.row_stride() == 1)
            for (; i + 8 <= m.rows(); i += 8)
                for (std::size_t k = 0; k < 8; ++k) to[i + k] += factor * element(column[i + k]);
        for (; i < m.rows(); ++i) to[i] += factor * element(m(i, j));
    }
    return y;
}

/// |A B'|² / σ₁² in the Frobenius norm, `square` the former, of A and B divided by their powers of two; columns equal,
/// rows as they are. Empty for a product of zero.
template <class T>
std::optional<double> product_stable_rank(matrix_view<const T> a, int exponent_a, matrix_view<const T> b,
                                          int exponent_b, double square) {
    if (!(square > 0)) return std::nullopt;
    const double largest = largest_eigenvalue(a.rows(), [&](const Eigen::VectorXd& x) {
        const Eigen::VectorXd right = product_with(b, exponent_b, false, product_with(a, exponent_a, true, x));
        return product_with(a, exponent_a, false, product_with(b, exponent_b, true, right));
    });
    if (!(largest > 0)) return std::nullopt;
    return (std::max)(square / largest, 1.0);
}

}  // namespace geolip::detail
