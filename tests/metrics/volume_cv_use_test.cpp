// Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT
#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <list>
#include <thread>
#include <vector>

#include "geolip/metrics/volume_cv.hpp"
#include "support/allocations.hpp"
#include "support/matrices.hpp"

using geolip::cpu;
using geolip::matrix_view;
using geolip::volume_cv;
using geolip::volume_reading;
using geolip_test::allocations;
using geolip_test::gaussian_rows;
using geolip_test::matrix;

namespace {

// A rule of a user's own.
struct large_only {
    using route = geolip::edge_gram;
    static constexpr const char* name = "large_only";
    static constexpr std::size_t max_rows = 10;
    static constexpr std::size_t min_valid = 5;
    static constexpr std::size_t freedom_lost = 0;
    static constexpr double mean_offset = 0.5;
    static constexpr bool noise_matters = false;
    static constexpr bool keep(const volume_reading& r) { return r.squared_volume > 1e-2; }
};
static_assert(geolip::validity_policy<large_only>);
static_assert(geolip::validity_policy<geolip::scale_invariant>);
static_assert(geolip::validity_policy<geolip::documented_sweep>);
static_assert(geolip::validity_policy<geolip::documented_terrain>);
static_assert(!geolip::validity_policy<geolip::edge_gram>);

// A backend of a user's own, which counts what it is given.
struct counting_backend {
    std::size_t* measured;
    static constexpr const char* name() { return "counting"; }
    template <int K, class Route, class T>
    void squared_volumes(Route, matrix_view<const T> points, std::span<const std::uint32_t> rows,
                         std::span<volume_reading> out) const {
        for (std::size_t i = 0; i < out.size(); ++i) out[i] = Route::template evaluate<K>(points, &rows[i * (K + 1)]);
        *measured += out.size();
    }
};
static_assert(geolip::backend<counting_backend>);

template <class F>
std::size_t allocations_of(F f) {
    const std::size_t before = allocations;
    f();
    return allocations - before;
}

}  // namespace

TEST_CASE_TEMPLATE("no allocation once the workspace has grown", T, float, double) {
    const auto m = gaussian_rows<T>(64, 40);
    std::vector<T> columns(64 * 40);
    for (std::size_t i = 0; i < 64; ++i)
        for (std::size_t j = 0; j < 40; ++j) columns[j * 64 + i] = m(i, j);
    const matrix_view<const T> scattered(columns.data(), 64, 40, 1, 64);
    std::vector<T> gradient(64 * 40);
    const matrix_view<T> out(gradient.data(), 64, 40), out_scattered(gradient.data(), 64, 40, 1, 64);
    const volume_cv<4, T> metric;
    typename volume_cv<4, T>::workspace memory;
    const auto everything = [&] {
        CHECK(metric.value(m.view(), memory));
        CHECK(metric.value(scattered, memory));
        CHECK(metric.value_and_gradient(m.view(), out, memory));
        CHECK(metric.value_and_gradient(scattered, out_scattered, memory));
    };
    const auto quiet = [&] {  // without doctest, which allocates
        metric.value(m.view(), memory);
        metric.value(scattered, memory);
        metric.statistics(m.view(), memory);
        metric.value_and_gradient(m.view(), out, memory);
        metric.value_and_gradient(scattered, out_scattered, memory);
        metric(m.view(), memory);
    };
    everything();
    CHECK(allocations_of(quiet) > 0);  // the null, simulated once
    CHECK(allocations_of(quiet) == 0);
}

TEST_CASE("contiguous rows are read in place, scattered ones through the workspace") {
    const auto m = gaussian_rows<double>(30, 8);
    const volume_cv<4, double> metric;
    volume_cv<4, double>::workspace memory;
    const auto value = metric.value(m.view(), memory);
    CHECK(memory.packed.empty());
    std::vector<double> columns(30 * 8);
    for (std::size_t i = 0; i < 30; ++i)
        for (std::size_t j = 0; j < 8; ++j) columns[j * 30 + i] = m(i, j);
    CHECK(metric.value(matrix_view<const double>(columns.data(), 30, 8, 1, 30), memory) == value);
    CHECK(memory.packed.size() == 30 * 8);
    // Last row first, in a wider array.
    std::vector<double> wide(30 * 11);
    for (std::size_t i = 0; i < 30; ++i)
        for (std::size_t j = 0; j < 8; ++j) wide[(29 - i) * 11 + j] = m(i, j);
    CHECK(metric.value(matrix_view<const double>(wide.data() + 29 * 11, 30, 8, -11, 1), memory) == value);
    std::vector<std::array<double, 8>> rows(30);
    for (std::size_t i = 0; i < 30; ++i)
        for (std::size_t j = 0; j < 8; ++j) rows[i][j] = m(i, j);
    CHECK(metric.value(rows, memory) == value);
    CHECK(metric.value(std::span<const std::array<double, 8>>(rows), memory) == value);
    const std::span<const double> flat(m.values);
    CHECK(metric.value(matrix_view<const double>(flat.data(), 30, 8), memory) == value);
}

