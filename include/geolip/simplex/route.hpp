// Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT
#pragma once

/// \file
/// Routes: the ways in which statistics over many simplices compute a squared volume. A route is a policy; a backend
/// runs it over a list of simplices. `cayley_menger` is the careful calculation for single simplices.

#include <cmath>
#include <concepts>
#include <cstddef>
#include <cstdint>

#include "geolip/core/concepts.hpp"
#include "geolip/core/matrix_view.hpp"
#include "geolip/simplex/detail/bordered.hpp"
#include "geolip/simplex/detail/edge_factor.hpp"
#include "geolip/simplex/detail/scalar_traits.hpp"
#include "geolip/simplex/detail/small_array.hpp"
#include "geolip/simplex/detail/team.hpp"
#include "geolip/simplex/detail/unroll.hpp"
#include "geolip/simplex/simplex_view.hpp"

namespace geolip {

/// What a route says about one simplex. `relative_noise` bounds by how much rounding can have moved a height of the
/// simplex, relative to that height: from 1 on, the volume is rounding noise. Infinite for a flat simplex. Routes
/// that do not estimate it give 0.
struct volume_reading {
    double squared_volume;
    double relative_noise;
};

/// A route: a name, and `evaluate<K>(points, rows)` for the simplex of the K + 1 rows `rows[0…K]` of a matrix of
/// `float` or `double`.
template <class Route>
concept volume_route = requires(matrix_view<const double> points, const std::uint32_t* rows) {
    { Route::name } -> std::convertible_to<const char*>;
    { Route::template evaluate<4>(points, rows) } -> std::same_as<volume_reading>;
};

/// The library's own route: one Gram matrix of the edges, formed from direct differences in `double` whatever the
/// data, and its pivots.
///
/// The relative error of the squared volume is at most 4(κ² + D)ε while that is below 1/100, with κ as in
/// `cayley_menger` and ε that of `double`. `relative_noise` covers this error and what rounding has done to the
/// coordinates: it detects simplices of more dimensions than the space, and points that lie in a flat but for the last
/// bits.
struct edge_gram {
    static constexpr const char* name = "edge_gram";

    /// Both results of `finish`; W may be a batch of lanes.
    template <class W>
    struct result {
        W squared_volume;
        W squared_noise;
    };

    /// The results from a Gram matrix of edges x_i − x_0 accumulated in W from coordinates stored as T, and the
    /// largest squared norm |x_i|² among the K + 1 points (an upper bound does). Branch-free.
    ///
    /// Let M be the unit lower triangular matrix that makes the edges orthogonal, so that m = row i of M gives the
    /// height h_i. To first order, points moved by at most δ each move |h_i| by at most δ(Σ|m_j| + |Σm_j|), because m
    /// is optimal; δ is taken as 2ε times the largest norm, which is what a short calculation such as a normalisation
    /// leaves. Errors cεg in the Gram matrix g move |h_i|² by at most cεK·Σ m_j² g_jj; c is taken as 4.
    template <class T, int K, class W>
    GEOLIP_HOST_DEVICE static constexpr result<W> finish(lower_triangle<K, W> gram, const W& largest_squared_norm) {
        constexpr double coordinate_spacing = 2 * detail::spacing<T>;
        constexpr double gram_spacing = detail::spacing<W>;
        const W coordinate_error = static_cast<W>(coordinate_spacing * coordinate_spacing) * largest_squared_norm;

        detail::small_array<K, W> diagonal;
        for (int i = 0; i < K; ++i) diagonal[i] = gram(i, i);
        detail::factor(gram, W(0));
        auto m = lower_triangle<K, W>::identity();
        detail::solve_unit_lower(gram, m);

        W volume(1);
        W noise(0);
        for (int i = 0; i < K; ++i) {
            W absolute(0), signed_sum(0), weighted(0);
            for (int j = 0; j <= i; ++j) {
                absolute = absolute + detail::magnitude(m(i, j));
                signed_sum = signed_sum + m(i, j);
                weighted = weighted + m(i, j) * m(i, j) * diagonal[j];
            }
            const W height = gram(i, i);
            const W reach = absolute + detail::magnitude(signed_sum);
            const auto solid = W(0) < height;
            const W divisor = select(solid, height, W(1));
            const W from_coordinates = coordinate_error * reach * reach / divisor;
            const W from_gram = static_cast<W>(4 * K * gram_spacing) * weighted / divisor;
            const W squared = from_gram * from_gram;
            const W larger = select(squared < from_coordinates, from_coordinates, squared);
            const W here = select(solid, larger, static_cast<W>(detail::infinity));
            noise = select(noise < here, here, noise);
            volume = volume * (height / W((i + 1) * (i + 1)));
        }
        return {volume, noise};
    }

