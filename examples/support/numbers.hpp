// Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT
#pragma once

/// \file
/// Real numbers and ranges of them on the command line, written as JSON writes numbers: in no locale, never NaN.

#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <utility>

#include "geolip/core/error.hpp"
#include "geolip/sweep/number.hpp"

namespace examples {

/// The number that `text` is.
inline std::optional<double> parse_number(const std::string& text) {
    const nlohmann::json value = nlohmann::json::parse(text, nullptr, false);
    return value.is_number() ? std::optional(value.get<double>()) : std::nullopt;
}

/// The number from `low` to `high` that `text` is.
inline double real_number(const std::string& text, const std::string& option, double low, double high) {
    const std::optional<double> value = parse_number(text);
    if (value && low <= *value && *value <= high) return *value;
    throw geolip::usage_error(option + " '" + text + "': expected a number from " + geolip::sweep::shortest(low) +
                              " to " + geolip::sweep::shortest(high));
}

/// Reads `LO:HI`, two numbers in ascending order.
inline std::pair<double, double> parse_range(const std::string& text, const std::string& option) {
    const std::size_t colon = text.find(':');
    const auto lo = parse_number(text.substr(0, colon));
    const auto hi = colon == text.npos ? std::nullopt : parse_number(text.substr(colon + 1));
    if (!lo || !hi || !(*lo <= *hi)) {
        throw geolip::usage_error(option + " '" + text +
                                  "': not a range; expected LO:HI with LO <= HI, such as 0.13:0.30");
    }
    return {*lo, *hi};
}

}  // namespace examples
