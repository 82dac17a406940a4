// Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT
#pragma once

/// \file
/// A second reading of safetensors headers, which shares nothing with the library's but the JSON library: it builds the
/// whole tree and then looks at it.

#include <algorithm>
#include <cstdint>
#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "geolip/checkpoint/safetensors_header.hpp"

namespace geolip_test {

using nlohmann::json;

/// The tree, or null if there is none or a key stands twice in an object.
inline json tree_of(const std::string& text) {
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

inline bool are_numbers(const json& array) {
    return array.is_array() &&
           std::all_of(array.begin(), array.end(), [](const json& n) { return n.is_number_unsigned(); });
}

/// Bytes of one tensor, exactly, or −1.
inline long double byte_count(const json& entry) {
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

/// Is a header with this text, and so many bytes behind it, one of the format?
inline bool is_valid(const std::string& text, std::uint64_t data_bytes) {
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
inline bool same_table(const geolip::checkpoint::safetensors_header& header, const json& tree) {
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

}  // namespace geolip_test
