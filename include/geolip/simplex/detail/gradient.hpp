// Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT
#pragma once

/// \file
/// The gradient of a squared volume, column by column.

#include <cstddef>

#include "geolip/simplex/detail/edge_factor.hpp"
#include "geolip/simplex/detail/unroll.hpp"

namespace geolip::detail {

/// Writes 2/(K!)² · Mᵀ·diag(Π_{k≠i} d_k)·M·E, which is the gradient 2/(K!)²·adj(E·Eᵀ)·E since the d_i are the squared
/// lengths of the orthogonal rows of M·E and det M = 1. The products leave one factor out instead of dividing by it.
template <int K, class T, class W, class Team>
GEOLIP_HOST_DEVICE constexpr void write_gradient(const simplex_view<K, const T>& points,
                                                 const edge_factor<K, W>& factored, const simplex_view<K, T>& gradient,
                                                 const Team& team) {
    small_array<K, W> others;
    W before(2);
    for (int i = 0; i < K; ++i) {
        const W share((i + 1) * (i + 1));
        others[i] = before / share;
        before = before * (factored.height[i] / share);
    }
    W after(1);
    for (int i = K - 1; i >= 0; --i) {
        others[i] = others[i] * after;
        after = after * (factored.height[i] / W((i + 1) * (i + 1)));
    }
    for (std::size_t j = team.rank(); j < points.dimension(); j += team.size()) {
        small_array<K, W> column;
        load_edges(points, j, column);
        multiply(factored.transform, column);
        GEOLIP_UNROLL
        for (int i = 0; i < K; ++i) column[i] = column[i] * others[i];
        multiply_transposed(factored.transform, column);
        W base(0);
        GEOLIP_UNROLL
        for (int i = 0; i < K; ++i) {
            gradient(i + 1, j) = static_cast<T>(column[i]);
            base = base - column[i];
        }
        gradient(0, j) = static_cast<T>(base);
    }
}

}  // namespace geolip::detail
