// Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT
#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>
#include <span>
#include <vector>

#include "geolip/metrics/layer_correlation.hpp"
#include "geolip/metrics/neuron_importance.hpp"
#include "geolip/metrics/position_bias.hpp"
#include "support/matrices.hpp"

using geolip::matrix_view;
using geolip::undefined_reason;
using geolip_test::normals;

TEST_CASE("importance is the product of norms, and planted dead and weak units are counted") {
    // 3 units, width 2: norms 5, 1, 2 up; 1, 2, 3 down; 2, 1, 10 through the gate.
    const std::vector<float> up{3, 4, 1, 0, 0, 2}, gate{0, 2, 1, 0, 6, 8};
    const std::vector<float> down{1, 0, 3, 0, 2, 0};
    const matrix_view<const float> u(up.data(), 3, 2), d(down.data(), 2, 3), g(gate.data(), 3, 2);
    CHECK(geolip::neuron_importance<float>(u, d).importance == std::vector<double>{5, 2, 6});
    const auto gated = geolip::neuron_importance<float>(u, d, g);
    CHECK(gated.importance == std::vector<double>{10, 2, 60});
    CHECK(gated.mean == 24);
    CHECK(gated.smallest == 2);
    CHECK(gated.largest == 60);
    CHECK(gated.dead == 0);
    CHECK(gated.weak == 1);

    constexpr std::size_t units = 200, width = 32;
    std::vector<double> in = normals<double>(units * width, 0, 31), out = normals<double>(units * width, 1, 31);
    for (const std::size_t dead : {7u, 90u, 199u})
        for (std::size_t j = 0; j < width; ++j) in[dead * width + j] *= 1e-3;
    for (std::size_t j = 0; j < width; ++j) out[j * units + 50] *= 0.05;
    const auto r = geolip::neuron_importance<double>({in.data(), units, width}, {out.data(), width, units});
    CHECK(r.units == units);
    CHECK(r.dead == 3);
    CHECK(r.weak == 4);
}

TEST_CASE("units that do not fit, and weights without a figure") {
    const std::vector<float> w(12, 1.0f), zero(12);
    const matrix_view<const float> m(w.data(), 4, 3);
    CHECK_THROWS_WITH_AS(geolip::neuron_importance<float>(m, m),
                         "neuron_importance: 4 units go up, 3 down; expected one number, the rows of up and gate and "
                         "the columns of down",
                         geolip::shape_error);
    CHECK_THROWS_AS(geolip::neuron_importance<float>(m, {w.data(), 3, 4}, {w.data(), 3, 4}), geolip::shape_error);
    CHECK(geolip::neuron_importance<float>({zero.data(), 4, 3}, {w.data(), 3, 4}).reason == undefined_reason::all_zero);
    CHECK(geolip::neuron_importance<float>({w.data(), 0, 3}, {w.data(), 3, 0}).reason == undefined_reason::no_elements);
    std::vector<float> bad = w;
    bad[5] = std::numeric_limits<float>::infinity();
    CHECK(geolip::neuron_importance<float>({bad.data(), 4, 3}, {w.data(), 3, 4}).reason == undefined_reason::nonfinite);
}

TEST_CASE("heads of a position bias: local, global, mixed; steps and correlation") {
    // 8 buckets, 4 heads: falling, rising, a peak in the middle, constant.
    std::vector<float> bias;
    for (int b = 0; b < 8; ++b)
        for (const float v : {7.0f - static_cast<float>(b), 2.0f * static_cast<float>(b), b == 4 ? 5.0f : 0.0f, 1.5f})
            bias.push_back(v);
    const auto r = geolip::position_bias<float>({bias.data(), 8, 4});
    REQUIRE(r.heads.size() == 4);
    using enum geolip::position_reach;
    CHECK(r.heads[0].reach == local);
    CHECK(r.heads[1].reach == global);
    CHECK(r.heads[2].reach == mixed);
    CHECK(r.heads[3].reach == local);  // the first of equal ones
    CHECK(r.local == 2);
    CHECK(r.global == 1);
    CHECK(r.mixed == 1);
    CHECK(*r.heads[0].correlation == doctest::Approx(-1));
    CHECK(*r.heads[1].correlation == doctest::Approx(1));
    CHECK(!r.heads[3].correlation);
    CHECK(r.heads[0].falling == 1);
    CHECK(r.heads[1].falling == 0);
    CHECK(r.heads[2].falling == 1);
    CHECK(r.heads[1].largest == 14);
    CHECK(r.heads[2].peak == 4);
    // numpy.corrcoef(range(8), [0, 0, 0, 0, 5, 0, 0, 0])[0, 1]
    CHECK(*r.heads[2].correlation == doctest::Approx(0.0824786098842323).epsilon(1e-12));
}

