// Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT
#include <doctest/doctest.h>

#include <cmath>
#include <cstddef>
#include <numbers>
#include <utility>

#include "geolip/metrics/validity.hpp"
#include "geolip/simplex/volume_law.hpp"
#include "support/band_facts.hpp"
#include "support/documented_bands.hpp"

using namespace examples;

TEST_CASE("areas of spheres") {
    using std::numbers::pi;
    CHECK(sphere_area(1) == 2);
    CHECK(sphere_area(2) == doctest::Approx(2 * pi).epsilon(1e-15));
    CHECK(sphere_area(3) == doctest::Approx(4 * pi).epsilon(1e-15));
    CHECK(sphere_area(4) == doctest::Approx(2 * pi * pi).epsilon(1e-15));
    // mpmath: 2 pi**(D/2) / gamma(D/2)
    CHECK(sphere_area(5) == doctest::Approx(26.318945069571623).epsilon(1e-14));
    CHECK(sphere_area(8) == doctest::Approx(32.469697011334146).epsilon(1e-14));
    CHECK(sphere_area(16) == doctest::Approx(3.7652900857422913).epsilon(1e-14));
    CHECK(sphere_area(25) == doctest::Approx(0.023943060220579322).epsilon(1e-14));
    CHECK(sphere_area(64) == doctest::Approx(1.9715334644909401e-18).epsilon(1e-13));
}

TEST_CASE("the document's areas: right in four dimensions only, and divided by 64 everywhere") {
    for (const documented_band& d : documented_bands) {
        const auto dim = static_cast<unsigned>(settings_of(d.band).dim);
        CHECK((std::fabs(sphere_area(dim) - d.area) < 0.005) == (dim == 4));
        CHECK(d.area / documented_points == doctest::Approx(d.area_per_point).epsilon(0.01));
    }
}

TEST_CASE("the law of the bands") {
    // mpmath, from the moments in Miles (1971)
    const std::pair<int, double> sphere[] = {
        {4, 0.923067773689032},   {5, 0.6252210939280004},  {7, 0.4148891234680384},  {8, 0.3624039408539809},
        {15, 0.2129313872458662}, {16, 0.2029673283238257}, {32, 0.1272420291875771}, {64, 0.08446510511624677}};
    for (const auto& [dim, cv] : sphere)
        CHECK(*geolip::coefficient_of_variation(geolip::sphere_law(), band_order, dim) ==
              doctest::Approx(cv).epsilon(1e-13));
}

TEST_CASE("products and parameters of a patch") {
    const auto cost = [](svae_band band) { return cost_of(settings_of(band)); };
    CHECK(cost(svae_band::low).linear_products == 245760);
    CHECK(cost(svae_band::mid).linear_products == 180224);
    CHECK(cost(svae_band::high).linear_products == 38912);
    CHECK(cost(svae_band::low).patches == 16);
    CHECK(cost(svae_band::high).patches == 256);
    CHECK(cost(svae_band::high).linear_products_of_image() == 9961472);
    CHECK(cost(svae_band::low).smoothing_products == 2 * 27 * 16 * 64 * 64);
    CHECK(cost(svae_band::low).parameters == 250211);
    CHECK(cost(svae_band::mid).parameters == 183339);
    CHECK(cost(svae_band::high).parameters == 40703);
    svae_settings large = settings_of(svae_band::low);
    large.rows = 256;
    large.hidden = 768;
    large.depth = 4;
    large.attention_layers = 2;
    CHECK(cost_of(large).parameters == 16942419);
    for (const documented_band& d : documented_bands) {
        CHECK(std::lround(static_cast<double>(cost(d.band).parameters) / 1000) * 1000 ==
              static_cast<long>(d.parameters));
        const auto steps = pipeline_of(settings_of(d.band));
        REQUIRE(steps.size() == d.step_parameters.size());
        for (std::size_t i = 0; i + 1 < steps.size(); ++i) CHECK(steps[i].products == d.step_parameters[i]);
        const pipeline_step& last = steps.back();
        CHECK(d.step_parameters.back() == last.products + (last.out == 48 ? last.biases : last.biases / 2));
    }
}

