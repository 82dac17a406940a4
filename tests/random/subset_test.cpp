// Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT
#include "geolip/random/subset.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <numeric>
#include <span>
#include <vector>

#include "fixtures/random.hpp"
#include "support/levels.hpp"
#include "support/statistics.hpp"

using geolip::draw_samples;
using geolip::isa;
using geolip::random_stream;

namespace {

// Pearson's statistic over all subsets, in standard deviations.
template <std::size_t Size>
double uniformity(std::uint32_t population, std::size_t subsets, std::size_t per_subset) {
    const std::size_t n = subsets * per_subset;
    std::vector<std::uint32_t> items(n * Size);
    draw_samples<Size>(items.data(), n, population, {21, population});
    std::map<std::array<std::uint32_t, Size>, std::uint64_t> seen;
    for (std::size_t i = 0; i < n; ++i) {
        std::array<std::uint32_t, Size> subset;
        std::copy_n(items.begin() + static_cast<std::ptrdiff_t>(i * Size), Size, subset.begin());
        ++seen[subset];
    }
    REQUIRE(seen.size() == subsets);
    std::vector<std::uint64_t> counts;
    for (const auto& [subset, count] : seen) counts.push_back(count);
    return geolip_test::chi_squared_z(counts);
}

struct listed_words {
    std::vector<std::uint32_t> words;
    std::size_t used = 0;
    std::uint32_t operator()() { return words.at(used++); }
};

}  // namespace

TEST_CASE("samples are those of the definition restated in Python") {
    for (const auto& known : fixtures::samples_of_five) {
        std::uint32_t items[5];
        draw_samples<5>(items, 1, known.population, {fixtures::random_seed, fixtures::random_stream}, known.index);
        CAPTURE(known.population);
        CAPTURE(known.index);
        CHECK(std::equal(items, items + 5, known.item));
    }
}

TEST_CASE("every subset is equally likely") {
    CHECK(std::fabs(uniformity<1>(7, 7, 4000)) < 4);
    CHECK(std::fabs(uniformity<2>(6, 15, 4000)) < 4);
    CHECK(std::fabs(uniformity<3>(9, 84, 1000)) < 4);
    CHECK(std::fabs(uniformity<5>(8, 56, 2000)) < 4);
    CHECK(std::fabs(uniformity<5>(12, 792, 400)) < 4);
    CHECK(std::fabs(uniformity<8>(11, 165, 1000)) < 4);
}

TEST_CASE("samples are distinct, ascending and below the population; all of it if it is no larger") {
    for (const std::uint32_t population : {5u, 6u, 9u, 512u, 0x80000001u, 0xffffffffu}) {
        std::vector<std::uint32_t> items(5 * 20000);
        draw_samples<5>(items.data(), 20000, population, {22, 0});
        bool good = true;
        for (std::size_t i = 0; i < items.size(); i += 5) {
            good = good && items[i + 4] < population;
            for (std::size_t j = 1; j < 5; ++j) good = good && items[i + j - 1] < items[i + j];
            if (population == 5) good = good && items[i] == 0;
        }
        CHECK(good);
    }
}

TEST_CASE("populations that reject almost half of the words are still uniform") {
    constexpr std::uint32_t population = 0x80000001u;
    constexpr std::size_t n = 200000;
    std::vector<std::uint32_t> items(2 * n);
    draw_samples<2>(items.data(), n, population, {23, 0});
    // Both items of a sample, in 64 cells; and the smaller of two, whose law is 1 - (1 - x)^2.
    std::vector<std::uint64_t> cells(64);
    std::vector<double> smaller(n);
    for (std::size_t i = 0; i < n; ++i) {
        for (std::size_t j = 0; j < 2; ++j) ++cells[static_cast<std::size_t>(items[2 * i + j] / (population / 64 + 1))];
        smaller[i] = items[2 * i] / static_cast<double>(population);
    }
    CHECK(std::fabs(geolip_test::chi_squared_z(cells)) < 4);
    CHECK(geolip_test::kolmogorov(smaller, [](double x) { return 1 - (1 - x) * (1 - x); }) < 1.95);
}

TEST_CASE("a sample depends on its index alone, at every level") {
    std::vector<std::uint32_t> all(5 * 1000), some(5 * 77);
    draw_samples<5>(all.data(), 1000, 0xc0000000u, {24, 1}, 0, isa::baseline);
    for (const isa level : geolip_test::available_levels()) {
        for (const std::size_t first : {0u, 1u, 7u, 8u, 900u}) {
            draw_samples<5>(some.data(), 77, 0xc0000000u, {24, 1}, first, level);
            CHECK(std::equal(some.begin(), some.end(), all.begin() + static_cast<std::ptrdiff_t>(5 * first)));
        }
    }
    draw_samples<5>(some.data(), 0, 100, {24, 1});  // nothing to do
}

TEST_CASE("uniform_below multiplies, and rejects exactly the short tail") {
    // bound 3: 2^32 mod 3 is 1, so only a low product of 0 is rejected, which word 0 has.
    listed_words three{{0u, 0x55555556u}};
    CHECK(geolip::uniform_below(three, 3) == 1);
    CHECK(three.used == 2);
    // bound 2^31 + 1: the threshold is 2^31 - 1; the word 2 has the low product 2, the word 1 has 2^31 + 1.
    listed_words large{{2u, 1u}};
    CHECK(geolip::uniform_below(large, 0x80000001u) == 0);
    CHECK(large.used == 2);
    listed_words power{{0xffffffffu}};
    CHECK(geolip::uniform_below(power, 0x80000000u) == 0x7fffffffu);
    listed_words one{{12345u}};
    CHECK(geolip::uniform_below(one, 1) == 0);
}

TEST_CASE("a shuffle has all orders alike, and its beginning all choices") {
    geolip::philox_engine engine({5, 0});
    std::map<std::vector<int>, double> orders, pairs;
    for (int k = 0; k < 24000; ++k) {
        std::vector<int> items(4);
        std::iota(items.begin(), items.end(), 0);
        geolip::shuffle(std::span(items), engine);
        ++orders[items];
        std::vector<int> chosen(4);
        std::iota(chosen.begin(), chosen.end(), 0);
        geolip::shuffle_first(std::span(chosen), 2, engine);
        ++pairs[{chosen[0], chosen[1]}];
        std::sort(chosen.begin(), chosen.end());
        CHECK(chosen == std::vector{0, 1, 2, 3});
    }
    CHECK(orders.size() == 24);
    CHECK(pairs.size() == 12);
    const auto chi_squared = [](const auto& counts, double expected) {
        double sum = 0;
        for (const auto& [key, n] : counts) sum += (n - expected) * (n - expected) / expected;
        return sum;
    };
    CHECK(chi_squared(orders, 1000) < 23 + 4 * std::sqrt(2.0 * 23));
    CHECK(chi_squared(pairs, 2000) < 11 + 4 * std::sqrt(2.0 * 11));
    // By hand, of words that give the largest number each time, and the least.
    listed_words last{{0xffffffffu, 0xffffffffu}}, first{{1u, 1u, 1u}};
    std::vector<char> same{'a', 'b', 'c'}, turned{'a', 'b', 'c'};
    geolip::shuffle(std::span(same), last);
    CHECK(same == std::vector{'a', 'b', 'c'});
    geolip::shuffle_first(std::span(turned), 1, first);
    CHECK(turned == std::vector{'a', 'b', 'c'});
    std::vector<char> none;
    geolip::shuffle(std::span(none), first);
    geolip::shuffle_first(std::span(none), 0, first);
}
