// Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT
#include "geolip/nn/schedule.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <functional>
#include <span>

#include "geolip/nn/adam.hpp"
#include "geolip/nn/sgd.hpp"
#include "support/optimised_chain.hpp"

namespace nn = geolip::nn;
using fixtures::optimised;
using geolip_test::relative_difference;
using geolip_test::trajectory;

namespace {

template <nn::schedule S>
void check_rates(const S& s, std::span<const double> expected) {
    for (std::size_t step = 0; step < expected.size(); ++step) {
        CAPTURE(step);
        CHECK(std::fabs(s(0.1, step) - expected[step]) < 1e-15);
    }
}

template <class S>
void check_momenta(const S& s, std::span<const double> expected) {
    for (std::size_t step = 0; step < expected.size(); ++step) {
        CAPTURE(step);
        CHECK(std::fabs(s.momentum(step).value() - expected[step]) < 1e-15);
    }
}

}  // namespace

TEST_CASE("schedules give PyTorch's rates at every step") {
    check_rates(nn::linear_schedule(), fixtures::linear_5);
    check_rates(nn::linear_schedule(20, 1, 0), fixtures::linear_20_1_to_0);
    check_rates(nn::linear_schedule(7, 0.1, 0.9), fixtures::linear_7_01_to_09);
    check_rates(nn::cosine_schedule(20), fixtures::cosine_20);
    check_rates(nn::cosine_schedule(7, 0.01), fixtures::cosine_7_001);
    check_rates(nn::warm_restarts_schedule(10), fixtures::restarts_10);
    check_rates(nn::warm_restarts_schedule(3, 2, 0.01), fixtures::restarts_3_2_001);
    check_rates(nn::warm_restarts_schedule(1, 3), fixtures::restarts_1_3);
}

TEST_CASE("one cycle has PyTorch's rates and momenta at every step") {
    check_rates(nn::one_cycle_schedule({.steps = 20}), fixtures::one_cycle_20);
    check_momenta(nn::one_cycle_schedule({.steps = 20}), fixtures::one_cycle_20_momentum);
    check_rates(
        nn::one_cycle_schedule({.steps = 33, .rising = 0.5, .start_divisor = 10, .end_divisor = 100, .linear = true}),
        fixtures::one_cycle_33);
    const nn::one_cycle_schedule three(
        {.steps = 40, .rising = 0.2, .three_phases = true, .least_momentum = 0.7, .most_momentum = 0.9});
    check_rates(three, fixtures::one_cycle_40);
    check_momenta(three, fixtures::one_cycle_40_momentum);
    check_rates(nn::one_cycle_schedule({.steps = 1}), fixtures::one_cycle_1);
}

TEST_CASE("a phase of one cycle without length gives its end") {
    const nn::one_cycle_schedule at_once({.steps = 10, .rising = 0.1});
    CHECK(at_once(0.1, 0) == doctest::Approx(0.1));
    CHECK(at_once(0.1, 9) == doctest::Approx(0.1 / 25 / 1e4));
    CHECK(std::isfinite(nn::one_cycle_schedule({.steps = 10, .rising = 1})(0.1, 10)));
}

TEST_CASE("an optimiser follows a schedule, momentum included") {
    nn::adam<double> o(optimised, {.rate = 1e-2});
    const nn::one_cycle_schedule cycle({.steps = 40});
    const auto w = trajectory<double>([&](std::span<double> x, std::span<double> g) { o.step(x, g, cycle); });
    CHECK(relative_difference(w, fixtures::adam_one_cycle) < 1e-12);
}

TEST_CASE("momentum of a schedule needs an optimiser that has one") {
    std::vector<double> w(3), g(3);
    nn::sgd<double> plain(3), with(3, {.momentum = 0.5});
    CHECK_THROWS_AS(plain.step(w, g, nn::one_cycle_schedule({.steps = 20})), geolip::usage_error);
    plain.step(w, g, nn::one_cycle_schedule({.steps = 20, .cycle_momentum = false}));
    with.step(w, g, nn::one_cycle_schedule({.steps = 20}));
    CHECK(plain.steps() == 1);
    CHECK(with.steps() == 1);
}

