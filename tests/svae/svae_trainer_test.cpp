// Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT
#include "support/svae_trainer.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "geolip/core/error.hpp"
#include "geolip/models/patch_svae.hpp"
#include "geolip/nn/parameters.hpp"
#include "geolip/nn/row_normalisation.hpp"
#include "support/svae_evaluation.hpp"
#include "support/svae_model.hpp"
#include "support/svae_training.hpp"
#include "support/temporary_folder.hpp"

using namespace examples;

namespace {

svae_settings small() {
    svae_settings s;
    s.side = 8;
    s.patch = 4;
    s.rows = 12;
    s.dim = 4;
    s.hidden = 8;
    s.batch = 6;
    s.batches = 9;
    s.read_every = 4;
    s.samples = 30;
    s.target = 0.92;
    return s;
}

struct outcome {
    svae_result result;
    std::vector<float> parameters;

    std::string text() const { return to_json(result, true).dump(); }
};

outcome train(const svae_settings& s, svae_options o = {}) {
    outcome end;
    o.finished = [&](std::span<const float> w) { end.parameters.assign(w.begin(), w.end()); };
    auto result = train_svae(s, o);
    REQUIRE(result);
    end.result = std::move(*result);
    return end;
}

}  // namespace

TEST_CASE("readings come before the batches they name, and one after the last") {
    const outcome run = train(small());
    std::vector<std::uint64_t> batches;
    for (const svae_reading& r : run.result.readings) batches.push_back(r.batch);
    CHECK(batches == std::vector<std::uint64_t>{0, 4, 8, 9});
    CHECK(run.result.batch_mse.size() == 9);
    CHECK(run.result.mse_first == run.result.batch_mse.front());
    CHECK(run.result.readings[1].mse == run.result.batch_mse[4]);
    CHECK(run.result.cv_untrained == run.result.readings.front().cv);
    CHECK(run.result.cv_final == run.result.readings.back().cv);
    CHECK(run.result.mse == run.result.readings.back().mse);
    CHECK(run.parameters.size() == initial_svae_parameters(small()).size());
    CHECK(run.parameters != initial_svae_parameters(small()));
}

TEST_CASE("the same bits for any number of threads") {
    const outcome one = train(small());
    const outcome three = train(small(), {.threads = 3});
    CHECK(one.text() == three.text());
    CHECK(one.parameters == three.parameters);
}

TEST_CASE("a run that is stopped after any batch goes on to the same bits") {
    svae_settings s = small();
    for (const auto optimiser : {svae_optimiser::adam, svae_optimiser::sgd}) {
        s.optimiser = optimiser;
        s.momentum = optimiser == svae_optimiser::sgd ? 0.9 : 0;
        const outcome whole = train(s);
        for (const std::uint64_t after : {1u, 4u, 5u, 8u}) {
            const temporary_folder folder;
            svae_options o{.checkpoint = folder / "run"};
            std::uint64_t done = 0;
            o.progress = [&](std::uint64_t batch, std::uint64_t) { done = batch; };
            o.stop = [&] { return done == after; };
            CHECK_FALSE(train_svae(s, o));
            const outcome rest = train(s, {.checkpoint = folder / "run"});
            CHECK(rest.text() == whole.text());
            CHECK(rest.parameters == whole.parameters);
            // Of a concluded run nothing is done again.
            o.progress = [](std::uint64_t, std::uint64_t) { FAIL("trained again"); };
            o.stop = {};
            const outcome again = train(s, o);
            CHECK(again.text() == whole.text());
            CHECK(again.parameters == whole.parameters);
        }
    }
}

TEST_CASE("a checkpoint of other settings is refused, naming the difference") {
    const temporary_folder folder;
    train(small(), {.checkpoint = folder / "run"});
    svae_settings other = small();
    other.boost = 0.25;
    CHECK_THROWS_WITH_AS(train_svae(other, {.checkpoint = folder / "run"}), doctest::Contains("boost 0.5"),
                         geolip::file_error);
    other = small();
    other.seed = 7;
    CHECK_THROWS_WITH_AS(train_svae(other, {.checkpoint = folder / "run"}), doctest::Contains("seed 7"),
                         geolip::file_error);
}

TEST_CASE("measuring alone and pure error train alike; the soft hand and the penalty do not") {
    svae_settings s = small();
    s.soft_hand = svae_soft_hand::pure_mse;
    const outcome pure = train(s);
    s.soft_hand = svae_soft_hand::measure_only;
    CHECK(train(s).parameters == pure.parameters);
    s.soft_hand = svae_soft_hand::full;
    CHECK(train(s).parameters != pure.parameters);
    s.soft_hand = svae_soft_hand::hard_penalty;
    const outcome hard = train(s);
    CHECK(hard.parameters != pure.parameters);
    CHECK(hard.result.cv_untrained == pure.result.cv_untrained);
    // It adds to the gradient of the encoder alone, and not to the error.
    CHECK(hard.result.mse_first == pure.result.mse_first);
}

TEST_CASE("a strong penalty pulls CV to its target") {
    svae_settings s = small();
    s.batches = 200;
    s.rate = 3e-3;
    s.schedule = svae_schedule::constant;
    s.samples = 100;
    s.target = 0.4;
    s.cv_weight = 300;
    s.soft_hand = svae_soft_hand::hard_penalty;
    const outcome pulled = train(s);
    s.soft_hand = svae_soft_hand::pure_mse;
    const outcome free = train(s);
    CHECK(*pulled.result.cv_final < *free.result.cv_final - 0.15);
}

