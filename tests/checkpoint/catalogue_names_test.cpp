// Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT

#include <doctest/doctest.h>

#include <cstddef>
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
using side = tensor_side;
using kind = attention_kind;

/// The table of a small known model, its names as `rename` would have them.
template <class Rename>
table renamed(std::string_view model, Rename&& rename) {
    table tensors = tensor_table(make_known_model(model, model_scale::tiny), dtype::f32);
    for (tensor_info& t : tensors) rename(t.name);
    return tensors;
}
/// Puts `to` in the place of the first `from`.
void replace(std::string& text, std::string_view from, std::string_view to) {
    if (const auto at = text.find(from); at != text.npos) text.replace(at, from.size(), to);
}
void replace_end(std::string& text, std::string_view from, std::string_view to) {
    if (text.ends_with(from)) text.replace(text.size() - from.size(), from.size(), to);
}

std::size_t without_role(const catalogue& c) {
    std::size_t n = 0;
    for (const catalogue_entry& e : c.entries) n += e.reason == "no role by this name" || e.guessed ? 1u : 0u;
    return n;
}

/// Have the entries of both the same roles?
bool same_roles(const catalogue& a, const catalogue& b) {
    bool same = a.entries.size() == b.entries.size() && a.parameters == b.parameters && a.measured == b.measured;
    for (std::size_t i = 0; same && i < a.entries.size(); ++i) {
        const catalogue_entry &x = a.entries[i], &y = b.entries[i];
        same = x.role == y.role && x.side == y.side && x.attention == y.attention && x.layer == y.layer &&
               x.path == y.path && x.outputs == y.outputs && x.reason == y.reason && x.heads == y.heads;
    }
    return same;
}

}  // namespace

TEST_CASE("wrappers, prefixes and old names of norms make no difference") {
    for (const std::string_view model : {"bert-large", "t5-v1_1-xxl", "qwen3.5-0.8b", "dinov2-large"}) {
        CAPTURE(model);
        const nlohmann::json config = config_of(make_known_model(model, model_scale::tiny));
        const catalogue plain = make_catalogue(renamed(model, [](std::string&) {}), &config);
        const auto same = [&](auto&& rename) {
            const catalogue other = make_catalogue(renamed(model, rename), &config);
            return other.architecture.name == plain.architecture.name && same_roles(plain, other);
        };
        CHECK(same([](std::string& name) { name = "module." + name; }));
        CHECK(same([](std::string& name) { name = "_orig_mod.module." + name; }));
        CHECK(same([](std::string& name) { replace_end(name, ".weight", ".base_layer.weight"); }));
        CHECK(same([](std::string& name) { replace(name, "bert.", ""); }));
        CHECK(same([](std::string& name) { replace(name, "model.language_model.", "model."); }));
        CHECK(same([](std::string& name) { replace_end(name, "LayerNorm.weight", "LayerNorm.gamma"); }));
        CHECK(same([](std::string& name) { replace_end(name, "LayerNorm.bias", "LayerNorm.beta"); }));
    }
}

TEST_CASE("old names of the autoencoder's attention are understood") {
    const nlohmann::json config = config_of(make_known_model("sd15-vae", model_scale::tiny));
    const catalogue plain = make_catalogue(renamed("sd15-vae", [](std::string&) {}), &config);
    const catalogue old = make_catalogue(renamed("sd15-vae",
                                                 [](std::string& name) {
                                                     replace(name, ".to_q.", ".query.");
                                                     replace(name, ".to_k.", ".key.");
                                                     replace(name, ".to_v.", ".value.");
                                                     replace(name, ".to_out.0.", ".proj_attn.");
                                                 }),
                                         &config);
    CHECK(old.architecture.name == "autoencoder-kl");
    CHECK(same_roles(plain, old));
}

