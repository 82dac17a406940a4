// Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT
#include "geolip/nn/mean_squared_error.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <string>
#include <vector>

#include "fixtures/nn_pointwise.hpp"
#include "support/known_block.hpp"

namespace nn = geolip::nn;
using geolip_test::known_tensor;

TEST_CASE_TEMPLATE("mean_squared_error is PyTorch's, whole or in parts", T, float, double) {
    const double tolerance = sizeof(T) == 4 ? 1e-5 : 1e-9;
    for (const auto& known : fixtures::squared_errors) {
        const nn::shape s{known.count};
        const auto x = known_tensor<T>(0, known.count);
        const auto t = known_tensor<T>(1, known.count);
        std::vector<T> dx(known.count, T(NAN));
        const nn::mean_squared_error<T> loss;
        CHECK(loss({x.data(), s}, {t.data(), s}, {dx.data(), s}) == doctest::Approx(known.loss).epsilon(tolerance));
        CHECK(geolip_test::distance<T>(dx, known.gradient) < tolerance);
        for (const geolip::isa level : geolip_test::available_levels()) {
            dx.assign(known.count, T(NAN));
            const double scale = 1 / static_cast<double>(known.count);
            const std::size_t half = known.count / 2;
            const nn::tensor_view<const T> all(x.data(), s), target(t.data(), s);
            const nn::tensor_view<T> gradient(dx.data(), s);
            const double sum = loss(all.slice(0, half), target.slice(0, half), gradient.slice(0, half), scale, level) +
                               loss(all.slice(half, known.count - half), target.slice(half, known.count - half),
                                    gradient.slice(half, known.count - half), scale, level);
            CHECK(sum == doctest::Approx(known.loss).epsilon(tolerance));
            CHECK(geolip_test::distance<T>(dx, known.gradient) < tolerance);
            CHECK(loss(all, target, {}, scale, level) == doctest::Approx(known.loss).epsilon(tolerance));
        }
    }
}

TEST_CASE("a million small differences are not lost in a float") {
    const std::size_t count = (1u << 20) + 3;
    const std::vector<float> x(count, 0.1f), t(count, 0.0f);
    const nn::shape s{count};
    const double expected = static_cast<double>(0.1f) * static_cast<double>(0.1f);
    for (const geolip::isa level : geolip_test::available_levels())
        CHECK(nn::mean_squared_error<float>()({x.data(), s}, {t.data(), s}, {}, 1 / static_cast<double>(count),
                                              level) == doctest::Approx(expected).epsilon(1e-6).scale(0));
}

TEST_CASE("shapes that differ are named, and nothing costs nothing") {
    const std::vector<double> x(6);
    std::vector<double> dx(6);
    const nn::mean_squared_error<double> loss;
    try {
        loss({x.data(), {2, 3}}, {x.data(), {3, 2}});
        FAIL("no error");
    } catch (const geolip::shape_error& e) {
        CHECK(std::string(e.what()) ==
              "mean_squared_error: a prediction of shape 2 x 3 for a target of shape 3 x 2; expected equal shapes");
    }
    CHECK_THROWS_AS(loss({x.data(), {2, 3}}, {x.data(), {2, 3}}, {dx.data(), {6}}), geolip::shape_error);
    CHECK(loss({x.data(), {0}}, {x.data(), {0}}) == 0);
}
