// Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT

// Blocks as a user writes them, with nothing of the library but the contract of `module`, inside everything that takes
// modules.
#include <doctest/doctest.h>

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "geolip/nn/chain.hpp"
#include "geolip/nn/data_parallel.hpp"
#include "geolip/nn/gradient_check.hpp"
#include "geolip/nn/linear.hpp"
#include "geolip/nn/module.hpp"
#include "geolip/nn/named.hpp"
#include "geolip/nn/parameters.hpp"
#include "geolip/nn/residual.hpp"
#include "support/known_block.hpp"

namespace somebody {

namespace nn = geolip::nn;

/// The least there is to a module: y = -x.
struct negative {
    using scalar_type = double;
    void forward(std::span<const double>, nn::tensor_view<const double> x, nn::tensor_view<double> y,
                 nn::workspace<double>) const {
        for (std::size_t i = 0; i < x.size(); ++i) y[i] = -x[i];
    }
    void backward(std::span<const double>, nn::tensor_view<const double>, nn::tensor_view<const double>,
                  nn::tensor_view<const double> dy, nn::tensor_view<double> dx, std::span<double>,
                  nn::workspace<double>) const {
        if (!dx) return;
        for (std::size_t i = 0; i < dy.size(); ++i) dx[i] = -dy[i];
    }
};

/// y = x / (1 + exp(-(a x + b))), a and b one number a feature. Keeps the gates from forward to backward, and adds up
/// the gradients of a and b in scratch memory first.
template <class T>
struct gate {
    using scalar_type = T;
    static constexpr bool elementwise = true;
    static constexpr bool reads_output = false;

    std::size_t features;

    nn::shape output_shape(const nn::shape& x) const {
        if (x.rank() == 0 || x.back() != features)
            throw geolip::shape_error("gate(" + std::to_string(features) + "): an input of shape " + to_string(x));
        return x;
    }
    template <class Visit>
    void visit_parameters(Visit&& visit) const {
        visit("slope", nn::shape{features}, nn::initialiser::normal(0.5));
        visit("offset", nn::shape{features}, nn::initialiser::constant(0.25));
    }
    std::size_t kept_size(const nn::shape& x) const { return x.size(); }
    std::size_t scratch_size(const nn::shape&) const { return 2 * features; }

    void forward(std::span<const T> w, nn::tensor_view<const T> x, nn::tensor_view<T> y,
                 nn::workspace<T> memory) const {
        for (std::size_t i = 0; i < x.size(); ++i) {
            const std::size_t f = i % features;
            memory.kept[i] = 1 / (1 + std::exp(-(w[f] * x[i] + w[features + f])));
            y[i] = x[i] * memory.kept[i];
        }
    }
    void backward(std::span<const T> w, nn::tensor_view<const T> x, nn::tensor_view<const T>,
                  nn::tensor_view<const T> dy, nn::tensor_view<T> dx, std::span<T> dw, nn::workspace<T> memory) const {
        for (std::size_t f = 0; f < 2 * features; ++f) memory.scratch[f] = 0;
        for (std::size_t i = 0; i < x.size(); ++i) {
            const std::size_t f = i % features;
            const T open = memory.kept[i];
            const T inner = dy[i] * x[i] * open * (1 - open);
            memory.scratch[f] += inner * x[i];
            memory.scratch[features + f] += inner;
            if (dx) dx[i] = dy[i] * open + inner * w[f];
        }
        for (std::size_t f = 0; f < 2 * features; ++f) dw[f] += memory.scratch[f];
    }
};

/// Numbers 0 … classes - 1 as rows with a single one: a module whose input is not a scalar.
struct one_hot {
    using scalar_type = double;
    using input_type = std::int32_t;
    static constexpr bool reads_output = false;

    std::size_t classes;

