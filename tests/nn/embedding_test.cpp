// Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT
#include "geolip/nn/embedding.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <string>
#include <vector>

#include "fixtures/nn_attention.hpp"
#include "geolip/nn/chain.hpp"
#include "geolip/nn/gradient_check.hpp"
#include "geolip/nn/mean_pool.hpp"
#include "geolip/nn/position_embedding.hpp"
#include "support/levels.hpp"
#include "support/nn_blocks.hpp"

using namespace geolip::nn;
using fixtures::attention_values;
using geolip_test::available_levels;
using geolip_test::normals;

namespace {

template <class T>
double difference(const std::vector<T>& a, const std::vector<double>& b) {
    REQUIRE(a.size() == b.size());
    double error = 0;
    double norm = 0;
    for (std::size_t i = 0; i < a.size(); ++i) {
        error = std::hypot(error, static_cast<double>(a[i]) - b[i]);
        norm = std::hypot(norm, b[i]);
    }
    return error / norm;
}

template <class T>
constexpr double tolerance = sizeof(T) == 4 ? 1e-5 : 1e-9;

template <class M>
double worst_gradient(const M& m, const shape& x_shape) {
    const std::vector<double> w = initial_parameters(m, 3);
    const std::vector<double> x = normals(x_shape.size(), 4);
    double worst = 0;
    for (const gradient_error& e : check_gradients(m, w, tensor_view<const double>(x.data(), x_shape)))
        worst = (std::max)(worst, e.error);
    return worst;
}

template <class Error, class Function>
std::string message_of(Function&& function) {
    try {
        function();
    } catch (const Error& e) {
        return e.what();
    }
    return "nothing was thrown";
}

}  // namespace

static_assert(module<embedding<float, 256, 64>> && module<position_embedding<double>> && module<mean_pool<float, 64>>);

TEST_CASE_TEMPLATE("embeddings and their gradients are PyTorch's", T, float, double) {
    const embedding<T> m(7, 5, 1);
    const auto w = attention_values<T>(6, 35);
    const auto dy = attention_values<T>(5, 40);
    for (const geolip::isa level : available_levels()) {
        std::vector<T> y(40), dw(35);
        const workspace<T> memory = {{}, {}, level};
        const tensor_view<const std::int32_t> x(fixtures::ids.data(), {2, 4});
        REQUIRE(output_shape(m, x.extents()) == shape{2, 4, 5});
        m.forward(w, x, {y.data(), {2, 4, 5}}, memory);
        m.backward(w, x, {y.data(), {2, 4, 5}}, {dy.data(), {2, 4, 5}}, {}, dw, memory);
        CHECK(difference(y, fixtures::embedded) < tolerance<T>);
        CHECK(difference(dw, fixtures::embedding_gradient) < tolerance<T>);
        // Gradients are added to what is there.
        m.backward(w, x, {y.data(), {2, 4, 5}}, {dy.data(), {2, 4, 5}}, {}, dw, memory);
        for (T& v : dw) v /= 2;
        CHECK(difference(dw, fixtures::embedding_gradient) < tolerance<T>);
    }
}

TEST_CASE_TEMPLATE("positions and their gradients are PyTorch's", T, float, double) {
    const position_embedding<T> m(5, 7);
    const shape s = {3, 5, 7};
    const auto w = attention_values<T>(7, 35);
    const auto x = attention_values<T>(1, s.size());
    const auto dy = attention_values<T>(5, s.size());
    for (const geolip::isa level : available_levels()) {
        std::vector<T> y(s.size()), dx(s.size()), dw(35);
        const workspace<T> memory = {{}, {}, level};
        m.forward(w, {x.data(), s}, {y.data(), s}, memory);
        m.backward(w, {x.data(), s}, {y.data(), s}, {dy.data(), s}, {dx.data(), s}, dw, memory);
        CHECK(difference(y, fixtures::positioned) < tolerance<T>);
        CHECK(difference(dw, fixtures::position_gradient) < tolerance<T>);
        CHECK(dx == dy);
    }
}

TEST_CASE_TEMPLATE("means over tokens and their gradients are PyTorch's", T, float, double) {
    const mean_pool<T> m;
    const shape s = {3, 5, 7};
    const auto x = attention_values<T>(1, s.size());
    const auto dy = attention_values<T>(5, 21);
    for (const geolip::isa level : available_levels()) {
        std::vector<T> y(21), dx(s.size());
        const workspace<T> memory = {{}, {}, level};
        m.forward({}, {x.data(), s}, {y.data(), {3, 7}}, memory);
        m.backward({}, {x.data(), s}, {y.data(), {3, 7}}, {dy.data(), {3, 7}}, {dx.data(), s}, {}, memory);
        CHECK(difference(y, fixtures::pooled) < tolerance<T>);
        CHECK(difference(dx, fixtures::pooled_gradient) < tolerance<T>);
    }
}

