// Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT
#pragma once

/// \file
/// The names of latent diffusion models: diffusers' UNet2DConditionModel and AutoencoderKL, and the original code's
/// files (LDM), which hold both and the text towers.

#include <string_view>

#include "geolip/checkpoint/detail/catalogue_rules.hpp"
#include "geolip/checkpoint/detail/catalogue_vision_rules.hpp"

namespace geolip::checkpoint::detail::rules {

inline constexpr path_unit transformer = path_unit::transformer_block;
inline constexpr path_unit attending = path_unit::attention_block;
inline constexpr path_unit residual = path_unit::residual_block;
inline constexpr path_unit resampling = path_unit::resampler;

// ---- A block of diffusers. The feed-forward's first matrix holds the values, then the gates.
inline constexpr catalogue_rule unet_block[] = {
    along(transformer, "attentions.{unit}.transformer_blocks.{layer}.attn1.to_q", query, self),
    along(transformer, "attentions.{unit}.transformer_blocks.{layer}.attn1.to_k", key, self),
    along(transformer, "attentions.{unit}.transformer_blocks.{layer}.attn1.to_v", value, self),
    along(transformer, "attentions.{unit}.transformer_blocks.{layer}.attn1.to_out.0", output, self),
    along(transformer, "attentions.{unit}.transformer_blocks.{layer}.attn2.to_q", query, cross),
    along(transformer, "attentions.{unit}.transformer_blocks.{layer}.attn2.to_k", key, cross),
    along(transformer, "attentions.{unit}.transformer_blocks.{layer}.attn2.to_v", value, cross),
    along(transformer, "attentions.{unit}.transformer_blocks.{layer}.attn2.to_out.0", output, cross),
    along(transformer, "attentions.{unit}.transformer_blocks.{layer}.ff.net.0.proj", fused_gate_up)
        .splitting(tensor_split::up_then_gate),
    along(transformer, "attentions.{unit}.transformer_blocks.{layer}.ff.net.2", mlp_down),
    along(transformer, "attentions.{unit}.transformer_blocks.{layer}.norm1", norm),
    along(transformer, "attentions.{unit}.transformer_blocks.{layer}.norm2", norm),
    along(transformer, "attentions.{unit}.transformer_blocks.{layer}.norm3", norm),
    along(attending, "attentions.{unit}.norm", norm),
    along(attending, "attentions.{unit}.proj_in", projection),
    along(attending, "attentions.{unit}.proj_out", projection),
    along(attending, "attentions.{unit}.group_norm", norm),
    along(attending, "attentions.{unit}.to_q", query, self),
    along(attending, "attentions.{unit}.to_k", key, self),
    along(attending, "attentions.{unit}.to_v", value, self),
    along(attending, "attentions.{unit}.to_out.0", output, self),
    along(attending, "attentions.{unit}.query", query, self),  // before 2023
    along(attending, "attentions.{unit}.key", key, self),
    along(attending, "attentions.{unit}.value", value, self),
    along(attending, "attentions.{unit}.proj_attn", output, self),
    along(residual, "resnets.{unit}.norm1", norm),
    along(residual, "resnets.{unit}.norm2", norm),
    along(residual, "resnets.{unit}.conv1", convolution),
    along(residual, "resnets.{unit}.conv2", convolution),
    along(residual, "resnets.{unit}.conv_shortcut", convolution),
    along(residual, "resnets.{unit}.time_emb_proj", projection),
    along(resampling, "downsamplers.{unit}.conv", convolution),
    along(resampling, "upsamplers.{unit}.conv", convolution),
};
inline constexpr catalogue_rule diffusers_ends[] = {
    {"conv_in", convolution},
    {"conv_out", convolution},
    {"conv_norm_out", norm},
    {"time_embedding.linear_1", projection},
    {"time_embedding.linear_2", projection},
    {"add_embedding.linear_1", projection},
    {"add_embedding.linear_2", projection},
    {"class_embedding.linear_1", projection},
    {"class_embedding.linear_2", projection},
    {"quant_conv", convolution},
    {"post_quant_conv", convolution},
};
inline constexpr catalogue_stem unet_stems[] = {
    {"down_blocks.{block}.", tensor_side::none, unet_block, path_part::down},
    {"mid_block.", tensor_side::none, unet_block, path_part::middle},
    {"up_blocks.{block}.", tensor_side::none, unet_block, path_part::up},
    {"", tensor_side::none, diffusers_ends},
};
inline constexpr std::string_view unet_signs[] = {
    "down_blocks.{block}.resnets.{unit}.conv1.weight",
    "down_blocks.{block}.attentions.{unit}.transformer_blocks.{layer}.attn2.to_k.weight|"
    "mid_block.attentions.{unit}.transformer_blocks.{layer}.attn2.to_k.weight"};
inline constexpr catalogue_stem autoencoder_stems[] = {
    {"encoder.down_blocks.{block}.", tensor_side::encoder, unet_block, path_part::down},
    {"encoder.mid_block.", tensor_side::encoder, unet_block, path_part::middle},
    {"encoder.", tensor_side::encoder, diffusers_ends},
    {"decoder.mid_block.", tensor_side::decoder, unet_block, path_part::middle},
    {"decoder.up_blocks.{block}.", tensor_side::decoder, unet_block, path_part::up},
    {"decoder.", tensor_side::decoder, diffusers_ends},
    {"", tensor_side::none, diffusers_ends},
};
inline constexpr std::string_view autoencoder_signs[] = {
    "encoder.down_blocks.{block}.resnets.{unit}.conv1.weight|decoder.up_blocks.{block}.resnets.{unit}.conv1.weight"};

// ---- LDM. Blocks are lists, and what is at a place shows by the names below it.
inline constexpr catalogue_rule ldm_unet_block[] = {
    along(transformer, "{unit}.transformer_blocks.{layer}.attn1.to_q", query, self),
    along(transformer, "{unit}.transformer_blocks.{layer}.attn1.to_k", key, self),
    along(transformer, "{unit}.transformer_blocks.{layer}.attn1.to_v", value, self),
    along(transformer, "{unit}.transformer_blocks.{layer}.attn1.to_out.0", output, self),
    along(transformer, "{unit}.transformer_blocks.{layer}.attn2.to_q", query, cross),
    along(transformer, "{unit}.transformer_blocks.{layer}.attn2.to_k", key, cross),
    along(transformer, "{unit}.transformer_blocks.{layer}.attn2.to_v", value, cross),
    along(transformer, "{unit}.transformer_blocks.{layer}.attn2.to_out.0", output, cross),
    along(transformer, "{unit}.transformer_blocks.{layer}.ff.net.0.proj", fused_gate_up)
        .splitting(tensor_split::up_then_gate),
    along(transformer, "{unit}.transformer_blocks.{layer}.ff.net.2", mlp_down),
    along(transformer, "{unit}.transformer_blocks.{layer}.norm1", norm),
    along(transformer, "{unit}.transformer_blocks.{layer}.norm2", norm),
    along(transformer, "{unit}.transformer_blocks.{layer}.norm3", norm),
    along(attending, "{unit}.norm", norm),
    along(attending, "{unit}.proj_in", projection),
    along(attending, "{unit}.proj_out", projection),
    along(residual, "{unit}.in_layers.0", norm),
    along(residual, "{unit}.in_layers.2", convolution),
    along(residual, "{unit}.emb_layers.1", projection),
    along(residual, "{unit}.out_layers.0", norm),
    along(residual, "{unit}.out_layers.3", convolution),
    along(residual, "{unit}.skip_connection", convolution),
    along(resampling, "{unit}.op", convolution),
    along(resampling, "{unit}.conv", convolution),
};
inline constexpr catalogue_rule ldm_unet_ends[] = {
    {"input_blocks.0.0", convolution},
    {"out.0", norm},
    {"out.2", convolution},
    {"time_embed.{unit}", projection},
    {"label_emb.{block}.{unit}", projection},
};
inline constexpr catalogue_rule ldm_autoencoder_ends[] = {
    {"conv_in", convolution},    {"conv_out", convolution},        {"norm_out", norm},
    {"quant_conv", convolution}, {"post_quant_conv", convolution},
};
inline constexpr catalogue_rule ldm_autoencoder_block[] = {
    along(residual, "block.{unit}.norm1", norm),
    along(residual, "block.{unit}.norm2", norm),
    along(residual, "block.{unit}.conv1", convolution),
    along(residual, "block.{unit}.conv2", convolution),
    along(residual, "block.{unit}.nin_shortcut", convolution),
    along(residual, "block_{unit}.norm1", norm),  // of the middle
    along(residual, "block_{unit}.norm2", norm),
    along(residual, "block_{unit}.conv1", convolution),
    along(residual, "block_{unit}.conv2", convolution),
    along(attending, "attn_{unit}.norm", norm),
    along(attending, "attn_{unit}.q", query, self),
    along(attending, "attn_{unit}.k", key, self),
    along(attending, "attn_{unit}.v", value, self),
    along(attending, "attn_{unit}.proj_out", output, self),
    along(resampling, "downsample.conv", convolution),
    along(resampling, "upsample.conv", convolution),
};
inline constexpr catalogue_stem ldm_stems[] = {
    {"diffusion_model.input_blocks.{block}.", tensor_side::none, ldm_unet_block, path_part::down},
    {"diffusion_model.middle_block.", tensor_side::none, ldm_unet_block, path_part::middle},
    {"diffusion_model.output_blocks.{block}.", tensor_side::none, ldm_unet_block, path_part::up},
    {"diffusion_model.", tensor_side::none, ldm_unet_ends},
    {"encoder.down.{block}.", tensor_side::encoder, ldm_autoencoder_block, path_part::down},
    {"encoder.mid.", tensor_side::encoder, ldm_autoencoder_block, path_part::middle},
    {"encoder.", tensor_side::encoder, ldm_autoencoder_ends},
    {"decoder.mid.", tensor_side::decoder, ldm_autoencoder_block, path_part::middle},
    {.prefix = "decoder.up.{block}.",
     .side = tensor_side::decoder,
     .rules = ldm_autoencoder_block,
     .path = path_part::up,
     .reversed = true},
    {"decoder.", tensor_side::decoder, ldm_autoencoder_ends},
    {"", tensor_side::none, ldm_autoencoder_ends},
    {"cond_stage_model.transformer.text_model.", tensor_side::text, clip_tower},
    {"cond_stage_model.model.", tensor_side::text, open_clip_tower},
    {"conditioner.embedders.0.transformer.text_model.", tensor_side::text, clip_tower},
};
inline constexpr std::string_view ldm_signs[] = {
    "diffusion_model.input_blocks.{block}.{unit}.in_layers.2.weight|encoder.mid.attn_{unit}.q.weight|"
    "decoder.mid.attn_{unit}.q.weight"};

}  // namespace geolip::checkpoint::detail::rules
