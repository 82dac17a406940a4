// Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT
#pragma once

/// \file
/// The kernels that divide rows by their mean norm, at the level asked for. See scale_rows.inc.

#include <cstddef>

#include "geolip/nn/detail/rows.hpp"

#define GEOLIP_SIMD_FILE "geolip/nn/detail/scale_rows.inc"
#include "geolip/simd/foreach_target.inc"

namespace geolip::nn::detail {

template <class T>
double row_norms(const T* x, T* norms, std::size_t rows, std::size_t length, isa level) {
    GEOLIP_SIMD_CALL(level, row_norms<T>(x, norms, rows, length));
}
template <class T>
double dot_product(const T* a, const T* b, std::size_t count, isa level) {
    GEOLIP_SIMD_CALL(level, dot_product<T>(a, b, count));
}
template <class T>
void scaled_rows_gradient(const T* x, const T* dy, const T* norms, T* dx, std::size_t rows, std::size_t length,
                          T factor, T pull, isa level) {
    GEOLIP_SIMD_CALL(level, scaled_rows_gradient<T>(x, dy, norms, dx, rows, length, factor, pull));
}

}  // namespace geolip::nn::detail
