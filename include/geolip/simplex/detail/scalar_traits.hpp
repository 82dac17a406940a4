// Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT
#pragma once

/// \file
/// How the simplex kernels compute with a scalar: in which type, how exactly, and in how many passes.

#include <concepts>
#include <limits>

#include "geolip/core/concepts.hpp"

namespace geolip::detail {

/// The type sums are formed in: `double` for `float`, because products of floats are exact there.
template <class T>
struct working_scalar {
    using type = T;
};
template <>
struct working_scalar<float> {
    using type = double;
};
template <class T>
using working_t = typename working_scalar<T>::type;

/// Spacing of the numbers next to one; zero for exact types and for types nothing is known about.
template <class T>
inline constexpr double spacing = 0;
template <std::floating_point T>
inline constexpr double spacing<T> = static_cast<double>(std::numeric_limits<T>::epsilon());

/// As a constant, because device code may not call the member of numeric_limits.
inline constexpr double infinity = std::numeric_limits<double>::infinity();

/// Gram passes over the coordinates that make the error of a squared volume grow with the condition number and not
/// with its square: one for exact arithmetic, two where the working type is wider than the data, otherwise three.
template <class T>
inline constexpr int gram_passes =
    std::numeric_limits<working_t<T>>::is_exact ? 1 : (std::same_as<T, working_t<T>> ? 3 : 2);

template <class W>
GEOLIP_HOST_DEVICE constexpr W magnitude(const W& x) {
    const W negated = -x;
    return select(x < W(0), negated, x);
}

}  // namespace geolip::detail
