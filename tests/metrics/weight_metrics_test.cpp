// Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT
#include <doctest/doctest.h>

#include <cmath>
#include <cstddef>
#include <limits>
#include <optional>
#include <span>
#include <vector>

#include "fixtures/weight_metrics.hpp"
#include "geolip/core/error.hpp"
#include "geolip/metrics/cosine_law.hpp"
#include "geolip/metrics/filter_use.hpp"
#include "geolip/metrics/matched_volumes.hpp"
#include "geolip/metrics/row_agreement.hpp"
#include "geolip/metrics/scale_statistics.hpp"
#include "geolip/metrics/token_cosines.hpp"
#include "geolip/metrics/trend.hpp"
#include "support/matrices.hpp"

using doctest::Approx;
using geolip::matrix_view;
using geolip::undefined_reason;
using geolip_test::normals;

namespace {

constexpr float nan_value = std::numeric_limits<float>::quiet_NaN();

template <class T>
std::vector<T> as(const std::vector<double>& x) {
    return std::vector<T>(x.begin(), x.end());
}

}  // namespace

TEST_CASE("trends are SciPy's, and their nulls those of all orders") {
    for (const fixtures::trend_case& known : fixtures::trend_cases) {
        const auto r = geolip::depth_trend(known.values);
        CHECK(r.count == known.values.size());
        CHECK(*r.first == known.values.front());
        CHECK(*r.last == known.values.back());
        CHECK(*r.spearman.value == Approx(known.figures[0]).epsilon(1e-12));
        CHECK(*r.slope.value == Approx(known.figures[1]).epsilon(1e-12));
        CHECK(r.spearman.null.sd == Approx(known.figures[2]).epsilon(1e-10));
        CHECK(r.slope.null.sd == Approx(known.figures[3]).epsilon(1e-10));
        CHECK(*r.spearman.null.value == 0);
        CHECK(*r.slope.null.value == 0);
    }
    const double rising[] = {1, 2, 4, 8}, level[] = {3, 3, 3, 3}, broken[] = {1, 2, std::nan("")};
    CHECK(*geolip::depth_trend(rising).spearman.value == Approx(1));
    const auto flat = geolip::depth_trend(level);
    CHECK(flat.spearman.reason == undefined_reason::zero_spread);
    CHECK(*flat.slope.value == 0);
    CHECK(geolip::depth_trend(broken).slope.reason == undefined_reason::nonfinite);
    CHECK(geolip::depth_trend(std::span(rising).first(2)).spearman.reason == undefined_reason::too_few_rows);
    CHECK(!geolip::depth_trend({}).first);
}

TEST_CASE_TEMPLATE("sequences and categories of tokens are NumPy's", T, float, double) {
    const std::vector<T> values = as<T>(fixtures::token_embedding);
    const matrix_view<const T> m(values.data(), fixtures::token_rows, fixtures::token_cols);
    for (const fixtures::sequence_case& known : fixtures::sequence_cases) {
        const auto r = geolip::sequence_cosines<T>(m, known.ids, known.places, {.replicates = 0});
        CHECK(*r.correlation.value == Approx(known.figures[0]).epsilon(1e-10));
        CHECK(*r.adjacent == Approx(known.figures[1]).epsilon(1e-10));
        CHECK(*r.others == Approx(known.figures[2]).epsilon(1e-10));
        CHECK(*r.gap.value == Approx(known.figures[1] - known.figures[2]).epsilon(1e-10));
        CHECK(r.cosines.size() == known.ids.size() * known.ids.size());
        CHECK(!r.gap.null);
    }
    std::vector<std::vector<std::size_t>> categories;
    for (const fixtures::category_case& known : fixtures::category_cases) categories.push_back(known.ids);
    const auto r = geolip::category_cosines<T>(m, categories, {.replicates = 2});
    CHECK(*r.overall == Approx(fixtures::token_overall).epsilon(1e-10));
    for (std::size_t c = 0; c < categories.size(); ++c) {
        const std::vector<double>& known = fixtures::category_cases[c].figures;
        CHECK(r.categories[c].tokens == categories[c].size());
        CHECK(*r.categories[c].within.value == Approx(known[0]).epsilon(1e-10));
        CHECK(*r.categories[c].within_sd == Approx(known[1]).epsilon(1e-10));
        CHECK(*r.categories[c].between == Approx(known[2]).epsilon(1e-10));
        CHECK(*r.categories[c].lift == Approx(known[3]).epsilon(1e-10));
    }
    for (std::size_t i = 0; i < fixtures::token_centroids.size(); ++i)
        CHECK(r.centroid_cosines[i] == Approx(fixtures::token_centroids[i]).epsilon(1e-10));
}

