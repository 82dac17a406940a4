// Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT

#include "geolip/checkpoint/known_models.hpp"

#include <doctest/doctest.h>

#include <cstddef>
#include <cstdint>
#include <regex>
#include <set>
#include <string>
#include <vector>

#include "geolip/nn/initialiser.hpp"
#include "support/safetensors.hpp"

using namespace geolip::checkpoint;
using geolip::nn::initialiser;
using geolip::nn::shape;

namespace {

const known_tensor& tensor_of(const known_model& m, const std::string& name) {
    for (const known_tensor& t : m.tensors)
        if (t.name == name) return t;
    FAIL("no tensor ", name);
    return m.tensors.front();
}

std::size_t matches(const known_model& m, const std::string& pattern) {
    const std::regex expression(pattern);
    std::size_t count = 0;
    for (const known_tensor& t : m.tensors) count += std::regex_search(t.name, expression) ? 1u : 0u;
    return count;
}

}  // namespace

TEST_CASE("every known model has the tensors and parameters that are published or tabulated") {
    struct row {
        const char* name;
        std::size_t tensors;
        std::uint64_t parameters;
        bool published;
    };
    // Counts of parameters: Hugging Face's of the checkpoints, open_clip's model_profile.csv; the others follow from
    // the modelling code alone.
    const row rows[] = {{"t5-small", 131, 60506624, true},           {"t5-base", 257, 222903552, true},
                        {"t5-v1_1-xxl", 558, 11135332352, true},     {"bert-large", 391, 335141888, true},
                        {"clip-vit-b-16", 152, 86192640, true},      {"dinov2-large", 439, 304368640, true},
                        {"clip-vit-bigg-14", 584, 1844907264, true}, {"qwen3.5-0.8b", 320, 752393024, false},
                        {"qwen3.5-4b", 426, 4205751296, false},      {"t5gemma2-1b", 681, 1697784320, false},
                        {"t5gemma2-4b", 889, 7089115136, false},     {"sd15-unet", 686, 859520964, true},
                        {"sdxl-unet", 1680, 2567463684, true},       {"sd15-vae", 248, 83653863, true},
                        {"sdxl-vae", 248, 83653863, true},           {"flux1-vae", 244, 83819683, true},
                        {"flux2-vae", 248 + 3, 84046115, false}};
    const auto names = known_model_names();
    REQUIRE(names.size() == std::size(rows));
    for (std::size_t i = 0; i < names.size(); ++i) {
        const known_model m = make_known_model(names[i]);
        CAPTURE(m.name);
        CHECK(m.name == rows[i].name);
        CHECK(m.tensors.size() == rows[i].tensors);
        CHECK(m.parameters() == rows[i].parameters);
        CHECK(m.published.has_value() == rows[i].published);
        CHECK(m.published.value_or(m.parameters()) == m.parameters());
        CHECK(m.provisional.empty() == (m.name != "qwen3.5-4b" && m.name != "flux2-vae"));
        CHECK(m.documents.front().first == "config.json");
    }
}

