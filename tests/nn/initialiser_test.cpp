// Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT
#include "geolip/nn/initialiser.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include "fixtures/nn_initialiser.hpp"
#include "support/statistics.hpp"

using geolip::nn::initialise;
using geolip::nn::initialiser;
using geolip::nn::nonlinearity;
using geolip::nn::scale_for;
using geolip::nn::shape;

namespace {

constexpr geolip::random_stream stream{20, 7};

template <class T>
std::vector<T> drawn(const initialiser& law, const shape& extents, geolip::random_stream from = stream) {
    std::vector<T> out(extents.size());
    initialise(law, extents, std::span(out), from);
    return out;
}

// max |V V' - I| over `count` vectors of `size` elements, `step` apart, whose elements are `stride` apart.
template <class T>
double worst_product(const std::vector<T>& v, std::size_t count, std::size_t size, std::size_t step,
                     std::size_t stride) {
    double worst = 0;
    for (std::size_t a = 0; a < count; ++a)
        for (std::size_t b = 0; b <= a; ++b) {
            double sum = a == b ? -1 : 0;
            for (std::size_t i = 0; i < size; ++i)
                sum += static_cast<double>(v[a * step + i * stride]) * static_cast<double>(v[b * step + i * stride]);
            worst = std::max(worst, std::fabs(sum));
        }
    return worst;
}

template <class T>
double distance_from_orthogonal(const std::vector<T>& q, std::size_t rows, std::size_t cols) {
    return rows <= cols ? worst_product(q, rows, cols, cols, 1) : worst_product(q, cols, rows, 1, cols);
}

}  // namespace

TEST_CASE("scales are those that torch.nn.init gives its generator") {
    using fan = initialiser::fan;
    const initialiser laws[] = {initialiser::xavier_uniform(),
                                initialiser::xavier_uniform(2),
                                initialiser::xavier_normal(),
                                initialiser::kaiming_uniform(),
                                initialiser::kaiming_uniform(std::sqrt(5.0)),
                                initialiser::kaiming_uniform(0, fan::out, nonlinearity::tanh),
                                initialiser::kaiming_normal(),
                                initialiser::kaiming_normal(0, fan::out, nonlinearity::relu),
                                initialiser::kaiming_normal(0, fan::in, nonlinearity::selu)};
    for (const auto& known : fixtures::known_scales) {
        const auto& e = known.extent;
        const shape extents = known.rank == 2   ? shape{e[0], e[1]}
                              : known.rank == 3 ? shape{e[0], e[1], e[2]}
                                                : shape{e[0], e[1], e[2], e[3]};
        for (std::size_t i = 0; i < std::size(laws); ++i) {
            CAPTURE(to_string(extents));
            CAPTURE(i);
            CHECK(scale_for(laws[i], extents) == doctest::Approx(known.scale[i]).epsilon(1e-15));
        }
    }
    for (const auto& layer : fixtures::layer_bounds) {
        const auto fan_in = static_cast<std::size_t>(layer[0]);
        CHECK(initialiser::uniform_of_fan(fan_in).scale == doctest::Approx(layer[1]).epsilon(1e-15));
        CHECK(initialiser::uniform_of_fan(fan_in).scale == doctest::Approx(layer[2]).epsilon(1e-15));
    }
    CHECK(initialiser::uniform_of_fan(0).scale == 0);
    const nonlinearity kinds[] = {nonlinearity::linear, nonlinearity::sigmoid,    nonlinearity::tanh,
                                  nonlinearity::relu,   nonlinearity::leaky_relu, nonlinearity::selu};
    for (std::size_t i = 0; i < std::size(kinds); ++i)
        CHECK(geolip::nn::gain_of(kinds[i], 0.2) == doctest::Approx(fixtures::gains[i]).epsilon(1e-15));
}

TEST_CASE_TEMPLATE("uniform draws stay within their bounds and have the uniform law", T, float, double) {
    constexpr std::size_t n = 1 << 16;
    const double count = n;
    for (const auto& [low, high] : {std::pair{-0.25, 0.25}, std::pair{1.0, 4.0}, std::pair{-0.1, 0.7}}) {
        const auto x = drawn<T>(initialiser::uniform(low, high), {n});
        CHECK(*std::min_element(x.begin(), x.end()) >= static_cast<T>(low));
        CHECK(*std::max_element(x.begin(), x.end()) <= static_cast<T>(high));
        const geolip_test::summary got(x);
        const double sd = (high - low) / std::sqrt(12.0);
        CHECK(std::fabs(got.mean - (low + high) / 2) < 4 * sd / std::sqrt(count));
        // Var (x - mean)^2 = (9/5 - 1) sd^4, so the sd of the sample's sd is sd sqrt(0.2 / n).
        CHECK(std::fabs(got.sd - sd) < 4 * sd * std::sqrt(0.2 / count));
        CHECK(geolip_test::kolmogorov(x, [=](double v) { return (v - low) / (high - low); }) < 1.95);
    }
}

