// Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT
#pragma once

/// \file
/// The kernels of softmax and cross-entropy, at the level asked for. See softmax.inc.

#include <cstddef>
#include <cstdint>

#include "geolip/nn/detail/rows.hpp"
#include "geolip/simd/functions.hpp"

#define GEOLIP_SIMD_FILE "geolip/nn/detail/softmax.inc"
#include "geolip/simd/foreach_target.inc"

namespace geolip::nn::detail {

/// y <- softmax of each of the rows of x; y may be x.
template <class T>
void softmax_rows(const T* x, T* y, std::size_t rows, std::size_t length, isa level) {
    GEOLIP_SIMD_CALL(level, softmax_rows<T>(x, y, rows, length));
}
/// dx <- y (dy - sum of y dy over the row).
template <class T>
void softmax_rows_gradient(const T* y, const T* dy, T* dx, std::size_t rows, std::size_t length, isa level) {
    GEOLIP_SIMD_CALL(level, softmax_rows_gradient<T>(y, dy, dx, rows, length));
}
template <class T>
double cross_entropy_rows(const T* x, const std::int32_t* targets, T* gradient, std::size_t rows, std::size_t classes,
                          std::int32_t ignored, T scale, isa level) {
    GEOLIP_SIMD_CALL(level, cross_entropy_rows<T>(x, targets, gradient, rows, classes, ignored, scale));
}

}  // namespace geolip::nn::detail
