// Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT
#include "geolip/core/matrix_view.hpp"

#include <doctest/doctest.h>

#include <array>
#include <span>
#include <type_traits>
#include <vector>

using geolip::as_matrix_view;
using geolip::matrix_view;
using geolip::point_matrix;
using geolip::point_scalar_t;

namespace {

// Shaped as std::mdspan is, with a stride for each dimension.
struct mdspan_shape {
    const float* data;
    static constexpr int rank() { return 2; }
    std::size_t extent(int i) const { return i == 0 ? 2 : 3; }
    std::ptrdiff_t stride(int i) const { return i == 0 ? 1 : 2; }
    const float* data_handle() const { return data; }
};

constexpr std::array<int, 12> numbers{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11};
static_assert(matrix_view<const int>(numbers.data(), 3, 4)(2, 1) == 9);
static_assert(matrix_view<const int>(numbers.data(), 3, 4, 1, 3)(2, 1) == 5);
static_assert(matrix_view<const int>(numbers.data() + 11, 3, 4, -4, -1)(2, 1) == 2);
static_assert(matrix_view<const int>(numbers.data(), 3, 4).first_rows(2).rows() == 2);
static_assert(matrix_view<const int>(numbers.data(), 3, 4).first_rows(9).rows() == 3);
static_assert(matrix_view<int>().rows() == 0);

static_assert(std::is_convertible_v<matrix_view<float>, matrix_view<const float>>);
static_assert(!std::is_convertible_v<matrix_view<const float>, matrix_view<float>>);
static_assert(!std::is_convertible_v<matrix_view<float>, matrix_view<const double>>);
static_assert(std::is_trivially_copyable_v<matrix_view<float>>);

using rows_of_three = std::vector<std::array<double, 3>>;
static_assert(point_matrix<matrix_view<float>>);
static_assert(point_matrix<rows_of_three>);
static_assert(point_matrix<const rows_of_three&>);
static_assert(point_matrix<std::span<const std::array<float, 2>>>);
static_assert(point_matrix<std::array<std::array<float, 2>, 5>>);
static_assert(point_matrix<mdspan_shape>);
static_assert(!point_matrix<std::vector<double>>);
static_assert(!point_matrix<std::vector<std::vector<double>>>);
static_assert(!point_matrix<double*>);
static_assert(!point_matrix<int>);
static_assert(std::same_as<point_scalar_t<const rows_of_three&>, double>);
static_assert(std::same_as<point_scalar_t<matrix_view<const float>&>, float>);
static_assert(std::same_as<decltype(as_matrix_view(std::declval<rows_of_three&>())), matrix_view<double>>);
static_assert(std::same_as<decltype(as_matrix_view(std::declval<const rows_of_three&>())), matrix_view<const double>>);

}  // namespace

namespace elsewhere {

// A type of a user's own, with the overload in its namespace.
struct embedding {
    std::vector<float> weights = std::vector<float>(6);
};
inline matrix_view<const float> as_matrix_view(const embedding& e) { return {e.weights.data(), 2, 3}; }

}  // namespace elsewhere

TEST_CASE("views write through, and rows are where the strides say") {
    std::vector<double> x(24);
    const matrix_view<double> columns(x.data(), 4, 6, 1, 4);
    columns(3, 5) = 7;
    CHECK(x[23] == 7);
    CHECK(columns.row(2) == x.data() + 2);
    const matrix_view<double> reversed(x.data() + 18, 4, 6, -6);
    reversed(0, 1) = 5;
    CHECK(x[19] == 5);
    CHECK(reversed.row(3) == x.data());
    const matrix_view<const double> constant = reversed;
    CHECK(constant.data() == reversed.data());
    CHECK(constant.row_stride() == -6);
}

TEST_CASE("anything shaped like a matrix is viewed without a copy") {
    rows_of_three rows{{1, 2, 3}, {4, 5, 6}};
    const auto view = as_matrix_view(rows);
    CHECK(view.data() == rows[0].data());
    CHECK(view.rows() == 2);
    CHECK(view.cols() == 3);
    CHECK(view(1, 0) == 4);
    rows.clear();
    CHECK(as_matrix_view(rows).rows() == 0);
    const float storage[] = {1, 2, 3, 4, 5, 6};
    const auto strided = as_matrix_view(mdspan_shape{storage});
    CHECK(strided(1, 2) == 6);
    CHECK(strided(0, 1) == 3);
    const elsewhere::embedding e;
    CHECK(as_matrix_view(e).data() == e.weights.data());
}
