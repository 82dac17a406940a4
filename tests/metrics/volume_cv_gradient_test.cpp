// Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT
#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "geolip/metrics/volume_cv.hpp"
#include "support/levels.hpp"
#include "support/matrices.hpp"

using geolip::cpu;
using geolip::matrix_view;
using geolip::volume_cv;
using geolip_test::gaussian_rows;
using geolip_test::matrix;

namespace {

template <int K, class T, class Policy = geolip::scale_invariant>
volume_cv<K, T, cpu, Policy> metric_of(std::size_t samples = 80) {
    volume_cv<K, T, cpu, Policy> metric;
    metric.samples = samples;
    return metric;
}

template <class T>
double largest(const std::vector<T>& values) {
    double most = 0;
    for (const T x : values) most = std::max(most, std::fabs(static_cast<double>(x)));
    return most;
}

template <class A, class B>
double largest_difference(const std::vector<A>& a, const std::vector<B>& b) {
    double most = 0;
    for (std::size_t i = 0; i < a.size(); ++i)
        most = std::max(most, std::fabs(static_cast<double>(a[i]) - static_cast<double>(b[i])));
    return most;
}

// Central differences of fourth order; error O(h^4) and eps / h.
template <int K, class Policy = geolip::scale_invariant>
std::vector<double> differences(matrix<double> m, double step, std::size_t samples = 80) {
    const auto metric = metric_of<K, double, Policy>(samples);
    typename volume_cv<K, double, cpu, Policy>::workspace memory;
    std::vector<double> slope(m.values.size());
    for (std::size_t i = 0; i < m.values.size(); ++i) {
        const double x = m.values[i];
        const auto at = [&](double h) {
            m.values[i] = x + h;
            return metric.value(m.view(), memory).value();
        };
        slope[i] = (8 * (at(step) - at(-step)) - (at(2 * step) - at(-2 * step))) / (12 * step);
        m.values[i] = x;
    }
    return slope;
}

template <int K, class Policy = geolip::scale_invariant, class T>
std::vector<T> gradient(const matrix<T>& m, std::size_t samples = 80) {
    matrix<T> out{m.rows, m.cols, std::vector<T>(m.values.size(), T(-99))};
    typename volume_cv<K, T, cpu, Policy>::workspace memory;
    const auto metric = metric_of<K, T, Policy>(samples);
    const auto value = metric.value_and_gradient(m.view(), out.view(), memory);
    CHECK(value == metric.value(m.view(), memory));
    return out.values;
}

template <int K, class Policy = geolip::scale_invariant>
void check_against_differences(const matrix<double>& m, double step = 1e-3, double tolerance = 1e-8) {
    const auto exact = differences<K, Policy>(m, step);
    CAPTURE(K);
    CAPTURE(m.cols);
    CHECK(largest(exact) > 0);
    CHECK(largest_difference(gradient<K, Policy>(m), exact) < tolerance * largest(exact));
}

}  // namespace

TEST_CASE("the gradient is the slope of the value") {
    check_against_differences<1>(gaussian_rows<double>(9, 1, 1), 1e-5, 1e-6);
    check_against_differences<1>(gaussian_rows<double>(12, 7, 1));
    check_against_differences<2>(gaussian_rows<double>(12, 5, 2));
    check_against_differences<3>(gaussian_rows<double>(20, 16, 3));
    check_against_differences<4>(gaussian_rows<double>(6, 9, 4));
    check_against_differences<4>(gaussian_rows<double>(16, 24, 5));
    check_against_differences<4>(gaussian_rows<double>(40, 17, 6));
    check_against_differences<5>(gaussian_rows<double>(15, 33, 7));
    check_against_differences<7>(gaussian_rows<double>(14, 19, 8));
}