TEST_CASE("LDM's autoencoder counts its blocks up from the last one") {
    table tensors;
    const std::string prefix = "first_stage_model.";
    for (const char* coder : {"encoder", "decoder"}) {
        const std::string middle = prefix + coder + ".mid.";
        for (const char* part : {"q", "k", "v", "proj_out"})
            add_layer(tensors, middle + "attn_1." + part, {8, 8, 1, 1});
        add_layer(tensors, middle + "attn_1.norm", {8});
        add_layer(tensors, middle + "block_1.conv1", {8, 8, 3, 3});
        add_layer(tensors, middle + "block_2.conv1", {8, 8, 3, 3});
    }
    add_layer(tensors, prefix + "encoder.down.0.block.0.conv1", {8, 4, 3, 3});
    add_layer(tensors, prefix + "encoder.down.1.block.0.nin_shortcut", {8, 4, 1, 1});
    add_layer(tensors, prefix + "decoder.up.0.block.0.conv2", {4, 8, 3, 3});
    add_layer(tensors, prefix + "decoder.up.1.block.0.conv2", {8, 8, 3, 3});
    add_layer(tensors, prefix + "decoder.up.1.upsample.conv", {8, 8, 3, 3});
    add_layer(tensors, prefix + "quant_conv", {8, 8, 1, 1});
    const std::string unet = "model.diffusion_model.";
    for (const char* block : {"input_blocks.1.1", "middle_block.1", "output_blocks.3.1"}) {
        add_layer(tensors, unet + block + ".proj_in", {8, 8, 1, 1});
        for (const char* a : {".transformer_blocks.0.attn1.", ".transformer_blocks.0.attn2."}) {
            for (const char* part : {"to_q", "to_k", "to_v"}) {
                std::string name = unet;
                tensors.push_back(info(name.append(block).append(a).append(part).append(".weight"), {8, 8}));
            }
            add_layer(tensors, (unet + block).append(a).append("to_out.0"), {8, 8});
        }
        add_layer(tensors, unet + block + ".transformer_blocks.0.ff.net.0.proj", {64, 8});
    }
    add_layer(tensors, unet + "input_blocks.0.0", {8, 4, 3, 3});
    add_layer(tensors, unet + "input_blocks.1.0.in_layers.2", {8, 8, 3, 3});
    add_layer(tensors, unet + "input_blocks.3.0.op", {8, 8, 3, 3});
    add_layer(tensors, unet + "output_blocks.2.1.conv", {8, 8, 3, 3});
    add_layer(tensors, unet + "time_embed.0", {32, 8});
    add_layer(tensors, unet + "out.2", {4, 8, 3, 3});
    tensors.push_back(info("alphas_cumprod", {1000}));
    const catalogue c = make_catalogue(tensors);
    CHECK(c.architecture.name == "ldm");
    CHECK(without_role(c) == 0);
    CHECK(is_sound(c, tensors));
    CHECK(c.buffers == 1000);
    const auto conv = [&](const std::string& name) {
        return entry_of(c, prefix + name + ".weight", tensor_role::convolution);
    };
    CHECK(conv("decoder.mid.block_2.conv1").layer == 1u);
    CHECK(conv("decoder.up.1.block.0.conv2").layer == 2u);
    CHECK(conv("decoder.up.0.block.0.conv2").layer == 3u);
    CHECK(conv("encoder.down.1.block.0.nin_shortcut").layer == 1u);
    const catalogue_entry& q = entry_of(c, prefix + "encoder.mid.attn_1.q.weight", tensor_role::query);
    CHECK(q.rows() == 8);
    CHECK(q.cols() == 8);
    CHECK(q.heads == 1u);
    for (const kind a : {kind::self, kind::cross}) CHECK(layers_of(c, tensor_role::key, a, side::none) == up_to(3));
    const catalogue_entry& k =
        entry_of(c, unet + "output_blocks.3.1.transformer_blocks.0.attn2.to_k.weight", tensor_role::key);
    CHECK(k.layer == 2u);
    CHECK(!k.heads);
    CHECK(k.heads_reason == "config.json, which says how many heads there are, was not given");
}

