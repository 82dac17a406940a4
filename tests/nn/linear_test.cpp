// Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT
#include "geolip/nn/linear.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <string>

#include "fixtures/nn_linear.hpp"
#include "geolip/nn/parameters.hpp"
#include "support/known_block.hpp"

using geolip::nn::initialiser;
using geolip::nn::linear;
using geolip::nn::parameters_of;
using geolip::nn::shape;

TEST_CASE_TEMPLATE("linear layers are PyTorch's, forward and backward", T, float, double) {
    for (const auto& known : fixtures::linears) {
        geolip_test::check_known_block(linear<T>(known.argument[0], known.argument[1], known.argument[2] != 0), known);
        if (known.argument[0] == 12) geolip_test::check_known_block(linear<T, 12, 8>(), known);
    }
}

TEST_CASE("gradients agree with central differences") {
    geolip_test::check_gradients_of(linear<double>(7, 5), {2, 3, 7});
    geolip_test::check_gradients_of(linear<double>(1, 9, false), {1, 1});
    geolip_test::check_gradients_of(linear<double, 6, 4>(), {3, 6});
}

TEST_CASE("parameters are named, laid out and drawn as PyTorch's, unless told otherwise") {
    const auto table = parameters_of(linear<float>(27, 4));
    REQUIRE(table.size() == 2);
    CHECK(table[0].name == "weight");
    CHECK(table[0].extents == shape{4, 27});
    CHECK(table[0].law == initialiser::uniform(1 / std::sqrt(27.0)));
    CHECK(table[1].name == "bias");
    CHECK(table[1].extents == shape{4});
    CHECK(table[1].law == table[0].law);
    const auto other =
        parameters_of(linear<float>(27, 4).with_initialisers(initialiser::orthogonal(), initialiser::zeros()));
    CHECK(other[0].law == initialiser::orthogonal());
    CHECK(other[1].law == initialiser::zeros());
    CHECK(parameters_of(linear<float>(27, 4, false)).size() == 1);
}

TEST_CASE("an input of other features is refused, with both shapes; so are sizes of 0 or of another type") {
    std::string message;
    try {
        (void)linear<float>(8, 3).output_shape({4, 7});
    } catch (const geolip::shape_error& e) {
        message = e.what();
    }
    CHECK(message == "linear(8, 3): an input of shape 4 x 7; expected ... x 8");
    CHECK_THROWS_AS(linear<float>(0, 3), geolip::shape_error);
    CHECK_THROWS_AS((linear<float, 8, 3>(8, 4)), geolip::shape_error);
}
