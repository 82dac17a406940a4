// Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT

#include "geolip/simplex/detail/gamma_ratio.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <initializer_list>

#include "fixtures/volume_law.hpp"

TEST_CASE("scaled gamma ratios agree with mpmath to their stated bounds") {
    for (const fixtures::scaled_gamma_ratio& row : fixtures::scaled_gamma_ratios) {
        CAPTURE(row.x);
        CAPTURE(row.s);
        const double value = geolip::detail::log_scaled_gamma_ratio(row.x, row.s);
        CHECK(std::fabs(value - row.value) <=
              4e-16 * (1 + std::fabs(row.s)) * (1 + std::fabs(std::log1p(row.s / row.x))));
        if (row.s == 0.5) CHECK(std::fabs(value / row.value - 1) <= 2e-15);
    }
}

TEST_CASE("integer steps are the products they stand for") {
    using geolip::detail::log_scaled_gamma_ratio;
    CHECK(std::fabs(log_scaled_gamma_ratio(1, 10) - std::log(3628800.0)) <= 1e-14);
    for (const double x : {0.5, 3.0, 11.25, 1e6}) {
        CHECK(std::fabs(log_scaled_gamma_ratio(x, 1)) <= 1e-15);  // G(x + 1) = x G(x)
        CHECK(std::fabs(log_scaled_gamma_ratio(x, 2) - std::log1p(1 / x)) <= 1e-15);
    }
}

TEST_CASE("ln(1 + u) - u keeps its digits on both sides of the switch and for tiny u") {
    using geolip::detail::log1p_minus;
    CHECK(log1p_minus(0) == 0);
    CHECK(std::fabs(log1p_minus(1e-9) / -4.9999999966666666692e-19 - 1) <= 1e-15);
    CHECK(std::fabs(log1p_minus(0.25) / -0.026856448685790248676 - 1) <= 1e-15);
    CHECK(std::fabs(log1p_minus(0.5) / -0.094534891891835618022 - 1) <= 1e-15);
    CHECK(std::fabs(log1p_minus(1.0) / -0.30685281944005469058 - 1) <= 1e-15);
}
