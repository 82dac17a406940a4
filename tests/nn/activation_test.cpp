// Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT
#include "geolip/nn/activation.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <limits>
#include <vector>

#include "fixtures/nn_pointwise.hpp"
#include "geolip/nn/chain.hpp"
#include "geolip/nn/linear.hpp"
#include "support/known_block.hpp"

namespace nn = geolip::nn;
using geolip_test::check_gradients_of;
using geolip_test::check_known_block;

namespace {

// A function from outside, with a parameter of its own.
struct leaky {
    double slope = 0.25;
    double value(double x) const { return x > 0 ? x : slope * x; }
    double derivative(double x) const { return x > 0 ? 1 : slope; }
};
struct softplus {
    static double value(double x) { return std::log1p(std::exp(x)); }
    static double derivative(double x) { return 1 / (1 + std::exp(-x)); }
};

/// f(x) and f'(x) of a block, for one number in the middle of several.
template <class M>
std::pair<typename M::scalar_type, typename M::scalar_type> at(const M& m, typename M::scalar_type x,
                                                               geolip::isa level) {
    using T = typename M::scalar_type;
    const nn::shape s{21};
    std::vector<T> in(21, x), y(21), dy(21, T(1)), dx(21);
    nn::workspace_memory<M> memory(m, s);
    m.forward({}, {in.data(), s}, {y.data(), s}, memory.view(level));
    m.backward({}, {in.data(), s}, {y.data(), s}, {dy.data(), s}, {dx.data(), s}, {}, memory.view(level));
    for (std::size_t i = 1; i < 21; ++i) {
        CHECK((y[i] == y[0] || std::isnan(x) || std::isnan(y[0])));
        CHECK((dx[i] == dx[0] || std::isnan(x) || std::isnan(dx[0])));
    }
    return {y[10], dx[10]};
}

}  // namespace

TEST_CASE_TEMPLATE("activations are PyTorch's", T, float, double) {
    for (const auto& known : fixtures::gelu_blocks) check_known_block(nn::gelu<T>(), known);
    for (const auto& known : fixtures::relu_blocks) check_known_block(nn::relu<T>(), known);
    for (const auto& known : fixtures::silu_blocks) check_known_block(nn::silu<T>(), known);
    for (const auto& known : fixtures::tanh_blocks) check_known_block(nn::tanh<T>(), known);
}

TEST_CASE("gradients agree with central differences") {
    for (const nn::shape& s : {nn::shape{1}, nn::shape{3, 7}, nn::shape{2, 2, 16}}) {
        check_gradients_of(nn::identity<double>(), s);
        check_gradients_of(nn::relu<double>(), s);
        check_gradients_of(nn::gelu<double>(), s);
        check_gradients_of(nn::silu<double>(), s);
        check_gradients_of(nn::tanh<double>(), s);
    }
}

TEST_CASE_TEMPLATE("far from zero, value and slope are as good as near it", T, float, double) {
    const double tolerance = 12 * static_cast<double>(std::numeric_limits<T>::epsilon());
    for (const geolip::isa level : geolip_test::available_levels())
        for (const double v : {-12.0, -8.5, -3.0, -0.5, 0.25, 1.5, 6.0, 40.0}) {
            const T x = static_cast<T>(v);
            CAPTURE(v);
            const long double phi = std::erfc(-static_cast<long double>(v) / std::sqrt(2.0L)) / 2;
            const long double bell = std::exp(-0.5L * v * v) / std::sqrt(2 * std::acos(-1.0L));
            const auto [y, dy] = at(nn::gelu<T>(), x, level);
            CHECK(y == doctest::Approx(static_cast<double>(v * phi)).epsilon(tolerance).scale(0));
            // phi and x bell cancel in part: the error is relative to the terms.
            CHECK(std::fabs(static_cast<double>(dy - (phi + v * bell))) <=
                  tolerance * static_cast<double>(phi + std::fabs(v) * bell));
            const long double s = 1 / (1 + std::exp(-static_cast<long double>(v)));
            const auto [z, dz] = at(nn::silu<T>(), x, level);
            CHECK(z == doctest::Approx(static_cast<double>(v * s)).epsilon(tolerance).scale(0));
            CHECK(std::fabs(static_cast<double>(dz - (s + v * s * (1 - s)))) <=
                  tolerance * static_cast<double>(s * (1 + std::fabs(v))));
            CHECK(at(nn::tanh<T>(), x, level).first == doctest::Approx(std::tanh(v)).epsilon(tolerance).scale(0));
        }
}

TEST_CASE_TEMPLATE("zero, infinities and NaN", T, float, double) {
    const T infinity = std::numeric_limits<T>::infinity();
    const T nan = std::numeric_limits<T>::quiet_NaN();
    for (const geolip::isa level : geolip_test::available_levels()) {
        CHECK(at(nn::gelu<T>(), T(0), level) == std::pair(T(0), T(0.5)));
        CHECK(at(nn::silu<T>(), T(0), level) == std::pair(T(0), T(0.5)));
        CHECK(at(nn::tanh<T>(), T(0), level) == std::pair(T(0), T(1)));
        CHECK(at(nn::relu<T>(), T(0), level) == std::pair(T(0), T(0)));
        CHECK(at(nn::gelu<T>(), infinity, level).first == infinity);
        CHECK(at(nn::silu<T>(), infinity, level).first == infinity);
        CHECK(at(nn::tanh<T>(), infinity, level) == std::pair(T(1), T(0)));
        CHECK(at(nn::tanh<T>(), -infinity, level) == std::pair(T(-1), T(0)));
        CHECK(at(nn::relu<T>(), infinity, level) == std::pair(infinity, T(1)));
        CHECK(at(nn::relu<T>(), -infinity, level) == std::pair(T(0), T(0)));
        CHECK(std::isnan(at(nn::gelu<T>(), nan, level).first));
        CHECK(std::isnan(at(nn::silu<T>(), nan, level).first));
        CHECK(std::isnan(at(nn::tanh<T>(), nan, level).first));
        CHECK(std::isnan(at(nn::relu<T>(), nan, level).first));
        CHECK(std::isnan(at(nn::identity<T>(), nan, level).first));
        CHECK(std::isnan(at(nn::gelu<T>(), -infinity, level).first));
        // Where the results would be subnormal they are 0.
        CHECK(at(nn::gelu<T>(), T(-200), level) == std::pair(T(0), T(0)));
        CHECK(at(nn::silu<T>(), T(-800), level) == std::pair(T(0), T(0)));
    }
}

TEST_CASE("a function from outside is a block") {
    static_assert(nn::module<nn::pointwise<leaky, double>>);
    static_assert(nn::module<nn::pointwise<softplus, float>>);
    const nn::chain model(nn::linear<double>(3, 5), nn::pointwise<leaky, double>(leaky{0.1}),
                          nn::pointwise<softplus, double>());
    check_gradients_of(model, nn::shape{4, 3});
    CHECK(at(nn::pointwise<leaky, double>(leaky{0.5}), -3.0, geolip::isa::automatic) == std::pair(-1.5, 0.5));
    CHECK(at(nn::pointwise<leaky, double>(), -3.0, geolip::isa::automatic) == std::pair(-0.75, 0.25));
}
