// Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT
#include "support/svae_run.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <cstdint>
#include <numbers>
#include <optional>
#include <string>
#include <vector>

#include "support/svae_json.hpp"
#include "support/svae_optimiser.hpp"
#include "support/svae_soft_hand.hpp"
#include "support/svae_training.hpp"

using namespace examples;

TEST_CASE("the bands are the documented ones") {
    const svae_settings low = settings_of(svae_band::low), mid = settings_of(svae_band::mid),
                        high = settings_of(svae_band::high);
    CHECK(low == svae_settings{});
    CHECK((mid.rows == 64 && mid.dim == 8 && mid.patch == 16 && mid.batches == 1000));
    CHECK((high.rows == 32 && high.dim == 4 && high.patch == 4 && high.batches == 100));
    CHECK(std::vector{low.target, mid.target, high.target} == std::vector{0.20, 0.36, 0.92});
}

TEST_CASE("thresholds: of the ablation, and of section 5") {
    using enum svae_band;
    const struct {
        std::optional<double> cv;
        svae_band ablation, triage;
    } cases[] = {{0.2999, low, low},
                 {0.30, mid, unclassified},
                 {0.35, mid, mid},
                 {0.50, mid, mid},
                 {0.506, mid, unclassified},
                 {0.55, unclassified, unclassified},
                 {0.80, unclassified, unclassified},
                 {0.8001, high, high},
                 {std::nullopt, unclassified, unclassified}};
    for (const auto& c : cases) {
        CAPTURE(c.cv.value_or(-1));
        CHECK(ablation_band(c.cv) == c.ablation);
        CHECK(triage_band(c.cv) == c.triage);
    }
}

TEST_CASE("the soft hand, by hand: (1 + boost p) MSE + weight (1 - p) (CV - target)^2") {
    svae_settings s;  // target 0.20, boost 0.5, weight 0.3, sigma 0.15
    CHECK(soft_hand_terms(s, 0.20).factor == 1.5);
    CHECK(soft_hand_terms(s, 0.20).constant == 0);
    // One sigma away p = e^(-1/2) = 0.60653065971263.
    const svae_loss_terms away = soft_hand_terms(s, 0.35);
    CHECK(away.factor == doctest::Approx(1.303265329856317).epsilon(1e-13));
    CHECK(away.constant == doctest::Approx(0.3 * 0.39346934028737 * 0.0225).epsilon(1e-12));
    // Three sigma: p = e^(-9/2) = 0.011108996538242.
    CHECK(soft_hand_terms(s, 0.65).factor == doctest::Approx(1.005554498269121).epsilon(1e-13));
    CHECK(soft_hand_terms(s, 0.65).constant == doctest::Approx(0.3 * 0.988891003461758 * 0.2025).epsilon(1e-12));
    CHECK(soft_hand_terms(s, std::nullopt).factor == 1);
    for (const auto plain : {svae_soft_hand::pure_mse, svae_soft_hand::measure_only, svae_soft_hand::hard_penalty}) {
        s.soft_hand = plain;
        CHECK(soft_hand_terms(s, 0.2).factor == 1);
        CHECK(soft_hand_terms(s, 0.9).constant == 0);
    }
}

TEST_CASE("the running mean begins at the first reading with a value, and keeps 82 % of it over 20 others") {
    CHECK(running_mean(std::nullopt, std::nullopt, 0.01) == std::nullopt);
    CHECK(running_mean(std::nullopt, 0.5, 0.01) == 0.5);
    CHECK(running_mean(0.5, std::nullopt, 0.01) == 0.5);
    CHECK(*running_mean(0.5, 1.5, 0.01) == doctest::Approx(0.51));
    std::optional<double> mean = 1.0;
    for (int i = 0; i < 20; ++i) mean = running_mean(mean, 0.0, 0.01);
    CHECK(*mean == doctest::Approx(std::pow(0.99, 20)));
    CHECK(*mean == doctest::Approx(0.818).epsilon(0.001));
}

