// Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT
//
// Damaged headers. What the reader says of each must be what a second reading says.
#include <doctest/doctest.h>

#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "geolip/checkpoint/safetensors_file.hpp"
#include "geolip/random/philox.hpp"
#include "support/safetensors.hpp"
#include "support/second_reading.hpp"
#include "support/temporary_folder.hpp"

using geolip::checkpoint::parse_safetensors_header;
using geolip::checkpoint::safetensors_header;
using geolip_test::is_valid;
using geolip_test::same_table;
using geolip_test::tree_of;

namespace {

constexpr std::uint64_t data_bytes = 24;
const std::string intact = R"({"__metadata__":{"k":"v"},"w":{"dtype":"F32","shape":[2,2],"data_offsets":[8,24]},)"
                           R"("ä":{"dtype":"I64","shape":[],"data_offsets":[0,8]}} )";

struct tally {
    int accepted = 0;
    int refused = 0;
    int wrong = 0;

    void add(const std::string& text) {
        try {
            const safetensors_header header = parse_safetensors_header(text, data_bytes, "fuzz");
            ++accepted;
            if (is_valid(text, data_bytes) && same_table(header, tree_of(text))) return;
        } catch (const geolip::file_error&) {
            ++refused;
            if (!is_valid(text, data_bytes)) return;
        }
        ++wrong;
        MESSAGE("judged otherwise: " << text);
    }
};

}  // namespace

TEST_CASE("every change of one byte of a header is refused or leaves a table that is right") {
    REQUIRE(is_valid(intact, data_bytes));
    tally t;
    t.add(intact);
    REQUIRE(t.accepted == 1);
    std::string text = intact;
    for (char& c : text) {
        const char before = c;
        for (int code = 0; code < 256; ++code) {
            c = static_cast<char>(static_cast<unsigned char>(code));
            t.add(text);
        }
        c = before;
    }
    CHECK(t.wrong == 0);
    CHECK(t.accepted > 256);  // names and metadata may be anything printable
    CHECK(t.refused > t.accepted);
}

TEST_CASE("every byte left out, doubled or exchanged with its neighbour") {
    tally t;
    for (std::size_t i = 0; i < intact.size(); ++i) {
        t.add(std::string(intact).erase(i, 1));
        t.add(intact.substr(0, i));
        t.add(std::string(intact).insert(i, 1, intact[i]));
        std::string text = intact;
        if (i > 0) std::swap(text[i - 1], text[i]);
        t.add(text);
    }
    CHECK(t.wrong == 0);
    CHECK(t.accepted > 0);
}

TEST_CASE("random pieces moved, doubled and replaced by what a header is made of") {
    const std::vector<std::string> pieces = {"0",
                                             "8",
                                             "24",
                                             "18446744073709551615",
                                             "18446744073709551616",
                                             "-1",
                                             "1.0",
                                             "1e1",
                                             "null",
                                             "true",
                                             "[",
                                             "]",
                                             "{",
                                             "}",
                                             ",",
                                             ":",
                                             "\"",
                                             "\\",
                                             "\\u0000",
                                             "\xff",
                                             "\xc2\x85",
                                             std::string(1, '\0'),
                                             "\"a\":",
                                             "\"dtype\":\"F32\"",
                                             "\"shape\":[2,2]",
                                             "\"data_offsets\":[0,8]",
                                             "\"__metadata__\":{}",
                                             "4294967296",
                                             "\"F64\"",
                                             "\"F4\"",
                                             " ",
                                             ",0"};
    geolip::philox_engine draw({4, 2});
    tally t;
    for (int round = 0; round < 3'000; ++round) {
        std::string text = intact;
        for (std::size_t changes = 1 + draw() % 3; changes > 0; --changes) {
            const std::size_t from = draw() % text.size();
            const std::size_t length = draw() % 12;
            const std::string piece = draw() % 2 == 0 ? pieces[draw() % pieces.size()] : text.substr(from, length);
            text.replace(draw() % text.size(), draw() % 3 == 0 ? 0 : draw() % 12, piece);
        }
        t.add(text);
    }
    CHECK(t.wrong == 0);
    CHECK(t.accepted > 10);
    CHECK(t.refused > 1000);
}

TEST_CASE("no other length of the header or of the file opens") {
    const temporary_folder folder;
    const std::string whole = geolip_test::file_of(intact, data_bytes);
    const auto opens = [&](const std::string& bytes) {
        write_file(folder / "in", bytes);
        try {
            geolip::checkpoint::safetensors_file(folder / "in");
            return true;
        } catch (const geolip::file_error&) {
            return false;
        }
    };
    CHECK(opens(whole));
    int opened = 0;
    for (std::size_t i = 0; i < 8; ++i) {
        for (int bit = 0; bit < 8; ++bit) {
            std::string changed = whole;
            changed[i] = static_cast<char>(static_cast<unsigned char>(changed[i]) ^ (1u << bit));
            opened += opens(changed);
        }
    }
    for (std::size_t size = 0; size < whole.size(); size += 5) opened += opens(whole.substr(0, size));
    opened += opens(whole + '\0') + opens(whole + whole);
    CHECK(opened == 0);
}
