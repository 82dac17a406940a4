// Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT
#include "geolip/nn/lbfgs.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <span>
#include <stdexcept>
#include <string>
#include <vector>

#include "fixtures/nn_optimisers.hpp"
#include "support/levels.hpp"

namespace nn = geolip::nn;
using geolip_test::available_levels;

namespace {

template <class T>
double rosenbrock(std::span<const T> w, std::span<T> g) {
    std::ranges::fill(g, T(0));
    T loss = 0;
    for (std::size_t i = 0; i + 1 < w.size(); ++i) {
        const T a = w[i + 1] - w[i] * w[i];
        const T b = 1 - w[i];
        loss += 100 * a * a + b * b;
        g[i] += -400 * a * w[i] - 2 * b;
        g[i + 1] += 200 * a;
    }
    return static_cast<double>(loss);
}

template <class T>
double quadratic(std::span<const T> w, std::span<T> g) {
    std::ranges::fill(g, T(0));
    T loss = 0;
    for (std::size_t i = 0; i < w.size(); ++i) {
        const T a = w[i] - static_cast<T>(i) / 8;
        loss += static_cast<T>(1 + i) * a * a / 2;
        g[i] += static_cast<T>(1 + i) * a;
        if (i + 1 == w.size()) break;
        const T c = w[i + 1] - w[i];
        loss += c * c / 4;
        g[i] -= c / 2;
        g[i + 1] += c / 2;
    }
    return static_cast<double>(loss);
}

template <class T>
std::vector<T> start(const fixtures::lbfgs_run& r) {
    if (r.rosenbrock && r.size == 2) return {T(-1.2), T(1)};
    if (r.rosenbrock) return {T(0.3), T(-0.4), T(0.8), T(-1.1)};
    std::vector<T> w(r.size);
    for (std::size_t i = 0; i < r.size; ++i) w[i] = static_cast<T>(3 * i % 7) / 2;
    return w;
}

nn::lbfgs_options options_of(const fixtures::lbfgs_run& r, geolip::isa level = geolip::isa::automatic) {
    nn::lbfgs_options o;
    o.rate = r.rate;
    o.max_iterations = static_cast<std::size_t>(r.max_iterations);
    if (r.max_evaluations >= 0) o.max_evaluations = static_cast<std::size_t>(r.max_evaluations);
    o.tolerance_gradient = r.tolerance_gradient;
    o.tolerance_change = r.tolerance_change;
    o.history = r.history;
    o.isa = level;
    return o;
}

template <class T>
nn::lbfgs_step step(nn::lbfgs<T>& o, const fixtures::lbfgs_run& r, std::vector<T>& w) {
    return r.rosenbrock ? o.step(w, rosenbrock<T>) : o.step(w, quadratic<T>);
}

// -1 at a distance: a loss with a hole that is not finite.
double hole(std::span<const double> w, std::span<double> g, double bad) {
    const double x = w[0];
    g[0] = 2 * x;
    return x < -0.1 ? bad : x * x;
}

}  // namespace

TEST_CASE("L-BFGS goes where PyTorch's goes, in as many evaluations, at every level") {
    for (const fixtures::lbfgs_run& r : fixtures::lbfgs_runs)
        for (const geolip::isa level : available_levels()) {
            nn::lbfgs<double> o(r.size, options_of(r, level));
            std::vector<double> w = start<double>(r);
            for (std::size_t s = 0; s < r.steps; ++s) {
                CAPTURE(&r - fixtures::lbfgs_runs);
                CAPTURE(s);
                const nn::lbfgs_step done = step(o, r, w);
                CHECK(std::fabs(done.loss - r.loss[s]) <= 1e-8 * std::fabs(r.loss[s]) + 1e-14);
                CHECK(o.iterations() == r.counts[2 * s]);
                CHECK(o.evaluations() == r.counts[2 * s + 1]);
                for (std::size_t i = 0; i < r.size; ++i) CHECK(std::fabs(w[i] - r.w[s * r.size + i]) < 1e-8);
            }
        }
}

TEST_CASE("L-BFGS in single precision finds the same minimum") {
    nn::lbfgs<float> o(2, {.max_iterations = 100});
    std::vector<float> w = {-1.2f, 1.0f};
    CHECK(o.step(w, rosenbrock<float>).last_loss < 1e-8);
    CHECK(std::fabs(w[0] - 1) < 1e-3f);
    CHECK(std::fabs(w[1] - 1) < 2e-3f);
    // The first steps, before rounding has grown.
    const fixtures::lbfgs_run& r = fixtures::lbfgs_runs[4];
    nn::lbfgs<float> few(r.size, options_of(r));
    std::vector<float> v = start<float>(r);
    for (std::size_t s = 0; s < 3; ++s) {
        step(few, r, v);
        for (std::size_t i = 0; i < r.size; ++i)
            CHECK(std::fabs(static_cast<double>(v[i]) - r.w[s * r.size + i]) < 1e-5);
    }
}

