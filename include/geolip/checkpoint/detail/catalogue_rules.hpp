// Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT
#pragma once

/// \file
/// How a catalogue's rules are written.

#include <span>
#include <string_view>

#include "geolip/checkpoint/catalogue_entry.hpp"

namespace geolip::checkpoint::detail {

/// Parts that one tensor's outputs are made of.
enum class tensor_split {
    none,
    qkv,           ///< a third each
    gated_query,   ///< per head its query, then as much gate; or queries alone
    linear_qkv,    ///< of linear attention, whose values may be wider than queries and keys
    gate_then_up,  ///< half and half
    up_then_gate,
};

/// A module (its parameters are PATTERN.weight and PATTERN.bias) or, if `bare`, a parameter's whole name, and what it
/// is. Patterns as in name_pattern.hpp.
struct catalogue_rule {
    std::string_view pattern;
    tensor_role role;
    attention_kind attention = attention_kind::none;
    path_unit unit = path_unit::none;
    tensor_split split = tensor_split::none;
    tensor_orientation orientation = tensor_orientation::out_in;
    bool bare = false;
    std::string_view reason = {};  ///< why it is not to be measured

    constexpr catalogue_rule splitting(tensor_split how) const {
        catalogue_rule r = *this;
        r.split = how;
        return r;
    }
    constexpr catalogue_rule in_out() const {
        catalogue_rule r = *this;
        r.orientation = tensor_orientation::in_out;
        return r;
    }
    constexpr catalogue_rule unused(std::string_view why) const {
        catalogue_rule r = *this;
        r.reason = why;
        return r;
    }
};

/// Names that begin with `prefix`, a pattern without `*`; the rules hold for what follows.
struct catalogue_stem {
    std::string_view prefix;
    tensor_side side;
    std::span<const catalogue_rule> rules;
    path_part path = path_part::none;
    bool reversed = false;  ///< the blocks compute from the last to the first
    bool merged = false;    ///< its self attention is to another sequence as well
};

/// Where config.json has the numbers of heads.
enum class head_source { none, flat, clip, decoder, t5gemma, unet, single };

/// An architecture. Its names show it: of every sign, patterns of whole names with `|` between alternatives, there is
/// one.
struct catalogue_family {
    std::string_view name;
    std::string_view config_types;  ///< what config.json calls it, each between two `|`
    std::span<const std::string_view> signs;
    std::span<const catalogue_stem> stems;
    head_source heads;
};

/// Short ways to write rules.
namespace rules {

using enum tensor_role;

inline constexpr attention_kind self = attention_kind::self;
inline constexpr attention_kind cross = attention_kind::cross;
inline constexpr attention_kind linear = attention_kind::linear;

constexpr catalogue_rule bare(std::string_view pattern, tensor_role role,
                              attention_kind attention = attention_kind::none) {
    return {.pattern = pattern, .role = role, .attention = attention, .bare = true};
}
constexpr catalogue_rule along(path_unit unit, std::string_view pattern, tensor_role role,
                               attention_kind attention = attention_kind::none) {
    return {.pattern = pattern, .role = role, .attention = attention, .unit = unit};
}

}  // namespace rules
}  // namespace geolip::checkpoint::detail
