// Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT

#include "geolip/metrics/large_gaussian.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <span>
#include <vector>

#include "geolip/metrics/gaussian_spectrum.hpp"
#include "geolip/metrics/procrustes.hpp"
#include "geolip/metrics/spectrum.hpp"

namespace {

struct extents {
    std::size_t rows, cols;
};

}  // namespace

TEST_CASE("the closed form of the stable rank agrees with simulated spectra") {
    for (const auto& [rows, cols] : {extents{16, 16}, {64, 64}, {64, 1024}, {256, 256}, {320, 2560}}) {
        CAPTURE(rows);
        CAPTURE(cols);
        const std::vector<double> spectra = geolip::gaussian_singular_values(rows, cols, 256, 5);
        const auto simulated = geolip::null_of_spectra(spectra, std::min(rows, cols), geolip::stable_rank);
        const auto closed = geolip::gaussian_stable_rank(rows, cols);
        const double bias = (rows < 64 ? 0.01 : 0.003) * *closed.value;
        CHECK(std::abs(*closed.value - *simulated.value) < 4 * simulated.standard_error() + bias);
        CHECK(closed.sd == doctest::Approx(simulated.sd).epsilon(0.25));
    }
    CHECK(*geolip::gaussian_stable_rank(64, 1024).value == *geolip::gaussian_stable_rank(1024, 64).value);
    CHECK(*geolip::gaussian_stable_rank(1, 9).value == 1);
    CHECK_FALSE(geolip::gaussian_stable_rank(7, 400));
    CHECK_FALSE(geolip::gaussian_stable_rank(0, 4));
}

TEST_CASE("the closed form of a covariance's participation ratio agrees with simulated spectra") {
    for (const auto& [rows, dim] : {extents{40, 20}, {300, 50}, {60, 200}}) {
        CAPTURE(rows);
        CAPTURE(dim);
        std::vector<double> squares = geolip::gaussian_singular_values(rows - 1, dim, 256, 6);
        for (double& v : squares) v *= v;
        const auto simulated = geolip::null_of_spectra(squares, std::min(rows - 1, dim), geolip::participation_ratio);
        const auto closed = geolip::gaussian_participation(rows, dim);
        CHECK(std::abs(*closed.value - *simulated.value) < 4 * simulated.standard_error() + 0.01 * *closed.value);
        CHECK(closed.sd == doctest::Approx(simulated.sd).epsilon(0.3));
    }
    CHECK_FALSE(geolip::gaussian_participation(1, 4));
}

TEST_CASE("the closed form of the aligned cosine agrees with aligned matrices") {
    CHECK(geolip::gaussian_procrustes_cosine(512, 512) == doctest::Approx(0.75).epsilon(1e-12));
    CHECK(geolip::gaussian_procrustes_cosine(64, 576) == doctest::Approx(1 - 1.0 / 36).epsilon(1e-12));
    // NumPy, six pairs of 512 x 256: 0.56784, sd 0.0011.
    CHECK(std::abs(geolip::gaussian_procrustes_cosine(512, 256) - 0.56784) < 0.0015);
    for (const auto& [rows, cols] : {extents{16, 16}, {64, 64}, {96, 24}, {24, 96}, {3, 200}}) {
        CAPTURE(rows);
        CAPTURE(cols);
        const auto simulated = geolip::procrustes_null(rows, cols, 32, 7);
        const double bias = std::min(rows, cols) < 64 ? 0.02 : 0.005;
        CHECK(std::abs(geolip::gaussian_procrustes_cosine(rows, cols) - *simulated.value) <
              4 * simulated.standard_error() + bias);
    }
    CHECK(geolip::gaussian_procrustes_cosine(0, 3) == 0);
}
