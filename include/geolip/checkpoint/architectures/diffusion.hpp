// Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT
#pragma once

/// \file
/// Latent diffusion (R. Rombach et al., CVPR 2022; D. Podell et al., ICLR 2024): the denoising UNets and the
/// autoencoders, with the names of diffusers' UNet2DConditionModel and AutoencoderKL. First laws are PyTorch's own:
/// weights and biases uniform on ±1/sqrt(fan_in), norms 1 and 0.

#include <cstddef>
#include <string>
#include <vector>

#include "geolip/checkpoint/known_model.hpp"

namespace geolip::checkpoint::detail {

/// A residual block; `time` is the width of the time embedding, 0 for none.
inline void add_resnet(tensor_list& list, const std::string& name, std::size_t in, std::size_t out, std::size_t time) {
    list.norm(name + "norm1", in);
    list.layer(name + "conv1", {out, in, 3, 3});
    if (time > 0) list.layer(name + "time_emb_proj", {out, time});
    list.norm(name + "norm2", out);
    list.layer(name + "conv2", {out, out, 3, 3});
    if (in != out) list.layer(name + "conv_shortcut", {out, in, 1, 1});
}

struct unet_sizes {
    std::vector<std::size_t> channels;
    std::vector<std::size_t> depth;  ///< transformer blocks at each resolution, 0 for no attention
    std::size_t middle;              ///< and in the middle
    std::vector<std::size_t> heads;  ///< at each resolution
    std::size_t context;             ///< width of what is attended to
    std::size_t added = 0;           ///< width of the added embedding, 0 for none
    bool linear = false;             ///< projections around transformers are matrices instead of 1 x 1 convolutions
    std::size_t groups = 32;         ///< of the norms
    std::size_t sample = 64;

