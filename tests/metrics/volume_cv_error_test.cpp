// Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT
#include <doctest/doctest.h>

#include <cmath>
#include <vector>

#include "geolip/metrics/volume_cv.hpp"
#include "support/matrices.hpp"

using geolip::volume_cv;
using geolip_test::gaussian_rows;
using geolip_test::summary;

namespace {

struct shape {
    std::size_t rows, cols, samples;
};

struct spread {
    double seen;           // sd of the values
    double stated;         // root mean square of the standard errors
    double error_of_seen;  // of the first; values are near enough to normal
};

// Readings of `rows_of(repeat)` with the samples of stream `repeat`.
template <class Rows>
spread spread_of(std::size_t repeats, std::size_t samples, double geolip::volume_cv_estimate::* error, Rows rows_of) {
    volume_cv<4, float> metric;
    metric.samples = samples;
    metric.null_replicates = 0;
    typename volume_cv<4, float>::workspace memory;
    std::vector<double> value;
    double squares = 0;
    for (std::size_t r = 0; r < repeats; ++r) {
        metric.stream = r;
        const auto& m = rows_of(r);
        const auto got = metric(m.view(), memory);
        value.push_back(got.value.value());
        squares += std::pow(got.*error, 2);
    }
    const summary s(value);
    return {s.sd, std::sqrt(squares / static_cast<double>(repeats)), s.error_of_sd()};
}

}  // namespace

TEST_CASE("standard_error is the spread over sample sets of the same rows") {
    for (const shape& at : std::vector<shape>{{20, 10, 300}, {64, 8, 200}, {512, 24, 300}, {512, 256, 100}}) {
        const auto m = gaussian_rows<float>(at.rows, at.cols, at.rows + at.cols);
        const auto s = spread_of(1000, at.samples, &geolip::volume_cv_estimate::standard_error,
                                 [&](std::size_t) -> const auto& { return m; });
        CAPTURE(at.rows);
        CAPTURE(s.seen);
        CAPTURE(s.stated);
        // 1000 values give the sd to 2.2 %; the delta method neglects terms of relative order 1 / sqrt(samples).
        CHECK(std::fabs(s.stated - s.seen) < 4 * s.error_of_seen + 0.05 * s.seen);
    }
}

TEST_CASE("population_standard_error is the spread over independent rows") {
    for (const shape& at : std::vector<shape>{{10, 24, 300},
                                              {20, 10, 300},
                                              {20, 64, 300},
                                              {50, 10, 300},
                                              {100, 24, 300},
                                              {512, 24, 300},
                                              {4000, 24, 300}}) {
        geolip_test::matrix<float> m;
        const auto s = spread_of(
            1000, at.samples, &geolip::volume_cv_estimate::population_standard_error,
            [&](std::size_t r) -> const auto& { return m = gaussian_rows<float>(at.rows, at.cols, 1000 + r); });
        CAPTURE(at.rows);
        CAPTURE(s.seen);
        CAPTURE(s.stated);
        // 1000 values give the sd to 2.2 %; first order is good to a fifth from V = 2 (K + 1) on, better for many rows.
        CHECK(std::fabs(s.stated - s.seen) < 3 * s.error_of_seen + (at.rows < 100 ? 0.2 : 0.08) * s.seen);
    }
}

TEST_CASE("where no volume varies there is no error") {
    volume_cv<4, double> metric;
    const auto r = metric(gaussian_rows<double>(5, 9).view());
    CHECK(r.value == 0.0);
    CHECK(r.standard_error == 0);
    CHECK(r.population_standard_error == 0);
    CHECK(!r.equivalent_dimension);
    CHECK(!r.z_score());
    // Six rows are six simplices, each deleted row leaves one.
    const auto six = metric(gaussian_rows<double>(6, 9).view());
    CHECK(std::isfinite(six.population_standard_error));
    CHECK(six.population_standard_error > six.standard_error);
}