TEST_CASE("epochs of a schedule") {
    const nn::per_epoch epochs(nn::one_cycle_schedule({.steps = 20}), 3);
    for (std::uint64_t step = 0; step < 60; ++step) {
        CHECK(epochs(0.1, step) == nn::one_cycle_schedule({.steps = 20})(0.1, step / 3));
        CHECK(epochs.momentum(step) == nn::one_cycle_schedule({.steps = 20}).momentum(step / 3));
    }
    CHECK(nn::per_epoch(nn::linear_schedule(4, 1, 0), 2)(1, 3) == 0.75);
}

TEST_CASE("a schedule chosen at run time") {
    const std::function<double(double, std::uint64_t)> chosen = nn::cosine_schedule(20);
    check_rates(chosen, fixtures::cosine_20);
}

TEST_CASE("far steps are as exact as near ones") {
    const std::uint64_t far_away = std::uint64_t{1} << 62;
    CHECK(nn::cosine_schedule(16)(0.1, far_away + 5) == nn::cosine_schedule(16)(0.1, 5));
    CHECK(nn::warm_restarts_schedule(16)(0.1, far_away + 5) == nn::warm_restarts_schedule(16)(0.1, 5));
    CHECK(nn::warm_restarts_schedule(1, 2)(0.1, ~std::uint64_t{0}) == 0.1);  // a period has just begun
    CHECK(nn::warm_restarts_schedule(1, ~std::uint64_t{0})(0.1, ~std::uint64_t{0}) < 1e-20);
    CHECK(nn::cosine_schedule(std::uint64_t{1} << 63)(0.1, far_away) == doctest::Approx(0.05));
    CHECK(nn::linear_schedule()(0.1, far_away) == 0.1);
    CHECK(nn::constant_schedule()(0.1, far_away) == 0.1);
}

TEST_CASE("schedules that make no sense are errors") {
    CHECK_THROWS_AS(nn::linear_schedule(0), geolip::usage_error);
    CHECK_THROWS_AS(nn::linear_schedule(5, 1.5), geolip::usage_error);
    CHECK_THROWS_AS(nn::linear_schedule(5, 1, -0.1), geolip::usage_error);
    CHECK_THROWS_AS(nn::cosine_schedule(0), geolip::usage_error);
    CHECK_THROWS_AS(nn::cosine_schedule(5, -1), geolip::usage_error);
    CHECK_THROWS_AS(nn::cosine_schedule(5, std::nan("")), geolip::usage_error);
    CHECK_THROWS_AS(nn::warm_restarts_schedule(0), geolip::usage_error);
    CHECK_THROWS_AS(nn::warm_restarts_schedule(1, 0), geolip::usage_error);
    CHECK_THROWS_AS(nn::warm_restarts_schedule(1, 1, -1), geolip::usage_error);
    CHECK_THROWS_AS(nn::one_cycle_schedule({}), geolip::usage_error);
    CHECK_THROWS_AS(nn::one_cycle_schedule({.steps = 5, .rising = 1.5}), geolip::usage_error);
    CHECK_THROWS_AS(nn::one_cycle_schedule({.steps = 5, .start_divisor = 0}), geolip::usage_error);
    CHECK_THROWS_AS(nn::one_cycle_schedule({.steps = 5, .most_momentum = 1}), geolip::usage_error);
    CHECK_THROWS_AS(nn::per_epoch(nn::constant_schedule(), 0), geolip::usage_error);
    CHECK_THROWS_WITH_AS(nn::one_cycle_schedule({.steps = 5})(0.1, 6),
                         "one_cycle_schedule: step 6 of a cycle of 5 steps; expected no more than that",
                         geolip::usage_error);
}