TEST_CASE("one metric serves two threads, each with a workspace of its own") {
    const auto a = gaussian_rows<float>(200, 24, 1), b = gaussian_rows<float>(100, 16, 2);
    const volume_cv<4, float> metric{.samples = 300, .null_replicates = 8};
    const auto expected_a = metric(a.view()), expected_b = metric(b.view());
    bool same[2] = {true, true};
    const auto work = [&](std::size_t who, const auto& m, const auto& expected) {
        volume_cv<4, float>::workspace memory;
        for (int i = 0; i < 20; ++i) {
            const auto r = metric(m.view(), memory);
            same[who] = same[who] && r.value == expected.value && r.null.value == expected.null.value;
        }
    };
    std::thread other([&] { work(0, a, expected_a); });
    work(1, b, expected_b);
    other.join();
    CHECK(same[0]);
    CHECK(same[1]);
}

TEST_CASE("the same bits for any number of threads of the backend") {
    const auto m = gaussian_rows<float>(500, 24);
    const auto value = [&](unsigned threads) {
        const volume_cv<4, float> metric{.samples = 20000, .backend = cpu{.threads = threads, .executor = {}}};
        volume_cv<4, float>::workspace memory;
        return metric.value(m.view(), memory);
    };
    CHECK(value(1));
    for (const unsigned threads : {2u, 3u, 7u}) CHECK(value(threads) == value(1));
}

TEST_CASE("each: one result a matrix, a stream each, one null for all of a shape") {
    std::list<matrix<double>> layers;
    for (std::uint64_t i = 0; i < 4; ++i) layers.push_back(gaussian_rows<double>(40, 12, i));
    std::vector<matrix_view<const double>> views;
    for (const auto& m : layers) views.push_back(m.view());
    const volume_cv<4, double> metric{.samples = 100, .stream = 5};
    volume_cv<4, double>::workspace memory;
    const auto results = metric.each(views, memory);
    REQUIRE(results.size() == 4);
    for (std::size_t i = 0; i < 4; ++i) {
        volume_cv<4, double> one = metric;
        one.stream = 5 + i;
        CHECK(results[i].value == one.value(views[i], memory));
        CHECK(results[i].null.value == results[0].null.value);
    }
    CHECK(results[0].value != results[1].value);
    CHECK(metric.each(std::vector<matrix_view<const double>>{}, memory).empty());
}

TEST_CASE("a validity policy of one's own") {
    const auto m = gaussian_rows<double>(100, 6);
    const volume_cv<4, double, cpu, large_only> metric;
    decltype(metric)::workspace memory;
    const auto s = metric.statistics(m.view(), memory);
    std::vector<double> kept;
    for (const volume_reading& r : memory.readings)
        if (r.squared_volume > 1e-2) kept.push_back(std::sqrt(r.squared_volume));
    REQUIRE(kept.size() > 5);
    CHECK(s.counts.valid == kept.size());
    CHECK(s.counts.rejected == 300 - kept.size());
    CHECK(*std::max_element(memory.rows.begin(), memory.rows.end()) == 9);  // max_rows
    const geolip_test::summary expected(kept);
    const double population_sd = expected.sd * std::sqrt((expected.count - 1) / expected.count);
    CHECK(s.cv.value() == doctest::Approx(population_sd / (expected.mean + 0.5)).epsilon(1e-12));
}

TEST_CASE("a backend of one's own") {
    const auto m = gaussian_rows<float>(100, 20);
    std::size_t measured = 0;
    const volume_cv<4, float, counting_backend> metric{.backend = {&measured}};
    const auto r = metric(m.view());
    CHECK(measured == 300);
    const auto reference = volume_cv<4, float>()(m.view());
    CHECK(*r.value == doctest::Approx(*reference.value).epsilon(1e-5));
    CHECK(r.counts == reference.counts);
    CHECK(r.null.value == reference.null.value);
}
