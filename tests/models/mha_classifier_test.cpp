// Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT
#include "geolip/models/mha_classifier.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <map>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "fixtures/mha_step.hpp"
#include "geolip/nn/adam.hpp"
#include "geolip/nn/cross_entropy.hpp"
#include "geolip/nn/data_parallel.hpp"
#include "geolip/nn/gradient_check.hpp"
#include "geolip/nn/training.hpp"

using geolip::matrix_view;
using geolip::models::make_mha_classifier;
using geolip::models::mha_classifier;
namespace nn = geolip::nn;

namespace {

template <class T>
mha_classifier<T> model_of(const fixtures::mha_step& known) {
    return make_mha_classifier<T>({known.vocabulary, known.dim, known.heads, known.length, known.classes});
}

// The parameters, tokens and classes of make_mha_step.py.
template <class T>
std::vector<T> parameters_of_fixture(std::size_t count) {
    std::vector<T> w(count);
    for (std::size_t i = 0; i < count; ++i) w[i] = static_cast<T>(0.4 * std::sin(0.7 * static_cast<double>(i + 1)));
    return w;
}
std::vector<std::int32_t> sequence(std::size_t count, std::size_t factor, std::size_t first, std::size_t modulus) {
    std::vector<std::int32_t> values;
    for (std::size_t i = 0; i < count; ++i) values.push_back(static_cast<std::int32_t>((factor * i + first) % modulus));
    return values;
}

// Norm of the difference over the norm, of elements of which `counts` says true.
template <class T, class Counts>
double distance(std::span<const T> found, std::span<const double> expected, Counts counts) {
    double difference = 0, norm = 0;
    for (std::size_t i = 0; i < found.size(); ++i) {
        if (!counts(i)) continue;
        difference += std::pow(static_cast<double>(found[i]) - expected[i], 2);
        norm += expected[i] * expected[i];
    }
    return norm > 0 ? std::sqrt(difference / norm) : std::sqrt(difference);
}
template <class T>
double distance(std::span<const T> found, std::span<const double> expected) {
    return distance(found, expected, [](std::size_t) { return true; });
}

// A model and one forward pass of it.
struct passed {
    mha_classifier<double> model;
    std::vector<double> w;
    nn::shape x;
    std::vector<std::int32_t> tokens;
    std::vector<double> y;
    nn::workspace_memory<mha_classifier<double>> memory;
    std::span<const double> kept;

    passed(std::size_t dim, std::size_t heads, std::size_t batch)
        : model(make_mha_classifier<double>({.vocabulary = 20, .dim = dim, .heads = heads, .length = 4, .classes = 3})),
          w(nn::initial_parameters(model, 7)),
          x{batch, 4},
          tokens(sequence(x.size(), 7, 3, 20)),
          y(batch * 3),
          memory(model, x),
          kept(memory.view().kept) {
        model.forward(w, {tokens.data(), x}, {y.data(), {batch, 3}}, memory.view());
    }
};

}  // namespace

TEST_CASE_TEMPLATE("three steps of training are PyTorch's", T, float, double) {
    const double tolerance = std::same_as<T, double> ? 1e-9 : 1e-5;
    for (const fixtures::mha_step& known : fixtures::mha_steps) {
        CAPTURE(known.dim);
        const auto model = model_of<T>(known);
        const nn::shape x = {known.batch, known.length};
        const auto tokens = sequence(x.size(), 7, 3, known.vocabulary);
        const auto labels = sequence(known.batch, 5, 1, known.classes);
        std::vector<T> w = parameters_of_fixture<T>(nn::parameter_count(model));
        REQUIRE(w.size() == known.updated.size());
        std::vector<T> g(w.size()), y(known.batch * known.classes), first_y, first_g;
        nn::adam<T> adam(w.size(), {.rate = fixtures::mha_step_rate});
        const nn::cross_entropy<T> loss;
        nn::workspace_memory<mha_classifier<T>> memory(model, x);
        for (const double expected : known.loss) {
            const auto step =
                nn::train_step(adam, std::span(w), std::span(g), [&](std::span<const T> at, auto gradient) {
                    const nn::tensor_view<const std::int32_t> input(tokens.data(), x);
                    const nn::tensor_view<T> output(y.data(), {known.batch, known.classes});
                    std::vector<T> dy(y.size());
                    std::fill(gradient.begin(), gradient.end(), T(0));
                    model.forward(at, input, output, memory.view());
                    const double value = loss(output, labels, {dy.data(), output.extents()});
                    model.backward(at, input, output, {dy.data(), output.extents()}, {}, gradient, memory.view());
                    return value;
                });
            CHECK(step.loss == doctest::Approx(expected).epsilon(tolerance));
            if (first_g.empty()) first_g = g, first_y = y;
        }
        CHECK(distance<T>(first_y, known.output) < tolerance);
        for (const nn::parameter& p : nn::parameters_of(model)) {
            CAPTURE(p.name);
            const auto part = [&](auto values) { return values.subspan(p.offset, p.size()); };
            CHECK(distance<T>(part(std::span<const T>(first_g)), part(known.gradient)) < tolerance);
            // Some gradients are 0 by algebra, not by arithmetic: of the keys' bias, which moves all scores of a query
            // alike, and of queries and keys where there is one token. Adam divides their rounding errors, of which
            // float has enough, by their own size.
            const auto counts = [&](std::size_t i) {
                return std::same_as<T, double> || p.name == "emb.weight" ||
                       std::fabs(known.gradient[p.offset + i]) > 1e-12;
            };
            CHECK(distance<T>(part(std::span<const T>(w)), part(known.updated), counts) < tolerance);
        }
    }
}

