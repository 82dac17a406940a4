// Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT

#include "support/table.hpp"

#include <doctest/doctest.h>

TEST_CASE("columns of numbers lean right, columns of words left, and no line ends in blanks") {
    examples::table t({"D", "law", "CV"});
    t.add({"8", "gaussian", "0.61"});
    t.add({"1024", "é", "-"});
    t.add({"16"});
    CHECK(t.text() ==
          "   D  law         CV\n"
          "--------------------\n"
          "   8  gaussian  0.61\n"
          "1024  é            -\n"
          "  16\n");
}
