// Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT
#pragma once

/// \file
/// `qk_balance`: the eigenvalues of the symmetric part of a product of queries and keys, how many attract and how many
/// repel; and what independent Gaussian factors give. Needs Eigen (component `linalg`).

#include <Eigen/Core>
#include <Eigen/QR>
#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "geolip/core/concepts.hpp"
#include "geolip/core/error.hpp"
#include "geolip/core/estimate.hpp"
#include "geolip/core/matrix_view.hpp"
#include "geolip/core/size_text.hpp"
#include "geolip/linalg/detail/dense.hpp"
#include "geolip/linalg/detail/product_norm.hpp"
#include "geolip/linalg/detail/strips.hpp"
#include "geolip/linalg/detail/tridiagonal_form.hpp"
#include "geolip/random/fill.hpp"

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
    /// |M|² / σ₁², σ₁ the largest singular value of M, in the Frobenius norm.
    std::optional<double> stable_rank;
};

namespace detail {

/// Of M = A B' divided by 2^(both exponents): eigenvalues of its symmetric part S that need not be zero, ascending, and
/// |M|² and |M - M'|².
struct product_spectrum {
    std::vector<double> values;
    double square = 0, asymmetry = 0;
};

/// M, n x n, by strips of columns of A and B.
template <class T>
std::vector<double> scaled_product(matrix_view<const T> a, int exponent_a, matrix_view<const T> b, int exponent_b) {
    constexpr std::size_t height = 128;
    const std::size_t n = a.rows();
    strips left(nn::transposed(a), exponent_a, height), right(nn::transposed(b), exponent_b, height);
    std::vector<double> m(n * n, 0.0), scratch(nn::gemm_scratch_size<double>(n, height, n));
    for (std::size_t first = 0; first < a.cols(); first += height)
        nn::gemm<double>(nn::transposed(matrix_view<const double>(left.read(first))), right.read(first),
                         {m.data(), n, n}, true, nullptr, scratch);
    return m;
}

/// With 4 r <= n a problem of order 2 r is solved: [A B] = U R, and M is U R₁ R₂' U'.
template <class T>
product_spectrum spectrum_of_product(matrix_view<const T> a, int exponent_a, matrix_view<const T> b, int exponent_b) {
    const std::size_t n = a.rows(), r = a.cols();
    product_spectrum s;
    std::vector<double> half;
    std::size_t order = n;
    if (4 * r <= n) {
        order = 2 * r;
        const power_of_two scaled_a(exponent_a), scaled_b(exponent_b);
        dense_matrix both(dense_index(n), dense_index(order));
        for (std::size_t k = 0; k < r; ++k)
            for (std::size_t i = 0; i < n; ++i) {
                both(dense_index(i), dense_index(k)) = scaled_a(static_cast<double>(a(i, k)));
                both(dense_index(i), dense_index(r + k)) = scaled_b(static_cast<double>(b(i, k)));
            }
        const Eigen::HouseholderQR<Eigen::Ref<dense_matrix>> qr(both);
        for (Eigen::Index j = 0; j < both.cols(); ++j)
            for (Eigen::Index i = j + 1; i < both.cols(); ++i) both(i, j) = 0;
        const auto upper = both.topRows(both.cols());
        const dense_matrix m = upper.leftCols(dense_index(r)) * upper.rightCols(dense_index(r)).transpose();
        both.resize(0, 0);
        half.assign(m.data(), m.data() + m.size());  // M', which has the same
    } else {
        half = scaled_product(a, exponent_a, b, exponent_b);
    }
    for (std::size_t i = 0; i < order; ++i)
        for (std::size_t j = i; j < order; ++j) {
            const double x = half[i * order + j], y = half[j * order + i];
            half[i * order + j] = 0.5 * (x + y);
            s.square += i == j ? x * x : x * x + y * y;
            s.asymmetry += 2 * (x - y) * (x - y);
        }
    s.values = symmetric_values_in_place({half.data(), order, order});
    if (2 * r < order) {  // the others are zeros
        std::ranges::stable_sort(s.values, std::greater<>(), [](double v) { return std::fabs(v); });
        s.values.resize(2 * r);
        std::ranges::sort(s.values);
    }
    return s;
}

template <class T>
qk_balance_reading read_balance(matrix_view<const T> a, int exponent_a, matrix_view<const T> b, int exponent_b,
                                double tolerance) {
    qk_balance_reading r;
    r.size = a.rows();
    product_spectrum s = spectrum_of_product(a, exponent_a, b, exponent_b);
    std::vector<double>& values = s.values;
    r.rank = values.size();
    std::reverse(values.begin(), values.end());
    if (!(s.square > 0)) {
        r.eigenvalues = std::move(values);
        r.zero = r.size;
        r.reason = undefined_reason::all_zero;
        return r;
    }
    const double largest = (std::max)(std::fabs(values.front()), std::fabs(values.back()));
    double above = 0, total = 0;
    for (const double v : values) {
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
    r.symmetry_deviation = std::sqrt(s.asymmetry / s.square);
    r.stable_rank = product_stable_rank(a, exponent_a, b, exponent_b, s.square);
    for (double& v : values) v = std::scalbn(v, exponent_a + exponent_b);
    r.eigenvalues = std::move(values);
    return r;
}

}  // namespace detail

/// The balance of M = A B', A and B both n x r. The documented product takes the stored matrices of queries and keys,
/// (heads head_dim) x d_model; the form in the residual stream takes, head by head, their transposes, d_model x
/// head_dim. Where 4 r <= n, such as there, a problem of order 2 r is solved. Memory: n² doubles and 256 n, or 2 n r
/// doubles and 4 r² where 4 r <= n.
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
    const detail::matrix_range queries = detail::range_of(a), keys = detail::range_of(b);
    if (!queries.finite || !keys.finite) {
        qk_balance_reading r;
        r.size = a.rows();
        r.reason = undefined_reason::nonfinite;
        return r;
    }
    return detail::read_balance(a, queries.exponent, b, keys.exponent, tolerance);
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
            std::vector<double> values(rows * cols);
            fill_normal(std::span<double>(values), {seed, (purpose << 56) | i}, 0, level);
            return values;
        };
        const std::vector<double> a = factor(23), b = factor(24);
        using view = matrix_view<const double>;
        const auto step = static_cast<std::ptrdiff_t>(rows);
        const auto values =
            detail::spectrum_of_product(view(a.data(), rows, cols, 1, step), 0, view(b.data(), rows, cols, 1, step), 0)
                .values;
        const double count =
            static_cast<double>(std::count_if(values.begin(), values.end(), [](double v) { return v > 0; }));
        const double own = count - 0.5 * static_cast<double>((std::min)(rows, 2 * cols));
        squares += own * own;
    }
    const double variance = squares / static_cast<double>(replicates) +
                            std::log(size / static_cast<double>(rows)) / (3.14159265358979324 * 3.14159265358979324);
    return {mean, std::sqrt(variance) / size, 0};
}

}  // namespace geolip
