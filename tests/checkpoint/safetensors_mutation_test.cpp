// Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT
//
// Damaged headers. What the reader says of each must be what a second reading says, one that shares nothing with it but
// the JSON library: it builds the whole tree and then looks at it.
#include <doctest/doctest.h>

#include <algorithm>
#include <cstdint>
#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "geolip/checkpoint/safetensors_file.hpp"
#include "geolip/random/philox.hpp"
#include "support/safetensors.hpp"
#include "support/temporary_folder.hpp"

using geolip::checkpoint::parse_safetensors_header;
using geolip::checkpoint::safetensors_header;
using nlohmann::json;

namespace {

constexpr std::uint64_t data_bytes = 24;
const std::string intact = R"({"__metadata__":{"k":"v"},"w":{"dtype":"F32","shape":[2,2],"data_offsets":[8,24]},)"
                           R"("ä":{"dtype":"I64","shape":[],"data_offsets":[0,8]}} )";

/// The tree, or null if there is none or a key stands twice in an object.
json tree_of(const std::string& text) {
    std::vector<std::set<std::string>> keys;
    bool twice = false;
    auto tree = json::parse(
        text,
        [&](int, json::parse_event_t event, json& value) {
            if (event == json::parse_event_t::object_start) keys.emplace_back();
            if (event == json::parse_event_t::object_end) keys.pop_back();
            if (event == json::parse_event_t::key) twice = twice || !keys.back().insert(value).second;
            return true;
        },
        false);
    return twice || tree.is_discarded() ? json() : tree;
}

bool are_numbers(const json& array) {
    return array.is_array() &&
           std::all_of(array.begin(), array.end(), [](const json& n) { return n.is_number_unsigned(); });
}

/// Bytes of one tensor, exactly, or −1.
long double byte_count(const json& entry) {
    static const std::map<std::string, int> bits = {
        {"BOOL", 8},    {"F4", 4},      {"F6_E2M3", 6}, {"F6_E3M2", 6},     {"U8", 8},          {"I8", 8},
        {"F8_E5M2", 8}, {"F8_E4M3", 8}, {"F8_E8M0", 8}, {"F8_E4M3FNUZ", 8}, {"F8_E5M2FNUZ", 8}, {"I16", 16},
        {"U16", 16},    {"F16", 16},    {"BF16", 16},   {"I32", 32},        {"U32", 32},        {"F32", 32},
        {"C64", 64},    {"F64", 64},    {"I64", 64},    {"U64", 64}};
    const auto type = bits.find(entry["dtype"]);
    if (type == bits.end()) return -1;
    long double product = type->second;
    bool empty = false;
    for (const std::uint64_t extent : entry["shape"]) {
        empty = empty || extent == 0;
        if (extent != 0) product *= static_cast<long double>(extent);
    }
    if (product > 0x1p64L) return -1;  // far beyond what these files have: no matter how it is rounded
    if (empty) return 0;
    return static_cast<std::uint64_t>(product) % 8 == 0 ? product / 8 : -1;
}

/// Is a header with this text one of the format?
bool is_valid(const std::string& text) {
    const std::size_t first = text.find_first_not_of(" \t\r\n");
    if (text.find('\0') != text.npos || first == text.npos || text[first] != '{') return false;
    const json tree = tree_of(text);
    if (!tree.is_object()) return false;
    std::vector<std::pair<std::uint64_t, std::uint64_t>> ranges;
    for (const auto& [name, entry] : tree.items()) {
        if (!entry.is_object()) return false;
        if (name == "__metadata__") {
            if (!std::all_of(entry.begin(), entry.end(), [](const json& v) { return v.is_string(); })) return false;
            continue;
        }
        for (std::size_t i = 0; i < name.size(); ++i) {
            const auto c = static_cast<unsigned char>(name[i]);
            if (c < 0x20 || c == 0x7f) return false;
            if (c == 0xc2 && static_cast<unsigned char>(name[i + 1]) < 0xa0) return false;
        }
        if (entry.size() != 3 || !entry.contains("dtype") || !entry.contains("shape") ||
            !entry.contains("data_offsets"))
            return false;
        if (!entry["dtype"].is_string() || !are_numbers(entry["shape"]) || entry["shape"].size() > 64 ||
            !are_numbers(entry["data_offsets"]) || entry["data_offsets"].size() != 2)
            return false;
        ranges.emplace_back(entry["data_offsets"][0], entry["data_offsets"][1]);
        const auto [begin, end] = ranges.back();
        if (begin > end || byte_count(entry) != static_cast<long double>(end - begin)) return false;
    }
    std::sort(ranges.begin(), ranges.end());
    std::uint64_t at = 0;
    for (const auto& [begin, end] : ranges) {
        if (begin != at) return false;
        at = end;
    }
    return at == data_bytes;
}

/// Does the table say what the tree says?
bool same_table(const safetensors_header& header, const json& tree) {
    const bool metadata = tree.contains("__metadata__");
    if (header.tensors.size() + (metadata ? 1 : 0) != tree.size()) return false;
    if (json(header.metadata) !=
        (metadata && !tree["__metadata__"].empty() ? tree["__metadata__"] : json(header.metadata)))
        return false;
    return std::all_of(header.tensors.begin(), header.tensors.end(), [&](const auto& t) {
        return tree.contains(t.name) && tree[t.name] == json{{"dtype", std::string(name_of(t.dtype))},
                                                             {"shape", t.shape},
                                                             {"data_offsets", {t.begin, t.end}}};
    });
}

struct tally {
    int accepted = 0;
    int refused = 0;
    int wrong = 0;

    void add(const std::string& text) {
        try {
            const safetensors_header header = parse_safetensors_header(text, data_bytes, "fuzz");
            ++accepted;
            if (is_valid(text) && same_table(header, tree_of(text))) return;
        } catch (const geolip::file_error&) {
            ++refused;
            if (!is_valid(text)) return;
        }
        ++wrong;
        MESSAGE("judged otherwise: " << text);
    }
};

}  // namespace

TEST_CASE("every change of one byte of a header is refused or leaves a table that is right") {
    REQUIRE(is_valid(intact));
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
