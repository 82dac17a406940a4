// Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT
#pragma once

/// \file
/// The architectures that a catalogue knows, and what a name is in one of them.

#include <algorithm>
#include <array>
#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "geolip/checkpoint/detail/catalogue_diffusion_rules.hpp"
#include "geolip/checkpoint/detail/catalogue_rules.hpp"
#include "geolip/checkpoint/detail/catalogue_text_rules.hpp"
#include "geolip/checkpoint/detail/catalogue_vision_rules.hpp"
#include "geolip/checkpoint/detail/name_pattern.hpp"

namespace geolip::checkpoint::detail {

/// The first whose signs are all there is the one: what has more signs comes before what it is a kind of.
inline constexpr std::array<catalogue_family, 18> catalogue_families = {{
    {"t5-v1.1", "|t5|mt5|umt5|", rules::t5_1_1_signs, rules::t5_stems, head_source::flat},
    {"t5", "|t5|mt5|umt5|", rules::t5_signs, rules::t5_stems, head_source::flat},
    {"dinov2", "|dinov2|dinov2_with_registers|", rules::dinov2_signs, rules::dinov2_stems, head_source::flat},
    {"bert", "|bert|roberta|xlm-roberta|camembert|", rules::bert_signs, rules::bert_stems, head_source::flat},
    {"unet", "|UNet2DConditionModel|", rules::unet_signs, rules::unet_stems, head_source::unet},
    {"autoencoder-kl", "|AutoencoderKL|AutoencoderKLFlux2|", rules::autoencoder_signs, rules::autoencoder_stems,
     head_source::single},
    {"ldm", "||", rules::ldm_signs, rules::ldm_stems, head_source::single},
    {"t5gemma", "|t5gemma|", rules::t5gemma_signs, rules::t5gemma_stems, head_source::t5gemma},
    {"t5gemma2", "|t5gemma2|", rules::t5gemma2_signs, rules::t5gemma2_stems, head_source::t5gemma},
    {"qwen3.5", "|qwen3_5|qwen3_5_text|", rules::qwen3_5_signs, rules::qwen3_5_stems, head_source::decoder},
    {"qwen3", "|qwen3|qwen3_vl|", rules::qwen3_signs, rules::qwen_stems, head_source::decoder},
    {"qwen2", "|qwen2|qwen2_vl|qwen2_5_vl|", rules::qwen2_signs, rules::qwen_stems, head_source::decoder},
    {"llama", "|llama|mistral|", rules::llama_signs, rules::qwen_stems, head_source::decoder},
    {"open_clip", "|clip|", rules::open_clip_signs, rules::open_clip_stems, head_source::clip},
    {"clip", "|clip|clip_vision_model|clip_text_model|", rules::clip_signs, rules::clip_stems, head_source::clip},
    {"dinov2-timm", "|dinov2|", rules::dinov2_timm_signs, rules::timm_stems, head_source::flat},
    {"vit-timm", "|vit|", rules::timm_signs, rules::timm_stems, head_source::flat},
    {"gpt2", "|gpt2|", rules::gpt2_signs, rules::gpt2_stems, head_source::flat},
}};

/// The name without what training code wraps around a model.
constexpr std::string_view without_wrappers(std::string_view name) {
    constexpr std::string_view wrappers[] = {"module.", "_orig_mod.", "base_model.model.", "model.",
                                             "first_stage_model."};
    for (bool found = true; found;) {
        found = false;
        for (const std::string_view w : wrappers) {
            if (!name.starts_with(w)) continue;
            name.remove_prefix(w.size());
            found = true;
        }
    }
    return name;
}

/// What the last part of a parameter's name says.
enum class parameter_suffix { none, weight, bias, gamma, beta };

/// A name in two parts: module and suffix, or all of it and none.
struct module_name {
    std::string_view module;
    parameter_suffix suffix = parameter_suffix::none;

