// Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT
#pragma once

/// \file
/// Trains the autoencoders that several questions ask for, each once and several at a time.

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <mutex>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "geolip/backend/work_queue.hpp"
#include "support/svae_probe.hpp"
#include "support/svae_run.hpp"
#include "support/svae_training.hpp"

namespace examples {

struct trained_svae {
    svae_settings settings;
    svae_result result;
    std::vector<float> initial, parameters;  ///< as drawn, and trained; the second is empty if the run diverged
};

/// The result of a run depends on its settings alone, so neither the order nor the number of threads matters.
class svae_lab {
public:
    using progress_function = std::function<void(std::size_t done, std::size_t all)>;

    explicit svae_lab(unsigned threads, progress_function progress = {})
        : threads_(threads), progress_(std::move(progress)) {}

    /// Trains what is not trained yet.
    void train(const std::vector<svae_settings>& wanted) {
        std::vector<trained_svae*> missing;
        std::size_t batches = 0;
        for (const svae_settings& s : wanted) {
            if (find(s) != nullptr) continue;
            known_.push_back({s, {}, {}, {}});
            missing.push_back(&known_.back());
            batches += s.batches;
        }
        std::atomic<std::size_t> done = 0;
        std::mutex one_at_a_time;
        geolip::work_queue queue(missing.size());
        queue.run(threads_, [&](std::size_t) {
            while (const auto item = queue.next()) {
                svae_options options;
                options.progress = [&](std::uint64_t, std::uint64_t) {
                    const std::size_t now = ++done;
                    if (!progress_) return;
                    const std::scoped_lock lock(one_at_a_time);
                    progress_(now, batches);
                };
                train_one(*missing[*item], options);
            }
        });
    }

    const trained_svae& operator()(const svae_settings& s) {
        if (find(s) == nullptr) train({s});
        return *find(s);
    }

private:
    static void train_one(trained_svae& run, svae_options& options) {
        options.finished = [&](std::span<const float> w) { run.parameters.assign(w.begin(), w.end()); };
        run.initial = initial_svae_parameters(run.settings);
        run.result = train_svae(run.settings, options).value();
    }
    const trained_svae* find(const svae_settings& s) const {
        for (const trained_svae& run : known_)
            if (run.settings == s) return &run;
        return nullptr;
    }

    unsigned threads_;
    progress_function progress_;
    std::deque<trained_svae> known_;  // addresses stay
};

}  // namespace examples
