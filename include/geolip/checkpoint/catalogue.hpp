// Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT
#pragma once

/// \file
/// The catalogue of a checkpoint: its architecture, and the role of every tensor. Component `json`.

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>

#include "geolip/checkpoint/catalogue_entry.hpp"
#include "geolip/checkpoint/catalogue_mapping.hpp"
#include "geolip/checkpoint/detail/catalogue_families.hpp"
#include "geolip/checkpoint/detail/catalogue_guess.hpp"
#include "geolip/checkpoint/detail/catalogue_heads.hpp"
#include "geolip/checkpoint/detail/catalogue_split.hpp"
#include "geolip/checkpoint/safetensors_header.hpp"
#include "geolip/core/text.hpp"

namespace geolip::checkpoint {

namespace detail {

/// What config.json calls its model; empty if it does not say.
inline std::string configured_type(const nlohmann::json* config) {
    for (const char* key : {"model_type", "_class_name"})
        if (const auto* type = member(config, key); type != nullptr && type->is_string())
            return type->get<std::string>();
    return object_member(config, "model_cfg") != nullptr ? "clip" : "";
}

inline detected_architecture describe_family(const catalogue_family* family, const nlohmann::json* config) {
    const std::string type = configured_type(config);
    if (family == nullptr)
        return {"unknown", type.empty() ? "no known tensor names"
                                        : "no known tensor names, and config.json says " + in_quotes(type)};
    std::string evidence = "tensor names";
    if (!type.empty()) {
        const bool agrees = family->config_types.find("|" + type + "|") != std::string_view::npos;
        evidence +=
            agrees ? " and config.json (" + in_quotes(type) + ")" : ", though config.json says " + in_quotes(type);
    }
    return {std::string(family->name), evidence};
}

/// What `t` is, whoever says so.
inline tensor_match find_match(const tensor_info& t, const catalogue_family* family, const catalogue_mapping* mapping) {
    if (mapping != nullptr)
        if (auto m = match_mapping(*mapping, t.name)) return *std::move(m);
    tensor_match none;
    if (is_buffer(t)) {
        none.buffer = true;
        none.reason = "a buffer";
    } else if (is_adapter(t.name)) {
        none.reason = "a LoRA factor";
    } else if (mapping != nullptr) {
        none.reason = "no rule of the mapping fits its name";
    } else if (auto m = family != nullptr ? match_name(*family, t.name) : guess(t)) {
        return *std::move(m);
    } else {
        none.reason = "no role by this name";
    }
    return none;
}

/// Gives every layer on a path its number among the units of its kind and side, in the order in which they compute.
inline void number_path(std::vector<tensor_match>& matches) {
    const auto place_of = [](const tensor_match& m) {
        const std::size_t block = m.numbers.block.value_or(0);
        return std::tuple(m.side, m.unit, m.path, m.reversed ? static_cast<std::size_t>(-1) - block : block,
                          m.numbers.unit.value_or(0), m.numbers.layer.value_or(0));
    };
    using place = decltype(place_of(std::declval<const tensor_match&>()));
    std::vector<place> places;
    for (const tensor_match& m : matches)
        if (m.unit != path_unit::none) places.push_back(place_of(m));
    std::ranges::sort(places);
    places.erase(std::ranges::unique(places).begin(), places.end());
    for (tensor_match& m : matches) {
        if (m.unit == path_unit::none) continue;
        const auto own = std::ranges::lower_bound(places, place_of(m));
        const auto first = std::ranges::lower_bound(places, std::pair(m.side, m.unit), {}, [](const place& p) {
            return std::pair(std::get<0>(p), std::get<1>(p));
        });
        m.numbers.layer = static_cast<std::size_t>(own - first);
    }
}

/// Heads that shapes show where config.json does not: T5's biases are one per head, a norm of queries is as wide as
/// one.
class heads_by_shape {
public:
    void see(const tensor_info& t, const tensor_match& m) {
        head_numbers& n = sides_[static_cast<std::size_t>(m.side)];
        if (m.role == tensor_role::position_bias && m.attention == attention_kind::self && t.shape.size() == 2)
            n.heads = extent(t.shape[1]);
        if (m.role == tensor_role::norm && t.name.ends_with(".q_norm.weight") && t.shape.size() == 1)
            n.head_dim = extent(t.shape[0]);
    }
    /// `n`, or what the shapes show where it is empty.
    head_numbers complete(const head_numbers& n, const tensor_match& m) const {
        const bool empty = !n.heads && !n.head_dim;
        return empty && m.attention != attention_kind::linear ? sides_[static_cast<std::size_t>(m.side)] : n;
    }

private:
    static std::optional<std::size_t> extent(std::size_t n) {
        return n > 0 && n <= 1'000'000 ? std::optional(n) : std::nullopt;
    }

