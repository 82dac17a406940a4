// Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT

#include <doctest/doctest.h>

#include <cstddef>
#include <cstdint>
#include <limits>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "geolip/checkpoint/catalogue.hpp"
#include "geolip/checkpoint/known_models.hpp"
#include "support/catalogue.hpp"

using namespace geolip::checkpoint;
using namespace geolip_test;

namespace {

using table = std::vector<tensor_info>;
using nlohmann::json;

}  // namespace

TEST_CASE("what low-rank adapters add is left alone") {
    table tensors = tensor_table(make_known_model("qwen3.5-0.8b", model_scale::tiny), dtype::f32);
    const std::size_t before = tensors.size();
    const std::string wrapped = "base_model.model.model.language_model.layers.3.self_attn.q_proj.";
    for (const std::string& name :
         {wrapped + "lora_A.default.weight", wrapped + "lora_B.weight", wrapped + "lora_magnitude_vector",
          std::string("x.to_q_lora.down.weight"), std::string("lora_unet_mid_block_attn1_to_q.alpha"),
          std::string("lokr.y.hada_w1_a")})
        tensors.push_back(info(name, {4, 4}));
    tensors.push_back(info("model.explora.weight", {4, 4}));  // is none
    const catalogue c = make_catalogue(tensors);
    CHECK(is_sound(c, tensors));
    std::size_t adapters = 0;
    for (const catalogue_entry& e : c.entries) adapters += e.reason == "a LoRA factor" ? 1u : 0u;
    CHECK(adapters == 6);
    CHECK(c.tensors == before + 7);
    CHECK(entries_of(c, "model.explora.weight").front().reason == "no role by this name");
}

TEST_CASE("an unknown architecture is guessed by common names, and says so") {
    table tensors = {info("net.encoder.blk.7.cross_attn.query.weight", {8, 6}),
                     info("net.encoder.blk.7.attention.wo.weight", {8, 8}),
                     info("net.encoder.blk.7.ffn.wo.weight", {8, 32}),
                     info("net.encoder.blk.7.ffn.fc1.weight", {32, 8}),
                     info("net.encoder.blk.7.ffn.fc1.bias", {32}),
                     info("net.encoder.blk.7.attn_norm.weight", {8}),
                     info("net.pos_emb.weight", {9, 8}),
                     info("net.word_embedding.weight", {50, 8}),
                     info("net.stem.weight", {8, 3, 4, 4}),
                     info("net.attention.query_key_value.weight", {24, 8}),
                     info("net.rotary.inv_freq", {4}),
                     info("net.mystery.weight", {3, 3})};
    const catalogue c = make_catalogue(tensors);
    CHECK(c.architecture.name == "unknown");
    CHECK(c.architecture.evidence == "no known tensor names");
    CHECK(is_sound(c, tensors));
    const auto role = [&](std::size_t i) { return c.entries[i].role; };
    REQUIRE(c.entries.size() == tensors.size());
    CHECK(role(0) == tensor_role::query);
    CHECK(c.entries[0].attention == attention_kind::cross);
    CHECK(c.entries[0].side == tensor_side::encoder);
    CHECK(c.entries[0].layer == 7u);
    CHECK(c.entries[0].guessed);
    CHECK(c.entries[0].measured());
    CHECK(role(1) == tensor_role::output);
    CHECK(role(2) == tensor_role::mlp_down);
    CHECK(role(3) == tensor_role::mlp_up);
    CHECK(c.entries[4].reason == "a bias");
    CHECK(role(5) == tensor_role::norm);
    CHECK(role(6) == tensor_role::position_embedding);
    CHECK(role(7) == tensor_role::embedding);
    CHECK(role(8) == tensor_role::convolution);
    CHECK(c.entries[8].cols() == 48);
    CHECK(c.entries[9].reason == "queries, keys and values in one, in an order that is not known");
    CHECK(c.entries[10].reason == "a buffer");
    CHECK(c.entries[11].reason == "no role by this name");
    CHECK(!c.entries[11].guessed);
    const json config = {{"model_type", "my'\nmodel"}, {"num_attention_heads", 2}};
    const catalogue d = make_catalogue(tensors, &config);
    CHECK(d.architecture.evidence == "no known tensor names, and config.json says 'my\\'\\nmodel'");
    CHECK(d.entries[0].head_dim == 4u);
}

