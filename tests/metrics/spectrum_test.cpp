// Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT
#include "geolip/metrics/spectrum.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>
#include <numbers>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "fixtures/spectrum.hpp"
#include "geolip/metrics/gaussian_spectrum.hpp"
#include "geolip/random/fill.hpp"
#include "support/levels.hpp"

using geolip::undefined_reason;
using values_type = std::vector<double>;

namespace {

// The singular values by Jacobi's one-sided rotations, slow and independent of the library's.
values_type jacobi_singular_values(std::vector<double> columns, std::size_t rows, std::size_t cols) {
    bool turned = true;
    for (int sweep = 0; turned && sweep < 60; ++sweep) {
        turned = false;
        for (std::size_t p = 0; p + 1 < cols; ++p)
            for (std::size_t q = p + 1; q < cols; ++q) {
                double a = 0, b = 0, c = 0;
                for (std::size_t i = 0; i < rows; ++i) {
                    const double x = columns[p * rows + i], y = columns[q * rows + i];
                    a += x * x, b += y * y, c += x * y;
                }
                if (std::fabs(c) <= 1e-15 * std::sqrt(a * b)) continue;
                turned = true;
                const double zeta = (b - a) / (2 * c);
                const double t = std::copysign(1 / (std::fabs(zeta) + std::hypot(1, zeta)), zeta);
                const double cosine = 1 / std::hypot(1, t), sine = cosine * t;
                for (std::size_t i = 0; i < rows; ++i) {
                    const double x = columns[p * rows + i], y = columns[q * rows + i];
                    columns[p * rows + i] = cosine * x - sine * y;
                    columns[q * rows + i] = sine * x + cosine * y;
                }
            }
    }
    values_type s;
    for (std::size_t j = 0; j < cols; ++j) {
        double square = 0;
        for (std::size_t i = 0; i < rows; ++i) square += columns[j * rows + i] * columns[j * rows + i];
        s.push_back(std::sqrt(square));
    }
    std::sort(s.rbegin(), s.rend());
    return s;
}

}  // namespace

TEST_CASE("figures are those of NumPy") {
    for (const fixtures::spectrum_case& known : fixtures::spectrum_cases) {
        const values_type& s = known.values;
        CAPTURE(known.rows);
        CAPTURE(known.cols);
        CHECK(*geolip::stable_rank(s) == doctest::Approx(known.figures[0]).epsilon(1e-12));
        CHECK(*geolip::participation_ratio(s) == doctest::Approx(known.figures[1]).epsilon(1e-12));
        CHECK(*geolip::effective_rank(s) == doctest::Approx(known.figures[2]).epsilon(1e-12));
        CHECK(*geolip::active_fraction(s) == doctest::Approx(known.figures[3]));
        CHECK(static_cast<double>(*geolip::rank_for_share(s)) == known.figures[4]);
        CHECK(static_cast<double>(*geolip::rank_for_energy(s)) == known.figures[5]);
        CHECK(*geolip::condition_number(s) == doctest::Approx(known.figures[6]).epsilon(1e-12));
    }
}

TEST_CASE("equal values, one value, and values at the ends of the range") {
    for (const double scale : {1.0, 3.7, 1e-300, 1e300}) {
        const values_type equal(12, scale), one{scale}, lone{scale, 0, 0, 0};
        CHECK(*geolip::stable_rank(equal) == doctest::Approx(12));
        CHECK(*geolip::participation_ratio(equal) == doctest::Approx(12));
        CHECK(*geolip::effective_rank(equal) == doctest::Approx(12));
        CHECK(*geolip::active_fraction(equal) == 1);
        CHECK(*geolip::rank_for_share(equal) == 11);
        CHECK(*geolip::rank_for_share(equal, 0.5) == 6);
        CHECK(*geolip::rank_for_share(equal, 1.0) == 12);
        CHECK(*geolip::condition_number(equal) == 1);
        CHECK(*geolip::stable_rank(one) == 1);
        CHECK(*geolip::effective_rank(lone) == doctest::Approx(1));
        CHECK(*geolip::active_fraction(lone) == 0.25);
        CHECK(*geolip::rank_for_energy(lone) == 1);
        CHECK(std::isinf(*geolip::condition_number(lone)));
    }
}

