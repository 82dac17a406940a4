// Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT
#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <thread>
#include <vector>

#include "geolip/nn/chain.hpp"
#include "geolip/nn/data_parallel.hpp"
#include "geolip/nn/embedding.hpp"
#include "geolip/nn/linear.hpp"
#include "geolip/nn/parameters.hpp"
#include "geolip/nn/residual.hpp"
#include "support/allocations.hpp"
#include "support/nn_blocks.hpp"

using namespace geolip::nn;
using geolip_test::exponential;
using geolip_test::normals;
using geolip_test::square;

namespace {

// Half the sum of squares, and its gradient.
const auto half_squares = [](std::size_t, auto y, auto dy) {
    double sum = 0;
    for (std::size_t i = 0; i < y.size(); ++i) {
        dy[i] = y[i];
        sum += 0.5 * double(y[i]) * double(y[i]);
    }
    return sum;
};

template <class T>
auto network() {
    return chain{linear<T>(6, 9), residual{linear<T>(9, 9), square<T>()}, linear<T>(9, 3)};
}

template <class T>
struct outcome {
    double loss;
    std::vector<T> gradient;
    friend bool operator==(const outcome&, const outcome&) = default;
};

template <class T>
outcome<T> gradient_of(std::size_t batch, std::size_t shards, unsigned threads) {
    const auto net = network<T>();
    const std::vector<T> w = initial_parameters(net, 5);
    const std::vector<T> x = normals<T>(batch * 6, 6);
    data_parallel step(net, {batch, 6}, {.shards = shards, .threads = threads});
    outcome<T> o{0, std::vector<T>(w.size(), T(77))};
    o.loss = step.gradient(w, {x.data(), {batch, 6}}, o.gradient, half_squares);
    return o;
}

}  // namespace

TEST_CASE_TEMPLATE("the bits of loss and gradient do not depend on the number of threads", T, float, double) {
    for (const std::size_t batch : {1u, 7u, 40u}) {
        const auto expected = gradient_of<T>(batch, 5, 1);
        for (const unsigned threads : {0u, 2u, 3u, 16u}) CHECK(gradient_of<T>(batch, 5, threads) == expected);
    }
}

TEST_CASE("the gradient of a batch in shards is that of the batch in one piece") {
    const auto whole = gradient_of<double>(40, 1, 1);
    for (const std::size_t shards : {2u, 3u, 8u, 40u, 1000u}) {
        const auto parts = gradient_of<double>(40, shards, 2);
        CHECK(parts.loss == doctest::Approx(whole.loss).epsilon(1e-13));
        double difference = 0;
        double norm = 0;
        for (std::size_t i = 0; i < whole.gradient.size(); ++i) {
            difference = std::hypot(difference, parts.gradient[i] - whole.gradient[i]);
            norm = std::hypot(norm, whole.gradient[i]);
        }
        CHECK(difference < 1e-13 * norm);
    }
}

TEST_CASE("a forward pass in shards gives each sample's own output") {
    const auto net = network<float>();
    const std::vector<float> w = initial_parameters(net, 5);
    const std::vector<float> x = normals<float>(13 * 6, 6);
    std::vector<float> whole(13 * 3), parts(13 * 3);
    data_parallel(net, {13, 6}, {.shards = 1}).forward(w, {x.data(), {13, 6}}, {whole.data(), {13, 3}});
    data_parallel(net, {13, 6}, {.shards = 4, .threads = 2}).forward(w, {x.data(), {13, 6}}, {parts.data(), {13, 3}});
    for (std::size_t i = 0; i < whole.size(); ++i) CHECK(parts[i] == doctest::Approx(whole[i]).epsilon(1e-5));
}

TEST_CASE("several threads may use one model and one set of parameters at once") {
    const auto net = network<double>();
    const std::vector<double> w = initial_parameters(net, 5);
    const std::vector<double> x = normals(20 * 6, 6);
    std::vector<std::vector<double>> y(4, std::vector<double>(20 * 3));
    std::vector<std::thread> threads;
    for (auto& own : y)
        threads.emplace_back([&] {
            workspace_memory<decltype(net)> memory(net, {20, 6});
            for (int i = 0; i < 20; ++i) net.forward(w, {x.data(), {20, 6}}, {own.data(), {20, 3}}, memory.view());
        });
    for (std::thread& t : threads) t.join();
    for (const auto& own : y) CHECK(own == y.front());
}

TEST_CASE("a step allocates nothing") {
    const auto net = network<float>();
    const std::vector<float> w = initial_parameters(net, 5);
    const std::vector<float> x = normals<float>(40 * 6, 6);
    std::vector<float> dw(w.size());
    data_parallel step(net, {40, 6}, {.shards = 4});
    step.gradient(w, {x.data(), {40, 6}}, dw, half_squares);
    const std::size_t before = geolip_test::allocations;
    for (int i = 0; i < 3; ++i) step.gradient(w, {x.data(), {40, 6}}, dw, half_squares);
    CHECK(geolip_test::allocations == before);
}

TEST_CASE("what does not fit is refused before anything runs") {
    const auto net = network<float>();
    CHECK_THROWS_AS(data_parallel(net, {4, 5}), geolip::shape_error);
    CHECK_THROWS_AS(data_parallel(net, {0, 6}), geolip::shape_error);
    CHECK_THROWS_AS(data_parallel(net, {4, 6}, {.shards = 0}), geolip::usage_error);
    data_parallel step(net, {4, 6});
    std::vector<float> w(parameter_count(net)), x(4 * 6), dw(w.size());
    CHECK_THROWS_WITH_AS(step.gradient(w, {x.data(), {3, 6}}, dw, half_squares),
                         "data_parallel: an input of shape 3 x 6; expected 4 x 6, the shape it was made for",
                         geolip::shape_error);
    CHECK_THROWS_AS(step.gradient(std::span(w).first(3), {x.data(), {4, 6}}, dw, half_squares), geolip::shape_error);
    CHECK_THROWS_AS(step.gradient(w, {x.data(), {4, 6}}, std::span(dw).first(3), half_squares), geolip::shape_error);
}

TEST_CASE("an id that is none is named by its place in the batch, not in its shard") {
    const chain net{embedding<float>(10, 4), linear<float>(4, 2)};
    const std::vector<float> w = initial_parameters(net, 5);
    std::vector<std::int32_t> ids(8, 3);
    ids[6] = 12;
    std::vector<float> dw(w.size());
    data_parallel step(net, {4, 2}, {.shards = 4, .threads = 2});
    CHECK_THROWS_WITH_AS(step.gradient(w, {ids.data(), {4, 2}}, dw, half_squares),
                         "embedding: token id 12 at position 6 of an input of shape 4 x 2; expected ids from 0 to 9, "
                         "for the vocabulary has 10 tokens",
                         geolip::usage_error);
}

TEST_CASE("an error of the loss reaches the caller, from any thread") {
    const auto net = network<float>();
    const std::vector<float> w = initial_parameters(net, 5);
    const std::vector<float> x(40 * 6);
    std::vector<float> dw(w.size());
    data_parallel step(net, {40, 6}, {.shards = 4, .threads = 2});
    CHECK_THROWS_AS(step.gradient(w, {x.data(), {40, 6}}, dw,
                                  [](std::size_t begin, auto, auto) -> double {
                                      if (begin > 10) throw geolip::usage_error("no");
                                      return 0;
                                  }),
                    geolip::usage_error);
}
