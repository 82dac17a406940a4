// Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT
// Closed forms, the kinds of input, constant evaluation, and ranges. Accuracy and gradients have files of their own.
#include "geolip/simplex/cayley_menger.hpp"

#include <doctest/doctest.h>

#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "geolip/simplex/lanes.hpp"
#include "support/rational.hpp"
#include "support/simplices.hpp"

using geolip::cayley_menger;
using geolip_test::point_array;
using geolip_test::rational;

template class geolip::cayley_menger<4, float>;
template class geolip::cayley_menger<4, double>;
template class geolip::cayley_menger<4, long double>;
template class geolip::cayley_menger<4, rational>;
template class geolip::cayley_menger<4, geolip::lanes<float, 8>>;
template class geolip::cayley_menger<4, geolip::lanes<double, 8>>;
template class geolip::cayley_menger<12, double>;

namespace {

/// The origin and the unit vectors: volume 1/K!.
template <std::size_t K, class T = double>
constexpr auto right_corner() {
    point_array<T, K + 1, K> points{};
    for (auto& point : points)
        for (T& x : point) x = T(0);
    for (std::size_t i = 0; i < K; ++i) points[i + 1][i] = T(1);
    return points;
}

constexpr double factorial(int k) { return k == 0 ? 1 : k * factorial(k - 1); }

// Known at compile time, for both compilers, up to the highest order tested.
static_assert(cayley_menger<1, double>::squared_volume({{{0, 0}, {3, 4}}}) == 25);
static_assert(cayley_menger<2, double>::squared_volume({{{0, 0}, {1, 0}, {0, 1}}}) == 0.25);
static_assert(cayley_menger<3, double>::squared_volume(right_corner<3>()) == 1.0 / 36);
static_assert(cayley_menger<3, float>::squared_volume(right_corner<3, float>()) == 1.0f / 36);
static_assert(cayley_menger<3, double>::squared_volume_determinant(right_corner<3>()) == 1.0 / 36);
static_assert(cayley_menger<2, double>::squared_volume_from_distances({1.0, 1.0, 1.0}) == 3.0 / 16);
static_assert(cayley_menger<3, double>::squared_volume_with_gradient(right_corner<3>()).gradient[1][0] == 2.0 / 36);
constexpr auto twelve = cayley_menger<12, double>::squared_volume_with_gradient(right_corner<12>());
constexpr auto twelve_bordered = cayley_menger<12, double>::squared_volume_determinant(right_corner<12>());
static_assert(
    cayley_menger<2, geolip::lanes<double, 2>>::squared_volume(right_corner<2, geolip::lanes<double, 2>>())[1] == 0.25);

// What is no field is refused by name, without an error inside.
template <class T>
constexpr bool accepted = requires { typename cayley_menger<4, T>; };
static_assert(accepted<double> && accepted<rational> && accepted<geolip::lanes<float, 4>>);
static_assert(!accepted<std::string> && !accepted<double*> && !accepted<std::vector<double>>);
template <class T>
constexpr bool has_volume = requires(const point_array<T, 5, 4>& points) { cayley_menger<4, T>::volume(points); };
static_assert(has_volume<float> && has_volume<long double>);
static_assert(!has_volume<rational> && !has_volume<geolip::lanes<double, 4>>);

template <std::size_t K>
void check_closed_forms() {
    CAPTURE(K);
    constexpr int k = static_cast<int>(K);
    using kernel = cayley_menger<k, double>;
    const double tolerance = 2.0 * (4 * K + K) * std::numeric_limits<double>::epsilon();
    const double inverse = 1 / (factorial(k) * factorial(k));

    const auto corner = right_corner<K>();
    CHECK(kernel::squared_volume(corner) == doctest::Approx(inverse).epsilon(tolerance));
    CHECK(kernel::squared_volume_determinant(corner) == doctest::Approx(inverse).epsilon(20 * tolerance));
    CHECK(kernel::volume(corner) == doctest::Approx(1 / factorial(k)).epsilon(tolerance));
    CHECK(kernel::log_volume(corner) == doctest::Approx(-std::log(factorial(k))).epsilon(tolerance));

    // Regular, edge √2: the K + 1 unit vectors of R^(K+1). V² = (K + 1)/(K!)².
    point_array<double, K + 1, K + 1> regular{};
    for (std::size_t i = 0; i <= K; ++i) regular[i][i] = 1;
    CHECK(kernel::squared_volume(regular) == doctest::Approx((k + 1) * inverse).epsilon(tolerance));
    std::array<double, K*(K + 1) / 2> distances{};
    distances.fill(2);
    CHECK(kernel::squared_volume_from_distances(distances) ==
          doctest::Approx((k + 1) * inverse).epsilon(tolerance * K));
}

TEST_CASE("right-corner and regular simplices of every order have their closed-form volumes") {
    [&]<std::size_t... I>(std::index_sequence<I...>) {
        (check_closed_forms<I + 1>(), ...);
    }(std::make_index_sequence<12>());
    const double scale = factorial(12) * factorial(12);
    CHECK(twelve.value * scale == doctest::Approx(1).epsilon(1e-14));
    CHECK(twelve_bordered * scale == doctest::Approx(1).epsilon(1e-12));
}

TEST_CASE("triangles agree with Heron's formula") {
    for (const auto& [a, b, c] : {std::array{3.0, 4.0, 5.0}, {13.0, 14.0, 15.0}, {2.0, 2.0, 3.9}}) {
        const double s = (a + b + c) / 2;
        const double area = s * (s - a) * (s - b) * (s - c);
        const std::array<double, 3> squared{a * a, b * b, c * c};
        CHECK(cayley_menger<2, double>::squared_volume_from_distances(squared) == doctest::Approx(area).epsilon(1e-13));
    }
}

TEST_CASE("distances: matrix and list agree, order is by rows, impossible distances give a negative square") {
    // A 3-4-5 triangle with an apex at height 2 above the right angle: V = 3·4·2/6.
    const point_array<double, 4, 3> points{{{0, 0, 0}, {3, 0, 0}, {0, 4, 0}, {0, 0, 2}}};
    const std::array<double, 6> list{9, 16, 4, 25, 13, 20};
    point_array<double, 4, 4> matrix{{{0, 9, 16, 4}, {9, 0, 25, 13}, {16, 25, 0, 20}, {4, 13, 20, 0}}};
    CHECK(cayley_menger<3, double>::squared_volume_from_distances(list) == doctest::Approx(16).epsilon(1e-14));
    CHECK(cayley_menger<3, double>::squared_volume_from_distances(matrix) ==
          cayley_menger<3, double>::squared_volume_from_distances(list));
    CHECK(cayley_menger<3, double>::squared_volume(points) == doctest::Approx(16).epsilon(1e-14));
    CHECK(cayley_menger<2, double>::squared_volume_from_distances({1.0, 1.0, 9.0}) == doctest::Approx(-45.0 / 16));
    CHECK(cayley_menger<2, double>::squared_volume_from_distances({0.0, 1.0, 4.0}) == doctest::Approx(-9.0 / 16));
    CHECK(cayley_menger<2, rational>::squared_volume_from_distances({rational(1), rational(1), rational(9)}) ==
          rational(-45) / rational(16));
}

TEST_CASE("every kind of input reads the same points") {
    std::mt19937_64 engine(1);
    const auto points = geolip_test::random_simplex<double, 5, 7>(engine);
    using kernel = cayley_menger<4, double>;
    const double expected = kernel::squared_volume(points);
    CHECK(expected > 0);

    double c_array[5][7];
    std::vector<double> packed, padded(5 * 10, -1.0), columns(5 * 7), backwards(5 * 7);
    std::vector<std::array<double, 7>> rows;
    for (std::size_t i = 0; i < 5; ++i) {
        rows.push_back(points[i]);
        for (std::size_t j = 0; j < 7; ++j) {
            c_array[i][j] = points[i][j];
            packed.push_back(points[i][j]);
            padded[i * 10 + j] = points[i][j];
            columns[j * 5 + i] = points[i][j];
            backwards[(4 - i) * 7 + j] = points[i][j];
        }
    }
    CHECK(kernel::squared_volume(c_array) == expected);
    CHECK(kernel::squared_volume(rows) == expected);
    CHECK(kernel::squared_volume({packed.data(), 7}) == expected);
    CHECK(kernel::squared_volume({padded.data(), 7, 10}) == expected);
    CHECK(kernel::squared_volume({columns.data(), 7, 1, 5}) == expected);
    CHECK(kernel::squared_volume(geolip::matrix_view(packed.data(), 5, 7)) == expected);
    CHECK(kernel::squared_volume(geolip::matrix_view<const double>(columns.data(), 5, 7, 1, 5)) == expected);
    CHECK(kernel::squared_volume(geolip::matrix_view(&backwards[4 * 7], 5, 7, -7)) == expected);

    // Chosen rows of a larger matrix; and of a matrix with rows to spare, the first five.
    std::vector<double> pool(9 * 7, 100.0);
    const std::array<std::uint32_t, 5> where{8, 2, 5, 0, 3};
    for (std::size_t i = 0; i < 5; ++i)
        for (std::size_t j = 0; j < 7; ++j) pool[where[i] * 7 + j] = points[i][j];
    CHECK(kernel::squared_volume({geolip::matrix_view(pool.data(), 9, 7), where.data()}) == expected);
    packed.resize(8 * 7, 42.0);
    CHECK(kernel::squared_volume(geolip::matrix_view(packed.data(), 8, 7)) == expected);
}

TEST_CASE("translation, order of the points and scaling") {
    std::mt19937_64 engine(2);
    // Multiples of 2^-20: moving, permuting and doubling them is exact.
    auto points = geolip_test::random_simplex<double, 5, 6>(engine);
    for (auto& point : points)
        for (double& x : point) x = std::ldexp(std::round(std::ldexp(x, 20)), -20);
    using kernel = cayley_menger<4, double>;
    const double expected = kernel::squared_volume(points);
    const double bound = static_cast<double>(geolip_test::edge_condition(points) + 6) * 2 * 0x1p-52;

    auto moved = points;
    auto doubled = points;
    for (auto& point : moved)
        for (double& x : point) x += 1024;
    for (auto& point : doubled)
        for (double& x : point) x *= 2;
    CHECK(kernel::squared_volume(moved) == expected);  // the same edges, bit for bit
    CHECK(kernel::squared_volume(doubled) == 256 * expected);
    auto permuted = points;
    std::swap(permuted[0], permuted[3]);
    std::swap(permuted[1], permuted[2]);
    const double other = static_cast<double>(geolip_test::edge_condition(permuted) + 6) * 2 * 0x1p-52;
    CHECK(std::fabs(kernel::squared_volume(permuted) / expected - 1) < bound + other);
}

TEST_CASE("flat simplices: exact zero where arithmetic is exact, noise that is never negative elsewhere") {
    using kernel = cayley_menger<4, double>;
    CHECK(kernel::squared_volume(point_array<double, 5, 4>{}) == 0);
    auto twice = right_corner<4>();
    twice[4] = twice[2];
    CHECK(kernel::squared_volume(twice) == 0);
    twice = right_corner<4>();
    twice[3] = twice[0];
    CHECK(kernel::squared_volume(twice) == 0);
    CHECK(kernel::volume(twice) == 0);
    CHECK(kernel::log_volume(twice) == -std::numeric_limits<double>::infinity());

    std::mt19937_64 engine(3);
    for (int trial = 0; trial < 200; ++trial) {
        const auto five_in_space = geolip_test::random_simplex<double, 5, 3>(engine);
        const double noise = kernel::squared_volume(five_in_space);
        CHECK(noise >= 0);
        CHECK(noise < 1e-28);
        point_array<rational, 5, 3> exact{};
        for (std::size_t i = 0; i < 5; ++i)
            for (std::size_t j = 0; j < 3; ++j) exact[i][j] = rational(five_in_space[i][j]);
        if (trial < 5) CHECK(cayley_menger<4, rational>::squared_volume(exact) == rational(0));
    }
}

TEST_CASE("coordinates that are not finite show in the result") {
    for (const double bad : {std::numeric_limits<double>::quiet_NaN(), std::numeric_limits<double>::infinity()}) {
        for (std::size_t i = 0; i < 4; ++i) {
            auto points = right_corner<3>();
            points[i][1] = bad;
            CHECK_FALSE(std::isfinite(cayley_menger<3, double>::squared_volume(points)));
            CHECK_FALSE(std::isfinite(cayley_menger<3, double>::squared_volume_determinant(points)));
            CHECK_FALSE(std::isfinite(cayley_menger<3, double>::log_volume(points)));
        }
    }
}

TEST_CASE_TEMPLATE("log_volume neither over- nor underflows", T, float, double, long double) {
    using kernel = cayley_menger<4, T>;
    const auto check = [](const auto& points, long double expected) {
        const long double error = std::fabs(static_cast<long double>(kernel::log_volume(points)) - expected);
        CHECK(error <= 4 * std::numeric_limits<T>::epsilon() * std::fmax(std::fabs(expected), 4.0L));
    };
    const int far = std::numeric_limits<T>::max_exponent - 2;
    const auto corner = right_corner<4, T>();
    const long double log_corner = -std::log(24.0L);
    for (const int exponent : {0, far, -far, far / 2, std::numeric_limits<T>::min_exponent - 4}) {
        auto points = corner;
        for (auto& point : points)
            for (T& x : point) x = std::ldexp(x, exponent);
        check(points, 4 * exponent * std::log(2.0L) + log_corner);
    }
    // Edges of very different lengths.
    auto points = corner;
    points[1][0] = std::ldexp(T(1), far);
    points[2][1] = std::ldexp(T(1), -far);
    check(points, log_corner);
    check(corner, std::log(static_cast<long double>(kernel::volume(corner))));
}

TEST_CASE("volume survives where its square would not") {
    auto points = right_corner<3>();
    for (auto& point : points)
        for (double& x : point) x *= 0x1p-300;
    CHECK(cayley_menger<3, double>::squared_volume(points) == 0);
    CHECK(cayley_menger<3, double>::volume(points) == doctest::Approx(std::ldexp(1.0 / 6, -900)).epsilon(1e-15));
}

}  // namespace
