// Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT
#include "geolip/metrics/head_health.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <cstddef>
#include <limits>
#include <string>
#include <utility>
#include <vector>

#include "support/matrices.hpp"

using geolip::head_health;
using geolip::health;
using geolip::undefined_reason;
using geolip_test::gaussian_rows;
using geolip_test::matrix;

namespace {

/// Rows in a random flat of `rank` dimensions.
template <class T>
matrix<T> flat_rows(std::size_t rows, std::size_t cols, std::size_t rank, std::uint64_t stream) {
    const auto inner = gaussian_rows<T>(rows, rank, stream);
    matrix<T> directions{rank, cols};
    // Orthogonal directions of equal length, so that the law is the one at `rank`: cosines.
    for (std::size_t k = 0; k < rank; ++k)
        for (std::size_t j = 0; j < cols; ++j)
            directions(k, j) = static_cast<T>(std::cos(3.141592653589793 * (static_cast<double>(j) + 0.5) *
                                                       static_cast<double>(k + 1) / static_cast<double>(cols)));
    matrix<T> m{rows, cols};
    for (std::size_t i = 0; i < rows; ++i)
        for (std::size_t j = 0; j < cols; ++j)
            for (std::size_t k = 0; k < rank; ++k) m(i, j) += inner(i, k) * directions(k, j);
    return m;
}

/// Row i of the result is row `order[i]`.
template <class T>
matrix<T> picked(const matrix<T>& m, const std::vector<std::size_t>& order) {
    matrix<T> out{order.size(), m.cols};
    for (std::size_t i = 0; i < order.size(); ++i)
        for (std::size_t j = 0; j < m.cols; ++j) out(i, j) = m(order[i], j);
    return out;
}

/// A null of few replicates: it is simulated once a shape, and takes most of these tests' time.
template <class Metric>
Metric quick() {
    Metric metric;
    metric.samples = 1000;
    metric.null_replicates = 48;
    return metric;
}

template <class T>
geolip::activation_reading read(const matrix<T>& m, head_health<T> metric = quick<head_health<T>>()) {
    typename head_health<T>::workspace memory;
    return metric.activation(m.view(), 0, memory);
}

template <class T>
geolip::head_health<T> without_null() {
    head_health<T> metric;
    metric.null_replicates = 0;
    return metric;
}

template <class Action>
std::string message_of(Action action) {
    try {
        action();
    } catch (const geolip::error& e) {
        return e.what();
    }
    return "";
}

bool same(const geolip::volume_cv_estimate& a, const geolip::volume_cv_estimate& b) {
    return a.value == b.value && a.standard_error == b.standard_error &&
           a.population_standard_error == b.population_standard_error && a.counts == b.counts &&
           a.null.value == b.null.value && a.reason == b.reason;
}

bool same(const geolip::activation_reading& a, const geolip::activation_reading& b) {
    return same(a.all, b.all) && same(a.distinct, b.distinct) && a.rows == b.rows && a.state == b.state &&
           a.dimension.low == b.dimension.low && a.dimension.high == b.dimension.high;
}

bool same(const geolip::head_reading& a, const geolip::head_reading& b) {
    return same(a.query, b.query) && same(a.key, b.key) && same(a.value, b.value) && a.state == b.state &&
           a.query_key_ratio.value == b.query_key_ratio.value && a.key_head == b.key_head;
}

}  // namespace

TEST_CASE_TEMPLATE("Gaussian heads are classed as the law at head_dim is, and are what chance gives", T, float,
                   double) {
    // The law: 0.609, 0.386, 0.210, 0.180, 0.089; at 120 it is 0.1305, on the bound.
    for (const auto& [columns, state] : std::vector<std::pair<std::size_t, health>>{{8, health::above_band},
                                                                                    {16, health::above_band},
                                                                                    {48, health::in_band},
                                                                                    {64, health::in_band},
                                                                                    {120, health::undecided},
                                                                                    {256, health::below_band}}) {
        CAPTURE(columns);
        const auto r = read(gaussian_rows<T>(600, columns, 1000 + columns));
        CHECK(r.state == state);
        CHECK(std::fabs(r.z_score().value()) < 4);
        CHECK(r.dimension.low < static_cast<double>(columns));
        CHECK(r.dimension.high > static_cast<double>(columns));
        CHECK(r.rows == geolip::row_counts{600, 0, 600});
        CHECK(same(r.all, r.distinct));
    }
}

