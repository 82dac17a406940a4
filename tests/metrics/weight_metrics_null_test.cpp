// Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT
#include <doctest/doctest.h>

#include <cmath>
#include <cstddef>
#include <span>
#include <vector>

#include "fixtures/weight_metrics.hpp"
#include "geolip/metrics/filter_use.hpp"
#include "geolip/metrics/matched_volumes.hpp"
#include "geolip/metrics/row_agreement.hpp"
#include "geolip/metrics/token_cosines.hpp"
#include "support/matrices.hpp"

using doctest::Approx;
using geolip::matrix_view;
using geolip_test::normals;

namespace {

matrix_view<const double> tokens() {
    return {fixtures::token_embedding.data(), fixtures::token_rows, fixtures::token_cols};
}
void check_null(const geolip::null_reading& ours, const double (&known)[4]) {
    const auto& [mean, mean_error, sd, sd_error] = known;
    CHECK(std::fabs(*ours.value - mean) < 4 * std::hypot(mean_error, ours.standard_error()));
    const double error = ours.sd / std::sqrt(2.0 * ours.replicates);
    CHECK(std::fabs(ours.sd - sd) < 4.5 * std::hypot(sd_error, error));
}

}  // namespace

TEST_CASE("random orders spread as all orders do, random sets as all sets") {
    constexpr std::size_t replicates = 20000;
    for (const fixtures::sequence_case& known : fixtures::sequence_cases) {
        const auto r = geolip::sequence_cosines<double>(tokens(), known.ids, known.places, {replicates, 5});
        // The sd of a mean of squares of bounded figures: within 3 % at 20,000.
        CHECK(r.correlation.null.sd == Approx(known.figures[3]).epsilon(0.03));
        CHECK(r.gap.null.sd == Approx(known.figures[4]).epsilon(0.03));
    }
    std::vector<std::vector<std::size_t>> categories;
    for (const fixtures::category_case& known : fixtures::category_cases) categories.push_back(known.ids);
    const auto r = geolip::category_cosines<double>(tokens(), categories, {replicates, 5});
    for (std::size_t c = 0; c < categories.size(); ++c) {
        const geolip::null_reading& null = r.categories[c].within.null;
        const std::vector<double>& known = fixtures::category_cases[c].figures;
        CHECK(null.replicates == replicates);
        CHECK(std::fabs(*null.value - known[4]) < 4 * null.standard_error());
        CHECK(null.sd == Approx(known[5]).epsilon(0.03));
    }
}

TEST_CASE("random shifts spread as all shifts do") {
    for (const fixtures::agreement_case& known : fixtures::agreement_cases) {
        const auto r = geolip::row_agreement<double>({known.a.data(), known.rows, known.cols},
                                                     {known.b.data(), known.rows, known.cols}, 4000, 2);
        CHECK(std::fabs(*r.mean.null.value - known.figures[7]) < 4 * r.mean.null.standard_error());
        CHECK(r.mean.null.sd == Approx(known.figures[8]).epsilon(0.06));
    }
}

TEST_CASE("matched volumes are those of rows that NumPy draws") {
    for (const fixtures::matched_volume_case& known : fixtures::matched_volume_cases) {
        const auto r = geolip::matched_volumes<4>(known.scales, 200, known.norms, 400, 7);
        check_null(r.mean, known.mean);
        check_null(r.cv, known.cv);
    }
    // In any unit.
    std::vector<double> scales(8, 1e-30), large(8, 1e30);
    const auto tiny = geolip::matched_volumes<4>(scales, 50), huge = geolip::matched_volumes<4>(large, 50);
    CHECK(*tiny.mean.value * 1e240 == Approx(*huge.mean.value).epsilon(1e-6));
    CHECK(*tiny.cv.value == Approx(*huge.cv.value).epsilon(1e-6));
}

TEST_CASE("Gaussian filters are dead and weak as often as the closed form says") {
    constexpr std::size_t filters = 4000;
    for (const std::size_t size : {1u, 2u, 3u}) {
        const std::vector<float> w = normals<float>(filters * size, 60 + size);
        const auto r = geolip::filter_use<float>({w.data(), filters, size});
        const auto null = geolip::filter_use_null(filters, size);
        CHECK(std::fabs(static_cast<double>(r.dead) / filters - *null.dead.value) < 4 * null.dead.sd + 1.0 / filters);
        CHECK(std::fabs(static_cast<double>(r.weak) / filters - *null.weak.value) < 4 * null.weak.sd);
    }
}