TEST_CASE("gradients of embeddings, positions and means equal central differences") {
    const std::vector<std::int32_t> ids = {0, 4, 2, 4, 4, 1};
    const embedding<double, 5, 3> m;
    const std::vector<double> w = initial_parameters(m, 3);
    for (const shape& s : {shape{6}, shape{1, 6}, shape{6, 1}, shape{2, 3}})
        for (const gradient_error& e : check_gradients(m, w, tensor_view<const std::int32_t>(ids.data(), s)))
            CHECK(e.error < 1e-8);
    for (const std::size_t tokens : {1u, 5u})
        for (const std::size_t batch : {1u, 3u}) {
            CHECK(worst_gradient(position_embedding<double>(tokens, 3), {batch, tokens, 3}) < 1e-8);
            CHECK(worst_gradient(mean_pool<double>(), {batch, tokens, 3}) < 1e-8);
            CHECK(worst_gradient(chain{position_embedding<double>(tokens, 2), mean_pool<double>()},
                                 {batch, tokens, 2}) < 1e-8);
        }
}

TEST_CASE("embeddings start from standard normals, positions from their own spread") {
    const auto spread = [](const std::vector<double>& w) {
        double sum = 0;
        for (const double v : w) sum += v * v;
        return std::sqrt(sum / static_cast<double>(w.size()));
    };
    // An sd from 20000 normals has a standard error of 1/200 of it.
    CHECK(spread(initial_parameters(embedding<double>(200, 100), 1)) == doctest::Approx(1).epsilon(0.025));
    CHECK(spread(initial_parameters(position_embedding<double>(200, 100), 1)) == doctest::Approx(0.02).epsilon(0.025));
    CHECK(spread(initial_parameters(position_embedding<double, 200, 100>(0.5), 1)) ==
          doctest::Approx(0.5).epsilon(0.025));
    const auto table = parameters_of(position_embedding<double>(8, 4));
    REQUIRE(table.size() == 1);
    CHECK(table[0].name == "pos");
    CHECK(table[0].extents == shape{1, 8, 4});
    CHECK(parameters_of(embedding<double>(8, 4))[0].name == "weight");

    const embedding<double> padded_one(8, 4, 2);
    auto w = initial_parameters(padded_one, 1);
    const auto before = w;
    padded_one.clear_padding(w);
    for (std::size_t i = 0; i < w.size(); ++i) CHECK(w[i] == (i / 4 == 2 ? 0 : before[i]));
}

TEST_CASE("an id without a row is an error that says where it is, and nothing is written") {
    const embedding<float> m(10, 2);
    const std::vector<float> w(20, 1);
    for (const std::int32_t bad : {10, -1, 2147483647, -2147483647 - 1}) {
        const std::vector<std::int32_t> ids = {3, 9, 0, 1, bad, 2};
        std::vector<float> y(12, 77);
        const tensor_view<const std::int32_t> x(ids.data(), {2, 3});
        const std::string expected = "embedding: token id " + std::to_string(bad) +
                                     " at position 4 of an input of shape 2 x 3; expected ids from 0 to 9, for the "
                                     "vocabulary has 10 tokens";
        CHECK(message_of<geolip::usage_error>([&] { m.require_input(x); }) == expected);
        CHECK(message_of<geolip::usage_error>([&] { m.forward(w, x, {y.data(), {2, 3, 2}}, {}); }) == expected);
        CHECK(y == std::vector<float>(12, 77));
    }
}

TEST_CASE("sizes that do not fit embeddings, positions and means are named") {
    CHECK_THROWS_AS(embedding<float>(0, 3), geolip::shape_error);
    CHECK_THROWS_AS(embedding<float>(3, 0), geolip::shape_error);
    CHECK_THROWS_AS((embedding<float, 3, 4>(4, 4)), geolip::shape_error);
    CHECK(message_of<geolip::usage_error>([] { embedding<float>(3, 4, 3); }) ==
          "embedding: padding id 3; expected one below the vocabulary's size, 3");
    CHECK_THROWS_AS(embedding<float>(3, 4).output_shape({1, 1, 1, 1, 1, 1}), geolip::shape_error);
    CHECK_THROWS_AS(position_embedding<float>(0, 3), geolip::shape_error);
    CHECK_THROWS_AS((position_embedding<float, 3, 4>(3, 5)), geolip::shape_error);
    CHECK(message_of<geolip::shape_error>([] { position_embedding<float>(8, 4).output_shape({2, 7, 4}); }) ==
          "position_embedding: an input of shape 2 x 7 x 4; expected batch x 8 x 4");
    CHECK(message_of<geolip::shape_error>([] { mean_pool<float, 4>().output_shape({2, 7, 5}); }) ==
          "mean_pool: an input of shape 2 x 7 x 5; expected batch x tokens x 4 with at least one token");
    CHECK(message_of<geolip::shape_error>([] { mean_pool<float>().output_shape({2, 0, 5}); }) ==
          "mean_pool: an input of shape 2 x 0 x 5; expected batch x tokens x features with at least one token");
    CHECK(mean_pool<float>().output_shape({0, 3, 5}) == shape{0, 5});
}
