// Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT
#include "geolip/nn/optimiser.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <limits>
#include <map>
#include <string>
#include <vector>

#include "geolip/nn/adam.hpp"
#include "geolip/nn/sgd.hpp"
#include "support/levels.hpp"
#include "support/optimised_chain.hpp"

namespace nn = geolip::nn;
using fixtures::optimised;
using geolip_test::available_levels;
using geolip_test::relative_difference;
using geolip_test::trajectory;

namespace {

// Anything with a `step` minimises the chain.
template <class T, class Optimiser>
std::vector<T> run(Optimiser& o) {
    return trajectory<T>([&](std::span<T> w, std::span<T> g) { o.step(w, g); });
}

template <class Optimiser>
std::map<std::string, std::vector<double>> state_of(const Optimiser& o) {
    std::map<std::string, std::vector<double>> state;
    o.visit_state([&](std::string_view name, auto values) {
        for (const auto v : values) state[std::string(name)].push_back(static_cast<double>(v));
    });
    return state;
}

template <class T, class Options>
Options adam_options_of(const fixtures::adam_run& r, geolip::isa level) {
    return {.rate = r.rate,
            .beta1 = r.beta1,
            .beta2 = r.beta2,
            .epsilon = r.epsilon,
            .weight_decay = r.weight_decay,
            .amsgrad = r.amsgrad,
            .maximise = r.maximise,
            .isa = level};
}

template <class T, class Optimiser>
void check_adam(const fixtures::adam_run& r, double tolerance) {
    for (const geolip::isa level : available_levels()) {
        CAPTURE(geolip::isa_name(level));
        CAPTURE(r.rate);
        CAPTURE(r.decoupled);
        Optimiser o(optimised, adam_options_of<T, typename Optimiser::options_type>(r, level));
        CHECK(relative_difference(run<T>(o), r.w) < tolerance);
        const auto state = state_of(o);
        CHECK(state.size() == (r.amsgrad ? 4 : 3));
        CHECK(state.at("step") == std::vector<double>{40});
        CHECK(relative_difference(state.at("exp_avg"), r.exp_avg) < tolerance);
        CHECK(relative_difference(state.at("exp_avg_sq"), r.exp_avg_sq) < tolerance);
        if (r.amsgrad) CHECK(relative_difference(state.at("max_exp_avg_sq"), r.max_exp_avg_sq) < tolerance);
    }
}

template <class T>
nn::sgd_options sgd_options_of(const fixtures::sgd_run& r, geolip::isa level) {
    return {.rate = r.rate,
            .momentum = r.momentum,
            .dampening = r.dampening,
            .weight_decay = r.weight_decay,
            .nesterov = r.nesterov,
            .maximise = r.maximise,
            .isa = level};
}

template <class T>
void check_sgd(const fixtures::sgd_run& r, double tolerance) {
    for (const geolip::isa level : available_levels()) {
        CAPTURE(geolip::isa_name(level));
        CAPTURE(r.rate);
        CAPTURE(r.momentum);
        CAPTURE(r.maximise);
        nn::sgd<T> o(optimised, sgd_options_of<T>(r, level));
        CHECK(relative_difference(run<T>(o), r.w) < tolerance);
        const auto state = state_of(o);
        CHECK(state.size() == (r.momentum == 0 ? 1 : 2));
        if (r.momentum != 0) CHECK(relative_difference(state.at("momentum_buffer"), r.momentum_buffer) < tolerance);
    }
}

}  // namespace

TEST_CASE("Adam and AdamW go where PyTorch's go, moments included, at every level") {
    for (const fixtures::adam_run& r : fixtures::adam_runs) {
        if (r.decoupled) {
            check_adam<double, nn::adamw<double>>(r, 1e-12);
            check_adam<float, nn::adamw<float>>(r, 1e-4);
        } else {
            check_adam<double, nn::adam<double>>(r, 1e-12);
            check_adam<float, nn::adam<float>>(r, 1e-4);
        }
    }
}

