// Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT
#pragma once

/// \file
/// The attention experiment: trains the classifier on noisy token patterns and measures all its matrices before, midway
/// and after.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <limits>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "geolip/backend/work_queue.hpp"
#include "geolip/checkpoint/training.hpp"
#include "geolip/core/error.hpp"
#include "geolip/data/token_patterns.hpp"
#include "geolip/metrics/distinct_rows.hpp"
#include "geolip/metrics/volume_cv.hpp"
#include "geolip/models/mha_classifier.hpp"
#include "geolip/nn/adam.hpp"
#include "geolip/nn/clip.hpp"
#include "geolip/nn/cross_entropy.hpp"
#include "geolip/nn/data_parallel.hpp"
#include "geolip/nn/training.hpp"
#include "support/mha_run.hpp"

namespace examples {

/// Measures matrices by the documented policy, each with samples of its own.
class mha_measurement {
public:
    mha_measurement(const mha_plan& plan, std::uint64_t seed, const mha_configuration& c)
        : metric_{.samples = plan.samples, .seed = seed, .null_replicates = 0, .backend = geolip::cpu{.isa = plan.isa}},
          first_stream_((std::uint64_t{c.dim} << 40) | (std::uint64_t{c.heads} << 32)) {}

    /// The readings of phase 0, 1 or 2 of what `visit_all(visit)` visits by key, matrix and whether it is an
    /// activation.
    template <class VisitAll>
    mha_readings operator()(std::uint64_t phase, VisitAll&& visit_all) {
        mha_readings readings;
        metric_.stream = first_stream_ | (phase << 24);
        visit_all([&](const std::string& key, geolip::matrix_view<const float> matrix, bool activation) {
            readings.push_back(read(key, matrix.first_rows(mha_plan::policy::max_rows), activation));
            ++metric_.stream;
        });
        return readings;
    }

private:
    mha_reading read(const std::string& key, geolip::matrix_view<const float> matrix, bool activation) {
        const geolip::volume_statistics all = metric_.statistics(matrix, memory_);
        mha_reading r{.key = key, .cv = all.cv, .activation = activation};
        if (!activation) return r;
        r.rows = geolip::distinct_rows(matrix, first_).distinct;
        r.repeating = all.counts.duplicate;
        r.zero = all.counts.zero;
        r.distinct = metric_.value(geolip::pack_rows(matrix, first_, packed_), memory_);
        return r;
    }

    using metric = geolip::volume_cv<mha_plan::order, float, geolip::cpu, mha_plan::policy>;
    metric metric_;
    metric::workspace memory_;
    std::uint64_t first_stream_;
    std::vector<std::uint32_t> first_;
    std::vector<float> packed_;
};

/// One run, an epoch at a time.
class mha_training {
public:
    using model_type = geolip::models::mha_classifier<float>;

    mha_training(const mha_plan& plan, std::uint64_t seed, const mha_configuration& c)
        : plan_(plan),
          data_(geolip::data::token_patterns{.seed = seed}.shuffled()),
          model_(geolip::models::make_mha_classifier<float>({.dim = c.dim, .heads = c.heads})),
          step_(model_, {data_.size(), data_.length}, {.shards = mha_plan::shards, .isa = plan.isa}),
          w_(geolip::nn::initial_parameters(model_, seed)),
          g_(w_.size()),
          adam_(w_.size(), {.rate = plan.rate, .isa = plan.isa}),
          measured_shape_{(std::min)(data_.size(), (mha_plan::policy::max_rows + data_.length - 1) / data_.length),
                          data_.length},
          memory_(model_, measured_shape_),
          measure_(plan, seed, c) {
        run.seed = seed;
        run.configuration = c;
    }

    /// Before the first epoch.
    void begin() { run.pre = readings(0); }

    std::size_t epoch() const { return static_cast<std::size_t>(adam_.steps()); }
    bool finished() const { return epoch() >= plan_.epochs; }

