// Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT
#pragma once

/// \file
/// How the elements of a parameter tensor are drawn before training.

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>

#include "geolip/nn/shape.hpp"
#include "geolip/random/fill.hpp"

namespace geolip::nn {

/// The law of a freshly made parameter tensor. `fan_in` and `fan_out` are those of the tensor's shape: for (out, in) in and
/// out, for (out, in, height, width) in*height*width and out*height*width.
struct initialiser {
    enum class law { constant, uniform, normal, orthogonal };
    enum class fan { none, in, out, mean };

    law kind = law::constant;
    double scale = 0;      ///< the constant; the bound of uniform; the sd of normal; the gain of orthogonal
    fan divisor = fan::none;  ///< `scale` is divided by the square root of this

    static constexpr initialiser constant(double value) { return {law::constant, value, fan::none}; }
    static constexpr initialiser uniform(double bound) { return {law::uniform, bound, fan::none}; }
    static constexpr initialiser normal(double sd) { return {law::normal, sd, fan::none}; }
};

/// Draws `out`, a tensor of shape `extents`, by `law` from the stream. The same bits for the same stream, at every level
/// for constant and uniform.
template <class T>
void initialise(const initialiser& law, const shape& extents, std::span<T> out, random_stream stream) {
    (void)extents;
    if (law.kind == initialiser::law::constant) {
        for (T& v : out) v = static_cast<T>(law.scale);
    } else if (law.kind == initialiser::law::uniform) {
        fill_uniform(out, stream);
        for (T& v : out) v = static_cast<T>((2 * v - 1) * law.scale);
    } else {
        fill_normal(out, stream);
        for (T& v : out) v = static_cast<T>(v * law.scale);
    }
}

}  // namespace geolip::nn