TEST_CASE("hostile names, shapes and numbers give reasons") {
    constexpr std::size_t most = std::numeric_limits<std::size_t>::max();
    const std::string long_name(1'000'000, '.'), layer = "bert.encoder.layer.";
    table tensors = {info(layer + "0.attention.self.query.weight", {10, 8}),
                     info("", {2, 2}),
                     info(".", {2, 2}),
                     info(".weight", {2, 2}),
                     info(long_name, {2, 2}),
                     info(layer + "99999999999999999999.attention.self.query.weight", {8, 8}),
                     info(layer + "-1.attention.self.query.weight", {8, 8}),
                     info(std::string("bert.encoder\0.layer.0.attention.self.key.weight", 47), {8, 8}),
                     info(layer + "0.attention.self.key.weight", {8}),
                     info(layer + "0.attention.self.value.weight", {8, 8, 3}),
                     info(layer + "0.attention.output.dense.weight", {}),
                     info(layer + "0.intermediate.dense.weight", {0, 8}),
                     info(layer + "0.output.dense.weight", {most, most}),
                     info(layer + "1.output.dense.weight", {8, 8}, dtype::i8),
                     info(layer + "0.output.LayerNorm.weight", {8, 8}),
                     info("\x1b[2J\xff\xfe", {2, 2}, dtype::u8)};
    const json config = {{"model_type", "bert"}, {"num_attention_heads", 4}};
    const catalogue c = make_catalogue(tensors, &config);
    REQUIRE(c.entries.size() == tensors.size());
    const auto reason = [&](std::size_t i) { return c.entries[i].reason; };
    CHECK(c.architecture.name == "bert");
    CHECK(c.entries[0].measured());
    CHECK(!c.entries[0].heads);
    CHECK(c.entries[0].heads_reason == "10 outputs are not 4 heads");
    for (const std::size_t i : {1u, 2u, 3u, 4u, 5u, 6u, 7u, 15u}) CHECK(reason(i) == "no role by this name");
    CHECK(reason(8) == "a tensor of rank 1 where a matrix is expected");
    CHECK(reason(9) == "a tensor of rank 3 where a matrix is expected");
    CHECK(reason(10) == "a single number");
    CHECK(reason(11) == "it is empty");
    CHECK(reason(12) == "more elements than can be counted");
    CHECK(reason(13) == "elements of type I8 are no weights as they stand");
    CHECK(reason(14) == "a tensor of rank 2 where a vector is expected");
    CHECK(c.parameters == std::numeric_limits<std::uint64_t>::max());
    CHECK(make_catalogue({}).entries.empty());
    CHECK(make_catalogue({}).architecture.name == "unknown");
}