TEST_CASE_TEMPLATE("L-BFGS goes on to the same bits from its state", T, float, double) {
    nn::lbfgs_options options;
    options.max_iterations = 3;
    options.history = 4;
    std::vector<T> w = {T(0.3), T(-0.4), T(0.8), T(-1.1), T(0.1)};
    nn::lbfgs<T> whole(w.size(), options), resumed(w.size(), options), again(w.size(), options);
    std::vector<T> from_start = w;
    for (int i = 0; i < 3; ++i) whole.step(w, rosenbrock<T>);

    std::map<std::string, std::vector<double>> saved;
    std::as_const(whole).visit_state([&](std::string_view name, auto values) {
        for (const auto v : values) saved[std::string(name)].push_back(static_cast<double>(v));
    });
    CHECK(saved.at("ring")[1] == 4);
    resumed.visit_state([&]<class U>(std::string_view name, std::span<U> values) {
        const auto& from = saved.at(std::string(name));
        REQUIRE(from.size() == values.size());
        for (std::size_t i = 0; i < values.size(); ++i) values[i] = static_cast<U>(from[i]);
    });
    std::vector<T> v = w;
    for (int i = 0; i < 3; ++i) whole.step(w, rosenbrock<T>);
    for (int i = 0; i < 3; ++i) resumed.step(v, rosenbrock<T>);
    CHECK(v == w);
    for (int i = 0; i < 6; ++i) again.step(from_start, rosenbrock<T>);
    CHECK(from_start == w);
    CHECK(resumed.iterations() == whole.iterations());
}

TEST_CASE("a trial that is not finite is too far, not the end") {
    for (const double bad :
         {std::nan(""), std::numeric_limits<double>::infinity(), -std::numeric_limits<double>::infinity()}) {
        std::vector<double> w = {4};
        nn::lbfgs<double> o(1, {.rate = 20});
        const auto done = o.step(w, [&](std::span<const double> x, std::span<double> g) { return hole(x, g, bad); });
        CHECK(std::fabs(w[0]) < 1e-6);
        CHECK(done.last_loss < 1e-12);
    }
    // Nothing but the start is finite.
    std::vector<double> w = {4};
    nn::lbfgs<double> o(1);
    o.step(w, [](std::span<const double> x, std::span<double> g) {
        g[0] = 1;
        return x[0] == 4 ? 1.0 : std::nan("");
    });
    CHECK(w[0] == 4);
}

TEST_CASE("a start that is not finite is an error, and a throwing loss leaves the last good place") {
    nn::lbfgs<double> o(1);
    std::vector<double> w = {-4};
    CHECK_THROWS_AS(o.step(w, [](std::span<const double> x, std::span<double> g) { return hole(x, g, std::nan("")); }),
                    nn::nonfinite_loss);
    CHECK_THROWS_AS(o.step(w,
                           [](std::span<const double>, std::span<double> g) {
                               g[0] = std::nan("");
                               return 1.0;
                           }),
                    nn::nonfinite_loss);
    CHECK(w[0] == -4);
    int calls = 0;
    CHECK_THROWS_AS(o.step(w,
                           [&](std::span<const double> x, std::span<double> g) {
                               if (++calls == 2) throw std::runtime_error("no more");
                               g[0] = 2 * x[0];
                               return x[0] * x[0];
                           }),
                    std::runtime_error);
    CHECK(w[0] == -4);
}

TEST_CASE("at a minimum nothing moves") {
    nn::lbfgs<double> o(2);
    std::vector<double> w = {1, 1};
    const auto done = o.step(w, rosenbrock<double>);
    CHECK(done.iterations == 0);
    CHECK(done.evaluations == 1);
    CHECK(w == std::vector<double>{1, 1});
}

TEST_CASE("options and sizes of L-BFGS that make no sense are errors") {
    CHECK_THROWS_AS(nn::lbfgs<double>(3, {.rate = -1}), geolip::usage_error);
    CHECK_THROWS_AS(nn::lbfgs<double>(3, {.tolerance_gradient = std::nan("")}), geolip::usage_error);
    CHECK_THROWS_AS(nn::lbfgs<double>(3, {.tolerance_change = -1}), geolip::usage_error);
    CHECK_THROWS_AS(nn::lbfgs<double>(3, {.history = 0}), geolip::usage_error);
    nn::lbfgs<double> o(3);
    std::vector<double> w(2);
    CHECK_THROWS_AS(o.step(w, rosenbrock<double>), geolip::shape_error);
}
