// Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT
#pragma once

/// \file
/// The regular simplex: K + 1 points at equal distance. Its volume is known in closed form, which makes it the
/// first thing to measure with a new kernel. All of it is constexpr; what does not return a `std::array` is
/// callable from device code.

#include <array>
#include <cstddef>

#include "geolip/core/concepts.hpp"
#include "geolip/core/config.hpp"
#include "geolip/core/matrix_view.hpp"

namespace geolip {
namespace detail {

// Newton's iteration from above, for x >= 1, because <cmath> is not constexpr. It falls until it has converged;
// the result is within one unit in the last place.
template <real_scalar T>
GEOLIP_HOST_DEVICE constexpr T newton_square_root(T x) {
    T root = x;
    for (T next = (root + 1) / 2; next < root; next = (root + x / root) / 2) root = next;
    return root;
}

}  // namespace detail

/// Coordinate `axis` of vertex `vertex` of the regular simplex with edge length `edge` centred at the origin;
/// relative error a few epsilon of T. The simplex of order K has the vertices 0..K and lives in the axes
/// 0..K-1 (the others are 0): vertex a + 1 alone is raised along axis a, the vertices up to a are lowered in
/// compensation, the later ones are at 0.
template <real_scalar T>
GEOLIP_HOST_DEVICE constexpr T regular_simplex_coordinate(std::size_t vertex, std::size_t axis, std::size_t order,
                                                          T edge = 1) {
    if (axis >= order || vertex > axis + 1) return 0;
    const T step = edge / detail::newton_square_root(T(2) * T(axis + 1) * T(axis + 2));
    return vertex == axis + 1 ? T(axis + 1) * step : -step;
}

/// The vertices of the regular K-simplex in D >= K dimensions, centred at the origin: `regular_simplex<4>()` is
/// the pentachoron with edge 1 in four dimensions.
template <int K, int D = K, real_scalar T = double>
constexpr auto regular_simplex(T edge = 1) {
    static_assert(K >= 1, "geolip::regular_simplex: the order K must be at least 1");
    static_assert(D >= K, "geolip::regular_simplex: a K-simplex needs at least K dimensions");
    std::array<std::array<T, std::size_t{D}>, std::size_t{K} + 1> vertices{};
    for (std::size_t i = 0; i <= K; ++i) {
        for (std::size_t j = 0; j < K; ++j) vertices[i][j] = regular_simplex_coordinate(i, j, K, edge);
    }
    return vertices;
}

/// Writes the regular simplex of order `out.rows() - 1` into the rows of `out`. False, and nothing written, when
/// `out` has fewer than two rows or fewer than rows - 1 columns.
template <real_scalar T>
GEOLIP_HOST_DEVICE constexpr bool fill_regular_simplex(matrix_view<T> out, T edge = 1) {
    if (out.rows() < 2 || out.cols() + 1 < out.rows()) return false;
    for (std::size_t i = 0; i < out.rows(); ++i) {
        for (std::size_t j = 0; j < out.cols(); ++j) {
            out(i, j) = regular_simplex_coordinate(i, j, out.rows() - 1, edge);
        }
    }
    return true;
}

/// V^2 = edge^(2K) (K + 1) / (2^K (K!)^2) of the regular simplex of this order, from its squared edge length;
/// exact in an exact field, within 3K rounding errors otherwise.
template <field T>
GEOLIP_HOST_DEVICE constexpr T regular_simplex_squared_volume(int order, const T& squared_edge = T(1)) {
    T squared_volume = T(order + 1);
    for (int k = 1; k <= order; ++k) squared_volume = squared_volume * squared_edge / T(2 * k) / T(k);
    return squared_volume;
}

/// V = edge^K / K! sqrt((K + 1) / 2^K) of the regular simplex of this order, within 5K rounding errors.
template <real_scalar T>
GEOLIP_HOST_DEVICE constexpr T regular_simplex_volume(int order, T edge = 1) {
    const T root_of_two = detail::newton_square_root(T(2));
    T volume = detail::newton_square_root(T(order + 1));
    for (int k = 1; k <= order; ++k) volume *= edge / root_of_two / T(k);
    return volume;
}

}  // namespace geolip
