// Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT
#include "geolip/nn/softmax.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <limits>
#include <vector>

#include "fixtures/nn_pointwise.hpp"
#include "support/known_block.hpp"

namespace nn = geolip::nn;

TEST_CASE_TEMPLATE("softmax is PyTorch's", T, float, double) {
    for (const auto& known : fixtures::softmax_blocks) geolip_test::check_known_block(nn::softmax<T>(), known);
}

TEST_CASE("gradients agree with central differences") {
    for (const nn::shape& s : {nn::shape{2}, nn::shape{3, 4}, nn::shape{5, 8}, nn::shape{2, 2, 19}})
        geolip_test::check_gradients_of(nn::softmax<double>(), s);
}

TEST_CASE_TEMPLATE("masked and extreme entries", T, float, double) {
    const T infinity = std::numeric_limits<T>::infinity();
    const T nan = std::numeric_limits<T>::quiet_NaN();
    for (const geolip::isa level : geolip_test::available_levels())
        for (const std::size_t length : {2u, 3u, 4u, 8u, 16u, 21u, 40u}) {
            CAPTURE(length);
            // Row 0: the first two entries equal, the others masked; 1: all masked; 2: huge; 3: NaN; 4: + infinity.
            std::vector<T> x(5 * length, -infinity), y(5 * length, nan), dy(5 * length, T(3)), dx(5 * length, nan);
            for (std::size_t i = 0; i < length; ++i) {
                x[2 * length + i] = i == length - 1 ? std::numeric_limits<T>::max() : std::numeric_limits<T>::lowest();
                x[3 * length + i] = i == 1 ? nan : T(0);
                x[4 * length + i] = i == 0 ? infinity : T(0);
            }
            x[0] = x[1] = T(-5);
            const nn::shape s{5, length};
            const nn::softmax<T> m;
            m.forward({}, {x.data(), s}, {y.data(), s}, {{}, {}, level});
            for (std::size_t i = 0; i < length; ++i) {
                CHECK(y[i] == (i < 2 ? T(0.5) : T(0)));
                CHECK(y[length + i] == 0);
                CHECK(y[2 * length + i] == (i == length - 1 ? T(1) : T(0)));
                CHECK(std::isnan(y[3 * length + i]));
                CHECK(std::isnan(y[4 * length + i]));
            }
            m.backward({}, {x.data(), s}, {y.data(), s}, {dy.data(), s}, {dx.data(), s}, {}, {{}, {}, level});
            for (std::size_t i = 0; i < 3 * length; ++i) CHECK(dx[i] == 0);
        }
}

TEST_CASE("rows sum to one, and a constant added to a row changes nothing much") {
    for (const geolip::isa level : geolip_test::available_levels())
        for (std::size_t length = 1; length < 70; ++length) {
            const nn::shape s{3, length};
            auto x = geolip_test::known_tensor<double>(1, s.size());
            std::vector<double> y(s.size()), z(s.size());
            nn::softmax<double>().forward({}, {x.data(), s}, {y.data(), s}, {{}, {}, level});
            for (double& v : x) v += 512;
            nn::softmax<double>().forward({}, {x.data(), s}, {z.data(), s}, {{}, {}, level});
            for (std::size_t r = 0; r < 3; ++r) {
                double sum = 0;
                for (std::size_t i = 0; i < length; ++i) {
                    sum += y[r * length + i];
                    CHECK(z[r * length + i] == doctest::Approx(y[r * length + i]).epsilon(1e-12));
                }
                CHECK(std::fabs(sum - 1) < 1e-14);
            }
        }
}
