// Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT
#include "geolip/metrics/simulation.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "geolip/simplex/volume_law.hpp"
#include "support/levels.hpp"
#include "support/statistics.hpp"

using geolip::random_stream;
using geolip::row_draw;
using geolip::simulated_volumes;

namespace {

template <int K>
typename simulated_volumes<K>::streams streams(std::uint64_t r) {
    return {{1, 3 * r}, {1, 3 * r + 1}, {1, 3 * r + 2}};
}

// Squared volumes of one simplex from each of many pools: independent.
template <int K>
std::vector<double> squared(row_draw draw, bool on_sphere, std::uint32_t population, std::uint32_t dim,
                            std::uint64_t seed, std::size_t count) {
    simulated_volumes<K> simulation;
    simulation.draw = draw;
    simulation.on_sphere = on_sphere;
    std::vector<double> out;
    for (std::uint64_t r = 0; r < count; ++r)
        out.push_back(
            simulation(population, dim, 1, {{seed, 3 * r}, {seed, 3 * r + 1}, {seed, 3 * r + 2}})[0].squared_volume);
    return out;
}

template <int K, class Law>
void check_moments(std::uint32_t dim, const std::vector<double>& squared_volumes) {
    std::vector<double> volume;
    for (const double v : squared_volumes) volume.push_back(std::sqrt(v));
    const double n = static_cast<double>(volume.size());
    const geolip_test::summary s(volume), q(squared_volumes);
    const double first = *geolip::mean_volume(Law(), K, dim), second = *geolip::moment(Law(), K, dim, 2);
    const double fourth = *geolip::moment(Law(), K, dim, 4);
    CAPTURE(dim);
    CHECK(std::fabs(s.mean - first) < 4 * std::sqrt((second - first * first) / n));
    CHECK(std::fabs(q.mean - second) < 4 * std::sqrt((fourth - second * second) / n));
}

}  // namespace

TEST_CASE("both ways of drawing have the exact law of single volumes, Gaussian and on the sphere") {
    constexpr std::size_t count = 20000;
    for (const std::uint32_t dim : {4u, 5u, 17u, 40u}) {
        for (const std::uint32_t population : {5u, 30u}) {
            const auto rows = squared<4>(row_draw::coordinates, false, population, dim, 50, count);
            const auto factor = squared<4>(row_draw::bartlett, false, population, dim, 51, count);
            check_moments<4, geolip::gaussian_law>(dim, rows);
            check_moments<4, geolip::gaussian_law>(dim, factor);
            CHECK(geolip_test::kolmogorov(rows, factor) < 1.95);
            const auto sphere_rows = squared<4>(row_draw::coordinates, true, population, dim, 52, count);
            const auto sphere_factor = squared<4>(row_draw::bartlett, true, population, dim, 53, count);
            check_moments<4, geolip::sphere_law>(dim, sphere_rows);
            check_moments<4, geolip::sphere_law>(dim, sphere_factor);
            CHECK(geolip_test::kolmogorov(sphere_rows, sphere_factor) < 1.95);
        }
    }
    check_moments<1, geolip::gaussian_law>(1, squared<1>(row_draw::bartlett, false, 9, 1, 54, count));
    check_moments<7, geolip::gaussian_law>(9, squared<7>(row_draw::bartlett, false, 12, 9, 55, count));
}

TEST_CASE("volumes in one pool depend on each other alike: simplices that share rows") {
    // Mean over pools of the variance within a pool: a property of the joint law.
    const auto within = [](row_draw draw, std::uint64_t seed) {
        simulated_volumes<4> simulation;
        simulation.draw = draw;
        std::vector<double> out;
        for (std::uint64_t r = 0; r < 4000; ++r) {
            std::vector<double> volume;
            for (const auto& reading : simulation(7, 6, 60, {{seed, 3 * r}, {seed, 3 * r + 1}, {seed, 3 * r + 2}}))
                volume.push_back(std::sqrt(reading.squared_volume));
            out.push_back(geolip_test::summary(volume).sd / geolip_test::summary(volume).mean);
        }
        return out;
    };
    const auto rows = within(row_draw::coordinates, 60), factor = within(row_draw::bartlett, 61);
    const geolip_test::summary a(rows), b(factor);
    CHECK(std::fabs(geolip_test::z_of_means(a, b)) < 4);
    CHECK(std::fabs(geolip_test::z_of_sds(a, b)) < 5);
    CHECK(geolip_test::kolmogorov(rows, factor) < 1.95);
}

TEST_CASE("readings are a pure function, and agree between levels") {
    simulated_volumes<4> used, fresh;
    for (const bool on_sphere : {false, true}) {
        for (const row_draw draw : {row_draw::bartlett, row_draw::coordinates}) {
            used.on_sphere = fresh.on_sphere = on_sphere;
            used.draw = fresh.draw = draw;
            used(500, 100, 64, streams<4>(1));
            const auto again = used(40, 33, 100, streams<4>(2));
            const auto once = simulated_volumes<4>(fresh)(40, 33, 100, streams<4>(2));
            CHECK(once.size() == again.size());
            fresh.isa = geolip::isa::baseline;
            const auto low = fresh(40, 33, 100, streams<4>(2));
            for (std::size_t i = 0; i < low.size(); ++i)
                CHECK(low[i].squared_volume == doctest::Approx(again[i].squared_volume).epsilon(1e-4));
            fresh.isa = geolip::isa::automatic;
            const auto same = fresh(40, 33, 100, streams<4>(2));
            for (std::size_t i = 0; i < same.size(); ++i) CHECK(same[i].squared_volume == again[i].squared_volume);
        }
    }
}

TEST_CASE("compact keeps which rows are the same and their order, for small and for huge populations") {
    for (const std::uint32_t population : {100u, 1u << 16, (1u << 16) + 1, 13000000u}) {
        std::vector<std::uint32_t> rows(5 * 40), scratch;
        geolip::draw_samples<5>(rows.data(), 40, population, {70, 0});
        auto ranks = rows;
        const std::uint32_t used = geolip::detail::compact(ranks, population, scratch);
        auto sorted = rows;
        std::sort(sorted.begin(), sorted.end());
        sorted.erase(std::unique(sorted.begin(), sorted.end()), sorted.end());
        CHECK(used == sorted.size());
        bool equal = true;
        for (std::size_t i = 0; i < rows.size(); ++i) equal = equal && sorted[ranks[i]] == rows[i];
        CHECK(equal);
    }
}