TEST_CASE("digits on a planted line fall with distance, a planted category clusters, and bad rows say why") {
    // Digit d at the angle d / 10 in a plane, among random rows; five rows about one direction.
    constexpr std::size_t rows = 400, dim = 64;
    std::vector<float> x = normals<float>(rows * dim, 3);
    std::vector<std::size_t> digits, places, cluster;
    for (std::size_t d = 0; d < 10; ++d) {
        digits.push_back(7 * d + 5);
        places.push_back(d);
        for (std::size_t j = 0; j < dim; ++j) x[(7 * d + 5) * dim + j] = 0;
        x[(7 * d + 5) * dim] = std::cos(0.1f * static_cast<float>(d));
        x[(7 * d + 5) * dim + 1] = std::sin(0.1f * static_cast<float>(d));
    }
    for (std::size_t i = 0; i < 5; ++i) {
        cluster.push_back(200 + i);
        for (std::size_t j = 0; j < dim; ++j) x[(200 + i) * dim + j] += 3;
    }
    const matrix_view<const float> m(x.data(), rows, dim);
    const auto line = geolip::sequence_cosines<float>(m, digits, places);
    CHECK(*line.correlation.value < -0.97);  // cos of up to 0.9 rad is nearly straight
    CHECK(*line.correlation.z_score() < -3);
    CHECK(*line.gap.value > 0);
    CHECK(*line.adjacent == Approx(std::cos(0.1)).epsilon(1e-6));
    const std::vector<std::vector<std::size_t>> sets{cluster, {300, 301, 302, 303, 304}, {9}, {}};
    const auto r = geolip::category_cosines<float>(m, sets);
    CHECK(*r.categories[0].within.z_score() > 20);
    CHECK(std::fabs(*r.categories[1].within.z_score()) < 4);
    CHECK(r.categories[2].within.reason == undefined_reason::too_few_rows);
    CHECK(r.categories[3].within.reason == undefined_reason::too_few_rows);

    const std::vector<std::size_t> few{1, 2}, outside{1, 2, rows};
    CHECK(geolip::sequence_cosines<float>(m, few, few).correlation.reason == undefined_reason::too_few_rows);
    CHECK_THROWS_AS(geolip::sequence_cosines<float>(m, outside, outside), geolip::shape_error);
    CHECK_THROWS_AS(geolip::sequence_cosines<float>(m, digits, few), geolip::shape_error);
    x[digits[4] * dim] = nan_value;
    CHECK(geolip::sequence_cosines<float>(m, digits, places).gap.reason == undefined_reason::nonfinite);
    x[digits[4] * dim] = x[digits[4] * dim + 1] = 0;
    CHECK(geolip::sequence_cosines<float>(m, digits, places).reason == undefined_reason::all_zero);
    for (const std::size_t d : digits)
        for (std::size_t j = 0; j < dim; ++j) x[d * dim + j] = 1;
    CHECK(geolip::sequence_cosines<float>(m, digits, places).tokens == 10);
}

