// Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT
#pragma once

/// \file
/// What names say whatever the architecture: buffers, LoRA factors, and roles guessed by what parts are commonly
/// called.

#include <algorithm>
#include <array>
#include <cstddef>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>

#include "geolip/checkpoint/detail/catalogue_families.hpp"
#include "geolip/checkpoint/safetensors_header.hpp"

namespace geolip::checkpoint::detail {

/// Calls `see(part)` for every part of `name` between dots until it says true; says whether it did.
template <class See>
bool any_part(std::string_view name, See&& see) {
    for (;;) {
        const std::size_t dot = name.find('.');
        if (see(name.substr(0, dot))) return true;
        if (dot == name.npos) return false;
        name.remove_prefix(dot + 1);
    }
}

inline bool is_one_of(std::string_view text, std::initializer_list<std::string_view> words) {
    return std::ranges::find(words, text) != words.end();
}

/// Is it a factor or a scale of a low-rank adapter (LoRA and its kin)?
inline bool is_adapter(std::string_view name) {
    return any_part(name, [](std::string_view part) {
        return part == "lora" || part.starts_with("lora_") || part.find("_lora") != part.npos ||
               part.starts_with("hada_") || part.starts_with("lokr_") || part.starts_with("oft_") ||
               part == "dora_scale";
    });
}

/// Is it saved with the parameters without being one: a statistic, a counter, a mask, a table of constants?
inline bool is_buffer(const tensor_info& t) {
    const std::string_view name = t.name;
    const std::string_view last = name.substr(name.rfind('.') + 1);  // npos + 1 is 0
    if (is_one_of(last, {"running_mean", "running_var", "num_batches_tracked", "position_ids", "token_type_ids",
                         "inv_freq", "masked_bias", "attn_mask", "relative_position_index", "num_updates"}))
        return true;
    if (name.ends_with(".attn.bias") && t.shape.size() == 4) return true;  // GPT-2's mask
    // Schedules of a diffusion model in its own file, and the averaged copy of its weights.
    return is_one_of(name, {"betas", "alphas_cumprod", "alphas_cumprod_prev", "sqrt_alphas_cumprod",
                            "sqrt_one_minus_alphas_cumprod", "log_one_minus_alphas_cumprod",
                            "sqrt_recip_alphas_cumprod", "sqrt_recipm1_alphas_cumprod", "posterior_variance",
                            "posterior_log_variance_clipped", "posterior_mean_coef1", "posterior_mean_coef2"}) ||
           name.starts_with("model_ema.");
}

/// The role that the last part of a module's name suggests.
inline std::optional<tensor_role> role_of_word(std::string_view word, bool in_attention) {
    using enum tensor_role;
    struct suggestion {
        std::string_view word;
        tensor_role role;
    };
    static constexpr auto suggestions = std::to_array<suggestion>({
        {"q", query},
        {"query", query},
        {"q_proj", query},
        {"query_proj", query},
        {"to_q", query},
        {"wq", query},
        {"q_lin", query},
        {"k", key},
        {"key", key},
        {"k_proj", key},
        {"key_proj", key},
        {"to_k", key},
        {"wk", key},
        {"k_lin", key},
        {"v", value},
        {"value", value},
        {"v_proj", value},
        {"value_proj", value},
        {"to_v", value},
        {"wv", value},
        {"v_lin", value},
        {"o_proj", output},
        {"out_proj", output},
        {"out_lin", output},
        {"qkv", fused_qkv},
        {"qkv_proj", fused_qkv},
        {"in_proj", fused_qkv},
        {"to_qkv", fused_qkv},
        {"Wqkv", fused_qkv},
        {"query_key_value", fused_qkv},
        {"c_attn", fused_qkv},
        {"fc1", mlp_up},
        {"up_proj", mlp_up},
        {"c_fc", mlp_up},
        {"lin1", mlp_up},
        {"linear1", mlp_up},
        {"wi", mlp_up},
        {"wi_1", mlp_up},
        {"dense_h_to_4h", mlp_up},
        {"gate_proj", mlp_gate},
        {"wi_0", mlp_gate},
        {"gate_up_proj", fused_gate_up},
        {"fc2", mlp_down},
        {"down_proj", mlp_down},
        {"lin2", mlp_down},
        {"linear2", mlp_down},
        {"dense_4h_to_h", mlp_down},
        {"lm_head", head},
        {"classifier", head},
        {"wte", embedding},
        {"wpe", position_embedding},
    });
    for (const suggestion& s : suggestions)
        if (s.word == word) return s.role;
    // What means one thing in attention and another in a feed-forward.
    if (is_one_of(word, {"o", "wo", "proj", "c_proj", "dense"})) {
        if (in_attention) return output;
        if (word == "wo" || word == "c_proj") return mlp_down;
    }
    if (word.find("norm") != word.npos || word.find("Norm") != word.npos || word == "ln" || word.starts_with("ln_"))
        return norm;
    if (word.find("pos") != word.npos && word.find("emb") != word.npos) return position_embedding;
    if (word.find("embed") != word.npos || word.find("Embed") != word.npos) return embedding;
    if (word.starts_with("conv")) return convolution;
    return std::nullopt;
}

/// A guess by common names, marked as one; nothing where none of them is there.
inline std::optional<tensor_match> guess(const tensor_info& t) {
    using enum tensor_role;
    const std::string_view name = without_wrappers(t.name);
    const module_name parts = split_suffix(name);
    tensor_match m;
    m.guessed = true;
    bool in_attention = false, in_cross = false;
    static_cast<void>(any_part(parts.module, [&](std::string_view part) {
        if (is_one_of(part, {"encoder", "decoder"}))
            m.side = part == "encoder" ? tensor_side::encoder : tensor_side::decoder;
        if (part.starts_with("vision") || part == "visual") m.side = tensor_side::visual;
        if (part == "text_model" || part == "text") m.side = tensor_side::text;
        const bool attends = part.find("attn") != part.npos || part.find("ttention") != part.npos;
        in_cross = in_cross || part == "attn2" || part == "encoder_attn" || part == "EncDecAttention" ||
                   (attends && part.find("cross") != part.npos);
        in_attention = in_attention || attends;
        if (!m.numbers.layer && !part.empty() && is_digit(part.front())) {
            const auto number = take_number(part);
            if (number && part.empty()) m.numbers.layer = number;
        }
        return false;
    }));
    std::string_view word = parts.module.substr(parts.module.rfind('.') + 1);
    if (word == "0" && parts.module.ends_with("to_out.0")) {
        m.role = output;
    } else if (parts.suffix == parameter_suffix::none && name.ends_with("in_proj_weight")) {
        m.role = fused_qkv;
    } else if (parts.suffix == parameter_suffix::none && (name.ends_with("_bias") || name == "bias")) {
        m.role = bias;
    } else if (const auto role = role_of_word(word, in_attention)) {
        m.role = *role;
    } else if (parts.is_bias()) {
        m.role = bias;
    } else if (parts.suffix == parameter_suffix::weight && t.shape.size() > 2) {
        m.role = convolution;
    } else {
        return std::nullopt;
    }
    const bool of_attention = m.role >= query && m.role <= fused_qkv;
    if (of_attention || (in_attention && m.role == norm))
        m.attention = in_cross ? attention_kind::cross : attention_kind::self;
    if (parts.is_bias()) m.role = bias;
    if (m.role == fused_qkv) m.reason = "queries, keys and values in one, in an order that is not known";
    if (m.role == fused_gate_up) m.reason = "gate and up in one, in an order that is not known";
    return m;
}

}  // namespace geolip::checkpoint::detail