TEST_CASE("schedules act per batch over the run") {
    svae_settings s{.rate = 2, .batches = 100};
    const auto rate = [&](svae_schedule schedule, std::uint64_t step) {
        s.schedule = schedule;
        return any_schedule(s)(s.rate, step);
    };
    CHECK(rate(svae_schedule::constant, 99) == 2);
    CHECK(rate(svae_schedule::cosine, 0) == 2);
    CHECK(rate(svae_schedule::cosine, 50) == doctest::Approx(1));
    CHECK(rate(svae_schedule::cosine, 99) == doctest::Approx(1 + std::cos(std::numbers::pi * 0.99)));
    CHECK(rate(svae_schedule::linear, 25) == doctest::Approx(1.5));
    CHECK(rate(svae_schedule::linear, 99) == doctest::Approx(0.02));
    for (const std::uint64_t begin : {0u, 25u, 50u, 75u}) {
        CHECK(rate(svae_schedule::warm_restarts, begin) == 2);
        CHECK(rate(svae_schedule::warm_restarts, begin + 24) < 0.01);
    }
    CHECK(rate(svae_schedule::one_cycle, 0) == doctest::Approx(2.0 / 25));
    CHECK(rate(svae_schedule::one_cycle, 29) == doctest::Approx(2));
    CHECK(rate(svae_schedule::one_cycle, 99) == doctest::Approx(2 / 25e4));
}

TEST_CASE("one cycle moves the momentum of an optimiser that has one") {
    svae_settings s{.schedule = svae_schedule::one_cycle, .batches = 100};
    CHECK(*any_schedule(s).momentum(0) == doctest::Approx(0.95));
    CHECK(*any_schedule(s).momentum(29) == doctest::Approx(0.85));
    s.optimiser = svae_optimiser::sgd;
    CHECK(any_schedule(s).momentum(0) == std::nullopt);
    s.momentum = 0.9;
    CHECK(*any_schedule(s).momentum(0) == doctest::Approx(0.95));
    s.schedule = svae_schedule::cosine;
    CHECK(any_schedule(s).momentum(0) == std::nullopt);
}

TEST_CASE("an optimiser brings its rate and its decay") {
    const svae_settings adamw = with_optimiser({}, svae_optimiser::adamw),
                        sgd = with_optimiser({}, svae_optimiser::sgd);
    CHECK((adamw.rate == 1e-4 && adamw.weight_decay == 0.01));
    CHECK((sgd.rate == 1e-2 && sgd.momentum == 0 && sgd.weight_decay == 0));
    std::vector<float> w = {1, 2}, g = {1, -1};
    any_optimiser steps(2, sgd);
    steps.step(std::span(w), std::span<const float>(g), any_schedule(sgd));
    CHECK(w == std::vector<float>{0.99f, 2.01f});
    CHECK(steps.steps() == 1);
}

TEST_CASE("a batch is cut into shards of pieces of about 128 patches, by the settings alone") {
    const auto cut = [](const svae_settings& s) { return std::vector{cut_of(s).shards, cut_of(s).pieces}; };
    CHECK(cut(settings_of(svae_band::low)) == std::vector<std::size_t>{4, 4});
    CHECK(cut(settings_of(svae_band::high)) == std::vector<std::size_t>{4, 32});
    CHECK(cut({.side = 16, .patch = 16, .batch = 12}) == std::vector<std::size_t>{4, 1});
    CHECK(cut({.shards = 1}) == std::vector<std::size_t>{1, 16});
    CHECK(cut({.batch = 3}) == std::vector<std::size_t>{3, 1});
    CHECK(cut({.row_rule = svae_rows::scale_only}) == std::vector<std::size_t>{1, 1});
}

TEST_CASE("a result survives its way through JSON to the bit, with what has no value") {
    svae_result r{.status = svae_status::diverged,
                  .reason = "the loss is NaN",
                  .cv_untrained = 1.0 / 3,
                  .cv_ema = 0.1,
                  .cv_final = {},
                  .mse = 1e-310,
                  .mse_first = 2.0 / 3,
                  .readings = {{0, 1.0 / 3, 1.0 / 3, 0.7}, {50, {}, 1.0 / 3, 0.1}},
                  .batch_mse = {0.7, 1.0 / 7}};
    const std::string text = to_json(r, true).dump();
    CHECK(to_json(svae_result_from_json(json::parse(text)), true).dump() == text);
    CHECK(svae_result_from_json(json::parse(text)).batch_mse == r.batch_mse);
    CHECK(to_json(r, false).count("batch_mse") == 0);
    CHECK(to_json(svae_settings{})["row_rule"] == "sphere");
    CHECK(to_json(svae_settings{}).size() == 31);
}
