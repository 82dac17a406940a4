// Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT
#pragma once

/// \file
/// The names of language models: transformers' T5, BERT, GPT-2, Qwen (and Llama, whose names it has), T5Gemma.

#include <string_view>

#include "geolip/checkpoint/detail/catalogue_rules.hpp"
#include "geolip/checkpoint/detail/catalogue_vision_rules.hpp"

namespace geolip::checkpoint::detail::rules {

// ---- T5 and T5 1.1. Blocks after the first have no bias of their own, UMT5's have.
inline constexpr catalogue_rule t5_stack[] = {
    {"block.{layer}.layer.0.SelfAttention.q", query, self},
    {"block.{layer}.layer.0.SelfAttention.k", key, self},
    {"block.{layer}.layer.0.SelfAttention.v", value, self},
    {"block.{layer}.layer.0.SelfAttention.o", output, self},
    {"block.{layer}.layer.0.SelfAttention.relative_attention_bias", position_bias, self},
    {"block.{layer}.layer.1.EncDecAttention.q", query, cross},
    {"block.{layer}.layer.1.EncDecAttention.k", key, cross},
    {"block.{layer}.layer.1.EncDecAttention.v", value, cross},
    {"block.{layer}.layer.1.EncDecAttention.o", output, cross},
    catalogue_rule{"block.{layer}.layer.1.EncDecAttention.relative_attention_bias", position_bias, cross}.unused(
        "in old files, and not used by the model"),
    {"block.{layer}.layer.{unit}.DenseReluDense.wi", mlp_up},
    {"block.{layer}.layer.{unit}.DenseReluDense.wi_0", mlp_gate},
    {"block.{layer}.layer.{unit}.DenseReluDense.wi_1", mlp_up},
    {"block.{layer}.layer.{unit}.DenseReluDense.wo", mlp_down},
    {"block.{layer}.layer.{unit}.layer_norm", norm},
    {"final_layer_norm", norm},
    {"embed_tokens", embedding},
};
inline constexpr catalogue_rule t5_shared[] = {{"shared", embedding}, {"lm_head", head}};
inline constexpr catalogue_stem t5_stems[] = {
    {"encoder.", tensor_side::encoder, t5_stack},
    {"decoder.", tensor_side::decoder, t5_stack},
    {"", tensor_side::none, t5_shared},
};
inline constexpr std::string_view t5_signs[] = {
    "encoder.block.{layer}.layer.0.SelfAttention.q.weight|decoder.block.{layer}.layer.0.SelfAttention.q.weight"};
inline constexpr std::string_view t5_1_1_signs[] = {t5_signs[0],
                                                    "encoder.block.{layer}.layer.{unit}.DenseReluDense.wi_0.weight|"
                                                    "decoder.block.{layer}.layer.{unit}.DenseReluDense.wi_0.weight"};

// ---- BERT and RoBERTa.
inline constexpr catalogue_rule bert_stack[] = {
    {"embeddings.word_embeddings", embedding},
    {"embeddings.position_embeddings", position_embedding},
    {"embeddings.token_type_embeddings", embedding},
    {"embeddings.LayerNorm", norm},
    {"encoder.layer.{layer}.attention.self.query", query, self},
    {"encoder.layer.{layer}.attention.self.key", key, self},
    {"encoder.layer.{layer}.attention.self.value", value, self},
    {"encoder.layer.{layer}.attention.self.distance_embedding", position_embedding, self},
    {"encoder.layer.{layer}.attention.output.dense", output, self},
    {"encoder.layer.{layer}.attention.output.LayerNorm", norm},
    {"encoder.layer.{layer}.intermediate.dense", mlp_up},
    {"encoder.layer.{layer}.output.dense", mlp_down},
    {"encoder.layer.{layer}.output.LayerNorm", norm},
    {"pooler.dense", projection},
};
inline constexpr catalogue_rule bert_heads[] = {
    {"cls.predictions.transform.dense", projection},
    {"cls.predictions.transform.LayerNorm", norm},
    {"cls.predictions.decoder", head},
    bare("cls.predictions.bias", bias),
    {"cls.seq_relationship", head},
    {"lm_head.dense", projection},
    {"lm_head.layer_norm", norm},
    {"lm_head.decoder", head},
    bare("lm_head.bias", bias),
    {"classifier", head},
};
inline constexpr catalogue_stem bert_stems[] = {
    {"bert.", tensor_side::encoder, bert_stack},
    {"roberta.", tensor_side::encoder, bert_stack},
    {"", tensor_side::encoder, bert_stack},
    {"", tensor_side::encoder, bert_heads},
};
inline constexpr std::string_view bert_signs[] = {
    "bert.encoder.layer.{layer}.attention.self.query.weight|encoder.layer.{layer}.attention.self.query.weight|"
    "roberta.encoder.layer.{layer}.attention.self.query.weight"};

// ---- GPT-2, whose Conv1D is stored in x out.
inline constexpr catalogue_rule gpt2_stack[] = {
    {"wte", embedding},
    {"wpe", position_embedding},
    {"h.{layer}.ln_1", norm},
    {"h.{layer}.ln_2", norm},
    catalogue_rule{"h.{layer}.attn.c_attn", fused_qkv, self}.splitting(tensor_split::qkv).in_out(),
    catalogue_rule{"h.{layer}.attn.c_proj", output, self}.in_out(),
    catalogue_rule{"h.{layer}.mlp.c_fc", mlp_up}.in_out(),
    catalogue_rule{"h.{layer}.mlp.c_proj", mlp_down}.in_out(),
    {"ln_f", norm},
    {"lm_head", head},
};
inline constexpr catalogue_stem gpt2_stems[] = {
    {"transformer.", tensor_side::decoder, gpt2_stack},
    {"", tensor_side::decoder, gpt2_stack},
};
inline constexpr std::string_view gpt2_signs[] = {
    "h.{layer}.attn.c_attn.weight|transformer.h.{layer}.attn.c_attn.weight"};

// ---- Qwen 2, 3 and 3.5. A q_proj that holds gates as well is told by its rows.
inline constexpr catalogue_rule qwen_stack[] = {
    {"embed_tokens", embedding},
    {"layers.{layer}.self_attn.q_proj", query, self},
    {"layers.{layer}.self_attn.k_proj", key, self},
    {"layers.{layer}.self_attn.v_proj", value, self},
    {"layers.{layer}.self_attn.o_proj", output, self},
    {"layers.{layer}.self_attn.q_norm", norm, self},
    {"layers.{layer}.self_attn.k_norm", norm, self},
    catalogue_rule{"layers.{layer}.linear_attn.in_proj_qkv", fused_qkv, linear}.splitting(tensor_split::linear_qkv),
    {"layers.{layer}.linear_attn.in_proj_z", attention_gate, linear},
    {"layers.{layer}.linear_attn.in_proj_a", recurrence, linear},
    {"layers.{layer}.linear_attn.in_proj_b", recurrence, linear},
    {"layers.{layer}.linear_attn.conv1d", convolution, linear},
    bare("layers.{layer}.linear_attn.A_log", recurrence, linear),
    bare("layers.{layer}.linear_attn.dt_bias", recurrence, linear),
    {"layers.{layer}.linear_attn.norm", norm, linear},
    {"layers.{layer}.linear_attn.out_proj", output, linear},
    {"layers.{layer}.mlp.gate_proj", mlp_gate},
    {"layers.{layer}.mlp.up_proj", mlp_up},
    {"layers.{layer}.mlp.down_proj", mlp_down},
    {"layers.{layer}.input_layernorm", norm},
    {"layers.{layer}.post_attention_layernorm", norm},
    {"norm", norm},
    {"lm_head", head},
};
inline constexpr catalogue_rule qwen3_5_queries[] = {
    catalogue_rule{"layers.{layer}.self_attn.q_proj", query, self}.splitting(tensor_split::gated_query),
};
inline constexpr catalogue_rule qwen3_5_predictor[] = {
    catalogue_rule{"*", other}.unused("of the extra layers that predict several tokens, which are not in the stack"),
};
inline constexpr catalogue_rule qwen_vision[] = {
    {"patch_embed.proj", convolution},
    {"pos_embed", position_embedding},
    {"blocks.{layer}.norm1", norm},
    {"blocks.{layer}.norm2", norm},
    catalogue_rule{"blocks.{layer}.attn.qkv", fused_qkv, self}.splitting(tensor_split::qkv),
    {"blocks.{layer}.attn.proj", output, self},
    {"blocks.{layer}.mlp.linear_fc1", mlp_up},
    {"blocks.{layer}.mlp.linear_fc2", mlp_down},
    {"merger.norm", norm},
    {"merger.linear_fc1", projection},
    {"merger.linear_fc2", projection},
};
inline constexpr catalogue_stem qwen_stems[] = {
    {"", tensor_side::decoder, qwen_stack},
    {"language_model.", tensor_side::decoder, qwen_stack},
    {"language_model.model.", tensor_side::decoder, qwen_stack},
    {"visual.", tensor_side::visual, qwen_vision},
};
inline constexpr catalogue_stem qwen3_5_stems[] = {
    {"", tensor_side::decoder, qwen3_5_queries},   {"language_model.", tensor_side::decoder, qwen3_5_queries},
    {"", tensor_side::decoder, qwen_stack},        {"language_model.", tensor_side::decoder, qwen_stack},
    {"visual.", tensor_side::visual, qwen_vision}, {"mtp.", tensor_side::decoder, qwen3_5_predictor},
};
inline constexpr std::string_view llama_signs[] = {
    "layers.{layer}.self_attn.q_proj.weight|language_model.layers.{layer}.self_attn.q_proj.weight|"
    "language_model.model.layers.{layer}.self_attn.q_proj.weight"};
inline constexpr std::string_view qwen2_signs[] = {
    llama_signs[0],
    "layers.{layer}.self_attn.q_proj.bias|language_model.layers.{layer}.self_attn.q_proj.bias|"
    "language_model.model.layers.{layer}.self_attn.q_proj.bias"};
inline constexpr std::string_view qwen3_signs[] = {
    llama_signs[0],
    "layers.{layer}.self_attn.q_norm.weight|language_model.layers.{layer}.self_attn.q_norm.weight|"
    "language_model.model.layers.{layer}.self_attn.q_norm.weight"};
inline constexpr std::string_view qwen3_5_signs[] = {
    "layers.{layer}.linear_attn.in_proj_qkv.weight|language_model.layers.{layer}.linear_attn.in_proj_qkv.weight"};

// ---- T5Gemma, and T5Gemma 2, whose decoder has one attention to itself and to the encoder.
inline constexpr catalogue_rule t5gemma_stack[] = {
    {"embed_tokens", embedding},
    bare("embed_tokens.eoi_embedding", token),
    {"layers.{layer}.self_attn.q_proj", query, self},
    {"layers.{layer}.self_attn.k_proj", key, self},
    {"layers.{layer}.self_attn.v_proj", value, self},
    {"layers.{layer}.self_attn.o_proj", output, self},
    {"layers.{layer}.self_attn.q_norm", norm, self},
    {"layers.{layer}.self_attn.k_norm", norm, self},
    {"layers.{layer}.cross_attn.q_proj", query, cross},
    {"layers.{layer}.cross_attn.k_proj", key, cross},
    {"layers.{layer}.cross_attn.v_proj", value, cross},
    {"layers.{layer}.cross_attn.o_proj", output, cross},
    {"layers.{layer}.mlp.gate_proj", mlp_gate},
    {"layers.{layer}.mlp.up_proj", mlp_up},
    {"layers.{layer}.mlp.down_proj", mlp_down},
    {"layers.{layer}.pre_self_attn_layernorm", norm},
    {"layers.{layer}.post_self_attn_layernorm", norm},
    {"layers.{layer}.pre_cross_attn_layernorm", norm},
    {"layers.{layer}.post_cross_attn_layernorm", norm},
    {"layers.{layer}.pre_feedforward_layernorm", norm},
    {"layers.{layer}.post_feedforward_layernorm", norm},
    {"norm", norm},
};
inline constexpr catalogue_rule t5gemma_heads[] = {{"lm_head.out_proj", head}, {"lm_head", head}};
inline constexpr catalogue_rule t5gemma2_projector[] = {
    bare("mm_input_projection_weight", projection).in_out(),
    {"mm_soft_emb_norm", norm},
};
inline constexpr catalogue_stem t5gemma_stems[] = {
    {"encoder.", tensor_side::encoder, t5gemma_stack},
    {"decoder.", tensor_side::decoder, t5gemma_stack},
    {"", tensor_side::decoder, t5gemma_heads},
};
inline constexpr catalogue_stem t5gemma2_stems[] = {
    {"encoder.text_model.", tensor_side::encoder, t5gemma_stack},
    {.prefix = "decoder.", .side = tensor_side::decoder, .rules = t5gemma_stack, .merged = true},
    {"encoder.", tensor_side::encoder, t5gemma_stack},
    {"encoder.vision_tower.vision_model.", tensor_side::visual, clip_tower},
    {"encoder.vision_tower.", tensor_side::visual, clip_tower},
    {"encoder.multi_modal_projector.", tensor_side::visual, t5gemma2_projector},
    {"", tensor_side::decoder, t5gemma_heads},
};
inline constexpr std::string_view t5gemma2_signs[] = {
    "encoder.text_model.layers.{layer}.pre_self_attn_layernorm.weight|"
    "encoder.layers.{layer}.pre_self_attn_layernorm.weight|"
    "decoder.layers.{layer}.pre_self_attn_layernorm.weight"};
inline constexpr std::string_view t5gemma_signs[] = {t5gemma2_signs[0],
                                                     "decoder.layers.{layer}.cross_attn.q_proj.weight"};

}  // namespace geolip::checkpoint::detail::rules
