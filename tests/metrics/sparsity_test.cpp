// Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT
#include "geolip/metrics/sparsity.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <vector>

#include "geolip/random/fill.hpp"
#include "support/levels.hpp"

using geolip::entry_scan;
using geolip::entry_statistics;
using geolip::isa;
using geolip::sparsity;
using geolip::undefined_reason;

namespace {

const std::vector<double> documented{1e-4, 1e-3, 1e-2, 0.1};

template <class T>
entry_statistics scan(const std::vector<T>& x, isa level = isa::automatic,
                      const std::vector<double>& thresholds = documented) {
    entry_scan<T> s(thresholds, level);
    s.add(std::span<const T>(x));
    return s.result();
}

}  // namespace

TEST_CASE_TEMPLATE("counts are exact and sums are those of a plain loop, at every length and level", T, float, double) {
    for (const std::size_t count : {0u, 1u, 3u, 15u, 16u, 17u, 100u, 4095u, 4096u, 4097u, 20000u}) {
        std::vector<T> x(count);
        geolip::fill_normal(std::span(x), {5, count});
        for (std::size_t i = 0; i < count; i += 7) x[i] *= T(1e-3);
        for (std::size_t i = 3; i < count; i += 11) x[i] = i % 2 == 0 ? T(0) : -T(0);
        if (count > 20) {
            x[5] = std::numeric_limits<T>::quiet_NaN();
            x[count - 1] = -std::numeric_limits<T>::infinity();
            x[count - 2] = T(0.1);  // not below itself
            x[count - 4] = std::numeric_limits<T>::denorm_min();
        }
        entry_statistics expected;
        expected.elements = count;
        expected.below.resize(4);
        double squares = 0, total = 0;
        for (const T v : x) {
            if (!std::isfinite(v)) {
                ++expected.nonfinite;
                continue;
            }
            expected.zeros += v == 0;
            total += static_cast<double>(v);
            squares += static_cast<double>(v) * static_cast<double>(v);
            expected.largest = std::fmax(expected.largest, std::fabs(static_cast<double>(v)));
            for (std::size_t k = 0; k < 4; ++k) expected.below[k] += std::fabs(v) < static_cast<T>(documented[k]);
        }
        for (const isa level : geolip_test::available_levels()) {
            const entry_statistics s = scan(x, level);
            CAPTURE(count);
            CAPTURE(geolip::isa_name(level));
            CHECK(s.elements == count);
            CHECK(s.nonfinite == expected.nonfinite);
            CHECK(s.zeros == expected.zeros);
            CHECK(s.below == expected.below);
            CHECK(s.largest == expected.largest);
            CHECK(s.sum == doctest::Approx(total).epsilon(1e-10));
            CHECK(s.squares == doctest::Approx(squares).epsilon(1e-12));
        }
    }
}

TEST_CASE("the same bits in any cut, and for rows with a stride") {
    std::vector<float> x(30011);
    geolip::fill_normal(std::span(x), {6, 0});
    const entry_statistics whole = scan(x);
    for (const std::size_t step : {1u, 37u, 4096u, 9000u}) {
        entry_scan<float> s(documented);
        for (std::size_t at = 0; at < x.size(); at += step)
            s.add(std::span<const float>(x).subspan(at, std::min(step, x.size() - at)));
        CHECK(s.result() == whole);
    }
    // 100 x 300, the first 200 columns of it, and its transpose.
    const auto of = [](geolip::matrix_view<const float> m) {
        entry_scan<float> s(documented);
        s.add(m);
        return s.result();
    };
    std::vector<float> part, turned;
    for (std::size_t i = 0; i < 100; ++i)
        part.insert(part.end(), x.begin() + 300 * long(i), x.begin() + 300 * long(i) + 200);
    for (std::size_t j = 0; j < 300; ++j)
        for (std::size_t i = 0; i < 100; ++i) turned.push_back(x[300 * i + j]);
    CHECK(of({x.data(), 100, 200, 300}) == scan(part));
    CHECK(of({x.data(), 300, 100, 1, 300}) == scan(turned));
    CHECK(of({x.data(), 0, 300}) == scan(std::vector<float>()));
}

TEST_CASE("normal elements are as sparse as the null says, which departs from others") {
    constexpr std::size_t count = 200000, draws = 40;
    double squares = 0;
    for (std::size_t d = 0; d < draws; ++d) {
        std::vector<float> x(count);
        geolip::fill_normal(std::span(x), {8, d});
        for (float& v : x) v *= 0.07f;
        const geolip::estimate e = sparsity(scan(x), 3).value();
        REQUIRE(e.z_score());
        CHECK(*e.null.value == doctest::Approx(std::erf(0.1 / 0.07 / std::sqrt(2))).epsilon(5e-3));
        squares += *e.z_score() * *e.z_score();
    }
    // A chi-squared of 40: the null's sd is right, the term for the measured size included (without it: 40 * 0.35).
    CHECK(squares > 20);
    CHECK(squares < 68);
    std::vector<float> uniform(count);
    geolip::fill_uniform(std::span(uniform), {8, 99});
    for (float& v : uniform) v = 0.4f * v - 0.2f;
    const geolip::estimate e = sparsity(scan(uniform), 3).value();
    CHECK(*e.value == doctest::Approx(0.5).epsilon(0.01));
    CHECK(*e.z_score() < -20);
}

TEST_CASE("pooled, matrices count by their elements, each with the null of its own size") {
    std::vector<float> small(50000), large(150000);
    geolip::fill_normal(std::span(small), {9, 0});
    geolip::fill_normal(std::span(large), {9, 1});
    for (float& v : small) v *= 0.01f;
    const entry_statistics a = scan(small), b = scan(large);
    sparsity both(a, 3);
    both.add(b, 3);
    const geolip::estimate e = both.value();
    CHECK(*e.value == doctest::Approx(static_cast<double>(a.below[3] + b.below[3]) / 200000));
    CHECK(*e.null.value == doctest::Approx(0.25 + 0.75 * std::erf(0.1 / std::sqrt(2))).epsilon(0.01));
    CHECK(std::fabs(*e.z_score()) < 4);
}

TEST_CASE("zeros, nothing, and nothing finite") {
    CHECK(*sparsity(scan(std::vector<float>(10)), 0).value().value == 1);
    CHECK(!sparsity(scan(std::vector<float>(10)), 0).value().z_score());
    CHECK(sparsity(scan(std::vector<float>()), 0).value().reason == undefined_reason::no_elements);
    CHECK(sparsity().value().reason == undefined_reason::no_elements);
    const std::vector<double> nan(3, std::numeric_limits<double>::quiet_NaN());
    CHECK(sparsity(scan(nan), 0).value().reason == undefined_reason::nonfinite);
    CHECK(!scan(nan).mean());
    CHECK(!scan(nan).root_mean_square());
}

TEST_CASE("wrong thresholds are refused") {
    CHECK_THROWS_WITH_AS(scan(std::vector<float>(), isa::automatic, std::vector<double>(9, 0.1)),
                         "entry_scan: got 9 thresholds; expected at most 8 thresholds above 0", geolip::usage_error);
    for (const double t : {0.0, -1.0, std::numeric_limits<double>::quiet_NaN()})
        CHECK_THROWS_AS(scan(std::vector<float>(), isa::automatic, {t}), geolip::usage_error);
    CHECK_THROWS_WITH_AS(sparsity(scan(std::vector<float>(4)), 4), "sparsity: threshold number 4 of 4",
                         geolip::usage_error);
}
