// Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT
#pragma once

/// \file
/// A training run small enough for a test: a linear map learns another from random batches.

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

#include "geolip/checkpoint/training.hpp"
#include "geolip/nn/linear.hpp"
#include "geolip/nn/parameters.hpp"
#include "geolip/random/philox.hpp"

namespace geolip_test {

/// Everything a run is made of. It draws each batch from where it stands in its random stream.
template <class Optimiser>
struct training_run {
    using scalar = typename Optimiser::scalar_type;
    static constexpr std::size_t batch = 8;

    geolip::nn::linear<scalar> model{3, 2};
    std::vector<scalar> w = geolip::nn::initial_parameters(model, 1);
    Optimiser optimiser;
    geolip::checkpoint::training_position at{.random = {{5, 9}, 0}};

    explicit training_run(Optimiser o) : optimiser(std::move(o)) {}

    void step() {
        using geolip::nn::shape;
        geolip::philox_engine draw(at.random.stream, at.random.index);
        std::array<scalar, 3 * batch> x;
        for (scalar& v : x) v = static_cast<scalar>(draw()) / static_cast<scalar>(1u << 31) - 1;
        at.random.index += x.size() / 4;

        std::array<scalar, 2 * batch> y;
        std::vector<scalar> scratch(geolip::nn::scratch_size(model, shape{batch, 3}));
        const geolip::nn::workspace<scalar> memory{{}, scratch};
        const std::span<const scalar> parameters(w);
        const geolip::nn::tensor_view<const scalar> input(x.data(), {batch, 3});
        const geolip::nn::tensor_view<scalar> output(y.data(), {batch, 2});
        model.forward(parameters, input, output, memory);
        std::array<scalar, 2 * batch> dy;
        for (std::size_t i = 0; i < dy.size(); ++i) dy[i] = y[i] - x[i / 2 * 3] + x[i / 2 * 3 + 1 + i % 2];
        std::vector<scalar> gradient(w.size());
        model.backward(parameters, input, output, {dy.data(), {batch, 2}}, {}, gradient, memory);
        optimiser.step(w, gradient);
        ++at.step;
    }
    void steps(int count) {
        for (int i = 0; i < count; ++i) step();
    }

    void save(const std::filesystem::path& path, bool durable = false) const {
        geolip::checkpoint::save_training(path, "linear 3 x 2", model, std::span<const scalar>(w), optimiser, at,
                                          durable);
    }
    void load(const std::filesystem::path& path) {
        at = geolip::checkpoint::load_training(path, "linear 3 x 2", model, std::span(w), optimiser);
    }

    /// All bytes of parameters and optimiser.
    std::vector<std::byte> bytes() const {
        std::vector<std::byte> all;
        for (const auto& s : geolip::checkpoint::detail::slots_of(model, std::span<const scalar>(w), optimiser))
            all.insert(all.end(), s.bytes.begin(), s.bytes.end());
        return all;
    }
};

}  // namespace geolip_test