TEST_CASE_TEMPLATE("rows of two matrices agree as NumPy says", T, float, double) {
    for (const fixtures::agreement_case& known : fixtures::agreement_cases) {
        const std::vector<T> a = as<T>(known.a), b = as<T>(known.b);
        const auto r = geolip::row_agreement<T>({a.data(), known.rows, known.cols}, {b.data(), known.rows, known.cols});
        CHECK(!r.equal);
        CHECK(*r.mean.value == Approx(known.figures[0]).epsilon(1e-9));
        CHECK(*r.sd == Approx(known.figures[1]).epsilon(1e-9));
        CHECK(*r.smallest == Approx(known.figures[2]).epsilon(1e-9));
        CHECK(*r.largest == Approx(known.figures[3]).epsilon(1e-9));
        CHECK(*r.norm_a == Approx(known.figures[4]).epsilon(1e-9));
        CHECK(*r.norm_b == Approx(known.figures[5]).epsilon(1e-9));
        CHECK(*r.difference == Approx(known.figures[6]).epsilon(1e-9));
        CHECK(*r.relative == Approx(known.figures[6] / known.figures[4]).epsilon(1e-9));
        const auto same =
            geolip::row_agreement<T>({a.data(), known.rows, known.cols}, {a.data(), known.rows, known.cols});
        CHECK(same.equal);
        CHECK(*same.mean.value == Approx(1));
        CHECK(*same.difference == 0);
    }
    std::vector<T> zero(12), other(12, T(1));
    const matrix_view<const T> z(zero.data(), 4, 3), o(other.data(), 4, 3);
    CHECK(geolip::row_agreement<T>(z, o).reason == undefined_reason::all_zero);
    other[5] = std::numeric_limits<T>::quiet_NaN();
    zero.assign(12, T(2));
    const auto part = geolip::row_agreement<T>(z, o);
    CHECK(part.skipped == 1);
    CHECK(*part.mean.value == Approx(1));
    CHECK(!part.norm_b);
    CHECK_THROWS_AS(geolip::row_agreement<T>(z, {other.data(), 3, 4}), geolip::shape_error);
}

TEST_CASE("planted filters: dead, weak, alive; and the closed form of their null is SciPy's") {
    constexpr std::size_t filters = 20, size = 27;
    std::vector<float> w = normals<float>(filters * size, 8);
    for (std::size_t j = 0; j < size; ++j) w[3 * size + j] *= 1e-4f, w[11 * size + j] *= 0.05f;
    const auto r = geolip::filter_use<float>({w.data(), filters, size});
    CHECK(r.units == filters);
    CHECK(r.dead == 1);
    CHECK(r.weak == 2);
    CHECK(r.smallest == r.importance[3]);
    w[0] = nan_value;
    CHECK(geolip::filter_use<float>({w.data(), filters, size}).reason == undefined_reason::nonfinite);
    w.assign(w.size(), 0.0f);
    CHECK(geolip::filter_use<float>({w.data(), filters, size}).reason == undefined_reason::all_zero);
    for (const fixtures::filter_case& known : fixtures::filter_cases) {
        CAPTURE(known.size);
        const auto null = geolip::filter_use_null(100, known.size);
        CHECK(*null.dead.value == Approx(known.dead).epsilon(1e-10));
        CHECK(*null.weak.value == Approx(known.weak).epsilon(1e-10));
        CHECK(null.weak.sd == Approx(std::sqrt(known.weak * (1 - known.weak) / 100)).epsilon(1e-10));
    }
    CHECK(!geolip::filter_use_null(0, 9).dead);
}

