// Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT
#pragma once

/// \file
/// The kernel of the squared error, at the level asked for.

#include <cstddef>

#include "geolip/simd/vector.hpp"

#define GEOLIP_SIMD_FILE "geolip/nn/detail/mean_squared_error.inc"
#include "geolip/simd/foreach_target.inc"

namespace geolip::nn::detail {

/// The sum of (a - b)^2; `gradient`, if there is one, becomes factor (a - b).
template <class T>
double squared_error(const T* a, const T* b, T* gradient, std::size_t count, T factor, isa level) {
    GEOLIP_SIMD_CALL(level, squared_error<T>(a, b, gradient, count, factor));
}

}  // namespace geolip::nn::detail
