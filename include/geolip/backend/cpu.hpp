// Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT
#pragma once

/// \file
/// The `cpu` backend: the caller's thread, or as many as it is told, or an executor of the caller's own.

#include <algorithm>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <functional>
#include <mutex>
#include <span>
#include <thread>
#include <type_traits>
#include <vector>

#include "geolip/backend/backend.hpp"
#include "geolip/simplex/volumes.hpp"

namespace geolip {

/// Runs `task(0)` … `task(count - 1)`, in any order and on any threads, and returns when all have ended.
template <class E>
concept executor =
    std::copyable<E> && requires(const E& e, std::size_t count, void (*task)(std::size_t)) { e(count, task); };

/// Runs task 0 on the caller's thread and every other on a thread of its own. The first exception of a task is
/// rethrown here.
struct thread_per_task {
    template <class Task>
    void operator()(std::size_t count, Task&& task) const {
        std::exception_ptr failure;
        std::mutex failure_mutex;
        const auto guarded = [&](std::size_t i) {
#if defined(__cpp_exceptions)
            try {
                task(i);
            } catch (...) {
                const std::scoped_lock lock(failure_mutex);
                if (!failure) failure = std::current_exception();
            }
#else
            task(i);
#endif
        };
        {
            struct joined {
                std::vector<std::thread> threads;
                ~joined() {
                    for (std::thread& t : threads) t.join();
                }
            } others;
            for (std::size_t i = 1; i < count; ++i) others.threads.emplace_back(guarded, i);
            if (count > 0) guarded(0);
        }
        if (failure) std::rethrow_exception(failure);
    }
};

/// Measures on this machine's cores. Serial unless `threads` says otherwise; a call that has fewer than
/// `batch_per_thread` simplices a thread uses fewer threads, because starting one costs more than it saves.
/// The results do not depend on the number of threads.
template <executor Executor = thread_per_task>
struct basic_cpu {
    unsigned threads = 1;              ///< at most this many; 0 counts as 1
    geolip::isa isa = isa::automatic;  ///< pinned for results that are the same bits on every machine that has it
    [[no_unique_address]] Executor executor = {};

    static constexpr std::size_t batch_per_thread = 1024;

    static constexpr const char* name() { return "cpu"; }

    /// See `backend`. \throws shape_error when the batch does not fit together
    template <int K, class Route, class T>
    void squared_volumes(Route route, matrix_view<const T> points, std::span<const std::uint32_t> rows,
                         std::span<volume_reading> out) const {
        detail::require_batch<K>(points.rows(), rows, out.size());
        const std::size_t useful = (out.size() + batch_per_thread - 1) / batch_per_thread;
        const std::size_t tasks = std::max<std::size_t>(1, std::min<std::size_t>(threads, useful));
        const auto part = [&](std::size_t task) {
            const std::size_t begin = out.size() * task / tasks;
            const std::size_t end = out.size() * (task + 1) / tasks;
            geolip::squared_volumes<K>(route, points, rows.subspan(begin * (K + 1), (end - begin) * (K + 1)),
                                       out.subspan(begin, end - begin), isa);
        };
        if (tasks == 1)
            part(0);
        else
            executor(tasks, part);
    }
};

/// The `cpu` backend with threads of its own.
using cpu = basic_cpu<>;

static_assert(backend<cpu>);

}  // namespace geolip
