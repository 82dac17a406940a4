// Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT
#include "geolip/nn/cv_penalty.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <span>
#include <string>
#include <vector>

#include "fixtures/nn_cv_penalty.hpp"
#include "support/known_block.hpp"
#include "support/levels.hpp"
#include "support/matrices.hpp"

using geolip::documented_sweep;
using geolip::documented_terrain;
using geolip::matrix_view;
using geolip::nn::cv_penalty;
using geolip_test::gaussian_rows;
using geolip_test::matrix;

namespace {

template <int K, class T, class Policy = geolip::scale_invariant>
cv_penalty<K, T, Policy> penalty_of(double target, double weight, std::size_t samples, std::uint64_t stream = 0) {
    cv_penalty<K, T, Policy> penalty{.target = target, .weight = weight};
    penalty.metric.samples = samples;
    penalty.metric.seed = 42;
    penalty.metric.stream = stream;
    return penalty;
}

template <class Policy>
void check_fixture(const fixtures::known_cv_penalty& known, double cv, double loss, const double* gradient) {
    const auto m = geolip_test::plain_gaussian_rows<double>(known.rows, known.cols, known.stream, known.scale);
    const auto penalty = penalty_of<4, double, Policy>(known.target, known.weight, known.samples, known.stream);
    typename decltype(penalty)::workspace memory;
    matrix<double> slope{known.rows, known.cols};
    const auto got = penalty(m.view(), slope.view(), memory);
    REQUIRE(got.cv);
    CAPTURE(known.stream);
    CHECK(*got.cv == doctest::Approx(cv).epsilon(1e-10));
    CHECK(got.loss == doctest::Approx(loss).epsilon(1e-9));
    CHECK(geolip_test::distance<double>(slope.values, gradient) < 1e-9);
}

}  // namespace

TEST_CASE("value and gradient are those of PyTorch's autograd, for both documented estimators") {
    for (const auto& known : fixtures::cv_penalties) {
        check_fixture<documented_sweep>(known, known.sweep_cv, known.sweep_loss, known.sweep);
        check_fixture<documented_terrain>(known, known.terrain_cv, known.terrain_loss, known.terrain);
    }
}

TEST_CASE("the gradient is the slope of the loss") {
    const auto penalty = penalty_of<3, double>(0.4, 2.5, 60);
    decltype(penalty)::workspace memory;
    auto m = gaussian_rows<double>(14, 9, 1);
    matrix<double> slope{14, 9};
    penalty(m.view(), slope.view(), memory);
    std::vector<double> expected;
    for (double& x : m.values) {
        const double at = x, h = 1e-5;
        x = at + h;
        const double above = penalty(m.view(), {}, memory).loss;
        x = at - h;
        const double below = penalty(m.view(), {}, memory).loss;
        x = at;
        expected.push_back((above - below) / (2 * h));
    }
    CHECK(geolip_test::distance<double>(slope.values, expected.data()) < 1e-7);
}

TEST_CASE("the gradient is added, rows with gaps are fine, and single precision agrees at every level") {
    const auto penalty = penalty_of<4, double>(0.1, 1, 80);
    decltype(penalty)::workspace memory;
    const auto single = gaussian_rows<float>(40, 19, 2);
    matrix<double> same{40, 19};
    std::copy(single.values.begin(), single.values.end(), same.values.begin());
    matrix<double> slope{40, 19};
    const auto value = penalty(same.view(), slope.view(), memory);
    std::vector<double> wide(40 * 25, 1.0);
    CHECK(penalty(same.view(), matrix_view<double>(wide.data(), 40, 19, 25), memory).loss == value.loss);
    for (std::size_t i = 0; i < 40; ++i)
        for (std::size_t j = 0; j < 25; ++j)
            CHECK(wide[25 * i + j] == doctest::Approx(j < 19 ? 1 + slope(i, j) : 1).epsilon(1e-15));
    for (const geolip::isa level : geolip_test::available_levels()) {
        auto narrow = penalty_of<4, float>(0.1, 1, 80);
        narrow.metric.backend.isa = level;
        decltype(narrow)::workspace own;
        matrix<float> got{40, 19};
        CHECK(narrow(single.view(), got.view(), own).loss == doctest::Approx(value.loss).epsilon(1e-5));
        CHECK(geolip_test::distance<float>(got.values, slope.values.data()) < 2e-5);
    }
}

TEST_CASE("steps against the gradient reach the target") {
    const auto penalty = penalty_of<4, double>(0.3, 1, 200);
    decltype(penalty)::workspace memory;
    auto m = gaussian_rows<double>(32, 8, 3);
    const double first = penalty(m.view(), {}, memory).loss;
    for (int step = 0; step < 200; ++step) {
        matrix<double> slope{32, 8};
        penalty(m.view(), slope.view(), memory);
        for (std::size_t i = 0; i < m.values.size(); ++i) m.values[i] -= 5 * slope.values[i];
    }
    const auto last = penalty(m.view(), {}, memory);
    CHECK(first > 1e-2);
    CHECK(last.loss < 1e-6);
    CHECK(*last.cv == doctest::Approx(0.3).epsilon(1e-2));
}

TEST_CASE("where CV is undefined nothing is penalised, and the result says so") {
    const auto penalty = penalty_of<4, float>(0.2, 1, 50);
    decltype(penalty)::workspace memory;
    const auto flat = gaussian_rows<float>(20, 3, 4);
    matrix<float> slope{20, 3, std::vector<float>(60, 7.0f)};
    const auto got = penalty(flat.view(), slope.view(), memory);
    CHECK(!got.cv);
    CHECK(got.loss == 0);
    CHECK(std::all_of(slope.values.begin(), slope.values.end(), [](float x) { return x == 7.0f; }));
}

TEST_CASE("a gradient of another shape is refused, naming both") {
    const auto penalty = penalty_of<4, float>(0.2, 1, 50);
    decltype(penalty)::workspace memory;
    const auto m = gaussian_rows<float>(20, 6, 4);
    matrix<float> slope{20, 5};
    std::string message;
    try {
        penalty(m.view(), slope.view(), memory);
    } catch (const geolip::shape_error& e) {
        message = e.what();
    }
    CHECK(message.find("a gradient of 20 x 5 for a matrix of 20 x 6") != std::string::npos);
}
