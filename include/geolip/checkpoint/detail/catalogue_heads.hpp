// Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT
#pragma once

/// \file
/// Heads of attention: what config.json says, and whether the shapes agree.

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>

#include <nlohmann/json.hpp>

#include "geolip/checkpoint/catalogue_entry.hpp"
#include "geolip/checkpoint/detail/catalogue_families.hpp"
#include "geolip/checkpoint/detail/catalogue_rules.hpp"

namespace geolip::checkpoint::detail {

/// Numbers of heads as far as they are known. For linear attention, kv_heads and value_dim are the values' alone.
struct head_numbers {
    std::optional<std::size_t> heads = {}, kv_heads = {}, head_dim = {}, value_dim = {};
};

/// The member of that name, or null.
inline const nlohmann::json* member(const nlohmann::json* object, const char* key) {
    if (object == nullptr || !object->is_object()) return nullptr;
    const auto at = object->find(key);
    return at == object->end() ? nullptr : &*at;
}
inline const nlohmann::json* object_member(const nlohmann::json* object, const char* key) {
    const nlohmann::json* m = member(object, key);
    return m != nullptr && m->is_object() ? m : nullptr;
}

/// A count from 1 to a million; nothing for whatever else a file may say.
inline std::optional<std::size_t> count_of(const nlohmann::json* value) {
    constexpr std::uint64_t most = 1'000'000;
    if (value == nullptr || !value->is_number_integer()) return std::nullopt;
    if (!value->is_number_unsigned() && value->get<std::int64_t>() < 0) return std::nullopt;
    const auto count = value->get<std::uint64_t>();
    if (count == 0 || count > most) return std::nullopt;
    return static_cast<std::size_t>(count);
}
/// The first of `keys` that has a count.
inline std::optional<std::size_t> count_at(const nlohmann::json* object, std::initializer_list<const char*> keys) {
    for (const char* key : keys)
        if (const auto count = count_of(member(object, key))) return count;
    return std::nullopt;
}

/// diffusers calls the number of heads attention_head_dim, one for all blocks or one for each on the way down.
inline head_numbers unet_heads(const nlohmann::json* config, path_part path, std::optional<std::size_t> block) {
    const nlohmann::json* value = member(config, "num_attention_heads");
    if (value == nullptr || value->is_null()) value = member(config, "attention_head_dim");
    if (value == nullptr || !value->is_array()) return {.heads = count_of(value)};
    const std::size_t levels = value->size();
    std::size_t level = block.value_or(0);
    if (levels == 0 || level >= levels) return {};
    if (path == path_part::middle) level = levels - 1;
    if (path == path_part::up) level = levels - 1 - level;
    return {.heads = count_of(&(*value)[level])};
}

/// The part of config.json that speaks of one side.
inline const nlohmann::json* config_of_side(const nlohmann::json* config, head_source source, tensor_side side) {
    const auto first_of = [](const nlohmann::json* a, const nlohmann::json* b) { return a != nullptr ? a : b; };
    const bool visual = side == tensor_side::visual;
    switch (source) {
        case head_source::clip: {
            if (const auto* open_clip = object_member(config, "model_cfg"))
                return object_member(open_clip, visual ? "vision_cfg" : "text_cfg");
            return first_of(object_member(config, visual ? "vision_config" : "text_config"), config);
        }
        case head_source::decoder:
            if (visual) return object_member(config, "vision_config");
            return first_of(object_member(config, "text_config"), config);
        case head_source::t5gemma: {
            const nlohmann::json* encoder = object_member(config, "encoder");
            if (visual) return object_member(encoder, "vision_config");
            if (side == tensor_side::decoder) return object_member(config, "decoder");
            return first_of(object_member(encoder, "text_config"), encoder);
        }
        default: return config;
    }
}

/// What config.json says of the attention that `m` belongs to.
inline head_numbers configured_heads(const nlohmann::json* config, head_source source, const tensor_match& m) {
    if (source == head_source::single && m.path != path_part::none && m.unit == path_unit::attention_block)
        return {.heads = 1};
    if (source == head_source::none || source == head_source::single || config == nullptr) return {};
    if (source == head_source::unet) return unet_heads(config, m.path, m.numbers.block);
    const nlohmann::json* part = config_of_side(config, source, m.side);
    if (part == nullptr) return {};
    if (m.attention == attention_kind::linear)
        return {.heads = count_at(part, {"linear_num_key_heads"}),
                .kv_heads = count_at(part, {"linear_num_value_heads"}),
                .head_dim = count_at(part, {"linear_key_head_dim"}),
                .value_dim = count_at(part, {"linear_value_head_dim"})};
    head_numbers n = {.heads = count_at(part, {"num_attention_heads", "num_heads", "n_head", "heads"}),
                      .kv_heads = count_at(part, {"num_key_value_heads"}),
                      .head_dim = count_at(part, {"head_dim", "d_kv", "head_width"})};
    // open_clip writes no more than what differs from its defaults.
    if (source == head_source::clip && object_member(config, "model_cfg") != nullptr) {
        const bool visual = m.side == tensor_side::visual;
        if (visual && !n.head_dim && !n.heads) n.head_dim = 64;
        if (!visual && !n.heads) n.heads = 8;
    }
    return n;
}

/// Writes into `e`, an entry that is a matrix, the heads that `n` gives it, or why it has none.
inline void apply_heads(catalogue_entry& e, const head_numbers& n, const nlohmann::json* config) {
    const bool keys = e.role == tensor_role::key || e.role == tensor_role::value;
    const bool linear = e.attention == attention_kind::linear;
    const bool out_in = e.orientation == tensor_orientation::out_in;
    const bool output = e.role == tensor_role::output;
    const std::size_t width = output == out_in ? e.cols() : e.rows();
    std::optional<std::size_t> heads = n.heads, kv_heads = n.kv_heads ? n.kv_heads : n.heads, head_dim = n.head_dim;
    if (linear && e.role != tensor_role::query && e.role != tensor_role::key) {  // as many and as wide as the values
        heads = kv_heads = n.kv_heads;
        head_dim = n.value_dim;
    } else if (linear) {
        kv_heads = heads;
    }
    std::optional<std::size_t>& own = keys ? kv_heads : heads;
    if (!own && !head_dim) {
        e.heads_reason = config == nullptr ? "config.json, which says how many heads there are, was not given"
                                           : "config.json does not say how many heads there are";
        return;
    }
    if (!own && width % *head_dim == 0) own = width / *head_dim;
    if (own && !head_dim && width % *own == 0) head_dim = width / *own;
    if (!own || !head_dim || *own * *head_dim != width) {
        e.heads_reason = std::to_string(width) + (output ? " inputs" : " outputs") + " are not ";
        e.heads_reason += own ? std::to_string(*own) + " heads" : "heads";
        if (head_dim) e.heads_reason += " of " + std::to_string(*head_dim);
        return;
    }
    e.heads = heads;
    e.kv_heads = kv_heads;
    e.head_dim = head_dim;
}

}  // namespace geolip::checkpoint::detail
