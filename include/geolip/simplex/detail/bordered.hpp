// Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT
#pragma once

/// \file
/// Determinants of small matrices over any field, without branches on the data, and the bordered
/// Cayley–Menger determinant.

#include <cstddef>

#include "geolip/core/concepts.hpp"
#include "geolip/simplex/detail/scalar_traits.hpp"
#include "geolip/simplex/detail/small_array.hpp"
#include "geolip/simplex/detail/unroll.hpp"
#include "geolip/simplex/simplex_view.hpp"

namespace geolip::detail {

template <int N, class W>
using small_matrix = small_array<N, small_array<N, W>>;

/// Determinant by Gaussian elimination with partial pivoting; `a` is overwritten. The pivot rises to its place by
/// compare-exchange, so the same instructions run whatever the values.
template <int N, class W>
GEOLIP_HOST_DEVICE constexpr W determinant(small_matrix<N, W>& a) {
    W result(1);
    for (int c = 0; c < N; ++c) {
        for (int r = c + 1; r < N; ++r) {
            const auto larger = magnitude(a[c][c]) < magnitude(a[r][c]);
            const W negated = -result;
            result = select(larger, negated, result);
            for (int k = c; k < N; ++k) {
                const W upper = select(larger, a[r][k], a[c][k]);
                a[r][k] = select(larger, a[c][k], a[r][k]);
                a[c][k] = upper;
            }
        }
        result = result * a[c][c];
        const W divisor = select(W(0) < magnitude(a[c][c]), a[c][c], W(1));
        for (int r = c + 1; r < N; ++r) {
            const W factor = a[r][c] / divisor;
            for (int k = c + 1; k < N; ++k) a[r][k] = a[r][k] - factor * a[c][k];
        }
    }
    return result;
}

/// Squared distances between all points, by direct differences.
template <class W, int K, class Element, class Team>
GEOLIP_HOST_DEVICE constexpr lower_triangle<K + 1, W> squared_distances(const simplex_view<K, Element>& points,
                                                                        const Team& team) {
    auto squared = lower_triangle<K + 1, W>::zero();
    for (std::size_t c = team.rank(); c < points.dimension(); c += team.size()) {
        GEOLIP_UNROLL
        for (int i = 1; i <= K; ++i) {
            GEOLIP_UNROLL
            for (int j = 0; j < i; ++j) {
                const W difference = static_cast<W>(points(i, c)) - static_cast<W>(points(j, c));
                squared(i, j) = squared(i, j) + difference * difference;
            }
        }
    }
    team.sum(squared.entry);
    return squared;
}

/// Squared volume by the bordered determinant: (−1)^(K+1) / (2^K (K!)²) · det[[0, 1ᵀ], [1, S]], S the squared
/// distances, whose lower triangle with diagonal is given.
template <int N, class W>
GEOLIP_HOST_DEVICE constexpr W bordered_squared_volume(const lower_triangle<N, W>& squared_distances) {
    constexpr int K = N - 1;
    small_matrix<N + 1, W> bordered;
    bordered[0][0] = W(0);
    for (int i = 0; i < N; ++i) {
        bordered[0][i + 1] = bordered[i + 1][0] = W(1);
        for (int j = 0; j <= i; ++j) bordered[i + 1][j + 1] = bordered[j + 1][i + 1] = squared_distances(i, j);
    }
    W result = determinant(bordered);
    for (int i = 1; i <= K; ++i) result = result / W(2 * i * i);
    return K % 2 == 0 ? W(-result) : result;
}

}  // namespace geolip::detail
