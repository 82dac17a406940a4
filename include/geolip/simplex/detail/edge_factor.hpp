// Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT
#pragma once

/// \file
/// The orthogonal heights of a simplex, from the Gram matrices of its edges.

#include <cstddef>

#include "geolip/core/concepts.hpp"
#include "geolip/simplex/detail/scalar_traits.hpp"
#include "geolip/simplex/detail/small_array.hpp"
#include "geolip/simplex/detail/unroll.hpp"
#include "geolip/simplex/simplex_view.hpp"

namespace geolip::detail {

/// Column j of the edge matrix: coordinate j of x_i − x_0, i = 1…K.
template <int K, class W, class Element>
GEOLIP_HOST_DEVICE constexpr void load_edges(const simplex_view<K, Element>& points, std::size_t j,
                                             small_array<K, W>& edge) {
    const W base = static_cast<W>(points(0, j));
    GEOLIP_UNROLL
    for (int i = 0; i < K; ++i) edge[i] = static_cast<W>(points(i + 1, j)) - base;
}

/// Adds the products of a column to a Gram matrix.
template <int K, class W>
GEOLIP_HOST_DEVICE constexpr void accumulate(lower_triangle<K, W>& gram, const small_array<K, W>& column) {
    GEOLIP_UNROLL
    for (int i = 0; i < K; ++i) {
        GEOLIP_UNROLL
        for (int j = 0; j <= i; ++j) gram(i, j) = gram(i, j) + column[i] * column[j];
    }
}

/// column ← M · column.
template <int K, class W>
GEOLIP_HOST_DEVICE constexpr void multiply(const lower_triangle<K, W>& m, small_array<K, W>& column) {
    GEOLIP_UNROLL
    for (int i = K - 1; i >= 0; --i) {
        W sum = m(i, i) * column[i];
        GEOLIP_UNROLL
        for (int j = 0; j < i; ++j) sum = sum + m(i, j) * column[j];
        column[i] = sum;
    }
}

/// column ← Mᵀ · column.
template <int K, class W>
GEOLIP_HOST_DEVICE constexpr void multiply_transposed(const lower_triangle<K, W>& m, small_array<K, W>& column) {
    GEOLIP_UNROLL
    for (int i = 0; i < K; ++i) {
        W sum = m(i, i) * column[i];
        GEOLIP_UNROLL
        for (int j = i + 1; j < K; ++j) sum = sum + m(j, i) * column[j];
        column[i] = sum;
    }
}

/// Replaces a Gram matrix by its factors L (unit lower, below the diagonal) and the pivots D of L·D·Lᵀ. A pivot
/// below `relative_floor` times its diagonal entry is raised to that; at a pivot of zero the column of L is zero,
/// which is exact for a Gram matrix known exactly.
template <int K, class W>
GEOLIP_HOST_DEVICE constexpr void factor(lower_triangle<K, W>& gram, const W& relative_floor) {
    small_array<K, W> floor;
    for (int j = 0; j < K; ++j) floor[j] = relative_floor * gram(j, j);
    for (int j = 0; j < K; ++j) {
        const W pivot = select(gram(j, j) < floor[j], floor[j], gram(j, j));
        const auto usable = W(0) < pivot;
        const W divisor = select(usable, pivot, W(1));
        gram(j, j) = pivot;
        for (int i = K - 1; i > j; --i) {
            const W quotient = gram(i, j) / divisor;
            const W l = select(usable, quotient, W(0));
            for (int k = j + 1; k <= i; ++k) gram(i, k) = gram(i, k) - l * gram(k, j);
            gram(i, j) = l;
        }
    }
}

/// M ← L⁻¹ · M.
template <int K, class W>
GEOLIP_HOST_DEVICE constexpr void solve_unit_lower(const lower_triangle<K, W>& l, lower_triangle<K, W>& m) {
    for (int i = 1; i < K; ++i)
        for (int j = 0; j < i; ++j)
            for (int k = 0; k <= j; ++k) m(i, k) = m(i, k) - l(i, j) * m(j, k);
}

/// A lower triangular M that makes the rows of M·E orthogonal, and their squared lengths.
template <int K, class W>
struct edge_factor {
    lower_triangle<K, W> transform;
    small_array<K, W> height;
};

/// M·E = Y with orthogonal rows, for the edge matrix E (K×D) and a diagonal matrix to start M from.
///
/// Each pass reads the coordinates once and stores only K×K numbers: it forms the Gram matrix of M·E, factors it as
/// L·D·Lᵀ and replaces M by L⁻¹·M. L is unit lower triangular, so the squared heights D of the last pass multiply to
/// det(E·Eᵀ) times the squared diagonal whatever rounding did to the L of the passes before; they only have to leave
/// rows that are nearly orthogonal. This is the repetition of CholeskyQR2, with the raised pivots of the shifted
/// form (T. Fukaya et al., SIAM J. Sci. Comput. 42 (2020) A477–A503) for condition numbers past 1/√ε.
template <int Passes, int K, class W, class Element, class Team>
GEOLIP_HOST_DEVICE constexpr edge_factor<K, W> factor_edges(const simplex_view<K, Element>& points,
                                                            const lower_triangle<K, W>& diagonal, const Team& team) {
    edge_factor<K, W> result{diagonal, {}};
    for (int pass = 1; pass <= Passes; ++pass) {
        auto gram = lower_triangle<K, W>::zero();
        for (std::size_t j = team.rank(); j < points.dimension(); j += team.size()) {
            small_array<K, W> column;
            load_edges(points, j, column);
            multiply(result.transform, column);
            accumulate(gram, column);
        }
        team.sum(gram.entry);
        W floor(0);
        if constexpr (0 < spacing<W>)
            if (pass < Passes) floor = static_cast<W>(4 * K * spacing<W>);
        factor(gram, floor);
        solve_unit_lower(gram, result.transform);
        for (int i = 0; i < K; ++i) result.height[i] = gram(i, i);
    }
    return result;
}

/// Π heights / (K!)².
template <int K, class W>
GEOLIP_HOST_DEVICE constexpr W squared_volume_of_heights(const small_array<K, W>& height) {
    W result(1);
    for (int i = 0; i < K; ++i) result = result * (height[i] / W((i + 1) * (i + 1)));
    return result;
}

}  // namespace geolip::detail
