// Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT
#include "support/ablation_null.hpp"

#include <doctest/doctest.h>

#include <cmath>

#include "geolip/metrics/volume_null.hpp"

using namespace examples;

namespace {

svae_settings with(svae_band band, svae_rows rule) {
    svae_settings s = settings_of(band);
    s.row_rule = rule;
    return s;
}

}  // namespace

TEST_CASE("random rows give the readings that the document calls attractors") {
    const struct {
        svae_band band;
        svae_rows rule;
        double mean, sd, documented;
    } rows[] = {{svae_band::low, svae_rows::sphere, .2025, .011, .196},
                {svae_band::mid, svae_rows::sphere, .362, .020, .352},
                {svae_band::high, svae_rows::sphere, .919, .061, .945},
                {svae_band::high, svae_rows::layer_norm, .715, .066, .706}};
    for (const auto& row : rows) {
        const ablation_null null = simulate(with(row.band, row.rule), 1000);
        CHECK(null.mean == doctest::Approx(row.mean).epsilon(0.01));
        CHECK(null.sd == doctest::Approx(row.sd).epsilon(0.08));
        CHECK(std::fabs(*null.z(row.documented)) < 2);
    }
}

TEST_CASE("the simulation agrees with the library's null, which draws and measures by other routes") {
    for (const svae_band band : {svae_band::low, svae_band::mid, svae_band::high}) {
        const svae_settings s = settings_of(band);
        const geolip::null_question q{static_cast<std::uint32_t>(s.rows), static_cast<std::uint32_t>(s.dim), 200, 1000,
                                      7};
        const auto agree = [](const ablation_null& ours, const geolip::null_reading& theirs) {
            const double error = theirs.sd / std::sqrt(1000.0);
            CHECK(std::fabs(ours.mean - *theirs.value) < 4 * std::sqrt(2.0) * error);
            CHECK(ours.sd == doctest::Approx(theirs.sd).epsilon(0.1));
        };
        agree(simulate(s, 1000), geolip::simulate_null<4, geolip::documented_sweep, geolip::sphere_law>(q));
        agree(simulate(with(band, svae_rows::none), 1000),
              geolip::simulate_null<4, geolip::documented_sweep, geolip::gaussian_law>(q));
    }
}

TEST_CASE("laws of the row rules") {
    CHECK(*law_of(with(svae_band::low, svae_rows::sphere)).cv == doctest::Approx(.2030).epsilon(1e-3));
    CHECK(*law_of(with(svae_band::mid, svae_rows::none)).cv == doctest::Approx(.6094).epsilon(1e-3));
    CHECK(*law_of(with(svae_band::high, svae_rows::scale_only)).cv == doctest::Approx(1.2907).epsilon(1e-3));
    CHECK(*law_of(with(svae_band::low, svae_rows::layer_norm)).cv ==
          *geolip::coefficient_of_variation(geolip::sphere_law(), 4, 15.0));
    // Five points in three dimensions.
    CHECK_FALSE(law_of(with(svae_band::high, svae_rows::layer_norm)).cv);
}

TEST_CASE("the part of readings outside a band, single or in a running mean") {
    const ablation_null null{{0.1, 0.2, 0.3, 0.4}, 0.25, 0.13};
    const auto below = [](double limit) { return [limit](double cv) { return cv < limit; }; };
    CHECK(*null.part_outside(1, 0.01, below(0.25)) == 0.5);
    CHECK(*null.part_outside(1, 0.01, below(1)) == 0);
    CHECK(*null.part_outside(2, 1, below(0.35)) == 0.25);  // weight 1: the last reading
    CHECK(*null.part_outside(2, 0.5, below(0.2)) == 0.75);
    CHECK_FALSE(ablation_null().part_outside(1, 0.01, below(1)));
    CHECK_FALSE(ablation_null().z(0.3));
    CHECK(*null.z(0.38) == doctest::Approx(1));
    CHECK_FALSE(null.z({}));
}

TEST_CASE("each shape is simulated once") {
    ablation_nulls nulls;
    const ablation_null& first = nulls(with(svae_band::low, svae_rows::none));
    CHECK(&nulls(with(svae_band::low, svae_rows::scale_only)) == &first);
    CHECK(&nulls(with(svae_band::low, svae_rows::sphere)) != &first);
}
