// Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT
#pragma once

/// \file
/// Numbers as text and back, exactly and in no locale.

#include <charconv>
#include <concepts>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>

namespace geolip::sweep {

/// The shortest decimal that reads back as the same double; a JSON number for finite values.
inline std::string shortest(double value) {
    char text[32];
    return {text, std::to_chars(text, text + sizeof text, value).ptr};
}

/// `value` rounded to `decimals` (at most 17) digits behind the point, exactly and ties to even. What is rounded to
/// zero has no sign.
inline std::string fixed(double value, int decimals) {
    char text[352];
    std::string digits(text, std::to_chars(text, text + sizeof text, value, std::chars_format::fixed, decimals).ptr);
    if (digits.front() == '-' && digits.find_first_not_of("-0.") == digits.npos) digits.erase(0, 1);
    return digits;
}

/// The whole number in `base` that is all of `text`, or empty. Unsigned types take no sign.
template <std::integral T>
std::optional<T> number(std::string_view text, int base = 10) {
    T value{};
    const char* end = text.data() + text.size();
    const auto [stop, status] = std::from_chars(text.data(), end, value, base);
    if (text.empty() || status != std::errc() || stop != end) return std::nullopt;
    return value;
}

}  // namespace geolip::sweep
