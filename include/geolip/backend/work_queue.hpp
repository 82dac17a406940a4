// Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT
#pragma once

/// \file
/// `work_queue`: items of unequal length, each for the thread that is free first.

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <optional>

#include "geolip/backend/cpu.hpp"

namespace geolip {

/// Hands out the items 0 to n - 1, each once and in this order, to whichever thread asks. It ends early, for all
/// threads, when one of them stops it or ends by an exception; an item that was handed out is finished all the same.
class work_queue {
public:
    explicit work_queue(std::size_t items) : items_(items) {}

    /// Empty when there are no more, or the queue was stopped.
    std::optional<std::size_t> next() {
        if (stopped_) return std::nullopt;
        const std::size_t item = next_++;
        return item < items_ ? std::optional(item) : std::nullopt;
    }

    void stop() { stopped_ = true; }
    bool stopped() const { return stopped_; }

    /// Calls `work(worker)`, which takes items by `next()`, on as many threads, at most one an item and at least one:
    /// worker 0 on the caller's. Returns when all have ended; what one throws first is thrown here.
    template <class Work>
    void run(std::size_t threads, Work&& work) {
        thread_per_task()((std::max)(std::size_t{1}, (std::min)(threads, items_)), [&](std::size_t worker) {
            struct watch {
                work_queue& queue;
                bool ended = false;
                ~watch() {
                    if (!ended) queue.stop();
                }
            } until{*this};
            work(worker);
            until.ended = true;
        });
    }

private:
    std::size_t items_;
    std::atomic<std::size_t> next_ = 0;
    std::atomic<bool> stopped_ = false;
};

}  // namespace geolip