TEST_CASE_TEMPLATE("a head of low rank is collapsing, and its dimension is the rank", T, float, double) {
    for (const std::size_t rank : {6u, 9u, 12u}) {
        CAPTURE(rank);
        const auto r = read(flat_rows<T>(512, 64, rank, rank));
        CHECK(r.state == health::collapsing);
        CHECK(r.dimension.low < static_cast<double>(rank));
        CHECK(r.dimension.high > static_cast<double>(rank));
        CHECK(r.z_score().value() > 10);
    }
    CHECK(read(flat_rows<T>(512, 256, 48, 1)).state == health::collapsing);
    CHECK(read(flat_rows<T>(512, 64, 48, 1)).state == health::in_band);
    // Five points in three dimensions: what is left of their volume is rounding.
    const auto flat = read(flat_rows<T>(512, 64, 3, 3));
    CHECK(flat.state == health::collapsing);
    CHECK(flat.distinct.reason == undefined_reason::rounding_noise);
    CHECK(!flat.dimension.value);
    CHECK(!flat.z_score());
}

TEST_CASE("collapse_fraction and the band are options") {
    auto metric = without_null<float>();
    const auto m = gaussian_rows<float>(512, 64);
    metric.band_high = 0.15;
    CHECK(read(m, metric).state == health::above_band);
    metric.band_low = 0.1;
    metric.band_high = 0.2;
    metric.deviations = 0;
    CHECK(read(m, metric).state == health::in_band);
    metric.collapse_fraction = 2;  // 128 of 64 dimensions
    CHECK(read(m, metric).state == health::collapsing);
    metric.collapse_fraction = 0;
    CHECK(read(flat_rows<float>(512, 64, 6, 1), metric).state == health::above_band);
    CHECK(read(flat_rows<float>(512, 64, 3, 1), metric).state == health::collapsing);
}

TEST_CASE_TEMPLATE("repeated rows are counted, and only distinct ones are classed", T, float, double) {
    const auto distinct = gaussian_rows<T>(100, 32, 7);
    std::vector<std::size_t> order;
    for (std::size_t i = 0; i < 100; ++i) order.push_back(i);
    for (std::size_t i = 0; i < 300; ++i) order.push_back(i * i % 100);
    const auto r = read(picked(distinct, order));
    CHECK(r.rows == geolip::row_counts{400, 0, 100});
    CHECK(r.all.counts.duplicate > 50);
    CHECK(r.distinct.counts.duplicate == 0);
    CHECK(same(r.distinct, read(distinct).all));
    CHECK(r.state == read(distinct).state);
    CHECK(r.distinct.null.value != r.all.null.value);
    // The first of equal rows stays, wherever its repeats are.
    order = {1, 0, 1, 1, 2, 0, 3};
    for (std::size_t i = 4; i < 100; ++i) order.push_back(i);
    std::vector<std::uint32_t> first;
    const auto mixed = picked(distinct, order);
    CHECK(geolip::distinct_rows(mixed.view(), first).distinct == 100);
    CHECK(std::vector<std::uint32_t>(first.begin(), first.begin() + 5) == std::vector<std::uint32_t>{0, 1, 4, 6, 7});
}

TEST_CASE("rows are equal by value, not by bits, and every coordinate counts") {
    matrix<double> m{6, 2, {0, 1, -0.0, 1, 0, 2, 1, 1, 0, 1, 1, 1}};
    std::vector<std::uint32_t> first;
    CHECK(geolip::distinct_rows(geolip::matrix_view<const double>(m.view()), first) == geolip::row_counts{6, 0, 3});
    CHECK(first == std::vector<std::uint32_t>{0, 2, 3});
}

