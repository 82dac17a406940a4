// Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT
#pragma once

/// \file
/// `cayley_menger<K, T>`: the volume of a K-simplex from its K + 1 points or their distances, and its gradient.

#include <array>
#include <cmath>
#include <concepts>
#include <cstddef>
#include <limits>

#include "geolip/core/concepts.hpp"
#include "geolip/simplex/detail/bordered.hpp"
#include "geolip/simplex/detail/edge_factor.hpp"
#include "geolip/simplex/detail/gradient.hpp"
#include "geolip/simplex/detail/scalar_traits.hpp"
#include "geolip/simplex/detail/small_array.hpp"
#include "geolip/simplex/detail/team.hpp"
#include "geolip/simplex/simplex_view.hpp"

namespace geolip {

/// Volumes of K-simplices with coordinates of type T, in a space of any dimension D.
///
/// T is any `field`: `float`, `double`, `long double`, an exact rational, a batch of `lanes` with one simplex each.
/// Nothing branches on coordinates, allocates, throws or keeps state. Everything but `volume` and `log_volume`
/// works in constant expressions, and on a device for views and pointers. `float` data is computed in `double`.
///
/// Notation: E is the K×D matrix of the edges x_i − x_0; κ the 2-norm condition number of E with its rows scaled to
/// length one (∞ for a flat simplex); ε the spacing of numbers at one in the type computed in
/// (`std::numeric_limits<T>::epsilon()`, for `float` that of `double`).
///
/// * Flat simplices: the result is exactly zero in exact arithmetic and where a point coincides with the first;
///   otherwise, and always for D < K, it is rounding noise near zero, never negative. The `relative_noise` of
///   `edge_gram` (route.hpp) tells noise from volume.
/// * Coordinates that are not finite give a result that is not finite.
template <int K, field T>
class cayley_menger {
    static_assert(K >= 1, "geolip::cayley_menger<K, T>: K, the number of points less one, must be at least 1");
    static_assert(!std::integral<T>,
                  "geolip::cayley_menger<K, T>: T must divide exactly or with rounding; integers truncate. Use double "
                  "or an exact rational");

    using work = detail::working_t<T>;
    static constexpr std::size_t point_count = K + 1;

public:
    /// What the functions take: see `simplex_view` for all that converts to it.
    using points_view = simplex_view<K, const T>;

    /// V², the squared K-volume, in the points' unit to the power 2K.
    ///
    /// From edges by direct differences, so that distance from the origin costs nothing, and the orthogonal heights
    /// of the simplex over them (detail/edge_factor.hpp). The relative error is at most 2(κ + D)ε while that is below
    /// 1/100, and for `float` half a unit in the last place of the result besides; the constant is measured against
    /// exact arithmetic for K ≤ 12 (0.8 was the worst seen). Exact for exact T. The squared heights and their
    /// products must be in the range of the type computed in.
    GEOLIP_HOST_DEVICE static constexpr T squared_volume(const points_view& points) {
        return static_cast<T>(detail::squared_volume_of_heights(heights(points).height));
    }

    /// V² from the bordered determinant of squared distances (A. Cayley 1841, K. Menger 1928), by elimination with
    /// partial pivoting: the classical form, as a cross-check. It loses the square of the condition number: the
    /// relative error is at most 20(κ² + D)ε, with edges between 1e−3 and 1e3 long, while that is below 1/100 (worst
    /// seen 11). Rounding can make it negative.
    GEOLIP_HOST_DEVICE static constexpr T squared_volume_determinant(const points_view& points) {
        const auto squared = detail::squared_distances<work>(points, serial_team{});
        return static_cast<T>(detail::bordered_squared_volume(squared));
    }

    /// V² from squared distances: row i of the "points" holds the squared distances from point i (a symmetric
    /// (K + 1)×(K + 1) matrix, of which the part below the diagonal is read). Negative when no points of a Euclidean
    /// space have these distances. The relative error is at most 8κ²ε while that is below 1/100 (worst seen 2.6).
    GEOLIP_HOST_DEVICE static constexpr T squared_volume_from_distances(const points_view& squared_distances) {
        detail::small_matrix<K, work> twice_gram;
        for (int i = 0; i < K; ++i) {
            for (int j = 0; j <= i; ++j) {
                work sum =
                    static_cast<work>(squared_distances(i + 1, 0)) + static_cast<work>(squared_distances(j + 1, 0));
                if (j < i) sum = sum - static_cast<work>(squared_distances(i + 1, static_cast<std::size_t>(j) + 1));
                twice_gram[i][j] = twice_gram[j][i] = sum;
            }
        }
        work result = detail::determinant(twice_gram);
        for (int i = 1; i <= K; ++i) result = result / work(2 * i * i);
        return static_cast<T>(result);
    }