TEST_CASE("no figure without a spectrum, and why") {
    const double nan = std::numeric_limits<double>::quiet_NaN();
    const double infinity = std::numeric_limits<double>::infinity();
    for (const auto& [values, reason] : {std::pair(values_type{}, undefined_reason::no_elements),
                                         std::pair(values_type{0, 0}, undefined_reason::all_zero),
                                         std::pair(values_type{2, nan}, undefined_reason::nonfinite),
                                         std::pair(values_type{infinity, 1}, undefined_reason::nonfinite)}) {
        CHECK(geolip::spectrum_reason(values) == reason);
        CHECK(!geolip::stable_rank(values));
        CHECK(!geolip::participation_ratio(values));
        CHECK(!geolip::effective_rank(values));
        CHECK(!geolip::active_fraction(values));
        CHECK(!geolip::rank_for_share(values));
        CHECK(!geolip::rank_for_energy(values));
        CHECK(!geolip::condition_number(values));
        geolip::gaussian_spectra nulls(4);
        const geolip::estimate e = geolip::spectral_estimate(values, 3, 2, nulls, geolip::stable_rank);
        CHECK(!e);
        CHECK(e.reason == reason);
        CHECK(e.null);
    }
}

TEST_CASE("a spectrum depends on its shape, seed and number alone") {
    const auto some = geolip::gaussian_singular_values(20, 33, 5, 9);
    const auto more = geolip::gaussian_singular_values(33, 20, 21, 9);
    CHECK(std::equal(some.begin(), some.end(), more.begin()));
    CHECK(geolip::gaussian_singular_values(20, 33, 5, 10) != some);
    for (std::size_t first = 0; first < more.size(); first += 20)
        CHECK(std::is_sorted(more.rbegin() + static_cast<std::ptrdiff_t>(more.size() - first - 20),
                             more.rbegin() + static_cast<std::ptrdiff_t>(more.size() - first)));
    for (const geolip::isa level : geolip_test::available_levels()) {
        const auto other = geolip::gaussian_singular_values(20, 33, 5, 9, level);
        for (std::size_t i = 0; i < other.size(); ++i) CHECK(other[i] == doctest::Approx(some[i]).epsilon(1e-4));
    }
}

TEST_CASE("the estimate of a Gaussian matrix lies among its null, that of a planted rank does not") {
    constexpr std::size_t rows = 40, cols = 24;
    std::vector<double> columns(rows * cols);
    geolip::fill_normal(std::span(columns), {77, 0});
    geolip::gaussian_spectra nulls(256);
    const auto chance = geolip::spectral_estimate(jacobi_singular_values(columns, rows, cols), rows, cols, nulls,
                                                  geolip::participation_ratio);
    CHECK(std::fabs(*chance.z_score()) < 4);
    for (std::size_t j = 3; j < cols; ++j)  // three columns carry everything
        for (std::size_t i = 0; i < rows; ++i) columns[j * rows + i] *= 1e-3;
    const auto planted = geolip::spectral_estimate(jacobi_singular_values(columns, rows, cols), rows, cols, nulls,
                                                   geolip::participation_ratio);
    CHECK(*planted.value < 3.2);
    CHECK(*planted.z_score() < -50);
}

TEST_CASE("impossible shapes are refused") {
    CHECK_THROWS_WITH_AS(geolip::gaussian_singular_values(0, 4, 2, 1),
                         "gaussian_singular_values: got 0 x 4; expected sizes from 1 to 2^24 - 1, the smaller at most "
                         "65536",
                         geolip::usage_error);
    CHECK_THROWS_AS(geolip::gaussian_singular_values(70000, 70000, 1, 1), geolip::usage_error);
    CHECK(geolip::gaussian_singular_values(3, 4, 0, 1).empty());
    geolip::gaussian_spectra nulls(2);
    CHECK_THROWS_AS(nulls(std::size_t{1} << 25, 2), geolip::usage_error);
    CHECK(nulls(5, 4).size() == 8);
    CHECK(nulls(4, 5).data() == nulls(5, 4).data());
}
