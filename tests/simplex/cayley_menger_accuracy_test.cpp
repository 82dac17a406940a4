// Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT
// The documented error bounds, against exact rational arithmetic.
#include <doctest/doctest.h>

#include <array>
#include <cmath>
#include <cstddef>
#include <limits>
#include <random>
#include <type_traits>

#include "geolip/simplex/cayley_menger.hpp"
#include "support/rational.hpp"
#include "support/simplices.hpp"

using geolip::cayley_menger;
using geolip_test::point_array;
using geolip_test::rational;
using geolip_test::relative_error;

namespace {

/// Spacing at one of the type computed in, and half that of the type returned where it is narrower.
template <class T>
constexpr long double spacing = std::numeric_limits<std::conditional_t<std::is_same_v<T, float>, double, T>>::epsilon();
template <class T>
constexpr long double last_rounding = std::is_same_v<T, float> ? 0x1p-24L : 0;

template <class T, std::size_t N, std::size_t D>
point_array<rational, N, D> exactly(const point_array<T, N, D>& points) {
    point_array<rational, N, D> result{};
    for (std::size_t i = 0; i < N; ++i)
        for (std::size_t j = 0; j < D; ++j) result[i][j] = rational(points[i][j]);
    return result;
}

struct trial {
    int order;
    std::size_t dim;
    double flatness;
    long double condition;
    rational exact;
};

// Not a template: doctest's assertions are long to compile.
void check_bounds(const trial& at, long double error, long double bound, long double bordered_error,
                  long double bordered_bound) {
    CAPTURE(at.order);
    CAPTURE(at.dim);
    CAPTURE(at.flatness);
    CAPTURE(at.condition);
    CHECK(bound < 0.01L);
    CHECK(error <= bound);
    if (bordered_bound < 0.01L) CHECK(bordered_error <= bordered_bound);
}

template <class T, int K, std::size_t D>
void check_bounds(int count, double flatness, double offset = 0) {
    std::mt19937_64 engine(K * 1000 + D);
    for (int i = 0; i < count; ++i) {
        const auto points = geolip_test::random_simplex<T, K + 1, D>(engine, flatness, offset);
        const trial at{K, D, flatness, geolip_test::edge_condition(points), geolip_test::exact_squared_volume(points)};
        if (at.exact < rational(std::numeric_limits<T>::min())) continue;  // float cannot hold the result
        check_bounds(at, relative_error(cayley_menger<K, T>::squared_volume(points), at.exact),
                     2 * (at.condition + D) * spacing<T> + last_rounding<T>,
                     relative_error(cayley_menger<K, T>::squared_volume_determinant(points), at.exact),
                     20 * (at.condition * at.condition + D) * spacing<T> + last_rounding<T>);
    }
}

TEST_CASE_TEMPLATE("volumes and their logarithms have half the error", T, float, double, long double) {
    std::mt19937_64 engine(9);
    for (const double flatness : {1.0, 1e-2, 1e-5}) {
        for (int trial = 0; trial < 5; ++trial) {
            const auto points = geolip_test::random_simplex<T, 5, 5>(engine, flatness);
            const rational exact = geolip_test::exact_squared_volume(points);
            const auto log_exact = std::log(static_cast<long double>(exact)) / 2;
            const long double bound = (geolip_test::edge_condition(points) + 5) * spacing<T> + last_rounding<T>;
            const auto volume = static_cast<long double>(cayley_menger<4, T>::volume(points));
            const auto log_volume = static_cast<long double>(cayley_menger<4, T>::log_volume(points));
            CHECK(relative_error(volume * volume, exact) <= 2.1L * bound);
            CHECK(std::fabs(log_volume - log_exact) <=
                  bound + std::fabs(log_exact) * std::numeric_limits<T>::epsilon());
        }
    }
}

TEST_CASE_TEMPLATE("squared volumes of random simplices keep the bound 2(κ + D)ε", T, float, double, long double) {
    check_bounds<T, 1, 3>(20, 1);
    check_bounds<T, 2, 2>(20, 1);
    check_bounds<T, 3, 5>(10, 1);
    check_bounds<T, 4, 4>(10, 1);
    check_bounds<T, 4, 100>(1, 1);
    check_bounds<T, 5, 9>(3, 1);
    check_bounds<T, 6, 6>(3, 1);
    check_bounds<T, 7, 8>(2, 1);
    check_bounds<T, 8, 8>(2, 1);
    check_bounds<T, 9, 12>(1, 1);
    check_bounds<T, 10, 10>(1, 1);
    check_bounds<T, 11, 16>(1, 1);
    check_bounds<T, 12, 12>(1, 1);
}

TEST_CASE_TEMPLATE("nearly flat simplices keep the bound", T, float, double, long double) {
    for (const double flatness : {1e-2, 1e-4, 1e-6}) {
        check_bounds<T, 2, 2>(10, flatness);
        check_bounds<T, 3, 5>(5, flatness);
        check_bounds<T, 4, 4>(5, flatness);
        check_bounds<T, 4, 32>(1, flatness);
        check_bounds<T, 8, 10>(1, flatness);
    }
    check_bounds<T, 12, 16>(1, 1e-2);
}

TEST_CASE_TEMPLATE("condition numbers up to 1e12", T, double, long double) {
    for (const double flatness : {1e-8, 1e-10}) {
        check_bounds<T, 2, 2>(10, flatness);
        check_bounds<T, 3, 5>(5, flatness);
        check_bounds<T, 4, 6>(3, flatness);
    }
}

TEST_CASE("distance from the origin costs nothing") {
    check_bounds<float, 4, 6>(5, 1, 1e4);
    check_bounds<double, 4, 4>(5, 1, 1e8);
    check_bounds<double, 4, 4>(5, 1e-3, 1e8);
    check_bounds<double, 8, 12>(1, 1e-2, 1e8);
    check_bounds<long double, 4, 6>(5, 1e-3, 1e8);
}

TEST_CASE("volumes from distances keep the bound 8κ²ε") {
    std::mt19937_64 engine(7);
    for (const double flatness : {1.0, 1e-3, 1e-5}) {
        for (int trial = 0; trial < 10; ++trial) {
            const auto points = geolip_test::random_simplex<double, 5, 4>(engine, flatness);
            const long double kappa = geolip_test::edge_condition(points);
            point_array<double, 5, 5> distances{};
            for (std::size_t i = 0; i < 5; ++i)
                for (std::size_t j = 0; j < 5; ++j)
                    for (std::size_t c = 0; c < 4; ++c)
                        distances[i][j] += (points[i][c] - points[j][c]) * (points[i][c] - points[j][c]);
            const rational exact = cayley_menger<4, rational>::squared_volume_from_distances(exactly(distances));
            const long double bound = 8 * kappa * kappa * spacing<double>;
            if (bound < 0.01L)
                CHECK(relative_error(cayley_menger<4, double>::squared_volume_from_distances(distances), exact) <=
                      bound);
        }
    }
}

template <int K, std::size_t D>
void check_exact() {
    std::mt19937_64 engine(K);
    const auto points = geolip_test::random_simplex<float, K + 1, D>(engine);
    const rational expected = geolip_test::exact_squared_volume(points);
    CHECK(cayley_menger<K, rational>::squared_volume(exactly(points)) == expected);
    CHECK(cayley_menger<K, rational>::squared_volume_determinant(exactly(points)) == expected);
}

TEST_CASE("rational arithmetic gives the exact volume by every route") {
    check_exact<1, 4>();
    check_exact<2, 2>();
    check_exact<3, 3>();
    check_exact<4, 6>();
    check_exact<5, 4>();  // flat: exactly zero
    check_exact<6, 7>();
}

TEST_CASE("a pivot of zero does not hide the rest") {
    // x_1 = x_0, so the first pivot is zero; and the second height vanishes while the first does not.
    point_array<rational, 4, 3> points{};
    for (auto& point : points) point.fill(rational(1));
    points[2][0] = rational(5);
    points[3][1] = rational(7);
    CHECK(cayley_menger<3, rational>::squared_volume(points) == rational(0));
    points[1] = {rational(9), rational(1), rational(1)};
    CHECK(cayley_menger<3, rational>::squared_volume(points) == rational(0));
    points[1] = {rational(1), rational(1), rational(3)};
    CHECK(cayley_menger<3, rational>::squared_volume(points) == rational(64));
}

}  // namespace
