// Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT
#pragma once

/// \file
/// `qk_balance`: the eigenvalues of the symmetric part of a product of queries and keys, how many attract and how many
/// repel; and what independent Gaussian factors give. Needs Eigen (component `linalg`).

#include <Eigen/Core>
#include <Eigen/Eigenvalues>
#include <Eigen/QR>
#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "geolip/core/concepts.hpp"
#include "geolip/core/error.hpp"
#include "geolip/core/estimate.hpp"
#include "geolip/core/matrix_view.hpp"
#include "geolip/core/size_text.hpp"
#include "geolip/linalg/detail/dense.hpp"

namespace geolip {

/// What the symmetric part of M = A B' says. Its eigenvalues λ count as positive or negative where |λ| is above
/// `tolerance` times the largest, and as zero otherwise.
struct qk_balance_reading {
    std::size_t size = 0;  ///< n: of M, n x n
    std::size_t rank = 0;  ///< at most, of the symmetric part, by the shape of the factors
    std::size_t positive = 0, negative = 0, zero = 0;
    std::vector<double> eigenvalues;  ///< of the symmetric part, descending, the first `rank` of them by magnitude

    /// Why there are no figures, or `none`.
    undefined_reason reason = undefined_reason::none;
    /// n₊ / n: the documented figure, in which zeros count as not positive.
    std::optional<double> positive_fraction;
    /// n₊ / (n₊ + n₋).
    std::optional<double> balance;
    /// Σλ₊ / Σ|λ|.
    std::optional<double> signed_energy;
    /// |M - M'| / |M| in the Frobenius norm: 0 symmetric, √2 for M without a preference, 2 antisymmetric.
    std::optional<double> symmetry_deviation;
};

namespace detail {

/// The eigenvalues of (A B' + B A') / 2 that need not be zero, ascending. With 2 r < n columns these are those of a
/// problem of order 2 r: [A B] = U R, and the symmetric part is U (R₁ R₂' + R₂ R₁') U' / 2.
inline Eigen::VectorXd symmetric_part_eigenvalues(const dense_matrix& a, const dense_matrix& b) {
    const Eigen::Index n = a.rows(), r = a.cols();
    dense_matrix m;
    if (2 * r < n) {
        dense_matrix both(n, 2 * r);
        both << a, b;
        const Eigen::HouseholderQR<Eigen::Ref<dense_matrix>> qr(both);
        const dense_matrix upper = both.topRows(2 * r).triangularView<Eigen::Upper>();
        m = upper.leftCols(r) * upper.rightCols(r).transpose();
    } else {
        m = a * b.transpose();
    }
    const dense_matrix symmetric = 0.5 * (m + m.transpose());
    return Eigen::SelfAdjointEigenSolver<dense_matrix>(symmetric, Eigen::EigenvaluesOnly).eigenvalues();
}

inline qk_balance_reading read_balance(const dense_matrix& a, const dense_matrix& b, double tolerance) {
    qk_balance_reading r;
    r.size = static_cast<std::size_t>(a.rows());
    const Eigen::VectorXd values = symmetric_part_eigenvalues(a, b);
    r.rank = static_cast<std::size_t>(values.size());
    r.eigenvalues.assign(values.data(), values.data() + values.size());
    std::reverse(r.eigenvalues.begin(), r.eigenvalues.end());
    // |M|² = <A'A, B'B>, and |M - M'|² = 4 (|M|² - |S|²), S the symmetric part.
    const double square = (a.transpose() * a).cwiseProduct(b.transpose() * b).sum();
    if (!(square > 0)) {
        r.zero = r.size;
        r.reason = undefined_reason::all_zero;
        return r;
    }
    const double largest = values.cwiseAbs().maxCoeff();
    double above = 0, total = 0;
    for (const double v : r.eigenvalues) {
        if (v > tolerance * largest) ++r.positive;
        if (v < -tolerance * largest) ++r.negative;
        above += (std::max)(v, 0.0);
        total += std::fabs(v);
    }
    r.zero = r.size - r.positive - r.negative;
    r.positive_fraction = static_cast<double>(r.positive) / static_cast<double>(r.size);
    if (r.positive + r.negative > 0)
        r.balance = static_cast<double>(r.positive) / static_cast<double>(r.positive + r.negative);
    if (total > 0) r.signed_energy = above / total;
    r.symmetry_deviation = 2 * std::sqrt((std::max)(1 - values.squaredNorm() / square, 0.0));
    return r;
}

}  // namespace detail

/// The balance of M = A B', A and B both n x r. The documented product takes the stored matrices of queries and keys,
/// (heads head_dim) x d_model; the form in the residual stream takes, head by head, their transposes, d_model x
/// head_dim. Where 2 r < n, such as there, a problem of order 2 r is solved.
///
/// Eigenvalues are accurate to about n eps |M| in double precision. Rank decides much: the symmetric part of a product
/// of rank r <= n / 2 has as many positive as negative eigenvalues, r each, whatever the weights.
/// \throws shape_error unless the shapes are equal and not empty; usage_error unless 0 <= tolerance < 1
template <measured_scalar T>
qk_balance_reading qk_balance(matrix_view<const T> a, matrix_view<const T> b, double tolerance = 1e-6) {
    if (a.rows() != b.rows() || a.cols() != b.cols() || a.rows() == 0 || a.cols() == 0) {
        detail::raise(shape_error("qk_balance: queries of " + detail::size_text(a) + " and keys of " +
                                  detail::size_text(b) + "; expected one shape, not empty"));
    }
    if (!(tolerance >= 0 && tolerance < 1))
        detail::raise(usage_error("qk_balance: a tolerance of " + std::to_string(tolerance) + "; expected 0 to 1"));
    const auto queries = detail::scaled_copy(a), keys = detail::scaled_copy(b);
    if (!queries || !keys) {
        qk_balance_reading r;
        r.size = a.rows();
        r.reason = undefined_reason::nonfinite;
        return r;
    }
    qk_balance_reading r = detail::read_balance(queries->values, keys->values, tolerance);
    for (double& v : r.eigenvalues) v = std::scalbn(v, queries->exponent + keys->exponent);
    return r;
}

/// The null of `positive_fraction` for independent Gaussian factors n x r. Its mean is exact: rank / (2 n), rank =
/// min(n, 2 r), because the signs of A are random. With 2 r <= n so is its standard deviation, 0. Otherwise the
/// deviation is simulated for factors of the same proportions with at most `largest` rows, and the count's variance
/// grows with the logarithm of n from there, by 1 / π² a factor of e, as of any ensemble of symmetric matrices whose
/// eigenvalues repel like these (J. Gustavsson, Ann. I. H. Poincaré PR 41 (2005) 151; S. O'Rourke, J. Stat. Phys. 138
/// (2010) 1045).
inline null_reading qk_balance_null(std::size_t n, std::size_t r, std::size_t replicates = 64, std::uint64_t seed = 1,
                                    std::size_t largest = 128, isa level = isa::automatic) {
    if (n == 0 || r == 0) return {};
    const double size = static_cast<double>(n);
    const double mean = 0.5 * static_cast<double>((std::min)(n, 2 * r)) / size;
    if (2 * r <= n) return {mean, 0, 0};
    if (replicates < 2 || largest < 2) return {};
    const std::size_t rows = (std::min)(n, largest);
    const std::size_t cols = (std::max)(std::size_t{1}, (r * rows + n / 2) / n);
    double squares = 0;
    for (std::size_t i = 0; i < replicates; ++i) {
        const auto factor = [&](std::uint64_t purpose) {
            return detail::gaussian_matrix(rows, cols, {seed, (purpose << 56) | i}, level);
        };
        const Eigen::VectorXd values = detail::symmetric_part_eigenvalues(factor(23), factor(24));
        const double count = static_cast<double>((values.array() > 0).count());
        const double own = count - 0.5 * static_cast<double>((std::min)(rows, 2 * cols));
        squares += own * own;
    }
    const double variance = squares / static_cast<double>(replicates) +
                            std::log(size / static_cast<double>(rows)) / (3.14159265358979324 * 3.14159265358979324);
    return {mean, std::sqrt(variance) / size, 0};
}

}  // namespace geolip