TEST_CASE("SGD goes where PyTorch's goes, momentum included, at every level") {
    for (const fixtures::sgd_run& r : fixtures::sgd_runs) {
        check_sgd<double>(r, 1e-12);
        check_sgd<float>(r, 1e-4);
    }
}

TEST_CASE("the defaults are PyTorch's") {
    nn::adam<double> adam(optimised);
    CHECK(relative_difference(run<double>(adam), fixtures::adam_runs[0].w) < 1e-12);
    nn::adamw<double> adamw(optimised);
    CHECK(relative_difference(run<double>(adamw), fixtures::adam_runs[1].w) < 1e-12);
    nn::sgd<double> sgd(optimised);
    CHECK(relative_difference(run<double>(sgd), fixtures::sgd_runs[0].w) < 1e-12);
}

TEST_CASE_TEMPLATE("repeated runs give the same bits, however the parameters are cut into groups", T, float, double) {
    std::vector<nn::parameter> table;
    for (std::size_t i = 0, size = 1; i < optimised; i += size, size = std::min(2 * size - size / 2, optimised - i))
        table.push_back({std::to_string(table.size()), {size}, i, {}});
    const auto even = [](const nn::parameter& p) { return std::stoi(p.name) % 2 == 0; };
    const nn::parameter_groups cut(table, {{"even", even}, {"odd"}});
    CHECK(cut.count() == optimised);
    CHECK(cut["odd"].ranges.size() > 1);
    for (const geolip::isa level : available_levels()) {
        CAPTURE(geolip::isa_name(level));
        nn::adamw<T> a(optimised, {.amsgrad = true, .isa = level}), b(cut, {.amsgrad = true, .isa = level});
        CHECK(run<T>(a) == run<T>(b));
        CHECK(state_of(a) == state_of(b));
        const nn::sgd_options o = {.momentum = 0.9, .weight_decay = 0.1, .nesterov = true, .isa = level};
        nn::sgd<T> c(optimised, o), d(cut, o);
        CHECK(run<T>(c) == run<T>(d));
        CHECK(state_of(c) == state_of(d));
    }
}

TEST_CASE_TEMPLATE("a run goes on to the same bits from its state", T, float, double) {
    const nn::adam_options options = {.rate = 1e-2, .amsgrad = true};
    nn::adam<T> whole(optimised, options);
    std::vector<T> w = geolip_test::chain_start<T>(), g(optimised);
    const auto go_on = [&](nn::adam<T>& o, int steps) {
        for (int i = 0; i < steps; ++i) {
            geolip_test::chain_gradient<T>(w, g);
            o.step(w, g, nn::cosine_schedule(20));
        }
    };
    go_on(whole, 7);
    std::map<std::string, std::vector<T>> saved;
    std::uint64_t steps = 0;
    struct saver {
        std::map<std::string, std::vector<T>>& tensors;
        std::uint64_t& steps;
        void operator()(std::string_view name, std::span<const T> values) const {
            tensors[std::string(name)].assign(values.begin(), values.end());
        }
        void operator()(std::string_view, std::span<const std::uint64_t> values) const { steps = values[0]; }
    };
    std::as_const(whole).visit_state(saver{saved, steps});
    const std::vector<T> saved_w = w;
    go_on(whole, 9);
    const std::vector<T> expected = w;

    nn::adam<T> resumed(optimised, options);
    struct loader {
        std::map<std::string, std::vector<T>>& tensors;
        std::uint64_t steps;
        void operator()(std::string_view name, std::span<T> values) const {
            std::ranges::copy(tensors.at(std::string(name)), values.begin());
        }
        void operator()(std::string_view, std::span<std::uint64_t> values) const { values[0] = steps; }
    };
    resumed.visit_state(loader{saved, steps});
    w = saved_w;
    go_on(resumed, 9);
    CHECK(w == expected);
    CHECK(resumed.steps() == 16);
}

