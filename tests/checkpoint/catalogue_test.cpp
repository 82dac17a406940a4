// Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT

#include "geolip/checkpoint/catalogue.hpp"

#include <doctest/doctest.h>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "geolip/checkpoint/known_models.hpp"
#include "support/catalogue.hpp"

using namespace geolip::checkpoint;
using namespace geolip_test;

namespace {

using side = tensor_side;
using kind = attention_kind;
using layers = std::vector<std::size_t>;

/// A stack's attention: its queries, keys, values and outputs are in these layers, one each.
struct attention_row {
    tensor_side of;
    attention_kind attention;
    layers in;
    bool gated = false;
};
/// A stack's feed-forwards.
struct mlp_row {
    tensor_side of;
    std::size_t layers;
    bool gated;
};
struct model_row {
    std::string_view model, architecture;
    std::size_t tensors;
    std::uint64_t parameters;
    std::vector<attention_row> attention;
    std::vector<mlp_row> mlp;
    std::size_t norms;
    std::vector<std::pair<tensor_role, std::size_t>> others;
};

layers every_fourth(std::size_t n, bool others) {
    layers found;
    for (std::size_t i = 0; i < n; ++i)
        if (((i + 1) % 4 == 0) != others) found.push_back(i);
    return found;
}

void check(const model_row& row, const known_model& m) {
    using enum tensor_role;
    const std::vector<tensor_info> tensors = tensor_table(m, dtype::bf16);
    const nlohmann::json config = config_of(m);
    const catalogue c = make_catalogue(tensors, &config);
    CAPTURE(row.model);
    CHECK(c.architecture.name == row.architecture);
    CHECK(c.architecture.evidence.starts_with("tensor names and config.json ('"));
    CHECK(c.tensors == row.tensors);
    CHECK(c.parameters == row.parameters);
    CHECK(is_sound(c, tensors));

    std::size_t attending = 0, gates = 0, ups = 0, mlp_gates = 0;
    for (const attention_row& a : row.attention) {
        CAPTURE(name_of(a.of));
        CAPTURE(name_of(a.attention));
        for (const tensor_role role : {query, key, value, output}) CHECK(layers_of(c, role, a.attention, a.of) == a.in);
        if (a.gated) CHECK(layers_of(c, attention_gate, a.attention, a.of) == a.in);
        attending += a.in.size();
        gates += a.gated ? a.in.size() : 0;
    }
    for (const tensor_role role : {query, key, value, output}) CHECK(count(c, role) == attending);
    CHECK(count(c, attention_gate) == gates);
    for (const mlp_row& f : row.mlp) {
        CHECK(layers_of(c, mlp_up, kind::none, f.of) == up_to(f.layers));
        CHECK(layers_of(c, mlp_down, kind::none, f.of) == up_to(f.layers));
        CHECK(layers_of(c, mlp_gate, kind::none, f.of) == up_to(f.gated ? f.layers : 0));
        ups += f.layers;
        mlp_gates += f.gated ? f.layers : 0;
    }
    CHECK(count(c, mlp_up) == ups);
    CHECK(count(c, mlp_down) == ups);
    CHECK(count(c, mlp_gate) == mlp_gates);
    CHECK(count(c, norm) == row.norms);
    for (const auto& [role, many] : row.others) {
        CAPTURE(name_of(role));
        CHECK(count(c, role) == many);
    }

    std::size_t unknown = 0, headless = 0, guessed = 0;
    for (const catalogue_entry& e : c.entries) {
        unknown += e.reason == "no role by this name" ? 1u : 0u;
        guessed += e.guessed ? 1u : 0u;
        const bool of_heads = e.role >= query && e.role <= attention_gate;
        headless += of_heads && !(e.heads && e.kv_heads && e.head_dim && e.heads_reason.empty()) ? 1u : 0u;
        // What is left out is known.
        if (!e.measured() && e.reason != "a bias" && e.reason != "a vector") CHECK(e.reason == "a buffer");
    }
    CHECK(unknown == 0);
    CHECK(headless == 0);
    CHECK(guessed == 0);
}

}  // namespace

