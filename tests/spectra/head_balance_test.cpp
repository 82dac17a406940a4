// Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT
#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>
#include <span>
#include <vector>

#include "fixtures/weight_metrics.hpp"
#include "geolip/core/error.hpp"
#include "geolip/metrics/head_balance.hpp"
#include "support/matrices.hpp"

using geolip::matrix_view;
using geolip::undefined_reason;
using geolip_test::normals;

namespace {

template <class T>
std::vector<T> as(const std::vector<double>& x) {
    return std::vector<T>(x.begin(), x.end());
}

void check_null(const geolip::null_reading& ours, const double (&known)[4]) {
    const auto& [mean, mean_error, sd, sd_error] = known;
    const double replicates = ours.replicates;
    CAPTURE(*ours.value);
    CAPTURE(mean);
    CAPTURE(ours.sd);
    CAPTURE(sd);
    CHECK(std::fabs(*ours.value - mean) < 4 * std::hypot(mean_error, ours.sd / std::sqrt(replicates)));
    // Ours has as many readings as NumPy's, so about the same error.
    CHECK(std::fabs(ours.sd - sd) < 4.5 * sd_error * std::sqrt(2));
}

}  // namespace

TEST_CASE_TEMPLATE("heads of grouped keys are NumPy's d x d products", T, float, double) {
    for (const fixtures::heads_case& known : fixtures::heads_cases) {
        const std::vector<T> q = as<T>(known.queries), k = as<T>(known.keys);
        const auto heads = geolip::head_balance<T>({q.data(), known.heads * known.dim, known.width},
                                                   {k.data(), known.key_heads * known.dim, known.key_width},
                                                   known.heads, known.key_heads);
        CAPTURE(known.heads);
        CAPTURE(known.width);
        REQUIRE(heads.size() == known.heads);
        const bool one_width = known.width == known.key_width;
        for (std::size_t h = 0; h < known.heads; ++h) {
            CHECK(heads[h].head == h);
            CHECK(heads[h].key_head == h * known.key_heads / known.heads);
            const geolip::qk_balance_reading& r = heads[h].reading;
            const double* figure = known.figures.data() + h * (one_width ? 5 : 1);
            CHECK(*r.stable_rank == doctest::Approx(figure[one_width ? 4 : 0]).epsilon(1e-9));
            CHECK(r.positive_fraction.has_value() == one_width);
            if (!one_width) continue;
            CHECK(static_cast<double>(r.positive) == figure[0]);
            CHECK(static_cast<double>(r.negative) == figure[1]);
            CHECK(*r.signed_energy == doctest::Approx(figure[2]).epsilon(1e-9));
            CHECK(*r.symmetry_deviation == doctest::Approx(figure[3]).epsilon(1e-7));
        }
    }
}

TEST_CASE("the stable rank of large products is that of planted singular values") {
    // Orthogonal directions: unit vectors. M = diag(5, 4, 3, 1, 1, …), of 300 rows.
    constexpr std::size_t n = 300;
    std::vector<double> a(n * n), b(n * n);
    double square = 0;
    for (std::size_t i = 0; i < n; ++i) {
        const double value = i < 3 ? 5 - static_cast<double>(i) : 1;
        a[i * n + i] = value;
        b[i * n + i] = 1;
        square += value * value;
    }
    const matrix_view<const double> left(a.data(), n, n), right(b.data(), n, n);
    CHECK(*geolip::qk_balance<double>(left, right).stable_rank == doctest::Approx(square / 25).epsilon(1e-10));
    // Nothing but one direction, and values that need many steps to tell apart.
    std::vector<double> one(n * 4), spread(n * n);
    for (std::size_t i = 0; i < n; ++i) one[i * 4] = 1, spread[i * n + i] = 1 - 1e-3 * static_cast<double>(i);
    const matrix_view<const double> line(one.data(), n, 4), close(spread.data(), n, n);
    CHECK(*geolip::qk_balance<double>(line, line).stable_rank == doctest::Approx(1).epsilon(1e-12));
    double sum = 0;
    for (std::size_t i = 0; i < n; ++i) sum += spread[i * n + i] * spread[i * n + i];
    CHECK(*geolip::qk_balance<double>(close, right).stable_rank == doctest::Approx(sum).epsilon(1e-6));
}

TEST_CASE("planted heads: one attracts alone, one repels, and NaN stays in its head") {
    constexpr std::size_t dim = 4, width = 32, heads = 4, key_heads = 2;
    std::vector<float> q = normals<float>(heads * dim * width, 5), k = normals<float>(key_heads * dim * width, 6);
    // Head 1 has the keys of its group, which are those of key head 0; head 2 their opposite.
    std::copy_n(k.begin(), dim * width, q.begin() + dim * width);
    for (std::size_t i = 0; i < dim * width; ++i) q[2 * dim * width + i] = -k[dim * width + i];
    q[3 * dim * width + 9] = std::numeric_limits<float>::quiet_NaN();
    const auto read = [&] {
        return geolip::head_balance<float>({q.data(), heads * dim, width}, {k.data(), key_heads * dim, width}, heads,
                                           key_heads);
    };
    auto r = read();
    CHECK(r[0].reading.positive == dim);
    CHECK(r[0].reading.negative == dim);
    CHECK(r[1].reading.positive == dim);
    CHECK(r[1].reading.negative == 0);
    CHECK(*r[1].reading.signed_energy == doctest::Approx(1));
    CHECK(*r[1].reading.symmetry_deviation < 1e-6);
    CHECK(r[2].reading.negative == dim);
    CHECK(*r[2].reading.signed_energy < 1e-6);
    CHECK(r[3].reading.reason == undefined_reason::nonfinite);
    for (std::size_t i = 0; i < dim * width; ++i) q[3 * dim * width + i] = 0;
    r = read();
    CHECK(r[3].reading.reason == undefined_reason::all_zero);
    CHECK(!r[3].reading.stable_rank);
    CHECK_THROWS_AS(geolip::head_balance<float>({q.data(), 16, width}, {k.data(), 8, width}, 4, 3),
                    geolip::shape_error);
    CHECK_THROWS_AS(geolip::head_balance<float>({q.data(), 16, width}, {k.data(), 8, width}, 0, 2),
                    geolip::shape_error);
    CHECK_THROWS_AS(geolip::head_balance<float>({q.data(), 16, width}, {k.data(), 4, width}, 4, 2),
                    geolip::shape_error);
}

TEST_CASE("the null of a head is that of heads that NumPy draws") {
    for (const fixtures::heads_null_case& known : fixtures::heads_nulls) {
        CAPTURE(known.width);
        CAPTURE(known.dim);
        const auto null = geolip::head_balance_null(known.width, known.dim, known.key_width, 4000, 3);
        check_null(null.stable_rank, known.rank);
        CHECK(null.signed_energy.value.has_value() == (known.width == known.key_width));
        if (!null.signed_energy) continue;
        check_null(null.signed_energy, known.energy);
        check_null(null.symmetry_deviation, known.deviation);
        // Half of the rank, which is algebra where the head is narrow.
        const double half = 0.5 * static_cast<double>(std::min(known.width, 2 * known.dim));
        CHECK(*null.positive_fraction.value == doctest::Approx(half / static_cast<double>(known.width)).epsilon(0.02));
        if (2 * known.dim <= known.width) CHECK(null.positive_fraction.sd < 1e-12);
    }
    CHECK(!geolip::head_balance_null(0, 4, 4).stable_rank);
    CHECK(!geolip::head_balance_null(8, 4, 8, 1).stable_rank);
}
