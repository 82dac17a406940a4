// Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT
#include "geolip/linalg/tridiagonal_eigenvalues.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>
#include <numbers>
#include <span>
#include <string>
#include <vector>

#include "fixtures/spectrum.hpp"
#include "geolip/random/fill.hpp"
#include "support/levels.hpp"

namespace {

using geolip::isa;
using geolip::symmetric_eigen_workspace;

template <class T>
std::vector<T> values_of(std::size_t n, const std::vector<T>& diagonals, const std::vector<T>& beside, isa level) {
    std::vector<T> values(diagonals.size(), T(-1));
    symmetric_eigen_workspace workspace;
    geolip::tridiagonal_eigenvalues<T>(n, diagonals, beside, values, workspace, level);
    return values;
}

template <class T>
std::vector<T> as(const std::vector<double>& x) {
    return std::vector<T>(x.begin(), x.end());
}

}  // namespace

TEST_CASE_TEMPLATE("eigenvalues are LAPACK's", T, float, double) {
    for (const isa level : geolip_test::available_levels())
        for (const fixtures::tridiagonal_case& known : fixtures::tridiagonal_cases) {
            const std::size_t n = known.diagonal.size();
            const std::vector<T> values = values_of<T>(n, as<T>(known.diagonal), as<T>(known.beside), level);
            double largest = 0;
            for (const double v : known.values) largest = std::max(largest, std::fabs(v));
            const double bound = 30 * static_cast<double>(n) * std::numeric_limits<T>::epsilon() * largest;
            CAPTURE(geolip::isa_name(level));
            CAPTURE(n);
            for (std::size_t i = 0; i < n; ++i)
                CHECK(std::fabs(static_cast<double>(values[i]) - known.values[i]) <= bound);
        }
}

TEST_CASE("the second difference has the eigenvalues 2 - 2 cos(k pi / (n + 1))") {
    for (const std::size_t n : {1u, 2u, 5u, 17u, 100u, 700u}) {
        const std::vector<double> values =
            values_of<double>(n, std::vector<double>(n, 2.0), std::vector<double>(n - 1, -1.0), isa::automatic);
        CAPTURE(n);
        for (std::size_t k = 1; k <= n; ++k) {
            const double exact =
                2 - 2 * std::cos(static_cast<double>(k) * std::numbers::pi / (static_cast<double>(n) + 1));
            CHECK(std::fabs(values[k - 1] - exact) < 30 * static_cast<double>(n) * 4 * 2.3e-16);
        }
    }
}

TEST_CASE_TEMPLATE("a matrix has the same bits in any place, with any neighbours, at any scale", T, float, double) {
    constexpr std::size_t n = 23, count = 41;
    std::vector<T> diagonals(count * n), beside(count * (n - 1));
    geolip::fill_normal(std::span(diagonals), {3, 0});
    geolip::fill_normal(std::span(beside), {3, 1});
    for (const isa level : geolip_test::available_levels()) {
        const std::vector<T> all = values_of<T>(n, diagonals, beside, level);
        for (const std::size_t m : {std::size_t{0}, std::size_t{7}, std::size_t{16}, count - 1}) {
            const auto at = static_cast<std::ptrdiff_t>(m);
            std::vector<T> d(diagonals.begin() + at * 23, diagonals.begin() + at * 23 + 23);
            std::vector<T> e(beside.begin() + at * 22, beside.begin() + at * 22 + 22);
            const std::vector<T> own(all.begin() + at * 23, all.begin() + at * 23 + 23);
            CAPTURE(geolip::isa_name(level));
            CAPTURE(m);
            CHECK(values_of<T>(n, d, e, level) == own);
            CHECK(std::is_sorted(own.begin(), own.end()));
            for (const int power : {sizeof(T) == 4 ? 100 : 900, -20}) {
                std::vector<T> scaled_d = d, scaled_e = e, scaled = own;
                for (auto* v : {&scaled_d, &scaled_e, &scaled})
                    for (T& x : *v) x = std::ldexp(x, power);
                CHECK(values_of<T>(n, scaled_d, scaled_e, level) == scaled);
            }
        }
    }
}

TEST_CASE("NaN and infinity are their matrix's alone; zeros are fine") {
    constexpr std::size_t n = 4, count = 20;
    std::vector<double> d(count * n, 1.0), e(count * (n - 1), 0.25);
    d[3 * n + 1] = std::numeric_limits<double>::quiet_NaN();
    e[17 * (n - 1)] = std::numeric_limits<double>::infinity();
    for (std::size_t i = 0; i < n; ++i) d[5 * n + i] = 0;
    for (std::size_t i = 0; i + 1 < n; ++i) e[5 * (n - 1) + i] = 0;
    const std::vector<double> values = values_of<double>(n, d, e, isa::automatic);
    for (std::size_t m = 0; m < count; ++m)
        for (std::size_t i = 0; i < n; ++i) {
            const double v = values[m * n + i];
            CAPTURE(m);
            if (m == 3 || m == 17)
                CHECK(std::isnan(v));
            else if (m == 5)
                CHECK(v == 0);
            else
                CHECK(v == values[i]);
        }
}

TEST_CASE("sizes that do not fit are named") {
    symmetric_eigen_workspace workspace;
    std::vector<double> d(6), e(4), v(6);
    const auto call = [&](std::size_t n, std::size_t beside) {
        geolip::tridiagonal_eigenvalues<double>(n, d, std::span<const double>(e).first(beside), v, workspace);
    };
    CHECK_NOTHROW(call(3, 4));
    CHECK_THROWS_WITH_AS(call(3, 3),
                         "tridiagonal_eigenvalues: got 6 elements of diagonals, 3 beside them and 6 values for n = 3; "
                         "expected count x n, count x (n - 1) and count x n with 1 <= n <= 65536",
                         geolip::shape_error);
    CHECK_THROWS_AS(call(0, 0), geolip::shape_error);
    CHECK_THROWS_AS(call(4, 4), geolip::shape_error);
    std::vector<double> none;
    CHECK_NOTHROW(geolip::tridiagonal_eigenvalues<double>(5, none, none, none, workspace));
}