TEST_CASE_TEMPLATE("normal draws have the normal law", T, float, double) {
    constexpr std::size_t n = 1 << 16;
    const double count = n;
    const auto x = drawn<T>(initialiser::normal(-3, 0.02), {n});
    const geolip_test::summary got(x);
    CHECK(std::fabs(got.mean + 3) < 4 * 0.02 / std::sqrt(count));
    CHECK(std::fabs(got.sd - 0.02) < 4 * 0.02 / std::sqrt(2 * count));
    // Near -3 a float is a multiple of 2.4e-7, far below the distance of the draws.
    CHECK(geolip_test::kolmogorov(x, [](double v) { return geolip_test::normal_cdf((v + 3) / 0.02); }) < 1.95);
}

TEST_CASE("weights of a layer: bound by fan, whole tensor of one law") {
    const shape extents{16, 3, 3, 3};
    const auto x = drawn<double>(initialiser::kaiming_uniform(std::sqrt(5.0)), extents);
    const double bound = 1 / std::sqrt(27.0);
    CHECK(geolip_test::kolmogorov(x, [=](double v) { return (v + bound) / (2 * bound); }) < 1.95);
    const auto y = drawn<double>(initialiser::xavier_normal(), {128, 64});
    CHECK(geolip_test::kolmogorov(y, [](double v) { return geolip_test::normal_cdf(v / std::sqrt(2.0 / 192)); }) <
          1.95);
}

TEST_CASE(
    "a float model starts where a double one does, element by element, and pieces of one stream are the same draws") {
    for (const initialiser& law : {initialiser::constant(0.1), initialiser::uniform(0.3), initialiser::uniform(1, 2),
                                   initialiser::normal(0.5), initialiser::normal(1, 2), initialiser::orthogonal(1.5)}) {
        const auto wide = drawn<double>(law, {20, 17});
        const auto narrow = drawn<float>(law, {20, 17});
        for (std::size_t i = 0; i < wide.size(); ++i) REQUIRE(narrow[i] == static_cast<float>(wide[i]));
        CHECK(drawn<double>(law, {20, 17}) == wide);
        if (law.kind == initialiser::law::orthogonal) continue;
        const auto more = drawn<double>(law, {700});
        CHECK(std::equal(wide.begin(), wide.end(), more.begin()));
    }
    CHECK(drawn<double>(initialiser::uniform(1), {9}, {20, 8}) != drawn<double>(initialiser::uniform(1), {9}));
    CHECK(drawn<double>(initialiser::zeros(), {3}) == std::vector<double>(3, 0.0));
    CHECK(drawn<double>(initialiser::ones(), {3}) == std::vector<double>(3, 1.0));
}

TEST_CASE("uniform draws are the stream's own, the same bits on every machine") {
    std::vector<double> u(300);
    geolip::fill_uniform(std::span(u), stream);
    const auto x = drawn<double>(initialiser::uniform(0.7), {300});
    for (std::size_t i = 0; i < x.size(); ++i) REQUIRE(x[i] == (2 * u[i] - 1) * 0.7);
}

TEST_CASE_TEMPLATE("orthogonal matrices are orthogonal, of any form", T, float, double) {
    for (const auto& [rows, cols] : {std::pair{64, 64}, std::pair{1, 1}, std::pair{1, 9}, std::pair{9, 1},
                                     std::pair{200, 33}, std::pair{33, 200}, std::pair{96, 95}}) {
        const auto r = static_cast<std::size_t>(rows), c = static_cast<std::size_t>(cols);
        const auto q = drawn<T>(initialiser::orthogonal(), {r, c});
        CAPTURE(rows);
        CAPTURE(cols);
        // Rounding to T changes a product of unit vectors by at most 2 * eps / 2 plus the sum's own error.
        CHECK(distance_from_orthogonal(q, r, c) < (sizeof(T) == 4 ? 1.2e-7 : 3e-15));
    }
    // Further extents belong to the columns, and the gain multiplies.
    auto q = drawn<T>(initialiser::orthogonal(4), {6, 2, 3, 3});
    for (T& x : q) x /= 4;
    CHECK(distance_from_orthogonal(q, 6, 18) < (sizeof(T) == 4 ? 1.2e-7 : 3e-15));
}

