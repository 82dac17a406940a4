// Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT
#pragma once

/// \file
/// Trains the runs of the ablation: several at a time, in parts, again from where a kill left it; the results are the
/// same bytes.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <filesystem>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include "geolip/backend/work_queue.hpp"
#include "geolip/core/error.hpp"
#include "geolip/core/file.hpp"
#include "geolip/sweep/shard.hpp"
#include "support/ablation_matrix.hpp"
#include "support/ablation_record.hpp"
#include "support/folder_lock.hpp"
#include "support/svae_run.hpp"

namespace examples {

/// How one training is gone about; its result depends on none of it.
struct ablation_training {
    std::filesystem::path checkpoint = {};                     ///< a file to go on from, and to keep the state in
    std::function<void(std::uint64_t batches)> progress = {};  ///< told how many batches are done
    std::function<bool()> stop = {};                           ///< asked after every batch; true ends the training
};

/// Trains one run; empty if it was stopped. A function of the settings alone: it is called on several threads.
using svae_trainer = std::function<std::optional<svae_result>(const svae_settings&, const ablation_training&)>;

/// Runs that are one training, that of run `trained`.
struct ablation_unit {
    std::size_t trained = 0;
    std::vector<std::size_t> same;  ///< all of them
    std::vector<std::size_t> rows;  ///< those that are asked for
};

/// The trainings that `groups` (letters; empty for all) need, the longest first. Without `share` each run has its own.
inline std::vector<ablation_unit> ablation_units(const std::vector<ablation_run>& runs, const std::string& groups,
                                                 bool share) {
    const std::vector<std::size_t> first = first_equals(runs);
    std::vector<ablation_unit> units;
    for (std::size_t i = 0; i < runs.size(); ++i) {
        const std::size_t trained = share ? first[i] : i;
        auto unit = std::find_if(units.begin(), units.end(), [&](auto& u) { return u.trained == trained; });
        if (unit == units.end()) unit = units.insert(unit, {trained, {}, {}});
        unit->same.push_back(i);
        if (groups.empty() || groups.find(runs[i].group) != groups.npos) unit->rows.push_back(i);
    }
    std::erase_if(units, [](auto& u) { return u.rows.empty(); });
    const auto cost = [&](const ablation_unit& u) { return training_cost(runs[u.trained].settings); };
    std::stable_sort(units.begin(), units.end(), [&](auto& a, auto& b) { return cost(a) > cost(b); });
    return units;
}

/// How the runs are gone about; their results depend on none of it.
struct ablation_options {
    std::filesystem::path folder = {};             ///< gets `runs/ID.json`, and keeps checkpoints while a run is made
    std::vector<std::filesystem::path> from = {};  ///< other folders that finished runs are taken from
    std::string groups = {};                       ///< letters; empty for all
    geolip::sweep::shard part = {};                ///< of the trainings
    bool share = true;                             ///< train equal settings once
    unsigned jobs = 1;                             ///< trainings at a time
    std::function<void(std::size_t done, std::size_t all)> progress = {};  ///< in 10^9 operations, one call at a time
    std::function<bool()> stop = {};                                       ///< asked after every batch; true ends all
};

/// One entry for each run of the matrix.
struct ablation_results {
    std::vector<std::optional<ablation_outcome>> outcomes;
    std::size_t wanted = 0;   ///< runs of this part
    std::size_t had = 0;      ///< of these, how many have an outcome
    std::size_t trained = 0;  ///< trainings done by this call
};

namespace detail {

/// The outcome that the report of `run` in one of the folders holds. A failed run has none: it is made again.
inline std::optional<ablation_outcome> reported(const ablation_run& run,
                                                const std::vector<std::filesystem::path>& folders) {
    for (const std::filesystem::path& folder : folders)
        if (auto outcome = read_report(folder, run); outcome && outcome->result) return outcome;
    return std::nullopt;
}

}  // namespace detail

/// Makes the runs of the part that have no report yet. A training that throws is recorded as failed and the rest goes
/// on, unless it was about a file: then, as when a report cannot be written, all end, and the same call goes on later.
/// \throws file_error for that, and for reports of something else
inline ablation_results run_ablation(const std::vector<ablation_run>& runs, const svae_trainer& train,
                                     const ablation_options& options) {
    make_folder(options.folder / "runs");
    const std::filesystem::path checkpoints = options.folder / "checkpoints";
    make_folder(checkpoints);
    ablation_results results;
    results.outcomes.resize(runs.size());
    const auto checkpoint_of = [&](const ablation_unit& unit) {
        return checkpoints / (runs[unit.trained].id + ".safetensors");
    };
    // The outcome for all rows that have none. After a result there is nothing to go on from.
    const auto record = [&](const ablation_unit& unit, const ablation_outcome& outcome) {
        for (const std::size_t row : unit.rows) {
            if (results.outcomes[row]) continue;
            write_report(options.folder, runs[row], outcome);
            results.outcomes[row] = outcome;
        }
        std::error_code ignored;
        if (outcome.result) std::filesystem::remove(checkpoint_of(unit), ignored);
    };

    std::vector<std::filesystem::path> places = {options.folder};
    places.insert(places.end(), options.from.begin(), options.from.end());
    const auto units = ablation_units(runs, options.groups, options.share);
    std::vector<const ablation_unit*> todo;
    double all = 0, done = 0;
    for (std::size_t u = 0; u < units.size(); ++u) {
        if (!options.part.owns(u)) continue;
        const ablation_unit& unit = units[u];
        results.wanted += unit.rows.size();
        std::optional<ablation_outcome> known;
        for (const std::size_t row : unit.rows) {
            results.outcomes[row] = detail::reported(runs[row], {options.folder});
            if (results.outcomes[row]) known = results.outcomes[row];
        }
        for (const std::size_t row : unit.same)
            if (!known) known = detail::reported(runs[row], places);
        const double cost = training_cost(runs[unit.trained].settings);
        all += cost;
        if (known) {
            record(unit, *known);
            done += cost;
        } else {
            todo.push_back(&unit);
        }
    }

    geolip::work_queue queue(todo.size());
    std::mutex mutex;  // guards `done`, `trained` and the callback
    queue.run(options.jobs, [&](std::size_t) {
        while (const auto item = queue.next()) {
            const ablation_unit& unit = *todo[*item];
            const svae_settings& settings = runs[unit.trained].settings;
            double counted = 0;
            const auto count = [&](double operations) {
                const std::lock_guard lock(mutex);
                done += operations - counted;
                counted = operations;
                if (options.progress)
                    options.progress(static_cast<std::size_t>(done / 1e9), static_cast<std::size_t>(all / 1e9) + 1);
            };
            ablation_outcome outcome;
            try {
                auto result =
                    train(settings,
                          {checkpoint_of(unit),
                           [&](std::uint64_t batches) { count(batch_cost(settings) * static_cast<double>(batches)); },
                           [&] {
                               if (options.stop && options.stop()) queue.stop();
                               return queue.stopped();
                           }});
                if (!result) {  // stopped; its checkpoint is kept
                    queue.stop();
                    break;
                }
                outcome.result = std::move(result);
            } catch (const geolip::file_error&) {
                throw;
            } catch (const std::exception& e) {
                outcome.failure = e.what();
            }
            record(unit, outcome);
            count(training_cost(settings));
            const std::lock_guard lock(mutex);
            ++results.trained;
        }
    });
    for (const auto& outcome : results.outcomes) results.had += outcome.has_value();
    if (results.had == results.wanted) {
        std::error_code ignored;
        std::filesystem::remove(checkpoints, ignored);  // if nothing else is in it
    }
    return results;
}

}  // namespace examples
