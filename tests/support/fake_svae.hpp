// Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT
#pragma once

/// \file
/// A trainer of the autoencoder whose results are a formula of what decides them: near the law of the run's rows, with
/// all digits used. It keeps a checkpoint as the real one does.

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <mutex>
#include <optional>
#include <set>
#include <string>

#include "geolip/core/fnv1a.hpp"
#include "support/ablation_null.hpp"
#include "support/ablation_run.hpp"
#include "support/svae_json.hpp"

/// Between -1 and 1, decided by the settings that have an effect and by `index`.
inline double fake_deviation(const examples::svae_settings& s, std::uint64_t index) {
    const std::string text = to_json(examples::effective(s)).dump() + std::to_string(index);
    return static_cast<double>(geolip::detail::fnv1a(text) >> 11) * 0x1p-52 - 1;
}

inline examples::svae_result fake_result(const examples::svae_settings& s) {
    examples::svae_result r;
    const double law = examples::law_of(s).cv.value_or(0.7);
    for (std::uint64_t b = 0;; b += s.read_every) {
        const double cv = law * (1 + 0.05 * fake_deviation(s, b));
        r.cv_ema = r.cv_ema ? *r.cv_ema + s.ema * (cv - *r.cv_ema) : cv;
        r.readings.push_back({b, cv, r.cv_ema, 1.5 + 0.1 * fake_deviation(s, b + 1)});
        if (b >= s.batches) break;
    }
    r.cv_untrained = r.readings.front().cv;
    r.cv_final = r.readings.back().cv;
    r.mse_first = r.readings.front().mse;
    r.mse = r.readings.back().mse;
    if (s.rate >= 1) {  // the huge rate
        r.status = examples::svae_status::diverged;
        r.reason = "training: the loss is NaN at step 3";
        r.readings.resize(1);
        r.cv_ema = r.cv_untrained;
        r.cv_final = std::nullopt;
    }
    return r;
}

/// Counts what it trains. A run takes ten steps; its checkpoint holds the number of those done.
struct fake_trainer {
    std::atomic<std::size_t> calls = 0, steps = 0;

    std::optional<examples::svae_result> operator()(const examples::svae_settings& s,
                                                    const examples::ablation_training& t) {
        ++calls;
        int step = 0;
        if (std::ifstream(t.checkpoint) >> step) std::filesystem::remove(t.checkpoint);
        while (step < 10) {
            ++step;
            ++steps;
            if (t.progress) t.progress(static_cast<std::uint64_t>(step) * s.batches / 10);
            if (t.stop && t.stop()) {
                std::ofstream(t.checkpoint) << step;
                return std::nullopt;
            }
        }
        return fake_result(s);
    }
    examples::svae_trainer reference() {
        return [this](const examples::svae_settings& s, const examples::ablation_training& t) { return (*this)(s, t); };
    }
};