    nn::shape output_shape(const nn::shape& x) const { return x.with_axis(classes); }
    void forward(std::span<const double>, nn::tensor_view<const std::int32_t> x, nn::tensor_view<double> y,
                 nn::workspace<double>) const {
        for (std::size_t i = 0; i < y.size(); ++i)
            y[i] = static_cast<std::size_t>(x[i / classes]) == i % classes ? 1 : 0;
    }
    void backward(std::span<const double>, nn::tensor_view<const std::int32_t>, nn::tensor_view<const double>,
                  nn::tensor_view<const double>, nn::tensor_view<double>, std::span<double>,
                  nn::workspace<double>) const {}
};

struct without_backward {
    using scalar_type = double;
    void forward(std::span<const double>, nn::tensor_view<const double>, nn::tensor_view<double>,
                 nn::workspace<double>) const {}
};
struct of_integers : negative {
    using scalar_type = int;
};
struct that_changes {
    using scalar_type = double;
    void forward(std::span<const double>, nn::tensor_view<const double>, nn::tensor_view<double>,
                 nn::workspace<double>) {}
    void backward(std::span<const double>, nn::tensor_view<const double>, nn::tensor_view<const double>,
                  nn::tensor_view<const double>, nn::tensor_view<double>, std::span<double>, nn::workspace<double>) {}
};

}  // namespace somebody

using namespace geolip::nn;
using geolip_test::check_gradients_of;
using geolip_test::known_tensor;
using somebody::gate;
using somebody::negative;
using somebody::one_hot;

static_assert(geolip::nn::module<negative> && geolip::nn::module<gate<float>> && geolip::nn::module<gate<double>> &&
              geolip::nn::module<one_hot>);
static_assert(!geolip::nn::module<somebody::without_backward> && !geolip::nn::module<somebody::of_integers> &&
              !geolip::nn::module<somebody::that_changes> && !geolip::nn::module<int>);

TEST_CASE("what a block does not say has its default") {
    const negative m;
    CHECK(output_shape(m, {3, 4}) == shape{3, 4});
    CHECK(parameter_count(m) == 0);
    CHECK(parameters_of(m).empty());
    CHECK(kept_size(m, {3, 4}) == 0);
    CHECK(scratch_size(m, {3, 4}) == 0);
    CHECK(reads_output<negative>);
    const gate<float> g{5};
    CHECK(parameter_count(g) == 10);
    CHECK(kept_size(g, {3, 5}) == padded<float>(15));
    CHECK(scratch_size(g, {3, 5}) == padded<float>(10));
}

TEST_CASE("gradients of blocks from outside, alone and in compositions") {
    check_gradients_of(negative(), {2, 3});
    check_gradients_of(gate<double>{5}, {2, 3, 5});
    check_gradients_of(gate<double>{1}, {1, 1});
    check_gradients_of(chain(gate<double>{6}, negative(), gate<double>{6}), {4, 6});
    check_gradients_of(residual(negative(), gate<double>{6}), {4, 6});
    check_gradients_of(residual(gate<double>{3}), {7, 3});
    check_gradients_of(chain(linear<double>(4, 8), residual(gate<double>{8}, linear<double>(8, 8)), negative(),
                             residual(negative()), linear<double>(8, 2)),
                       {3, 4});
    const chain tokens(one_hot{7}, linear<double>(7, 4), residual(gate<double>{4}));
    const std::vector<std::int32_t> ids = {0, 3, 6, 6, 1, 2};
    const auto w = initial_parameters(tokens, 2);
    for (const auto& e : check_gradients(tokens, w, tensor_view<const std::int32_t>(ids.data(), {2, 3}))) {
        CAPTURE(e.name);
        CHECK(e.error < 1e-6);
    }
}

TEST_CASE("their parameters have their names, places and laws in a model") {
    const chain net(linear<double>(4, 3), named<"gate", gate<double>>(gate<double>{3}), residual(gate<double>{3}));
    const auto table = parameters_of(net);
    REQUIRE(table.size() == 6);
    CHECK(table[2].name == "gate.slope");
    CHECK(table[3].name == "gate.offset");
    CHECK(table[4].name == "2.slope");
    CHECK(table[3].offset == 15 + 3);
    CHECK(table[2].law == initialiser::normal(0.5));
    const auto w = initial_parameters(net, 9);
    for (std::size_t i = 18; i < 21; ++i) CHECK(w[i] == 0.25);
    CHECK(w[15] != w[16]);
}

