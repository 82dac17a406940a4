// Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT
#include "geolip/backend/cpu.hpp"

#include <doctest/doctest.h>

#include <atomic>
#include <bit>
#include <stdexcept>
#include <string>
#include <vector>

#include "geolip/random/subset.hpp"
#include "support/backend_contract.hpp"
#include "support/levels.hpp"
#include "support/matrices.hpp"

using geolip::basic_cpu;
using geolip::cpu;
using geolip::edge_gram;
using geolip::thread_per_task;
using geolip::volume_reading;

namespace {

// As a user would bring a pool of threads: runs the tasks backwards on this one, and counts them.
struct backwards_executor {
    std::size_t* tasks;
    template <class Task>
    void operator()(std::size_t count, Task&& task) const {
        *tasks += count;
        while (count-- > 0) task(count);
    }
};
static_assert(geolip::executor<backwards_executor>);
static_assert(geolip::executor<thread_per_task>);
static_assert(!geolip::executor<int>);

constexpr std::size_t count = 10 * cpu::batch_per_thread + 123;

std::vector<std::uint32_t> samples(std::uint32_t population) {
    std::vector<std::uint32_t> rows(5 * count);
    geolip::draw_samples<5>(rows.data(), count, population, {8, 8});
    return rows;
}

template <class Backend, class T>
std::vector<volume_reading> readings(const Backend& backend, const geolip_test::matrix<T>& m) {
    std::vector<volume_reading> out(count);
    backend.template squared_volumes<4>(edge_gram(), m.view(), samples(static_cast<std::uint32_t>(m.rows)), out);
    return out;
}

bool same_bits(const std::vector<volume_reading>& a, const std::vector<volume_reading>& b) {
    bool equal = a.size() == b.size();
    for (std::size_t i = 0; i < a.size(); ++i)
        equal = equal && geolip_test::same_bits(a[i].squared_volume, b[i].squared_volume) &&
                geolip_test::same_bits(a[i].relative_noise, b[i].relative_noise);
    return equal;
}

template <class Backend>
std::string failure(const Backend& backend, std::size_t points, std::vector<std::uint32_t> rows, std::size_t out_size) {
    const auto m = geolip_test::gaussian_rows<float>(points, 6);
    std::vector<volume_reading> out(out_size);
    try {
        backend.template squared_volumes<4>(edge_gram(), m.view(), rows, out);
    } catch (const geolip::shape_error& e) {
        return e.what();
    }
    return "";
}

}  // namespace

TEST_CASE("the cpu backend keeps the contract at every level, with threads and with an executor of one's own") {
    using geolip_test::agreement;
    using geolip_test::broken_promise;
    CHECK(broken_promise(cpu(), agreement::scalar_bound) == "");
    for (const geolip::isa level : geolip_test::available_levels())
        CHECK(broken_promise(cpu{.threads = 3, .isa = level, .executor = {}}, agreement::scalar_bound) == "");
    std::size_t tasks = 0;
    CHECK(broken_promise(basic_cpu<backwards_executor>{7, geolip::isa::automatic, {&tasks}}, agreement::scalar_bound) ==
          "");
}

TEST_CASE_TEMPLATE("the same bits for any number of threads", T, float, double) {
    const auto m = geolip_test::gaussian_rows<T>(100, 24);
    const auto serial = readings(cpu(), m);
    for (const unsigned threads : {0u, 1u, 2u, 3u, 7u, 100u})
        CHECK(same_bits(serial, readings(cpu{.threads = threads, .executor = {}}, m)));
    std::size_t tasks = 0;
    CHECK(same_bits(serial, readings(basic_cpu<backwards_executor>{7, geolip::isa::automatic, {&tasks}}, m)));
    CHECK(tasks == 7);
    // Never more tasks than the work is worth, and none handed out where one thread will do.
    CHECK(same_bits(serial, readings(basic_cpu<backwards_executor>{1000, geolip::isa::automatic, {&tasks}}, m)));
    CHECK(tasks == 7 + 11);
    CHECK(same_bits(serial, readings(basic_cpu<backwards_executor>{1, geolip::isa::automatic, {&tasks}}, m)));
    CHECK(tasks == 7 + 11);
}

TEST_CASE("thread_per_task runs every task once, and rethrows after all have ended") {
    for (const std::size_t n : {0u, 1u, 2u, 9u}) {
        std::vector<std::atomic<int>> runs(n);
        thread_per_task()(n, [&](std::size_t i) { ++runs[i]; });
        for (const auto& r : runs) CHECK(r == 1);
    }
    for (const std::size_t thrower : {0u, 3u}) {
        std::atomic<int> ended = 0;
        const auto run = [&] {
            thread_per_task()(5, [&](std::size_t i) {
                ++ended;
                if (i == thrower) throw std::runtime_error("task " + std::to_string(i));
            });
        };
        CHECK_THROWS_WITH_AS(run(), ("task " + std::to_string(thrower)).c_str(), std::runtime_error);
        CHECK(ended == 5);
    }
}

TEST_CASE("batches that do not fit together are refused before memory is read") {
    CHECK(failure(cpu(), 5, {0, 1, 2, 3, 4}, 1) == "");
    CHECK(failure(cpu(), 5, {}, 0) == "");
    CHECK(failure(cpu(), 0, {}, 0) == "");
    CHECK(failure(cpu(), 5, {0, 1, 2, 3, 5}, 1).find("row index 5 at position 4") != std::string::npos);
    CHECK(failure(cpu{.threads = 2, .executor = {}}, 5, {0, 1, 2, 3}, 1).find("4 row indices for 1 simplices") !=
          std::string::npos);
    CHECK(failure(cpu(), 0, {0, 0, 0, 0, 0}, 1).find("expected less than 0") != std::string::npos);
}
