// Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT

#include <doctest/doctest.h>

#include <cstddef>
#include <string>
#include <string_view>

#include "geolip/checkpoint/catalogue.hpp"
#include "geolip/checkpoint/known_models.hpp"
#include "support/catalogue.hpp"

using namespace geolip::checkpoint;
using namespace geolip_test;

namespace {

catalogue full(std::string_view name) {
    const known_model m = make_known_model(name);
    const nlohmann::json config = config_of(m);
    return make_catalogue(tensor_table(m, dtype::bf16), &config);
}

}  // namespace

TEST_CASE("flux2's statistics are buffers and no parameters") {
    const catalogue c = full("flux2-vae");
    CHECK(c.buffers == 128 + 128 + 1);
    CHECK(entries_of(c, "bn.running_var").front().reason == "a buffer");
}

TEST_CASE("fused rows are split into queries, keys and values, and into heads") {
    const catalogue c = full("clip-vit-bigg-14");
    const std::string name = "visual.transformer.resblocks.47.attn.in_proj_weight";
    const auto parts = entries_of(c, name);
    REQUIRE(parts.size() == 3);
    for (std::size_t i = 0; i < 3; ++i) {
        CHECK(parts[i].role == static_cast<tensor_role>(static_cast<std::size_t>(tensor_role::query) + i));
        CHECK(parts[i].outputs == strided_range{1664 * i, 1664, 1664, 1});
        CHECK(parts[i].rows() == 1664);
        CHECK(parts[i].cols() == 1664);
        CHECK(parts[i].layer == 47u);
        CHECK(parts[i].heads == 16u);
        CHECK(parts[i].head_dim == 104u);
        CHECK(head_slice(parts[i], 15) == matrix_slice{false, 1664 * i + 1560, 104});
        CHECK(!head_slice(parts[i], 16));
    }
    const catalogue_entry& o = entry_of(c, "visual.transformer.resblocks.47.attn.out_proj.weight", tensor_role::output);
    CHECK(head_slice(o, 2) == matrix_slice{true, 208, 104});
    const auto biases = entries_of(c, "visual.transformer.resblocks.47.attn.in_proj_bias");
    REQUIRE(biases.size() == 1);
    CHECK(biases[0].reason == "a bias");
    CHECK(biases[0].layer == 47u);
    const catalogue_entry& p = entry_of(c, "visual.proj", tensor_role::projection);
    CHECK(p.orientation == tensor_orientation::in_out);
    CHECK(p.rows() == 1664);
    CHECK(p.cols() == 1280);
    CHECK(p.outputs == strided_range{0, 1280, 1280, 1});
    const catalogue_entry& patches = entry_of(c, "visual.conv1.weight", tensor_role::convolution);
    CHECK(patches.rows() == 1664);
    CHECK(patches.cols() == 3 * 14 * 14);
}

TEST_CASE("Qwen3.5's queries and gates alternate by head") {
    const catalogue c = full("qwen3.5-0.8b");
    const std::string layer = "model.language_model.layers.3.self_attn.";
    const auto parts = entries_of(c, layer + "q_proj.weight");
    REQUIRE(parts.size() == 2);
    CHECK(parts[0].role == tensor_role::query);
    CHECK(parts[1].role == tensor_role::attention_gate);
    CHECK(parts[0].outputs == strided_range{0, 256, 512, 8});
    CHECK(parts[1].outputs == strided_range{256, 256, 512, 8});
    CHECK(parts[0].rows() == 2048);
    CHECK(parts[0].outputs[255] == 255);
    CHECK(parts[0].outputs[256] == 512);
    CHECK(parts[0].outputs[2047] == 7 * 512 + 255);
    CHECK(parts[1].outputs[256] == 768);
    CHECK(parts[0].heads == 8u);
    CHECK(parts[0].kv_heads == 2u);
    CHECK(parts[0].head_dim == 256u);
    CHECK(head_slice(parts[0], 3) == matrix_slice{false, 1536, 256});
    CHECK(head_slice(parts[1], 3) == matrix_slice{false, 1792, 256});
    const catalogue_entry& k = entry_of(c, layer + "k_proj.weight", tensor_role::key);
    CHECK(head_slice(k, 1) == matrix_slice{false, 256, 256});
    CHECK(!head_slice(k, 2));
    CHECK(entry_of(c, layer + "q_norm.weight", tensor_role::norm).reason == "a vector");
}

TEST_CASE("linear attention has its own heads, and values wider than keys") {
    const catalogue c = full("qwen3.5-4b");
    const std::string layer = "model.language_model.layers.0.linear_attn.";
    const auto parts = entries_of(c, layer + "in_proj_qkv.weight");
    REQUIRE(parts.size() == 3);
    CHECK(parts[0].outputs == strided_range{0, 2048, 2048, 1});
    CHECK(parts[1].outputs == strided_range{2048, 2048, 2048, 1});
    CHECK(parts[2].outputs == strided_range{4096, 4096, 4096, 1});
    CHECK(parts[1].own_heads() == 16u);
    CHECK(parts[2].own_heads() == 32u);
    CHECK(head_slice(parts[2], 31) == matrix_slice{false, 8192 - 128, 128});
    const catalogue_entry& convolution = entry_of(c, layer + "conv1d.weight", tensor_role::convolution);
    CHECK(convolution.rows() == 8192);
    CHECK(convolution.cols() == 4);
    CHECK(entry_of(c, layer + "out_proj.weight", tensor_role::output).heads == 32u);
    CHECK(entry_of(c, layer + "in_proj_z.weight", tensor_role::attention_gate).head_dim == 128u);
    CHECK(entry_of(c, layer + "in_proj_a.weight", tensor_role::recurrence).measured());
    CHECK(entry_of(c, layer + "A_log", tensor_role::recurrence).reason == "a vector");
}

