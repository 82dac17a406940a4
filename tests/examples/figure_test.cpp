// Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT
#include "support/figure.hpp"

#include <doctest/doctest.h>

#include <cstddef>
#include <string>
#include <vector>

using namespace examples;

namespace {

bool contains(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

std::size_t count(const std::string& text, const std::string& part) {
    std::size_t n = 0;
    for (std::size_t at = 0; (at = text.find(part, at)) != std::string::npos; at += part.size()) ++n;
    return n;
}

}  // namespace

TEST_CASE("text is safe as content and in attributes") {
    CHECK(html_text("a < b & \"c\" > 'd'") == "a &lt; b &amp; &quot;c&quot; &gt; &#39;d&#39;");
    CHECK(html_text("&lt;") == "&amp;lt;");
    CHECK(html_name("<script>") == "<bdi dir=\"ltr\">&lt;script&gt;</bdi>");
    CHECK(html_name("a\u202eb\nc'\\") == "<bdi dir=\"ltr\">a\\u202eb\\nc\\&#39;\\\\</bdi>");
    CHECK(html_name("\xff") == "<bdi dir=\"ltr\">\\xff</bdi>");
    CHECK(html_name(std::string(96, 'x')) == "<bdi dir=\"ltr\">" + std::string(96, 'x') + "</bdi>");
    CHECK(html_name(std::string(97, 'x')) == "<bdi dir=\"ltr\">" + std::string(96, 'x') + "</bdi>\u2026 (97 bytes)");
    CHECK(html_name(std::string(95, 'x') + "\u65e5") ==
          "<bdi dir=\"ltr\">" + std::string(95, 'x') + "</bdi>\u2026 (98 bytes)");
}

TEST_CASE("numbers are as long as a reader needs") {
    CHECK(readable(0.0) == "0");
    CHECK(readable(-0.0) == "0");
    CHECK(readable(12345.0) == "12345");
    CHECK(readable(0.12345) == "0.1235");
    CHECK(readable(12.3456) == "12.35");
    CHECK(readable(123456.7) == "123457");
    CHECK(readable(0.00223, 2) == "0.0022");
    CHECK(readable(1.2e-5) == "1.2\u00b710\u207b\u2075");
    CHECK(readable(-2.5e12) == "-2.5\u00b710\u00b9\u00b2");
    CHECK(readable(1e308 * 10) == "\u221e");
    CHECK(readable(1e308 * 10 * 0) == "\u2013");
    CHECK(tick_text(1e-4) == "10\u207b\u2074");
    CHECK(tick_text(2e6) == "2\u00b710\u2076");
    CHECK(tick_text(0.25) == "0.25");
    CHECK(with_commas(0) == "0");
    CHECK(with_commas(999) == "999");
    CHECK(with_commas(60506624) == "60,506,624");
}

TEST_CASE("ticks are round, within the axis, and never -0") {
    CHECK(linear_ticks(-0.05, 1.05, 5) == std::vector<double>{0, 0.2, 0.4, 0.6, 0.8, 1});
    CHECK(tick_text(linear_ticks(-0.05, 1, 2)[0]) == "0");
    CHECK(linear_ticks(0, 5.25, 5, true) == std::vector<double>{0, 1, 2, 3, 4, 5});
    CHECK(linear_ticks(0, 1.3, 5, true) == std::vector<double>{0, 1});
    CHECK(linear_ticks(95, 131, 4) == std::vector<double>{100, 110, 120, 130});
    CHECK(logarithmic_ticks(0.9e-4, 1.1) == std::vector<double>{1, 0.1, 0.01, 0.001, 0.0001});
    CHECK(logarithmic_ticks(0.9, 11) == std::vector<double>{10, 5, 2, 1});
    CHECK(logarithmic_ticks(2.4, 3.6) == std::vector<double>{2.5, 3, 3.5});
    for (const double low : {1e-9, 3e-5, 0.7, 20.0})
        for (const double ratio : {1.1, 3.0, 40.0, 1e5, 1e9}) {
            const auto ticks = logarithmic_ticks(low, low * ratio);
            CAPTURE(low);
            CAPTURE(ratio);
            CHECK(ticks.size() >= 1);
            CHECK(ticks.size() <= 8);
        }
}

TEST_CASE("a chart has a title and a description, whole coordinates and everything in its place") {
    chart c;
    c.x.label = "a < b", c.y.label = "y";
    c.line({{0, 0}, {10, 100}}, "m");
    c.dots({{10, 100}}, "m");
    c.level(50, "n", "half");
    const std::string svg = c.svg(7, "t & t", "d");
    CHECK(contains(svg, "aria-labelledby=\"t7 d7\"><title id=\"t7\">t &amp; t</title><desc id=\"d7\">d</desc>"));
    CHECK(contains(svg, ">a &lt; b</text>"));
    CHECK(contains(svg, ">half</text>"));
    // The plot spans 480 to 3540 and 2050 to 210; the upper ends have 5 % of room.
    CHECK(contains(svg, "class=\"w m\" d=\"M480 2050l2914 -1752\""));
    CHECK(contains(svg, "class=\"o m\" d=\"M3394 298h0\""));
    CHECK_FALSE(contains(svg, "-0\""));
    CHECK_FALSE(contains(svg, "nan"));
}

TEST_CASE("what a logarithmic axis cannot show does not move it") {
    chart c;
    c.y.logarithmic = true;
    c.line({{0, 1}, {1, 10}, {2, 0}}, "m");
    const std::string svg = c.svg(1, "", "");
    CHECK(contains(svg, ">1</text>"));
    CHECK(contains(svg, ">10</text>"));
    CHECK(chart().svg(1, "", "").ends_with("</svg>\n"));
}

TEST_CASE("a heat map: colours by value, runs of one colour in one rectangle, empty cells apart") {
    heat_map map(2, 3);
    map.values = {1.0, 1.0, -1.0, 0.0, std::nullopt, 5.0};
    map.x_label = "x", map.unit = "cosine", map.row_names = {"0", "1"}, map.col_names = {"a", "b", "c"};
    const std::string svg = map.svg(1, "t", "d");
    // Cells of 800 x 920 from (480, 210) on.
    CHECK(contains(svg, "<path class=\"h20\" d=\"M480 210h1600v920h-1600zM2080 1130h800v920h-800z\"/>"));
    CHECK(contains(svg, "<path class=\"h0\" d=\"M2080 210h800v920h-800z\"/>"));
    CHECK(contains(svg, "<path class=\"h10\" d=\"M480 1130h800v920h-800z\"/>"));
    CHECK(contains(svg, "<path class=\"hx\" d=\"M1280 1130h800v920h-800z\"/>"));
    CHECK(count(svg, "<rect class=\"h") == 21);
    for (const char* label : {"a", "b", "c", "cosine", "x", "-1"})
        CHECK(contains(svg, std::string(">") + label + "</text>"));
}