TEST_CASE("every tensor of the known checkpoints has the role that its architecture gives it") {
    using enum tensor_role;
    // Counts of tensors and parameters: Hugging Face's of the checkpoints, open_clip's model_profile.csv.
    const auto t5 = [](std::size_t n, bool gated) {
        return model_row{{},
                         gated ? "t5-v1.1" : "t5",
                         0,
                         0,
                         {{side::encoder, kind::self, up_to(n)},
                          {side::decoder, kind::self, up_to(n)},
                          {side::decoder, kind::cross, up_to(n)}},
                         {{side::encoder, n, gated}, {side::decoder, n, gated}},
                         5 * n + 2,
                         {{embedding, 1}, {position_bias, 2}, {head, gated ? 1u : 0u}, {bias, 0}}};
    };
    const auto vision = [](std::string_view architecture, std::size_t n, std::size_t norms,
                           std::vector<std::pair<tensor_role, std::size_t>> others) {
        return model_row{
            {},    architecture,     0, 0, {{side::visual, kind::self, up_to(n)}}, {{side::visual, n, false}},
            norms, std::move(others)};
    };
    const auto qwen = [](std::size_t n) {
        return model_row{{},
                         "qwen3.5",
                         0,
                         0,
                         {{side::decoder, kind::self, every_fourth(n, false), true},
                          {side::decoder, kind::linear, every_fourth(n, true), true}},
                         {{side::decoder, n, true}},
                         2 * n + 2 * (n / 4) + 3 * n / 4 + 1,
                         {{recurrence, 4 * (3 * n / 4)}, {convolution, 3 * n / 4}, {embedding, 1}}};
    };
    const auto t5gemma2 = [](std::size_t n) {
        return model_row{{},
                         "t5gemma2",
                         0,
                         0,
                         {{side::encoder, kind::self, up_to(n)}, {side::decoder, kind::merged, up_to(n)}},
                         {{side::encoder, n, true}, {side::decoder, n, true}},
                         2 * (6 * n + 1),
                         {{embedding, 1}, {token, 2}}};
    };
    const auto unet = [](std::size_t n, std::size_t norms, std::size_t convolutions, std::size_t projections) {
        return model_row{{},
                         "unet",
                         0,
                         0,
                         {{side::none, kind::self, up_to(n)}, {side::none, kind::cross, up_to(n)}},
                         {{side::none, n, true}},
                         norms,
                         {{convolution, convolutions}, {projection, projections}}};
    };
    const auto autoencoder = [](std::size_t convolutions, std::size_t buffers) {
        return model_row{{},
                         "autoencoder-kl",
                         0,
                         0,
                         {{side::encoder, kind::self, up_to(1)}, {side::decoder, kind::self, up_to(1)}},
                         {},
                         52,
                         {{convolution, convolutions}, {projection, 0}, {other, buffers}}};
    };
    const auto with = [](model_row row, std::string_view model, std::size_t tensors, std::uint64_t parameters) {
        row.model = model;
        row.tensors = tensors;
        row.parameters = parameters;
        return row;
    };
    const model_row rows[] = {
        with(t5(6, false), "t5-small", 131, 60506624),
        with(t5(12, false), "t5-base", 257, 222903552),
        with(t5(24, true), "t5-v1_1-xxl", 558, 11135332352),
        {"bert-large",
         "bert",
         391,
         335141888,
         {{side::encoder, kind::self, up_to(24)}},
         {{side::encoder, 24, false}},
         49,
         {{embedding, 2}, {position_embedding, 1}, {projection, 1}, {bias, 49 + 24 * 6 + 1}}},
        with(vision("open_clip", 12, 26, {{convolution, 1}, {projection, 1}, {token, 1}, {position_embedding, 1}}),
             "clip-vit-b-16", 152, 86192640),
        with(vision("dinov2", 24, 49, {{convolution, 1}, {layer_scale, 48}, {token, 2}, {position_embedding, 1}}),
             "dinov2-large", 439, 304368640),
        with(vision("open_clip", 48, 98, {{convolution, 1}, {projection, 1}, {token, 1}, {position_embedding, 1}}),
             "clip-vit-bigg-14", 584, 1844907264),
        with(qwen(24), "qwen3.5-0.8b", 320, 752393024),
        with(qwen(32), "qwen3.5-4b", 426, 4205751296),
        with(t5gemma2(26), "t5gemma2-1b", 681, 1697784320),
        with(t5gemma2(34), "t5gemma2-4b", 889, 7089115136),
        with(unet(16, 109, 66, 56), "sd15-unet", 686, 859520964),
        with(unet(70, 256, 51, 43), "sdxl-unet", 1680, 2567463684),
        with(autoencoder(64, 0), "sd15-vae", 248, 83653863),
        with(autoencoder(64, 0), "sdxl-vae", 248, 83653863),
        with(autoencoder(62, 0), "flux1-vae", 244, 83819683),
        with(autoencoder(64, 3), "flux2-vae", 251, 84046115),
    };
    REQUIRE(std::size(rows) == known_model_names().size());
    for (const model_row& row : rows) check(row, make_known_model(row.model));

    // Sizes of the same architectures that have no random checkpoint.
    check(with(t5(12, true), "t5-v1_1-base", 282, 247577856), detail::t5_model({768, 2048, 64, 12, 12, true}));
    check(with(t5gemma2(18), "t5gemma2-270m", 473, 368425472), detail::t5gemma2_model({640, 2048, 18, 4, 1}));
    known_model encoder = make_known_model("t5-v1_1-xxl");
    std::erase_if(encoder.tensors, [](const known_tensor& t) {
        return t.name.starts_with("decoder.") || t.name.starts_with("lm_head.");
    });
    check({"t5-v1_1-xxl encoder",
           "t5-v1.1",
           219,
           4762310656,
           {{side::encoder, kind::self, up_to(24)}},
           {{side::encoder, 24, true}},
           49,
           {{embedding, 1}, {position_bias, 1}, {head, 0}}},
          encoder);
}
