// Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT
#include <doctest/doctest.h>

#include <cmath>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "fixtures/nn_training.hpp"
#include "geolip/nn/activation.hpp"
#include "geolip/nn/adam.hpp"
#include "geolip/nn/chain.hpp"
#include "geolip/nn/cross_entropy.hpp"
#include "geolip/nn/data_parallel.hpp"
#include "geolip/nn/layer_norm.hpp"
#include "geolip/nn/linear.hpp"
#include "geolip/nn/parameter_groups.hpp"
#include "geolip/nn/parameters.hpp"
#include "geolip/nn/residual.hpp"
#include "geolip/nn/schedule.hpp"
#include "geolip/nn/training.hpp"
#include "support/levels.hpp"
#include "support/optimised_chain.hpp"

namespace nn = geolip::nn;
using fixtures::training_samples;
using geolip_test::relative_difference;

namespace {

struct run {
    std::vector<double> w, losses, norms;
    friend bool operator==(const run&, const run&) = default;
};

template <class T>
run train(unsigned threads, std::size_t shards, geolip::isa level) {
    const nn::chain model{nn::linear<T>(5, 12), nn::gelu<T>(), nn::layer_norm<T>(12),
                          nn::residual(nn::linear<T>(12, 12), nn::tanh<T>()), nn::linear<T>(12, 4)};
    std::vector<T> x(training_samples * 5);
    for (std::size_t i = 0; i < x.size(); ++i)
        x[i] = static_cast<T>(static_cast<double>((13 * i * i + 5 * i) % 37) / 18 - 1);
    std::vector<std::int32_t> labels(training_samples);
    std::size_t counted = 0;
    for (std::size_t i = 0; i < labels.size(); ++i) {
        labels[i] = i % 7 == 6 ? -100 : static_cast<std::int32_t>(i % 4);
        counted += labels[i] >= 0;
    }
    std::vector<T> w(nn::parameter_count(model)), g(w.size());
    for (std::size_t i = 0; i < w.size(); ++i) w[i] = static_cast<T>(static_cast<double>(7 * i * i % 31) / 31 - 0.5);

    const auto matrix = [](const nn::parameter& p) { return p.extents.rank() > 1; };
    const nn::parameter_groups groups(nn::parameters_of(model), {{"matrices", matrix}, {"vectors", {}, 1, 0.0}});
    nn::adamw<T> optimiser(groups, {.rate = 0.02, .weight_decay = 0.05, .isa = level});
    const nn::one_cycle_schedule cycle({.steps = std::size(fixtures::training_losses)});
    const nn::cross_entropy<T> loss;
    nn::data_parallel parallel(model, nn::shape{training_samples, 5},
                               {.shards = shards, .threads = threads, .isa = level});
    const auto gradient = [&](std::span<const T> at, std::span<T> slope) {
        return parallel.gradient(at, {x.data(), {training_samples, 5}}, slope, [&](std::size_t begin, auto y, auto dy) {
            const std::span own = std::span<const std::int32_t>(labels).subspan(begin, y.rows());
            return loss(y, own, dy, 1 / static_cast<double>(counted), level);
        });
    };
    run seen;
    for (std::size_t step = 0; step < std::size(fixtures::training_losses); ++step) {
        const auto report = nn::train_step(optimiser, std::span(w), std::span(g), gradient, cycle, 0.25, level);
        seen.losses.push_back(report.loss);
        seen.norms.push_back(report.gradient_norm);
    }
    seen.w.assign(w.begin(), w.end());
    return seen;
}

template <class T>
void check(double tolerance) {
    for (const geolip::isa level : geolip_test::available_levels()) {
        CAPTURE(std::string(geolip::isa_name(level)));
        const run one = train<T>(1, 4, level);
        REQUIRE(one.w.size() == std::size(fixtures::trained));
        CHECK(relative_difference(one.losses, fixtures::training_losses) < tolerance);
        CHECK(relative_difference(one.norms, fixtures::training_norms) < tolerance);
        CHECK(relative_difference(one.w, fixtures::trained) < tolerance);
        CHECK(train<T>(2, 4, level) == one);
        CHECK(train<T>(1, 4, level) == one);
        CHECK(relative_difference(train<T>(1, 1, level).w, fixtures::trained) < tolerance);
    }
}

}  // namespace

TEST_CASE("a network trains to PyTorch's parameters, to the same bits on one thread and two") { check<double>(1e-9); }

TEST_CASE("a network trains to nearly the same in single precision") { check<float>(1e-4); }