TEST_CASE("the names of each architecture are those its own code writes") {
    struct row {
        const char* model;
        std::vector<std::pair<const char*, std::size_t>> patterns;  // and how many tensors they match, all in all
    };
    const row rows[] = {
        {"t5-base",
         {{R"(^shared\.weight$)", 1},
          {R"(^(encoder|decoder)\.block\.(\d|1[01])\.layer\.0\.SelfAttention\.[qkvo]\.weight$)", 96},
          {R"(^decoder\.block\.\d+\.layer\.1\.EncDecAttention\.[qkvo]\.weight$)", 48},
          {R"(^(encoder|decoder)\.block\.0\.layer\.0\.SelfAttention\.relative_attention_bias\.weight$)", 2},
          {R"(^(encoder\.block\.\d+\.layer\.1|decoder\.block\.\d+\.layer\.2)\.DenseReluDense\.(wi|wo)\.weight$)", 48},
          {R"(^(encoder\.block\.\d+\.layer\.[01]|decoder\.block\.\d+\.layer\.[012])\.layer_norm\.weight$)", 60},
          {R"(^(encoder|decoder)\.final_layer_norm\.weight$)", 2}}},
        {"t5-v1_1-xxl",
         {{R"(^(shared|lm_head)\.weight$)", 2},
          {R"(Attention\.[qkvo]\.weight$)", 288},
          {R"(^decoder\.block\.\d+\.layer\.2\.DenseReluDense\.(wi_0|wi_1|wo)\.weight$)", 72},
          {R"(^encoder\.block\.\d+\.layer\.1\.DenseReluDense\.(wi_0|wi_1|wo)\.weight$)", 72},
          {R"(relative_attention_bias\.weight$)", 2},
          {R"(layer_norm\.weight$)", 122}}},
        {"bert-large",
         {{R"(^bert\.embeddings\.(word|position|token_type)_embeddings\.weight$)", 3},
          {R"(^bert\.encoder\.layer\.\d+\.attention\.self\.(query|key|value)\.(weight|bias)$)", 144},
          {R"(^bert\.encoder\.layer\.\d+\.attention\.output\.dense\.(weight|bias)$)", 48},
          {R"(^bert\.encoder\.layer\.\d+\.(intermediate|output)\.dense\.(weight|bias)$)", 96},
          {R"(LayerNorm\.(weight|bias)$)", 98},
          {R"(^bert\.pooler\.dense\.(weight|bias)$)", 2}}},
        {"dinov2-large",
         {{R"(^embeddings\.(cls_token|mask_token|position_embeddings)$)", 3},
          {R"(^embeddings\.patch_embeddings\.projection\.(weight|bias)$)", 2},
          {R"(^encoder\.layer\.\d+\.attention\.(attention\.(query|key|value)|output\.dense)\.(weight|bias)$)", 192},
          {R"(^encoder\.layer\.\d+\.mlp\.fc[12]\.(weight|bias)$)", 96},
          {R"(^encoder\.layer\.\d+\.layer_scale[12]\.lambda1$)", 48},
          {R"(^(encoder\.layer\.\d+\.norm[12]|layernorm)\.(weight|bias)$)", 98}}},
        {"clip-vit-bigg-14",
         {{R"(^visual\.transformer\.resblocks\.\d+\.attn\.in_proj_(weight|bias)$)", 96},
          {R"(^visual\.transformer\.resblocks\.\d+\.attn\.out_proj\.(weight|bias)$)", 96},
          {R"(^visual\.transformer\.resblocks\.\d+\.mlp\.(c_fc|c_proj)\.(weight|bias)$)", 192},
          {R"(^visual\.(transformer\.resblocks\.\d+\.ln_[12]|ln_pre|ln_post)\.(weight|bias)$)", 196},
          {R"(^visual\.(conv1\.weight|class_embedding|positional_embedding|proj)$)", 4}}},
        {"qwen3.5-0.8b",
         {{R"(^model\.language_model\.(embed_tokens|norm)\.weight$)", 2},
          {R"(^model\.language_model\.layers\.(3|7|11|15|19|23)\.self_attn\.([qkvo]_proj|[qk]_norm)\.weight$)", 36},
          {R"(\.linear_attn\.(in_proj_(qkv|z|b|a)|out_proj|conv1d|norm)\.weight$)", 126},
          {R"(\.linear_attn\.(A_log|dt_bias)$)", 36},
          {R"(^model\.language_model\.layers\.\d+\.mlp\.(gate|up|down)_proj\.weight$)", 72},
          {R"(\.(input|post_attention)_layernorm\.weight$)", 48}}},
        {"t5gemma2-1b",
         {{R"(^model\.(encoder\.text_model|decoder)\.embed_tokens\.(weight|eoi_embedding)$)", 3},
          {R"(^model\.(encoder\.text_model|decoder)\.layers\.\d+\.self_attn\.([qkvo]_proj|[qk]_norm)\.weight$)", 312},
          {R"(^model\.(encoder\.text_model|decoder)\.layers\.\d+\.mlp\.(gate|up|down)_proj\.weight$)", 156},
          {R"(\.(pre|post)_(self_attn|feedforward)_layernorm\.weight$)", 208},
          {R"(^model\.(encoder\.text_model|decoder)\.norm\.weight$)", 2}}},
        {"sd15-unet",
         {{R"(^(down_blocks\.[012]\.attentions\.[01]|mid_block\.attentions\.0|up_blocks\.[123]\.attentions\.[012])\.)"
           R"(transformer_blocks\.0\.attn[12]\.(to_[qkv]\.weight|to_out\.0\.(weight|bias))$)",
           160},
          {R"(\.ff\.net\.(0\.proj|2)\.(weight|bias)$)", 64},
          {R"(\.transformer_blocks\.\d+\.norm[123]\.(weight|bias)$)", 96},
          {R"(attentions\.\d+\.(norm|proj_in|proj_out)\.(weight|bias)$)", 96},
          {R"(resnets\.\d+\.(norm1|conv1|time_emb_proj|norm2|conv2)\.(weight|bias)$)", 220},
          {R"(resnets\.\d+\.conv_shortcut\.(weight|bias)$)", 28},
          {R"((down|up)samplers\.0\.conv\.(weight|bias)$)", 12},
          {R"(^(conv_in|conv_norm_out|conv_out|time_embedding\.linear_[12])\.(weight|bias)$)", 10}}},
        {"sdxl-unet",
         {{R"(^(down_blocks\.[12]|mid_block|up_blocks\.[01])\.attentions\..*\.attn[12]\.to_[qkv]\.weight$)", 420},
          {R"(attn[12]\.to_out\.0\.(weight|bias)$)", 280},
          {R"(\.ff\.net\.(0\.proj|2)\.(weight|bias)$)", 280},
          {R"(\.transformer_blocks\.\d+\.norm[123]\.(weight|bias)$)", 420},
          {R"(attentions\.\d+\.(norm|proj_in|proj_out)\.(weight|bias)$)", 66},
          {R"(resnets\.\d+\.(norm1|conv1|time_emb_proj|norm2|conv2|conv_shortcut)\.(weight|bias)$)", 192},
          {R"((down|up)samplers\.0\.conv\.(weight|bias)$)", 8},
          {R"(^(conv_in|conv_norm_out|conv_out|(time|add)_embedding\.linear_[12])\.(weight|bias)$)", 14}}},
        {"flux2-vae",
         {{R"(^(encoder|decoder)\.mid_block\.attentions\.0\.(to_[qkv]|to_out\.0|group_norm)\.(weight|bias)$)", 20},
          {R"(^(encoder\.(down_blocks\.[0-3]|mid_block)|decoder\.(up_blocks\.[0-3]|mid_block))\.resnets\.)", 200},
          {R"((down_blocks\.[012]\.down|up_blocks\.[012]\.up)samplers\.0\.conv\.(weight|bias)$)", 12},
          {R"(^(encoder|decoder)\.(conv_in|conv_norm_out|conv_out)\.(weight|bias)$)", 12},
          {R"(^(post_)?quant_conv\.(weight|bias)$)", 4},
          {R"(^bn\.(running_mean|running_var|num_batches_tracked)$)", 3}}}};
    for (const row& r : rows) {
        const known_model m = make_known_model(r.model);
        std::size_t covered = 0;
        for (const auto& [pattern, count] : r.patterns) {
            CAPTURE(r.model);
            CAPTURE(pattern);
            CHECK(matches(m, pattern) == count);
            covered += count;
        }
        CHECK(covered == m.tensors.size());
        std::set<std::string> names;
        for (const known_tensor& t : m.tensors) names.insert(t.name);
        CHECK(names.size() == m.tensors.size());
    }
}

