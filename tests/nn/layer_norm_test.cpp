// Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT
#include "geolip/nn/layer_norm.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <string>
#include <vector>

#include "fixtures/nn_pointwise.hpp"
#include "geolip/nn/chain.hpp"
#include "geolip/nn/linear.hpp"
#include "support/known_block.hpp"

namespace nn = geolip::nn;

TEST_CASE_TEMPLATE("layer_norm is PyTorch's", T, float, double) {
    for (const auto& known : fixtures::layer_norm_blocks)
        geolip_test::check_known_block(
            nn::layer_norm<T>(known.argument[0], {.weight = known.argument[1] != 0, .bias = known.argument[2] != 0}),
            known);
}

TEST_CASE("gradients agree with central differences") {
    geolip_test::check_gradients_of(nn::layer_norm<double>(4), nn::shape{7, 4});
    geolip_test::check_gradients_of(nn::layer_norm<double>(8), nn::shape{1, 1, 8});
    geolip_test::check_gradients_of(nn::layer_norm<double>(3, {.bias = false}), nn::shape{3, 2, 3});
    geolip_test::check_gradients_of(nn::layer_norm<double>(27, {.epsilon = 0.1}), nn::shape{6, 27});
    geolip_test::check_gradients_of(nn::layer_norm<double, 64>(), nn::shape{5, 64});
}

TEST_CASE_TEMPLATE("rows of every length have mean 0 and variance 1", T, float, double) {
    for (const geolip::isa level : geolip_test::available_levels())
        for (std::size_t length = 2; length < 70; ++length) {
            const std::size_t rows = 1 + length % 7;
            const nn::shape s{rows, length};
            const nn::layer_norm<T> m(length, {.epsilon = 0, .weight = false});
            const auto x = geolip_test::known_tensor<T>(2, s.size());
            std::vector<T> y(s.size());
            nn::workspace_memory<nn::layer_norm<T>> memory(m, s);
            m.forward({}, {x.data(), s}, {y.data(), s}, memory.view(level));
            for (std::size_t r = 0; r < rows; ++r) {
                double sum = 0;
                double square = 0;
                for (std::size_t i = 0; i < length; ++i) {
                    const auto v = static_cast<double>(y[r * length + i]);
                    sum += v;
                    square += v * v;
                }
                const auto n = static_cast<double>(length);
                CAPTURE(length);
                CHECK(std::fabs(sum / n) < (sizeof(T) == 4 ? 2e-6 : 1e-14));
                CHECK(std::fabs(square / n - 1) < (sizeof(T) == 4 ? 2e-6 : 1e-14));
            }
        }
}

TEST_CASE("a large mean costs no accuracy beyond its own rounding; equal numbers give the bias") {
    const nn::layer_norm<float> m(16);
    std::vector<float> x(32), y(32), w(32);
    for (std::size_t i = 0; i < 16; ++i) {
        x[i] = 65536 + static_cast<float>(i);
        x[16 + i] = 3;
        w[i] = 1;
        w[16 + i] = static_cast<float>(i) / 8;
    }
    const nn::shape s{2, 16};
    nn::workspace_memory<nn::layer_norm<float>> memory(m, s);
    m.forward(w, {x.data(), s}, {y.data(), s}, memory.view());
    for (std::size_t i = 0; i < 16; ++i) {
        // 0 … 15 have mean 7.5 and variance 21.25.
        const double expected = (static_cast<double>(i) - 7.5) / std::sqrt(21.25 + 1e-5) + static_cast<double>(i) / 8;
        CHECK(y[i] == doctest::Approx(expected).epsilon(1e-6));
        CHECK(y[16 + i] == w[16 + i]);
    }
}

TEST_CASE("parameters are PyTorch's: ones and zeros") {
    const nn::layer_norm<float> m(3);
    const auto table = nn::parameters_of(m);
    REQUIRE(table.size() == 2);
    CHECK(table[0].name == "weight");
    CHECK(table[1].name == "bias");
    CHECK(nn::initial_parameters(m, 1) == std::vector<float>{1, 1, 1, 0, 0, 0});
    CHECK(nn::parameter_count(nn::layer_norm<float>(3, {.weight = false})) == 0);
    CHECK(nn::parameter_count(nn::layer_norm<float>(3, {.bias = false})) == 3);
}

TEST_CASE("wrong sizes are refused, naming both") {
    const nn::layer_norm<double> m(8);
    try {
        (void)m.output_shape({2, 9});
        FAIL("no error");
    } catch (const geolip::shape_error& e) {
        CHECK(std::string(e.what()) == "layer_norm(8): an input of shape 2 x 9; expected ... x 8");
    }
    CHECK_THROWS_AS((nn::layer_norm<float>(0)), geolip::shape_error);
    CHECK_THROWS_AS((nn::layer_norm<float, 4>(5)), geolip::shape_error);
    const nn::chain<nn::linear<float, 3, 8>, nn::layer_norm<float, 8>> fits;
    CHECK(fits.output_shape({2, 3}) == nn::shape{2, 8});
}
