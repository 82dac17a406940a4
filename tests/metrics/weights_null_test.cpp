// Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT
#include <doctest/doctest.h>

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

#include "geolip/metrics/neuron_importance.hpp"
#include "geolip/metrics/pairwise.hpp"
#include "geolip/metrics/position_bias.hpp"
#include "geolip/random/fill.hpp"
#include "support/matrices.hpp"

using geolip::matrix_view;
using geolip_test::normals;

TEST_CASE("Gaussian weights have dead units only where a unit has few of them") {
    const auto wide = geolip::neuron_importance_null(512, 64, true);
    CHECK(*wide.dead.value == 0);
    CHECK(*wide.weak.value == 0);
    // Width 1: |x y| < t E|x y| with E|x y| = 2 / pi; P(|x y| < c) by quadrature of 2 phi(x) (2 Phi(c / x) - 1).
    const auto probability = [](double c) {
        double p = 0;
        constexpr double h = 1e-4;
        for (double x = h / 2; x < 9; x += h)
            p += h * 2 * std::exp(-x * x / 2) / std::sqrt(2 * 3.14159265358979) * std::erf(c / x / std::sqrt(2));
        return p;
    };
    const auto narrow = geolip::neuron_importance_null(4000, 1, false, 64);
    for (const auto& [null, t] : {std::pair(narrow.dead, 0.01), std::pair(narrow.weak, 0.1)}) {
        const double p = probability(t * 2 / 3.14159265358979);
        CHECK(std::fabs(*null.value - p) < 5 * null.standard_error());
        CHECK(null.sd == doctest::Approx(std::sqrt(p * (1 - p) / 4000)).epsilon(0.3));
    }
}

TEST_CASE("the null of position biases is that of values in random order") {
    constexpr std::size_t buckets = 32, heads = 4000;
    std::vector<float> bias(buckets * heads);
    geolip::fill_normal(std::span(bias), {31, 9});
    const auto r = geolip::position_bias<float>({bias.data(), buckets, heads});
    const auto null = geolip::position_bias_null(buckets, heads);
    CHECK(std::fabs(static_cast<double>(r.local) - *null.local.value) < 4 * null.local.sd);
    CHECK(std::fabs(static_cast<double>(r.global) - *null.global.value) < 4 * null.global.sd);
    double falling = 0, falling_square = 0, square = 0;
    for (const auto& head : r.heads) {
        falling += head.falling / heads;
        falling_square += (head.falling - 0.5) * (head.falling - 0.5) / heads;
        square += *head.correlation * *head.correlation / heads;
    }
    CHECK(std::fabs(falling - *null.falling.value) < 4 * null.falling.sd / std::sqrt(double(heads)));
    CHECK(std::sqrt(falling_square) == doctest::Approx(null.falling.sd).epsilon(0.05));
    CHECK(std::sqrt(square) == doctest::Approx(null.correlation.sd).epsilon(0.05));
}

TEST_CASE("the nulls' standard deviations are those of repeated draws") {
    constexpr std::size_t rows = 40, dim = 6, draws = 600;
    double of_mean = 0, of_sd = 0, of_norms = 0;
    geolip::pairwise_reading last;
    for (std::size_t d = 0; d < draws; ++d) {
        const std::vector<float> x = normals<float>(rows * dim, 100 + d);
        const matrix_view<const float> m(x.data(), rows, dim);
        last = geolip::pairwise_cosines<float>(m);
        of_mean += *last.mean.z_score() * *last.mean.z_score() / draws;
        of_sd += *last.sd.z_score() * *last.sd.z_score() / draws;
        const double z = *geolip::row_norms<float>(m).mean.z_score();
        of_norms += z * z / draws;
    }
    // Means of 600 squares; heavier than normal tails widen the margin.
    CHECK(of_mean == doctest::Approx(1).epsilon(0.3));
    CHECK(of_sd == doctest::Approx(1).epsilon(0.3));
    CHECK(of_norms == doctest::Approx(1).epsilon(0.3));
}