TEST_CASE("the estimator on random rows is that of NumPy in distribution") {
    // 4000 pools each: numpy.random.default_rng(1), bordered determinants by numpy.linalg.det, in double.
    const auto agrees = [](const pool_readings& ours, double mean, double sd) {
        CAPTURE(*ours.cv.mean());
        CHECK(ours.cv.count() == ours.pools);
        CHECK(std::fabs(*ours.cv.mean() - mean) < 4 * std::hypot(*ours.cv.standard_error(), sd / std::sqrt(4000.0)));
        CHECK(*ours.cv.sd() == doctest::Approx(sd).epsilon(0.15));
    };
    constexpr std::size_t pools = 400;
    using namespace geolip::nn;
    agrees(read_pools<sphere_rows, float>({64, 16}, pools, 7), 0.20209, 0.01135);
    agrees(read_pools<sphere_rows, float>({64, 8}, pools, 7), 0.36236, 0.01974);
    agrees(read_pools<sphere_rows, float>({32, 4}, pools, 7), 0.91943, 0.06098);
    agrees(read_pools<unchanged_rows, float>({64, 16}, pools, 7), 0.37206, 0.03244);
    agrees(read_pools<unchanged_rows, float>({32, 4}, pools, 7), 1.20965, 0.14310);
    agrees(read_pools<layer_norm_rows, float>({64, 16}, pools, 7), 0.21220, 0.01168);
    agrees(read_pools<layer_norm_rows, float>({64, 8}, pools, 7), 0.41410, 0.02242);
    agrees(read_pools<layer_norm_rows, double>({64, 8}, pools, 7), 0.41410, 0.02242);
}

TEST_CASE("one common scale changes no CV") {
    using namespace geolip::nn;
    const pool_readings scaled = read_pools<scaled_rows, float>({64, 8}, 20, 3);
    const pool_readings unchanged = read_pools<unchanged_rows, float>({64, 8}, 20, 3);
    CHECK(*scaled.cv.mean() == doctest::Approx(*unchanged.cv.mean()).epsilon(1e-4));
    CHECK(*scaled.volume.mean() < *unchanged.volume.mean() / 10);  // the mean norm is 2.7
}

TEST_CASE("LayerNorm rows in four dimensions have no 4-volume: what is measured is the scalar") {
    using geolip::documented_sweep, geolip::documented_terrain, geolip::scale_invariant;
    using geolip::nn::layer_norm_rows, geolip::nn::sphere_rows;
    const pool_shape shape{32, 4};
    constexpr std::size_t pools = 100;
    const pool_readings in_float = read_pools<layer_norm_rows, float>(shape, pools, 1);
    CHECK(in_float.cv.count() == pools);
    CHECK(*in_float.cv.mean() == doctest::Approx(0.72).epsilon(0.05));  // the document has 0.706
    CHECK(in_float.counted > 0.4);
    CHECK(in_float.counted < 0.6);
    const pool_readings in_double = read_pools<layer_norm_rows, double, documented_terrain>(shape, pools, 1);
    CHECK(*in_double.volume.mean() < 1e-3 * *in_float.volume.mean());
    const pool_readings strict_float = read_pools<layer_norm_rows, float, scale_invariant>(shape, pools, 1);
    const pool_readings strict_double = read_pools<layer_norm_rows, double, scale_invariant>(shape, pools, 1);
    for (const pool_readings* strict : {&strict_float, &strict_double}) {
        CHECK(strict->cv.count() == 0);
        CHECK(strict->reason == geolip::undefined_reason::rounding_noise);
    }
    const pool_readings sphere = read_pools<sphere_rows, float, scale_invariant>(shape, pools, 1);
    CHECK(sphere.counted > 0.99);
    CHECK(*sphere.volume.mean() > 50 * *in_float.volume.mean());
}

TEST_CASE("how far a documented figure lies from chance") {
    moments chance;
    for (const double cv : {0.19, 0.20, 0.21}) chance.add(cv);
    CHECK(*deviations(0.22, chance) == doctest::Approx(0.02 / (0.01 * std::sqrt(1 + 1.0 / 3))));
    CHECK(*deviations(0.22, chance, 5) == doctest::Approx(0.02 / (0.01 * std::sqrt(1.0 / 5 + 1.0 / 3))));
    CHECK_FALSE(deviations(0.22, moments()));
    // Upper 5 % points of chi-squared.
    CHECK(chi_squared_limit(1) == doctest::Approx(3.841).epsilon(0.03));
    CHECK(chi_squared_limit(12) == doctest::Approx(21.026).epsilon(0.002));
}

TEST_CASE("the documented figures fall into the bands they are named after") {
    for (const documented_band& d : documented_bands) {
        for (const double cv : {d.uniform_cv, d.attractor_cv, d.swept_cv, d.sphere_rows}) {
            CHECK(ablation_band(cv) == d.band);
            CHECK(triage_band(cv) == d.band);
        }
    }
}