TEST_CASE_TEMPLATE("a constant head is collapsing", T, float, double) {
    matrix<T> constant{200, 16};
    for (T& x : constant.values) x = T(0.1);
    auto r = read(constant);
    CHECK(r.state == health::collapsing);
    CHECK(r.rows == geolip::row_counts{200, 0, 1});
    CHECK(!r.distinct.value);
    // Four values are a simplex of three dimensions, without volume; five are one simplex, of which nothing is known.
    const auto few = gaussian_rows<T>(5, 16);
    std::vector<std::size_t> order(50, 3);
    for (std::size_t i = 0; i < 4; ++i) order[i] = i;
    CHECK(read(picked(few, order)).state == health::collapsing);
    order[4] = 4;
    r = read(picked(few, order));
    CHECK(r.rows.distinct == 5);
    CHECK(r.state == health::undecided);
}

TEST_CASE_TEMPLATE("rows that are not numbers are counted and left out", T, float, double) {
    const auto clean = gaussian_rows<T>(300, 64, 5);
    matrix<T> dirty{305, 64};
    std::size_t from = 0;
    for (std::size_t i = 0; i < 305; ++i)
        for (std::size_t j = 0; j < 64; ++j) {
            const bool bad = i % 61 == 7;
            dirty(i, j) = bad ? (i % 2 == 0 ? std::numeric_limits<T>::quiet_NaN() : -std::numeric_limits<T>::infinity())
                              : clean(from, j);
            if (!bad && j == 63) ++from;
        }
    REQUIRE(from == 300);
    const auto r = read(dirty);
    CHECK(r.rows == geolip::row_counts{305, 5, 300});
    CHECK(r.all.counts.nonfinite > 0);
    CHECK(same(r.distinct, read(clean).all));
    CHECK(r.state == health::in_band);
    matrix<T> nothing{100, 16};
    for (T& x : nothing.values) x = std::numeric_limits<T>::quiet_NaN();
    CHECK(read(nothing).state == health::undefined);
    CHECK(read(nothing).rows == geolip::row_counts{100, 100, 0});
}

TEST_CASE("what has no volume or too few rows is undefined and says why") {
    const auto thin = read(gaussian_rows<float>(100, 3));
    CHECK(thin.state == health::undefined);
    CHECK(thin.distinct.reason == undefined_reason::dimension_below_order);
    CHECK(read(gaussian_rows<float>(100, 4)).state == health::above_band);
    const auto few = read(gaussian_rows<float>(4, 64));
    CHECK(few.state == health::undefined);
    CHECK(few.distinct.reason == undefined_reason::too_few_rows);
    CHECK(read(gaussian_rows<float>(9, 64)).state == health::undecided);
    CHECK(read(matrix<float>{0, 0}).state == health::undefined);
}

TEST_CASE_TEMPLATE("heads of whole matrices are the heads one by one, whatever the strides and threads", T, float,
                   double) {
    constexpr std::size_t heads = 3, width = 8, rows = 60;
    const auto q = gaussian_rows<T>(rows, heads * width, 1), k = gaussian_rows<T>(rows, heads * width, 2),
               v = gaussian_rows<T>(rows, heads * width, 3);
    auto metric = quick<head_health<T>>();
    metric.samples = 300;
    typename head_health<T>::workspace memory;
    const auto whole = metric(q.view(), k.view(), v.view(), {.query = heads}, memory);
    REQUIRE(whole.size() == heads);
    const auto column_major = [&](const matrix<T>& m) {
        matrix<T> turned{m.cols, m.rows};
        for (std::size_t i = 0; i < m.rows; ++i)
            for (std::size_t j = 0; j < m.cols; ++j) turned(j, i) = m(i, j);
        return turned;
    };
    const auto qt = column_major(q), kt = column_major(k), vt = column_major(v);
    const auto across = [&](const matrix<T>& m) {
        return geolip::matrix_view<const T>(m.values.data(), rows, heads * width, 1, rows);
    };
    const auto strided = metric(across(qt), across(kt), across(vt), {.query = heads}, memory);
    metric.backend.threads = 3;
    std::vector<geolip::matrix_view<const T>> parts[3];
    for (std::size_t h = 0; h < heads; ++h) {
        parts[0].emplace_back(q.values.data() + h * width, rows, width, heads * width);
        parts[1].emplace_back(k.values.data() + h * width, rows, width, heads * width);
        parts[2].emplace_back(v.values.data() + h * width, rows, width, heads * width);
    }
    const auto one_by_one = metric.each(parts[0], parts[1], parts[2], memory);
    for (std::size_t h = 0; h < heads; ++h) {
        CHECK(same(whole[h], strided[h]));
        CHECK(same(whole[h], one_by_one[h]));
        CHECK(whole[h].query_head == h);
        CHECK(whole[h].key_head == h);
        CHECK(same(whole[h].value, metric.activation(parts[2][h], 3 * h + 2, memory)));
    }
    CHECK(whole[0].query.all.value != whole[1].query.all.value);
}

