// Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT
#pragma once

/// \file
/// The text part of T5Gemma 2: encoder and decoder of one size, whose decoder attends to both with one set of
/// projections. Names and first laws of transformers' T5Gemma2ForConditionalGeneration: everything normal with sd 0.02,
/// RMSNorm centred at 0 (it multiplies by 1 + weight), the end-of-image embedding 0.

#include <cstddef>
#include <string>

#include "geolip/checkpoint/known_model.hpp"

namespace geolip::checkpoint::detail {

struct t5gemma2_sizes {
    std::size_t width, feed_forward, layers, heads, kv_heads;
    std::size_t head_dim = 256, vocabulary = 262144;

    t5gemma2_sizes tiny() const { return {32, 64, 2, heads, kv_heads, 8, 192}; }
};

inline void add_t5gemma2_stack(tensor_list& list, const std::string& prefix, const t5gemma2_sizes& s) {
    const auto centred = nn::initialiser::zeros();
    const std::size_t h = s.width;
    list.add(prefix + "embed_tokens.eoi_embedding", {h}, nn::initialiser::zeros());
    for (std::size_t i = 0; i < s.layers; ++i) {
        const std::string layer = numbered(prefix + "layers.", i);
        list.weight(layer + "self_attn.q_proj", {s.heads * s.head_dim, h});
        list.weight(layer + "self_attn.k_proj", {s.kv_heads * s.head_dim, h});
        list.weight(layer + "self_attn.v_proj", {s.kv_heads * s.head_dim, h});
        list.weight(layer + "self_attn.o_proj", {h, s.heads * s.head_dim});
        list.weight(layer + "self_attn.q_norm", {s.head_dim}, centred);
        list.weight(layer + "self_attn.k_norm", {s.head_dim}, centred);
        for (const char* at : {"pre_self_attn", "post_self_attn", "pre_feedforward", "post_feedforward"})
            list.weight(layer + at + "_layernorm", {h}, centred);
        list.weight(layer + "mlp.gate_proj", {s.feed_forward, h});
        list.weight(layer + "mlp.up_proj", {s.feed_forward, h});
        list.weight(layer + "mlp.down_proj", {h, s.feed_forward});
    }
    list.weight(prefix + "norm", {h}, centred);
}

inline known_model t5gemma2_model(const t5gemma2_sizes& s) {
    tensor_list list(0.02);
    list.weight("model.encoder.text_model.embed_tokens", {s.vocabulary, s.width});
    add_t5gemma2_stack(list, "model.encoder.text_model.", s);
    add_t5gemma2_stack(list, "model.decoder.", s);
    const auto part = [&](const char* type) {
        return json_object{{"model_type", type},
                           {"hidden_size", s.width},
                           {"num_hidden_layers", s.layers},
                           {"num_attention_heads", s.heads},
                           {"num_key_value_heads", s.kv_heads},
                           {"head_dim", s.head_dim},
                           {"intermediate_size", s.feed_forward},
                           {"vocab_size", s.vocabulary},
                           {"initializer_range", 0.02}};
    };
    known_model m;
    m.tensors = list.take();
    m.documents = {{"config.json",
                    {{"architectures", {"T5Gemma2ForConditionalGeneration"}},
                     {"model_type", "t5gemma2"},
                     {"is_encoder_decoder", true},
                     {"tie_word_embeddings", true},
                     {"vocab_size", s.vocabulary},
                     {"encoder", {{"model_type", "t5gemma2_encoder"}, {"text_config", part("t5gemma2_text")}}},
                     {"decoder", part("t5gemma2_decoder")}}}};
    return m;
}

}  // namespace geolip::checkpoint::detail
