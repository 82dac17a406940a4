// Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT
#pragma once

/// \file
/// Squared volumes of many simplices on one core, as fast as the machine can.

#include <cstddef>
#include <cstdint>
#include <span>
#include <type_traits>

#include "geolip/core/matrix_view.hpp"
#include "geolip/simd/vector.hpp"
#include "geolip/simplex/route.hpp"

namespace geolip::detail {

/// (K!)^2
template <int K>
inline constexpr double factorial_square = factorial_square<K - 1> * K * K;
template <>
inline constexpr double factorial_square<0> = 1;

}  // namespace geolip::detail

#define GEOLIP_SIMD_FILE "geolip/simplex/detail/volumes.inc"
#include "geolip/simd/foreach_target.inc"

namespace geolip {
namespace detail {

template <int K, class T>
void fast_edge_gram_volumes(const T* data, std::ptrdiff_t row_stride, std::size_t dim, const std::uint32_t* rows,
                            std::size_t count, volume_reading* out, isa level) {
    GEOLIP_SIMD_CALL(level, edge_gram_volumes<K>(data, row_stride, dim, rows, count, out));
}

/// What the fast route marked with a negative noise is measured again: out[i] = careful(i).
template <class Careful>
void remeasure_marked(std::span<volume_reading> out, Careful&& careful) {
    for (std::size_t i = 0; i < out.size(); ++i)
        if (!(out[i].relative_noise >= 0)) out[i] = careful(i);
}

/// The careful reading of the one simplex whose K + 1 vertices stand one after the other in `vertices`.
template <int K, class T>
volume_reading careful_reading(std::span<const T> vertices) {
    constexpr std::size_t points = std::size_t{K} + 1;
    std::uint32_t row[points];
    for (std::uint32_t v = 0; v < points; ++v) row[v] = v;
    return edge_gram::evaluate<K>(matrix_view<const T>(vertices.data(), points, vertices.size() / points), row);
}

}  // namespace detail

/// `out[i]` is the reading of the simplex on the rows `rows[i (K+1)] … rows[i (K+1) + K]` of `points`: squared volume
/// in the coordinates' unit to the power 2K, and the noise that the coordinates' own rounding makes.
///
/// Routes other than `edge_gram`, and matrices whose rows are not contiguous, are read simplex by simplex with
/// `Route::evaluate`. The fast route of `edge_gram` forms the Gram matrix of the edges x_i - x_0 in T and factors it in
/// double; where a height of the simplex is below 1/8 of its edge, where products come near the ends of T's range,
/// and where noise comes near, it uses `Route::evaluate` too. So the relative error of a squared volume is at most
/// 64 K (K + D / L) eps_T for L lanes (L >= 2), typically a few eps_T, and every reading depends on its own points
/// alone. A level is a property of the result in the last bits only. Preconditions: rows.size() == (K + 1) *
/// out.size(), every index below points.rows(). Never throws.
template <int K, class Route, class T>
void squared_volumes(Route, matrix_view<const T> points, std::span<const std::uint32_t> rows,
                     std::span<volume_reading> out, isa level = isa::automatic) {
    if constexpr (std::is_same_v<Route, edge_gram> && (std::is_same_v<T, float> || std::is_same_v<T, double>)) {
        if (points.col_stride() == 1 || points.cols() <= 1) {
            detail::fast_edge_gram_volumes<K>(points.data(), points.row_stride(), points.cols(), rows.data(),
                                              out.size(), out.data(), level);
            detail::remeasure_marked(
                out, [&](std::size_t i) { return edge_gram::evaluate<K>(points, rows.data() + i * (K + 1)); });
            return;
        }
    }
    for (std::size_t i = 0; i < out.size(); ++i)
        out[i] = Route::template evaluate<K>(points, rows.data() + i * (K + 1));
}

}  // namespace geolip