TEST_CASE("shapes are out by in, fused and gated as the architectures have them") {
    const auto extents = [](const char* model, const std::string& name) {
        return tensor_of(make_known_model(model), name).extents;
    };
    CHECK(extents("t5-v1_1-xxl", "encoder.block.0.layer.1.DenseReluDense.wo.weight") == shape{4096, 10240});
    CHECK(extents("t5-small", "encoder.block.0.layer.0.SelfAttention.relative_attention_bias.weight") == shape{32, 8});
    CHECK(extents("dinov2-large", "embeddings.position_embeddings") == shape{1, 1370, 1024});
    CHECK(extents("clip-vit-bigg-14", "visual.transformer.resblocks.47.mlp.c_fc.weight") == shape{8192, 1664});
    CHECK(extents("clip-vit-b-16", "visual.transformer.resblocks.0.attn.in_proj_weight") == shape{2304, 768});
    CHECK(extents("clip-vit-b-16", "visual.proj") == shape{768, 512});
    CHECK(extents("qwen3.5-0.8b", "model.language_model.layers.3.self_attn.q_proj.weight") == shape{4096, 1024});
    CHECK(extents("qwen3.5-0.8b", "model.language_model.layers.0.linear_attn.conv1d.weight") == shape{6144, 1, 4});
    CHECK(extents("t5gemma2-4b", "model.decoder.layers.0.self_attn.k_proj.weight") == shape{1024, 2560});
    CHECK(extents("sd15-unet", "mid_block.attentions.0.transformer_blocks.0.attn2.to_k.weight") == shape{1280, 768});
    CHECK(extents("sd15-unet", "mid_block.attentions.0.proj_in.weight") == shape{1280, 1280, 1, 1});
    CHECK(extents("sdxl-unet", "mid_block.attentions.0.proj_in.weight") == shape{1280, 1280});
    CHECK(extents("sdxl-unet", "add_embedding.linear_1.weight") == shape{1280, 2816});
    CHECK(extents("flux1-vae", "encoder.conv_out.weight") == shape{32, 512, 3, 3});
}

