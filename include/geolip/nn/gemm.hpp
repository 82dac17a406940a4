// Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT
#pragma once

/// \file
/// Products of matrices, the work horse of the blocks.

#include <cstddef>
#include <span>

#include "geolip/core/matrix_view.hpp"
#include "geolip/simd/isa.hpp"

namespace geolip::nn {

/// The transposed view: no element moves.
template <class T>
constexpr matrix_view<T> transposed(matrix_view<T> m) {
    return {m.data(), m.cols(), m.rows(), m.col_stride(), m.row_stride()};
}

/// How many T of scratch `gemm` wants for an m x k by k x n product.
template <class T>
constexpr std::size_t gemm_scratch_size(std::size_t, std::size_t, std::size_t) {
    return 0;
}

/// c = a b, or c += a b with `accumulate`; c's columns are contiguous.
template <class T>
void gemm(matrix_view<const T> a, matrix_view<const T> b, matrix_view<T> c, bool accumulate, const T* bias,
          std::span<T> scratch, isa level) {
    (void)scratch;
    (void)level;
    for (std::size_t i = 0; i < a.rows(); ++i) {
        for (std::size_t j = 0; j < b.cols(); ++j)
            if (!accumulate) c(i, j) = bias == nullptr ? T(0) : bias[j];
        for (std::size_t k = 0; k < a.cols(); ++k) {
            const T f = a(i, k);
            for (std::size_t j = 0; j < b.cols(); ++j) c(i, j) += f * b(k, j);
        }
    }
}

/// out[j] += sum over i of m(i, j), rows from first to last.
template <class T>
void add_column_sums(matrix_view<const T> m, T* out, isa level) {
    (void)level;
    for (std::size_t i = 0; i < m.rows(); ++i)
        for (std::size_t j = 0; j < m.cols(); ++j) out[j] += m(i, j);
}

}  // namespace geolip::nn
