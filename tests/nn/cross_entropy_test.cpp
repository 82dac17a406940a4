// Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT
#include "geolip/nn/cross_entropy.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include "fixtures/nn_pointwise.hpp"
#include "support/known_block.hpp"

namespace nn = geolip::nn;
using geolip_test::known_tensor;

namespace {

template <class T>
std::vector<T> logits_of(std::size_t count) {
    std::vector<T> x = known_tensor<T>(0, count);
    for (T& v : x) v *= 8;
    return x;
}

}  // namespace

TEST_CASE_TEMPLATE("cross_entropy is PyTorch's, whole or in parts", T, float, double) {
    const double tolerance = sizeof(T) == 4 ? 1e-5 : 1e-9;
    for (const auto& known : fixtures::cross_entropies) {
        const nn::shape s{known.rows, known.classes};
        const std::vector<T> x = logits_of<T>(s.size());
        const std::vector<std::int32_t> target(known.target, known.target + known.rows);
        const nn::cross_entropy<T> loss(known.ignored);
        std::vector<T> dx(s.size(), T(NAN));
        CHECK(loss({x.data(), s}, target, {dx.data(), s}) ==
              doctest::Approx(known.loss).epsilon(tolerance).scale(1e-3));
        CHECK(geolip_test::distance<T>(dx, known.gradient) < tolerance);
        CHECK(loss({x.data(), s}, target) == loss({x.data(), s}, target, {dx.data(), s}));

        for (const geolip::isa level : geolip_test::available_levels()) {
            const double scale = 1 / static_cast<double>(loss.count(target));
            dx.assign(s.size(), T(NAN));
            double sum = 0;
            for (std::size_t begin = 0; begin < known.rows; begin += 2) {
                const std::size_t rows = std::min<std::size_t>(2, known.rows - begin);
                const nn::tensor_view<const T> all(x.data(), s);
                sum += loss(all.slice(begin, rows), std::span(target).subspan(begin, rows),
                            nn::tensor_view<T>(dx.data(), s).slice(begin, rows), scale, level);
            }
            CHECK(sum == doctest::Approx(known.loss).epsilon(tolerance).scale(1e-3));
            CHECK(geolip_test::distance<T>(dx, known.gradient) < tolerance);
        }
    }
}

TEST_CASE("the gradient agrees with central differences") {
    const nn::shape s{2, 3, 5};
    std::vector<double> x = logits_of<double>(s.size()), dx(s.size());
    const std::vector<std::int32_t> target = {4, 0, -100, 2, 2, 1};
    const nn::cross_entropy<double> loss;
    loss({x.data(), s}, target, {dx.data(), s}, 0.7);
    for (std::size_t i = 0; i < x.size(); ++i) {
        const double at = x[i];
        x[i] = at + 1e-5;
        const double above = loss({x.data(), s}, target, {}, 0.7);
        x[i] = at - 1e-5;
        const double below = loss({x.data(), s}, target, {}, 0.7);
        x[i] = at;
        CHECK(std::fabs((above - below) / 2e-5 - dx[i]) < 1e-9);
    }
}

TEST_CASE("targets that are all ignored cost nothing, and nothing pulls") {
    const nn::shape s{2, 3};
    const std::vector<float> x(6, 1.0f);
    std::vector<float> dx(6, 5.0f);
    const nn::cross_entropy<float> loss;
    CHECK(loss({x.data(), s}, std::vector<std::int32_t>{-100, -100}, {dx.data(), s}) == 0);
    CHECK(dx == std::vector<float>(6, 0.0f));
    CHECK(loss.count(std::vector<std::int32_t>{-100, 2, -100}) == 1);
}

TEST_CASE("certain logits: no overflow, an infinite price for the impossible, NaN stays") {
    const nn::cross_entropy<float> loss;
    const float infinity = std::numeric_limits<float>::infinity();
    const nn::shape s{1, 3};
    std::vector<float> x = {3e38f, -3e38f, -infinity}, dx(3);
    CHECK(loss({x.data(), s}, std::vector<std::int32_t>{0}, {dx.data(), s}) == 0);
    CHECK(dx == std::vector<float>{0, 0, 0});
    CHECK(loss({x.data(), s}, std::vector<std::int32_t>{1}, {dx.data(), s}) == doctest::Approx(6e38));
    CHECK(dx == std::vector<float>{1, -1, 0});
    CHECK(loss({x.data(), s}, std::vector<std::int32_t>{2}) == static_cast<double>(infinity));
    x[1] = NAN;
    CHECK(std::isnan(loss({x.data(), s}, std::vector<std::int32_t>{0})));
}

TEST_CASE("wrong shapes and targets are named") {
    const nn::cross_entropy<float> loss;
    const std::vector<float> x(6);
    std::vector<float> dx(6);
    const nn::shape s{2, 3};
    const auto message = [&](const std::vector<std::int32_t>& target, const nn::shape& gradient) {
        try {
            loss({x.data(), s}, target, {dx.data(), gradient});
        } catch (const geolip::error& e) {
            return std::string(e.what());
        }
        return std::string();
    };
    CHECK(message({0, 3}, s) ==
          "cross_entropy: target 1 is 3; expected a class from 0 to 2, or -100 to ignore the row");
    CHECK(message({-1, 0}, s) ==
          "cross_entropy: target 0 is -1; expected a class from 0 to 2, or -100 to ignore the row");
    CHECK(message({0}, s) ==
          "cross_entropy: logits of shape 2 x 3 and 1 targets; expected logits of shape ... x classes and a target for "
          "each "
          "row");
    CHECK(message({0, 1}, {3, 2}) == "cross_entropy: a gradient of shape 3 x 2 for logits of shape 2 x 3");
    CHECK_THROWS_AS(loss({x.data(), s}, std::vector<std::int32_t>{0, 7}), geolip::usage_error);
    CHECK_THROWS_AS(loss({x.data(), s}, std::vector<std::int32_t>{0}), geolip::shape_error);
}