TEST_CASE("first laws are those of the modelling code") {
    const auto law = [](const char* model, const std::string& name) {
        return tensor_of(make_known_model(model), name).law;
    };
    const std::string attention = "encoder.block.1.layer.0.SelfAttention.";
    CHECK(law("t5-v1_1-xxl", "shared.weight") == initialiser::normal(1));
    CHECK(law("t5-v1_1-xxl", attention + "q.weight") == initialiser::normal(1.0 / 512));  // (4096 * 64)^-1/2
    CHECK(law("t5-v1_1-xxl", attention + "v.weight") == initialiser::normal(1.0 / 64));
    CHECK(law("t5-v1_1-xxl", attention + "o.weight") == initialiser::normal(1.0 / 64));
    CHECK(law("t5-v1_1-xxl", "decoder.final_layer_norm.weight") == initialiser::ones());
    CHECK(law("bert-large", "bert.pooler.dense.weight") == initialiser::normal(0.02));
    CHECK(law("bert-large", "bert.pooler.dense.bias") == initialiser::zeros());
    CHECK(law("dinov2-large", "encoder.layer.0.layer_scale1.lambda1") == initialiser::ones());
    CHECK(law("clip-vit-b-16", "visual.transformer.resblocks.0.attn.in_proj_weight") == initialiser::xavier_uniform());
    CHECK(law("clip-vit-b-16", "visual.conv1.weight") == initialiser::uniform_of_fan(3 * 16 * 16));
    CHECK(law("qwen3.5-0.8b", "model.language_model.norm.weight") == initialiser::zeros());
    CHECK(law("qwen3.5-0.8b", "model.language_model.layers.0.linear_attn.norm.weight") == initialiser::ones());
    CHECK(law("t5gemma2-1b", "model.decoder.norm.weight") == initialiser::zeros());
    CHECK(law("sd15-vae", "encoder.conv_out.bias") == initialiser::uniform_of_fan(512 * 9));
    CHECK(law("sd15-vae", "encoder.conv_norm_out.weight") == initialiser::ones());
}

TEST_CASE("a tiny model has the structure of the full one") {
    const auto without_numbers = [](const known_model& m) {
        std::set<std::string> names;
        static const std::regex number(R"(\.\d+(?=\.))");
        for (const known_tensor& t : m.tensors) names.insert(std::regex_replace(t.name, number, ".N"));
        return names;
    };
    const std::regex element(R"(/\d+$)");  // of an array, which may be longer
    for (const auto name : known_model_names()) {
        const known_model full = make_known_model(name), tiny = make_known_model(name, model_scale::tiny);
        CAPTURE(full.name);
        CHECK(without_numbers(tiny) == without_numbers(full));
        CHECK(tiny.parameters() < 3'000'000);
        CHECK(tiny.file == full.file);
        REQUIRE(tiny.documents.size() == full.documents.size());
        for (std::size_t i = 0; i < full.documents.size(); ++i) {
            const auto flat_full = full.documents[i].second.flatten(), flat_tiny = tiny.documents[i].second.flatten();
            for (const auto& [key, value] : flat_tiny.items())
                if (!std::regex_search(key, element)) CHECK(flat_full.contains(key));
        }
    }
}

TEST_CASE("an unknown name is refused with those there are") {
    const std::string message =
        geolip_test::message_of<geolip::usage_error>([] { static_cast<void>(make_known_model("t5-\nhuge")); });
    CHECK(message.starts_with("no known model 't5-\\nhuge'; expected one of t5-small, t5-base, "));
    CHECK(message.ends_with("flux1-vae, flux2-vae"));
}
