// Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT
#include "geolip/linalg/singular_values.hpp"

#include <doctest/doctest.h>

#include <Eigen/QR>
#include <Eigen/SVD>
#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>
#include <span>
#include <vector>

#include "fixtures/spectrum.hpp"
#include "geolip/metrics/gaussian_spectrum.hpp"
#include "geolip/metrics/spectrum.hpp"
#include "geolip/random/fill.hpp"

using geolip::matrix_view;
using geolip::singular_values;

namespace {

template <class T>
std::vector<double> values_of(const std::vector<double>& matrix, std::size_t rows, std::size_t cols) {
    const std::vector<T> own(matrix.begin(), matrix.end());
    return singular_values<T>({own.data(), rows, cols});
}

}  // namespace

TEST_CASE_TEMPLATE("values are LAPACK's, to what the Gram matrix can give", T, float, double) {
    for (const fixtures::spectrum_case& known : fixtures::spectrum_cases) {
        const std::vector<double> values = values_of<T>(known.matrix, known.rows, known.cols);
        REQUIRE(values.size() == known.values.size());
        const double largest = known.values.front();
        CAPTURE(known.rows);
        CAPTURE(known.cols);
        for (std::size_t i = 0; i < values.size(); ++i) {
            CHECK(std::fabs(values[i] * values[i] - known.values[i] * known.values[i]) <
                  50 * 2.3e-16 * largest * largest);
            CHECK(std::fabs(values[i] - known.values[i]) < 1e-5 * largest);
        }
        CHECK(*geolip::stable_rank(values) == doctest::Approx(known.figures[0]).epsilon(1e-12));
    }
}

TEST_CASE("larger matrices, either way up, of any stride and at any scale") {
    constexpr std::size_t rows = 300, cols = 70;
    std::vector<double> x(rows * cols);
    geolip::fill_normal(std::span(x), {4, 0});
    for (std::size_t i = 0; i < rows; ++i)
        for (std::size_t j = 0; j < cols; ++j) x[i * cols + j] *= std::pow(10.0, -0.05 * static_cast<double>(j));
    const Eigen::Map<const Eigen::Matrix<double, -1, -1, Eigen::RowMajor>> matrix(x.data(), 300, 70);
    const Eigen::JacobiSVD<Eigen::MatrixXd> reference(matrix);
    const std::vector<double> values = singular_values<double>({x.data(), rows, cols});
    for (std::size_t i = 0; i < cols; ++i)
        CHECK(values[i] == doctest::Approx(reference.singularValues()[static_cast<Eigen::Index>(i)]).epsilon(1e-9));
    CHECK(singular_values<double>({x.data(), cols, rows, 1, static_cast<std::ptrdiff_t>(cols)}) == values);
    for (const int power : {900, -900}) {
        std::vector<double> scaled = x;
        for (double& v : scaled) v = std::ldexp(v, power);
        const std::vector<double> far = singular_values<double>({scaled.data(), rows, cols});
        for (std::size_t i = 0; i < cols; ++i) CHECK(far[i] == std::ldexp(values[i], power));
    }
}

TEST_CASE("a Gaussian matrix lies among its null, a planted rank is found") {
    constexpr std::size_t rows = 96, cols = 64;
    std::vector<float> x(rows * cols);
    geolip::fill_normal(std::span(x), {4, 1});
    geolip::gaussian_spectra nulls(128);
    const auto figure = [&](auto statistic) {
        return geolip::spectral_estimate(singular_values<float>({x.data(), rows, cols}), rows, cols, nulls, statistic);
    };
    CHECK(std::fabs(*figure(geolip::stable_rank).z_score()) < 4);
    CHECK(std::fabs(*figure(geolip::effective_rank).z_score()) < 4);
    for (std::size_t i = 0; i < rows; ++i)
        for (std::size_t j = 8; j < cols; ++j) x[i * cols + j] = x[i * cols + j % 8];  // rank 8
    const std::vector<double> values = singular_values<float>({x.data(), rows, cols});
    CHECK(values[7] > 0.1 * values[0]);
    CHECK(values[8] < 1e-7 * values[0]);
    CHECK(*geolip::active_fraction(values) == 8.0 / 64);
    CHECK(*figure(geolip::effective_rank).z_score() < -50);
}

