// Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT
#pragma once

/// \file
/// The names of vision transformers and of their text towers: DINOv2 as in transformers and as in its own code and
/// timm, CLIP as in open_clip and as in transformers.

#include <string_view>

#include "geolip/checkpoint/detail/catalogue_rules.hpp"

namespace geolip::checkpoint::detail::rules {

// ---- DINOv2 in transformers. The gated feed-forward of the largest model is fused.
inline constexpr catalogue_rule dinov2_stack[] = {
    bare("embeddings.cls_token", token),
    bare("embeddings.mask_token", token),
    bare("embeddings.register_tokens", token),
    bare("embeddings.position_embeddings", position_embedding),
    {"embeddings.patch_embeddings.projection", convolution},
    {"encoder.layer.{layer}.norm1", norm},
    {"encoder.layer.{layer}.norm2", norm},
    {"encoder.layer.{layer}.attention.attention.query", query, self},
    {"encoder.layer.{layer}.attention.attention.key", key, self},
    {"encoder.layer.{layer}.attention.attention.value", value, self},
    {"encoder.layer.{layer}.attention.output.dense", output, self},
    bare("encoder.layer.{layer}.layer_scale1.lambda1", layer_scale),
    bare("encoder.layer.{layer}.layer_scale2.lambda1", layer_scale),
    {"encoder.layer.{layer}.mlp.fc1", mlp_up},
    {"encoder.layer.{layer}.mlp.fc2", mlp_down},
    catalogue_rule{"encoder.layer.{layer}.mlp.weights_in", fused_gate_up}.splitting(tensor_split::gate_then_up),
    {"encoder.layer.{layer}.mlp.weights_out", mlp_down},
    {"layernorm", norm},
    {"classifier", head},
};
inline constexpr catalogue_stem dinov2_stems[] = {
    {"dinov2.", tensor_side::visual, dinov2_stack},
    {"dinov2_with_registers.", tensor_side::visual, dinov2_stack},
    {"", tensor_side::visual, dinov2_stack},
};
inline constexpr std::string_view dinov2_signs[] = {
    "encoder.layer.{layer}.layer_scale1.lambda1|dinov2.encoder.layer.{layer}.layer_scale1.lambda1|"
    "dinov2_with_registers.encoder.layer.{layer}.layer_scale1.lambda1"};

// ---- timm's vision transformers, and DINOv2's own code, which may put blocks into chunks.
inline constexpr catalogue_rule timm_tower[] = {
    bare("cls_token", token),
    bare("mask_token", token),
    bare("reg_token", token),
    bare("register_tokens", token),
    bare("pos_embed", position_embedding),
    {"patch_embed.proj", convolution},
    {"norm_pre", norm},
    {"norm", norm},
    {"fc_norm", norm},
    {"head", head},
};
inline constexpr catalogue_rule timm_block[] = {
    {"{layer}.norm1", norm},
    {"{layer}.norm2", norm},
    catalogue_rule{"{layer}.attn.qkv", fused_qkv, self}.splitting(tensor_split::qkv),
    {"{layer}.attn.proj", output, self},
    bare("{layer}.ls1.gamma", layer_scale),
    bare("{layer}.ls2.gamma", layer_scale),
    {"{layer}.mlp.fc1", mlp_up},
    {"{layer}.mlp.fc2", mlp_down},
    catalogue_rule{"{layer}.mlp.w12", fused_gate_up}.splitting(tensor_split::gate_then_up),
    {"{layer}.mlp.w3", mlp_down},
};
inline constexpr catalogue_stem timm_stems[] = {
    {"", tensor_side::visual, timm_tower},
    {"blocks.", tensor_side::visual, timm_block},
    {"blocks.{block}.", tensor_side::visual, timm_block},
};
inline constexpr std::string_view timm_signs[] = {
    "blocks.{layer}.attn.qkv.weight|blocks.{block}.{layer}.attn.qkv.weight"};
inline constexpr std::string_view dinov2_timm_signs[] = {timm_signs[0],
                                                         "blocks.{layer}.ls1.gamma|blocks.{block}.{layer}.ls1.gamma"};

// ---- open_clip. in_proj is split in files whose keys and values have another width.
inline constexpr catalogue_rule open_clip_tower[] = {
    {"conv1", convolution},
    bare("class_embedding", token),
    bare("positional_embedding", position_embedding),
    bare("proj", projection).in_out(),
    bare("text_projection", projection).in_out(),
    {"token_embedding", embedding},
    {"ln_pre", norm},
    {"ln_post", norm},
    {"ln_final", norm},
    {"transformer.resblocks.{layer}.ln_1", norm},
    {"transformer.resblocks.{layer}.ln_2", norm},
    bare("transformer.resblocks.{layer}.attn.in_proj_weight", fused_qkv, self).splitting(tensor_split::qkv),
    bare("transformer.resblocks.{layer}.attn.in_proj_bias", bias, self),
    bare("transformer.resblocks.{layer}.attn.q_proj_weight", query, self),
    bare("transformer.resblocks.{layer}.attn.k_proj_weight", key, self),
    bare("transformer.resblocks.{layer}.attn.v_proj_weight", value, self),
    {"transformer.resblocks.{layer}.attn.out_proj", output, self},
    bare("transformer.resblocks.{layer}.ls_1.gamma", layer_scale),
    bare("transformer.resblocks.{layer}.ls_2.gamma", layer_scale),
    {"transformer.resblocks.{layer}.mlp.c_fc", mlp_up},
    {"transformer.resblocks.{layer}.mlp.c_proj", mlp_down},
};
inline constexpr catalogue_rule clip_scalars[] = {bare("logit_scale", other), bare("logit_bias", other)};
inline constexpr catalogue_stem open_clip_stems[] = {
    {"visual.", tensor_side::visual, open_clip_tower},
    {"visual.trunk.", tensor_side::visual, timm_tower},
    {"visual.trunk.blocks.", tensor_side::visual, timm_block},
    {"text.", tensor_side::text, open_clip_tower},
    {"", tensor_side::text, open_clip_tower},
    {"", tensor_side::none, clip_scalars},
};
inline constexpr std::string_view open_clip_signs[] = {
    "visual.transformer.resblocks.{layer}.attn.out_proj.weight|transformer.resblocks.{layer}.attn.out_proj.weight|"
    "visual.trunk.blocks.{layer}.attn.proj.weight"};

// ---- CLIP in transformers ("layrnorm" is how it is spelt there).
inline constexpr catalogue_rule clip_tower[] = {
    bare("embeddings.class_embedding", token),
    {"embeddings.patch_embedding", convolution},
    {"embeddings.position_embedding", position_embedding},
    {"embeddings.token_embedding", embedding},
    {"pre_layrnorm", norm},
    {"pre_layernorm", norm},
    {"post_layernorm", norm},
    {"final_layer_norm", norm},
    {"encoder.layers.{layer}.self_attn.q_proj", query, self},
    {"encoder.layers.{layer}.self_attn.k_proj", key, self},
    {"encoder.layers.{layer}.self_attn.v_proj", value, self},
    {"encoder.layers.{layer}.self_attn.out_proj", output, self},
    {"encoder.layers.{layer}.layer_norm1", norm},
    {"encoder.layers.{layer}.layer_norm2", norm},
    {"encoder.layers.{layer}.mlp.fc1", mlp_up},
    {"encoder.layers.{layer}.mlp.fc2", mlp_down},
};
inline constexpr catalogue_rule clip_visual_projection[] = {{"visual_projection", projection}};
inline constexpr catalogue_rule clip_text_projection[] = {{"text_projection", projection}};
inline constexpr catalogue_stem clip_stems[] = {
    {"vision_model.", tensor_side::visual, clip_tower},
    {"text_model.", tensor_side::text, clip_tower},
    {"", tensor_side::visual, clip_visual_projection},
    {"", tensor_side::text, clip_text_projection},
    {"", tensor_side::none, clip_scalars},
};
inline constexpr std::string_view clip_signs[] = {
    "vision_model.encoder.layers.{layer}.self_attn.q_proj.weight|"
    "text_model.encoder.layers.{layer}.self_attn.q_proj.weight"};

}  // namespace geolip::checkpoint::detail::rules
