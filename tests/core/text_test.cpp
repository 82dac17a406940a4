// Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT
#include "geolip/core/text.hpp"

#include <doctest/doctest.h>

#include <string>

using geolip::escaped;
using geolip::in_quotes;

TEST_CASE("text that does no harm is left as it is") {
    CHECK(escaped("").empty());
    CHECK(escaped("layer.0.weight </b> \"=1+1\"") == "layer.0.weight </b> \"=1+1\"");
    CHECK(escaped("\u00e9 \u65e5\u672c \U0001f600 \U0010ffff") == "\u00e9 \u65e5\u672c \U0001f600 \U0010ffff");
}

TEST_CASE("what a terminal would obey, or a reader not see, is written out") {
    CHECK(escaped("\x1b[2J") == "\\u001b[2J");
    CHECK(escaped(std::string("a\0b", 3)) == "a\\u0000b");
    CHECK(escaped("a\nb\tc\x7f") == "a\\nb\\u0009c\\u007f");
    CHECK(escaped("\u0085\u009b") == "\\u0085\\u009b");                            // C1
    CHECK(escaped("\u2028\u2029\u202e\u2066") == "\\u2028\\u2029\\u202e\\u2066");  // lines and directions
    CHECK(escaped("\u200b\ufeff") == "\\u200b\\ufeff");                            // invisible
    CHECK(escaped("a\u00ad\u061c\U000e0041b") ==
          "a\\u00ad\\u061c\\U000e0041b");  // a soft hyphen, an Arabic mark, a tag
    CHECK(escaped("it's \\") == "it\\'s \\\\");
}

TEST_CASE("bytes that are no UTF-8 are shown one by one") {
    CHECK(escaped("\x80") == "\\x80");
    CHECK(escaped("\xc3(") == "\\xc3(");
    CHECK(escaped("\xe6\x97") == "\\xe6\\x97");                    // cut off
    CHECK(escaped("\xc0\xaf") == "\\xc0\\xaf");                    // overlong
    CHECK(escaped("\xe0\x80\xaf") == "\\xe0\\x80\\xaf");           // overlong
    CHECK(escaped("\xed\xa0\x80") == "\\xed\\xa0\\x80");           // a surrogate
    CHECK(escaped("\xf4\x90\x80\x80") == "\\xf4\\x90\\x80\\x80");  // beyond U+10FFFF
    CHECK(escaped("\xff") == "\\xff");
}

TEST_CASE("quoted text is cut after 100 bytes, and never within a character") {
    CHECK(in_quotes("a'b") == "'a\\'b'");
    const std::string hundred(100, 'x');
    CHECK(in_quotes(hundred) == "'" + hundred + "'");
    CHECK(in_quotes(hundred + "y") == "'" + hundred + "'... (101 bytes)");
    const std::string short_of_it(99, 'x');
    CHECK(in_quotes(short_of_it + "\u65e5") == "'" + short_of_it + "'... (102 bytes)");
}

TEST_CASE("hexadecimal digits are as many as are asked for") {
    CHECK(geolip::detail::hexadecimal(0x0123456789abcdefu) == "0123456789abcdef");
    CHECK(geolip::detail::hexadecimal(0x1bu, 4) == "001b");
}