TEST_CASE("rows that are no heads, thirds, halves or gates give reasons") {
    const auto only = [](std::string name, std::vector<std::size_t> shape, const json& config, table more) {
        more.push_back(info(std::move(name), std::move(shape)));
        return make_catalogue(more, &config).entries.back();
    };
    const std::string qwen = "model.layers.0.";
    const table linear = {info(qwen + "linear_attn.in_proj_qkv.weight", {12, 8})};
    const json config = {{"head_dim", 4}, {"num_attention_heads", 2}};
    const std::string q = qwen + "self_attn.q_proj.weight";
    CHECK(only(q, {15, 8}, config, linear).reason ==
          "15 outputs are neither queries of heads of 4 nor queries and gates");
    CHECK(only(q, {16, 8}, config, linear).role == tensor_role::attention_gate);
    CHECK(only(q, {8, 8}, config, linear).outputs == strided_range{0, 8, 8, 1});  // of a model without gates
    CHECK(only(q, {16, 8}, json(), linear).reason.starts_with("queries and gates alternate by head, and config.json"));
    const auto qkv = [&](const json& numbers) {
        return only(qwen + "linear_attn.in_proj_qkv.weight", {12, 8}, numbers, {}).reason;
    };
    json numbers = {{"linear_num_key_heads", 1}, {"linear_key_head_dim", 4}, {"linear_num_value_heads", 2}};
    CHECK(qkv(numbers).starts_with("queries, keys and values in one, and config.json"));
    numbers["linear_value_head_dim"] = 2;
    CHECK(qkv(numbers).empty());
    numbers["linear_value_head_dim"] = 3;
    CHECK(qkv(numbers) == "12 outputs are not 4 of queries, as many of keys and 6 of values");
    CHECK(only("blocks.0.attn.qkv.weight", {10, 4}, config, {}).reason ==
          "10 outputs are not as many queries, keys and values");
    CHECK(only("blocks.0.mlp.w12.weight", {9, 4}, config, {info("blocks.0.attn.qkv.weight", {12, 4})}).reason ==
          "9 outputs are not two halves");
}

TEST_CASE("a configuration may say anything") {
    const table tensors = tensor_table(make_known_model("sdxl-unet", model_scale::tiny), dtype::f32);
    const char* documents[] = {"null",
                               "[]",
                               "7",
                               R"("unet")",
                               "{}",
                               R"({"attention_head_dim": -5})",
                               R"({"attention_head_dim": 0})",
                               R"({"attention_head_dim": 18446744073709551615})",
                               R"({"attention_head_dim": 1e300})",
                               R"({"attention_head_dim": "8"})",
                               R"({"attention_head_dim": []})",
                               R"({"attention_head_dim": [null, {}]})",
                               R"({"attention_head_dim": {"0": 8}, "model_type": 3})",
                               R"({"num_attention_heads": 7})",
                               R"({"text_config": [], "encoder": 3, "vision_config": null, "model_cfg": ""})"};
    for (const char* text : documents) {
        CAPTURE(text);
        const json config = json::parse(text);
        const catalogue c = make_catalogue(tensors, &config);
        CHECK(c.architecture.name == "unet");
        CHECK(is_sound(c, tensors));
        const catalogue_entry& q =
            entry_of(c, "mid_block.attentions.0.transformer_blocks.0.attn1.to_q.weight", tensor_role::query);
        CHECK(!q.heads);
        CHECK(!q.heads_reason.empty());
    }
}

TEST_CASE("whatever becomes of names and shapes, every tensor is accounted for") {
    std::mt19937 draw(1);
    const auto below = [&](std::size_t n) { return static_cast<std::size_t>(draw()) % n; };
    const std::string_view pieces[] = {".",        "0",      "12",          "weight",  "bias",
                                       "attn",     "q_proj", "99999999999", "lora_A",  "layer",
                                       "encoder.", "model.", "*",           "{layer}", "\xff"};
    for (const auto name : known_model_names()) {
        const known_model m = make_known_model(name, model_scale::tiny);
        const json config = config_of(m);
        CAPTURE(m.name);
        for (int round = 0; round < 3; ++round) {
            table tensors = tensor_table(m, dtype::f32);
            for (tensor_info& t : tensors) {
                if (below(3) != 0) continue;
                if (below(2) == 0) {
                    const std::size_t at = below(t.name.size() + 1);
                    t.name.erase(at, below(4));
                    t.name.insert(at, pieces[below(std::size(pieces))]);
                } else if (!t.shape.empty() && below(4) != 0) {
                    t.shape[below(t.shape.size())] = below(20);
                } else if (below(2) == 0) {
                    t.shape.push_back(below(3));
                } else {
                    t.shape.clear();
                }
            }
            CHECK(is_sound(make_catalogue(tensors, &config), tensors));
            CHECK(is_sound(make_catalogue(tensors), tensors));
        }
    }
}
