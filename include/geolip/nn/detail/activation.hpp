// Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT
#pragma once

/// \file
/// The kernels of the activation functions, at the level asked for. See activation.inc.

#include <cstddef>

#include "geolip/simd/functions.hpp"

namespace geolip::nn {

/// The activation functions that come with the library.
enum class activation_kind { identity, relu, gelu, silu, tanh };

}  // namespace geolip::nn

#define GEOLIP_SIMD_FILE "geolip/nn/detail/activation.inc"
#include "geolip/simd/foreach_target.inc"

namespace geolip::nn::detail {

/// y <- f(x) and, for gelu and silu, slope <- f'(x); y may be x.
template <activation_kind Kind, class T>
void activate(const T* x, T* y, T* slope, std::size_t count, isa level) {
    GEOLIP_SIMD_CALL(level, activate<Kind, T>(x, y, slope, count));
}
/// dx <- dy f'(x); `known` is x or f(x) (relu), f(x) (tanh) or f'(x) (gelu, silu); dx may be dy.
template <activation_kind Kind, class T>
void activation_gradient(const T* known, const T* dy, T* dx, std::size_t count, isa level) {
    GEOLIP_SIMD_CALL(level, activation_gradient<Kind, T>(known, dy, dx, count));
}

}  // namespace geolip::nn::detail