TEST_CASE("DINOv2 as in timm has fused rows, in chunks or not") {
    for (const std::string blocks : {"blocks.", "blocks.0."}) {
        CAPTURE(blocks);
        table tensors = {info("cls_token", {1, 1, 16}), info("pos_embed", {1, 5, 16}),
                         info("register_tokens", {1, 4, 16})};
        add_layer(tensors, "patch_embed.proj", {16, 3, 14, 14});
        for (const char* layer : {"0.", "1."}) {
            add_layer(tensors, blocks + layer + "norm1", {16});
            add_layer(tensors, blocks + layer + "attn.qkv", {48, 16});
            add_layer(tensors, blocks + layer + "attn.proj", {16, 16});
            tensors.push_back(info(blocks + layer + "ls1.gamma", {16}));
            add_layer(tensors, blocks + layer + "mlp.w12", {80, 16});
            add_layer(tensors, blocks + layer + "mlp.w3", {16, 40});
        }
        add_layer(tensors, "norm", {16});
        const nlohmann::json config = {{"model_type", "dinov2"}, {"hidden_size", 16}, {"num_attention_heads", 4}};
        const catalogue c = make_catalogue(tensors, &config);
        CHECK(c.architecture.name == "dinov2-timm");
        CHECK(without_role(c) == 0);
        CHECK(is_sound(c, tensors));
        for (const tensor_role role : {tensor_role::query, tensor_role::key, tensor_role::value, tensor_role::output})
            CHECK(layers_of(c, role, kind::self, side::visual) == up_to(2));
        const catalogue_entry& v = entry_of(c, blocks + "1.attn.qkv.weight", tensor_role::value);
        CHECK(head_slice(v, 3) == matrix_slice{false, 44, 4});
        CHECK(entry_of(c, blocks + "1.mlp.w12.weight", tensor_role::mlp_gate).outputs == strided_range{0, 40, 40, 1});
        CHECK(entry_of(c, blocks + "1.mlp.w12.weight", tensor_role::mlp_up).outputs == strided_range{40, 40, 40, 1});
        CHECK(count(c, tensor_role::layer_scale) == 2);
        CHECK(entry_of(c, "pos_embed", tensor_role::position_embedding).rows() == 5);
        CHECK(entry_of(c, "cls_token", tensor_role::token).reason == "a vector");
        CHECK(entry_of(c, "register_tokens", tensor_role::token).rows() == 4);
        // Fused rows do not say how many heads there are.
        const catalogue bare = make_catalogue(tensors);
        const catalogue_entry& k = entry_of(bare, blocks + "0.attn.qkv.weight", tensor_role::key);
        CHECK(k.measured());
        CHECK(!k.heads);
        CHECK(k.heads_reason == "config.json, which says how many heads there are, was not given");
        CHECK(!head_slice(k, 0));
        std::erase_if(tensors, [](const tensor_info& t) { return t.name.ends_with("gamma"); });
        CHECK(make_catalogue(tensors).architecture.name == "vit-timm");
    }
}

TEST_CASE("CLIP as in transformers has two towers") {
    table tensors = {info("logit_scale", {}),
                     info("visual_projection.weight", {12, 16}),
                     info("text_projection.weight", {12, 8}),
                     info("text_model.embeddings.position_ids", {1, 7}, dtype::i64),
                     info("vision_model.embeddings.class_embedding", {16}),
                     info("vision_model.embeddings.position_embedding.weight", {5, 16})};
    add_layer(tensors, "vision_model.pre_layrnorm", {16});
    add_layer(tensors, "text_model.final_layer_norm", {8});
    for (const auto& [tower, width] : {std::pair("vision_model", 16u), std::pair("text_model", 8u)}) {
        const std::string layer = std::string(tower) + ".encoder.layers.0.";
        for (const char* part : {"q_proj", "k_proj", "v_proj", "out_proj"})
            add_layer(tensors, layer + "self_attn." + part, {width, width});
        add_layer(tensors, layer + "mlp.fc1", {4 * width, width});
        add_layer(tensors, layer + "mlp.fc2", {width, 4 * width});
        add_layer(tensors, layer + "layer_norm1", {width});
    }
    const nlohmann::json config = {{"model_type", "clip"},
                                   {"vision_config", {{"num_attention_heads", 4}}},
                                   {"text_config", {{"num_attention_heads", 2}}}};
    const catalogue c = make_catalogue(tensors, &config);
    CHECK(c.architecture.name == "clip");
    CHECK(without_role(c) == 0);
    CHECK(is_sound(c, tensors));
    for (const side s : {side::visual, side::text}) CHECK(layers_of(c, tensor_role::output, kind::self, s) == up_to(1));
    CHECK(entries_of(c, tensor_role::query, kind::self, side::visual)[0]->heads == 4u);
    CHECK(entries_of(c, tensor_role::query, kind::self, side::text)[0]->heads == 2u);
    CHECK(entry_of(c, "text_projection.weight", tensor_role::projection).orientation == tensor_orientation::out_in);
    CHECK(entry_of(c, "logit_scale", tensor_role::other).reason == "a single number");
    CHECK(entries_of(c, "text_model.embeddings.position_ids").front().reason == "a buffer");
    CHECK(c.buffers == 7);
}

TEST_CASE("open_clip's own configuration says how wide heads are") {
    const known_model m = make_known_model("clip-vit-bigg-14");
    const auto tensors = tensor_table(m, dtype::f32);
    nlohmann::json config = m.documents[1].second;
    const std::string name = "visual.transformer.resblocks.0.attn.in_proj_weight";
    CHECK(entry_of(make_catalogue(tensors, &config), name, tensor_role::key).kv_heads == 16u);
    config["model_cfg"]["vision_cfg"].erase("head_width");  // 64, then
    CHECK(entry_of(make_catalogue(tensors, &config), name, tensor_role::query).heads == 26u);
}

