// Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT
#pragma once

/// \file
/// `gemm`, the product of two matrices, which is most of the work of the blocks; and sums of columns.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

#include "geolip/core/error.hpp"
#include "geolip/core/matrix_view.hpp"
#include "geolip/core/size_text.hpp"
#include "geolip/simd/vector.hpp"

namespace geolip::nn::detail {

/// What the kernel multiplies: pointers and strides as in `matrix_view`, c's columns one after the other.
template <class T>
struct gemm_task {
    const T* a;
    std::ptrdiff_t a_row, a_col;
    const T* b;
    std::ptrdiff_t b_row, b_col;
    T* c;
    std::ptrdiff_t c_row;
    std::size_t rows, cols, depth;
    bool accumulate;
    const T* bias;
    std::size_t block;  ///< most k at a time
    T* scratch;         ///< `block` rows of a panel
};

}  // namespace geolip::nn::detail

#define GEOLIP_SIMD_FILE "geolip/nn/detail/gemm.inc"
#include "geolip/simd/foreach_target.inc"

namespace geolip::nn {

/// The transposed view: no element moves.
template <class T>
constexpr matrix_view<T> transposed(matrix_view<T> m) {
    return {m.data(), m.cols(), m.rows(), m.col_stride(), m.row_stride()};
}

namespace detail {

// b is copied panel by panel, a row of the widest being 256 bytes, and a panel in blocks of so many k: 32 KiB, which
// stay in a first-level cache beside the rows of a tile.
inline constexpr std::size_t gemm_line = 64;
inline constexpr std::size_t gemm_panel = 4 * gemm_line;
inline constexpr std::size_t gemm_depth = 128;

[[noreturn]] inline void wrong_product(std::size_t m, std::size_t k, std::size_t l, std::size_t n, std::size_t rows,
                                       std::size_t cols) {
    using geolip::detail::size_text;
    std::string text = "gemm: a ";
    text += size_text(m, k);
    text += " matrix times a ";
    text += size_text(l, n);
    text += " one into a ";
    text += size_text(rows, cols);
    text += " one; expected m x k times k x n into m x n";
    geolip::detail::raise(shape_error(text));
}

template <class T>
void multiply(const gemm_task<T>& task, isa level) {
    GEOLIP_SIMD_CALL(level, multiply<T>(task));
}
template <class T>
void sum_columns(const matrix_view<const T>& m, T* out, isa level) {
    GEOLIP_SIMD_CALL(level, add_column_sums<T>(m.data(), m.row_stride(), m.col_stride(), m.rows(), m.cols(), out));
}

}  // namespace detail

/// How many T of scratch `gemm` wants for an m x k by k x n product: at most 32 KiB and a cache line, whatever the
/// sizes.
template <class T>
constexpr std::size_t gemm_scratch_size(std::size_t m, std::size_t k, std::size_t n) {
    if (m == 0 || n == 0) return 0;
    const std::size_t lines = (std::min)(n, detail::gemm_panel / sizeof(T)) * sizeof(T) + detail::gemm_line - 1;
    return (lines / detail::gemm_line * (std::min)(k, detail::gemm_depth) + 1) * (detail::gemm_line / sizeof(T));
}

/// c = a b, or c += a b with `accumulate`, and `bias` (n elements, null for none) added to every row: a is m x k, b is
/// k x n, c is m x n with contiguous columns (`col_stride() == 1`) and shares no memory with the others. The strides of
/// a and b are free, so `transposed` costs nothing. Any size may be 0; with k = 0 the product is 0.
///
/// Every element is one chain of multiply-adds that starts from what c and bias give and takes the products in the
/// order of k. So its bits depend on its row of a, its column of b and where it starts, and neither on m, n and the
/// strides nor on which rows share a call. The levels `avx2` and `avx512` give the same bits; `baseline` rounds the
/// products as well where it has no fused multiply-add, and so does every level where the compiler fuses nothing, as
/// GCC below -O2. The error is at most (k + 2) eps times the sum of |a_ik b_kj|, |c_ij| and |bias_j|, as long as
/// nothing overflows or underflows.
///
/// `scratch` holds at least `gemm_scratch_size<T>(m, k, n)` elements; nothing is allocated.
/// \throws shape_error when the sizes do not fit together, naming all three; usage_error for too little scratch
template <class T>
void gemm(matrix_view<const T> a, matrix_view<const T> b, matrix_view<T> c, bool accumulate, const T* bias,
          std::span<T> scratch, isa level = isa::automatic) {
    const std::size_t m = a.rows(), n = b.cols(), k = a.cols();
    if (b.rows() != k || c.rows() != m || c.cols() != n || (c.col_stride() != 1 && n > 1))
        detail::wrong_product(m, k, b.rows(), n, c.rows(), c.cols());
    const std::size_t size = gemm_scratch_size<T>(m, k, n);
    if (scratch.size() < size)
        geolip::detail::raise(usage_error("gemm: a scratch of " + std::to_string(scratch.size()) +
                                          " elements; expected gemm_scratch_size, " + std::to_string(size)));
    if (size == 0) return;
    const auto past = reinterpret_cast<std::uintptr_t>(scratch.data()) % detail::gemm_line / sizeof(T);
    T* const aligned = scratch.data() + (past == 0 ? 0 : detail::gemm_line / sizeof(T) - past);
    detail::multiply<T>({a.data(), a.row_stride(), a.col_stride(), b.data(), b.row_stride(), b.col_stride(), c.data(),
                         c.row_stride(), m, n, k, accumulate, bias, detail::gemm_depth, aligned},
                        level);
}

/// out[j] += the sum of m's column j, rows from first to last, one chain a column.
template <class T>
void add_column_sums(matrix_view<const T> m, T* out, isa level = isa::automatic) {
    detail::sum_columns<T>(m, out, level);
}

}  // namespace geolip::nn
