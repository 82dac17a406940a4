// Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT
#include "geolip/backend/work_queue.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <mutex>
#include <set>
#include <stdexcept>
#include <vector>

using geolip::work_queue;

TEST_CASE("every item is handed out once, in order, to at most as many threads as there are items") {
    for (const std::size_t items : {0u, 1u, 2u, 7u, 500u})
        for (const std::size_t threads : {0u, 1u, 3u, 16u}) {
            work_queue queue(items);
            std::vector<std::atomic<int>> taken(items);
            std::mutex mutex;
            std::set<std::size_t> workers;
            bool ordered = true;
            queue.run(threads, [&](std::size_t worker) {
                std::size_t from = 0;
                for (auto item = queue.next(); item; item = queue.next()) {
                    ++taken[*item];
                    const std::lock_guard lock(mutex);
                    ordered = ordered && *item >= from;
                    from = *item + 1;
                }
                const std::lock_guard lock(mutex);
                workers.insert(worker);
            });
            for (const auto& n : taken) CHECK(n == 1);
            CHECK(ordered);
            CHECK(workers.size() == std::max<std::size_t>(1, std::min(threads, items)));
            CHECK(*workers.begin() == 0);
            CHECK(*workers.rbegin() == workers.size() - 1);
            CHECK_FALSE(queue.stopped());
            CHECK_FALSE(queue.next());
        }
}

TEST_CASE("one thread stops all") {
    work_queue queue(1000);
    std::atomic<std::size_t> taken = 0;
    queue.run(4, [&](std::size_t) {
        while (const auto item = queue.next()) {
            ++taken;
            if (*item == 10) queue.stop();
            while (*item > 10 && !queue.stopped()) {
            }
        }
    });
    CHECK(queue.stopped());
    CHECK(taken >= 11);
    CHECK(taken <= 11 + 3);  // what the others had in hand
}

TEST_CASE("an exception stops all and is thrown when they have ended") {
    work_queue queue(1000);
    std::atomic<std::size_t> begun = 0, ended = 0;
    CHECK_THROWS_WITH_AS(queue.run(4,
                                   [&](std::size_t) {
                                       ++begun;
                                       while (const auto item = queue.next()) {
                                           if (*item == 5) throw std::runtime_error("item 5");
                                           while (*item > 5 && !queue.stopped()) {
                                           }
                                       }
                                       ++ended;
                                   }),
                         "item 5", std::runtime_error);
    CHECK(queue.stopped());
    CHECK(ended == begun - 1);
}
