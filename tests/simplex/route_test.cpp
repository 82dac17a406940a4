// Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT
#include "geolip/simplex/route.hpp"

#include <doctest/doctest.h>

#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <random>
#include <type_traits>
#include <vector>

#include "fixtures/bordered_volumes.hpp"
#include "geolip/simplex/cayley_menger.hpp"
#include "geolip/simplex/lanes.hpp"
#include "support/simplices.hpp"

using geolip::bordered_differences;
using geolip::bordered_expansion;
using geolip::edge_gram;
using geolip::volume_reading;

namespace {

constexpr std::array<std::uint32_t, 13> in_order{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12};

template <class Route, class T, std::size_t N, std::size_t D>
volume_reading read(const geolip_test::point_array<T, N, D>& points) {
    const auto view = geolip::as_matrix_view(points);
    return Route::template evaluate<static_cast<int>(N) - 1>(view, in_order.data());
}

// A route of a user's own.
struct twice_edge_gram {
    static constexpr const char* name = "twice";
    template <int K, class T>
    static volume_reading evaluate(geolip::matrix_view<const T> points, const std::uint32_t* rows) {
        return {2 * edge_gram::evaluate<K>(points, rows).squared_volume, 0};
    }
};
static_assert(geolip::volume_route<edge_gram> && geolip::volume_route<bordered_expansion> &&
              geolip::volume_route<bordered_differences> && geolip::volume_route<twice_edge_gram>);
static_assert(!geolip::volume_route<int> && !geolip::volume_route<volume_reading>);

template <int K>
void check_fixture(const fixtures::bordered_volume& expected) {
    if (expected.order != K) return;
    const auto dim = static_cast<std::size_t>(expected.dim);
    std::vector<float> points((K + 1) * dim);
    for (std::size_t i = 0; i <= K; ++i)
        for (std::size_t j = 0; j < dim; ++j)
            points[i * dim + j] =
                (static_cast<float>((i * 37 + j * 101 + i * i * j * 7 + i * j * j * 3) % 128) - 64) / 64;
    const geolip::matrix_view<const float> view(points.data(), K + 1, dim);
    CAPTURE(K);
    CAPTURE(dim);
    const double tolerance = 1e-5;  // of a well-conditioned determinant in 32 bits
    CHECK(bordered_expansion::evaluate<K>(view, in_order.data()).squared_volume ==
          doctest::Approx(expected.squared_volume).epsilon(tolerance));
    CHECK(bordered_differences::evaluate<K>(view, in_order.data()).squared_volume ==
          doctest::Approx(expected.squared_volume).epsilon(tolerance));
    CHECK(edge_gram::evaluate<K>(view, in_order.data()).squared_volume ==
          doctest::Approx(expected.squared_volume).epsilon(tolerance));
}

TEST_CASE("the documented estimator gives PyTorch's values") {
    for (const auto& expected : fixtures::bordered_volumes) {
        check_fixture<1>(expected);
        check_fixture<2>(expected);
        check_fixture<3>(expected);
        check_fixture<4>(expected);
        check_fixture<5>(expected);
        check_fixture<7>(expected);
    }
}

TEST_CASE("the documented expansion cancels for close points far from the origin; the others do not") {
    std::mt19937_64 engine(21);
    const auto points = geolip_test::random_simplex<float, 5, 16>(engine, 1, 4096);
    const double exact = static_cast<double>(geolip_test::exact_squared_volume(points));
    CHECK(read<edge_gram>(points).squared_volume == doctest::Approx(exact).epsilon(1e-12));
    CHECK(read<bordered_differences>(points).squared_volume == doctest::Approx(exact).epsilon(1e-11));
    CHECK(std::fabs(read<bordered_expansion>(points).squared_volume / exact - 1) > 0.1);
}

TEST_CASE("rows choose the points") {
    std::mt19937_64 engine(22);
    const auto points = geolip_test::random_simplex<double, 13, 6>(engine);
    const std::array<std::uint32_t, 5> rows{12, 0, 7, 3, 9};
    geolip_test::point_array<double, 5, 6> chosen{};
    for (std::size_t i = 0; i < 5; ++i) chosen[i] = points[rows[i]];
    const auto view = geolip::as_matrix_view(points);
    CHECK(edge_gram::evaluate<4>(view, rows.data()).squared_volume == read<edge_gram>(chosen).squared_volume);
    CHECK(bordered_expansion::evaluate<4>(view, rows.data()).squared_volume ==
          read<bordered_expansion>(chosen).squared_volume);
}

template <class T, int K, std::size_t D>
void check_edge_gram_bound(double flatness) {
    std::mt19937_64 engine(K);
    for (int trial = 0; trial < 5; ++trial) {
        const auto points = geolip_test::random_simplex<T, K + 1, D>(engine, flatness);
        const long double kappa = geolip_test::edge_condition(points);
        const long double bound = 4 * (kappa * kappa + D) * std::numeric_limits<double>::epsilon();
        if (bound > 0.01L) continue;
        const double value = read<edge_gram>(points).squared_volume;
        CHECK(geolip_test::relative_error(value, geolip_test::exact_squared_volume(points)) <= bound);
    }
}

TEST_CASE_TEMPLATE("edge_gram keeps the bound 4(κ² + D)ε", T, float, double) {
    for (const double flatness : {1.0, 1e-2, 1e-4}) {
        check_edge_gram_bound<T, 1, 3>(flatness);
        check_edge_gram_bound<T, 2, 2>(flatness);
        check_edge_gram_bound<T, 4, 4>(flatness);
        check_edge_gram_bound<T, 4, 20>(flatness);
        check_edge_gram_bound<T, 7, 9>(flatness);
    }
}

/// Fraction of random simplices whose volume `edge_gram` calls noise, after `change` has been applied to the points.
template <class T, int K, std::size_t D, class Change>
double noisy_fraction(double offset, Change change) {
    std::mt19937_64 engine(K * 100 + D);
    int noisy = 0;
    constexpr int count = 2000;
    for (int trial = 0; trial < count; ++trial) {
        auto points = geolip_test::random_simplex<T, K + 1, D>(engine, 1, offset);
        for (auto& point : points) change(point);
        const auto reading = read<edge_gram>(points);
        CHECK_FALSE(std::isnan(reading.relative_noise));
        noisy += reading.relative_noise >= 1;
    }
    return static_cast<double>(noisy) / count;
}

constexpr auto unchanged = [](const auto&) {};

constexpr auto layer_norm = [](auto& row) {
    using T = typename std::remove_reference_t<decltype(row)>::value_type;
    T mean = 0, variance = 0;
    for (const T x : row) mean += x / static_cast<T>(row.size());
    for (const T x : row) variance += (x - mean) * (x - mean) / static_cast<T>(row.size());
    for (T& x : row) x = (x - mean) / std::sqrt(variance + T(1e-5));
};

// Points of a plane through the origin, spanned by vectors with rounded coordinates.
constexpr auto on_a_hyperplane = [](auto& row) {
    using T = typename std::remove_reference_t<decltype(row)>::value_type;
    T sum = 0;
    for (std::size_t j = 0; j + 1 < row.size(); ++j) sum += row[j] / T(3 + j);
    row.back() = sum;
};

// Points of a three-dimensional flat of a space of many dimensions.
constexpr auto in_a_flat = [](auto& row) {
    using T = typename std::remove_reference_t<decltype(row)>::value_type;
    for (std::size_t j = 3; j < row.size(); ++j)
        row[j] = row[0] * std::cos(static_cast<T>(j)) + row[1] * std::sin(static_cast<T>(j)) +
                 row[2] * std::cos(static_cast<T>(j * j));
};

TEST_CASE_TEMPLATE("volumes that are rounding noise are called so", T, float, double) {
    CHECK(noisy_fraction<T, 4, 3>(0, unchanged) == 1);  // five points in space
    CHECK(noisy_fraction<T, 4, 2>(0, unchanged) == 1);
    CHECK(noisy_fraction<T, 4, 1>(0, unchanged) == 1);
    CHECK(noisy_fraction<T, 4, 3>(1000, unchanged) == 1);
    CHECK(noisy_fraction<T, 2, 1>(0, unchanged) == 1);
    CHECK(noisy_fraction<T, 7, 6>(0, unchanged) == 1);
    CHECK(noisy_fraction<T, 12, 11>(0, unchanged) == 1);
    CHECK(noisy_fraction<T, 4, 4>(0, layer_norm) > 0.99);
    CHECK(noisy_fraction<T, 7, 7>(0, layer_norm) > 0.99);
    CHECK(noisy_fraction<T, 4, 4>(0, on_a_hyperplane) > 0.99);
    CHECK(noisy_fraction<T, 4, 300>(0, in_a_flat) > 0.99);
}

TEST_CASE_TEMPLATE("volumes that mean something are not", T, float, double) {
    CHECK(noisy_fraction<T, 1, 1>(0, unchanged) == 0);
    CHECK(noisy_fraction<T, 4, 4>(0, unchanged) == 0);
    CHECK(noisy_fraction<T, 4, 64>(0, unchanged) == 0);
    CHECK(noisy_fraction<T, 4, 5>(0, layer_norm) == 0);
    CHECK(noisy_fraction<T, 12, 40>(0, unchanged) == 0);
    CHECK(noisy_fraction<T, 4, 64>(1000, unchanged) == 0);
    std::mt19937_64 engine(23);
    for (int trial = 0; trial < 200; ++trial)
        CHECK(read<edge_gram>(geolip_test::random_simplex<T, 5, 32>(engine)).relative_noise <
              100 * std::numeric_limits<T>::epsilon());
}

TEST_CASE("relative_noise bounds what rounding the coordinates does to a volume") {
    // Round random double simplices to float: V changes by at most the sum over the K heights.
    std::mt19937_64 engine(24);
    for (int trial = 0; trial < 300; ++trial) {
        const auto fine = geolip_test::random_simplex<double, 5, 6>(engine, 0.05, 3);
        geolip_test::point_array<float, 5, 6> coarse{};
        for (std::size_t i = 0; i < 5; ++i)
            for (std::size_t j = 0; j < 6; ++j) coarse[i][j] = static_cast<float>(fine[i][j]);
        const auto reading = read<edge_gram>(coarse);
        if (reading.relative_noise > 0.01) continue;
        const double exact = geolip::cayley_menger<4, double>::squared_volume(fine);
        CHECK(std::fabs(std::sqrt(reading.squared_volume / exact) - 1) < 4.1 * reading.relative_noise);
    }
}

TEST_CASE("noise does not depend on scale; flat simplices are infinitely noisy, and nothing is NaN") {
    std::mt19937_64 engine(25);
    auto points = geolip_test::random_simplex<float, 5, 8>(engine);
    const auto reading = read<edge_gram>(points);
    for (auto& point : points)
        for (float& x : point) x *= 0x1p-30f;
    const auto small = read<edge_gram>(points);
    CHECK(small.relative_noise == reading.relative_noise);
    CHECK(small.squared_volume == std::ldexp(reading.squared_volume, -240));

    points[3] = points[1];
    CHECK(read<edge_gram>(points).squared_volume == 0);
    CHECK(std::isinf(read<edge_gram>(points).relative_noise));
    CHECK(std::isinf(read<edge_gram>(geolip_test::point_array<float, 5, 8>{}).relative_noise));
    points[2][0] = std::numeric_limits<float>::quiet_NaN();
    CHECK_FALSE(std::isfinite(read<edge_gram>(points).squared_volume));
    CHECK_FALSE(std::isfinite(read<bordered_expansion>(points).squared_volume));
    CHECK_FALSE(std::isfinite(read<bordered_differences>(points).squared_volume));
}

TEST_CASE("finish works on a batch of lanes") {
    constexpr int lane_count = 4;
    using batch = geolip::lanes<double, lane_count>;
    std::mt19937_64 engine(26);
    auto gram = geolip::lower_triangle<4, batch>::zero();
    batch norm(0);
    std::array<volume_reading, lane_count> expected{};
    for (int l = 0; l < lane_count; ++l) {
        auto points = geolip_test::random_simplex<float, 5, 6>(engine);
        if (l == 2) points[4] = points[3];
        expected[static_cast<std::size_t>(l)] = read<edge_gram>(points);
        for (const auto& point : points) {
            double sum = 0;
            for (const float x : point) sum += static_cast<double>(x) * static_cast<double>(x);
            norm[l] = std::fmax(norm[l], sum);
        }
        for (int i = 0; i < 4; ++i)
            for (int j = 0; j <= i; ++j)
                for (std::size_t c = 0; c < 6; ++c)
                    gram(i, j)[l] += (static_cast<double>(points[static_cast<std::size_t>(i) + 1][c]) -
                                      static_cast<double>(points[0][c])) *
                                     (static_cast<double>(points[static_cast<std::size_t>(j) + 1][c]) -
                                      static_cast<double>(points[0][c]));
    }
    const auto finished = edge_gram::finish<float>(gram, norm);
    for (int l = 0; l < lane_count; ++l) {
        const auto& one = expected[static_cast<std::size_t>(l)];
        CHECK(finished.squared_volume[l] == doctest::Approx(one.squared_volume).epsilon(1e-10));
        if (l == 2)
            CHECK(std::isinf(finished.squared_noise[l]));
        else
            CHECK(std::sqrt(finished.squared_noise[l]) == doctest::Approx(one.relative_noise).epsilon(1e-10));
    }
}

}  // namespace