    std::array<head_numbers, tensor_side_names.size()> sides_;
};

}  // namespace detail

/// The architecture that the names of a checkpoint's tensors show: "t5", "t5-v1.1", "bert", "dinov2", "dinov2-timm",
/// "vit-timm", "open_clip", "clip", "llama", "qwen2", "qwen3", "qwen3.5", "gpt2", "t5gemma", "t5gemma2", "unet",
/// "autoencoder-kl", "ldm", or "unknown". `config` is the content of config.json (of a diffusers model as well, or
/// open_clip_config.json) or null. Names decide, since they are what must be understood; the evidence says whether
/// `config` agrees.
inline detected_architecture detect_architecture(std::span<const std::string_view> names,
                                                 const nlohmann::json* config = nullptr) {
    return detail::describe_family(detail::find_family(names), config);
}

/// The catalogue of `tensors`, such as safetensors_file::tensors(). `config` as above: it has the numbers of heads, and
/// where they are unknown entries say so. With a `mapping` its rules alone decide. Nothing is read but names and
/// shapes.
///
/// Names and numbers may be hostile: nothing throws but for memory, and what does not fit is not measured.
inline catalogue make_catalogue(std::span<const tensor_info> tensors, const nlohmann::json* config = nullptr,
                                const catalogue_mapping* mapping = nullptr) {
    using namespace detail;
    const catalogue_family* family = nullptr;
    catalogue result;
    if (mapping == nullptr) {
        std::vector<std::string_view> names;
        names.reserve(tensors.size());
        for (const tensor_info& t : tensors) names.push_back(t.name);
        family = find_family(names);
        result.architecture = describe_family(family, config);
    } else {
        result.architecture = {mapping->architecture, "the user's mapping"};
    }
    std::vector<tensor_match> matches;
    matches.reserve(tensors.size());
    heads_by_shape shapes;
    for (const tensor_info& t : tensors) {
        matches.push_back(find_match(t, family, mapping));
        if (mapping == nullptr) shapes.see(t, matches.back());
    }
    // Heads differ by block, whose number the path's own numbering leaves alone.
    number_path(matches);
    const head_source source = family != nullptr ? family->heads : head_source::decoder;
    result.tensors = tensors.size();
    result.entries.reserve(tensors.size());
    for (std::size_t i = 0; i < tensors.size(); ++i) {
        const tensor_match& m = matches[i];
        head_numbers heads;
        if (mapping != nullptr)
            heads = {.heads = mapping->heads, .kv_heads = mapping->kv_heads, .head_dim = mapping->head_dim};
        if (!heads.heads && !heads.head_dim) heads = configured_heads(config, source, m);
        heads = shapes.complete(heads, m);
        const std::size_t first = result.entries.size();
        append_entries(result.entries, tensors[i], i, m, heads, config);
        if (m.buffer) {
            result.buffers = saturated_sum(result.buffers, result.entries.back().elements);
            continue;
        }
        result.parameters = saturated_sum(result.parameters, count_elements(tensors[i].shape));
        for (std::size_t k = first; k < result.entries.size(); ++k) {
            std::uint64_t& sum = result.entries[k].measured() ? result.measured : result.unmeasured;
            sum = saturated_sum(sum, result.entries[k].elements);
        }
    }
    return result;
}

}  // namespace geolip::checkpoint