    template <int K, class T, class Team = serial_team>
    GEOLIP_HOST_DEVICE static volume_reading evaluate(matrix_view<const T> points, const std::uint32_t* rows,
                                                      const Team& team = {}) {
        const simplex_view<K, const T> simplex(points, rows);
        auto gram = lower_triangle<K, double>::zero();
        detail::small_array<K + 1, double> squared_norm{};
        for (std::size_t j = team.rank(); j < simplex.dimension(); j += team.size()) {
            GEOLIP_UNROLL
            for (int i = 0; i <= K; ++i) {
                const double x = static_cast<double>(simplex(i, j));
                squared_norm[i] += x * x;
            }
            detail::small_array<K, double> column;
            detail::load_edges(simplex, j, column);
            detail::accumulate(gram, column);
        }
        team.sum(gram.entry);
        team.sum(squared_norm.entry);
        double largest = squared_norm[0];
        for (int i = 1; i <= K; ++i) largest = largest < squared_norm[i] ? squared_norm[i] : largest;
        const auto finished = finish<T>(gram, largest);
        return {finished.squared_volume, std::sqrt(finished.squared_noise)};
    }
};

/// The route of the documents' sweep, to the letter and in the precision of the data: squared distances
/// |a|² + |b|² − 2ab clamped at zero, then the bordered determinant. It cancels for points close together compared
/// with their distance from the origin. Estimates no noise.
struct bordered_expansion {
    static constexpr const char* name = "bordered_expansion";

    template <int K, class T, class Team = serial_team>
    GEOLIP_HOST_DEVICE static constexpr volume_reading evaluate(matrix_view<const T> points, const std::uint32_t* rows,
                                                                const Team& team = {}) {
        const simplex_view<K, const T> simplex(points, rows);
        auto products = lower_triangle<K + 1, T>::zero();
        for (std::size_t j = team.rank(); j < simplex.dimension(); j += team.size()) {
            detail::small_array<K + 1, T> column;
            GEOLIP_UNROLL
            for (int i = 0; i <= K; ++i) column[i] = simplex(i, j);
            detail::accumulate(products, column);
        }
        team.sum(products.entry);
        lower_triangle<K + 1, T> squared;
        for (int i = 0; i <= K; ++i) {
            for (int j = 0; j <= i; ++j) {
                const T expanded = (products(i, i) + products(j, j)) - T(2) * products(i, j);
                squared(i, j) = expanded < T(0) ? T(0) : expanded;
            }
        }
        return {static_cast<double>(detail::bordered_squared_volume(squared)), 0.0};
    }
};

/// The route of the documents' terrain battery: direct differences and the bordered determinant, all in `double`.
/// Loses κ² like `edge_gram`, and more where the scale is far from one. Estimates no noise.
struct bordered_differences {
    static constexpr const char* name = "bordered_differences";

    template <int K, class T, class Team = serial_team>
    GEOLIP_HOST_DEVICE static constexpr volume_reading evaluate(matrix_view<const T> points, const std::uint32_t* rows,
                                                                const Team& team = {}) {
        const simplex_view<K, const T> simplex(points, rows);
        return {detail::bordered_squared_volume(detail::squared_distances<double>(simplex, team)), 0.0};
    }
};

}  // namespace geolip
