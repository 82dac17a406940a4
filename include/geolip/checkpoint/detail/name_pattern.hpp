// Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT
#pragma once

/// \file
/// Patterns of tensor names: text, `*` for any run of characters (also none), and numbered fields such as `{layer}`.

#include <cstddef>
#include <optional>
#include <string_view>

namespace geolip::checkpoint::detail {

/// What the numbered fields of a pattern stood for.
struct name_numbers {
    std::optional<std::size_t> layer, block, unit;
};

constexpr bool is_digit(char c) { return c >= '0' && c <= '9'; }

/// Takes the digits at the front of `text`. One number has one spelling and none has more than nine digits: names are
/// written by strangers.
constexpr std::optional<std::size_t> take_number(std::string_view& text) {
    std::size_t digits = 0, value = 0;
    while (digits < text.size() && digits < 10 && is_digit(text[digits]))
        value = 10 * value + static_cast<std::size_t>(text[digits++] - '0');
    if (digits == 0 || digits > 9 || (digits > 1 && text[0] == '0')) return std::nullopt;
    text.remove_prefix(digits);
    return value;
}

/// Takes what `pattern`, which has no `*`, says from the front of `text`; where it does not match, nothing. A number is
/// all the digits that stand there.
constexpr bool take_prefix(std::string_view pattern, std::string_view& text, name_numbers& numbers) {
    std::string_view rest = text;
    while (!pattern.empty()) {
        if (pattern.front() != '{') {
            if (rest.empty() || rest.front() != pattern.front()) return false;
            pattern.remove_prefix(1);
            rest.remove_prefix(1);
            continue;
        }
        const auto value = take_number(rest);
        if (!value) return false;
        switch (pattern[1]) {
            case 'l': numbers.layer = value; break;
            case 'b': numbers.block = value; break;
            default: numbers.unit = value;
        }
        pattern.remove_prefix(pattern.find('}') + 1);
    }
    text = rest;
    return true;
}

/// Takes from `text` up to the end of the first place, after `before`, where `pattern` matches; with `to_end`, one that
/// ends with the text. No number is taken from its middle.
constexpr bool take_through(std::string_view pattern, char before, bool to_end, std::string_view& text,
                            name_numbers& numbers) {
    const bool numbered = !pattern.empty() && pattern.front() == '{';
    for (std::string_view at = text;; at.remove_prefix(1)) {
        std::string_view rest = at;
        if (!(numbered && is_digit(before)) && take_prefix(pattern, rest, numbers) && (!to_end || rest.empty())) {
            text = rest;
            return true;
        }
        if (at.empty()) return false;
        before = at.front();
    }
}

/// Is all of `text` as `pattern` says? Every run between two `*` is taken where it first fits, which is enough: one
/// that begins later never ends earlier.
constexpr bool matches(std::string_view pattern, std::string_view text, name_numbers& numbers) {
    name_numbers found;
    std::string_view rest = text;
    std::size_t star = pattern.find('*');
    if (!take_prefix(pattern.substr(0, star), rest, found)) return false;
    while (star != pattern.npos) {
        pattern.remove_prefix(star + 1);
        star = pattern.find('*');
        const std::size_t at = text.size() - rest.size();
        const char before = at == 0 ? '\0' : text[at - 1];
        if (!take_through(pattern.substr(0, star), before, star == pattern.npos, rest, found)) return false;
    }
    if (!rest.empty()) return false;
    numbers = found;
    return true;
}

}  // namespace geolip::checkpoint::detail
