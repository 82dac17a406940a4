// Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT
#include "geolip/core/fnv1a.hpp"

#include <doctest/doctest.h>

#include <span>
#include <string_view>

TEST_CASE("the checksum is FNV-1a of 64 bits") {
    using geolip::detail::fnv1a;
    // draft-eastlake-fnv, appendix C
    CHECK(fnv1a(std::string_view("")) == 0xcbf29ce484222325u);
    CHECK(fnv1a(std::string_view("a")) == 0xaf63dc4c8601ec8cu);
    CHECK(fnv1a(std::string_view("foobar")) == 0x85944171f73967e8u);
    constexpr std::string_view text = "foobar";
    CHECK(fnv1a(std::as_bytes(std::span(text.substr(3))), fnv1a(text.substr(0, 3))) == 0x85944171f73967e8u);
}
