// Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT
#include "geolip/sweep/plan.hpp"

#include <doctest/doctest.h>

#include <string>

namespace {

using namespace geolip::sweep;

std::string complaint(const plan& p) {
    try {
        validate(p);
    } catch (const geolip::usage_error& e) {
        return e.what();
    }
    return "";
}

}  // namespace

TEST_CASE("the default plan is the documented sweep") {
    const plan p;
    validate(p);
    CHECK(p.samples == 300);
    CHECK(p.order == 4);
    CHECK(item_count(p) == 65536);
    CHECK(entries_per_item(p) == 1);
    CHECK(entry_count(p) == 65536);
}

TEST_CASE("items are V, then D; a nested item is all dimensions of one V") {
    plan p{.dims = {8, 16, 24}, .vocabs = {100, 200}};
    CHECK(item_count(p) == 6);
    CHECK(entry_at(p, 0).vocab == 100);
    CHECK(entry_at(p, 2).dim == 24);
    CHECK(entry_at(p, 3).vocab == 200);
    CHECK(entry_at(p, 3).dim == 8);
    p.design = design::nested;
    CHECK(item_count(p) == 2);
    CHECK(entries_per_item(p) == 3);
}

TEST_CASE("names of choices read back; others are refused with the names there are") {
    for (const auto value : {law::gaussian, law::sphere}) CHECK(parse_choice<law>(to_string(value), "--law") == value);
    for (const auto value : {geolip::isa::automatic, geolip::isa::baseline, geolip::isa::avx2, geolip::isa::avx512}) {
        CHECK(parse_choice<geolip::isa>(to_string(value), "--isa") == value);
        CHECK(to_string(value) == geolip::isa_name(value));
    }
    CHECK_THROWS_WITH_AS(parse_choice<law>("cauchy", "--law"), "--law 'cauchy': unknown; expected gaussian or sphere",
                         geolip::usage_error);
    CHECK_THROWS_WITH_AS(parse_choice<geolip::isa>("", "--isa"),
                         "--isa '': unknown; expected auto, baseline, avx2 or avx512", geolip::usage_error);
}

TEST_CASE("a plan that cannot be carried out is refused, field, value and expectation named") {
    struct {
        plan p;
        const char* what;
    } const cases[] = {
        {{.dims = {}}, "dims is empty; expected at least one value"},
        {{.vocabs = {8, 8}}, "vocabs holds 8 out of order; expected positive values in ascending order"},
        {{.dims = {0, 8}}, "dims holds 0 out of order; expected positive values in ascending order"},
        {{.dims = {max_dimension + 1}}, "dims reaches 1048577; expected at most 1048576"},
        {{.samples = 0}, "samples is 0; expected a whole number from 1 to 16777216"},
        {{.samples = -3}, "samples is -3; expected a whole number from 1 to 16777216"},
        {{.order = 1}, "order is 1; expected a whole number from 2 to 7"},
        {{.order = 8}, "order is 8; expected a whole number from 2 to 7"},
    };
    for (const auto& c : cases) CHECK(complaint(c.p) == c.what);
    CHECK(complaint({.dims = parse_axis("1:5000:1", "dims"), .vocabs = parse_axis("1:5000:1", "vocabs")})
              .starts_with("the grid of dims and vocabs has 25000000 entries; expected at most 16777216"));
    CHECK(complaint({.design = design::nested, .draw = draw::bartlett}).find("has no columns to share") !=
          std::string::npos);
    CHECK(complaint({.design = design::nested, .draw = draw::rows}).empty());
    CHECK(complaint({.draw = draw::bartlett, .backend = "thrust"}).find("expected draw rows") != std::string::npos);
    CHECK(complaint({.draw = draw::rows, .backend = "a b"}).starts_with("backend is 'a b'"));
}
