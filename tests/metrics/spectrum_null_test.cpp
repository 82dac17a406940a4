// Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT
#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <numbers>
#include <optional>
#include <span>

#include "fixtures/spectrum.hpp"
#include "geolip/metrics/gaussian_spectrum.hpp"
#include "geolip/metrics/spectrum.hpp"

TEST_CASE("spectra drawn by the bidiagonal model are those of Gaussian matrices that NumPy decomposes") {
    const auto log_condition = [](std::span<const double> s) -> std::optional<double> {
        return std::log(*geolip::condition_number(s));
    };
    for (const fixtures::gaussian_figures& known : fixtures::gaussian_cases) {
        const auto spectra = geolip::gaussian_singular_values(known.rows, known.cols, 4000, 11);
        const std::size_t size = std::min(known.rows, known.cols);
        REQUIRE(spectra.size() == 4000 * size);
        const geolip::null_reading ours[] = {geolip::null_of_spectra(spectra, size, geolip::stable_rank),
                                             geolip::null_of_spectra(spectra, size, geolip::participation_ratio),
                                             geolip::null_of_spectra(spectra, size, geolip::effective_rank),
                                             geolip::null_of_spectra(spectra, size, log_condition)};
        for (std::size_t f = 0; f < 4; ++f) {
            const auto& [mean, mean_error, sd, sd_error] = known.figure[f];
            CAPTURE(known.rows);
            CAPTURE(known.cols);
            CAPTURE(f);
            CAPTURE(*ours[f].value);
            CAPTURE(mean);
            CHECK(ours[f].replicates == 4000);
            CHECK(std::fabs(*ours[f].value - mean) < 4 * std::hypot(mean_error, ours[f].standard_error()) + 1e-12);
            // Our sd scatters as theirs does, in the ratio of the numbers of draws, of which theirs are 2500 at least.
            CHECK(std::fabs(ours[f].sd - sd) < 4.5 * sd_error * std::sqrt(1 + 6000.0 / 4000) + 1e-12);
        }
    }
}

TEST_CASE("known means: the trace, the stable rank's law, the quarter circle") {
    // E of the sum of squares is rows cols, with variance 2 rows cols.
    const auto spectra = geolip::gaussian_singular_values(30, 50, 2000, 5);
    double sum = 0;
    for (const double s : spectra) sum += s * s;
    CHECK(std::fabs(sum / 2000 - 1500) < 4 * std::sqrt(3000.0 / 2000));
    // Of large square matrices (sum of values)^2 / sum of squares tends to n 64 / (9 pi^2), by the quarter circle.
    const auto large = geolip::gaussian_singular_values(600, 600, 16, 5);
    const auto participation = geolip::null_of_spectra(large, 600, geolip::participation_ratio);
    CHECK(*participation.value / 600 == doctest::Approx(64 / (9 * std::numbers::pi * std::numbers::pi)).epsilon(0.002));
    // And the largest value to sqrt(n) + sqrt(n), less a shift of order n^(-1/6).
    CHECK(large.front() > 2 * std::sqrt(600.0) - 2);
    CHECK(large.front() < 2 * std::sqrt(600.0) + 0.5);
}
