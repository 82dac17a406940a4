// Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT
#pragma once

/// \file
/// One axis of a sweep's grid, dimensions or vocabularies: its text form `LO:HI:STEP` read and written.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "geolip/core/error.hpp"
#include "geolip/sweep/number.hpp"

namespace geolip::sweep {

/// The most values one axis may have.
inline constexpr std::size_t max_axis_size = 1u << 20;

namespace detail {

/// Raises "what; expected …" unless the condition holds.
inline void check(bool holds, const std::string& what, const std::string& expected) {
    if (!holds) geolip::detail::raise(usage_error(what + "; expected " + expected));
}

}  // namespace detail

/// The values of `LO:HI:STEP`: LO, LO+STEP, … up to HI, which is included when the step reaches it. `24` is the one
/// value 24; parts may be joined by commas. Values are positive 32-bit numbers in strictly ascending order.
/// \param text  the values
/// \param name  what the text was given for (an option or a field), for the message
/// \throws usage_error if the text is malformed, empty, zero, negative, too large or not ascending
inline std::vector<std::uint32_t> parse_axis(std::string_view text, std::string_view name) {
    const auto require = [&](bool holds, std::string_view why) {
        detail::check(holds, std::string(name) + " '" + std::string(text) + "': " + std::string(why),
                      "LO:HI:STEP with 1 <= LO <= HI and STEP >= 1, such as 8:2048:8, a single value, or ascending "
                      "parts joined by commas");
    };
    std::vector<std::uint32_t> values;
    for (std::size_t begin = 0; begin <= text.size();) {
        const std::size_t comma = std::min<std::size_t>(text.find(',', begin), text.size());
        const std::string_view part = text.substr(begin, comma - begin);
        begin = comma + 1;
        const std::size_t first = part.find(':');
        const std::size_t second = first == part.npos ? part.npos : part.find(':', first + 1);
        const bool single = first == part.npos;
        require(single || second != part.npos, "the step is missing");
        const auto low = number<std::uint32_t>(part.substr(0, first));
        const auto high = single ? low : number<std::uint32_t>(part.substr(first + 1, second - first - 1));
        const auto step = single ? 1u : number<std::uint32_t>(part.substr(second + 1));
        require(low && high && step, "not made of positive 32-bit whole numbers");
        require(*low > 0, "starts at zero");
        require(*step > 0, "the step is zero");
        require(*low <= *high, "the range is empty");
        require(values.empty() || values.back() < *low, "the values do not ascend");
        const std::size_t count = (*high - *low) / *step + std::size_t{1};
        require(count <= max_axis_size - values.size(), "more than 1048576 values");
        for (std::size_t i = 0; i < count; ++i) values.push_back(*low + static_cast<std::uint32_t>(i) * *step);
    }
    return values;
}

/// The common difference of an axis: 1 for a single value, empty if the values are not evenly spaced.
inline std::optional<std::uint32_t> axis_step(const std::vector<std::uint32_t>& axis) {
    if (axis.empty()) return std::nullopt;
    if (axis.size() == 1) return 1u;
    const std::uint32_t step = axis[1] - axis[0];
    for (std::size_t i = 2; i < axis.size(); ++i) {
        if (axis[i] - axis[i - 1] != step) return std::nullopt;
    }
    return step;
}

/// The text `parse_axis` reads back: `LO:HI:STEP` if the values are evenly spaced, else the values with commas.
inline std::string to_string(const std::vector<std::uint32_t>& axis) {
    if (const auto step = axis_step(axis); step && axis.size() > 1) {
        return std::to_string(axis.front()) + ':' + std::to_string(axis.back()) + ':' + std::to_string(*step);
    }
    std::string text;
    for (const std::uint32_t value : axis) {
        if (!text.empty()) text += ',';
        text += std::to_string(value);
    }
    return text;
}

}  // namespace geolip::sweep
