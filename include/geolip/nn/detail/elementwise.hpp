// Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT
#pragma once

/// \file
/// Sums and multiples of arrays at the machine's own width: a plain loop is one element at a time in a `-O2` build of
/// GCC 12. Every element is rounded once for each operation, except that the product and the sum of `add_scaled` may be
/// fused; nothing is reordered.

#include <cstddef>

#include "geolip/simd/vector.hpp"

#define GEOLIP_SIMD_FILE "geolip/nn/detail/elementwise.inc"
#include "geolip/simd/foreach_target.inc"

namespace geolip::nn::detail {

/// out = a + b; out may be a or b.
template <class T>
void add(T* out, const T* a, const T* b, std::size_t count, isa level) {
    GEOLIP_SIMD_CALL(level, add_arrays<T>(out, a, b, count));
}
/// y += x.
template <class T>
void add_into(T* y, const T* x, std::size_t count, isa level) {
    detail::add<T>(y, y, x, count, level);
}
/// out = factor * a; out may be a.
template <class T>
void scale(T* out, const T* a, T factor, std::size_t count, isa level) {
    GEOLIP_SIMD_CALL(level, scale_array<T>(out, a, factor, count));
}
/// y += factor * x.
template <class T>
void add_scaled(T* y, const T* x, T factor, std::size_t count, isa level) {
    GEOLIP_SIMD_CALL(level, add_scaled_array<T>(y, x, factor, count));
}

}  // namespace geolip::nn::detail
