// Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT
#pragma once

/// \file
/// One of K disjoint parts of a sweep, for processes, job arrays or machines that share nothing.

#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>

#include "geolip/core/error.hpp"
#include "geolip/sweep/axis.hpp"

namespace geolip::sweep {

/// Part `index` of `count` (1 <= index <= count <= 2^20): the items whose number is `index - 1` modulo `count`.
/// Neighbouring items cost alike and go to different parts, so the parts take equally long.
struct shard {
    std::size_t index = 1;
    std::size_t count = 1;

    constexpr bool valid() const { return index >= 1 && index <= count && count <= 1u << 20; }

    constexpr bool owns(std::size_t item) const { return item % count == index - 1; }

    /// How many of `items` items are owned.
    constexpr std::size_t size(std::size_t items) const { return items < index ? 0 : (items - index) / count + 1; }

    friend bool operator==(const shard&, const shard&) = default;
};

/// `k/K`, as `parse_shard` reads it.
inline std::string to_string(shard part) { return std::to_string(part.index) + '/' + std::to_string(part.count); }

/// Reads `k/K`.
/// \throws usage_error naming `option` if the text is anything else
inline shard parse_shard(std::string_view text, std::string_view option) {
    const std::size_t slash = std::min<std::size_t>(text.find('/'), text.size());
    const auto index = number<std::size_t>(text.substr(0, slash));
    const auto count = number<std::size_t>(text.substr(std::min<std::size_t>(slash + 1, text.size())));
    const shard part{index.value_or(0), count.value_or(0)};
    detail::check(part.valid(), std::string(option) + " '" + std::string(text) + "': no such part",
                  "k/K with 1 <= k <= K, such as 1/3");
    return part;
}

}  // namespace geolip::sweep
