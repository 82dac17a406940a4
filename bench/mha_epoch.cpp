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

#include "geolip/models/mha_classifier.hpp"
#include "geolip/nn/adam.hpp"
#include "geolip/nn/cross_entropy.hpp"
#include "geolip/nn/data_parallel.hpp"
#include "geolip/nn/parameters.hpp"
#include "geolip/nn/training.hpp"

namespace nn = geolip::nn;

// bench_mha_epoch threads
int main(int argc, char** argv) {
    if (argc != 2) return 2;
    constexpr std::size_t tokens = 8, classes = 10, samples = 500;
    const auto model = geolip::models::make_mha_classifier<float>({.dim = 256, .heads = 8});
    const nn::shape batch{samples, tokens};
    std::vector<std::int32_t> ids(batch.size()), labels(samples);
    std::uint32_t state = 1;
    for (std::int32_t& id : ids) id = static_cast<std::int32_t>((state = state * 1664525u + 1013904223u) >> 24);
    for (std::size_t i = 0; i < samples; ++i) labels[i] = static_cast<std::int32_t>(i % classes);
    const nn::tensor_view<const std::int32_t> x(ids.data(), batch);

    std::vector<float> w = nn::initial_parameters(model, 1), g(w.size());
    nn::adam<float> optimiser(w.size(), {.rate = 1e-3});
    nn::data_parallel step(model, batch, {.shards = 4, .threads = static_cast<unsigned>(std::atoi(argv[1]))});
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
