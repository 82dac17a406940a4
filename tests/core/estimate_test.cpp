// Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT
#include "geolip/core/estimate.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <set>
#include <string>

using geolip::estimate;
using geolip::null_reading;
using geolip::undefined_reason;

TEST_CASE("z counts standard deviations of the null, with the error of a simulated mean") {
    estimate e;
    CHECK(!e);
    CHECK(!e.z_score());
    e.value = 5;
    CHECK(e);
    CHECK(!e.z_score());
    e.null = {3, 0.5, 0};  // a closed form
    CHECK(*e.z_score() == doctest::Approx(4));
    e.null = {3, 0.5, 4};
    CHECK(e.null.standard_error() == doctest::Approx(0.25));
    CHECK(*e.z_score() == doctest::Approx(2 / std::sqrt(0.25 + 0.0625)));
    e.null.sd = 0;
    CHECK(!e.z_score());
    e.null = {std::nullopt, 1, 10};
    CHECK(!e.z_score());
    e.null = {3, 1, 0};
    e.value.reset();
    CHECK(!e.z_score());
}

TEST_CASE("every reason has a sentence of its own") {
    std::set<std::string> sentences;
    for (int r = 0; r <= static_cast<int>(undefined_reason::all_zero); ++r)
        sentences.insert(geolip::describe(static_cast<undefined_reason>(r)));
    CHECK(sentences.size() == static_cast<std::size_t>(undefined_reason::all_zero) + 1);
    CHECK(!sentences.contains("undefined"));
}