// Along the gradient of the penalty its slope is the gradient's norm; and only the encoder has one.
template <class Rows>
void check_penalty_gradient(svae_rows rule) {
    svae_settings s = small();
    s.cv_weight = 5;
    s.target = 0.1;
    s.soft_hand = svae_soft_hand::hard_penalty;
    s.row_rule = rule;
    const auto model = geolip::models::make_patch_svae<float, geolip::nn::gelu<float>, Rows>(
        {.side = s.side, .patch = s.patch, .rows = s.rows, .dim = s.dim, .hidden = s.hidden});
    svae_latent_reader<std::remove_const_t<decltype(model)>> reader(s, model);
    const geolip::nn::shape shape{s.batch, 3, s.side, s.side};
    std::vector<float> x(shape.size());
    svae_images(s).fill(std::span(x));
    const geolip::nn::tensor_view<const float> view(x.data(), shape);
    const std::vector<float> w = geolip::nn::initial_parameters(model, 3);
    std::vector<float> g(w.size()), unused(w.size());
    reader.penalise(w, view, 5, g);
    const auto encoder = static_cast<std::ptrdiff_t>(geolip::nn::parameter_count(model.template get<0>()));
    CHECK(std::all_of(g.begin() + encoder, g.end(), [](float value) { return value == 0; }));
    double norm = 0;
    for (const float value : g) norm += double(value) * double(value);
    norm = std::sqrt(norm);
    CHECK(norm > 1e-3);
    const auto along = [&](double step) {
        std::vector<float> moved = w;
        for (std::size_t i = 0; i < w.size(); ++i) moved[i] += static_cast<float>(step * double(g[i]) / norm);
        return reader.penalise(moved, view, 5, unused);
    };
    const double step = 2e-3;  // in float only a long one stands out of the rounding
    CHECK((along(step) - along(-step)) / (2 * step) == doctest::Approx(norm).epsilon(0.01));
}

TEST_CASE("the penalty's gradient is that of central differences, and of the encoder alone") {
    check_penalty_gradient<geolip::nn::sphere_rows>(svae_rows::sphere);
    check_penalty_gradient<geolip::nn::scaled_rows>(svae_rows::scale_only);
}

TEST_CASE("a run that diverges has a result, which says where") {
    svae_settings s = small();
    s.optimiser = svae_optimiser::sgd;
    s.schedule = svae_schedule::constant;
    s.rate = 1e6;
    s.batches = 50;
    s.momentum = 0.99;
    const auto r = train_svae(s, {.finished = [](std::span<const float>) { FAIL("finished"); }});
    REQUIRE(r);
    CHECK(r->status == svae_status::diverged);
    CHECK(r->reason.find(" at step ") != std::string::npos);
    CHECK_FALSE(r->cv_final);
    CHECK(std::isfinite(r->mse));
    CHECK(r->batch_mse.size() >= 1);
    CHECK(r->cv_untrained == r->readings.front().cv);
}

TEST_CASE("an evaluation is of 16 types whatever the run saw, and zeros err the mean square") {
    svae_settings s = small();
    s.noise = "gaussian";
    const svae_evaluation_images images = images_to_evaluate(s);
    CHECK(images.first.size() == 16 * 3 * 8 * 8);
    CHECK(images.mean_square[0] == doctest::Approx(1).epsilon(0.1));
    CHECK(images.mean_square[1] == doctest::Approx(1.0 / 3).epsilon(0.1));
    const svae_evaluation e = evaluate_svae(s, initial_svae_parameters(s));
    for (std::size_t t = 0; t < 16; ++t) CHECK(e.mse[t] == doctest::Approx(images.mean_square[t]).epsilon(0.35));
    CHECK(e.spectrum.singular_values.size() == 4);
    // 12 rows of length 1: the squares of the singular values add up to 12.
    double squares = 0;
    for (const double value : e.spectrum.singular_values) squares += value * value;
    CHECK(squares == doctest::Approx(12).epsilon(0.05));
    CHECK((1 < e.spectrum.effective_rank && e.spectrum.effective_rank < 4));
    REQUIRE(e.alpha.size() == 1);
    for (const double a : e.alpha[0]) CHECK(a == doctest::Approx(0.2 / (1 + std::exp(2.0))).epsilon(1e-6));
}

TEST_CASE("settings that fit no model are refused in words") {
    const auto refuse = [](auto change, const char* what) {
        svae_settings s = small();
        change(s);
        CHECK_THROWS_WITH_AS(require_sizes(s), doctest::Contains(what), geolip::usage_error);
    };
    refuse([](svae_settings& s) { s.side = 10; }, "side 10 and patches of side 4");
    refuse([](svae_settings& s) { s.rows = 4; }, "4 rows");
    refuse([](svae_settings& s) { s.dim = 5; }, "dim 5 and 2 heads");
    refuse([](svae_settings& s) { s.hidden = 0; }, "hidden is 0");
    refuse(
        [](svae_settings& s) {
            s.row_rule = svae_rows::none;
            s.activation = svae_activation::relu;
        },
        "relu");
    svae_settings s = small();
    s.dim = 5;
    s.attention_layers = 0;
    CHECK_NOTHROW(require_sizes(s));
}
