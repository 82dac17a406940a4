// Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT
#pragma once

/// \file
/// `matrix_view`: a non-owning, strided view of a matrix whose rows are points; and `as_matrix_view`, which
/// makes one of anything shaped like an Eigen, xtensor or mdspan matrix without including their headers.

#include <array>
#include <concepts>
#include <cstddef>
#include <type_traits>
#include <utility>

#include "geolip/core/config.hpp"

namespace geolip {

/// A view of `rows` points with `cols` coordinates; element (i, j) is `data[i*row_stride + j*col_stride]`.
/// Strides count elements and may be negative. The viewed memory must outlive the view.
template <class T>
class matrix_view {
public:
    using value_type = std::remove_cv_t<T>;
    using element_type = T;

    constexpr matrix_view() = default;

    /// Row-major, rows one after the other.
    GEOLIP_HOST_DEVICE constexpr matrix_view(T* data, std::size_t rows, std::size_t cols)
        : matrix_view(data, rows, cols, static_cast<std::ptrdiff_t>(cols), 1) {}

    /// Any strides: `matrix_view(p, n, d, 1, n)` is column-major.
    GEOLIP_HOST_DEVICE constexpr matrix_view(T* data, std::size_t rows, std::size_t cols, std::ptrdiff_t row_stride,
                                             std::ptrdiff_t col_stride = 1)
        : data_(data), rows_(rows), cols_(cols), row_stride_(row_stride), col_stride_(col_stride) {}

    /// A view of mutable elements is a view of constant ones.
    template <class U>
        requires(!std::same_as<U, T> && std::convertible_to<U (*)[], T (*)[]>)
    GEOLIP_HOST_DEVICE constexpr matrix_view(const matrix_view<U>& other)
        : matrix_view(other.data(), other.rows(), other.cols(), other.row_stride(), other.col_stride()) {}

    GEOLIP_HOST_DEVICE constexpr T* data() const { return data_; }
    GEOLIP_HOST_DEVICE constexpr std::size_t rows() const { return rows_; }
    GEOLIP_HOST_DEVICE constexpr std::size_t cols() const { return cols_; }
    GEOLIP_HOST_DEVICE constexpr std::ptrdiff_t row_stride() const { return row_stride_; }
    GEOLIP_HOST_DEVICE constexpr std::ptrdiff_t col_stride() const { return col_stride_; }

    GEOLIP_HOST_DEVICE constexpr T& operator()(std::size_t i, std::size_t j) const {
        return data_[static_cast<std::ptrdiff_t>(i) * row_stride_ + static_cast<std::ptrdiff_t>(j) * col_stride_];
    }

    /// Pointer to the first coordinate of point `i`.
    GEOLIP_HOST_DEVICE constexpr T* row(std::size_t i) const {
        return data_ + static_cast<std::ptrdiff_t>(i) * row_stride_;
    }

