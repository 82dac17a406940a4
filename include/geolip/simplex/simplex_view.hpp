// Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT
#pragma once

/// \file
/// `simplex_view`: the K + 1 points of one simplex, wherever they lie. The parameter type of the simplex
/// functions; every supported kind of input converts to it.

#include <array>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <tuple>
#include <type_traits>

#include "geolip/core/matrix_view.hpp"

namespace geolip {

/// K + 1 pointers to points and a common stride between the coordinates of a point; owns nothing. `Element` is
/// `const T` for points to read and `T` for results to write.
///
/// Converts implicitly from `std::array<std::array<T, D>, K + 1>` and other containers of `std::array` points,
/// `T[K + 1][D]`, `matrix_view`, and any `point_matrix` (Eigen, xtensor, mdspan) with that scalar; in braces from
/// `{pointer, dimension}`, `{pointer, dimension, point stride, coordinate stride}`, `{view, row indices}`, and a
/// literal list of points. Views and pointers convert in device code too.
///
/// Precondition: there are K + 1 points. A wrong count known at compile time is refused; of a longer matrix the
/// first K + 1 rows are taken.
template <int K, class Element>
class simplex_view {
    template <class U>
    static constexpr bool viewable = std::convertible_to<U (*)[], Element (*)[]>;

public:
    /// Points at `first`, `first + point_stride`, …; strides count elements.
    GEOLIP_HOST_DEVICE constexpr simplex_view(Element* first, std::size_t dimension, std::ptrdiff_t point_stride,
                                              std::ptrdiff_t coordinate_stride = 1)
        : dimension_(dimension), stride_(coordinate_stride) {
        for (int i = 0; i <= K; ++i) point_[i] = first + i * point_stride;
    }

    /// Points one after the other.
    GEOLIP_HOST_DEVICE constexpr simplex_view(Element* first, std::size_t dimension)
        : simplex_view(first, dimension, static_cast<std::ptrdiff_t>(dimension)) {}

    template <class U>
        requires viewable<U>
    GEOLIP_HOST_DEVICE constexpr simplex_view(const matrix_view<U>& points)
        : simplex_view(points.data(), points.cols(), points.row_stride(), points.col_stride()) {}

    /// The points `rows[0]`, …, `rows[K]` of a larger matrix.
    template <class U>
        requires viewable<U>
    GEOLIP_HOST_DEVICE constexpr simplex_view(const matrix_view<U>& points, const std::uint32_t* rows)
        : dimension_(points.cols()), stride_(points.col_stride()) {
        for (int i = 0; i <= K; ++i) point_[i] = points.row(rows[i]);
    }

    template <std::size_t N, std::size_t D>
    GEOLIP_HOST_DEVICE constexpr simplex_view(Element (&points)[N][D]) : dimension_(D) {
        static_assert(N == K + 1, "geolip::simplex_view<K, T>: a K-simplex has K + 1 points");
        for (int i = 0; i <= K; ++i) point_[i] = points[i];
    }

    template <class Matrix>
        requires(!detail::is_matrix_view<std::remove_cvref_t<Matrix>> && point_matrix<Matrix&> &&
                 std::convertible_to<decltype(as_matrix_view(std::declval<Matrix&>())), matrix_view<Element>>)
    constexpr simplex_view(Matrix&& points) {
        if constexpr (detail::range_of_rows<std::remove_reference_t<Matrix>>) {
            // Point by point: arithmetic from one std::array into the next is no constant expression.
            if constexpr (requires { std::tuple_size<std::remove_cvref_t<Matrix>>::value; })
                static_assert(std::tuple_size<std::remove_cvref_t<Matrix>>::value == K + 1,
                              "geolip::simplex_view<K, T>: a K-simplex has K + 1 points");
            dimension_ = points.data()->size();
            for (int i = 0; i <= K; ++i) point_[i] = points.data()[i].data();
        } else {
            *this = simplex_view(matrix_view<Element>(as_matrix_view(points)));
        }
    }

    GEOLIP_HOST_DEVICE constexpr std::size_t dimension() const { return dimension_; }

    /// Coordinate j of point i.
    GEOLIP_HOST_DEVICE constexpr Element& operator()(int i, std::size_t j) const {
        return point_[i][static_cast<std::ptrdiff_t>(j) * stride_];
    }

private:
    Element* point_[static_cast<std::size_t>(K + 1)] = {};
    std::size_t dimension_ = 0;
    std::ptrdiff_t stride_ = 1;
};

}  // namespace geolip