TEST_CASE("parameters have the names and shapes of the documented module") {
    for (const fixtures::mha_step& known : fixtures::mha_steps) {
        const auto table = nn::parameters_of(model_of<float>(known));
        REQUIRE(table.size() == known.tensors.size());
        for (std::size_t i = 0; i < table.size(); ++i) {
            CHECK(table[i].name == known.tensors[i].name);
            nn::shape extents;
            for (const std::size_t extent : known.tensors[i].extents)
                if (extent > 0) extents = extents.with_axis(extent);
            CHECK(table[i].extents == extents);
        }
    }
}

TEST_CASE("first parameters follow the laws of the documented module") {
    const auto model = make_mha_classifier<double>({.dim = 128, .heads = 4});
    const std::vector<double> w = nn::initial_parameters(model, 3);
    std::map<std::string, std::array<double, 3>> seen;  // mean square, largest, mean
    for (const nn::parameter& p : nn::parameters_of(model)) {
        std::array<double, 3>& s = seen[p.name];
        for (const double v : p.in(std::span(w)).elements()) {
            s[0] += v * v / static_cast<double>(p.size());
            s[1] = std::max(s[1], std::fabs(v));
            s[2] += v / static_cast<double>(p.size());
        }
    }
    CHECK(seen["emb.weight"][0] == doctest::Approx(1).epsilon(0.03));
    CHECK(seen["pos"][0] == doctest::Approx(0.02 * 0.02).epsilon(0.2));
    const auto uniform = [&](const char* name, double bound, double epsilon) {
        CAPTURE(name);
        CHECK(seen[name][0] == doctest::Approx(bound * bound / 3).epsilon(epsilon));
        CHECK(seen[name][1] < bound);
        CHECK(seen[name][1] > 0.9 * bound);
    };
    uniform("mha.in_proj_weight", std::sqrt(6.0 / (4 * 128)), 0.03);  // Xavier, of the three projections as one matrix
    uniform("mha.out_proj.weight", 1 / std::sqrt(128.0), 0.05);
    uniform("head.weight", 1 / std::sqrt(128.0), 0.15);
    for (const char* zero : {"mha.in_proj_bias", "mha.out_proj.bias", "norm.bias"}) CHECK(seen[zero][1] == 0);
    CHECK(seen["norm.weight"][2] == 1);
    CHECK(seen["norm.weight"][0] == 1);
}

TEST_CASE("gradients are those of central differences") {
    const auto model = make_mha_classifier<double>({.vocabulary = 9, .dim = 12, .heads = 3, .length = 5, .classes = 4});
    const std::vector<double> w = nn::initial_parameters(model, 2);
    const nn::shape x = {3, 5};
    const auto tokens = sequence(x.size(), 7, 3, 9);
    for (const auto& [name, error] : nn::check_gradients(model, std::span<const double>(w), {tokens.data(), x})) {
        CAPTURE(name);
        CHECK(error < 1e-6);
    }
}

TEST_CASE("weights are visited under the documented keys, as views of the parameters") {
    const passed p(12, 3, 2);
    std::vector<std::string> keys;
    std::map<std::string, matrix_view<const double>> found;
    geolip::models::visit_weights(p.model, std::span(p.w), [&](const std::string& key, matrix_view<const double> m) {
        keys.push_back(key);
        found[key] = m;
    });
    CHECK(keys == std::vector<std::string>{"emb", "Q_full", "K_full", "V_full", "Q_h0", "K_h0", "V_h0", "Q_h1", "K_h1",
                                           "V_h1", "Q_h2", "K_h2", "V_h2", "out_proj", "cls_head"});
    std::map<std::string, std::span<const double>> tensor;
    for (const nn::parameter& q : nn::parameters_of(p.model)) tensor[q.name] = q.in(std::span(p.w)).elements();
    const auto is = [&](const char* key, const char* name, std::size_t first_row, std::size_t rows) {
        CAPTURE(key);
        const auto& m = found.at(key);
        CHECK(m.rows() == rows);
        CHECK(m.cols() == 12);
        CHECK(m.row(0) == tensor.at(name).data() + first_row * 12);
        CHECK(m.row_stride() == 12);
    };
    is("emb", "emb.weight", 0, 20);
    is("Q_full", "mha.in_proj_weight", 0, 12);
    is("K_full", "mha.in_proj_weight", 12, 12);
    is("V_full", "mha.in_proj_weight", 24, 12);
    is("Q_h2", "mha.in_proj_weight", 8, 4);
    is("K_h0", "mha.in_proj_weight", 12, 4);
    is("V_h1", "mha.in_proj_weight", 28, 4);
    is("out_proj", "mha.out_proj.weight", 0, 12);
    is("cls_head", "head.weight", 0, 3);
}

