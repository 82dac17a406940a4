// Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT
#pragma once

/// \file
/// The scalar concepts. A `field` is anything that computes like an ordered field: the floating-point
/// types, an exact rational, or a batch of lanes whose comparisons give a mask. Code written for a
/// `field` never branches on a comparison: it calls `select(condition, a, b)`, found by
/// argument-dependent lookup for types that bring their own mask.

#include <concepts>
#include <type_traits>

#include "geolip/core/config.hpp"

namespace geolip {

/// `condition ? if_true : if_false` for scalars whose comparisons give `bool`. Lane types overload it
/// for their mask.
template <class T>
GEOLIP_HOST_DEVICE constexpr T select(bool condition, const T& if_true, const T& if_false) {
    return condition ? if_true : if_false;
}

/// An ordered field: `+ - * /`, unary minus, `<`, conversion from a small `int`, and `select`.
template <class T>
concept field = std::semiregular<T> && std::constructible_from<T, int> && requires(const T& a, const T& b) {
    { a + b } -> std::convertible_to<T>;
    { a - b } -> std::convertible_to<T>;
    { a* b } -> std::convertible_to<T>;
    { a / b } -> std::convertible_to<T>;
    { -a } -> std::convertible_to<T>;
    { select(a < b, a, b) } -> std::convertible_to<T>;
};

/// A scalar with square roots and logarithms: `float`, `double`, `long double`.
template <class T>
concept real_scalar = std::floating_point<T>;

/// The scalars a matrix of measurements may hold.
template <class T>
concept measured_scalar = std::same_as<T, float> || std::same_as<T, double>;

}  // namespace geolip
