// Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT
#include "geolip/nn/row_normalisation.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <string>
#include <vector>

#include "fixtures/nn_pointwise.hpp"
#include "support/known_block.hpp"

namespace nn = geolip::nn;
using geolip_test::check_gradients_of;
using nn::row_normalisation;

namespace {

// A policy from outside: twice the row.
struct doubled_rows {
    static constexpr std::size_t kept_size(std::size_t) { return 0; }
    template <class T>
    static void forward(const T* x, T* y, const nn::row_block<T>& b) {
        for (std::size_t i = 0; i < b.size(); ++i) y[i] = 2 * x[i];
    }
    template <class T>
    static void backward(const T*, const T*, const T* dy, T* dx, const nn::row_block<T>& b) {
        for (std::size_t i = 0; i < b.size(); ++i) dx[i] = 2 * dy[i];
    }
};

template <class Policy, class T, std::size_t N>
void check_known(const fixtures::known_block (&blocks)[N]) {
    for (const auto& known : blocks)
        geolip_test::check_known_block(row_normalisation<Policy, T>(known.argument[0]), known);
}

}  // namespace

TEST_CASE_TEMPLATE("row normalisations are PyTorch's", T, float, double) {
    check_known<nn::sphere_rows, T>(fixtures::sphere_row_blocks);
    check_known<nn::layer_norm_rows, T>(fixtures::standardised_row_blocks);
    check_known<nn::scaled_rows, T>(fixtures::scaled_row_blocks);
}

TEST_CASE_TEMPLATE("gradients agree with central differences", Policy, nn::sphere_rows, nn::layer_norm_rows,
                   nn::scaled_rows, nn::unchanged_rows, doubled_rows) {
    check_gradients_of(row_normalisation<Policy, double>(), nn::shape{1, 7});
    check_gradients_of(row_normalisation<Policy, double>(4), nn::shape{3, 5, 12});
    check_gradients_of(row_normalisation<Policy, double>(8), nn::shape{7, 8});
    check_gradients_of(row_normalisation<Policy, double, 3>(), nn::shape{2, 6});
    check_gradients_of(row_normalisation<Policy, double>(19), nn::shape{5, 38});
}

TEST_CASE_TEMPLATE("rows on the sphere have norm 1; short ones and zeros are multiplied with 1e12", T, float, double) {
    for (const geolip::isa level : geolip_test::available_levels())
        for (std::size_t length = 1; length < 40; ++length) {
            const nn::shape s{6, length};
            auto x = geolip_test::known_tensor<T>(2, s.size());
            for (std::size_t i = 0; i < length; ++i) {
                x[2 * length + i] = T(0);
                x[3 * length + i] = i == 0 ? T(1e-14) : T(0);
            }
            const row_normalisation<nn::sphere_rows, T> m;
            std::vector<T> y(s.size()), dy(s.size(), T(1)), dx(s.size());
            nn::workspace_memory<row_normalisation<nn::sphere_rows, T>> memory(m, s);
            m.forward({}, {x.data(), s}, {y.data(), s}, memory.view(level));
            m.backward({}, {x.data(), s}, {y.data(), s}, {dy.data(), s}, {dx.data(), s}, {}, memory.view(level));
            for (std::size_t r = 0; r < 6; ++r) {
                CAPTURE(r);
                CAPTURE(length);
                double square = 0;
                for (std::size_t i = 0; i < length; ++i) square += std::pow(static_cast<double>(y[r * length + i]), 2);
                const double expected = r == 2 ? 0 : r == 3 ? 0.01 : 1;
                CHECK(std::sqrt(square) == doctest::Approx(expected).epsilon(1e-6));
                if (r == 2 || r == 3)
                    for (std::size_t i = 0; i < length; ++i)
                        CHECK(static_cast<double>(dx[r * length + i]) == doctest::Approx(1e12).epsilon(1e-6));
            }
        }
}

TEST_CASE("scaled rows have mean norm 1; nothing but zeros gives zeros") {
    const row_normalisation<nn::scaled_rows, float> m(4);
    const nn::shape s{1, 8};
    std::vector<float> x = {3, 0, 4, 0, 0, 0, 0, 0}, y(8), dx(8);
    nn::workspace_memory<row_normalisation<nn::scaled_rows, float>> memory(m, s);
    m.forward({}, {x.data(), s}, {y.data(), s}, memory.view());
    CHECK(y[0] == doctest::Approx(1.2f));  // the norms are 5 and 0
    CHECK(y[2] == doctest::Approx(1.6f));
    m.backward({}, {x.data(), s}, {y.data(), s}, {y.data(), s}, {dx.data(), s}, {}, memory.view());
    for (const float v : dx) CHECK(std::fabs(v) < 1e-6);  // scaling x changes nothing
    x.assign(8, 0.0f);
    m.forward({}, {x.data(), s}, {y.data(), s}, memory.view());
    CHECK(y == std::vector<float>(8, 0.0f));
    const std::vector<float> ones(8, 1.0f);
    m.backward({}, {x.data(), s}, {y.data(), s}, {ones.data(), s}, {dx.data(), s}, {}, memory.view());
    for (const float v : dx) CHECK(std::isfinite(v));
}

TEST_CASE("an axis that is no whole number of rows is refused, naming both") {
    try {
        (void)row_normalisation<nn::sphere_rows, float>(4).output_shape({3, 10});
        FAIL("no error");
    } catch (const geolip::shape_error& e) {
        CHECK(std::string(e.what()) ==
              "row_normalisation: an input of shape 3 x 10; expected a last extent that is a multiple of 4");
    }
    CHECK_THROWS_AS((row_normalisation<nn::sphere_rows, float>(0)), geolip::shape_error);
    CHECK_THROWS_AS((row_normalisation<nn::sphere_rows, float, 4>(8)), geolip::shape_error);
}