TEST_CASE("grouped queries share keys and values") {
    const auto q = gaussian_rows<float>(80, 6 * 8, 1), k = gaussian_rows<float>(80, 2 * 8, 2),
               v = gaussian_rows<float>(80, 2 * 5, 3);  // values of another width
    auto metric = without_null<float>();
    head_health<float>::workspace memory;
    const auto r = metric(q.view(), k.view(), v.view(), {.query = 6, .key = 2}, memory);
    REQUIRE(r.size() == 6);
    for (std::size_t h = 0; h < 6; ++h) {
        CHECK(r[h].key_head == h / 3);
        CHECK(same(r[h].key, r[h / 3 * 3].key));
        CHECK(same(r[h].value, r[h / 3 * 3].value));
        CHECK(r[h].value.columns == 5);
    }
    CHECK(!same(r[0].key, r[3].key));
    CHECK(!same(r[0].query, r[1].query));
}

TEST_CASE("the ratio of queries to keys carries both errors, and the state the worst of the three") {
    const auto q = gaussian_rows<double>(300, 64, 1), v = gaussian_rows<double>(90, 64, 3);
    const auto k = flat_rows<double>(90, 64, 8, 2);  // other tokens than the queries'
    const auto metric = quick<head_health<double>>();
    head_health<double>::workspace memory;
    auto r = metric(q.view(), k.view(), v.view(), {}, memory);
    REQUIRE(r.size() == 1);
    const geolip::volume_cv_estimate &query = r[0].query.distinct, &key = r[0].key.distinct;
    const double ratio = *query.value / *key.value;
    CHECK(*r[0].query_key_ratio.value == doctest::Approx(ratio));
    CHECK(r[0].query_key_ratio.standard_error ==
          doctest::Approx(ratio *
                          std::hypot(r[0].query.standard_error / *query.value, r[0].key.standard_error / *key.value)));
    CHECK(*r[0].query_key_ratio.null.value == doctest::Approx(*query.null.value / *key.null.value));
    CHECK(r[0].query_key_ratio.z_score().value() < -5);
    CHECK(r[0].query.state == health::in_band);
    CHECK(r[0].state == health::collapsing);
    r = metric(q.view(), matrix<double>{90, 64}.view(), v.view(), {}, memory);
    CHECK(!r[0].query_key_ratio.value);
    CHECK(r[0].query_key_ratio.reason == undefined_reason::too_few_rows);
}

TEST_CASE("rows of one length are chance under the sphere law only") {
    auto m = gaussian_rows<float>(512, 64);
    for (std::size_t i = 0; i < m.rows; ++i) {
        float square = 0;
        for (std::size_t j = 0; j < m.cols; ++j) square += m(i, j) * m(i, j);
        for (std::size_t j = 0; j < m.cols; ++j) m(i, j) /= std::sqrt(square);
    }
    CHECK(read(m).z_score().value() < -10);
    using on_sphere = head_health<float, geolip::cpu, geolip::scale_invariant, geolip::sphere_law>;
    on_sphere::workspace memory;
    const auto r = quick<on_sphere>().activation(m.view(), 0, memory);
    CHECK(std::fabs(r.z_score().value()) < 4);
    CHECK(r.dimension.low < 64);
    CHECK(r.dimension.high > 64);
}

TEST_CASE("the documented policy looks at 512 rows, repeats or not") {
    using documented = head_health<float, geolip::cpu, geolip::documented_sweep>;
    auto m = gaussian_rows<float>(700, 32);
    for (std::size_t j = 0; j < 32; ++j) m(5, j) = m(600, j) = m(4, j);
    auto metric = quick<documented>();
    metric.samples = 300;
    documented::workspace memory;
    const auto r = metric.activation(m.view(), 0, memory);
    CHECK(r.rows == geolip::row_counts{512, 0, 511});
    const geolip::volume_cv<4, float, geolip::cpu, geolip::documented_sweep> cv;
    CHECK(r.all.value == cv(m.view()).value);
}

