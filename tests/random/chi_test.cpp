// Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT
#include "geolip/random/chi.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "support/levels.hpp"
#include "support/statistics.hpp"

using geolip::fill_chi;
using geolip::isa;
using geolip::random_stream;

namespace {

// E x^p of chi with nu degrees of freedom.
double chi_moment(double nu, double p) {
    return std::exp(p / 2 * std::log(2.0) + std::lgamma((nu + p) / 2) - std::lgamma(nu / 2));
}

void check_law(std::vector<double> draws, double nu) {
    CAPTURE(nu);
    const double n = static_cast<double>(draws.size());
    double sum = 0, squares = 0, cubes = 0;
    for (const double x : draws) {
        sum += x;
        squares += x * x;
        cubes += x * x * x;
    }
    // Four standard errors, all moments exact: var x, var x^2 = 2 nu, var x^3.
    const double mean = chi_moment(nu, 1);
    CHECK(std::fabs(sum / n - mean) < 4 * std::sqrt((nu - mean * mean) / n));
    CHECK(std::fabs(squares / n - nu) < 4 * std::sqrt(2 * nu / n));
    const double third = chi_moment(nu, 3);
    CHECK(std::fabs(cubes / n - third) < 4 * std::sqrt((chi_moment(nu, 6) - third * third) / n));
    draws.resize(std::min<std::size_t>(draws.size(), 1 << 15));
    CHECK(geolip_test::kolmogorov(draws, [nu](double x) { return geolip_test::chi_cdf(nu, x); }) < 1.95);
}

}  // namespace

TEST_CASE("the first draw has the chi law, whatever the freedom") {
    // Small freedoms, where approximations (Wilson and Hilferty's, say) would show within these errors.
    for (const std::uint32_t nu : {1u, 2u, 3u, 4u, 10u, 100u, 2048u}) {
        std::vector<double> draws(1 << 18);
        for (std::size_t i = 0; i < draws.size(); ++i) {
            float x;
            fill_chi({&x, 1}, nu, {11, i});
            draws[i] = static_cast<double>(x);
        }
        check_law(draws, nu);
    }
}

TEST_CASE("every draw of a falling sequence has the law of its own freedom, independent of the others") {
    constexpr std::uint32_t freedom = 12;
    constexpr std::size_t n = 1 << 17;
    std::vector<std::vector<double>> column(freedom, std::vector<double>(n));
    for (std::size_t i = 0; i < n; ++i) {
        float x[freedom];
        fill_chi(x, freedom, {12, i});
        for (std::size_t j = 0; j < freedom; ++j) column[j][i] = static_cast<double>(x[j]);
    }
    for (std::size_t j = 0; j < freedom; ++j) check_law(column[j], static_cast<double>(freedom - j));
    double product = 0;
    for (std::size_t j = 0; j + 1 < freedom; ++j) {
        const double a = chi_moment(static_cast<double>(freedom - j), 1),
                     b = chi_moment(static_cast<double>(freedom - j - 1), 1);
        product = 0;
        for (std::size_t i = 0; i < n; ++i) product += (column[j][i] - a) * (column[j + 1][i] - b);
        const double sd =
            std::sqrt((static_cast<double>(freedom - j) - a * a) * (static_cast<double>(freedom - j - 1) - b * b));
        CHECK(std::fabs(product) < 4 * sd * std::sqrt(static_cast<double>(n)));
    }
}

TEST_CASE("a long sequence: its squares add up, chunk after chunk") {
    // Sum of nu .. nu - 599 is the mean of the squares' sum; its variance is twice that.
    double total = 0;
    constexpr double mean = 600.0 * 2048 - 599.0 * 600 / 2;
    constexpr std::size_t repeats = 400;
    for (std::size_t r = 0; r < repeats; ++r) {
        std::vector<float> x(600);
        fill_chi(x, 2048, {13, r});
        for (const float v : x) total += static_cast<double>(v) * static_cast<double>(v);
    }
    CHECK(std::fabs(total / repeats - mean) < 4 * std::sqrt(2 * mean / repeats));
}

TEST_CASE("draws depend on their own index alone, and levels agree") {
    std::vector<float> whole(700);
    fill_chi(whole, 700, {14, 0}, isa::baseline);
    std::vector<float> shorter(333);
    fill_chi(shorter, 700, {14, 0}, isa::baseline);
    CHECK(std::equal(shorter.begin(), shorter.end(), whole.begin()));
    for (const isa level : geolip_test::available_levels()) {
        // A normal that differs in its last bits could turn an acceptance around; in so many draws it does not.
        float worst = 0;
        for (std::uint64_t s = 0; s < 200; ++s) {
            std::vector<float> x(700), y(700);
            fill_chi(x, 700, {15, s}, isa::baseline);
            fill_chi(y, 700, {15, s}, level);
            for (std::size_t i = 0; i < x.size(); ++i) worst = std::max(worst, std::fabs(x[i] - y[i]) / x[i]);
        }
        CHECK(worst <= 1e-5f);
    }
}
