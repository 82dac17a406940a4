// Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT
#include "geolip/metrics/pairwise.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>
#include <span>
#include <vector>

#include "geolip/metrics/distribution.hpp"
#include "support/levels.hpp"
#include "support/matrices.hpp"

using geolip::distribution;
using geolip::matrix_view;
using geolip::undefined_reason;
using geolip_test::normals;

namespace {

// All numbers, kept and sorted.
struct kept {
    std::vector<double> values;
    double mean = 0, sd = 0;
    explicit kept(std::vector<double> v) : values(std::move(v)) {
        std::sort(values.begin(), values.end());
        for (const double x : values) mean += x / double(values.size());
        for (const double x : values) sd += (x - mean) * (x - mean);
        sd = std::sqrt(sd / double(values.size() - 1));
    }
};

void check_same(const distribution& d, const kept& k, double tolerance) {
    REQUIRE(d.count() == k.values.size());
    CHECK(std::fabs(*d.mean() - k.mean) < tolerance);
    CHECK(std::fabs(*d.sd() - k.sd) < tolerance);
    CHECK(std::fabs(*d.smallest() - k.values.front()) < tolerance);
    CHECK(std::fabs(*d.largest() - k.values.back()) < tolerance);
    const double cell = (d.high() - d.low()) / double(distribution::cells);
    for (const double share : {0.01, 0.25, 0.5, 0.99}) {
        // Between the neighbours in the order, and a cell.
        const double place = share * double(k.values.size());
        const auto before = static_cast<std::size_t>(std::max(std::floor(place) - 1, 0.0));
        const auto after = std::min(static_cast<std::size_t>(std::ceil(place)), k.values.size() - 1);
        CHECK(*d.percentile(share) >= k.values[before] - cell - tolerance);
        CHECK(*d.percentile(share) <= k.values[after] + cell + tolerance);
    }
}

}  // namespace

TEST_CASE("a distribution counts as if the numbers were kept") {
    const std::vector<double> x = normals<double>(20000, 0);
    distribution d(-8, 8);
    for (const double v : x) d.add(v);
    check_same(d, kept(x), 1e-12);
    CHECK(*d.share_between(-1, 1) == doctest::Approx(0.6827).epsilon(0.02));
    CHECK(*d.share_between(-8, 8) == 1);
    distribution narrow(-0.5, 0.5);  // outside counts in the outermost cells, and does not move ends and moments
    for (const double v : x) narrow.add(v);
    CHECK(*narrow.mean() == doctest::Approx(*d.mean()));
    CHECK(*narrow.largest() == *d.largest());
    CHECK(*narrow.share_between(-0.5, 0.5) == 1);
}

TEST_CASE("an empty distribution, one number, and wrong ranges") {
    distribution d(0, 1);
    CHECK(!d.mean());
    CHECK(!d.sd());
    CHECK(!d.percentile(0.5));
    CHECK(!d.share_between(0, 1));
    CHECK(!d.smallest());
    d.add(0.25);
    CHECK(*d.mean() == 0.25);
    CHECK(!d.sd());
    CHECK(*d.percentile(0.5) == 0.25);
    const double nan = std::numeric_limits<double>::quiet_NaN();
    CHECK_THROWS_WITH_AS(distribution(1, 1),
                         "distribution: a range from 1.000000 to 1.000000; expected low < high, both finite",
                         geolip::usage_error);
    CHECK_THROWS_AS(distribution(nan, 1), geolip::usage_error);
    CHECK_THROWS_AS(distribution(0, std::numeric_limits<double>::infinity()), geolip::usage_error);
}

TEST_CASE_TEMPLATE("cosines, distances and norms are those of plain loops, in more than one block", T, float, double) {
    constexpr std::size_t rows = 150, dim = 23;
    std::vector<T> x = normals<T>(rows * dim, 1);
    for (std::size_t i = 0; i < rows; ++i)
        for (std::size_t j = 0; j < dim; ++j) x[i * dim + j] = x[i * dim + j] * T(1 + i % 5) + T(0.3);
    std::vector<double> cosines, distances, norms;
    for (std::size_t a = 0; a < rows; ++a) {
        double own = 0;
        for (std::size_t j = 0; j < dim; ++j) own += double(x[a * dim + j]) * double(x[a * dim + j]);
        norms.push_back(std::sqrt(own));
        for (std::size_t b = 0; b < a; ++b) {
            double product = 0, other = 0, square = 0;
            for (std::size_t j = 0; j < dim; ++j) {
                const double u = double(x[a * dim + j]), v = double(x[b * dim + j]);
                product += u * v, other += v * v, square += (u - v) * (u - v);
            }
            cosines.push_back(product / std::sqrt(own * other));
            distances.push_back(std::sqrt(square));
        }
    }
    const double tolerance = sizeof(T) == 4 ? 2e-5 : 1e-11;
    for (const geolip::isa level : geolip_test::available_levels()) {
        const geolip::pairwise_options all{.rows = 0, .isa = level};
        const matrix_view<const T> m(x.data(), rows, dim);
        CAPTURE(geolip::isa_name(level));
        check_same(*geolip::pairwise_cosines<T>(m, all).values, kept(cosines), tolerance);
        check_same(*geolip::pairwise_distances<T>(m, all).values, kept(distances), 10 * tolerance);
        check_same(*geolip::row_norms<T>(m).values, kept(norms), 10 * tolerance);
    }
}

