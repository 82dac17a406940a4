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

/// What follows in `text` behind `pattern`, which has no `*`; nothing where it does not match. A number is all the
/// digits that stand there.
constexpr std::optional<std::string_view> after_prefix(std::string_view pattern, std::string_view text,
                                                       name_numbers& numbers) {
    while (!pattern.empty()) {
        if (pattern.front() != '{') {
            if (text.empty() || text.front() != pattern.front()) return std::nullopt;
            pattern.remove_prefix(1);
            text.remove_prefix(1);
            continue;
        }
        const auto value = take_number(text);
        if (!value) return std::nullopt;
        switch (pattern[1]) {
            case 'l': numbers.layer = value; break;
            case 'b': numbers.block = value; break;
            default: numbers.unit = value;
        }
        pattern.remove_prefix(pattern.find('}') + 1);
    }
    return text;
}

/// Is all of `text` as `pattern` says? Every run between two `*` is taken where it first fits, which is enough: one
/// that begins later never ends earlier.
constexpr bool matches(std::string_view pattern, std::string_view text, name_numbers& numbers) {
    name_numbers found;
    std::size_t star = pattern.find('*');
    const auto begin = after_prefix(pattern.substr(0, star), text, found);
    bool fits = begin.has_value();
    std::string_view rest = begin.value_or(std::string_view());
    while (fits && star != pattern.npos) {
        pattern.remove_prefix(star + 1);
        star = pattern.find('*');
        const std::string_view run = pattern.substr(0, star);
        const bool numbered = !run.empty() && run.front() == '{';
        for (std::string_view at = rest;; at.remove_prefix(1)) {
            const std::size_t before = text.size() - at.size();
            const bool in_number = numbered && before > 0 && is_digit(text[before - 1]);
            const auto next = in_number ? std::optional<std::string_view>() : after_prefix(run, at, found);
            fits = next.has_value();
            rest = next.value_or(std::string_view());
            if (fits && star == pattern.npos && !rest.empty()) {
                if (run.empty())
                    rest = {};  // a `*` at the end takes what is left
                else
                    fits = false;
            }
            if (fits || at.empty()) break;
        }
    }
    if (!fits || !rest.empty()) return false;
    numbers = found;
    return true;
}

}  // namespace geolip::checkpoint::detail
