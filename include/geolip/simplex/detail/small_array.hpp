// Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT
#pragma once

/// \file
/// Fixed-size storage of the simplex kernels: no std::array, whose members device code may not call.

#include <cstddef>

#include "geolip/core/config.hpp"

namespace geolip {

namespace detail {

/// N values; left uninitialised unless braces follow.
template <int N, class W>
struct small_array {
    W entry[static_cast<std::size_t>(N)];

    GEOLIP_HOST_DEVICE constexpr W& operator[](int i) { return entry[i]; }
    GEOLIP_HOST_DEVICE constexpr const W& operator[](int i) const { return entry[i]; }
};

}  // namespace detail

/// The lower triangle, row by row, of an N×N matrix: entry (i, j), j ≤ i, is `entry[i * (i + 1) / 2 + j]`.
template <int N, class W>
struct lower_triangle {
    W entry[static_cast<std::size_t>(N * (N + 1) / 2)];

    GEOLIP_HOST_DEVICE constexpr W& operator()(int i, int j) { return entry[i * (i + 1) / 2 + j]; }
    GEOLIP_HOST_DEVICE constexpr const W& operator()(int i, int j) const { return entry[i * (i + 1) / 2 + j]; }

    GEOLIP_HOST_DEVICE static constexpr lower_triangle zero() {
        lower_triangle result{};
        for (W& value : result.entry) value = W(0);
        return result;
    }

    GEOLIP_HOST_DEVICE static constexpr lower_triangle identity() {
        lower_triangle result = zero();
        for (int i = 0; i < N; ++i) result(i, i) = W(1);
        return result;
    }
};

}  // namespace geolip
