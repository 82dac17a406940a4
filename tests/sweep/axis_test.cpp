// Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT
#include "geolip/sweep/axis.hpp"

#include <doctest/doctest.h>

#include <cstdint>
#include <string>
#include <vector>

namespace {

using geolip::sweep::axis_step;
using geolip::sweep::parse_axis;
using geolip::sweep::to_string;
using axis = std::vector<std::uint32_t>;

std::string complaint(std::string_view text) {
    try {
        parse_axis(text, "--dims");
    } catch (const geolip::usage_error& e) {
        return e.what();
    }
    return "";
}

}  // namespace

TEST_CASE("a range includes its high end when the step reaches it") {
    CHECK(parse_axis("8:32:8", "--dims") == axis{8, 16, 24, 32});
    CHECK(parse_axis("8:39:8", "--dims") == axis{8, 16, 24, 32});
    CHECK(parse_axis("5:5:1", "--dims") == axis{5});
    CHECK(parse_axis("8:2048:8", "--dims").size() == 256);
    CHECK(parse_axis("4294967294:4294967295:1", "--dims") == axis{4294967294, 4294967295});
    CHECK(parse_axis("1:4294967295:4294967295", "--dims") == axis{1});
}

TEST_CASE("single values and ascending lists") {
    CHECK(parse_axis("24", "--dims") == axis{24});
    CHECK(parse_axis("4,8:16:4,768", "--dims") == axis{4, 8, 12, 16, 768});
}

TEST_CASE("what is no axis is refused with the option, the text and what was expected") {
    for (const char* text : {"",
                             ":",
                             "::",
                             "8:",
                             "8:16",
                             "8:16:",
                             ":16:8",
                             "8::8",
                             "8:16:8:1",
                             "a:b:c",
                             "8:16:x",
                             "8 :16:8",
                             " 8",
                             "8 ",
                             "+8",
                             "-8:16:8",
                             "8:-16:8",
                             "8:16:-8",
                             "0:16:8",
                             "8:16:0",
                             "16:8:8",
                             "0",
                             "8.5",
                             "1e3",
                             "4294967296",
                             "8:4294967296:8",
                             "99999999999999999999",
                             "8,",
                             ",8",
                             "8,,16",
                             "8,8",
                             "16,8",
                             "8:32:8,32",
                             "1:4294967295:1",
                             "0x10"}) {
        CAPTURE(text);
        const std::string what = complaint(text);
        CHECK(what.starts_with("--dims '" + std::string(text) + "': "));
        CHECK(what.find("expected LO:HI:STEP") != std::string::npos);
    }
}

TEST_CASE("the text of an axis reads back") {
    for (const char* text : {"8:2048:8", "24", "8:16:8", "4,8,768", "1:3:1"}) {
        CHECK(to_string(parse_axis(text, "dims")) == text);
    }
    CHECK(to_string(parse_axis("8:39:8", "dims")) == "8:32:8");
}

TEST_CASE("the step of an axis") {
    CHECK(axis_step({8, 16, 24}) == 8u);
    CHECK(axis_step({8}) == 1u);
    CHECK_FALSE(axis_step({8, 16, 25}));
    CHECK_FALSE(axis_step({}));
}