    /// The same from the K(K + 1)/2 distances alone, in the order (0,1), (0,2), …, (0,K), (1,2), …, (K−1,K).
    static constexpr T squared_volume_from_distances(
        const std::array<T, static_cast<std::size_t>(K*(K + 1) / 2)>& squared_distances) {
        std::array<std::array<T, point_count>, point_count> full{};
        std::size_t next = 0;
        for (std::size_t i = 0; i <= K; ++i) {
            full[i][i] = T(0);
            for (std::size_t j = i + 1; j <= K; ++j) full[i][j] = full[j][i] = squared_distances[next++];
        }
        return squared_volume_from_distances(points_view(full));
    }

    /// The K-volume, at half the relative error of V². It stays in range where V² would not. (A template, like
    /// `log_volume`, because of compilers that instantiate constrained members they should not; leave U alone.)
    template <real_scalar U = T>
    GEOLIP_HOST_DEVICE static U volume(const points_view& points) {
        const auto factored = heights(points);
        work result(1);
        for (int i = 0; i < K; ++i) result = result * (std::sqrt(factored.height[i]) / work(i + 1));
        return static_cast<T>(result);
    }

    /// log V, without over- or underflow as long as the edges themselves are representable: each edge is first
    /// scaled by a power of two. Absolute error as the relative error of `volume`, plus rounding of the result.
    /// −∞ where the volume is zero.
    template <real_scalar U = T>
    GEOLIP_HOST_DEVICE static U log_volume(const points_view& points) {
        constexpr int most = std::numeric_limits<work>::max_exponent / 8 * 7;
        detail::small_array<K, work> length{};
        for (std::size_t j = 0; j < points.dimension(); ++j) {
            detail::small_array<K, work> edge;
            detail::load_edges(points, j, edge);
            for (int i = 0; i < K; ++i) length[i] = std::fmax(length[i], std::fabs(edge[i]));
        }
        auto scale = lower_triangle<K, work>::identity();
        int exponents = 0;
        for (int i = 0; i < K; ++i) {
            int exponent = 0;
            static_cast<void>(std::frexp(length[i], &exponent));
            exponent = exponent < -most ? -most : (exponent > most ? most : exponent);
            scale(i, i) = std::ldexp(work(1), -exponent);
            exponents += exponent;
        }
        const auto factored = detail::factor_edges<detail::gram_passes<T>>(points, scale, serial_team{});
        // The heights' exponents too are added as integers, so that large logarithms of opposite sign lose nothing.
        work result(0);
        int twice_exponent = 2 * exponents;
        for (int i = 0; i < K; ++i) {
            int exponent = 0;
            result += std::log(std::frexp(factored.height[i], &exponent)) / 2 - std::log(work(i + 1));
            twice_exponent += exponent;
        }
        result += work(twice_exponent) * (std::log(work(2)) / 2);
        return static_cast<T>(result);
    }

    /// V² and its derivative with respect to every coordinate.
    template <std::size_t D>
    struct with_gradient {
        T value;
        std::array<std::array<T, D>, point_count> gradient;
    };

    /// V² and its gradient 2/(K!)²·adj(E·Eᵀ)·E, the base point's being minus the sum of the others. Formed without
    /// division by heights, hence zero, as it should be, at flat simplices (noise as above). The error in each point's
    /// gradient, relative to the length of the longest of them, obeys the bound of `squared_volume`.
    template <std::size_t D>
    static constexpr with_gradient<D> squared_volume_with_gradient(
        const std::array<std::array<T, D>, point_count>& points) {
        with_gradient<D> result{};
        result.value = squared_volume_with_gradient(points_view(points), simplex_view<K, T>(result.gradient));
        return result;
    }

    /// The same for a dimension known at run time: returns V² and writes the gradient to `gradient`, shaped like
    /// `points` and not overlapping them.
    GEOLIP_HOST_DEVICE static constexpr T squared_volume_with_gradient(const points_view& points,
                                                                       const simplex_view<K, T>& gradient) {
        const auto factored = heights(points);
        detail::write_gradient(points, factored, gradient, serial_team{});
        return static_cast<T>(detail::squared_volume_of_heights(factored.height));
    }

private:
    GEOLIP_HOST_DEVICE static constexpr detail::edge_factor<K, work> heights(const points_view& points) {
        return detail::factor_edges<detail::gram_passes<T>>(points, lower_triangle<K, work>::identity(), serial_team{});
    }
};

}  // namespace geolip
