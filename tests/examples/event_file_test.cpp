// Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT
#include "support/event_file.hpp"

#include <doctest/doctest.h>

#include <string>
#include <string_view>

#include "support/crc32.hpp"
#include "support/png.hpp"

using namespace examples;
using namespace std::string_literals;

TEST_CASE("checksums are those of the standards") {
    // The check values of CRC-32/ISO-HDLC and CRC-32/ISCSI (Castagnoli) in the catalogue of parametrised CRCs.
    CHECK(crc32("123456789", 0xedb88320) == 0xcbf43926);
    CHECK(crc32("123456789", 0x82f63b78) == 0xe3069283);
}

TEST_CASE("base 64 is RFC 4648's") {
    const std::string_view known[][2] = {{"", ""},
                                         {"f", "Zg=="},
                                         {"fo", "Zm8="},
                                         {"foo", "Zm9v"},
                                         {"foob", "Zm9vYg=="},
                                         {"fooba", "Zm9vYmE="},
                                         {"foobar", "Zm9vYmFy"}};
    for (const auto& [bytes, text] : known) CHECK(base64(bytes) == text);
    CHECK(base64("\xff\xfe\xfd") == "//79");
}

TEST_CASE("a red pixel is a PNG that other programs read") {
    pixels p(1, 1);
    p.samples = {255, 0, 0};
    // Written by Python's zlib.compress(level=0) and struct.
    CHECK(base64(png(p)) ==
          "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAIAAACQd1PeAAAAD0lEQVR4AQEEAPv/AP8AAAMBAQCNHeWCAAAAAElFTkSuQmCC");
}

TEST_CASE("an event is tensorflow.Event in a TFRecord") {
    // Length, masked checksum, time 3 s, step 3, summary { value { tag "cv", simple_value 0.5 } }, masked checksum.
    const std::string event = scalar_event("cv", 3, 0.5);
    REQUIRE(event.size() == 8 + 4 + 24 + 4);
    CHECK(event.substr(0, 8) == "\x18\0\0\0\0\0\0\0"s);
    CHECK(event.substr(12, 24) ==
          "\x09\0\0\0\0\0\0\x08\x40\x10\x03\x2a\x0b\x0a\x09\x0a\x02"
          "cv\x15\0\0\0\x3f"s);
    CHECK(event_file_head().find("brain.Event:2") != std::string::npos);
    // Steps above 127 take two bytes and more.
    CHECK(scalar_event("cv", 300, 0.5).find("\x10\xac\x02"s) != std::string::npos);
}