TEST_CASE("activations are visited under the documented keys and are what the definition gives") {
    for (const std::size_t heads : {std::size_t{1}, std::size_t{3}}) {
        const passed p(12, heads, 5);
        const std::size_t head_dim = 12 / heads;
        std::vector<std::string> keys;
        std::map<std::string, matrix_view<const double>> found;
        geolip::models::visit_activations(p.model, p.x, p.kept, [&](const std::string& key, auto m) {
            keys.push_back(key);
            found[key] = m;
        });
        std::vector<std::string> expected;
        for (std::size_t h = 0; h < heads; ++h)
            for (const char* role : {"act_Q_h", "act_K_h", "act_V_h", "act_post_h"})
                expected.push_back(role + std::to_string(h));
        expected.insert(expected.end(), {"act_emb", "act_post_full"});
        CHECK(keys == expected);

        std::map<std::string, std::span<const double>> tensor;
        for (const nn::parameter& q : nn::parameters_of(p.model)) tensor[q.name] = q.in(std::span(p.w)).elements();
        double worst = 0;
        for (std::size_t i = 0; i < p.x.size(); ++i) {
            std::vector<double> h(12);
            for (std::size_t j = 0; j < 12; ++j)
                h[j] = tensor["emb.weight"][static_cast<std::size_t>(p.tokens[i]) * 12 + j] +
                       tensor["pos"][i % 4 * 12 + j];
            for (std::size_t j = 0; j < 12; ++j) {
                worst = std::max(worst, std::fabs(found["act_emb"](i, j) - h[j]));
                for (std::size_t role = 0; role < 3; ++role) {
                    double sum = tensor["mha.in_proj_bias"][role * 12 + j];
                    for (std::size_t k = 0; k < 12; ++k)
                        sum += tensor["mha.in_proj_weight"][(role * 12 + j) * 12 + k] * h[k];
                    const auto& m = found[expected[j / head_dim * 4 + role]];
                    worst = std::max(worst, std::fabs(m(i, j % head_dim) - sum));
                }
                CHECK(found["act_post_h" + std::to_string(j / head_dim)](i, j % head_dim) ==
                      found["act_post_full"](i, j));
            }
        }
        CHECK(worst < 1e-12);
        for (const auto& [key, m] : found) {
            CHECK(m.rows() == 20);
            CHECK(m.cols() == (key.find("_h") == std::string::npos ? 12 : head_dim));
        }
        // The logits are the head of the mean over the tokens of what the LayerNorm gave.
        for (std::size_t b = 0; b < 5; ++b) {
            for (std::size_t c = 0; c < 3; ++c) {
                double sum = tensor["head.bias"][c];
                for (std::size_t j = 0; j < 12; ++j) {
                    double mean = 0;
                    for (std::size_t t = 0; t < 4; ++t) mean += found["act_post_full"](b * 4 + t, j) / 4;
                    sum += tensor["head.weight"][c * 12 + j] * mean;
                }
                CHECK(std::fabs(p.y[b * 3 + c] - sum) < 1e-12);
            }
        }
    }
}

TEST_CASE("sizes that do not fit are refused, and so is a token that has no row") {
    CHECK_THROWS_AS(make_mha_classifier<float>({.dim = 64, .heads = 3}), geolip::shape_error);
    CHECK_THROWS_AS(make_mha_classifier<float>({.dim = 0}), geolip::shape_error);
    CHECK_THROWS_AS(make_mha_classifier<float>({.heads = 0}), geolip::shape_error);
    CHECK_THROWS_AS(make_mha_classifier<float>({.classes = 0}), geolip::shape_error);
    const auto model = make_mha_classifier<float>({});
    CHECK(nn::output_shape(model, {5, 8}) == nn::shape{5, 10});
    CHECK_THROWS_WITH_AS(nn::output_shape(model, {5, 7}),
                         "position_embedding: an input of shape 5 x 7 x 64; expected batch x 8 x 64",
                         geolip::shape_error);
    const auto w = nn::initial_parameters(model, 1);
    nn::workspace_memory<mha_classifier<float>> memory(model, {1, 8});
    std::vector<std::int32_t> tokens(8, 256);
    std::vector<float> y(10);
    CHECK_THROWS_AS(model.forward(w, {tokens.data(), {1, 8}}, {y.data(), {1, 10}}, memory.view()), geolip::usage_error);
}
