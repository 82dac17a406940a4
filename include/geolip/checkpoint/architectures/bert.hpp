// Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT
#pragma once

/// \file
/// BERT: J. Devlin et al., NAACL 2019. Names and first laws of transformers' BertModel: everything normal with sd 0.02,
/// biases 0. (The row of the padding token, which transformers sets to 0, is drawn like the others.)

#include <cstddef>
#include <string>

#include "geolip/checkpoint/known_model.hpp"

namespace geolip::checkpoint::detail {

struct bert_sizes {
    std::size_t width, layers, heads, feed_forward, vocabulary, positions;

    bert_sizes tiny() const { return {4 * heads, 2, heads, 8 * heads, 160, 32}; }
};

inline known_model bert_model(const bert_sizes& s) {
    const std::size_t h = s.width;
    tensor_list list(0.02);
    const std::string embeddings = "bert.embeddings.";
    list.weight(embeddings + "word_embeddings", {s.vocabulary, h});
    list.weight(embeddings + "position_embeddings", {s.positions, h});
    list.weight(embeddings + "token_type_embeddings", {2, h});
    list.norm(embeddings + "LayerNorm", h);
    for (std::size_t i = 0; i < s.layers; ++i) {
        const std::string layer = numbered("bert.encoder.layer.", i);
        for (const char* part : {"query", "key", "value"}) list.layer(layer + "attention.self." + part, {h, h});
        list.layer(layer + "attention.output.dense", {h, h});
        list.norm(layer + "attention.output.LayerNorm", h);
        list.layer(layer + "intermediate.dense", {s.feed_forward, h});
        list.layer(layer + "output.dense", {h, s.feed_forward});
        list.norm(layer + "output.LayerNorm", h);
    }
    list.layer("bert.pooler.dense", {h, h});
    known_model m;
    m.tensors = list.take();
    m.documents = {{"config.json",
                    {{"architectures", {"BertModel"}},
                     {"model_type", "bert"},
                     {"hidden_size", h},
                     {"num_hidden_layers", s.layers},
                     {"num_attention_heads", s.heads},
                     {"intermediate_size", s.feed_forward},
                     {"vocab_size", s.vocabulary},
                     {"max_position_embeddings", s.positions},
                     {"type_vocab_size", 2},
                     {"hidden_act", "gelu"},
                     {"initializer_range", 0.02}}}};
    return m;
}

}  // namespace geolip::checkpoint::detail
