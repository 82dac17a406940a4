// Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT
#include "geolip/backend/memory_budget.hpp"

#include <doctest/doctest.h>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <mutex>
#include <thread>
#include <vector>

#include "geolip/backend/work_queue.hpp"

using geolip::memory_budget;

TEST_CASE("shares of many threads never exceed the budget, but for one that is alone, and all get theirs") {
    constexpr std::uint64_t bytes = 100;
    const std::vector<std::uint64_t> needs = {0, 1, 30, 70, 100, 101, 1000, 50, 51};
    for (const std::size_t threads : {1u, 2u, 8u}) {
        memory_budget budget(bytes);
        geolip::work_queue queue(900);
        std::mutex mutex;
        std::uint64_t held = 0, above = 0, served = 0, together = 0;
        std::size_t holders = 0;
        queue.run(threads, [&](std::size_t) {
            while (const auto item = queue.next()) {
                const std::uint64_t need = needs[*item % needs.size()];
                const auto share = budget.take(need);
                {
                    const std::scoped_lock lock(mutex);
                    held += need;
                    ++holders;
                    ++served;
                    above += need > 0 && held > bytes && held > need;
                    together += holders > 1;
                }
                std::this_thread::yield();
                const std::scoped_lock lock(mutex);
                held -= need;
                --holders;
            }
        });
        CHECK(served == 900);
        CHECK(above == 0);
        CHECK(budget.used() == 0);
        if (threads == 1) CHECK(together == 0);
    }
}

TEST_CASE("small tasks of other threads do not pass a large one that waits") {
    memory_budget budget(10);
    std::atomic<int> order = 0, large = 0, little = 0;
    const auto until_waiting = [&](std::uint64_t count) {
        while (budget.waiting() < count) std::this_thread::yield();
    };
    std::vector<std::thread> threads;
    {
        const auto first = budget.take(6);
        threads.emplace_back([&] {
            const auto share = budget.take(9);
            large = ++order;
        });
        until_waiting(1);
        threads.emplace_back([&] {
            const auto share = budget.take(2);
            little = ++order;
        });
        until_waiting(2);
        CHECK(budget.used() == 6);
        CHECK(order == 0);
    }
    for (std::thread& t : threads) t.join();
    CHECK(large == 1);
    CHECK(little == 2);
}

TEST_CASE("requests of any size") {
    constexpr std::uint64_t all = (std::numeric_limits<std::uint64_t>::max)();
    memory_budget none(0), whole(all);
    {
        const auto share = none.take(all);
    }
    {
        const auto share = whole.take(all);
    }
    const auto a = whole.take(all - 1);
    const auto b = whole.take(1);
    CHECK(whole.used() == all);
    CHECK(none.used() == 0);
}
