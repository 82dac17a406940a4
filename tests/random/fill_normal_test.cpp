// Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT
#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <vector>

#include "geolip/random/fill.hpp"
#include "support/levels.hpp"
#include "support/statistics.hpp"

using geolip::fill_normal;
using geolip::isa;
using geolip::random_stream;
using geolip_test::available_levels;

namespace {

constexpr random_stream stream{42, 0xabcdef0123456789u};
constexpr double two_pi = 6.28318530717958647692;

std::uint32_t word(std::uint64_t group, std::size_t block, std::size_t w) {
    return geolip::philox4x32::at(stream, 16 * group + block)[w];
}

// Box and Muller's formula on the same words, by the C library in long double. In single precision the uniform number
// is rounded before the logarithm, which is part of the definition.
double reference(float, std::uint64_t draw) {
    const std::size_t place = draw % 64, pair = place / 32;
    const std::uint32_t first = word(draw / 64, place % 16, 2 * pair),
                        second = word(draw / 64, place % 16, 2 * pair + 1);
    const float uniform = static_cast<float>(first >> 1) * 2 + 1;
    const double radius = std::sqrt(-2 * std::log(static_cast<double>(uniform) * 0x1p-32));
    const double angle = two_pi * (second * 0x1p-32);
    return radius * (place % 32 < 16 ? std::sin(angle) : std::cos(angle));
}
double reference(double, std::uint64_t draw) {
    const std::size_t place = draw % 32, b = place % 16;
    const std::uint64_t group = draw / 32;
    const std::uint64_t first = word(group, b, 0) | (std::uint64_t{word(group, b, 1)} << 32);
    const std::uint64_t second = word(group, b, 2) | (std::uint64_t{word(group, b, 3)} << 32);
    const long double uniform = (static_cast<long double>(first >> 12) + 0.5L) * 0x1p-52L;
    const long double angle = 6.28318530717958647692528676655900577L * (static_cast<long double>(second) * 0x1p-64L);
    const long double radius = std::sqrt(-2 * std::log(uniform));
    return static_cast<double>(radius * (place < 16 ? std::sin(angle) : std::cos(angle)));
}

template <class T>
constexpr double bound = sizeof(T) == 4 ? 2e-6 : 1e-14;  // documented

}  // namespace

TEST_CASE_TEMPLATE("normals are Box and Muller's, at every level", T, float, double) {
    std::vector<T> x(1 << 16);
    for (const isa level : available_levels()) {
        for (const std::uint64_t first : {std::uint64_t{0}, (std::uint64_t{1} << 34) - 999}) {
            fill_normal(x, stream, first, level);
            double worst = 0;
            for (std::size_t i = 0; i < x.size(); ++i)
                worst = std::max(worst, std::fabs(static_cast<double>(x[i]) - reference(T(), first + i)));
            CAPTURE(geolip::isa_name(level));
            CHECK(worst < bound<T>);
        }
    }
}

TEST_CASE_TEMPLATE("levels agree to the documented bound", T, float, double) {
    std::vector<T> x(1 << 22), y(x.size());
    fill_normal(x, stream, 0, isa::baseline);
    for (const isa level : available_levels()) {
        fill_normal(y, stream, 0, level);
        double worst = 0;
        for (std::size_t i = 0; i < x.size(); ++i)
            worst = std::max(worst, std::fabs(static_cast<double>(x[i]) - static_cast<double>(y[i])));
        CAPTURE(geolip::isa_name(level));
        CHECK(worst <= bound<T>);
    }
}

TEST_CASE_TEMPLATE("moments, tails and distribution are the normal law's", T, float, double) {
    const std::size_t n = std::size_t{1} << 23;
    const double count = static_cast<double>(n);
    std::vector<T> x(n);
    fill_normal(x, {2026, 1});
    std::array<double, 7> moment{};
    std::array<double, 4> beyond{};
    double largest = 0;
    for (const T draw : x) {
        const double v = static_cast<double>(draw);
        double power = 1;
        for (double& m : moment) {
            m += power;
            power *= v;
        }
        for (std::size_t s = 2; s < 6; ++s) beyond[s - 2] += std::fabs(v) > static_cast<double>(s) ? 1 : 0;
        largest = std::max(largest, std::fabs(v));
    }
    for (double& m : moment) m /= count;
    // Moments 0, 1, 0, 3, 0, 15; the variance of x^k is E x^2k - (E x^k)^2.
    const double expected[] = {1, 0, 1, 0, 3, 0, 15};
    const double variance[] = {0, 1, 2, 15, 96, 945, 10395 - 225};
    for (std::size_t k = 1; k <= 6; ++k) {
        CAPTURE(k);
        CHECK(std::fabs(moment[k] - expected[k]) < 4 * std::sqrt(variance[k] / count));
    }
    for (std::size_t s = 2; s < 6; ++s) {
        const double mean = count * std::erfc(static_cast<double>(s) / std::sqrt(2.0));
        CAPTURE(s);
        CHECK(std::fabs(beyond[s - 2] - mean) < 4 * std::sqrt(mean) + 1);  // Poisson
    }
    CHECK(largest > 5);  // expected maximum of 8.4e6 draws: 5.3
    CHECK(largest < (sizeof(T) == 4 ? 6.67 : 8.58));
    x.resize(1 << 20);
    CHECK(geolip_test::kolmogorov(x, geolip_test::normal_cdf) < 1.95);
}

TEST_CASE_TEMPLATE("draws are uncorrelated along a stream, and with other streams and seeds", T, float, double) {
    const std::size_t n = std::size_t{1} << 20;
    std::vector<T> x(n), other(n);
    fill_normal(x, {5, 5});
    const auto correlation = [&](const std::vector<T>& y, std::size_t lag, bool squares) {
        double sum = 0;
        for (std::size_t i = 0; i < n; ++i) {
            const double a = static_cast<double>(x[i]), b = static_cast<double>(y[(i + lag) % n]);
            sum += squares ? (a * a - 1) * (b * b - 1) / 2 : a * b;
        }
        return sum / std::sqrt(static_cast<double>(n));  // sd 1
    };
    // Sine and cosine of one pair lie 16 (float: 16) apart; their squares share a radius, so look at those too.
    for (const std::size_t lag : {1u, 2u, 4u, 8u, 15u, 16u, 32u, 48u, 64u, 128u, 1024u}) {
        CAPTURE(lag);
        CHECK(std::fabs(correlation(x, lag, false)) < 4);
        CHECK(std::fabs(correlation(x, lag, true)) < 4);
    }
    for (const random_stream s :
         {random_stream{5, 6}, random_stream{6, 5}, random_stream{5, 5 | std::uint64_t{1} << 56}}) {
        fill_normal(other, s);
        CHECK(std::fabs(correlation(other, 0, false)) < 4);
        CHECK(std::fabs(correlation(other, 0, true)) < 4);
    }
}

TEST_CASE("sums of many draws, as volumes use them: the squared norm of a row has the chi-squared law") {
    constexpr std::size_t dimension = 24, rows = 1 << 15;
    std::vector<float> x(dimension * rows);
    fill_normal(x, {77, 0});
    std::vector<double> norm(rows);
    for (std::size_t r = 0; r < rows; ++r) {
        double sum = 0;
        for (std::size_t c = 0; c < dimension; ++c) sum += std::pow(static_cast<double>(x[r * dimension + c]), 2);
        norm[r] = std::sqrt(sum);
    }
    CHECK(geolip_test::kolmogorov(norm, [](double v) { return geolip_test::chi_cdf(24, v); }) < 1.95);
}
