// Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT
#include "geolip/nn/convolution.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include "fixtures/nn_convolution.hpp"
#include "geolip/nn/chain.hpp"
#include "geolip/nn/parameters.hpp"
#include "geolip/nn/residual.hpp"
#include "support/known_block.hpp"

using geolip::nn::chain;
using geolip::nn::convolution_3x3;
using geolip::nn::initialiser;
using geolip::nn::parameters_of;
using geolip::nn::residual;
using geolip::nn::shape;
using geolip_test::known_pass;
using geolip_test::known_tensor;

namespace {

// The definition, in double precision.
struct reference {
    std::vector<double> y, dx, dw;

    template <class T>
    reference(const convolution_3x3<T>& m, const shape& s)
        : y(m.output_shape(s).size()), dx(s.size()), dw(m.parameter_count()) {
        const auto x = known_tensor<double>(0, s.size()), w = known_tensor<double>(1, dw.size()),
                   dy = known_tensor<double>(2, y.size());
        const std::size_t height = s[2], width = s[3], bias = m.in() * m.out() * 9;
        for (std::size_t n = 0; n < s[0]; ++n)
            for (std::size_t o = 0; o < m.out(); ++o)
                for (std::size_t r = 0; r < height; ++r)
                    for (std::size_t c = 0; c < width; ++c) {
                        const std::size_t to = ((n * m.out() + o) * height + r) * width + c;
                        if (m.has_bias()) {
                            y[to] += w[bias + o];
                            dw[bias + o] += dy[to];
                        }
                        for (std::size_t i = 0; i < m.in(); ++i)
                            for (std::size_t t = 0; t < 9; ++t) {
                                const std::size_t above = r + t / 3, left = c + t % 3;
                                if (above < 1 || above > height || left < 1 || left > width) continue;
                                const std::size_t from = ((n * m.in() + i) * height + above - 1) * width + left - 1;
                                const std::size_t tap = (o * m.in() + i) * 9 + t;
                                y[to] += w[tap] * x[from];
                                dx[from] += w[tap] * dy[to];
                                dw[tap] += dy[to] * x[from];
                            }
                    }
    }
};

}  // namespace

TEST_CASE_TEMPLATE("convolutions are PyTorch's, forward and backward", T, float, double) {
    for (const auto& known : fixtures::convolutions)
        geolip_test::check_known_block(convolution_3x3<T>(known.argument[0], known.argument[1], known.argument[2] != 0),
                                       known);
}

TEST_CASE("gradients agree with central differences") {
    geolip_test::check_gradients_of(convolution_3x3<double>(2, 3), {2, 2, 4, 5});
    geolip_test::check_gradients_of(convolution_3x3<double>(3, 1, false), {1, 3, 1, 6});
    geolip_test::check_gradients_of(residual(chain(convolution_3x3<double>(3, 16), convolution_3x3<double>(16, 3))),
                                    {1, 3, 7, 9});
}

TEST_CASE_TEMPLATE("every tile and every strip: sizes around those of registers, channels around those of blocks", T,
                   float, double) {
    struct size {
        std::size_t in, out;
        shape x;
    };
    for (const size& c : {size{3, 16, {2, 3, 64, 64}}, size{16, 3, {2, 16, 64, 64}}, size{1, 1, {18, 1, 3, 3}},
                          size{7, 6, {1, 7, 10, 31}}, size{13, 15, {1, 13, 8, 33}}, size{2, 23, {1, 2, 17, 12}},
                          size{5, 5, {1, 5, 9, 96}}, size{4, 4, {1, 4, 2, 127}}, size{8, 8, {1, 8, 16, 8}}}) {
        const convolution_3x3<T> m(c.in, c.out);
        const reference expected(m, c.x);
        for (const geolip::isa level : geolip_test::available_levels()) {
            CAPTURE(geolip::isa_name(level));
            CAPTURE(to_string(c.x));
            const known_pass<convolution_3x3<T>> got(m, c.x, level);
            // Sums of up to 8192 products: their errors add up like the steps of a walk.
            const double tolerance = sizeof(T) == 4 ? 2e-6 : 4e-15;
            CHECK(geolip_test::distance<T>(got.y, expected.y.data()) < tolerance);
            CHECK(geolip_test::distance<T>(got.dx, expected.dx.data()) < tolerance);
            CHECK(geolip_test::distance<T>(got.dw, expected.dw.data()) < tolerance);
        }
    }
}