TEST_CASE("T5Gemma 2's decoder attends to both sequences with one set of projections") {
    const catalogue c = full("t5gemma2-4b");
    const catalogue_entry& k = entry_of(c, "model.decoder.layers.33.self_attn.k_proj.weight", tensor_role::key);
    CHECK(k.attention == attention_kind::merged);
    CHECK(k.heads == 8u);
    CHECK(k.kv_heads == 4u);
    CHECK(k.head_dim == 256u);
    CHECK(entry_of(c, "model.encoder.text_model.layers.33.self_attn.k_proj.weight", tensor_role::key).attention ==
          attention_kind::self);
}

TEST_CASE("layers of a UNet are numbered on the way down, in the middle and on the way up") {
    const catalogue small = full("sd15-unet"), large = full("sdxl-unet");
    struct row {
        const catalogue& of;
        std::string_view name;
        path_part path;
        std::size_t layer, heads, head_dim, width;
    };
    const row rows[] = {
        {small, "down_blocks.0.attentions.0.transformer_blocks.0", path_part::down, 0, 8, 40, 768},
        {small, "down_blocks.2.attentions.1.transformer_blocks.0", path_part::down, 5, 8, 160, 768},
        {small, "mid_block.attentions.0.transformer_blocks.0", path_part::middle, 6, 8, 160, 768},
        {small, "up_blocks.1.attentions.0.transformer_blocks.0", path_part::up, 7, 8, 160, 768},
        {small, "up_blocks.3.attentions.2.transformer_blocks.0", path_part::up, 15, 8, 40, 768},
        {large, "down_blocks.1.attentions.1.transformer_blocks.1", path_part::down, 3, 10, 64, 2048},
        {large, "down_blocks.2.attentions.1.transformer_blocks.9", path_part::down, 23, 20, 64, 2048},
        {large, "mid_block.attentions.0.transformer_blocks.0", path_part::middle, 24, 20, 64, 2048},
        {large, "up_blocks.0.attentions.0.transformer_blocks.0", path_part::up, 34, 20, 64, 2048},
        {large, "up_blocks.0.attentions.2.transformer_blocks.9", path_part::up, 63, 20, 64, 2048},
        {large, "up_blocks.1.attentions.2.transformer_blocks.1", path_part::up, 69, 10, 64, 2048},
    };
    for (const row& r : rows) {
        CAPTURE(r.name);
        const catalogue_entry& k = entry_of(r.of, std::string(r.name) + ".attn2.to_k.weight", tensor_role::key);
        CHECK(k.attention == attention_kind::cross);
        CHECK(k.unit == path_unit::transformer_block);
        CHECK(k.path == r.path);
        CHECK(k.layer == r.layer);
        CHECK(k.heads == r.heads);
        CHECK(k.head_dim == r.head_dim);
        CHECK(k.cols() == r.width);
        const catalogue_entry& q = entry_of(r.of, std::string(r.name) + ".attn1.to_q.weight", tensor_role::query);
        CHECK(q.layer == r.layer);
        CHECK(q.cols() == r.heads * r.head_dim);
    }
    // The feed-forward's values come before its gates.
    const std::string middle = "mid_block.attentions.0.transformer_blocks.0.ff.net.0.proj.weight";
    CHECK(entry_of(small, middle, tensor_role::mlp_up).outputs == strided_range{0, 5120, 5120, 1});
    CHECK(entry_of(small, middle, tensor_role::mlp_gate).outputs == strided_range{5120, 5120, 5120, 1});
    CHECK(entry_of(small, "mid_block.attentions.0.proj_in.weight", tensor_role::projection).cols() == 1280);
    // Residual blocks: 8 down, 2 in the middle, 12 up.
    const std::string first_up = "up_blocks.0.resnets.0.conv1.weight";
    CHECK(entry_of(small, first_up, tensor_role::convolution).layer == 10u);
    CHECK(entry_of(small, first_up, tensor_role::convolution).block == 0u);
    CHECK(entry_of(small, first_up, tensor_role::convolution).rows() == 1280);
    CHECK(entry_of(small, first_up, tensor_role::convolution).cols() == 2560 * 9);
    CHECK(entry_of(small, "mid_block.resnets.1.conv2.weight", tensor_role::convolution).layer == 9u);
    CHECK(entry_of(small, "up_blocks.0.upsamplers.0.conv.weight", tensor_role::convolution).layer == 3u);
}

TEST_CASE("an autoencoder's convolutions are matrices, and its attention has one head") {
    const catalogue c = full("flux1-vae");
    const catalogue_entry& out = entry_of(c, "encoder.conv_out.weight", tensor_role::convolution);
    CHECK(out.side == tensor_side::encoder);
    CHECK(out.rows() == 32);
    CHECK(out.cols() == 512 * 9);
    CHECK(!out.layer);
    const catalogue_entry& q = entry_of(c, "decoder.mid_block.attentions.0.to_q.weight", tensor_role::query);
    CHECK(q.path == path_part::middle);
    CHECK(q.heads == 1u);
    CHECK(q.head_dim == 512u);
    // The decoder begins in the middle: its blocks up are residual blocks 2 to 13, the encoder's down 0 to 7.
    CHECK(entry_of(c, "decoder.up_blocks.3.resnets.2.conv1.weight", tensor_role::convolution).layer == 13u);
    CHECK(entry_of(c, "encoder.mid_block.resnets.0.conv1.weight", tensor_role::convolution).layer == 8u);
}