    /// \throws geolip::nn::nonfinite_loss naming the step, if the loss, the gradient or what becomes of the parameters
    ///     is not finite
    void train_epoch() {
        run.loss = geolip::nn::train_step(
                       adam_, std::span(w_), std::span(g_),
                       [&](std::span<const float> w, std::span<float> g) {
                           return step_.gradient(w, tokens(), g, [&](std::size_t begin, auto y, auto dy) {
                               return loss_(y, std::span(data_.labels).subspan(begin, y.rows()), dy,
                                            1 / static_cast<double>(data_.size()), plan_.isa);
                           });
                       },
                       geolip::nn::constant_schedule(), std::numeric_limits<double>::infinity(), plan_.isa)
                       .loss;
        // A step can overflow from a finite gradient: such parameters are neither kept nor measured.
        geolip::nn::require_finite(geolip::nn::gradient_norm(std::span<const float>(w_), plan_.isa), adam_.steps(),
                                   "parameters' norm");
        if (epoch() == plan_.epochs / 2) run.mid = readings(1);
    }

    /// After the last epoch.
    /// \throws geolip::nn::nonfinite_loss if the outputs are not finite, as after a last step that was too long
    void conclude() {
        run.accuracy = accuracy();
        run.post = readings(2);
    }

    /// Keeps where the run stands, or its results, in `path`.
    void save(const std::filesystem::path& path, bool concluded) const {
        // As text: the order of the readings is to survive.
        const nlohmann::json program = {
            {"plan", provenance(plan_)}, {"run", to_json(run).dump()}, {"concluded", concluded}};
        geolip::checkpoint::save_training(path, name(), model_, std::span<const float>(w_), adam_,
                                          {epoch(), {{run.seed, 0}, 0}, program});
    }
    /// Goes on from `path`; true if it is a concluded run.
    /// \throws file_error if it is not of this run and plan
    bool load(const std::filesystem::path& path) {
        const auto at = geolip::checkpoint::load_training(path, name(), model_, std::span(w_), adam_);
        const nlohmann::json expected = provenance(plan_);
        for (const auto& [fact, value] : expected.items()) {
            const auto found = at.program.value("plan", nlohmann::json::object()).value(fact, nlohmann::json());
            if (found == value) continue;
            throw geolip::file_error("'" + path.string() + "': a run with " + fact + " " + found.dump() +
                                     "; expected " + value.dump() +
                                     ", as in this command; give its options, or another folder");
        }
        run = run_from_json(json::parse(at.program.at("run").get<std::string>()));
        return at.program.at("concluded").get<bool>();
    }

    /// "mha 64 x 4, seed 42"
    std::string name() const {
        return "mha " + std::to_string(run.configuration.dim) + " x " + std::to_string(run.configuration.heads) +
               ", seed " + std::to_string(run.seed);
    }

    mha_run run;

private:
    geolip::nn::tensor_view<const std::int32_t> tokens() const {
        return {data_.tokens.data(), {data_.size(), data_.length}};
    }

    double accuracy() {
        const geolip::nn::shape extents = step_.output_shape();
        std::vector<float> y(extents.size());
        step_.forward(w_, tokens(), {y.data(), extents});
        geolip::nn::require_finite(geolip::nn::gradient_norm(std::span<const float>(y), plan_.isa), adam_.steps(),
                                   "outputs' norm");
        std::size_t right = 0;
        for (std::size_t i = 0; i < data_.size(); ++i) {
            const auto scores = std::span(y).subspan(i * extents.back(), extents.back());
            const auto best = std::max_element(scores.begin(), scores.end()) - scores.begin();
            if (best == data_.labels[i]) ++right;
        }
        return static_cast<double>(right) / static_cast<double>(data_.size());
    }

    mha_readings readings(std::uint64_t phase) {
        const auto memory = memory_.view(plan_.isa);
        const geolip::nn::shape extents = geolip::nn::output_shape(model_, measured_shape_);
        std::vector<float> y(extents.size());
        model_.forward(w_, tokens().slice(0, measured_shape_.front()), {y.data(), extents}, memory);
        const std::span<const float> w(w_), kept(memory.kept);
        return measure_(phase, [&](auto visit) {
            geolip::models::visit_weights(model_, w,
                                          [&](const std::string& key, auto matrix) { visit(key, matrix, false); });
            geolip::models::visit_activations(model_, measured_shape_, kept,
                                              [&](const std::string& key, auto matrix) { visit(key, matrix, true); });
        });
    }