    std::size_t time() const { return 4 * channels[0]; }
};

inline void add_unet_transformer(tensor_list& list, const std::string& name, const unet_sizes& s, std::size_t c,
                                 std::size_t depth) {
    const nn::shape projection = s.linear ? nn::shape{c, c} : nn::shape{c, c, 1, 1};
    list.norm(name + "norm", c);
    list.layer(name + "proj_in", projection);
    for (std::size_t k = 0; k < depth; ++k) {
        const std::string block = numbered(name + "transformer_blocks.", k);
        for (const bool cross : {false, true}) {
            const std::string attention = block + (cross ? "attn2." : "attn1.");
            const std::size_t from = cross ? s.context : c;
            list.weight(attention + "to_q", {c, c});
            list.weight(attention + "to_k", {c, from});
            list.weight(attention + "to_v", {c, from});
            list.layer(attention + "to_out.0", {c, c});
        }
        list.layer(block + "ff.net.0.proj", {8 * c, c});  // values, then gates
        list.layer(block + "ff.net.2", {c, 4 * c});
        for (const char* norm : {"norm1", "norm2", "norm3"}) list.norm(block + norm, c);
    }
    list.layer(name + "proj_out", projection);
}

inline std::vector<known_tensor> unet_tensors(const unet_sizes& s) {
    constexpr std::size_t latent = 4, per_level = 2;
    const std::size_t levels = s.channels.size(), time = s.time();
    tensor_list list;
    list.layer("conv_in", {s.channels[0], latent, 3, 3});
    list.layer("time_embedding.linear_1", {time, s.channels[0]});
    list.layer("time_embedding.linear_2", {time, time});
    if (s.added > 0) {
        list.layer("add_embedding.linear_1", {time, s.added});
        list.layer("add_embedding.linear_2", {time, time});
    }
    std::size_t width = s.channels[0];
    std::vector<std::size_t> skipped = {width};  // widths that the way up will concatenate
    for (std::size_t i = 0; i < levels; ++i) {
        const std::string level = numbered("down_blocks.", i);
        const std::size_t c = s.channels[i];
        for (std::size_t j = 0; j < per_level; ++j) {
            add_resnet(list, numbered(level + "resnets.", j), width, c, time);
            width = c;
            skipped.push_back(c);
            if (s.depth[i] > 0) add_unet_transformer(list, numbered(level + "attentions.", j), s, c, s.depth[i]);
        }
        if (i + 1 == levels) continue;
        list.layer(level + "downsamplers.0.conv", {c, c, 3, 3});
        skipped.push_back(c);
    }
    add_resnet(list, "mid_block.resnets.0.", width, width, time);
    add_unet_transformer(list, "mid_block.attentions.0.", s, width, s.middle);
    add_resnet(list, "mid_block.resnets.1.", width, width, time);
    for (std::size_t i = 0; i < levels; ++i) {
        const std::string level = numbered("up_blocks.", i);
        const std::size_t c = s.channels[levels - 1 - i], depth = s.depth[levels - 1 - i];
        for (std::size_t j = 0; j <= per_level; ++j) {
            add_resnet(list, numbered(level + "resnets.", j), width + skipped.back(), c, time);
            skipped.pop_back();
            width = c;
            if (depth > 0) add_unet_transformer(list, numbered(level + "attentions.", j), s, c, depth);
        }
        if (i + 1 < levels) list.layer(level + "upsamplers.0.conv", {c, c, 3, 3});
    }
    list.norm("conv_norm_out", width);
    list.layer("conv_out", {latent, width, 3, 3});
    return list.take();
}

inline known_model unet_model(const unet_sizes& s) {
    json_object down = json_object::array(), up = json_object::array();
    for (std::size_t i = 0; i < s.channels.size(); ++i) {
        down.push_back(s.depth[i] > 0 ? "CrossAttnDownBlock2D" : "DownBlock2D");
        up.push_back(s.depth[s.depth.size() - 1 - i] > 0 ? "CrossAttnUpBlock2D" : "UpBlock2D");
    }
    json_object config = {{"_class_name", "UNet2DConditionModel"},
                          {"block_out_channels", s.channels},
                          {"down_block_types", down},
                          {"up_block_types", up},
                          {"layers_per_block", 2},
                          {"in_channels", 4},
                          {"out_channels", 4},
                          {"cross_attention_dim", s.context},
                          {"norm_num_groups", s.groups},
                          {"sample_size", s.sample},
                          {"use_linear_projection", s.linear}};
    // diffusers calls the number of heads attention_head_dim.
    config["attention_head_dim"] = s.heads.front();
    if (s.heads.front() != s.heads.back()) config["attention_head_dim"] = s.heads;
    config["transformer_layers_per_block"] = 1;
    if (s.added > 0) {
        std::vector<std::size_t> depth = s.depth;
        for (std::size_t& d : depth) d = d == 0 ? 1 : d;  // so it is written where there is no attention
        config["transformer_layers_per_block"] = depth;
        config["addition_embed_type"] = "text_time";
        config["projection_class_embeddings_input_dim"] = s.added;
    }
    known_model m;
    m.tensors = unet_tensors(s);
    m.file = "diffusion_pytorch_model.safetensors";
    m.documents = {{"config.json", config}};
    return m;
}

struct autoencoder_sizes {
    std::size_t latent;
    double scaling;
    bool quantised = true;    ///< 1 x 1 convolutions before and behind the latent
    bool batch_norm = false;  ///< statistics of the latents' 2 x 2 patches, as in Flux.2
    std::size_t sample = 512;
    std::vector<std::size_t> channels = {128, 256, 512, 512};
    std::size_t groups = 32;
    std::size_t per_level = 2;

