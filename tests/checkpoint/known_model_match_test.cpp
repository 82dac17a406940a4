// Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT

#include "geolip/checkpoint/known_model_match.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

using namespace geolip::checkpoint;

namespace {

std::string names_of(const std::vector<tensor_info>& tensors, const nlohmann::json* config = nullptr) {
    std::string names;
    for (const known_model_match& m : match_known_models(make_catalogue(tensors, config), config))
        names += m.name + (m.scale == model_scale::tiny ? " tiny;" : ";");
    return names;
}

std::vector<tensor_info> tensors_of(std::string_view name, model_scale scale = model_scale::tiny) {
    return tensor_table(make_known_model(name, scale), dtype::f32);
}

}  // namespace

TEST_CASE("every known model is recognised by its shapes, and by config.json where two have the same") {
    for (const model_scale scale : {model_scale::full, model_scale::tiny})
        for (const std::string_view name : known_model_names()) {
            const known_model m = make_known_model(name, scale);
            const nlohmann::json config(m.documents[0].second);
            const auto found = match_known_models(make_catalogue(tensor_table(m, dtype::bf16), &config), &config);
            CAPTURE(name);
            REQUIRE(found.size() == 1);
            CHECK(found[0].name == name);
            CHECK(found[0].scale == scale);
        }
    CHECK(names_of(tensors_of("sdxl-vae")) == "sd15-vae tiny;sdxl-vae tiny;");
}

TEST_CASE("names, prefixes and heads do not count; shapes and layers do") {
    const std::string bert = "bert-large tiny;";
    auto tensors = tensors_of("bert-large");
    for (tensor_info& t : tensors) t.name = t.name.starts_with("bert.") ? t.name.substr(5) : "bert." + t.name;
    CHECK(names_of(tensors) == bert);
    tensors.push_back({"cls.predictions.transform.dense.weight", dtype::f32, {64, 64}});
    CHECK(names_of(tensors) == bert);

    const auto changed = [&](auto change) {
        auto other = tensors_of("bert-large");
        change(other);
        return names_of(other);
    };
    const auto wider = [](std::vector<tensor_info>& all) {
        for (tensor_info& t : all)
            if (t.name.ends_with("1.attention.self.query.weight")) ++t.shape[0];
    };
    const auto shorter = [](std::vector<tensor_info>& all) {
        std::erase_if(all, [](const tensor_info& t) { return t.name.find("layer.1.") != std::string::npos; });
    };
    const auto deeper = [](std::vector<tensor_info>& all) {
        for (std::size_t i = 0, n = all.size(); i < n; ++i)
            if (const auto at = all[i].name.find("layer.1."); at != std::string::npos) {
                tensor_info more = all[i];
                more.name[at + 6] = '2';
                all.push_back(more);
            }
    };
    const auto words = [](std::vector<tensor_info>& all) {
        for (tensor_info& t : all)
            if (t.name.ends_with("word_embeddings.weight")) t.shape[0] += 8;
    };
    CHECK(changed([](auto&) {}) == bert);
    CHECK(changed(wider).empty());
    CHECK(changed(shorter).empty());
    CHECK(changed(deeper).empty());
    CHECK(changed(words).empty());
    CHECK(names_of({}).empty());
    CHECK(names_of({{"weight", dtype::f32, {4, 4}}}).empty());
}

TEST_CASE("a tower that the known model is made without does not count") {
    auto tensors = tensors_of("clip-vit-b-16");
    tensors.push_back({"token_embedding.weight", dtype::f32, {100, 32}});
    tensors.push_back({"transformer.resblocks.0.attn.in_proj_weight", dtype::f32, {96, 32}});
    CHECK(names_of(tensors) == "clip-vit-b-16 tiny;");
}
