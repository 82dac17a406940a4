// Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT
#include "geolip/backend/task_list.hpp"

#include <doctest/doctest.h>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <stdexcept>
#include <string>
#include <vector>

using geolip::task_list;

TEST_CASE("every task runs once, on any number of threads, and progress goes to the end") {
    for (const std::size_t count : {0u, 1u, 7u, 200u})
        for (const std::size_t threads : {0u, 1u, 3u, 16u}) {
            task_list tasks;
            std::vector<std::atomic<int>> ran(count);
            for (std::size_t i = 0; i < count; ++i) tasks.add(i, [&, i] { ++ran[i]; });
            std::size_t last = 0;
            tasks.run(threads, [&](std::size_t done, std::size_t all) {
                CHECK(all == count);
                CHECK(done > last);
                last = done;
            });
            for (const auto& n : ran) CHECK(n == 1);
            if (threads <= 1) CHECK(last == count);
        }
}

TEST_CASE("what threads have at a time stays within the largest task and the slack") {
    task_list tasks;
    constexpr std::uint64_t large = std::uint64_t{64} << 20, limit = 4 * large + task_list::slack;
    std::atomic<std::uint64_t> now = 0, most = 0;
    std::atomic<int> ended = 0;
    for (int i = 0; i < 60; ++i) {
        const std::uint64_t operands = i % 3 == 0 ? large : large / 8;
        tasks.add(operands, [&, operands] {
            const std::uint64_t here = now += 4 * operands;
            std::uint64_t seen = most;
            while (seen < here && !most.compare_exchange_weak(seen, here)) {
            }
            now -= 4 * operands;
            ++ended;
        });
    }
    tasks.run(8, [](std::size_t, std::size_t) {});
    CHECK(ended == 60);
    CHECK(most <= limit);
    CHECK(most >= 4 * large);
}

TEST_CASE("the error of the first task by number is thrown when all threads have stopped") {
    for (const std::size_t threads : {1u, 4u}) {
        task_list tasks;
        std::atomic<int> running = 0, ran = 0;
        for (int i = 0; i < 1000; ++i)
            tasks.add(1, [&, i] {
                ++running, ++ran;
                if (i == 3 || i == 4) {
                    --running;
                    throw std::runtime_error("task " + std::to_string(i));
                }
                --running;
            });
        std::string what;
        try {
            tasks.run(threads, [](std::size_t, std::size_t) {});
        } catch (const std::runtime_error& e) {
            what = e.what();
        }
        CHECK(what == "task 3");  // which was handed out before task 4, and so ended
        CHECK(running == 0);
        if (threads == 1) CHECK(ran == 4);
    }
}
