// Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT
#pragma once

/// \file
/// One large symmetric matrix: its Gram form and its tridiagonal form, in double precision and in place.

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <span>
#include <vector>

#include "geolip/core/matrix_view.hpp"
#include "geolip/nn/gemm.hpp"
#include "geolip/simd/vector.hpp"

#define GEOLIP_SIMD_FILE "geolip/linalg/detail/tridiagonal_form.inc"
#include "geolip/simd/foreach_target.inc"

namespace geolip::detail {

inline void symmetric_times(const double* a, std::ptrdiff_t stride, std::size_t n, const double* x, double* y,
                            isa level) {
    GEOLIP_SIMD_CALL(level, symmetric_times(a, stride, n, x, y));
}
inline void rows_times(const double* rows, std::ptrdiff_t stride, std::size_t count, std::size_t n, const double* x,
                       double* out, isa level) {
    GEOLIP_SIMD_CALL(level, rows_times(rows, stride, count, n, x, out));
}
inline void subtract_rows(const double* rows, std::ptrdiff_t stride, std::size_t count, std::size_t n,
                          const double* factor, double* y, isa level) {
    GEOLIP_SIMD_CALL(level, subtract_rows(rows, stride, count, n, factor, y));
}

/// Adds left' right to the upper triangle of `gram` (n x n), where both are depth x n and the sum is symmetric. Strips
/// of it, so that half of the work is left out; what is below the diagonal is not to be read.
inline void add_to_upper(matrix_view<const double> left, matrix_view<const double> right, matrix_view<double> gram,
                         isa level) {
    constexpr std::size_t strip = 96;
    const std::size_t n = gram.cols(), depth = left.rows();
    std::vector<double> scratch(nn::gemm_scratch_size<double>(strip, depth, n));
    for (std::size_t first = 0; first < n; first += strip) {
        const std::size_t rows = (std::min)(strip, n - first), cols = n - first;
        const auto from = static_cast<std::ptrdiff_t>(first);
        const matrix_view<const double> a(left.data() + from * left.col_stride(), rows, depth, left.col_stride(),
                                          left.row_stride());
        const matrix_view<const double> b(right.data() + from * right.col_stride(), depth, cols, right.row_stride(),
                                          right.col_stride());
        const matrix_view<double> c(gram.data() + from * gram.row_stride() + from, rows, cols, gram.row_stride());
        nn::gemm<double>(a, b, c, true, nullptr, scratch, level);
    }
}

/// Diagonal and elements beside it, n and n - 1, of a tridiagonal matrix with the eigenvalues of a symmetric one, of
/// which the upper triangle is read; all of it is overwritten. Householder reflections in panels of 32: J. J. Dongarra,
/// D. C. Sorensen, S. J. Hammarling, J. Comput. Appl. Math. 27 (1989) 215. Backward stable: the values change by a
/// small multiple of eps times the largest. 130 n doubles beside the matrix. Elements must be finite and far from the
/// ends of the range of double.
inline void tridiagonal_form(matrix_view<double> a, std::span<double> diagonal, std::span<double> beside,
                             isa level = isa::automatic) {
    constexpr std::size_t panel = 32;
    const std::size_t n = a.rows();
    // Rows: the reflections v of a panel and their w; then minus both, exchanged.
    std::vector<double> v(2 * panel * n, 0.0), exchanged(2 * panel * n);
    double factor[2 * panel], product[2 * panel];
    const auto stride = static_cast<std::ptrdiff_t>(n);
    const auto row_of = [&](std::size_t k) { return v.data() + k * n; };
    for (std::size_t begin = 0; begin < n; begin += panel) {
        const std::size_t end = (std::min)(begin + panel, n);
        std::fill(v.begin(), v.end(), 0.0);
        for (std::size_t j = begin; j < end; ++j) {
            const std::size_t k = j - begin;
            double* const row = &a(j, j);
            for (std::size_t p = 0; p < k; ++p) {  // what the panel has done to this row
                factor[p] = row_of(panel + p)[j];
                factor[panel + p] = row_of(p)[j];
            }
            subtract_rows(v.data() + j, stride, k, n - j, factor, row, level);
            subtract_rows(row_of(panel) + j, stride, k, n - j, factor + panel, row, level);
            diagonal[j] = row[0];
            if (j + 1 == n) break;
            const std::size_t size = n - j - 1;
            double* const x = row + 1;
            double tail = 0;
            if (size > 1) rows_times(x + 1, 0, 1, size - 1, x + 1, &tail, level);
            beside[j] = x[0];
            if (!(tail > 0)) continue;  // v and w stay 0
            const double norm = std::copysign(std::sqrt(x[0] * x[0] + tail), x[0]);
            const double tau = (norm + x[0]) / norm, scale = 1 / (norm + x[0]);
            beside[j] = -norm;
            double* const reflection = row_of(k) + j + 1;
            double* const w = row_of(panel + k) + j + 1;
            reflection[0] = 1;
            for (std::size_t i = 1; i < size; ++i) reflection[i] = x[i] * scale;
            symmetric_times(&a(j + 1, j + 1), a.row_stride(), size, reflection, w, level);
            rows_times(v.data() + j + 1, stride, k, size, reflection, product + panel, level);
            rows_times(row_of(panel) + j + 1, stride, k, size, reflection, product, level);
            subtract_rows(v.data() + j + 1, stride, k, size, product, w, level);
            subtract_rows(row_of(panel) + j + 1, stride, k, size, product + panel, w, level);
            double along = 0;
            rows_times(w, 0, 1, size, reflection, &along, level);
            const double half = 0.5 * tau * tau * along;
            for (std::size_t i = 0; i < size; ++i) w[i] = tau * w[i] - half * reflection[i];
        }
        if (end == n) break;
        for (std::size_t k = 0; k < 2 * panel; ++k)
            std::transform(row_of(k) + end, row_of(k) + n, exchanged.data() + (k + panel) % (2 * panel) * n + end,
                           [](double x) { return -x; });
        const std::size_t left = n - end;
        add_to_upper({v.data() + end, 2 * panel, left, stride}, {exchanged.data() + end, 2 * panel, left, stride},
                     {&a(end, end), left, left, a.row_stride()}, level);
    }
}

/// Eigenvalues, ascending, of a symmetric tridiagonal matrix, in `diagonal`; `beside` is overwritten. The implicit QL
/// iteration on squares, without square roots: C. H. Reinsch, Comm. ACM 16 (1973) 689; B. N. Parlett, The Symmetric
/// Eigenvalue Problem, section 8.15. Within a small multiple of n eps of the largest. False, which no matrix of numbers
/// has been seen to give, if it does not end.
inline bool tridiagonal_values(std::span<double> diagonal, std::span<double> beside) {
    const std::size_t n = diagonal.size();
    if (n == 0) return true;
    if (std::fabs(diagonal[n - 1]) < std::fabs(diagonal[0])) {  // it ends sooner from the smaller end
        std::reverse(diagonal.begin(), diagonal.end());
        std::reverse(beside.begin(), beside.end());
    }
    double size = 0;
    for (const double d : diagonal) size = (std::max)(size, std::fabs(d));
    for (const double e : beside) size = (std::max)(size, std::fabs(e));
    constexpr double eps = 1.1102230246251565e-16;
    const double nothing = eps * size * (eps * size);
    double* const d = diagonal.data();
    double* const e = beside.data();
    for (std::size_t i = 0; i + 1 < n; ++i) e[i] *= e[i];
    std::size_t steps = 60 * n;
    for (std::size_t first = 0; first < n;) {
        std::size_t last = first;
        while (last + 1 < n && e[last] > nothing) ++last;
        if (last == first) {
            ++first;
            continue;
        }
        if (steps-- == 0) return false;
        const double root = std::sqrt(e[first]), slope = (d[first + 1] - d[first]) / (2 * root);
        const double shift = d[first] - root / (slope + std::copysign(std::sqrt(slope * slope + 1), slope));
        double cosine = 1, sine = 0, gamma = d[last] - shift, p = gamma * gamma;
        for (std::size_t i = last; i-- > first;) {
            const double square = e[i], r = p + square;
            if (i + 1 != last) e[i + 1] = sine * r;
            const double before = cosine, gamma_before = gamma, stretch = r / p;
            cosine = p / r;
            sine = square / r;
            gamma = cosine * (d[i] - shift) - sine * gamma_before;
            d[i + 1] = gamma_before + (d[i] - gamma);
            p = cosine > 1e-280 ? gamma * gamma * stretch : before * square;
        }
        e[first] = sine * p;
        d[first] = shift + gamma;
    }
    std::sort(diagonal.begin(), diagonal.end());
    return true;
}

/// Eigenvalues, ascending, of a symmetric matrix, of which the upper triangle is read; all of it is overwritten. NaN
/// throughout if there are none to be had. See `tridiagonal_form`.
inline std::vector<double> symmetric_values_in_place(matrix_view<double> a, isa level = isa::automatic) {
    const std::size_t n = a.rows();
    std::vector<double> values(n), beside(n == 0 ? 0 : n - 1);
    tridiagonal_form(a, values, beside, level);
    if (!tridiagonal_values(values, beside)) std::fill(values.begin(), values.end(), std::nan(""));
    return values;
}

}  // namespace geolip::detail
