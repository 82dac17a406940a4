// Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT
#include "geolip/sweep/number.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <limits>

using geolip::sweep::fixed;
using geolip::sweep::number;
using geolip::sweep::shortest;

TEST_CASE("the shortest decimal is the published kind and reads back exactly") {
    CHECK(shortest(0.3) == "0.3");
    CHECK(shortest(0.1 + 0.2) == "0.30000000000000004");
    CHECK(shortest(5e-324) == "5e-324");
    for (const double x : {1 / 3.0, 0.29154, 1.7976931348623157e308, 2.2250738585072014e-308, 1e22, 1e23}) {
        CHECK(std::strtod(shortest(x).c_str(), nullptr) == x);
    }
}

TEST_CASE("fixed decimals round the exact value, ties to even") {
    CHECK(fixed(0.25, 1) == "0.2");
    CHECK(fixed(0.75, 1) == "0.8");
    CHECK(fixed(0.35, 1) == "0.3");  // 0.35 is below 35/100 in binary
    CHECK(fixed(32.0, 1) == "32.0");
    CHECK(fixed(-0.0625, 3) == "-0.062");
    CHECK(fixed(-0.06, 1) == "-0.1");
    CHECK(fixed(-0.04, 1) == "0.0");
    CHECK(fixed(-0.5, 0) == "0");
    CHECK(fixed(-0.0, 2) == "0.00");
    CHECK(fixed(-10.0, 0) == "-10");
    CHECK(fixed(std::numeric_limits<double>::max(), 17).size() == 309 + 1 + 17);
}

TEST_CASE("a number is all of its text") {
    CHECK(number<int>("-12") == -12);
    CHECK(number<std::uint64_t>("18446744073709551615") == 18446744073709551615u);
    CHECK(number<std::uint64_t>("00ff", 16) == 255u);
    for (const char* text : {"", "-1", "+1", " 1", "1 ", "1.0", "18446744073709551616", "0x1"}) {
        CAPTURE(text);
        CHECK_FALSE(number<std::uint64_t>(text));
    }
}
