// Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT
#pragma once

/// \file
/// T5 and T5 1.1: C. Raffel et al., JMLR 21 (2020) 140. Names and first laws of transformers'
/// T5ForConditionalGeneration.

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <string>

#include "geolip/checkpoint/known_model.hpp"

namespace geolip::checkpoint::detail {

struct t5_sizes {
    std::size_t model, feed_forward, head_dim, heads, layers;
    bool version_1_1 = false;  ///< gated feed-forward, an output head of its own
    std::size_t vocabulary = 32128;
    std::size_t buckets = 32;  ///< of relative positions

    std::size_t inner() const { return heads * head_dim; }
    t5_sizes tiny() const { return {32, 80, 4, (std::min)(heads, std::size_t{12}), 2, version_1_1, 128, 32}; }
};

/// Attention has no 1/sqrt(head_dim) in the forward pass: the law of the queries holds it.
inline void add_t5_attention(tensor_list& to, const std::string& name, const t5_sizes& s, bool positions) {
    using nn::initialiser;
    const auto d = static_cast<double>(s.model), inner = static_cast<double>(s.inner());
    to.weight(name + ".q", {s.inner(), s.model},
              initialiser::normal(1 / std::sqrt(d * static_cast<double>(s.head_dim))));
    to.weight(name + ".k", {s.inner(), s.model}, initialiser::normal(1 / std::sqrt(d)));
    to.weight(name + ".v", {s.inner(), s.model}, initialiser::normal(1 / std::sqrt(d)));
    to.weight(name + ".o", {s.model, s.inner()}, initialiser::normal(1 / std::sqrt(inner)));
    if (positions)
        to.weight(name + ".relative_attention_bias", {s.buckets, s.heads}, initialiser::normal(1 / std::sqrt(d)));
}

inline void add_t5_stack(tensor_list& to, const std::string& side, const t5_sizes& s) {
    using nn::initialiser;
    const auto into = initialiser::normal(1 / std::sqrt(static_cast<double>(s.model)));
    const auto back = initialiser::normal(1 / std::sqrt(static_cast<double>(s.feed_forward)));
    for (std::size_t i = 0; i < s.layers; ++i) {
        const std::string block = numbered(side + ".block.", i) + "layer.";
        std::size_t sublayer = 0;
        const auto end_sublayer = [&] {
            to.weight(numbered(block, sublayer++) + "layer_norm", {s.model}, initialiser::ones());
        };
        add_t5_attention(to, block + "0.SelfAttention", s, i == 0);
        end_sublayer();
        if (side == "decoder") {
            add_t5_attention(to, block + "1.EncDecAttention", s, false);
            end_sublayer();
        }
        const std::string dense = numbered(block, sublayer) + "DenseReluDense.";
        if (s.version_1_1) {
            to.weight(dense + "wi_0", {s.feed_forward, s.model}, into);
            to.weight(dense + "wi_1", {s.feed_forward, s.model}, into);
        } else {
            to.weight(dense + "wi", {s.feed_forward, s.model}, into);
        }
        to.weight(dense + "wo", {s.model, s.feed_forward}, back);
        end_sublayer();
    }
    to.weight(side + ".final_layer_norm", {s.model}, initialiser::ones());
}

inline known_model t5_model(const t5_sizes& s) {
    tensor_list list;
    list.weight("shared", {s.vocabulary, s.model}, nn::initialiser::normal(1));
    add_t5_stack(list, "encoder", s);
    add_t5_stack(list, "decoder", s);
    if (s.version_1_1) list.weight("lm_head", {s.vocabulary, s.model}, nn::initialiser::normal(1));
    known_model m;
    m.tensors = list.take();
    m.documents = {{"config.json",
                    {{"architectures", {"T5ForConditionalGeneration"}},
                     {"model_type", "t5"},
                     {"d_model", s.model},
                     {"d_ff", s.feed_forward},
                     {"d_kv", s.head_dim},
                     {"num_heads", s.heads},
                     {"num_layers", s.layers},
                     {"num_decoder_layers", s.layers},
                     {"vocab_size", s.vocabulary},
                     {"relative_attention_num_buckets", s.buckets},
                     {"relative_attention_max_distance", 128},
                     {"feed_forward_proj", s.version_1_1 ? "gated-gelu" : "relu"},
                     {"is_encoder_decoder", true},
                     {"tie_word_embeddings", !s.version_1_1}}}};
    return m;
}

}  // namespace geolip::checkpoint::detail
