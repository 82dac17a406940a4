// Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT
#include "geolip/metrics/volume_cv.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <cstddef>
#include <limits>
#include <string>
#include <vector>

#include "geolip/simplex/cayley_menger.hpp"
#include "support/matrices.hpp"

using geolip::undefined_reason;
using geolip::volume_cv;
using geolip_test::gaussian_rows;
using geolip_test::matrix;

namespace {

template <class T>
matrix<T> moved(matrix<T> m, T scale, T offset) {
    for (T& x : m.values) x = x * scale + offset;
    return m;
}

template <int K, class T>
geolip::volume_statistics measure(const matrix<T>& m, std::size_t samples = 300) {
    volume_cv<K, T> metric;
    metric.samples = samples;
    typename volume_cv<K, T>::workspace memory;
    return metric.statistics(m.view(), memory);
}

// By definition: volumes of single simplices by cayley_menger in double, mean, unbiased sd.
template <int K, class T>
double cv_by_definition(const matrix<T>& m, std::size_t samples, geolip::random_stream stream) {
    std::vector<std::uint32_t> rows(samples * (K + 1));
    geolip::draw_samples<K + 1>(rows.data(), samples, static_cast<std::uint32_t>(m.rows), stream);
    std::vector<double> volume;
    for (std::size_t s = 0; s < samples; ++s) {
        matrix<double> simplex{K + 1, m.cols};
        for (std::size_t v = 0; v <= K; ++v)
            for (std::size_t j = 0; j < m.cols; ++j) simplex(v, j) = static_cast<double>(m(rows[s * (K + 1) + v], j));
        volume.push_back(std::sqrt(geolip::cayley_menger<K, double>::squared_volume(simplex.view())));
    }
    const geolip_test::summary s(volume);
    return s.sd / s.mean;
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

}  // namespace

TEST_CASE_TEMPLATE("the value is sd / mean of the volumes, for three to eight points", T, float, double) {
    const double tolerance = sizeof(T) == 4 ? 1e-5 : 1e-11;
    const auto m = gaussian_rows<T>(60, 21);
    const geolip::random_stream stream{42, std::uint64_t{16} << 56};  // what sample_stream() documents
    CHECK(measure<1>(m).cv.value() == doctest::Approx(cv_by_definition<1>(m, 300, stream)).epsilon(tolerance));
    CHECK(measure<2>(m).cv.value() == doctest::Approx(cv_by_definition<2>(m, 300, stream)).epsilon(tolerance));
    CHECK(measure<3>(m).cv.value() == doctest::Approx(cv_by_definition<3>(m, 300, stream)).epsilon(tolerance));
    CHECK(measure<4>(m).cv.value() == doctest::Approx(cv_by_definition<4>(m, 300, stream)).epsilon(tolerance));
    CHECK(measure<5>(m).cv.value() == doctest::Approx(cv_by_definition<5>(m, 300, stream)).epsilon(tolerance));
    CHECK(measure<6>(m).cv.value() == doctest::Approx(cv_by_definition<6>(m, 300, stream)).epsilon(tolerance));
    CHECK(measure<7>(m).cv.value() == doctest::Approx(cv_by_definition<7>(m, 300, stream)).epsilon(tolerance));
}

TEST_CASE_TEMPLATE("scale changes nothing, not even the counts; translation only what rounding does", T, float,
                   double) {
    const auto m = gaussian_rows<T>(100, 12);
    const auto base = measure<4>(m);
    REQUIRE(base.cv);
    for (const T scale : {T(1e-3), T(1e-25), T(0x1p-100), T(1e6), T(1e20)}) {
        CAPTURE(scale);
        const auto s = measure<4>(moved(m, scale, T(0)));
        REQUIRE(s.cv);
        CHECK(*s.cv == doctest::Approx(*base.cv).epsilon(sizeof(T) == 4 ? 1e-5 : 1e-12));
        CHECK(s.counts == base.counts);
    }
    // Far away the coordinates keep fewer digits: 1e4 away, about eps * 1e4 of them are gone.
    const auto far = measure<4>(moved(m, T(1), T(1e4)));
    REQUIRE(far.cv);
    CHECK(*far.cv == doctest::Approx(*base.cv).epsilon(sizeof(T) == 4 ? 2e-2 : 1e-9));
}

TEST_CASE_TEMPLATE("a figure that is rounding noise is undefined, and says why", T, float, double) {
    // Five points in three dimensions have no 4-volume.
    const auto flat = measure<4>(gaussian_rows<T>(100, 3));
    CHECK(!flat.cv);
    CHECK(flat.reason == undefined_reason::dimension_below_order);
    // Nor have they in a three-dimensional flat of R^40, however it is turned, placed and scaled.
    const auto inner = gaussian_rows<T>(100, 3, 1), directions = gaussian_rows<T>(3, 40, 2);
    for (const T scale : {T(1e-12), T(1), T(1e12)}) {
        for (const T offset : {T(0), T(5), T(1000)}) {
            matrix<T> turned{100, 40};
            for (std::size_t i = 0; i < 100; ++i)
                for (std::size_t j = 0; j < 40; ++j) {
                    for (std::size_t k = 0; k < 3; ++k) turned(i, j) += inner(i, k) * directions(k, j);
                    turned(i, j) = (turned(i, j) + offset) * scale;
                }
            const auto s = measure<4>(turned);
            CAPTURE(scale);
            CAPTURE(offset);
            CHECK(!s.cv);
            CHECK(s.reason == undefined_reason::rounding_noise);
            CHECK(s.counts.zero + s.counts.noise > 290);
            if (offset < 1000) CHECK(measure<3>(turned).cv.has_value());
        }
    }
    auto normed = gaussian_rows<T>(64, 4, 3);
    geolip_test::layer_norm(normed);
    CHECK(measure<4>(normed).reason == undefined_reason::rounding_noise);
    CHECK(measure<3>(normed).cv.has_value());
    matrix<T> constant{64, 24};
    for (T& x : constant.values) x = T(0.1);
    const auto none = measure<4>(constant);
    CHECK(!none.cv);
    // Every simplex has repeated rows, which explain the lost volumes: what is left is too little.
    CHECK(none.reason == undefined_reason::too_few_valid);
    CHECK(none.counts.duplicate == 300);
    CHECK(none.counts.valid == 0);
}

TEST_CASE("too few rows, and exactly enough") {
    CHECK(measure<4>(gaussian_rows<float>(4, 9)).reason == undefined_reason::too_few_rows);
    CHECK(measure<4>(matrix<float>{0, 9}).reason == undefined_reason::too_few_rows);
    CHECK(measure<4>(matrix<float>{9, 0}).reason == undefined_reason::dimension_below_order);
    // Five rows are one simplex: its volume does not vary.
    const auto one = measure<4>(gaussian_rows<float>(5, 9));
    REQUIRE(one.cv);
    CHECK(*one.cv == 0);
    CHECK(measure<4>(gaussian_rows<float>(20, 9), 1).reason == undefined_reason::too_few_valid);
    CHECK(measure<4>(gaussian_rows<float>(20, 9), 2).cv);
    CHECK(measure<4>(gaussian_rows<float>(20, 4)).cv);
}

TEST_CASE_TEMPLATE("rows that are not numbers are counted and enter nothing", T, float, double) {
    for (const T bad : {std::numeric_limits<T>::quiet_NaN(), std::numeric_limits<T>::infinity(),
                        -std::numeric_limits<T>::infinity()}) {
        auto m = gaussian_rows<T>(50, 19);
        m(7, 18) = bad;
        m(30, 0) = bad;
        volume_cv<4, T> metric;
        typename volume_cv<4, T>::workspace memory;
        const auto s = metric.statistics(m.view(), memory);
        std::size_t affected = 0;
        std::vector<double> clean;
        for (std::size_t i = 0; i < 300; ++i) {
            bool touched = false;
            for (std::size_t v = 0; v < 5; ++v)
                touched = touched || memory.rows[5 * i + v] == 7 || memory.rows[5 * i + v] == 30;
            affected += touched ? 1 : 0;
            if (!touched) clean.push_back(std::sqrt(memory.readings[i].squared_volume));
        }
        CHECK(affected > 30);
        CHECK(s.counts.nonfinite == affected);
        CHECK(s.counts.valid == 300 - affected);
        REQUIRE(s.cv);
        const geolip_test::summary expected(clean);
        CHECK(*s.cv == doctest::Approx(expected.sd / expected.mean).epsilon(1e-12));
    }
    matrix<T> all{20, 8};
    for (T& x : all.values) x = std::numeric_limits<T>::quiet_NaN();
    CHECK(measure<4>(all).reason == undefined_reason::too_few_valid);
    CHECK(measure<4>(all).counts.nonfinite == 300);
}

TEST_CASE("wrong use says what was wrong") {
    const auto m = gaussian_rows<float>(20, 8);
    volume_cv<4, float> metric;
    metric.samples = 0;
    CHECK(message_of([&] { metric(m.view()); }) == "volume_cv: samples is 0; expected 1 to 16777216");
    metric.samples = (1u << 24) + 1;
    CHECK(message_of([&] { metric(m.view()); }) == "volume_cv: samples is 16777217; expected 1 to 16777216");
    metric.samples = 10;
    metric.stream = std::uint64_t{1} << 56;
    CHECK(message_of([&] { metric(m.view()); }).find("expected less than 2^56") != std::string::npos);
    metric.stream = 0;
    const geolip::matrix_view<const float> huge(m.values.data(), std::size_t{1} << 32, 8, 0);
    CHECK(message_of([&] { metric(huge); }).find("expected fewer than 2^32") != std::string::npos);
    matrix<float> gradient{20, 7};
    volume_cv<4, float>::workspace memory;
    CHECK_THROWS_AS(metric.value_and_gradient(m.view(), gradient.view(), memory), geolip::shape_error);
}

TEST_CASE("the result carries law, null, z and equivalent dimension") {
    volume_cv<4, double> metric;
    metric.samples = 2000;
    const auto r = metric(gaussian_rows<double>(2000, 24).view());
    REQUIRE(r);
    CHECK(r.population_law.value() == doctest::Approx(0.3052).epsilon(2e-4));
    CHECK(std::fabs(*r.value - *r.population_law) < 4 * r.population_standard_error);
    CHECK(*geolip::coefficient_of_variation(geolip::gaussian_law(), 4, *r.equivalent_dimension) ==
          doctest::Approx(*r.value).epsilon(1e-12));
    REQUIRE(r.null);
    CHECK(r.null.replicates == 128);
    CHECK(*r.z_score() ==
          doctest::Approx((*r.value - *r.null.value) / std::hypot(r.null.sd, r.null.sd / std::sqrt(128.0))));
    CHECK(r.volume_sd / r.mean_volume == doctest::Approx(*r.value));
    metric.null_replicates = 0;
    CHECK(!metric(gaussian_rows<double>(200, 24).view()).null);
    const auto flat = metric(gaussian_rows<double>(200, 3).view());
    CHECK(!flat);
    CHECK(!flat.population_law);
    CHECK(!flat.z_score());
}
