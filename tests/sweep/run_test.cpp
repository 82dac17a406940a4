// Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT
#include "geolip/sweep/run.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <stdexcept>
#include <vector>

#include "support/fake_sweep.hpp"
#include "support/temporary_folder.hpp"

using namespace geolip::sweep;

TEST_CASE("the entries do not depend on the number of threads") {
    for (const design d : {design::independent, design::nested}) {
        const results expected = finished(small_plan(d));
        for (const unsigned threads : {1u, 2u, 3u, 7u, 100u}) {
            results r(small_plan(d));
            CHECK(run(r, [&] { return fake_evaluator{r.plan}; }, {.threads = threads}));
            CHECK(r.items_done() == r.done.size());
            CHECK(same_entries(r.entries, expected.entries));
        }
    }
}

TEST_CASE("each item runs once, on one evaluator for each thread, and only if it is owned and not done") {
    results r(small_plan());
    r.done[4] = true;
    std::vector<std::atomic<int>> runs(r.done.size());
    std::atomic<int> evaluators = 0;
    const auto make = [&] {
        ++evaluators;
        return [&](std::size_t item, std::span<entry>) { ++runs[item]; };
    };
    CHECK(run(r, make, {.threads = 3, .part = {2, 3}}));
    CHECK(evaluators == 3);
    for (std::size_t item = 0; item < runs.size(); ++item) {
        CAPTURE(item);
        CHECK(runs[item] == (item % 3 == 1 && item != 4 ? 1 : 0));
        CHECK(r.done[item] == (item % 3 == 1));
    }
}

TEST_CASE("progress counts what was done before") {
    results r(small_plan());
    r.done[0] = r.done[1] = true;
    std::vector<std::size_t> seen;
    run(r, [&] { return fake_evaluator{r.plan}; }, {.threads = 2, .progress = [&](std::size_t done, std::size_t all) {
                                                        CHECK(all == r.done.size());
                                                        seen.push_back(done);
                                                    }});
    REQUIRE(seen.size() == r.done.size() - 2);
    for (std::size_t i = 0; i < seen.size(); ++i) CHECK(seen[i] == i + 3);
}

TEST_CASE("a stopped run ends between items and can go on") {
    results r(small_plan());
    std::atomic<int> asked = 0;
    CHECK_FALSE(run(r, [&] { return fake_evaluator{r.plan}; }, {.stop = [&] { return ++asked > 5; }}));
    CHECK(r.items_done() == 5);
    CHECK(run(r, [&] { return fake_evaluator{r.plan}; }));
    CHECK(same_entries(r.entries, finished(small_plan()).entries));
}

TEST_CASE("what a worker throws reaches the caller, and finished items stay") {
    for (const unsigned threads : {1u, 4u}) {
        results r(small_plan());
        const auto make = [&] {
            return [&](std::size_t item, std::span<entry> out) {
                if (item == 7) throw std::runtime_error("item 7");
                fake_evaluator{r.plan}(item, out);
            };
        };
        CHECK_THROWS_WITH_AS(run(r, make, {.threads = threads}), "item 7", std::runtime_error);
        CHECK_FALSE(r.done[7]);
        CHECK(r.done[0]);
    }
}

TEST_CASE("a record gets every item, from any number of threads") {
    const temporary_folder folder;
    results r(small_plan());
    {
        record log = record::begin(folder / "r", r.plan, {});
        run(r, [&] { return fake_evaluator{r.plan}; }, {.threads = 3, .record = &log});
    }
    CHECK(same_entries(read_record(folder / "r").results.entries, r.entries));
}

TEST_CASE("no threads and no such shard are refused") {
    results r(small_plan());
    const auto make = [&] { return fake_evaluator{r.plan}; };
    CHECK_THROWS_AS(run(r, make, {.threads = 0}), geolip::usage_error);
    CHECK_THROWS_AS(run(r, make, {.part = {4, 3}}), geolip::usage_error);
}
