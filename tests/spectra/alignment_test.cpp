// Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT
#include <doctest/doctest.h>

#include <Eigen/Core>
#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>
#include <span>
#include <vector>

#include "fixtures/alignment.hpp"
#include "geolip/linalg/singular_values.hpp"
#include "geolip/metrics/procrustes.hpp"
#include "geolip/metrics/qk_balance.hpp"
#include "geolip/random/fill.hpp"

using geolip::matrix_view;
using geolip::undefined_reason;

namespace {

template <class T>
std::vector<T> as(const std::vector<double>& x) {
    return std::vector<T>(x.begin(), x.end());
}

void check_null(const geolip::null_reading& ours, const double (&known)[4], double replicates) {
    const auto& [mean, mean_error, sd, sd_error] = known;
    CAPTURE(*ours.value);
    CAPTURE(mean);
    CAPTURE(ours.sd);
    CAPTURE(sd);
    CHECK(std::fabs(*ours.value - mean) < 4 * std::hypot(mean_error, ours.sd / std::sqrt(replicates)));
    CHECK(std::fabs(ours.sd - sd) < 4.5 * std::hypot(sd_error, ours.sd / std::sqrt(2 * replicates)));
}

}  // namespace

TEST_CASE_TEMPLATE("balance of a product is NumPy's", T, float, double) {
    for (const fixtures::balance_case& known : fixtures::balance_cases) {
        const std::vector<T> a = as<T>(known.a), b = as<T>(known.b);
        const std::size_t n = known.rows;
        const auto r = geolip::qk_balance<T>({a.data(), n, known.cols}, {b.data(), n, known.cols});
        CAPTURE(n);
        CAPTURE(known.cols);
        CHECK(r.size == n);
        CHECK(r.rank == std::min(n, 2 * known.cols));
        CHECK(static_cast<double>(r.positive) == known.figures[0]);
        CHECK(static_cast<double>(r.negative) == known.figures[1]);
        CHECK(r.positive + r.negative + r.zero == n);
        CHECK(*r.positive_fraction == doctest::Approx(known.figures[0] / static_cast<double>(n)));
        CHECK(*r.signed_energy == doctest::Approx(known.figures[2]).epsilon(1e-10));
        CHECK(*r.symmetry_deviation == doctest::Approx(known.figures[3]).epsilon(1e-7));
        // Those of the small problem are the ones that are not zero.
        std::vector<double> all = r.eigenvalues;
        all.resize(n);
        std::sort(all.rbegin(), all.rend());
        for (std::size_t i = 0; i < n; ++i)
            CHECK(std::fabs(all[i] - known.eigenvalues[i]) < 1e-12 * (1 + std::fabs(known.eigenvalues[0])));
    }
}

TEST_CASE("planted balance: symmetric, antisymmetric, definite, and a low rank is always balanced") {
    std::vector<double> a(20 * 20);
    geolip::fill_normal(std::span(a), {2, 0});
    const matrix_view<const double> m(a.data(), 20, 20);
    const auto definite = geolip::qk_balance<double>(m, m);
    CHECK(*definite.positive_fraction == 1);
    CHECK(*definite.signed_energy == doctest::Approx(1));
    CHECK(*definite.symmetry_deviation < 1e-7);
    // A B' with A = [x y], B = [y -x]: x y' - y x'.
    std::vector<double> left, right;
    for (std::size_t i = 0; i < 20; ++i) {
        left.insert(left.end(), {a[i], a[20 + i]});
        right.insert(right.end(), {a[20 + i], -a[i]});
    }
    const auto anti = geolip::qk_balance<double>({left.data(), 20, 2}, {right.data(), 20, 2}, 1e-6);
    CHECK(*anti.symmetry_deviation == doctest::Approx(2));
    std::vector<double> b(20 * 5);
    geolip::fill_normal(std::span(b), {2, 1});
    for (double& v : b) v = v * v;  // nothing of chance about it
    const auto low = geolip::qk_balance<double>({a.data(), 20, 5, 20, 1}, {b.data(), 20, 5});
    CHECK(low.positive == 5);
    CHECK(low.negative == 5);
    CHECK(low.zero == 10);
    CHECK(*low.balance == 0.5);
    CHECK(*low.positive_fraction == 0.25);
    CHECK(*geolip::qk_balance_null(20, 5).value == 0.25);
    CHECK(geolip::qk_balance_null(20, 5).sd == 0);
    // At the ends of the range.
    std::vector<double> huge = a;
    for (double& v : huge) v *= 1e200;
    CHECK(*geolip::qk_balance<double>({huge.data(), 20, 20}, m).positive_fraction == 1);
}

TEST_CASE("the null of the balance is that of matrices that NumPy draws") {
    for (const fixtures::simulated& known : fixtures::balance_nulls) {
        CAPTURE(known.rows);
        CAPTURE(known.cols);
        check_null(geolip::qk_balance_null(known.rows, known.cols, 2000, 3, 64), known.figure, 2000);
    }
}

