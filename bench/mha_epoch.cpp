// Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT

/// \file
/// Trains the documented attention classifier for bench/compare_mha, which also times PyTorch on it: reads lines of a
/// number of epochs, answers each with the seconds of wall clock and of processor time that they took and the last
/// loss.

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <iostream>
#include <limits>
#include <span>
#include <string>
#include <vector>

#include "geolip/nn/adam.hpp"
#include "geolip/nn/attention.hpp"
#include "geolip/nn/chain.hpp"
#include "geolip/nn/cross_entropy.hpp"
#include "geolip/nn/data_parallel.hpp"
#include "geolip/nn/embedding.hpp"
#include "geolip/nn/layer_norm.hpp"
#include "geolip/nn/linear.hpp"
#include "geolip/nn/mean_pool.hpp"
#include "geolip/nn/named.hpp"
#include "geolip/nn/parameters.hpp"
#include "geolip/nn/position_embedding.hpp"
#include "geolip/nn/residual.hpp"
#include "geolip/nn/training.hpp"

namespace nn = geolip::nn;

// bench_mha_epoch threads
int main(int argc, char** argv) {
    if (argc != 2) return 2;
    constexpr std::size_t vocabulary = 256, features = 256, heads = 8, tokens = 8, classes = 10, samples = 500;
    const nn::chain model{nn::name<"emb">(nn::embedding<float>(vocabulary, features)),
                          nn::name<"">(nn::position_embedding<float>(tokens, features)),
                          nn::residual(nn::name<"mha">(nn::multi_head_attention<float>(features, heads))),
                          nn::name<"norm">(nn::layer_norm<float>(features)),
                          nn::mean_pool<float>(),
                          nn::name<"head">(nn::linear<float>(features, classes))};
    const nn::shape batch{samples, tokens};
    std::vector<std::int32_t> ids(batch.size()), labels(samples);
    std::uint32_t state = 1;
    for (std::int32_t& id : ids) id = static_cast<std::int32_t>((state = state * 1664525u + 1013904223u) >> 24);
    for (std::size_t i = 0; i < samples; ++i) labels[i] = static_cast<std::int32_t>(i % classes);
    const nn::tensor_view<const std::int32_t> x(ids.data(), batch);

    std::vector<float> w = nn::initial_parameters(model, 1), g(w.size());
    nn::adam<float> optimiser(w.size(), {.rate = 1e-3});
    nn::data_parallel step(model, batch, {.threads = static_cast<unsigned>(std::atoi(argv[1]))});
    const nn::cross_entropy<float> loss;
    const auto gradient = [&](std::span<const float> at, std::span<float> slope) {
        return step.gradient(at, x, slope, [&](std::size_t begin, auto y, auto dy) {
            return loss(y, std::span<const std::int32_t>(labels).subspan(begin, y.rows()), dy, 1.0 / samples);
        });
    };

    for (std::string line; std::getline(std::cin, line);) {
        const auto begin = std::chrono::steady_clock::now();
        const std::clock_t processor = std::clock();
        double last = std::numeric_limits<double>::quiet_NaN();
        for (int i = std::atoi(line.c_str()); i > 0; --i)
            last = nn::train_step(optimiser, std::span(w), std::span(g), gradient).loss;
        const double processor_seconds = static_cast<double>(std::clock() - processor) / CLOCKS_PER_SEC;
        const std::chrono::duration<double> wall = std::chrono::steady_clock::now() - begin;
        std::printf("%.9f %.9f %.6f\n", wall.count(), processor_seconds, last);
        std::fflush(stdout);
    }
}