TEST_CASE_TEMPLATE("shards on many threads give the bits of one thread, and the gradient of the whole batch", T, float,
                   double) {
    const chain net(linear<T>(6, 10), residual(gate<T>{10}, linear<T>(10, 10)), gate<T>{10});
    const shape batch{13, 6};
    const auto w = initial_parameters(net, 4);
    const auto x = known_tensor<T>(0, batch.size());
    const auto loss = [](std::size_t, auto y, auto dy) {
        double sum = 0;
        for (std::size_t i = 0; i < y.size(); ++i) {
            dy[i] = y[i];
            sum += 0.5 * static_cast<double>(y[i]) * static_cast<double>(y[i]);
        }
        return sum;
    };
    const auto gradient = [&](std::size_t shards, unsigned threads) {
        data_parallel step(net, batch, {.shards = shards, .threads = threads});
        std::vector<T> dw(w.size());
        step.gradient(w, {x.data(), batch}, dw, loss);
        return dw;
    };
    const auto one = gradient(5, 1);
    CHECK(gradient(5, 3) == one);
    const auto whole = gradient(1, 1);
    std::vector<double> expected(whole.begin(), whole.end());
    CHECK(geolip_test::distance<T>(one, expected.data()) < (sizeof(T) == 4 ? 1e-6 : 1e-14));
}

TEST_CASE("their shape errors come through, when a model is planned") {
    const chain net(linear<double>(4, 3), gate<double>{5});
    CHECK_THROWS_WITH_AS(data_parallel(net, shape{2, 4}), "gate(5): an input of shape 2 x 3", geolip::shape_error);
}

namespace somebody {

enum class mistake { none, adds_dx, sets_dw, divides_by_zero };

/// y = a x, its backward pass with a mistake.
template <mistake Mistake>
struct careless_factor {
    using scalar_type = double;
    void visit_parameters(auto&& visit) const { visit("a", nn::shape{1}, nn::initialiser::constant(2)); }
    void forward(std::span<const double> w, nn::tensor_view<const double> x, nn::tensor_view<double> y,
                 nn::workspace<double>) const {
        for (std::size_t i = 0; i < x.size(); ++i) y[i] = w[0] * x[i];
    }
    void backward(std::span<const double> w, nn::tensor_view<const double> x, nn::tensor_view<const double>,
                  nn::tensor_view<const double> dy, nn::tensor_view<double> dx, std::span<double> dw,
                  nn::workspace<double>) const {
        double sum = 0;
        for (std::size_t i = 0; i < x.size(); ++i) sum += dy[i] * x[i];
        if (Mistake == mistake::divides_by_zero) sum *= std::nan("");
        dw[0] = (Mistake == mistake::sets_dw ? 0 : dw[0]) + sum;
        if (!dx) return;
        for (std::size_t i = 0; i < x.size(); ++i) dx[i] = (Mistake == mistake::adds_dx ? dx[i] : 0) + dy[i] * w[0];
    }
};

}  // namespace somebody

TEST_CASE("the gradient check finds a dx that is added to, a dw that is set, and a NaN") {
    using somebody::careless_factor;
    using somebody::mistake;
    const std::vector<double> w = {2}, x = {1, -2, 3};
    const auto errors = [&](const auto& block) {
        const auto found = check_gradients(block, w, tensor_view<const double>(x.data(), {3}));
        REQUIRE(found.size() == 2);
        return std::pair(found[0].error, found[1].error);  // of a, of the input
    };
    const auto [a, input] = errors(careless_factor<mistake::none>());
    CHECK(a < 1e-9);
    CHECK(input < 1e-9);
    CHECK(std::isinf(errors(careless_factor<mistake::adds_dx>()).second));
    CHECK(errors(careless_factor<mistake::sets_dw>()).first == doctest::Approx(0.5));
    CHECK(std::isinf(errors(careless_factor<mistake::divides_by_zero>()).first));
}
