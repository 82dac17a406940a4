// Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT

#include "geolip/simplex/regular_simplex.hpp"

#include <doctest/doctest.h>

#include <array>
#include <cmath>
#include <limits>
#include <vector>

namespace {

template <class T>
T distance(geolip::matrix_view<const T> points, std::size_t a, std::size_t b) {
    T sum = 0;
    for (std::size_t j = 0; j < points.cols(); ++j) {
        const T difference = points(a, j) - points(b, j);
        sum += difference * difference;
    }
    return std::sqrt(sum);
}

}  // namespace

TEST_CASE_TEMPLATE("every edge of the regular simplex has the given length and its centre is the origin", T, float,
                   double, long double) {
    const T tolerance = 16 * std::numeric_limits<T>::epsilon();
    for (std::size_t order = 1; order <= 40; ++order) {
        const std::size_t columns = order + order % 3;
        std::vector<T> storage((order + 1) * columns, T(-7));
        REQUIRE(geolip::fill_regular_simplex(geolip::matrix_view<T>(storage.data(), order + 1, columns), T(2.5)));
        const geolip::matrix_view<const T> points(storage.data(), order + 1, columns);
        for (std::size_t a = 0; a <= order; ++a) {
            for (std::size_t b = 0; b < a; ++b) CHECK(std::fabs(distance(points, a, b) / T(2.5) - 1) <= tolerance);
        }
        for (std::size_t j = 0; j < columns; ++j) {
            T sum = 0;
            for (std::size_t i = 0; i <= order; ++i) sum += points(i, j);
            CHECK(std::fabs(sum) <= T(order) * tolerance);
        }
    }
}

TEST_CASE("its coordinates and volumes are constant expressions") {
    constexpr auto triangle = geolip::regular_simplex<2>(2.0);
    static_assert(triangle.size() == 3 && triangle[0].size() == 2);
    static_assert(triangle[0][0] == -1.0 && triangle[1][0] == 1.0 && triangle[2][0] == 0.0);
    constexpr auto in_five = geolip::regular_simplex<4, 5, float>();
    static_assert(in_five[3][4] == 0.0F);
    static_assert(geolip::regular_simplex_squared_volume(2, 4.0) == 3.0);
    CHECK(std::fabs(triangle[2][1] - 2 / std::sqrt(3.0)) < 1e-15);
}

TEST_CASE("the volume is the known one") {
    // Segment, triangle, tetrahedron, pentachoron, 5-simplex with edge 1.
    const std::array<double, 5> known{1, std::sqrt(3.0) / 4, std::sqrt(2.0) / 12, std::sqrt(5.0) / 96,
                                      std::sqrt(3.0) / 480};
    for (int order = 1; order <= 5; ++order) {
        const double expected = known[static_cast<std::size_t>(order) - 1];
        const double tolerance = 5 * order * std::numeric_limits<double>::epsilon();
        CHECK(std::fabs(geolip::regular_simplex_volume<double>(order) / expected - 1) <= tolerance);
        CHECK(std::fabs(geolip::regular_simplex_volume(order, 3.0) / (expected * std::pow(3.0, order)) - 1) <=
              tolerance);
        CHECK(std::fabs(geolip::regular_simplex_squared_volume(order, 9.0) /
                            std::pow(expected * std::pow(3.0, order), 2) -
                        1) <= 2 * tolerance);
    }
}

TEST_CASE("the volume agrees with the height of the coordinates: V_K = V_{K-1} h_K / K") {
    constexpr auto vertices = geolip::regular_simplex<12>();
    for (int order = 1; order <= 12; ++order) {
        // Vertex K stands over the face 0..K-1, whose centre is at 0 in the axes before K - 1.
        const auto axis = static_cast<std::size_t>(order) - 1;
        const double height = vertices[axis + 1][axis] - vertices[0][axis];
        const double face = order == 1 ? 1 : geolip::regular_simplex_volume<double>(order - 1);
        CHECK(std::fabs(geolip::regular_simplex_volume<double>(order) / (face * height / order) - 1) <=
              10 * order * std::numeric_limits<double>::epsilon());
    }
}

TEST_CASE("a matrix that cannot hold a simplex is left alone") {
    std::array<double, 8> storage{};
    storage.fill(7);
    CHECK_FALSE(geolip::fill_regular_simplex(geolip::matrix_view<double>(storage.data(), 4, 2)));
    CHECK_FALSE(geolip::fill_regular_simplex(geolip::matrix_view<double>(storage.data(), 1, 8)));
    for (const double x : storage) CHECK(x == 7);
    // Two points on a line, three elements apart.
    CHECK(geolip::fill_regular_simplex(geolip::matrix_view<double>(storage.data(), 2, 1, 3, 1)));
    CHECK(storage[0] == -0.5);
    CHECK(storage[3] == 0.5);
    CHECK(storage[1] == 7);
}
