// Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT
#pragma once

/// \file
/// y = x Wᵀ + b and its gradients, for the blocks that have such a map in them.

#include <algorithm>
#include <cstddef>

#include "geolip/nn/gemm.hpp"
#include "geolip/nn/module.hpp"

namespace geolip::nn::detail {

/// How many T of scratch `affine` and `affine_gradients` want for `rows` rows of x.
template <class T>
constexpr std::size_t affine_scratch_size(std::size_t rows, std::size_t in, std::size_t out) {
    return (std::max)({gemm_scratch_size<T>(rows, in, out), gemm_scratch_size<T>(rows, out, in),
                       gemm_scratch_size<T>(out, rows, in)});
}

/// y = x Wᵀ + b, W (out, in); b is null for none.
template <class T>
void affine(matrix_view<const T> x, matrix_view<const T> weight, const T* bias, matrix_view<T> y,
            const workspace<T>& memory) {
    gemm<T>(x, transposed(weight), y, false, bias, memory.scratch, memory.isa);
}

/// Overwrites dx, unless it views nothing, and adds to dweight and, unless it is null, dbias.
template <class T>
void affine_gradients(matrix_view<const T> x, matrix_view<const T> weight, matrix_view<const T> dy, matrix_view<T> dx,
                      matrix_view<T> dweight, T* dbias, const workspace<T>& memory) {
    if (dx.data() != nullptr) gemm<T>(dy, weight, dx, false, nullptr, memory.scratch, memory.isa);
    gemm<T>(transposed(dy), x, dweight, true, nullptr, memory.scratch, memory.isa);
    if (dbias != nullptr) add_column_sums<T>(dy, dbias, memory.isa);
}

}  // namespace geolip::nn::detail