TEST_CASE("nearly dependent vectors become orthonormal, too") {
    for (const double small : {1e-4, 1e-8, 1e-12}) {
        constexpr std::size_t count = 12, size = 20;
        std::vector<double> v(count * size), step(count * size);
        geolip::fill_normal(std::span(step), stream);
        for (std::size_t i = 0; i < v.size(); ++i) v[i] = step[i % size] + (i < size ? 0 : small * step[i]);
        geolip::nn::detail::orthonormalise(v.data(), count, size);
        CAPTURE(small);
        CHECK(distance_from_orthogonal(v, count, size) < 3e-15);
    }
}

TEST_CASE("orthogonal matrices are PyTorch's for the same normals") {
    for (const auto& known : fixtures::orthogonals) {
        const bool by_column = known.rows >= known.cols;
        const std::size_t count = std::min(known.rows, known.cols), size = std::max(known.rows, known.cols);
        const auto normals = geolip_test::plain_normals<double>({42, known.stream}, known.rows, known.cols);
        std::vector<double> v(normals.size());
        const auto place = [&](std::size_t i) { return by_column ? i % count * size + i / count : i; };
        for (std::size_t i = 0; i < v.size(); ++i) v[place(i)] = normals[i];
        geolip::nn::detail::orthonormalise(v.data(), count, size);
        CAPTURE(known.stream);
        for (std::size_t i = 0; i < v.size(); ++i) CHECK(std::fabs(v[place(i)] - known.element[i]) < 1e-13);
    }
}

TEST_CASE("orthogonal matrices are uniformly distributed") {
    // An element of a uniform unit vector of R^3 is uniform on [-1, 1]; so is any of an orthogonal 3 x 3 matrix.
    // Without the signs of R the diagonal would not be.
    for (const std::size_t element : {0u, 4u, 5u, 8u}) {
        std::vector<double> x;
        for (std::uint64_t i = 0; i < 4000; ++i)
            x.push_back(drawn<double>(initialiser::orthogonal(), {3, 3}, {20, 1000 + i})[element]);
        CAPTURE(element);
        CHECK(geolip_test::kolmogorov(x, [](double v) { return (v + 1) / 2; }) < 1.95);
    }
}

TEST_CASE("laws that need a fan say so when there is none") {
    const auto message = [](const initialiser& law, const shape& extents, std::size_t size) {
        std::vector<float> out(size);
        try {
            initialise(law, extents, std::span(out), stream);
        } catch (const geolip::shape_error& e) {
            return std::string(e.what());
        }
        return std::string();
    };
    CHECK(message(initialiser::xavier_uniform(), {5}, 5).find("shape 5 has no fan") != std::string::npos);
    CHECK(message(initialiser::orthogonal(), {5}, 5).find("at least 2 extents") != std::string::npos);
    CHECK(message(initialiser::uniform(1), {5, 2}, 9).find("memory for 9 elements") != std::string::npos);
    CHECK(message(initialiser::uniform(1), {5}, 5).empty());
    CHECK(message(initialiser::orthogonal(), {0, 4}, 0).empty());
}

TEST_CASE("a tensor drawn in parts has the bits of the whole") {
    const shape extents{7, 5, 31};
    for (const initialiser& law : {initialiser::constant(3), initialiser::uniform(-1, 4), initialiser::xavier_uniform(),
                                   initialiser::kaiming_normal()}) {
        const auto whole = drawn<float>(law, extents);
        for (const std::size_t step : {1u, 37u, 300u, 1085u}) {
            std::vector<float> parts(whole.size());
            for (std::size_t i = 0; i < parts.size(); i += step)
                geolip::nn::initialise_part(law, extents, i,
                                            std::span(parts).subspan(i, std::min(step, parts.size() - i)), stream);
            CHECK(parts == whole);
        }
    }
    std::vector<float> part(10);
    const auto message = [&](const initialiser& law, std::size_t first) -> std::string {
        try {
            geolip::nn::initialise_part(law, extents, first, std::span(part), stream);
        } catch (const geolip::error& e) {
            return e.what();
        }
        return {};
    };
    CHECK(message(initialiser::normal(), 1075).empty());
    CHECK(message(initialiser::normal(), 1076) ==
          "initialise_part: elements 1076 to 1086; expected some of the shape 7 x 5 x 31");
    CHECK(message(initialiser::orthogonal(), 0) ==
          "initialise_part: an orthogonal matrix cannot be drawn in parts; use initialise");
}
