// Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT
#pragma once

/// \file
/// The text part of Qwen3.5: every fourth layer attends, the others are gated delta nets. Names and first laws of
/// transformers' Qwen3_5ForConditionalGeneration: everything normal with sd 0.02, RMSNorm centred at 0 (it multiplies
/// by 1 + weight), the gated one at 1, dt_bias 1, A_log the logarithm of a uniform number from 0.01 to 16.

#include <cstddef>
#include <string>

#include "geolip/checkpoint/known_model.hpp"

namespace geolip::checkpoint::detail {

struct qwen3_5_sizes {
    std::size_t width, layers, feed_forward, heads, kv_heads, linear_value_heads;
    std::size_t linear_key_heads = 16, linear_head_dim = 128, head_dim = 256, vocabulary = 248320;
    std::size_t kernel = 4;  ///< of the causal convolution

    bool attends(std::size_t layer) const { return (layer + 1) % 4 == 0; }
    qwen3_5_sizes tiny() const {
        return {32, 4, 48, heads, kv_heads, 2 * linear_value_heads / linear_key_heads, 2, 8, 8, 160, kernel};
    }
};

inline void add_qwen3_5_layer(tensor_list& list, const std::string& layer, const qwen3_5_sizes& s, bool attends) {
    using nn::initialiser;
    const std::size_t h = s.width;
    const std::size_t keys = s.linear_key_heads * s.linear_head_dim, values = s.linear_value_heads * s.linear_head_dim;
    if (attends) {  // q_proj: per head its query rows, then as many of its gate
        const std::string attention = layer + "self_attn.";
        list.weight(attention + "q_proj", {2 * s.heads * s.head_dim, h});
        list.weight(attention + "k_proj", {s.kv_heads * s.head_dim, h});
        list.weight(attention + "v_proj", {s.kv_heads * s.head_dim, h});
        list.weight(attention + "o_proj", {h, s.heads * s.head_dim});
        list.weight(attention + "q_norm", {s.head_dim}, initialiser::zeros());
        list.weight(attention + "k_norm", {s.head_dim}, initialiser::zeros());
    } else {
        const std::string net = layer + "linear_attn.";
        list.weight(net + "in_proj_qkv", {2 * keys + values, h});
        list.weight(net + "in_proj_z", {values, h});
        list.weight(net + "in_proj_b", {s.linear_value_heads, h});
        list.weight(net + "in_proj_a", {s.linear_value_heads, h});
        list.weight(net + "conv1d", {2 * keys + values, 1, s.kernel});
        list.add(net + "A_log", {s.linear_value_heads}, initialiser::uniform(0.01, 16));
        list.last().logarithm = true;
        list.add(net + "dt_bias", {s.linear_value_heads}, initialiser::ones());
        list.weight(net + "norm", {s.linear_head_dim}, initialiser::ones());
        list.weight(net + "out_proj", {h, values});
    }
    list.weight(layer + "mlp.gate_proj", {s.feed_forward, h});
    list.weight(layer + "mlp.up_proj", {s.feed_forward, h});
    list.weight(layer + "mlp.down_proj", {h, s.feed_forward});
    list.weight(layer + "input_layernorm", {h}, initialiser::zeros());
    list.weight(layer + "post_attention_layernorm", {h}, initialiser::zeros());
}

inline known_model qwen3_5_model(const qwen3_5_sizes& s) {
    tensor_list list(0.02);
    const std::string prefix = "model.language_model.";
    list.weight(prefix + "embed_tokens", {s.vocabulary, s.width});
    json_object layer_types = json_object::array();
    for (std::size_t i = 0; i < s.layers; ++i) {
        add_qwen3_5_layer(list, numbered(prefix + "layers.", i), s, s.attends(i));
        layer_types.push_back(s.attends(i) ? "full_attention" : "linear_attention");
    }
    list.weight(prefix + "norm", {s.width}, nn::initialiser::zeros());
    known_model m;
    m.tensors = list.take();
    m.documents = {{"config.json",
                    {{"architectures", {"Qwen3_5ForConditionalGeneration"}},
                     {"model_type", "qwen3_5"},
                     {"tie_word_embeddings", true},
                     {"text_config",
                      {{"model_type", "qwen3_5_text"},
                       {"hidden_size", s.width},
                       {"num_hidden_layers", s.layers},
                       {"num_attention_heads", s.heads},
                       {"num_key_value_heads", s.kv_heads},
                       {"head_dim", s.head_dim},
                       {"intermediate_size", s.feed_forward},
                       {"vocab_size", s.vocabulary},
                       {"full_attention_interval", 4},
                       {"layer_types", layer_types},
                       {"linear_num_key_heads", s.linear_key_heads},
                       {"linear_num_value_heads", s.linear_value_heads},
                       {"linear_key_head_dim", s.linear_head_dim},
                       {"linear_value_head_dim", s.linear_head_dim},
                       {"linear_conv_kernel_dim", s.kernel},
                       {"initializer_range", 0.02},
                       {"tie_word_embeddings", true}}}}}};
    return m;
}

}  // namespace geolip::checkpoint::detail