    autoencoder_sizes tiny() const {
        autoencoder_sizes s = *this;
        s.channels = {8, 16, 32, 32};
        s.groups = 4;
        s.sample = 32;
        return s;
    }
};

inline void add_autoencoder_middle(tensor_list& list, const std::string& name, std::size_t c) {
    add_resnet(list, name + "resnets.0.", c, c, 0);
    list.norm(name + "attentions.0.group_norm", c);
    for (const char* part : {"to_q", "to_k", "to_v", "to_out.0"}) list.layer(name + "attentions.0." + part, {c, c});
    add_resnet(list, name + "resnets.1.", c, c, 0);
}

inline std::vector<known_tensor> autoencoder_tensors(const autoencoder_sizes& s) {
    const std::size_t levels = s.channels.size(), deepest = s.channels.back(), z = s.latent;
    tensor_list list;
    list.layer("encoder.conv_in", {s.channels[0], 3, 3, 3});
    std::size_t width = s.channels[0];
    for (std::size_t i = 0; i < levels; ++i) {
        const std::string level = numbered("encoder.down_blocks.", i);
        const std::size_t c = s.channels[i];
        for (std::size_t j = 0; j < s.per_level; ++j) {
            add_resnet(list, numbered(level + "resnets.", j), width, c, 0);
            width = c;
        }
        if (i + 1 < levels) list.layer(level + "downsamplers.0.conv", {c, c, 3, 3});
    }
    add_autoencoder_middle(list, "encoder.mid_block.", deepest);
    list.norm("encoder.conv_norm_out", deepest);
    list.layer("encoder.conv_out", {2 * z, deepest, 3, 3});
    list.layer("decoder.conv_in", {deepest, z, 3, 3});
    add_autoencoder_middle(list, "decoder.mid_block.", deepest);
    for (std::size_t i = 0; i < levels; ++i) {
        const std::string level = numbered("decoder.up_blocks.", i);
        const std::size_t c = s.channels[levels - 1 - i];
        for (std::size_t j = 0; j <= s.per_level; ++j) {
            add_resnet(list, numbered(level + "resnets.", j), width, c, 0);
            width = c;
        }
        if (i + 1 < levels) list.layer(level + "upsamplers.0.conv", {c, c, 3, 3});
    }
    list.norm("decoder.conv_norm_out", width);
    list.layer("decoder.conv_out", {3, width, 3, 3});
    if (s.quantised) {
        list.layer("quant_conv", {2 * z, 2 * z, 1, 1});
        list.layer("post_quant_conv", {z, z, 1, 1});
    }
    if (s.batch_norm) {
        list.add("bn.running_mean", {4 * z}, nn::initialiser::zeros());
        list.last().kind = tensor_kind::buffer;
        list.add("bn.running_var", {4 * z}, nn::initialiser::ones());
        list.last().kind = tensor_kind::buffer;
        list.add("bn.num_batches_tracked", {}, nn::initialiser::zeros());
        list.last().kind = tensor_kind::counter;
    }
    return list.take();
}

inline known_model autoencoder_model(const autoencoder_sizes& s) {
    const std::vector<std::string> down(s.channels.size(), "DownEncoderBlock2D");
    const std::vector<std::string> up(s.channels.size(), "UpDecoderBlock2D");
    json_object config = {{"_class_name", s.batch_norm ? "AutoencoderKLFlux2" : "AutoencoderKL"},
                          {"block_out_channels", s.channels},
                          {"down_block_types", down},
                          {"up_block_types", up},
                          {"layers_per_block", s.per_level},
                          {"in_channels", 3},
                          {"out_channels", 3},
                          {"latent_channels", s.latent},
                          {"norm_num_groups", s.groups},
                          {"sample_size", s.sample},
                          {"use_quant_conv", s.quantised},
                          {"use_post_quant_conv", s.quantised}};
    if (s.batch_norm) {
        config["patch_size"] = {2, 2};
    } else {
        config["scaling_factor"] = s.scaling;
    }
    known_model m;
    m.tensors = autoencoder_tensors(s);
    m.file = "diffusion_pytorch_model.safetensors";
    m.documents = {{"config.json", config}};
    return m;
}

}  // namespace geolip::checkpoint::detail
