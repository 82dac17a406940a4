// Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT
#pragma once

/// \file
/// The lines of a record, the text file a sweep under way is kept in: a header and one line for each finished item.
/// Fields are separated by tabs. Each line ends in a checksum, seeded by the header's for the items, so a torn,
/// damaged or borrowed line is noticed. A value is the bits of a double in hexadecimal, or `!` and why there is none.
///
///     geolip sweep record 1 | version 0.1.0 | … | dims 8:2048:8 | vocabs 8:2048:8 | shard 1/1 | checksum
///     item | value | … | checksum

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "geolip/core/estimate.hpp"
#include "geolip/core/fnv1a.hpp"
#include "geolip/core/text.hpp"
#include "geolip/sweep/number.hpp"
#include "geolip/sweep/plan.hpp"
#include "geolip/sweep/results.hpp"
#include "geolip/sweep/shard.hpp"

namespace geolip::sweep::detail {

inline constexpr std::string_view record_magic = "geolip sweep record 1";

using geolip::detail::fnv1a;
using geolip::detail::fnv1a_basis;
using geolip::detail::hexadecimal;

/// A line's text, a tab, its checksum and the end of the line.
inline std::string sealed(std::string_view text, std::uint64_t seed = fnv1a_basis) {
    return std::string(text) + '\t' + hexadecimal(fnv1a(text, seed)) + '\n';
}

/// The text of a sealed line, given without its end; empty if the checksum does not fit.
inline std::string_view unsealed(std::string_view line, std::uint64_t seed = fnv1a_basis) {
    const std::string_view text = line.substr(0, line.size() < 17 ? 0 : line.size() - 17);
    const std::string whole = sealed(text, seed);
    return std::string_view(whole).substr(0, whole.size() - 1) == line ? text : std::string_view();
}

/// Takes the text up to the next tab off the front of `rest`.
inline std::string_view next_field(std::string_view& rest) {
    const std::size_t tab = std::min<std::size_t>(rest.find('\t'), rest.size());
    const std::string_view field = rest.substr(0, tab);
    rest.remove_prefix(std::min<std::size_t>(tab + 1, rest.size()));
    return field;
}

/// A record's header, without its checksum.
inline std::string header_text(const plan& p, shard part) {
    std::string text(record_magic);
    for (const fact& f : facts(p)) text += '\t' + std::string(f.name) + ' ' + f.text;
    return text + "\tdims " + to_string(p.dims) + "\tvocabs " + to_string(p.vocabs) + "\tshard " + to_string(part);
}

/// The plan and the shard that `header_text` makes `text` from.
inline std::pair<plan, shard> parse_header(std::string_view text) {
    plan p;
    shard part;
    next_field(text);
    while (!text.empty()) {
        std::string_view value = next_field(text);
        const std::string_view name = value.substr(0, value.find(' '));
        value.remove_prefix(std::min<std::size_t>(name.size() + 1, value.size()));
        if (name == "seed") p.seed = number<std::uint64_t>(value).value_or(0);
        if (name == "samples") p.samples = number<int>(value).value_or(0);
        if (name == "order") p.order = number<int>(value).value_or(0);
        if (name == "law") p.law = parse_choice<law>(value, name);
        if (name == "design") p.design = parse_choice<design>(value, name);
        if (name == "draw") p.draw = parse_choice<draw>(value, name);
        if (name == "backend") p.backend = value;
        if (name == "isa") p.isa = parse_choice<isa>(value, name);
        if (name == "dims") p.dims = parse_axis(value, name);
        if (name == "vocabs") p.vocabs = parse_axis(value, name);
        if (name == "shard") part = parse_shard(value, name);
    }
    validate(p);
    return {p, part};
}

/// The line of one item, without its checksum.
inline std::string item_text(std::size_t item, std::span<const entry> entries) {
    std::string text = std::to_string(item);
    for (const entry& e : entries)
        text +=
            '\t' + (e.cv ? hexadecimal(std::bit_cast<std::uint64_t>(*e.cv)) : '!' + std::string(describe(e.reason)));
    return text;
}

/// Reads the values of an item's line, behind its number, into `entries`. False if they are not what `item_text`
/// writes.
inline bool parse_values(std::string_view text, std::span<entry> entries) {
    for (entry& e : entries) {
        const std::string_view value = next_field(text);
        e.cv.reset();
        e.reason = undefined_reason::none;
        if (value.starts_with('!')) {
            e.reason = parse_reason(value.substr(1));
        } else if (const auto bits = number<std::uint64_t>(value, 16); bits && value.size() == 16) {
            if (const double cv = std::bit_cast<double>(*bits); std::isfinite(cv)) e.cv = cv;
        }
        if (!e.cv && e.reason == undefined_reason::none) return false;
    }
    return text.empty();
}

}  // namespace geolip::sweep::detail
