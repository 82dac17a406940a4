// Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT
#pragma once

/// \file
/// Text from strangers (names inside files, paths) made fit for one line of a message or a terminal.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace geolip {

namespace detail {

/// A code point and the bytes it takes; 0 bytes where UTF-8 is malformed.
struct code_point {
    char32_t value = 0;
    std::size_t bytes = 0;
};

/// The first code point of `text`, which is not empty. Overlong forms, surrogates and values beyond U+10FFFF are
/// malformed (Unicode 15, table 3-7).
constexpr code_point first_code_point(std::string_view text) {
    const auto lead = static_cast<unsigned char>(text[0]);
    if (lead < 0x80) return {lead, 1};
    const std::size_t bytes = lead < 0xC2 ? 0 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : lead < 0xF5 ? 4 : 0;
    if (bytes == 0 || text.size() < bytes) return {};
    char32_t value = lead & (0xFFu >> (bytes + 1));
    for (std::size_t i = 1; i < bytes; ++i) {
        const auto next = static_cast<unsigned char>(text[i]);
        if ((next & 0xC0u) != 0x80) return {};
        value = (value << 6) | (next & 0x3Fu);
    }
    const bool overlong = (bytes == 3 && value < 0x800) || (bytes == 4 && value < 0x10000);
    if (overlong || (value >= 0xD800 && value < 0xE000) || value > 0x10FFFF) return {};
    return {value, bytes};
}

/// C0, DEL and C1: what a terminal may obey.
constexpr bool is_control(char32_t c) { return c < 0x20 || (c >= 0x7F && c < 0xA0); }

/// Does `c` break or reorder a line, or show as nothing?
constexpr bool is_deceptive(char32_t c) {
    return c == 0xAD || c == 0x61C || c == 0x180E || (c >= 0x200B && c <= 0x200F) || (c >= 0x2028 && c <= 0x202E) ||
           (c >= 0x2060 && c <= 0x206F) || c == 0xFEFF || (c >= 0xFFF9 && c <= 0xFFFB) ||
           (c >= 0xE0000 && c <= 0xE007F);
}

/// The last `digits` hexadecimal digits of `bits`.
inline std::string hexadecimal(std::uint64_t bits, int digits = 16) {
    std::string text;
    for (int shift = 4 * (digits - 1); shift >= 0; shift -= 4) text += "0123456789abcdef"[(bits >> shift) & 15];
    return text;
}

}  // namespace detail

/// `text` in printable UTF-8 without line breaks. Control characters, those that reorder or hide text, backslashes,
/// single quotes and bytes that are no UTF-8 are written as C++ escapes them: with n, u and four digits or U and eight,
/// x and two.
inline std::string escaped(std::string_view text) {
    std::string result;
    result.reserve(text.size());
    while (!text.empty()) {
        const detail::code_point c = detail::first_code_point(text);
        if (c.bytes == 0) {
            result += "\\x";
            result += detail::hexadecimal(static_cast<unsigned char>(text[0]), 2);
        } else if (c.value == '\n') {
            result += "\\n";
        } else if (c.value == '\\' || c.value == '\'') {
            result += '\\';
            result += text[0];
        } else if (detail::is_control(c.value) || detail::is_deceptive(c.value)) {
            result += c.value < 0x10000 ? "\\u" : "\\U";
            result += detail::hexadecimal(c.value, c.value < 0x10000 ? 4 : 8);
        } else {
            result += text.substr(0, c.bytes);
        }
        text.remove_prefix(std::max<std::size_t>(c.bytes, 1));
    }
    return result;
}

/// `text` escaped and in single quotes; of more than 100 bytes, the first and how many there are.
inline std::string in_quotes(std::string_view text) {
    constexpr std::size_t limit = 100;
    std::string_view shown = text.substr(0, limit);
    if (shown.size() < text.size()) {  // no code point is cut in two
        while (!shown.empty() && (static_cast<unsigned char>(text[shown.size()]) & 0xC0u) == 0x80)
            shown.remove_suffix(1);
    }
    std::string result = "'";
    result += escaped(shown);
    result += '\'';
    if (shown.size() == text.size()) return result;
    result += "... (";
    result += std::to_string(text.size());
    result += " bytes)";
    return result;
}

}  // namespace geolip