TEST_CASE("too few buckets, no heads, and what is not finite") {
    std::vector<float> bias(40, 1.0f);
    CHECK_THROWS_WITH_AS(geolip::position_bias<float>({bias.data(), 5, 8}),
                         "position_bias: 5 buckets; expected at least 6", geolip::shape_error);
    CHECK(geolip::position_bias<float>({bias.data(), 8, 0}).reason == undefined_reason::no_elements);
    bias[17] = std::numeric_limits<float>::quiet_NaN();
    const auto r = geolip::position_bias<float>({bias.data(), 8, 5});
    CHECK(r.reason == undefined_reason::nonfinite);
    CHECK(r.heads.empty());
}

TEST_CASE("cosines between layers, by hand and by chance") {
    const std::vector<double> a{1, 0, 2, 0, 0, 2}, b{0, 1, 2, 0, 0, -2}, zero(6);
    const auto view = [](const std::vector<double>& m) { return matrix_view<const double>(m.data(), 2, 3); };
    CHECK(*geolip::weight_cosine<double>(view(a), view(b)) == doctest::Approx(0));
    CHECK(*geolip::weight_cosine<double>(view(a), view(a)) == doctest::Approx(1));
    CHECK(!geolip::weight_cosine<double>(view(a), view(zero)));
    const std::vector<matrix_view<const double>> three{view(a), view(b), view(zero)};
    const auto r = geolip::layer_correlation<double>(three);
    CHECK(r.layers == 3);
    CHECK(r.cosines[0] == 1.0);
    CHECK(!r.cosines[2]);
    CHECK(*r.adjacent.value == doctest::Approx(0));

    constexpr std::size_t layers = 40, rows = 20, cols = 30;
    const std::vector<double> all = normals<double>(layers * rows * cols, 3, 31);
    std::vector<matrix_view<const double>> views;
    for (std::size_t i = 0; i < layers; ++i) views.emplace_back(all.data() + i * rows * cols, rows, cols);
    const auto chance = geolip::layer_correlation<double>(views);
    CHECK(std::fabs(*chance.adjacent.z_score()) < 4);
    double square = 0;
    for (std::size_t i = 0; i < layers; ++i)
        for (std::size_t j = 0; j < i; ++j) square += *chance.cosines[i * layers + j] * *chance.cosines[i * layers + j];
    CHECK(square / (layers * (layers - 1) / 2.0) == doctest::Approx(1.0 / (rows * cols)).epsilon(0.15));
    // Neighbours that share a tenth of their variance stand out.
    std::vector<double> shared = all;
    for (std::size_t i = 0; i < shared.size(); ++i) shared[i] += std::sqrt(1.0 / 9) * all[i % (rows * cols)];
    std::vector<matrix_view<const double>> others;
    for (std::size_t i = 1; i < layers; ++i) others.emplace_back(shared.data() + i * rows * cols, rows, cols);
    const auto found = geolip::layer_correlation<double>(others);
    CHECK(*found.adjacent.value == doctest::Approx(0.1).epsilon(0.25));
    CHECK(*found.adjacent.z_score() > 10);
}

TEST_CASE("layers of different shapes are refused, none and one have no neighbours") {
    const std::vector<double> w(12, 1.0);
    const std::vector<matrix_view<const double>> two{{w.data(), 3, 4}, {w.data(), 4, 3}};
    CHECK_THROWS_WITH_AS(geolip::layer_correlation<double>(two),
                         "weight_cosine: matrices of 3 x 4 and 4 x 3; expected one shape", geolip::shape_error);
    const auto one = geolip::layer_correlation<double>(std::span(two).first(1));
    CHECK(one.adjacent.reason == undefined_reason::no_elements);
    CHECK(geolip::layer_correlation<double>(std::span(two).first(0)).layers == 0);
}