TEST_CASE("levels differ by rounding alone") {
    for (const geolip::isa level : available_levels()) {
        nn::adam<float> a(optimised, {.rate = 1e-2, .isa = geolip::isa::baseline});
        nn::adam<float> b(optimised, {.rate = 1e-2, .isa = level});
        std::vector<float> w = geolip_test::chain_start<float>(), v = w, g(optimised);
        geolip_test::chain_gradient<float>(w, g);
        a.step(w, g);
        b.step(v, g);
        for (std::size_t i = 0; i < optimised; ++i) CHECK(std::fabs(w[i] - v[i]) <= 2e-7f * std::fabs(w[i]) + 2e-9f);
    }
}

TEST_CASE("an optimiser touches nothing beside its parameters") {
    for (const geolip::isa level : available_levels())
        for (std::size_t size = 0; size < 40; ++size) {
            std::vector<float> w(size + 2, 7.0f), g(size, 1.0f);
            nn::sgd<float> o(size, {.rate = 1, .momentum = 0.5, .isa = level});
            o.step(std::span(w).subspan(1, size), g);
            CHECK(w.front() == 7);
            CHECK(w.back() == 7);
            CHECK(std::count(w.begin(), w.end(), 6.0f) == static_cast<std::ptrdiff_t>(size));
        }
}

TEST_CASE("a rate of a call, and none at all") {
    std::vector<double> w = geolip_test::chain_start<double>(), v = w, g(optimised);
    geolip_test::chain_gradient<double>(w, g);
    nn::adam<double> a(optimised, {.rate = 0.25}), b(optimised, {.rate = 1e-3});
    a.step(w, g);
    b.step(v, g, 0.25);
    CHECK(w == v);
    b.step(v, g, 0);
    CHECK(w == v);
    CHECK(b.steps() == 2);
}

TEST_CASE("options and sizes that make no sense are errors") {
    const double nan = std::numeric_limits<double>::quiet_NaN();
    const double infinity = std::numeric_limits<double>::infinity();
    for (const double bad : {-1.0, nan, infinity}) {
        CAPTURE(bad);
        CHECK_THROWS_AS(nn::adam<double>(3, {.rate = bad}), geolip::usage_error);
        CHECK_THROWS_AS(nn::adam<double>(3, {.beta1 = bad}), geolip::usage_error);
        CHECK_THROWS_AS(nn::adam<double>(3, {.beta2 = bad}), geolip::usage_error);
        CHECK_THROWS_AS(nn::adam<double>(3, {.epsilon = bad}), geolip::usage_error);
        CHECK_THROWS_AS(nn::adamw<double>(3, {.weight_decay = bad}), geolip::usage_error);
        CHECK_THROWS_AS(nn::sgd<double>(3, {.rate = bad}), geolip::usage_error);
        CHECK_THROWS_AS(nn::sgd<double>(3, {.momentum = bad}), geolip::usage_error);
        nn::sgd<double> o(3);
        std::vector<double> w(3), g(3);
        CHECK_THROWS_AS(o.step(w, g, bad), geolip::usage_error);
        CHECK_THROWS_AS(o.step(w, g, [&](double, std::uint64_t) { return bad; }), geolip::usage_error);
        CHECK(o.steps() == 0);
    }
    CHECK_THROWS_WITH(nn::adam<double>(3, {.beta2 = 1}),
                      "adam: beta2 is 1.000000; expected a number of at least "
                      "0.000000 and below 1.000000");
    CHECK_THROWS_AS(nn::sgd<double>(3, {.nesterov = true}), geolip::usage_error);
    CHECK_THROWS_AS(nn::sgd<double>(3, {.momentum = 0.9, .dampening = 0.1, .nesterov = true}), geolip::usage_error);
    nn::adam<float> o(3);
    std::vector<float> w(4), g(3);
    CHECK_THROWS_WITH_AS(o.step(w, g), "adam: 4 parameters and a gradient of 3; expected 3 of both",
                         geolip::shape_error);
}