    /// The first `count` rows (all of them if there are fewer).
    GEOLIP_HOST_DEVICE constexpr matrix_view first_rows(std::size_t count) const {
        return {data_, count < rows_ ? count : rows_, cols_, row_stride_, col_stride_};
    }

private:
    T* data_ = nullptr;
    std::size_t rows_ = 0;
    std::size_t cols_ = 0;
    std::ptrdiff_t row_stride_ = 0;
    std::ptrdiff_t col_stride_ = 1;
};

namespace detail {

template <class M>
concept eigen_like = requires(M& m) {
    { m.rows() } -> std::integral;
    { m.cols() } -> std::integral;
    { m.rowStride() } -> std::integral;
    { m.colStride() } -> std::integral;
    requires std::is_pointer_v<decltype(m.data())>;
};

template <class M>
concept xtensor_like = requires(M& m) {
    { m.dimension() } -> std::integral;
    { m.shape()[0] } -> std::convertible_to<std::size_t>;
    { m.strides()[0] } -> std::convertible_to<std::ptrdiff_t>;
    { m.data_offset() } -> std::convertible_to<std::size_t>;
    requires std::is_pointer_v<decltype(m.data())>;
};

template <class M>
concept mdspan_like = requires(const M& m) {
    requires std::remove_cvref_t<M>::rank() == 2;
    { m.extent(0) } -> std::convertible_to<std::size_t>;
    { m.stride(0) } -> std::convertible_to<std::ptrdiff_t>;
    requires std::is_pointer_v<decltype(m.data_handle())>;
};

template <class R>
inline constexpr std::size_t fixed_row_size = 0;
template <class T, std::size_t D>
inline constexpr std::size_t fixed_row_size<std::array<T, D>> = D;

// vector<array<T, D>>, array<array<T, D>, N>, span<const array<T, D>>: rows of fixed size, one after the other.
template <class M>
concept range_of_rows = requires(M& m) {
    { m.size() } -> std::convertible_to<std::size_t>;
    requires(fixed_row_size<std::remove_cvref_t<decltype(*m.data())>> > 0);
};

template <class M>
inline constexpr bool is_matrix_view = false;
template <class T>
inline constexpr bool is_matrix_view<matrix_view<T>> = true;

}  // namespace detail

/// The customisation point: a `matrix_view` of a matrix, without a copy. Understands `matrix_view` itself,
/// Eigen-like (`rows, cols, rowStride, colStride, data`), xtensor-like (`shape, strides, data, data_offset`,
/// two dimensions), mdspan-like (`extent, stride, data_handle`) and contiguous ranges of `std::array` rows.
/// For a type of your own, overload `as_matrix_view` in its namespace.
/// An xtensor expression of another dimension than two gives an empty view.
template <class M>
constexpr auto as_matrix_view(M&& m)
    requires(detail::is_matrix_view<std::remove_cvref_t<M>> || detail::eigen_like<std::remove_reference_t<M>> ||
             detail::xtensor_like<std::remove_reference_t<M>> || detail::mdspan_like<std::remove_reference_t<M>> ||
             detail::range_of_rows<std::remove_reference_t<M>>)
{
    using Matrix = std::remove_reference_t<M>;
    if constexpr (detail::is_matrix_view<std::remove_cvref_t<M>>) {
        return m;
    } else if constexpr (detail::eigen_like<Matrix>) {
        using T = std::remove_pointer_t<decltype(m.data())>;
        return matrix_view<T>(m.data(), static_cast<std::size_t>(m.rows()), static_cast<std::size_t>(m.cols()),
                              static_cast<std::ptrdiff_t>(m.rowStride()), static_cast<std::ptrdiff_t>(m.colStride()));
    } else if constexpr (detail::xtensor_like<Matrix>) {
        using T = std::remove_pointer_t<decltype(m.data())>;
        if (m.dimension() != 2) return matrix_view<T>();
        // xtensor stores a stride of 0 for an axis of length 1: no element is ever reached through it.
        return matrix_view<T>(m.data() + m.data_offset(), static_cast<std::size_t>(m.shape()[0]),
                              static_cast<std::size_t>(m.shape()[1]), static_cast<std::ptrdiff_t>(m.strides()[0]),
                              static_cast<std::ptrdiff_t>(m.strides()[1]));
    } else if constexpr (detail::mdspan_like<Matrix>) {
        using T = std::remove_pointer_t<decltype(m.data_handle())>;
        return matrix_view<T>(m.data_handle(), static_cast<std::size_t>(m.extent(0)),
                              static_cast<std::size_t>(m.extent(1)), static_cast<std::ptrdiff_t>(m.stride(0)),
                              static_cast<std::ptrdiff_t>(m.stride(1)));
    } else {
        using Row = std::remove_reference_t<decltype(*m.data())>;
        using T = std::remove_pointer_t<decltype(m.data()->data())>;
        constexpr std::size_t D = detail::fixed_row_size<std::remove_cv_t<Row>>;
        return matrix_view<T>(m.size() == 0 ? nullptr : m.data()->data(), static_cast<std::size_t>(m.size()), D);
    }
}

/// Anything whose rows can be viewed as points.
template <class M>
concept point_matrix = requires(M&& m) { as_matrix_view(m); };

/// The scalar of a `point_matrix`.
template <point_matrix M>
using point_scalar_t = typename decltype(as_matrix_view(std::declval<std::remove_reference_t<M>&>()))::value_type;

}  // namespace geolip