TEST_CASE("wrong use says what was wrong") {
    const auto m = gaussian_rows<float>(20, 12), narrow = gaussian_rows<float>(20, 6);
    auto metric = without_null<float>();
    head_health<float>::workspace memory;
    const auto call = [&](const matrix<float>& q, const matrix<float>& k, geolip::head_counts heads) {
        return message_of([&] { metric(q.view(), k.view(), k.view(), heads, memory); });
    };
    CHECK(call(m, m, {5}) ==
          "head_health: queries of 20 x 12 for 5 heads; expected a number of heads that divides the columns");
    CHECK(call(m, m, {.query = 4, .key = 5}).find("keys of 20 x 12 for 5 heads") != std::string::npos);
    CHECK(call(m, m, {.query = 4, .key = 3}) ==
          "head_health: 4 heads of queries and 3 of keys; expected a multiple, because heads share keys evenly");
    CHECK(call(m, m, {.query = 0}).find("0 heads") != std::string::npos);
    CHECK(
        call(m, narrow, {.query = 1}) ==
        "head_health: queries of head_dim 12 and keys of head_dim 6; expected one head_dim, for their inner products");
    CHECK(message_of([&] { metric(m.view(), m.view(), gaussian_rows<float>(19, 12).view(), {}, memory); }) ==
          "head_health: keys of 20 x 12 and values of 19 x 12; expected as many rows: they are of the same tokens");
    std::vector<geolip::matrix_view<const float>> one{m.view()}, two{m.view(), m.view()};
    CHECK(message_of([&] { metric.each(two, two, one, memory); }) ==
          "head_health: 2 heads of keys and 1 of values; expected as many");
    CHECK(message_of([&] { metric.each(two, std::vector<geolip::matrix_view<const float>>(), one, memory); }) != "");
    metric.band_low = 0.3;
    CHECK(call(m, m, {}).find("expected an ascending band") != std::string::npos);
    metric.band_low = std::numeric_limits<double>::quiet_NaN();
    CHECK(call(m, m, {}).find("expected an ascending band") != std::string::npos);
}

TEST_CASE_TEMPLATE("directions are those of the covariance, whatever repeats or lies close together", T, float,
                   double) {
    // Variances 1, 1/2, ..., 1/2^7: (sum)^2 / sum of squares.
    auto uneven = gaussian_rows<T>(2000, 8, 11);
    double sum = 0, squares = 0;
    for (std::size_t j = 0; j < 8; ++j) {
        const double variance = std::ldexp(1, -static_cast<int>(j));
        sum += variance;
        squares += variance * variance;
        for (std::size_t i = 0; i < uneven.rows; ++i) uneven(i, j) *= static_cast<T>(std::sqrt(variance));
    }
    CHECK(*read(uneven).directions == doctest::Approx(sum * sum / squares).epsilon(0.1));
    // Not fewer for a small pool, unlike those of a sample covariance: 16 rows of 64 dimensions.
    double mean = 0;
    for (std::uint64_t i = 0; i < 50; ++i) mean += *read(gaussian_rows<T>(16, 64, 500 + i)).directions / 50;
    CHECK(mean == doctest::Approx(64).epsilon(0.1));
    CHECK(*read(flat_rows<T>(512, 64, 12, 1)).directions == doctest::Approx(12).epsilon(0.15));
    // 100 places, five rows close to each: fewer equivalent dimensions, but about as many directions, and no collapse.
    auto clustered = gaussian_rows<T>(500, 64, 12);
    for (std::size_t i = 100; i < 500; ++i)
        for (std::size_t j = 0; j < 64; ++j) clustered(i, j) = clustered(i % 100, j) + T(0.01) * clustered(i, j);
    auto metric = quick<head_health<T>>();
    metric.collapse_fraction = 0.5;
    const auto r = read(clustered, metric);
    CHECK(r.rows.distinct == 500);
    CHECK(r.z_score().value() > 10);
    CHECK(r.dimension.high < 32);
    CHECK(*r.directions > 36);  // 64 / (1 + 64 / 100): the places are a sample of 100
    CHECK(r.state != health::collapsing);
    CHECK(!read(matrix<T>{100, 16}).directions);
}
