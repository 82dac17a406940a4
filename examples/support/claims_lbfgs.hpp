// Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT
#pragma once

/// \file
/// L-BFGS against Adam.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "geolip/data/noise.hpp"
#include "geolip/nn/adam.hpp"
#include "geolip/nn/data_parallel.hpp"
#include "geolip/nn/lbfgs.hpp"
#include "geolip/nn/mean_squared_error.hpp"
#include "geolip/nn/parameters.hpp"
#include "geolip/nn/training.hpp"
#include "geolip/sweep/number.hpp"
#include "support/claims.hpp"
#include "support/svae_lab.hpp"
#include "support/svae_probe.hpp"
#include "support/table.hpp"

namespace examples::claims {

// --- L-BFGS ---------------------------------------------------------------------------------------------------------

inline section lbfgs(svae_lab&, const effort& e) {
    namespace nn = geolip::nn;
    section s{"L-BFGS against Adam in HIGH, on one batch that stays", ""};
    const std::uint64_t iterations = std::max<std::uint64_t>(e.batches / 10, 8);
    struct outcome {
        std::string name;
        moments fixed_batch, fresh, cv;
        std::size_t evaluations = 0;
    };
    std::vector<outcome> outcomes{{"untrained", {}, {}, {}}, {"L-BFGS", {}, {}, {}}};
    constexpr double rates[] = {1e-4, 1e-3, 1e-2};
    for (const double rate : rates) outcomes.push_back({"Adam, rate " + geolip::sweep::shortest(rate), {}, {}, {}});

    const svae_settings settings = representative(svae_band::high, e);
    svae_probe probe(settings);
    const plain_svae& model = probe.model();
    const std::vector<float> fresh = fresh_images("all16", e.images(), e);
    const nn::shape shape({settings.batch, 3, settings.side, settings.side});
    nn::data_parallel<plain_svae> batch(model, shape, {.shards = 8, .threads = e.threads});
    for (std::uint64_t seed = e.seed; seed < e.seed + e.seeds(); ++seed) {
        std::vector<float> images(shape.size());
        data::noise({.seed = seed}).fill(std::span(images));
        const nn::tensor_view<const float> x(images.data(), shape);
        std::size_t evaluations = 0;
        const auto loss = [&](std::span<const float> w, std::span<float> g) {
            ++evaluations;
            return batch.gradient(w, x, g, [&](std::size_t begin, auto y, auto dy) {
                return nn::mean_squared_error<float>()(y, x.slice(begin, y.extents().front()), dy,
                                                       1 / static_cast<double>(x.size()));
            });
        };
        const std::vector<float> initial = nn::initial_parameters(model, seed);
        const auto judge = [&](outcome& to, std::span<const float> w) {
            const svae_measurement on_batch = measure_svae(probe, settings, w, images, 1);
            const svae_measurement on_fresh = measure_svae(probe, settings, w, fresh);
            to.fixed_batch.add(on_batch.error.mse());
            to.fresh.add(on_fresh.error.mse());
            to.cv.add(*on_fresh.cv.mean());
            to.evaluations = evaluations;
        };
        judge(outcomes[0], initial);
        std::vector<float> w = initial;
        nn::lbfgs<float> newton(w.size());
        while (newton.iterations() < iterations) {
            const std::uint64_t before = newton.iterations();
            newton.step(w, loss);
            if (newton.iterations() == before) break;
        }
        judge(outcomes[1], w);
        // As many evaluations as the line searches took.
        const std::size_t as_many = evaluations;
        for (std::size_t r = 0; r < std::size(rates); ++r) {
            w = initial;
            nn::adam<float> adam(w.size(), {.rate = rates[r]});
            std::vector<float> g(w.size());
            evaluations = 0;
            while (evaluations < as_many) nn::train_step(adam, std::span(w), std::span(g), loss);
            judge(outcomes[2 + r], w);
        }
    }
    const auto best_adam =
        std::min_element(outcomes.begin() + 2, outcomes.end(),
                         [](const outcome& a, const outcome& b) { return *a.fresh.mean() < *b.fresh.mean(); });
    s.verdict = *outcomes[1].fresh.mean() < *best_adam->fresh.mean()
                    ? "holds: lower than Adam at any of these rates"
                    : "not for as many evaluations: " + best_adam->name + " is lower";
    table out({"optimiser", "evaluations", "MSE, that batch", "MSE, fresh images", "CV"});
    for (const outcome& o : outcomes) {
        out.add({o.name, std::to_string(o.evaluations), mean_and_sd(o.fixed_batch, 4), mean_and_sd(o.fresh, 4),
                 mean_and_sd(o.cv)});
        s.value["optimisers"].push_back({{"name", o.name},
                                         {"evaluations", o.evaluations},
                                         {"mse_of_the_batch", number(o.fixed_batch.mean())},
                                         {"mse_of_fresh_images", number(o.fresh.mean())},
                                         {"cv", number(o.cv.mean())},
                                         {"seeds", o.cv.count()}});
    }
    s.text = out.text() + "\nDocumented: 0.0644 by L-BFGS after 100 batches, 0.072 by Adam after 30 epochs. Here: " +
             std::to_string(settings.batch) +
             " images of the 16 types, and as many evaluations of the gradient for each; " + std::to_string(e.seeds()) +
             (e.seeds() == 1 ? " seed" : " seeds, mean +- sd") + ".\nChance has CV " +
             mean_and_sd(chance_of(settings.rows, settings.dim, e)) + ".\n";
    return s;
}

}  // namespace examples::claims
