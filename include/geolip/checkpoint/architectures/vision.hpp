// Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT
#pragma once

/// \file
/// Vision transformers: DINOv2 (M. Oquab et al., TMLR 2024) with the names and first laws of transformers' Dinov2Model,
/// and the image towers of open_clip (G. Ilharco et al., 2021) with its own.

#include <cmath>
#include <cstddef>
#include <string>

#include "geolip/checkpoint/known_model.hpp"

namespace geolip::checkpoint::detail {

struct vision_sizes {
    std::size_t width, layers, heads, patch, image;
    double ratio = 4;        ///< the feed-forward width is the whole part of ratio * width
    std::size_t output = 0;  ///< of CLIP's projection

    std::size_t feed_forward() const { return static_cast<std::size_t>(ratio * static_cast<double>(width)); }
    std::size_t positions() const { return (image / patch) * (image / patch) + 1; }
    vision_sizes tiny() const { return {4 * heads, 2, heads, patch, 2 * patch, ratio, output == 0 ? 0 : 24u}; }
};

/// Everything normal with sd 0.02 (PyTorch's trunc_normal_ cuts at ±2, a hundred sd away), biases 0, layer scales 1,
/// the mask token 0.
inline known_model dinov2_model(const vision_sizes& s) {
    using nn::initialiser;
    const std::size_t h = s.width;
    tensor_list list(0.02);
    const auto token = initialiser::normal(0.02);
    list.add("embeddings.cls_token", {1, 1, h}, token);
    list.add("embeddings.mask_token", {1, h}, initialiser::zeros());
    list.add("embeddings.position_embeddings", {1, s.positions(), h}, token);
    list.layer("embeddings.patch_embeddings.projection", {h, 3, s.patch, s.patch});
    for (std::size_t i = 0; i < s.layers; ++i) {
        const std::string layer = numbered("encoder.layer.", i);
        list.norm(layer + "norm1", h);
        for (const char* part : {"query", "key", "value"}) list.layer(layer + "attention.attention." + part, {h, h});
        list.layer(layer + "attention.output.dense", {h, h});
        list.add(layer + "layer_scale1.lambda1", {h}, initialiser::ones());
        list.norm(layer + "norm2", h);
        list.layer(layer + "mlp.fc1", {s.feed_forward(), h});
        list.layer(layer + "mlp.fc2", {h, s.feed_forward()});
        list.add(layer + "layer_scale2.lambda1", {h}, initialiser::ones());
    }
    list.norm("layernorm", h);
    known_model m;
    m.tensors = list.take();
    m.documents = {{"config.json",
                    {{"architectures", {"Dinov2Model"}},
                     {"model_type", "dinov2"},
                     {"hidden_size", h},
                     {"num_hidden_layers", s.layers},
                     {"num_attention_heads", s.heads},
                     {"mlp_ratio", static_cast<std::size_t>(s.ratio)},
                     {"image_size", s.image},
                     {"patch_size", s.patch},
                     {"num_channels", 3},
                     {"layerscale_value", 1.0},
                     {"use_swiglu_ffn", false},
                     {"initializer_range", 0.02}}}};
    return m;
}

/// open_clip leaves its image tower to PyTorch: Linear and Conv2d draw their own, MultiheadAttention draws in_proj by
/// Xavier and sets both biases to 0; the embeddings and the projection are normal with sd width^-1/2.
inline known_model clip_visual_model(const vision_sizes& s) {
    using nn::initialiser;
    const std::size_t w = s.width;
    const auto embedding = initialiser::normal(1 / std::sqrt(static_cast<double>(w)));
    tensor_list list;
    list.add("visual.class_embedding", {w}, embedding);
    list.add("visual.positional_embedding", {s.positions(), w}, embedding);
    list.add("visual.proj", {w, s.output}, embedding);
    list.weight("visual.conv1", {w, 3, s.patch, s.patch});
    list.norm("visual.ln_pre", w);
    for (std::size_t i = 0; i < s.layers; ++i) {
        const std::string block = numbered("visual.transformer.resblocks.", i);
        list.norm(block + "ln_1", w);
        list.add(block + "attn.in_proj_weight", {3 * w, w}, initialiser::xavier_uniform());
        list.add(block + "attn.in_proj_bias", {3 * w}, initialiser::zeros());
        list.weight(block + "attn.out_proj", {w, w});
        list.add(block + "attn.out_proj.bias", {w}, initialiser::zeros());
        list.norm(block + "ln_2", w);
        list.layer(block + "mlp.c_fc", {s.feed_forward(), w});
        list.layer(block + "mlp.c_proj", {w, s.feed_forward()});
    }
    list.norm("visual.ln_post", w);
    known_model m;
    m.tensors = list.take();
    m.file = "open_clip_model.safetensors";
    m.documents = {{"config.json",
                    {{"architectures", {"CLIPModel"}},
                     {"model_type", "clip"},
                     {"projection_dim", s.output},
                     {"vision_config",
                      {{"model_type", "clip_vision_model"},
                       {"hidden_size", w},
                       {"num_hidden_layers", s.layers},
                       {"num_attention_heads", s.heads},
                       {"intermediate_size", s.feed_forward()},
                       {"image_size", s.image},
                       {"patch_size", s.patch}}}}},
                   {"open_clip_config.json",
                    {{"model_cfg",
                      {{"embed_dim", s.output},
                       {"vision_cfg",
                        {{"image_size", s.image},
                         {"layers", s.layers},
                         {"width", w},
                         {"head_width", w / s.heads},
                         {"mlp_ratio", s.ratio},
                         {"patch_size", s.patch}}}}}}}};
    return m;
}

}  // namespace geolip::checkpoint::detail
