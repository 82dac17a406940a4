// Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT
#include "support/exact_tests.hpp"

#include <doctest/doctest.h>

using namespace examples;

TEST_CASE("Fisher's exact test") {
    // By whole numbers.
    CHECK(fisher_exact(6, 149, 6, 149) == doctest::Approx(1));
    CHECK(fisher_exact(6, 149, 14, 149) == doctest::Approx(0.1030682194).epsilon(1e-6));
    CHECK(fisher_exact(1, 10, 11, 14) == doctest::Approx(0.0027594562).epsilon(1e-6));
    CHECK(fisher_exact(0, 5, 0, 7) == doctest::Approx(1));
    CHECK(fisher_exact(5, 5, 0, 7) == doctest::Approx(1.0 / 792).epsilon(1e-6));
}

TEST_CASE("the sign test") {
    CHECK(sign_test(0, 0) == 1);
    CHECK(sign_test(4, 4) == 1);
    CHECK(sign_test(0, 5) == doctest::Approx(0.0625));
    CHECK(sign_test(9, 1) == doctest::Approx(22.0 / 1024));
}

TEST_CASE("standard error of a rate") {
    CHECK(rate_error(6, 149) == doctest::Approx(0.0161).epsilon(1e-2));
    CHECK(rate_error(0, 10) == 0);
}