TEST_CASE("many channels: the sums of the weight's gradient are made in parts") {
    const convolution_3x3<float> m(130, 140, false);
    const shape x{1, 130, 3, 5};
    const known_pass<convolution_3x3<float>> got(m, x, geolip::isa::automatic);
    const reference expected(m, x);
    CHECK(geolip_test::distance<float>(got.dw, expected.dw.data()) < 1e-6);
    // 130 x 140 x 9 registers of 16 would be 10 MB.
    CHECK(m.scratch_size(x) < 400000);
}

TEST_CASE("a border of zeros: the response to one pixel is the turned filter") {
    const convolution_3x3<double> m(1, 1, false);
    const auto w = known_tensor<double>(1, 9);
    for (const std::size_t at : {0u, 4u, 12u, 20u, 24u}) {
        std::vector<double> x(25), y(25);
        x[at] = 1;
        geolip::nn::workspace_memory<convolution_3x3<double>> memory(m, {1, 1, 5, 5});
        m.forward(w, {x.data(), {1, 1, 5, 5}}, {y.data(), {1, 1, 5, 5}}, memory.view());
        for (std::size_t i = 0; i < 25; ++i) {
            const std::size_t down = at / 5 + 1 - i / 5, right = at % 5 + 1 - i % 5;  // wraps below 0
            // Columns are exact; rows are sums of transformed ones, with a coefficient of up to 8.
            const double expected = down < 3 && right < 3 ? w[3 * down + right] : 0;
            if (right < 3)
                CHECK(std::abs(y[i] - expected) < 2e-15);
            else
                CHECK(y[i] == 0);
        }
    }
}

TEST_CASE("a pixel that is not finite reaches the columns beside it, in the rows that are filtered with it") {
    const convolution_3x3<double> m(1, 1, false);
    const auto w = known_tensor<double>(1, 9);
    const shape s{1, 1, 12, 7};
    std::vector<double> x(84), y(84);
    x[4 * 7 + 3] = std::numeric_limits<double>::infinity();
    geolip::nn::workspace_memory<convolution_3x3<double>> memory(m, s);
    m.forward(w, {x.data(), s}, {y.data(), s}, memory.view());
    for (std::size_t i = 0; i < 84; ++i) {
        CAPTURE(i);
        const bool beside = i % 7 >= 2 && i % 7 <= 4;
        if (!beside || i / 7 >= 8) CHECK(y[i] == 0);
        if (beside && i / 7 >= 3 && i / 7 <= 5) CHECK(!std::isfinite(y[i]));
    }
}

TEST_CASE("parameters are named, laid out and drawn as PyTorch's") {
    const auto table = parameters_of(convolution_3x3<float>(3, 16));
    REQUIRE(table.size() == 2);
    CHECK(table[0].name == "weight");
    CHECK(table[0].extents == shape{16, 3, 3, 3});
    CHECK(table[0].law == initialiser::uniform(1 / std::sqrt(27.0)));
    CHECK(table[1].name == "bias");
    CHECK(table[1].extents == shape{16});
    CHECK(table[1].law == table[0].law);
    CHECK(parameters_of(convolution_3x3<float>(3, 16, false)).size() == 1);
    const auto zero = initial_parameters(convolution_3x3<double>(16, 3).zero_initialised(), 5);
    CHECK(zero == std::vector<double>(16 * 3 * 9 + 3, 0.0));
}

TEST_CASE("images that do not fit are refused, with both shapes; none at all are fine") {
    const convolution_3x3<float> m(3, 16);
    const auto message = [&](const shape& x) {
        try {
            (void)m.output_shape(x);
        } catch (const geolip::shape_error& e) {
            return std::string(e.what());
        }
        return std::string();
    };
    CHECK(message({2, 4, 8, 8}) ==
          "convolution_3x3(3, 16): an input of shape 2 x 4 x 8 x 8; expected batch x 3 x height x width");
    CHECK(!message({3, 8, 8}).empty());
    CHECK_THROWS_AS(convolution_3x3<float>(0, 3), geolip::shape_error);
    const known_pass<convolution_3x3<float>> nothing(m, {0, 3, 8, 8}, geolip::isa::automatic);
    CHECK(nothing.dw == std::vector<float>(m.parameter_count(), 0.0f));
}