TEST_CASE("empty, zero, one row, and what is not finite") {
    CHECK(singular_values<float>({nullptr, 0, 5}).empty());
    CHECK(values_of<float>({0, 0, 0, 0, 0, 0}, 2, 3) == std::vector<double>{0, 0});
    CHECK(values_of<float>({3, 4}, 1, 2) == std::vector<double>{5});
    CHECK(values_of<float>({3, 4}, 2, 1) == std::vector<double>{5});
    for (const double bad : {std::numeric_limits<double>::quiet_NaN(), std::numeric_limits<double>::infinity()}) {
        const std::vector<double> values = values_of<float>({1, 2, bad, 4}, 2, 2);
        CHECK(values.size() == 2);
        CHECK(geolip::spectrum_reason(values) == geolip::undefined_reason::nonfinite);
    }
}

TEST_CASE("covariance: a planted one, the participation ratio's null, and what does not change it") {
    constexpr std::size_t rows = 4000, dim = 12;
    std::vector<float> x(rows * dim);
    geolip::fill_normal(std::span(x), {4, 2});
    const auto participation = [&] {
        return *geolip::participation_ratio(geolip::covariance_eigenvalues<float>({x.data(), rows, dim}));
    };
    // Of a Gaussian sample: about D / (1 + D / N).
    const double null = dim / (1 + dim / double(rows));
    CHECK(participation() == doctest::Approx(null).epsilon(0.005));
    // Its own distribution: squares of the singular values of one row less.
    const auto spectra = geolip::gaussian_singular_values(rows - 1, dim, 200, 3);
    const auto reading = geolip::null_of_spectra(spectra, dim, [](std::span<const double> s) {
        std::vector<double> squares;
        for (const double v : s) squares.push_back(v * v);
        return geolip::participation_ratio(squares);
    });
    CHECK(std::fabs(participation() - *reading.value) < 4 * reading.sd);
    const double before = participation();
    for (std::size_t i = 0; i < rows; ++i)
        for (std::size_t j = 0; j < dim; ++j) x[i * dim + j] += 100.0f * static_cast<float>(j);
    CHECK(participation() == doctest::Approx(before).epsilon(1e-3));  // the mean does not count
    for (std::size_t i = 0; i < rows; ++i)
        for (std::size_t j = 2; j < dim; ++j) x[i * dim + j] *= 1e-3f;
    const auto values = geolip::covariance_eigenvalues<float>({x.data(), rows, dim});
    CHECK(values[0] == doctest::Approx(1).epsilon(0.1));
    CHECK(values[1] == doctest::Approx(1).epsilon(0.1));
    CHECK(*geolip::rank_for_share(values, 0.95) == 2);
}

TEST_CASE("covariance by hand, and of nothing") {
    // Rows (1, 0), (3, 2), (5, 4) about (3, 2): 8/3 [1 1; 1 1].
    const std::vector<double> x{1, 0, 3, 2, 5, 4};
    const auto values = geolip::covariance_eigenvalues<double>({x.data(), 3, 2});
    CHECK(values[0] == doctest::Approx(16.0 / 3).epsilon(1e-14));
    CHECK(std::fabs(values[1]) < 1e-14);
    CHECK(geolip::covariance_eigenvalues<double>({x.data(), 0, 2}) == std::vector<double>{0, 0});
    CHECK(geolip::covariance_eigenvalues<double>({x.data(), 1, 2}) == std::vector<double>{0, 0});
    const std::vector<double> bad{1, std::numeric_limits<double>::quiet_NaN()};
    CHECK(geolip::spectrum_reason(geolip::covariance_eigenvalues<double>({bad.data(), 1, 2})) ==
          geolip::undefined_reason::nonfinite);
}