TEST_CASE("for the documented policies, too") {
    check_against_differences<4, geolip::documented_sweep>(gaussian_rows<double>(16, 12, 9), 1e-3, 1e-7);
    check_against_differences<4, geolip::documented_terrain>(gaussian_rows<double>(16, 12, 10));
    auto tiny = gaussian_rows<double>(16, 64, 11);  // 1e-8 added to a mean of the same size
    for (double& x : tiny.values) x *= 2e-3;
    check_against_differences<4, geolip::documented_sweep>(tiny, 2e-6, 1e-6);
}

TEST_CASE("near-flat rows: the careful route") {
    auto m = gaussian_rows<double>(14, 10, 12);
    for (std::size_t i = 0; i < m.rows; ++i)
        for (std::size_t j = 3; j < m.cols; ++j) m(i, j) *= 1e-3;  // heights about 1e-3 of the edges
    check_against_differences<4>(m, 1e-5, 1e-6);
    // In double the products of these heights keep ten digits; in float the slow route forms them in double.
    matrix<float> single{m.rows, m.cols};
    std::copy(m.values.begin(), m.values.end(), single.values.begin());
    matrix<double> rounded{m.rows, m.cols};
    std::copy(single.values.begin(), single.values.end(), rounded.values.begin());
    const auto exact = gradient<4>(rounded);
    CHECK(largest_difference(gradient<4>(single), exact) < 1e-4 * largest(exact));
}

TEST_CASE("repeated rows have a gradient, of the simplices that do not repeat one") {
    auto m = gaussian_rows<double>(20, 8, 13);
    for (std::size_t j = 0; j < m.cols; ++j) m(11, j) = m(3, j);
    // A difference would split the pair and let more simplices count; so: the same slope with those left out.
    volume_cv<4, double> metric = metric_of<4, double>();
    volume_cv<4, double>::workspace memory;
    const auto s = metric.statistics(m.view(), memory);
    CHECK(s.counts.duplicate > 0);
    const auto g = gradient<4>(m);
    CHECK(std::all_of(g.begin(), g.end(), [](double x) { return std::isfinite(x); }));
    // Both move together.
    double along = 0;
    for (std::size_t j = 0; j < m.cols; ++j) along += g[11 * m.cols + j] + g[3 * m.cols + j];
    const double h = 1e-4;
    const auto at = [&](double shift) {
        auto moved = m;
        for (std::size_t j = 0; j < m.cols; ++j) {
            moved(3, j) += shift;
            moved(11, j) = moved(3, j);
        }
        return metric.value(moved.view(), memory).value();
    };
    CHECK(along == doctest::Approx((at(h) - at(-h)) / (2 * h)).epsilon(1e-6));
}

TEST_CASE("single precision agrees with double, at every level") {
    for (const std::size_t dim : {5u, 16u, 31u, 64u, 100u}) {
        const auto single = gaussian_rows<float>(64, dim, 14);
        matrix<double> same{64, dim};
        std::copy(single.values.begin(), single.values.end(), same.values.begin());
        const auto exact = gradient<4>(same);
        for (const geolip::isa level : geolip_test::available_levels()) {
            auto metric = metric_of<4, float>();
            metric.backend.isa = level;
            volume_cv<4, float>::workspace memory;
            matrix<float> got{64, dim};
            metric.value_and_gradient(single.view(), got.view(), memory);
            CAPTURE(dim);
            CAPTURE(geolip::isa_name(level));
            CHECK(largest_difference(got.values, exact) < 2e-5 * largest(exact));
        }
    }
}

