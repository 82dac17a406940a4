// Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT
#pragma once

/// \file
/// Where a tensor stands in its model, as a key and in words.

#include <cstddef>
#include <initializer_list>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>

#include "geolip/checkpoint/catalogue_entry.hpp"

namespace examples::probe {

namespace cp = geolip::checkpoint;

/// Entries that are looked at together: of one role, side, attention and part of the path.
using group_key = std::tuple<cp::tensor_side, cp::attention_kind, cp::tensor_role, cp::path_part>;
inline group_key key_of(const cp::catalogue_entry& e) { return {e.side, e.attention, e.role, e.path}; }

/// And of one unit and layer.
using place_key = std::tuple<group_key, cp::path_unit, std::optional<std::size_t>>;
inline place_key place_key_of(const cp::catalogue_entry& e) { return {key_of(e), e.unit, e.layer}; }

namespace detail {

/// Those of side, path, attention and role that are not "none".
inline std::string words_of_place(std::initializer_list<std::string_view> parts) {
    std::string text;
    for (const std::string_view part : parts) {
        if (part.empty() || part == "none") continue;
        if (!text.empty()) text += ' ';
        text += part;
    }
    return text;
}

}  // namespace detail

/// "encoder self query", "decoder mlp_up", "up cross key".
inline std::string name_of(const group_key& k) {
    return detail::words_of_place({cp::name_of(std::get<0>(k)), cp::name_of(std::get<3>(k)),
                                   cp::name_of(std::get<1>(k)), cp::name_of(std::get<2>(k))});
}
/// The same and the layer.
inline std::string place_of(const cp::catalogue_entry& e) {
    std::string text = name_of(key_of(e));
    if (e.layer) text += ' ' + std::to_string(*e.layer);
    return text;
}
/// The group of an entry of the JSON document.
inline std::string group_of(const nlohmann::ordered_json& entry) {
    const auto part = [&](const char* key) {
        const auto found = entry.find(key);
        return found != entry.end() && found->is_string() ? std::string_view(found->get_ref<const std::string&>())
                                                          : std::string_view();
    };
    return detail::words_of_place({part("side"), part("path"), part("attention"), part("role")});
}

}  // namespace examples::probe
