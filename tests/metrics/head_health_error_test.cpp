// Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT
//
// How often chance is taken for something else. Seeds are fixed; limits are binomial.
#include <doctest/doctest.h>

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "geolip/metrics/head_health.hpp"
#include "support/matrices.hpp"

using geolip::health;
using geolip_test::gaussian_rows;
using geolip_test::matrix;

namespace {

using metric = geolip::head_health<float>;

/// Is a rate of `count` in `all` within `sds` standard deviations of a binomial one of probability p, or `allowance`
/// times it?
bool at_most(std::size_t count, std::size_t all, double p, double allowance = 1) {
    const double expected = allowance * p * static_cast<double>(all);
    return static_cast<double>(count) <= expected + 3.3 * std::sqrt(expected) + 1;
}

std::size_t one_if(bool condition) { return condition ? 1 : 0; }

struct scene {
    std::size_t rows, columns;
};

}  // namespace

TEST_CASE("Gaussian heads stand out from chance as rarely as the error bar says") {
    metric m;
    m.samples = 300;
    m.deviations = 2;
    metric::workspace memory;
    for (const auto& [rows, columns] : std::vector<scene>{{512, 64}, {196, 16}, {100, 32}, {20, 64}}) {
        CAPTURE(rows);
        CAPTURE(columns);
        std::size_t beyond_2 = 0, beyond_3 = 0, missed = 0, collapsed = 0;
        constexpr std::size_t repeats = 1000;
        for (std::uint64_t r = 0; r < repeats; ++r) {
            const auto a = m.activation(gaussian_rows<float>(rows, columns, 10000 + r).view(), r, memory);
            const double z = std::fabs(a.z_score().value());
            beyond_2 += one_if(z > 2);
            beyond_3 += one_if(z > 3);
            const double d = static_cast<double>(columns);
            missed += one_if(d < a.dimension.low || d > a.dimension.high);
            collapsed += one_if(a.state == health::collapsing);
        }
        CAPTURE(beyond_2);
        CAPTURE(beyond_3);
        CAPTURE(missed);
        // Readings are a little skewed, and the null's spread is known to 3 %.
        CHECK(at_most(beyond_2, repeats, 0.0455, 1.3));
        CHECK(at_most(beyond_3, repeats, 0.0027, 2));
        CHECK(at_most(missed, repeats, 0.0455, 1.3));
        CHECK(beyond_2 > 20);
        CHECK(collapsed == 0);
        CHECK(missed > 10);
    }
}

TEST_CASE("at a bound of the band, of the collapse, claims are as rare as the error bar says") {
    metric m;
    m.samples = 300;
    m.deviations = 2;
    metric::workspace memory;
    constexpr std::size_t repeats = 1000;
    // The bound where this estimator's mean is: 512 rows in 32 dimensions.
    const double mean = *m.activation(gaussian_rows<float>(512, 32).view(), 0, memory).distinct.null.value;
    std::size_t inside = 0, above = 0, below = 0, collapsed = 0;
    for (std::uint64_t r = 0; r < repeats; ++r) {
        const auto rows = gaussian_rows<float>(512, 32, 30000 + r);
        m.band_low = 0.01;
        m.band_high = mean;
        const health upper = m.activation(rows.view(), r, memory).state;
        inside += one_if(upper == health::in_band);
        above += one_if(upper == health::above_band);
        m.band_low = mean;
        m.band_high = 10;
        below += one_if(m.activation(rows.view(), r, memory).state == health::below_band);
        m.collapse_fraction = 1;
        collapsed += one_if(m.activation(rows.view(), r, memory).state == health::collapsing);
        m.collapse_fraction = 0.33;
    }
    for (const std::size_t claims : {inside, above, below, collapsed}) {
        CAPTURE(claims);
        CHECK(at_most(claims, repeats, 0.0228, 1.3));
    }
    for (const std::size_t claims : {inside, above, below}) CHECK(claims > 3);  // the bar is no longer than it need be
}

TEST_CASE("the ratio's error bar covers its spread, for independent queries and keys and for related ones") {
    metric m;
    m.samples = 300;
    m.null_replicates = 32;
    metric::workspace memory;
    for (const auto& [rows, columns] : std::vector<scene>{{512, 64}, {100, 16}}) {
        for (const float common : {0.0f, 1.0f}) {
            CAPTURE(rows);
            CAPTURE(common);
            std::vector<double> ratio;
            double squares = 0;
            std::size_t beyond_2 = 0;
            constexpr std::size_t repeats = 800;
            for (std::uint64_t r = 0; r < repeats; ++r) {
                auto q = gaussian_rows<float>(rows, columns, 50000 + 3 * r);
                auto k = gaussian_rows<float>(rows, columns, 50001 + 3 * r);
                const auto h = gaussian_rows<float>(rows, columns, 50002 + 3 * r);
                for (std::size_t i = 0; i < q.values.size(); ++i) {
                    q.values[i] += common * h.values[i];
                    k.values[i] += common * h.values[i];
                }
                m.stream = 3 * r;
                const auto e = m(q.view(), k.view(), q.view(), {}, memory).front().query_key_ratio;
                ratio.push_back(e.value.value());
                squares += e.standard_error * e.standard_error;
                beyond_2 += one_if(std::fabs(*e.value - 1) > 2 * e.standard_error);
            }
            const geolip_test::summary seen(ratio);
            const double stated = std::sqrt(squares / static_cast<double>(repeats));
            CAPTURE(seen.mean);
            CAPTURE(seen.sd);
            CAPTURE(stated);
            CAPTURE(beyond_2);
            // The mean of a ratio is above the ratio of means by the square of the relative error.
            CHECK(std::fabs(seen.mean - 1) < 0.01 + 3 * seen.error_of_mean());
            CHECK(stated > seen.sd - 3 * seen.error_of_sd());
            CHECK(stated < 1.3 * seen.sd);
            CHECK(at_most(beyond_2, repeats, 0.0455, 1.3));
        }
    }
}