TEST_CASE("norm scales: counts are of the multiplier, and nothing has moved in a new layer") {
    const std::vector<float> scales{0.4f, 0.9f, 1.0f, 1.0f, 1.6f, -0.1f};
    const auto r = geolip::scale_statistics<float>(scales);
    CHECK(r.size == 6);
    CHECK(r.high == 1);
    CHECK(r.low == 2);
    CHECK(r.near_one == 3);
    CHECK(r.initial == 2);
    CHECK(r.negative == 1);
    CHECK(*r.mean.value == Approx(0.8));
    CHECK(*r.sd.value == Approx(std::sqrt((0.16 + 0.81 + 2 + 2.56 + 0.01) / 6 - 0.64)));
    CHECK(*r.moved.value == Approx(std::sqrt((0.36 + 0.01 + 0.36 + 1.21) / 6)));
    CHECK(*r.smallest == Approx(-0.1));
    CHECK(*r.largest == Approx(1.6));
    CHECK(*r.mean.null.value == 1);
    const auto shifted = geolip::scale_statistics<float>(scales, 0.0);
    CHECK(shifted.near_one == 1);  // 1 - 0.1
    CHECK(shifted.initial == 0);
    CHECK(*shifted.mean.null.value == 0);
    CHECK(*shifted.moved.value == Approx(std::sqrt((0.16 + 0.81 + 2 + 2.56 + 0.01) / 6)));
    const auto unknown = geolip::scale_statistics<float>(scales, std::nullopt);
    CHECK(!unknown.moved.value);
    CHECK(!unknown.mean.null);
    CHECK(unknown.low == 2);
    const std::vector<double> fresh(7, 1.0);
    const auto at_first = geolip::scale_statistics<double>(fresh);
    CHECK(at_first.initial == 7);
    CHECK(*at_first.moved.value == 0);
    const std::vector<float> broken{1.0f, nan_value};
    const auto bad = geolip::scale_statistics<float>(broken);
    CHECK(bad.nonfinite == 1);
    CHECK(bad.mean.reason == undefined_reason::nonfinite);
    CHECK(geolip::scale_statistics<float>({}).mean.reason == undefined_reason::no_elements);
}

TEST_CASE("cosines of isotropic vectors follow SciPy's beta law") {
    for (const fixtures::cosine_case& known : fixtures::cosine_cases) {
        CAPTURE(known.dim);
        CAPTURE(known.from);
        CHECK(geolip::isotropic_cosine_share(known.from, known.to, known.dim) == Approx(known.share).epsilon(1e-8));
    }
    CHECK(geolip::isotropic_cosine_share(-1, 1, 7) == Approx(1).epsilon(1e-9));
    CHECK(geolip::isotropic_cosine_share(-2, 0, 1) == 0.5);
    CHECK(geolip::isotropic_cosine_share(0.3, 0.3, 5) == 0);
}

TEST_CASE("ratios of volumes are to the exact expectation") {
    for (const fixtures::ratio_case& known : fixtures::ratio_cases) {
        const auto r = geolip::volume_ratio(4, 16 * known.mean_volume, 2 * known.mean_volume, 400, 2, known.dim);
        CHECK(*r.value == Approx(1).epsilon(1e-12));
        CHECK(r.standard_error == Approx(2.0 / 16 / 20).epsilon(1e-12));
        CHECK(r.null.sd == Approx(known.cv / 20).epsilon(1e-12));
    }
    CHECK(geolip::volume_ratio(4, 1, 1, 10, 1, 3).reason == undefined_reason::dimension_below_order);
    CHECK(!geolip::volume_ratio(4, 1, 1, 0, 1, 8).value);
    CHECK(!geolip::volume_ratio(4, 1, 1, 10, 0, 8).value);

    const std::vector<double> x{1, 2, 3, 2, 4, 9};  // columns (1, 3, 4) and (2, 2, 9)
    const auto s = geolip::spread_of_rows<double>({x.data(), 3, 2});
    CHECK(s.by_column[0] == Approx(std::sqrt(14.0) / 3));
    CHECK(s.by_column[1] == Approx(std::sqrt(98.0) / 3));
    CHECK(s.overall == Approx(std::sqrt(115.0 / 6 - 12.25)));
    CHECK(s.norms[0] == Approx(std::sqrt(25.0 + 49) / 3));
    CHECK(geolip::spread_of_rows<double>({x.data(), 0, 2}).reason == undefined_reason::no_elements);
    CHECK(!geolip::matched_volumes<4>(s.by_column, 10).mean);
}