    bool is_bias() const { return suffix == parameter_suffix::bias || suffix == parameter_suffix::beta; }
};
constexpr module_name split_suffix(std::string_view name) {
    constexpr std::string_view suffixes[] = {".weight", ".bias", ".gamma", ".beta"};
    for (std::size_t i = 0; i < 4; ++i) {
        if (!name.ends_with(suffixes[i])) continue;
        name.remove_suffix(suffixes[i].size());
        if (constexpr std::string_view base = ".base_layer"; name.ends_with(base))
            name.remove_suffix(base.size());  // which LoRA code wraps
        return {name, static_cast<parameter_suffix>(i + 1)};
    }
    return {name};
}

/// What a rule, a guess or the user says of a tensor.
struct tensor_match {
    tensor_role role = tensor_role::other;
    tensor_side side = tensor_side::none;
    attention_kind attention = attention_kind::none;
    path_part path = path_part::none;
    path_unit unit = path_unit::none;
    bool reversed = false;
    name_numbers numbers;
    tensor_split split = tensor_split::none;
    tensor_orientation orientation = tensor_orientation::out_in;
    bool guessed = false;
    bool buffer = false;
    std::string reason;
};

/// Does `rule` speak of `name`? Of its weight, or of its bias.
inline bool rule_matches(const catalogue_rule& rule, std::string_view name, name_numbers& numbers) {
    if (rule.bare) return matches(rule.pattern, name, numbers);
    const module_name parts = split_suffix(name);
    if (parts.suffix == parameter_suffix::none) return false;
    // Elsewhere a gamma is something else than the weight of a norm.
    if (parts.suffix >= parameter_suffix::gamma && rule.role != tensor_role::norm) return false;
    return matches(rule.pattern, parts.module, numbers);
}

/// What the tensor of that name is in an architecture; nothing where no rule speaks of it.
inline std::optional<tensor_match> match_name(const catalogue_family& family, std::string_view name) {
    name = without_wrappers(name);
    for (const catalogue_stem& stem : family.stems) {
        name_numbers before;
        std::string_view rest = name;
        if (!take_prefix(stem.prefix, rest, before)) continue;
        for (const catalogue_rule& rule : stem.rules) {
            name_numbers numbers;
            if (!rule_matches(rule, rest, numbers)) continue;
            tensor_match m;
            m.role = rule.role;
            m.side = stem.side;
            m.attention = rule.attention;
            if (stem.merged && m.attention == attention_kind::self) m.attention = attention_kind::merged;
            m.path = stem.path;
            m.unit = rule.unit;
            m.reversed = stem.reversed;
            m.numbers = numbers;
            if (before.block) m.numbers.block = before.block;
            m.orientation = rule.orientation;
            m.reason = rule.reason;
            if (!rule.bare && split_suffix(rest).is_bias())
                m.role = tensor_role::bias;
            else
                m.split = rule.split;
            return m;
        }
    }
    return std::nullopt;
}

/// Is `name`, without wrappers, one of the alternatives of `sign`?
inline bool shows(std::string_view sign, std::string_view name) {
    for (bool more = true; more;) {
        const std::size_t bar = sign.find('|');
        name_numbers numbers;
        if (matches(sign.substr(0, bar), name, numbers)) return true;
        more = bar != sign.npos;
        if (more) sign.remove_prefix(bar + 1);
    }
    return false;
}

/// The family that `names` show, or null.
inline const catalogue_family* find_family(std::span<const std::string_view> names) {
    static_assert([] {
        for (const catalogue_family& f : catalogue_families)
            if (f.signs.empty() || f.signs.size() > 2) return false;
        return true;
    }());
    std::array<std::array<bool, 2>, catalogue_families.size()> seen = {};
    for (const std::string_view full : names) {
        std::string_view name = without_wrappers(full);
        std::string weight;
        if (const auto parts = split_suffix(name); name.ends_with(".base_layer.weight"))
            name = weight.append(parts.module).append(".weight");
        for (std::size_t f = 0; f < catalogue_families.size(); ++f)
            for (std::size_t s = 0; s < catalogue_families[f].signs.size(); ++s)
                seen[f][s] = seen[f][s] || shows(catalogue_families[f].signs[s], name);
    }
    for (std::size_t f = 0; f < catalogue_families.size(); ++f) {
        const auto signs = std::span(seen[f]).first(catalogue_families[f].signs.size());
        if (std::ranges::all_of(signs, [](bool is) { return is; })) return &catalogue_families[f];
    }
    return nullptr;
}

}  // namespace geolip::checkpoint::detail
