// Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT

#include "support/picture.hpp"

#include <doctest/doctest.h>

#include <string>

namespace {

bool contains(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

examples::line_chart chart() {
    return {.title = "a < b & \"c\"",
            .x = {"x", 1, 100, {1, 10, 100}},
            .y = {"y", 0.01, 1, {0.01, 0.1, 1}},
            .stripes = {{0.1, 0.1, "a line", "#ff0000"}, {0.01, 0.1, "a range", "#00ff00"}},
            .curves = {{"falling", "#0000ff", true, {{1, 1}, {10, 0.1}, {100, 0.01}}}},
            .marks = {{"dots", "#000000", {{10, 0.1}}}}};
}

}  // namespace

TEST_CASE("text is escaped") { CHECK(contains(examples::svg(chart()), ">a &lt; b &amp; &quot;c&quot;</text>")); }

TEST_CASE("both axes are logarithmic: corner, middle, corner") {
    // The plot spans x 80..775 and y 55..570.
    const std::string picture = examples::svg(chart());
    CHECK(contains(picture, "points=\"80.00,55.00 427.50,312.50 775.00,570.00 \""));
    CHECK(contains(picture, "<circle cx=\"427.50\" cy=\"312.50\""));
    CHECK(contains(picture, "<rect x=\"80.00\" y=\"312.50\" width=\"695.00\" height=\"257.50\" fill=\"#00ff00\"/>"));
    CHECK(contains(picture, "x1=\"80.00\" y1=\"312.50\" x2=\"775.00\" y2=\"312.50\" stroke=\"#ff0000\""));
}

TEST_CASE("everything that has a label shows it, and every tick its number") {
    const std::string picture = examples::svg(chart());
    for (const char* label : {"falling", "dots", "a line", "a range", "0.01", "100"}) {
        CAPTURE(label);
        CHECK(contains(picture, std::string(">") + label + "</text>"));
    }
    CHECK(picture.ends_with("</svg>\n"));
}
