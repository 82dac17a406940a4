// Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT
#include "geolip/linalg/detail/tridiagonal_form.hpp"

#include <doctest/doctest.h>

#include <Eigen/Eigenvalues>
#include <algorithm>
#include <cmath>
#include <cstddef>
#include <span>
#include <vector>

#include "geolip/random/fill.hpp"
#include "support/levels.hpp"

using geolip::matrix_view;
using geolip::detail::symmetric_values_in_place;
using geolip::detail::tridiagonal_values;

namespace {

constexpr double eps = 2.2204460492503131e-16;

double largest_of(const std::vector<double>& values) {
    double largest = 0;
    for (const double v : values) largest = std::max(largest, std::fabs(v));
    return largest;
}

}  // namespace

TEST_CASE("eigenvalues are Eigen's, in every size about a panel's and at every level of instructions") {
    for (const std::size_t n : {1u, 2u, 3u, 4u, 5u, 8u, 17u, 31u, 32u, 33u, 34u, 63u, 64u, 65u, 97u, 131u}) {
        std::vector<double> x(n * n);
        geolip::fill_normal(std::span(x), {8, n});
        for (std::size_t i = 0; i < n; ++i)
            for (std::size_t j = 0; j < i; ++j) x[i * n + j] = x[j * n + i];
        const Eigen::Map<const Eigen::MatrixXd> matrix(x.data(), static_cast<Eigen::Index>(n),
                                                       static_cast<Eigen::Index>(n));
        const Eigen::VectorXd reference =
            Eigen::SelfAdjointEigenSolver<Eigen::MatrixXd>(matrix, Eigen::EigenvaluesOnly).eigenvalues();
        for (const geolip::isa level : geolip_test::available_levels()) {
            std::vector<double> own = x;
            for (std::size_t i = 0; i < n; ++i)
                for (std::size_t j = 0; j < i; ++j) own[i * n + j] = std::nan("");  // only the upper triangle is read
            const std::vector<double> values = symmetric_values_in_place({own.data(), n, n}, level);
            REQUIRE(values.size() == n);
            CAPTURE(n);
            for (std::size_t i = 0; i < n; ++i)
                CHECK(std::fabs(values[i] - reference[static_cast<Eigen::Index>(i)]) <
                      10 * static_cast<double>(n) * eps * largest_of(values));
        }
    }
}

TEST_CASE("a Gram matrix is that of the columns, at any depth and stride") {
    for (const std::size_t depth : {1u, 7u, 256u, 300u})
        for (const std::size_t n : {1u, 5u, 96u, 97u, 200u}) {
            std::vector<double> x(depth * (n + 3)), gram(n * n, 1.0);
            geolip::fill_normal(std::span(x), {8, depth});
            const matrix_view<const double> rows(x.data(), depth, n, static_cast<std::ptrdiff_t>(n + 3));
            geolip::detail::add_to_upper(rows, rows, {gram.data(), n, n}, geolip::isa::automatic);
            for (std::size_t i = 0; i < n; i += 9)
                for (std::size_t j = i; j < n; j += 5) {
                    double sum = 1;
                    for (std::size_t k = 0; k < depth; ++k) sum += rows(k, i) * rows(k, j);
                    CHECK(gram[i * n + j] == doctest::Approx(sum).epsilon(1e-12));
                }
        }
}

TEST_CASE("the second difference has its closed form") {
    constexpr std::size_t n = 700;
    for (const double size : {1.0, 1e-60, 1e60}) {
        std::vector<double> d(n, 2 * size), e(n - 1, -size);
        REQUIRE(tridiagonal_values(d, e));
        for (std::size_t k = 0; k < n; ++k) {
            const double s = std::sin(static_cast<double>(k + 1) * 3.14159265358979324 / (2.0 * (n + 1)));
            CHECK(std::fabs(d[k] - 4 * size * s * s) < n * eps * 4 * size);
        }
    }
}

TEST_CASE("what splits, vanishes, repeats or is graded") {
    const auto values_of = [](std::vector<double> d, std::vector<double> e) {
        CHECK(tridiagonal_values(d, e));
        return d;
    };
    CHECK(values_of({}, {}).empty());
    CHECK(values_of({-3}, {}) == std::vector<double>{-3});
    CHECK(values_of({3, 1, 2}, {0, 0}) == std::vector<double>{1, 2, 3});
    CHECK(values_of({0, 0, 0, 0}, {0, 0, 0}) == std::vector<double>{0, 0, 0, 0});
    const std::vector<double> pairs = values_of({0, 0, 5, 5, 5}, {2, 0, 0, 0});
    CHECK(pairs[0] == doctest::Approx(-2).epsilon(1e-15));
    CHECK(pairs[1] == doctest::Approx(2).epsilon(1e-15));
    CHECK(pairs[2] == 5);
    CHECK(pairs[4] == 5);
    const std::vector<double> zero_diagonal = values_of({0, 0, 0}, {1, 1});
    CHECK(zero_diagonal[0] == doctest::Approx(-std::sqrt(2.0)));
    CHECK(std::fabs(zero_diagonal[1]) < 1e-15);
    // A rank of one, as a matrix whose elements are equal has: n and zeros.
    std::vector<double> ones(50 * 50, 1.0);
    const std::vector<double> one = symmetric_values_in_place({ones.data(), 50, 50});
    CHECK(one[49] == doctest::Approx(50).epsilon(1e-14));
    CHECK(std::fabs(one[48]) < 1e-13);
    CHECK(std::fabs(one[0]) < 1e-13);
    // From 1 down to 1e-200, either way up: the trace stays.
    std::vector<double> d, e;
    for (int i = 0; i < 41; ++i) d.push_back(std::pow(10.0, -5 * i));
    for (int i = 0; i < 40; ++i) e.push_back(0.3 * std::pow(10.0, -5 * i - 3));
    std::vector<double> down = values_of(d, e);
    std::reverse(d.begin(), d.end());
    std::reverse(e.begin(), e.end());
    const std::vector<double> up = values_of(d, e);
    for (std::size_t i = 0; i < 41; ++i) CHECK(std::fabs(down[i] - up[i]) < 1e-15);
    CHECK(down[40] == doctest::Approx(1 + 9e-8 / (1 - 1e-5)).epsilon(1e-12));
}
