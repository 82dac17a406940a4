// Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT
#include "geolip/nn/rms_norm.hpp"

#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "fixtures/nn_pointwise.hpp"
#include "support/known_block.hpp"

namespace nn = geolip::nn;

TEST_CASE_TEMPLATE("rms_norm is x / sqrt(mean square + epsilon) * weight", T, float, double) {
    for (const auto& known : fixtures::rms_norm_blocks)
        geolip_test::check_known_block(nn::rms_norm<T>(known.argument[0], {.weight = known.argument[1] != 0}), known);
}

TEST_CASE("gradients agree with central differences") {
    geolip_test::check_gradients_of(nn::rms_norm<double>(1, {.epsilon = 0.5}), nn::shape{3, 1});
    geolip_test::check_gradients_of(nn::rms_norm<double>(4), nn::shape{7, 4});
    geolip_test::check_gradients_of(nn::rms_norm<double>(8, {.weight = false}), nn::shape{1, 3, 8});
    geolip_test::check_gradients_of(nn::rms_norm<double, 21>(nn::rms_norm_options{.epsilon = 0.5}), nn::shape{6, 21});
}

TEST_CASE("zeros stay zeros, and the parameter is a vector of ones") {
    const nn::rms_norm<float> m(5);
    const auto w = nn::initial_parameters(m, 3);
    CHECK(w == std::vector<float>(5, 1.0f));
    CHECK(nn::parameters_of(m)[0].name == "weight");
    const nn::shape s{2, 5};
    std::vector<float> x(10, 0.0f), y(10, 7.0f);
    nn::workspace_memory<nn::rms_norm<float>> memory(m, s);
    m.forward(w, {x.data(), s}, {y.data(), s}, memory.view());
    CHECK(y == std::vector<float>(10, 0.0f));
}

TEST_CASE("wrong sizes are refused, naming both") {
    try {
        (void)nn::rms_norm<double>(8).output_shape({2, 9});
        FAIL("no error");
    } catch (const geolip::shape_error& e) {
        CHECK(std::string(e.what()) == "rms_norm(8): an input of shape 2 x 9; expected ... x 8");
    }
    CHECK_THROWS_AS((nn::rms_norm<float>(0)), geolip::shape_error);
    CHECK_THROWS_AS((nn::rms_norm<float, 4>(5)), geolip::shape_error);
}