    mha_plan plan_;
    geolip::data::labelled_tokens data_;
    model_type model_;
    geolip::nn::data_parallel<model_type> step_;
    std::vector<float> w_, g_;
    geolip::nn::adam<float> adam_;
    geolip::nn::cross_entropy<float> loss_;
    geolip::nn::shape measured_shape_;
    geolip::nn::workspace_memory<model_type> memory_;
    mha_measurement measure_;
};

/// One run from its beginning, or from where it was stopped, to its end. `after_epoch(epoch)` is asked whether to go
/// on. Empty if it was not to; what was done is then kept in `folder`, as it is every tenth epoch, unless that is
/// empty.
template <class AfterEpoch>
std::optional<mha_run> run_one(const mha_plan& plan, std::uint64_t seed, const mha_configuration& c,
                               const std::filesystem::path& folder, AfterEpoch&& after_epoch) {
    constexpr std::size_t saved_every = 10;
    mha_training training(plan, seed, c);
    const std::filesystem::path path = folder.empty()
                                           ? folder
                                           : folder / ("seed" + std::to_string(seed) + "-" + std::to_string(c.dim) +
                                                       "x" + std::to_string(c.heads) + ".safetensors");
    if (!folder.empty() && std::filesystem::exists(path)) {
        if (training.load(path)) return std::move(training.run);
    } else {
        training.begin();
    }
    try {
        while (!training.finished()) {
            training.train_epoch();
            const bool go_on = after_epoch(training.epoch());
            if (training.finished()) break;
            if (!folder.empty() && (!go_on || training.epoch() % saved_every == 0)) training.save(path, false);
            if (!go_on) return std::nullopt;
        }
        training.conclude();
    } catch (const geolip::nn::nonfinite_loss& e) {
        // Without the library's advice: its last checkpoint need not exist, nor does it go on at another rate.
        const std::string what = e.what();
        std::string message = training.name() + ": " + what.substr(0, what.find(';'));
        message += "; expected finite numbers: give a lower learning rate with --rate";
        if (!folder.empty() && std::filesystem::exists(path))
            message += ", and another folder; '" + path.string() + "' keeps the last checkpoint";
        throw geolip::error(message);
    }
    if (!folder.empty()) training.save(path, true);
    return std::move(training.run);
}

/// How the runs are gone about; the results depend on none of it.
struct mha_options {
    unsigned threads = 1;
    std::function<void(std::size_t done, std::size_t all)> progress = {};  ///< in epochs, one call at a time
    std::function<bool()> stop = {};        ///< asked after every epoch; true ends all runs
    std::filesystem::path checkpoint = {};  ///< a folder; empty for none
};

/// Runs what is empty in `results`, one entry for each run of the plan. False if it was stopped.
inline bool run_all(const mha_plan& plan, std::vector<std::optional<mha_run>>& results, const mha_options& options) {
    std::vector<std::size_t> todo;
    for (std::size_t i = 0; i < plan.size(); ++i)
        if (!results[i]) todo.push_back(i);
    const std::size_t all = plan.size() * plan.epochs;
    std::size_t done = all - todo.size() * plan.epochs;
    // The longest first, so that no thread is left with one at the end.
    std::stable_sort(todo.begin(), todo.end(), [&](std::size_t a, std::size_t b) {
        return plan.configuration_of(a).dim > plan.configuration_of(b).dim;
    });

    geolip::work_queue queue(todo.size());
    std::mutex mutex;  // guards `done` and the callback
    queue.run(options.threads, [&](std::size_t) {
        while (const auto item = queue.next()) {
            const std::size_t i = todo[*item];
            std::size_t counted = 0;
            const auto count = [&](std::size_t epoch) {
                const std::lock_guard lock(mutex);
                done += epoch - counted;
                counted = epoch;
                if (options.progress) options.progress(done, all);
            };
            auto finished =
                run_one(plan, plan.seed_of(i), plan.configuration_of(i), options.checkpoint, [&](std::size_t epoch) {
                    count(epoch);
                    if (options.stop && options.stop()) queue.stop();
                    return !queue.stopped();
                });
            if (finished) count(plan.epochs);
            results[i] = std::move(finished);
        }
    });
    return std::all_of(results.begin(), results.end(), [](const auto& r) { return r.has_value(); });
}

}  // namespace examples