TEST_CASE_TEMPLATE("the value does not change under moves, turns and scalings, and the gradient knows", T, float,
                   double) {
    const auto m = gaussian_rows<T>(30, 12, 15);
    const auto g = gradient<4>(m);
    const double size = largest(g), tolerance = sizeof(T) == 4 ? 2e-5 : 1e-13;
    double scaling = 0;
    for (std::size_t i = 0; i < g.size(); ++i) scaling += static_cast<double>(g[i]) * static_cast<double>(m.values[i]);
    CHECK(std::fabs(scaling) < tolerance * size * static_cast<double>(g.size()));
    for (std::size_t a = 0; a < m.cols; ++a) {
        double move = 0, turn = 0;
        const std::size_t b = (a + 1) % m.cols;
        for (std::size_t i = 0; i < m.rows; ++i) {
            const std::size_t at = i * m.cols;
            move += static_cast<double>(g[at + a]);
            turn += static_cast<double>(g[at + a]) * static_cast<double>(m(i, b)) -
                    static_cast<double>(g[at + b]) * static_cast<double>(m(i, a));
        }
        CHECK(std::fabs(move) < tolerance * size * 30);
        CHECK(std::fabs(turn) < tolerance * size * 60);
    }
}

TEST_CASE_TEMPLATE("at the ends of the scalar's range the gradient scales inversely", T, float, double) {
    const auto metric = metric_of<4, T>();
    typename volume_cv<4, T>::workspace memory;
    const auto m = gaussian_rows<T>(40, 9);
    matrix<T> plain{40, 9};
    REQUIRE(metric.value_and_gradient(m.view(), plain.view(), memory));
    for (const int exponent : sizeof(T) == 4 ? std::vector{-110, -60, 60, 110} : std::vector{-900, -110, 110, 900}) {
        CAPTURE(exponent);
        auto scaled = m;
        for (T& x : scaled.values) x = std::ldexp(x, exponent);
        matrix<T> gradient{40, 9};
        REQUIRE(metric.value_and_gradient(scaled.view(), gradient.view(), memory));
        for (T& g : gradient.values) g = std::ldexp(g, exponent);
        CHECK(largest_difference(gradient.values, plain.values) <=
              (sizeof(T) == 4 ? 1e-4 : 1e-12) * largest(plain.values));
    }
}

TEST_CASE("any strides of matrix and gradient; rows without a sample, and values without a slope, get 0") {
    const auto m = gaussian_rows<double>(13, 9, 16);
    const auto expected = gradient<4>(m);
    volume_cv<4, double>::workspace memory;
    const auto metric = metric_of<4, double>();
    std::vector<double> columns(13 * 9), back(13 * 9), wide(2 * 13 * 9, 7.0);
    for (std::size_t i = 0; i < 13; ++i)
        for (std::size_t j = 0; j < 9; ++j) columns[j * 13 + i] = m(i, j);
    const matrix_view<const double> by_column(columns.data(), 13, 9, 1, 13);
    const matrix_view<double> upside_down(back.data() + 12 * 9, 13, 9, -9, 1);
    const matrix_view<double> with_gaps(wide.data(), 13, 9, 18, 2);
    CHECK(metric.value_and_gradient(by_column, upside_down, memory) == metric.value(m.view(), memory));
    CHECK(metric.value_and_gradient(m.view(), with_gaps, memory).has_value());
    for (std::size_t i = 0; i < 13; ++i)
        for (std::size_t j = 0; j < 9; ++j) {
            CHECK(upside_down(i, j) == expected[i * 9 + j]);
            CHECK(with_gaps(i, j) == expected[i * 9 + j]);
        }
    CHECK(std::count(wide.begin(), wide.end(), 7.0) == 13 * 9);  // the gaps were left alone

    const auto sparse = gradient<4>(gaussian_rows<double>(200, 6, 17), 3);
    std::size_t moved_rows = 0;
    for (std::size_t i = 0; i < 200; ++i) moved_rows += sparse[6 * i] != 0 ? 1u : 0u;
    CHECK(moved_rows == 15);
    const auto flat = gradient<4>(gaussian_rows<double>(20, 3, 18));
    CHECK(std::all_of(flat.begin(), flat.end(), [](double x) { return x == 0; }));
    const auto kink = gradient<4>(gaussian_rows<double>(5, 9, 19));
    CHECK(std::all_of(kink.begin(), kink.end(), [](double x) { return x == 0; }));
}
