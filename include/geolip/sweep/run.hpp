// Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT
#pragma once

/// \file
/// Runs the items of a sweep: on one thread unless told, in any order, with the same results for every order.

#include <cstddef>
#include <functional>
#include <mutex>
#include <span>
#include <vector>

#include "geolip/backend/work_queue.hpp"
#include "geolip/core/error.hpp"
#include "geolip/sweep/plan.hpp"
#include "geolip/sweep/record.hpp"
#include "geolip/sweep/results.hpp"
#include "geolip/sweep/shard.hpp"

namespace geolip::sweep {

/// Makes evaluators. `make()` is called once on each thread; what it returns computes the entries of an item, and must
/// do so as a pure function of its plan and the item.
template <class Factory>
concept evaluator_factory =
    requires(const Factory& make, std::size_t item, std::span<entry> out) { make()(item, out); };

/// How `run` goes about it; the results depend on none of it.
struct run_options {
    unsigned threads = 1;
    shard part = {};                                                       ///< the items to run; others are left alone
    std::function<void(std::size_t done, std::size_t all)> progress = {};  ///< after each item, one call at a time
    std::function<bool()> stop = {};  ///< asked by every thread between items; true ends the run
    sweep::record* record = nullptr;  ///< gets each item as soon as it is done
};

/// Evaluates the items of `options.part` that are not done. The entries do not depend on the number of threads.
/// Returns whether all of them are done now: false if the run was stopped.
/// \throws usage_error for no threads or no such part; and whatever the evaluator, the callback or the record
///         throws first, when every thread has ended. Items done until then stay done.
template <evaluator_factory Factory>
bool run(results& into, const Factory& make, const run_options& options = {}) {
    detail::check(options.threads >= 1, "threads is 0", "at least 1");
    detail::check(options.part.valid(), "shard is " + to_string(options.part), "k/K with 1 <= k <= K");
    const std::size_t width = entries_per_item(into.plan);
    std::vector<std::size_t> todo;
    for (std::size_t item = 0; item < into.done.size(); ++item) {
        if (options.part.owns(item) && !into.done[item]) todo.push_back(item);
    }
    const std::size_t all = options.part.size(into.done.size());

    work_queue queue(todo.size());
    std::mutex mutex;  // guards `finished`, `into.done`, the record and the callback
    std::size_t finished = all - todo.size();

    // One thread: items until there are none, or until it, another thread or the caller stops.
    queue.run(options.threads, [&](std::size_t) {
        auto evaluate = make();
        while (!queue.stopped() && !(options.stop && options.stop())) {
            const auto claimed = queue.next();
            if (!claimed) break;
            const std::size_t item = todo[*claimed];
            const std::span<entry> out = std::span(into.entries).subspan(item * width, width);
            evaluate(item, out);
            const std::lock_guard lock(mutex);
            if (options.record != nullptr) options.record->append(item, out);
            into.done[item] = true;
            ++finished;
            if (options.progress) options.progress(finished, all);
        }
    });
    return finished == all;
}

}  // namespace geolip::sweep
