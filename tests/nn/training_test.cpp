// Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT
#include "geolip/nn/training.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <limits>
#include <vector>

#include "geolip/nn/adam.hpp"
#include "geolip/nn/sgd.hpp"
#include "support/optimised_chain.hpp"

namespace nn = geolip::nn;
using fixtures::optimised;

namespace {

// Not one of the library.
struct signs {
    using scalar_type = float;
    std::uint64_t taken = 0;
    void step(std::span<float> w, std::span<const float> g) { step(w, g, 0.5); }
    void step(std::span<float> w, std::span<const float> g, double rate) {
        for (std::size_t i = 0; i < w.size(); ++i) w[i] -= static_cast<float>(rate) * (g[i] > 0 ? 1.0f : -1.0f);
        ++taken;
    }
    template <nn::schedule S>
    void step(std::span<float> w, std::span<const float> g, const S& s) {
        step(w, g, s(0.5, taken));
    }
    std::uint64_t steps() const { return taken; }
    template <class Visit>
    void visit_state(Visit&& visit) {
        visit(std::string_view("step"), std::span(&taken, 1));
    }
    template <class Visit>
    void visit_state(Visit&& visit) const {
        visit(std::string_view("step"), std::span(&taken, 1));
    }
};

}  // namespace

TEST_CASE("a step of training is gradient, clipping and the optimiser's step") {
    std::vector<double> w = geolip_test::chain_start<double>(), g(optimised), seen;
    nn::sgd<double> o(optimised, {.rate = 1e-2});
    for (std::size_t step = 0; step < 40; ++step) {
        const double before = geolip_test::chain_gradient<double>(w, g);
        const auto report = nn::train_step(o, w, g, geolip_test::chain_gradient<double>, nn::constant_schedule(), 2.0);
        CHECK(report.loss == before);
        CHECK(report.gradient_norm == doctest::Approx(fixtures::clipped_norms[step]).epsilon(1e-12));
    }
    CHECK(geolip_test::relative_difference(w, std::span(fixtures::clipped_sgd).last(optimised)) < 1e-12);
}

TEST_CASE("a loss or a gradient that is not finite stops before anything moves, and says at which step") {
    const double nan = std::numeric_limits<double>::quiet_NaN();
    const double infinity = std::numeric_limits<double>::infinity();
    for (const double bad : {nan, infinity, -infinity})
        for (const bool in_loss : {true, false}) {
            std::vector<double> w = geolip_test::chain_start<double>(), g(optimised);
            nn::adam<double> o(optimised);
            const auto gradient = [&](std::span<const double> x, std::span<double> dx) {
                const double loss = geolip_test::chain_gradient<double>(x, dx);
                if (o.steps() < 3) return loss;
                if (in_loss) return bad;
                dx[17] = bad;
                return loss;
            };
            std::vector<double> last;
            std::uint64_t stopped = 0;
            try {
                for (;;) {
                    last = w;
                    nn::train_step(o, w, g, gradient);
                }
            } catch (const nn::nonfinite_loss& e) {
                stopped = e.step();
                const std::string text = e.what();
                CHECK(text.find("at step 3;") != std::string::npos);
                CHECK(text.find(in_loss ? "the loss is" : "the gradient's norm is") != std::string::npos);
                CHECK(text.find(std::isnan(bad) ? "NaN" : "infinite") != std::string::npos);
            }
            CHECK(stopped == 3);
            CHECK(o.steps() == 3);
            CHECK(w == last);
        }
}

TEST_CASE("any type with the steps and the state of an optimiser is one") {
    signs o;
    std::vector<float> w(1), g(1);
    nn::train_step(o, w, g, [](std::span<const float> x, std::span<float> dx) {
        dx[0] = x[0] - 3;
        return 0.0;
    });
    CHECK(w[0] == 0.5f);
}
