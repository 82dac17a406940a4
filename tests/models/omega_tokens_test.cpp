// Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT
#include "geolip/models/omega_tokens.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <cstddef>
#include <span>
#include <vector>

#include "geolip/nn/parameters.hpp"
#include "geolip/random/fill.hpp"

namespace models = geolip::models;
namespace nn = geolip::nn;
using nn::shape;
using nn::tensor_view;

namespace {

const shape images{3, 3, 8, 8};

struct fixture {
    models::patch_svae<double> m = models::make_patch_svae<double>(
        {.side = 8, .patch = 4, .rows = 9, .dim = 4, .hidden = 6, .attention_layers = 2});
    std::vector<double> w = std::vector<double>(nn::parameter_count(m)), x = std::vector<double>(images.size()),
                        y = std::vector<double>(images.size());

    fixture() {
        geolip::fill_normal(std::span(w), {1, 0});
        for (double& v : w) v *= 0.4;
        geolip::fill_normal(std::span(x), {2, 0});
        nn::workspace_memory memory(m, images);
        m.forward(w, {x.data(), images}, {y.data(), images}, memory.view());
    }
};

}  // namespace

TEST_CASE(
    "tokens out and in again are the forward pass; U and V' are orthonormal; s is what the attention made of it") {
    const fixture f;
    const auto tokens = models::encode(f.m, std::span<const double>(f.w), {f.x.data(), images});
    CHECK(tokens.images == 3);
    CHECK(tokens.patches == 4);
    double change = 0;
    for (std::size_t p = 0; p < 12; ++p)
        for (std::size_t a = 0; a < 4; ++a)
            for (std::size_t b = 0; b < 4; ++b) {
                double uu = 0, vv = 0;
                for (std::size_t i = 0; i < 9; ++i) uu += tokens.u[(p * 9 + i) * 4 + a] * tokens.u[(p * 9 + i) * 4 + b];
                for (std::size_t i = 0; i < 4; ++i)
                    vv += tokens.vt[(p * 4 + a) * 4 + i] * tokens.vt[(p * 4 + b) * 4 + i];
                CHECK(std::fabs(uu - (a == b)) < 1e-11);
                CHECK(std::fabs(vv - (a == b)) < 1e-13);
                change += std::fabs(tokens.s[p * 4 + a] - tokens.encoded[p * 4 + a]);
            }
    CHECK(change > 1e-3);
    const std::vector<double> back = models::decode(f.m, std::span<const double>(f.w), tokens);
    REQUIRE(back.size() == f.y.size());
    for (std::size_t i = 0; i < back.size(); ++i) CHECK(std::fabs(back[i] - f.y[i]) < 1e-11);

    auto without = tokens;
    for (std::size_t p = 0; p < 12; ++p) without.s[p * 4 + 3] = 0;
    CHECK(models::decode(f.m, std::span<const double>(f.w), without) != back);
}

TEST_CASE("effective rank, change and ratio of known spectra") {
    const std::vector<double> before{1, 1, 1, 1, 4, 2, 1, 1}, after{1, 1, 1, 1, 5, 2, 1, 1};
    const auto both = models::summarise_spectrum(tensor_view<const double>(before.data(), {2, 4}),
                                                 tensor_view<const double>(after.data(), {2, 4}));
    // Entropy of (1/2, 1/4, 1/8, 1/8) is 1.75 bits.
    CHECK(std::fabs(both.effective_rank - (4 + std::pow(2, 1.75)) / 2) < 1e-13);
    CHECK(std::fabs(both.change - 0.125) < 1e-15);
    CHECK(std::fabs(both.ratio - 2.5) < 1e-15);
    CHECK(both.singular_values == std::vector<double>{2.5, 1.5, 1, 1});
    CHECK_THROWS_AS(models::summarise_spectrum(tensor_view<const double>(before.data(), {2, 4}),
                                               tensor_view<const double>(after.data(), {1, 8})),
                    geolip::shape_error);
}

TEST_CASE("alpha of every layer is the model's") {
    fixture f;
    std::size_t layer = 0;
    for (const nn::parameter& p : nn::parameters_of(f.m))
        if (p.name.ends_with("alpha")) {
            p.in(std::span(f.w))[2] = layer++ == 0 ? 0.0 : std::log(3.0);
        }
    const auto alpha = models::alpha_profile(f.m, std::span<const double>(f.w));
    REQUIRE(alpha.size() == 2);
    CHECK(std::fabs(alpha[0][2] - 0.1) < 1e-16);
    CHECK(std::fabs(alpha[1][2] - 0.15) < 1e-15);
}

TEST_CASE("tokens and parameters of another model are refused") {
    const fixture f;
    auto tokens = models::encode(f.m, std::span<const double>(f.w), {f.x.data(), images});
    CHECK_THROWS_AS(models::encode(f.m, std::span<const double>(f.w).first(10), {f.x.data(), images}),
                    geolip::shape_error);
    CHECK_THROWS_AS(models::encode(f.m, std::span<const double>(f.w), {f.x.data(), {3, 3, 8, 6}}), geolip::shape_error);
    tokens.vt.pop_back();
    CHECK_THROWS_AS(models::decode(f.m, std::span<const double>(f.w), tokens), geolip::shape_error);
    tokens.vt.push_back(0);
    tokens.rows = 8;
    CHECK_THROWS_AS(models::decode(f.m, std::span<const double>(f.w), tokens), geolip::shape_error);
}