TEST_CASE("isotropic rows lie among their nulls") {
    constexpr std::size_t rows = 600, dim = 32;
    const std::vector<float> x = normals<float>(rows * dim, 2);
    const matrix_view<const float> m(x.data(), rows, dim);
    const auto cosines = geolip::pairwise_cosines<float>(m);
    CHECK(cosines.rows == rows);
    CHECK(cosines.values->count() == rows * (rows - 1) / 2);
    CHECK(*cosines.sd.null.value == doctest::Approx(1 / std::sqrt(32.0)));
    CHECK(std::fabs(*cosines.mean.z_score()) < 4);
    CHECK(std::fabs(*cosines.sd.z_score()) < 4);
    const auto norms = geolip::row_norms<float>(m);
    CHECK(std::fabs(*norms.mean.z_score()) < 4);
    CHECK(std::fabs(*norms.sd.z_score()) < 4);
    const auto distances = geolip::pairwise_distances<float>(m);
    CHECK(*distances.mean.value == doctest::Approx(*distances.mean.null.value).epsilon(0.01));
    CHECK(*distances.sd.value == doctest::Approx(*distances.sd.null.value).epsilon(0.05));
}

TEST_CASE("a common direction shows in the cosines, planted norms in the norms") {
    constexpr std::size_t rows = 200, dim = 64;
    std::vector<float> x = normals<float>(rows * dim, 3);
    for (std::size_t i = 0; i < rows; ++i) x[i * dim] += 4;  // 16 of 80 of the square
    const auto r = geolip::pairwise_cosines<float>({x.data(), rows, dim});
    CHECK(*r.mean.value == doctest::Approx(0.2).epsilon(0.15));
    CHECK(*r.mean.z_score() > 100);
    for (std::size_t i = 0; i < rows / 2; ++i)
        for (std::size_t j = 0; j < dim; ++j) x[i * dim + j] *= 3;
    CHECK(*geolip::row_norms<float>({x.data(), rows, dim}).sd.z_score() > 20);
}

TEST_CASE("a sample of rows is a function of the seed, and looks at so many") {
    const std::vector<float> x = normals<float>(500 * 8, 4);
    const matrix_view<const float> m(x.data(), 500, 8);
    const auto some = geolip::pairwise_cosines<float>(m, {.rows = 100, .seed = 1});
    CHECK(some.rows == 100);
    CHECK(some.values->count() == 4950);
    CHECK(some.values->histogram() == geolip::pairwise_cosines<float>(m, {.rows = 100, .seed = 1}).values->histogram());
    CHECK(some.values->histogram() != geolip::pairwise_cosines<float>(m, {.rows = 100, .seed = 2}).values->histogram());
    CHECK(geolip::pairwise_cosines<float>(m, {.rows = 900}).rows == 500);
}

TEST_CASE("zero rows, rows that are not finite, one row, none") {
    std::vector<double> x = normals<double>(6 * 4, 5);
    for (std::size_t j = 0; j < 4; ++j) x[4 + j] = 0;
    x[9] = std::numeric_limits<double>::quiet_NaN();
    const auto cosines = geolip::pairwise_cosines<double>({x.data(), 6, 4});
    CHECK(cosines.rows == 6);
    CHECK(cosines.zero_rows == 1);
    CHECK(cosines.nonfinite_rows == 1);
    CHECK(cosines.values->count() == 6);  // of the four others
    CHECK(geolip::pairwise_distances<double>({x.data(), 6, 4}).values->count() == 10);
    CHECK(geolip::row_norms<double>({x.data(), 6, 4}).values->count() == 5);
    CHECK(geolip::pairwise_cosines<double>({x.data(), 1, 4}).reason == undefined_reason::too_few_rows);
    CHECK(geolip::pairwise_cosines<double>({x.data() + 4, 1, 4}).reason == undefined_reason::all_zero);
    CHECK(geolip::row_norms<double>({x.data() + 8, 1, 4}).reason == undefined_reason::nonfinite);
    CHECK(geolip::row_norms<double>({x.data(), 0, 4}).reason == undefined_reason::too_few_rows);
    // Rows at the ends of the range have directions.
    const std::vector<float> far{1e30f, 1e30f, 1e-30f, -1e-30f, 3e-30f, 0};
    const auto ends = geolip::pairwise_cosines<float>({far.data(), 3, 2});
    CHECK(*ends.values->smallest() == doctest::Approx(0).epsilon(1e-6));
    CHECK(*ends.values->largest() == doctest::Approx(std::sqrt(0.5)));
}
