// Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT
#include <doctest/doctest.h>

#include <cmath>
#include <vector>

#include "fixtures/volume_cv.hpp"
#include "geolip/metrics/volume_cv.hpp"
#include "support/matrices.hpp"

using geolip::cpu;
using geolip::documented_sweep;
using geolip::documented_terrain;
using geolip::undefined_reason;
using geolip::volume_cv;
using geolip_test::matrix;

namespace {

template <class Policy, class T>
geolip::volume_statistics measure(const matrix<T>& m, std::size_t samples, std::uint64_t stream) {
    volume_cv<4, T, cpu, Policy> metric;
    metric.samples = samples;
    metric.seed = fixtures::volume_cv_seed;
    metric.stream = stream;
    typename decltype(metric)::workspace memory;
    return metric.statistics(m.view(), memory);
}

}  // namespace

TEST_CASE("documented_sweep is the documents' function, as PyTorch evaluates it") {
    for (const auto& known : fixtures::documented_cvs) {
        CAPTURE(known.stream);
        const auto m = geolip_test::plain_gaussian_rows<float>(known.rows, known.cols, known.stream, known.scale);
        const auto got = measure<documented_sweep>(m, known.samples, known.stream);
        CHECK(got.counts.valid == known.sweep_valid);
        CHECK(got.counts.drawn == known.samples);
        CHECK(got.cv.has_value() == (known.sweep >= 0));
        // Both round in single precision, in another order: the volumes differ by some 1e-6 of the largest one.
        if (got.cv) CHECK(*got.cv == doctest::Approx(known.sweep).epsilon(1e-5));
        if (!got.cv) CHECK(got.reason == undefined_reason::too_few_valid);
    }
}

TEST_CASE("documented_terrain is the documents' other function") {
    for (const auto& known : fixtures::documented_cvs) {
        CAPTURE(known.stream);
        const auto m = geolip_test::plain_gaussian_rows<float>(known.rows, known.cols, known.stream, known.scale);
        const auto got = measure<documented_terrain>(m, known.samples, known.stream);
        CHECK(got.counts.valid == known.terrain_valid);
        REQUIRE(got.cv);
        CHECK(*got.cv == doctest::Approx(known.terrain).epsilon(1e-11));
    }
}

TEST_CASE("documented_sweep is not scale-invariant: thresholds are absolute") {
    const auto large = geolip_test::plain_gaussian_rows<float>(64, 64, 108, 1);
    const auto small = geolip_test::plain_gaussian_rows<float>(64, 64, 108, 1e-3);
    const double shrink =
        *measure<documented_sweep>(large, 300, 108).cv / *measure<documented_sweep>(small, 300, 108).cv;
    // V is 1e-12 times as large, so the 1e-8 added to its mean dominates: the factor is 1 + 1e-8 / mean.
    const double mean = measure<documented_sweep>(small, 300, 108).mean;
    CHECK(shrink == doctest::Approx(1 + 1e-8 / mean).epsilon(1e-4));
    CHECK(shrink > 20);
    CHECK(shrink < 40);
}

TEST_CASE("repeated rows: counted, and the figure lies between that of all their volumes and of none") {
    const auto distinct = geolip_test::plain_gaussian_rows<float>(24, 16, 200);
    matrix<float> repeated{64, 16};
    for (std::size_t i = 0; i < 64; ++i)
        for (std::size_t j = 0; j < 16; ++j) repeated(i, j) = distinct(i % 24, j);
    const auto sweep = measure<documented_sweep>(repeated, 300, 200);
    CHECK(sweep.counts.duplicate == fixtures::repeating_simplices);
    REQUIRE(sweep.cv);
    CHECK(*sweep.cv > 0.999 * fixtures::repeated_low);
    CHECK(*sweep.cv < 1.001 * fixtures::repeated_high);
    // The library's own rule leaves exactly them out.
    const auto own = measure<geolip::scale_invariant>(repeated, 300, 200);
    CHECK(own.counts.valid == 300 - fixtures::repeating_simplices);
    CHECK(own.counts.zero + own.counts.noise == fixtures::repeating_simplices);
    REQUIRE(own.cv);
    CHECK(*own.cv == doctest::Approx(fixtures::repeated_low).epsilon(1e-5));
}

TEST_CASE("LayerNorm rows at D = 4: the documented figure is rounding noise, with the documented distribution") {
    std::vector<double> cv, share;
    for (std::uint64_t m = 0; m < 100; ++m) {
        auto rows = geolip_test::plain_gaussian_rows<float>(64, 4, 300 + m);
        geolip_test::layer_norm(rows);
        const auto sweep = measure<documented_sweep>(rows, 200, 300 + m);
        REQUIRE(sweep.cv);
        cv.push_back(*sweep.cv);
        share.push_back(static_cast<double>(sweep.counts.valid) / 200);
        const auto own = measure<geolip::scale_invariant>(rows, 200, 300 + m);
        CHECK(!own.cv);
        CHECK(own.reason == undefined_reason::rounding_noise);
    }
    const geolip_test::summary got_cv(cv), got_share(share);
    CAPTURE(got_cv.mean);
    CAPTURE(got_share.mean);
    // The noise depends on the order of additions, so only distributions can agree: .715 +- .066 and 46 % elsewhere.
    CHECK(std::fabs(got_cv.mean - fixtures::layer_norm_cv[0]) < 0.05);
    CHECK(got_cv.sd == doctest::Approx(fixtures::layer_norm_cv[1]).epsilon(0.35));
    CHECK(got_share.mean > 0.35);
    CHECK(got_share.mean < 0.60);
}