TEST_CASE_TEMPLATE("alignment is SciPy's", T, float, double) {
    for (const fixtures::procrustes_case& known : fixtures::procrustes_cases) {
        const std::vector<T> a = as<T>(known.a), b = as<T>(known.b);
        const auto r = geolip::procrustes<T>({a.data(), known.rows, known.cols}, {b.data(), known.rows, known.cols});
        CAPTURE(known.rows);
        CAPTURE(known.cols);
        CHECK(*r.cosine_before == doctest::Approx(known.figures[0]).epsilon(1e-10));
        CHECK(*r.cosine == doctest::Approx(known.figures[1]).epsilon(1e-7));
        CHECK(std::fabs(*r.residual - known.figures[2]) < 1e-3);
        CHECK(*r.residual * *r.residual == doctest::Approx(known.figures[2] * known.figures[2]).epsilon(1e-6));
        CHECK(*r.gain == doctest::Approx(*r.cosine - *r.cosine_before));
    }
}

TEST_CASE("a rotated copy is found, scaled or not, from either side") {
    constexpr std::size_t rows = 30, cols = 12;
    std::vector<double> a(rows * cols), b(rows * cols);
    geolip::fill_normal(std::span(a), {5, 0});
    const Eigen::MatrixXd turn = geolip::detail::random_frame(cols, cols, {5, 1}, geolip::isa::automatic);
    for (std::size_t i = 0; i < rows; ++i)
        for (std::size_t j = 0; j < cols; ++j)
            for (std::size_t k = 0; k < cols; ++k)
                b[i * cols + j] +=
                    1e-30 * a[i * cols + k] * turn(static_cast<Eigen::Index>(k), static_cast<Eigen::Index>(j));
    const auto r = geolip::procrustes<double>({a.data(), rows, cols}, {b.data(), rows, cols});
    CHECK(*r.cosine == doctest::Approx(1).epsilon(1e-7));
    CHECK(std::fabs(*r.cosine_before) < 0.5);
    // Of the transposes the other, longer side is turned, in which they have nothing in common: as by chance.
    const auto t = geolip::procrustes<double>({a.data(), cols, rows, 1, cols}, {b.data(), cols, rows, 1, cols});
    const auto null = geolip::procrustes_null(cols, rows, 400, 6);
    CHECK(std::fabs(*t.cosine - *null.value) < 4 * null.sd);
}

TEST_CASE("nulls of alignment are those of matrices that NumPy draws") {
    for (const fixtures::simulated& known : fixtures::procrustes_nulls) {
        CAPTURE(known.rows);
        CAPTURE(known.cols);
        check_null(geolip::procrustes_null(known.rows, known.cols, 1500, 4), known.figure, 1500);
    }
    for (const fixtures::matched_case& known : fixtures::matched_nulls) {
        CAPTURE(known.rows);
        CAPTURE(known.cols);
        check_null(
            geolip::spectrum_matched_procrustes_null(known.values_a, known.values_b, known.rows, known.cols, 1500, 4),
            known.figure, 1500);
    }
}

TEST_CASE("of square Gaussian matrices 0.75 aligns, where nothing is shared") {
    const auto null = geolip::procrustes_null(160, 160, 6, 1);
    CHECK(std::fabs(*null.value - 0.75) < 0.006);
}

TEST_CASE("what is not finite, zeros, and shapes that do not fit") {
    std::vector<float> one(12, 1.0f), zero(12), bad(12, std::numeric_limits<float>::quiet_NaN());
    const auto view = [](const std::vector<float>& m) { return matrix_view<const float>(m.data(), 4, 3); };
    CHECK(geolip::procrustes<float>(view(one), view(bad)).reason == undefined_reason::nonfinite);
    CHECK(geolip::procrustes<float>(view(zero), view(one)).reason == undefined_reason::all_zero);
    CHECK(!geolip::procrustes<float>(view(zero), view(one)).cosine);
    CHECK(geolip::qk_balance<float>(view(bad), view(one)).reason == undefined_reason::nonfinite);
    CHECK(geolip::qk_balance<float>(view(one), view(zero)).reason == undefined_reason::all_zero);
    CHECK(geolip::qk_balance<float>(view(one), view(zero)).zero == 4);
    CHECK_THROWS_WITH_AS(geolip::procrustes<float>(view(one), matrix_view<const float>(one.data(), 3, 4)),
                         "procrustes: matrices of 4 x 3 and 3 x 4; expected one shape, not empty", geolip::shape_error);
    CHECK_THROWS_AS(geolip::qk_balance<float>(view(one), matrix_view<const float>(one.data(), 2, 3)),
                    geolip::shape_error);
    CHECK_THROWS_AS(geolip::qk_balance<float>(view(one), view(one), 1.0), geolip::usage_error);
    const std::vector<double> few(2, 1.0);
    CHECK_THROWS_AS(geolip::spectrum_matched_procrustes_null(few, few, 3, 3), geolip::shape_error);
}
