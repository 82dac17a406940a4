// Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT
// The gradient of the squared volume, against exact arithmetic.
#include <doctest/doctest.h>

#include <array>
#include <cmath>
#include <cstddef>
#include <limits>
#include <random>
#include <type_traits>
#include <vector>

#include "geolip/simplex/cayley_menger.hpp"
#include "support/rational.hpp"
#include "support/simplices.hpp"

using geolip::cayley_menger;
using geolip_test::point_array;
using geolip_test::rational;

namespace {

template <class T, std::size_t N, std::size_t D>
point_array<rational, N, D> exactly(const point_array<T, N, D>& points) {
    point_array<rational, N, D> result{};
    for (std::size_t i = 0; i < N; ++i)
        for (std::size_t j = 0; j < D; ++j) result[i][j] = rational(points[i][j]);
    return result;
}

/// V² is a polynomial of degree two in each coordinate, so a central difference with any step is its derivative.
template <int K, std::size_t D>
void check_exact_gradient() {
    std::mt19937_64 engine(K * 100 + D);
    const auto points = geolip_test::random_simplex<float, K + 1, D>(engine);
    const auto result = cayley_menger<K, rational>::squared_volume_with_gradient(exactly(points));
    CHECK(result.value == geolip_test::exact_squared_volume(points));
    for (std::size_t i = 0; i <= K; ++i) {
        for (std::size_t j = 0; j < D; ++j) {
            auto up = exactly(points);
            auto down = up;
            up[i][j] = up[i][j] + rational(1);
            down[i][j] = down[i][j] - rational(1);
            const rational difference = geolip_test::exact_squared_volume(up) - geolip_test::exact_squared_volume(down);
            CHECK(result.gradient[i][j] == difference / rational(2));
        }
    }
}

TEST_CASE("in rational arithmetic the gradient equals exact central differences") {
    check_exact_gradient<1, 3>();
    check_exact_gradient<2, 2>();
    check_exact_gradient<3, 4>();
    check_exact_gradient<4, 4>();
    check_exact_gradient<3, 2>();  // flat: zero on both sides
}

template <class T, int K, std::size_t D>
void check_bound(int count, double flatness, double offset = 0) {
    constexpr long double spacing =
        std::numeric_limits<std::conditional_t<std::is_same_v<T, float>, double, T>>::epsilon();
    constexpr long double last_rounding = std::is_same_v<T, float> ? 0x1p-24L : 0;
    std::mt19937_64 engine(K * 1000 + D);
    for (int trial = 0; trial < count; ++trial) {
        const auto points = geolip_test::random_simplex<T, K + 1, D>(engine, flatness, offset);
        const auto exact = cayley_menger<K, rational>::squared_volume_with_gradient(exactly(points));
        const auto result = cayley_menger<K, T>::squared_volume_with_gradient(points);
        const long double kappa = geolip_test::edge_condition(points);
        const long double bound = 2 * (kappa + D) * spacing + last_rounding;
        CAPTURE(K);
        CAPTURE(D);
        CAPTURE(flatness);
        CHECK(result.value == cayley_menger<K, T>::squared_volume(points));
        std::array<long double, std::size_t{K + 1}> error{};
        long double longest = 0;
        for (std::size_t i = 0; i <= K; ++i) {
            long double length = 0;
            for (std::size_t j = 0; j < D; ++j) {
                const auto truth = static_cast<long double>(exact.gradient[i][j]);
                length = std::hypot(length, truth);
                error[i] = std::hypot(error[i],
                                      static_cast<long double>(rational(result.gradient[i][j]) - exact.gradient[i][j]));
            }
            longest = std::fmax(longest, length);
        }
        if (longest < 0x1p24L * std::numeric_limits<T>::min()) continue;  // float cannot hold the result
        for (const long double e : error) CHECK(e <= bound * longest);
    }
}

TEST_CASE_TEMPLATE("gradients keep the bound 2(κ + D)ε of the longest", T, float, double, long double) {
    for (const double flatness : {1.0, 1e-3, 1e-5}) {
        check_bound<T, 1, 3>(3, flatness);
        check_bound<T, 2, 2>(5, flatness);
        check_bound<T, 3, 5>(3, flatness);
        check_bound<T, 4, 4>(2, flatness);
    }
    check_bound<T, 6, 7>(1, 1);
    check_bound<T, 4, 40>(1, 1);
    check_bound<T, 4, 5>(2, 1, 1e3);
}

TEST_CASE("order 12 has a gradient too: at a right corner it is 2/(K!)² along each axis") {
    point_array<double, 13, 12> corner{};
    for (std::size_t i = 0; i < 12; ++i) corner[i + 1][i] = 1;
    const auto result = cayley_menger<12, double>::squared_volume_with_gradient(corner);
    const double expected = 2 / (479001600.0 * 479001600.0);
    for (std::size_t i = 0; i < 12; ++i) {
        for (std::size_t j = 0; j < 12; ++j)
            CHECK(result.gradient[i + 1][j] == doctest::Approx(i == j ? expected : 0).epsilon(1e-14).scale(expected));
        CHECK(result.gradient[0][i] == doctest::Approx(-expected).epsilon(1e-14).scale(expected));
    }
}

TEST_CASE("flat simplices have a zero gradient") {
    point_array<double, 5, 4> points{};
    for (std::size_t i = 0; i < 4; ++i) points[i + 1][i] = 1;
    points[4] = points[3];
    for (const auto& row : cayley_menger<4, double>::squared_volume_with_gradient(points).gradient)
        for (const double x : row) CHECK(x == 0);

    std::mt19937_64 engine(5);
    for (int trial = 0; trial < 50; ++trial) {  // in space: noise
        const auto five = geolip_test::random_simplex<double, 5, 3>(engine);
        for (const auto& row : cayley_menger<4, double>::squared_volume_with_gradient(five).gradient)
            for (const double x : row) CHECK(std::fabs(x) < 1e-12);
    }
}

TEST_CASE("with a dimension known at run time the gradient goes to the caller's matrix") {
    std::mt19937_64 engine(6);
    const auto points = geolip_test::random_simplex<double, 5, 9>(engine);
    const auto expected = cayley_menger<4, double>::squared_volume_with_gradient(points);

    std::vector<double> rows, gradient(5 * 9, -1.0), columns(5 * 9, -1.0);
    for (const auto& point : points) rows.insert(rows.end(), point.begin(), point.end());
    const geolip::matrix_view<const double> view(rows.data(), 5, 9);
    CHECK(cayley_menger<4, double>::squared_volume_with_gradient(view, {gradient.data(), 9}) == expected.value);
    CHECK(cayley_menger<4, double>::squared_volume_with_gradient(
              {rows.data(), 9}, geolip::matrix_view(columns.data(), 5, 9, 1, 5)) == expected.value);
    for (std::size_t i = 0; i < 5; ++i) {
        for (std::size_t j = 0; j < 9; ++j) {
            CHECK(gradient[i * 9 + j] == expected.gradient[i][j]);
            CHECK(columns[j * 5 + i] == expected.gradient[i][j]);
        }
    }
}

TEST_CASE("volumes grow along the gradient as it says") {
    std::mt19937_64 engine(8);
    for (int trial = 0; trial < 10; ++trial) {
        const auto points = geolip_test::random_simplex<double, 5, 8>(engine);
        const auto result = cayley_menger<4, double>::squared_volume_with_gradient(points);
        const double h = 1e-5;
        for (std::size_t i = 0; i < 5; ++i) {
            auto up = points;
            auto down = points;
            up[i][3] += h;
            down[i][3] -= h;
            const double slope =
                (cayley_menger<4, double>::squared_volume(up) - cayley_menger<4, double>::squared_volume(down)) /
                (2 * h);
            CHECK(result.gradient[i][3] == doctest::Approx(slope).epsilon(1e-8).scale(result.value));
        }
    }
}

}  // namespace
