// Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT
#pragma once

/// \file
/// `task_list`: tasks of unequal length and size, as many at a time as there are threads and memory for.

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <functional>
#include <utility>
#include <vector>

#include "geolip/backend/memory_budget.hpp"
#include "geolip/backend/work_queue.hpp"

namespace geolip {

/// Tasks that look at operands, such as matrices of a file that are read when their turn comes.
class task_list {
public:
    /// Bytes that a task may need for every byte of its operands, these among them; and what all may need beside.
    static constexpr std::uint64_t bytes_per_byte = 4, slack = std::uint64_t{24} << 20;

    /// `operands`: bytes of all that the task looks at together.
    void add(std::uint64_t operands, std::function<void()> task) {
        tasks_.push_back({bytes_per_byte * operands, std::move(task)});
    }

    /// Runs all, in order, on at most so many threads. Those that run at a time need at most `bytes_per_byte` times the
    /// largest task's operands and `slack`. `progress(done, all)` is called on the caller's thread. What one throws
    /// ends it: when all have stopped, that of the first by number is thrown.
    template <class Progress>
    void run(std::size_t threads, Progress&& progress) {
        std::uint64_t largest = 0;
        for (const entry& t : tasks_) largest = (std::max)(largest, t.bytes);
        memory_budget memory(largest + slack);
        work_queue queue(tasks_.size());
        std::atomic<std::size_t> done = 0;
        std::vector<std::exception_ptr> errors(tasks_.size());
        queue.run(threads, [&](std::size_t worker) {
            while (const auto i = queue.next()) {
                const auto share = memory.take(tasks_[*i].bytes);
#if defined(__cpp_exceptions)
                try {
                    tasks_[*i].work();
                } catch (...) {
                    errors[*i] = std::current_exception();
                    queue.stop();
                }
#else
                tasks_[*i].work();
#endif
                ++done;
                if (worker == 0) progress(done.load(), tasks_.size());
            }
        });
        for (const std::exception_ptr& e : errors)
            if (e) std::rethrow_exception(e);
    }

private:
    struct entry {
        std::uint64_t bytes;
        std::function<void()> work;
    };
    std::vector<entry> tasks_;
};

}  // namespace geolip