TEST_CASE("Qwen 2 and 3, and GPT-2 whose matrices are in x out") {
    table tensors = {info("model.embed_tokens.weight", {40, 16}), info("model.norm.weight", {16})};
    for (const char* part : {"q", "k", "v"})
        add_layer(tensors, std::string("model.layers.0.self_attn.") + part + "_proj", {part[0] == 'q' ? 16u : 8u, 16});
    tensors.push_back(info("model.layers.0.self_attn.o_proj.weight", {16, 16}));
    tensors.push_back(info("model.layers.0.mlp.gate_proj.weight", {24, 16}));
    CHECK(make_catalogue(tensors).architecture.name == "qwen2");
    tensors.push_back(info("model.layers.0.self_attn.q_norm.weight", {4}));
    const catalogue c = make_catalogue(tensors);
    CHECK(c.architecture.name == "qwen3");
    CHECK(without_role(c) == 0);
    // The norm is as wide as a head.
    CHECK(entry_of(c, "model.layers.0.self_attn.q_proj.weight", tensor_role::query).heads == 4u);
    CHECK(entry_of(c, "model.layers.0.self_attn.k_proj.weight", tensor_role::key).kv_heads == 2u);

    tensors = {info("transformer.wte.weight", {40, 16}),
               info("transformer.h.0.attn.bias", {1, 1, 32, 32}),
               info("transformer.h.0.attn.c_attn.weight", {16, 48}),
               info("transformer.h.0.attn.c_attn.bias", {48}),
               info("transformer.h.0.attn.c_proj.weight", {16, 16}),
               info("transformer.h.0.mlp.c_fc.weight", {16, 64})};
    const nlohmann::json config = {{"model_type", "gpt2"}, {"n_head", 4}};
    const catalogue g = make_catalogue(tensors, &config);
    CHECK(g.architecture.name == "gpt2");
    CHECK(is_sound(g, tensors));
    CHECK(without_role(g) == 0);
    const catalogue_entry& k = entry_of(g, "transformer.h.0.attn.c_attn.weight", tensor_role::key);
    CHECK(k.outputs == strided_range{16, 16, 16, 1});
    CHECK(k.rows() == 16);
    CHECK(k.cols() == 16);
    CHECK(head_slice(k, 1) == matrix_slice{true, 20, 4});
    const catalogue_entry& o = entry_of(g, "transformer.h.0.attn.c_proj.weight", tensor_role::output);
    CHECK(head_slice(o, 1) == matrix_slice{false, 4, 4});
    CHECK(entry_of(g, "transformer.h.0.mlp.c_fc.weight", tensor_role::mlp_up).cols() == 64);
    CHECK(entries_of(g, "transformer.h.0.attn.bias").front().reason == "a buffer");
}

TEST_CASE("T5's biases say how many heads there are, and an old one is not used") {
    table tensors = renamed("t5-small", [](std::string&) {});
    tensors.push_back(info("decoder.block.0.layer.1.EncDecAttention.relative_attention_bias.weight", {32, 8}));
    const catalogue c = make_catalogue(tensors);
    CHECK(entry_of(c, "decoder.block.1.layer.1.EncDecAttention.q.weight", tensor_role::query).heads == 8u);
    CHECK(entries_of(c, tensors.back().name).front().reason == "in old files, and not used by the model");
}

TEST_CASE("T5Gemma has attention of its own to the encoder") {
    table tensors;
    for (const char* stack : {"model.encoder.layers.0.", "model.decoder.layers.0."}) {
        tensors.push_back(info(std::string(stack) + "pre_self_attn_layernorm.weight", {8}));
        tensors.push_back(info(std::string(stack) + "self_attn.q_proj.weight", {8, 8}));
    }
    tensors.push_back(info("model.decoder.layers.0.cross_attn.q_proj.weight", {8, 8}));
    const nlohmann::json config = {{"model_type", "t5gemma"}, {"decoder", {{"num_attention_heads", 2}}}};
    const catalogue c = make_catalogue(tensors, &config);
    CHECK(c.architecture.name == "t5gemma");
    CHECK(without_role(c) == 0);
    CHECK(layers_of(c, tensor_role::query, kind::self, side::decoder) == up_to(1));
    CHECK(layers_of(c, tensor_role::query, kind::cross, side::decoder) == up_to(1));
    CHECK(entries_of(c, tensor_role::query, kind::cross, side::decoder)[0]->heads == 2u);
}
