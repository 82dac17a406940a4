// Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT
#include "geolip/sweep/results.hpp"

#include <doctest/doctest.h>

#include <string>

using namespace geolip::sweep;

TEST_CASE("results begin with their grid and nothing done") {
    const results r(plan{.dims = {8, 16}, .vocabs = {100, 200, 300}});
    CHECK(r.entries.size() == 6);
    CHECK(r.entries[5].vocab == 300);
    CHECK(r.entries[5].dim == 16);
    CHECK_FALSE(r.entries[5].cv);
    CHECK(r.items_done() == 0);
    CHECK(r.done.size() == 6);
}

TEST_CASE("a plan is resolved to a level that this machine has") {
    const plan p = resolved({});
    CHECK(p.isa == geolip::resolve_isa(geolip::isa::automatic));
    CHECK(resolved({.isa = geolip::isa::baseline}).isa == geolip::isa::baseline);
    CHECK_THROWS_AS(resolved({.samples = 0}), geolip::usage_error);
    if (!geolip::isa_available(geolip::isa::avx512)) {
        CHECK_THROWS_AS(resolved({.isa = geolip::isa::avx512}), geolip::usage_error);
    }
}

TEST_CASE("every reason reads back from its text") {
    using enum geolip::undefined_reason;
    for (const auto reason : {dimension_below_order, too_few_rows, too_few_valid, rounding_noise, zero_mean}) {
        CHECK(detail::parse_reason(geolip::describe(reason)) == reason);
    }
    CHECK(detail::parse_reason("because") == none);
}
