// Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT

#include "geolip/simplex/volume_law.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <initializer_list>
#include <limits>
#include <numbers>
#include <optional>
#include <random>
#include <vector>

#include "fixtures/volume_law.hpp"

using geolip::coefficient_of_variation;
using geolip::equivalent_dimension;
using geolip::gaussian_law;
using geolip::sphere_law;

namespace {

constexpr double pi = std::numbers::pi;

// The functions take the law as a policy; the fixtures name it.
template <class Function>
auto with_law(char name, Function function) {
    return name == 'g' ? function(gaussian_law{}) : function(sphere_law{});
}

double relative_difference(std::optional<double> value, double expected) {
    REQUIRE(value.has_value());
    return std::fabs(*value / expected - 1);
}

// Vertices N(0, sigma^2 I): the Gaussian law with another unit of length.
struct wide_gaussian_law {
    double sigma = 1;
    double lowest_power(int order, double dimension) const { return gaussian_law::lowest_power(order, dimension); }
    double log_moment(int order, double dimension, double power) const {
        return gaussian_law::log_moment(order, dimension, power) + power * order * std::log(sigma);
    }
    double log_dispersion(int order, double dimension) const { return gaussian_law::log_dispersion(order, dimension); }
};

double standard_normal(std::mt19937_64& engine) {
    const auto uniform = [&] { return (static_cast<double>(engine() >> 11) + 0.5) * 0x1p-53; };
    const double radius = std::sqrt(-2 * std::log(uniform()));
    return radius * std::cos(2 * pi * uniform());
}

// Volume of one random simplex, as the product of the heights of its edges (Gram-Schmidt).
double random_volume(std::mt19937_64& engine, int order, int dimension, bool on_sphere) {
    const auto columns = static_cast<std::size_t>(dimension);
    std::vector<std::vector<double>> points(static_cast<std::size_t>(order) + 1, std::vector<double>(columns));
    for (auto& point : points) {
        double norm = 0;
        for (double& x : point) {
            x = standard_normal(engine);
            norm += x * x;
        }
        if (on_sphere) {
            for (double& x : point) x /= std::sqrt(norm);
        }
    }
    double volume = 1;
    for (std::size_t k = 1; k < points.size(); ++k) {
        for (std::size_t j = 0; j < columns; ++j) points[k][j] -= points[0][j];
        for (std::size_t i = 1; i < k; ++i) {
            double dot = 0;
            for (std::size_t j = 0; j < columns; ++j) dot += points[k][j] * points[i][j];
            for (std::size_t j = 0; j < columns; ++j) points[k][j] -= dot * points[i][j];
        }
        double norm = 0;
        for (const double x : points[k]) norm += x * x;
        for (double& x : points[k]) x /= std::sqrt(norm);
        volume *= std::sqrt(norm) / static_cast<double>(k);
    }
    return volume;
}

struct simulated {
    double mean, mean_error, cv, cv_error;
};

// Standard errors to first order in the deviations (the delta method).
simulated simulate(int order, int dimension, bool on_sphere, int samples) {
    std::mt19937_64 engine(20260101);
    std::vector<double> volumes(static_cast<std::size_t>(samples));
    double sum = 0;
    for (double& v : volumes) sum += v = random_volume(engine, order, dimension, on_sphere);
    const double mean = sum / samples;
    double squares = 0;
    for (const double v : volumes) squares += (v - mean) * (v - mean);
    const double sd = std::sqrt(squares / samples);
    double influence = 0;
    for (const double v : volumes) {
        const double z = (v - mean) / sd;
        const double term = sd / mean * ((z * z - 1) / 2 - sd / mean * z);
        influence += term * term;
    }
    return {mean, sd / std::sqrt(samples), sd / mean, std::sqrt(influence) / samples};
}

}  // namespace

TEST_CASE("the coefficient of variation agrees with mpmath to 1e-13 from D = K to 1e9") {
    for (const fixtures::law_cv& row : fixtures::law_cvs) {
        CAPTURE(row.law);
        CAPTURE(row.order);
        CAPTURE(row.dimension);
        const auto value =
            with_law(row.law, [&](auto law) { return coefficient_of_variation(law, row.order, row.dimension); });
        CHECK(relative_difference(value, row.cv) <= 1e-13);
    }
}

TEST_CASE("moments of real power agree with mpmath to their stated bound") {
    for (const fixtures::law_log_moment& row : fixtures::law_log_moments) {
        CAPTURE(row.law);
        CAPTURE(row.order);
        CAPTURE(row.dimension);
        CAPTURE(row.power);
        const auto value =
            with_law(row.law, [&](auto law) { return geolip::log_moment(law, row.order, row.dimension, row.power); });
        REQUIRE(value.has_value());
        CHECK(std::fabs(*value - row.value) <=
              1e-15 * (1 + std::fabs(row.power)) * (1 + row.order * std::log(row.order + row.dimension)));
    }
}

TEST_CASE("special cases have the values of elementary geometry") {
    // Two Gaussian points: sqrt(2) times a chi variable with D degrees of freedom.
    CHECK(relative_difference(coefficient_of_variation(gaussian_law{}, 1, 1), std::sqrt(pi / 2 - 1)) <= 1e-14);
    CHECK(relative_difference(coefficient_of_variation(gaussian_law{}, 1, 2), std::sqrt(4 / pi - 1)) <= 1e-14);
    CHECK(relative_difference(coefficient_of_variation(gaussian_law{}, 1, 3), std::sqrt(3 * pi / 8 - 1)) <= 1e-14);
    CHECK(relative_difference(geolip::mean_volume(gaussian_law{}, 1, 3), 4 / std::sqrt(pi)) <= 1e-14);
    CHECK(relative_difference(geolip::mean_volume(gaussian_law{}, 2, 2), std::sqrt(3.0) / 2) <= 1e-14);
    CHECK(relative_difference(coefficient_of_variation(gaussian_law{}, 4, 4), std::sqrt(5.0 / 3)) <= 1e-14);
    // Chords: of S^0 (0 or 2), of the circle, of the sphere.
    CHECK(relative_difference(coefficient_of_variation(sphere_law{}, 1, 1), 1) <= 1e-14);
    CHECK(relative_difference(geolip::mean_volume(sphere_law{}, 1, 1), 1) <= 1e-14);
    CHECK(relative_difference(coefficient_of_variation(sphere_law{}, 1, 2), std::sqrt(pi * pi / 8 - 1)) <= 1e-14);
    CHECK(relative_difference(geolip::mean_volume(sphere_law{}, 1, 2), 4 / pi) <= 1e-14);
    CHECK(relative_difference(coefficient_of_variation(sphere_law{}, 1, 3), std::sqrt(1.0 / 8)) <= 1e-14);
    CHECK(relative_difference(geolip::volume_variance(sphere_law{}, 1, 3), 2.0 / 9) <= 1e-14);
    // Triangles in the circle, tetrahedra in the sphere.
    CHECK(relative_difference(geolip::mean_volume(sphere_law{}, 2, 2), 3 / (2 * pi)) <= 1e-14);
    CHECK(relative_difference(coefficient_of_variation(sphere_law{}, 2, 2), std::sqrt(pi * pi / 6 - 1)) <= 1e-14);
    CHECK(relative_difference(geolip::mean_volume(sphere_law{}, 3, 3), 4 * pi / 105) <= 1e-14);
    CHECK(relative_difference(geolip::moment(sphere_law{}, 3, 3, 2), 2.0 / 81) <= 1e-14);
}

TEST_CASE("five points: known values to four decimals") {
    struct known {
        double dimension, sphere, gaussian;
    };
    // At D = 4 the Gaussian value is sqrt(5/3) = 1.2910.
    for (const known& row :
         {known{4, .9231, 1.2910}, known{5, .6252, .9354}, known{8, .3624, .6094}, known{16, .2030, .3856},
          known{24, .1531, .3052}, known{32, .1272, .2605}, known{48, .0996, .2097}, known{64, .0845, .1804},
          known{128, .0578, .1262}, known{256, .0402, .0888}, known{512, .0282, .0627}, known{768, .0230, .0511}}) {
        CAPTURE(row.dimension);
        CHECK(std::fabs(coefficient_of_variation(sphere_law{}, 4, row.dimension).value() - row.sphere) <= 5.1e-5);
        CHECK(std::fabs(coefficient_of_variation(gaussian_law{}, 4, row.dimension).value() - row.gaussian) <= 5.1e-5);
    }
}

TEST_CASE("simulated simplices follow the laws within four standard errors, and only their own") {
    struct setting {
        int order, dimension;
    };
    for (const setting at : {setting{1, 2}, setting{2, 3}, setting{4, 4}, setting{4, 7}, setting{6, 9}}) {
        for (const bool on_sphere : {false, true}) {
            CAPTURE(at.order);
            CAPTURE(at.dimension);
            CAPTURE(on_sphere);
            const simulated seen = simulate(at.order, at.dimension, on_sphere, 20000);
            const double gaussian = coefficient_of_variation(gaussian_law{}, at.order, at.dimension).value();
            const double sphere = coefficient_of_variation(sphere_law{}, at.order, at.dimension).value();
            const double mean = with_law(on_sphere ? 's' : 'g', [&](auto law) {
                return geolip::mean_volume(law, at.order, at.dimension).value();
            });
            CHECK(std::fabs(seen.mean - mean) <= 4 * seen.mean_error);
            CHECK(std::fabs(seen.cv - (on_sphere ? sphere : gaussian)) <= 4 * seen.cv_error);
            CHECK(std::fabs(seen.cv - (on_sphere ? gaussian : sphere)) >= 6 * seen.cv_error);
        }
    }
}

TEST_CASE("the CV falls with the dimension, so its inverse gives the dimension back to 1e-12") {
    const auto check = [](auto law) {
        for (int order = 1; order <= 12; ++order) {
            double previous = std::numeric_limits<double>::infinity();
            for (double dimension = order; dimension < 1e11; dimension = dimension * 1.21 + 0.01) {
                CAPTURE(order);
                CAPTURE(dimension);
                const double cv = coefficient_of_variation(law, order, dimension).value();
                CHECK(cv < previous);
                CHECK(relative_difference(equivalent_dimension(cv, law, order), dimension) <= 1e-12);
                previous = cv;
            }
            for (const double cv : {1e-60, 1e-5, 1e-3, 0.01, 0.13, 0.2, 0.29154, 0.3}) {
                const std::optional<double> dimension = equivalent_dimension(cv, law, order);
                REQUIRE(dimension.has_value());
                CHECK(relative_difference(coefficient_of_variation(law, order, *dimension), cv) <= 1e-12);
            }
        }
    };
    check(gaussian_law{});
    check(sphere_law{});
}

TEST_CASE("far out both laws tend to their first term: CV^2 = K/(2D), and K/(2(K+1)D) on the sphere") {
    for (int order = 1; order <= 12; ++order) {
        const double far = 1e15;
        CHECK(relative_difference(coefficient_of_variation(gaussian_law{}, order, far), std::sqrt(order / (2 * far))) <=
              1e-13);
        CHECK(relative_difference(coefficient_of_variation(sphere_law{}, order, far),
                                  std::sqrt(order / (2 * (order + 1) * far))) <= 1e-13);
    }
}

TEST_CASE("what is undefined is empty") {
    const double infinity = std::numeric_limits<double>::infinity();
    const double nan = std::numeric_limits<double>::quiet_NaN();
    const auto check = [&](auto law) {
        CHECK_FALSE(coefficient_of_variation(law, 4, 3));
        CHECK_FALSE(coefficient_of_variation(law, 4, 3.999));
        CHECK_FALSE(coefficient_of_variation(law, 0, 3));
        CHECK_FALSE(coefficient_of_variation(law, -1, 3));
        CHECK_FALSE(coefficient_of_variation(law, 4, nan));
        CHECK_FALSE(coefficient_of_variation(law, 4, infinity));
        CHECK_FALSE(geolip::mean_volume(law, 4, 3));
        CHECK_FALSE(geolip::volume_variance(law, 4, 3));
        CHECK_FALSE(geolip::log_moment(law, 4, 3, 0));
        CHECK_FALSE(geolip::log_moment(law, 4, 8, nan));
        CHECK_FALSE(geolip::log_moment(law, 4, 8, infinity));
        for (const double cv : {0.0, -0.2, nan, infinity, 1e-80, 100.0}) {
            CHECK_FALSE(equivalent_dimension(cv, law));
        }
        CHECK_FALSE(equivalent_dimension(0.2, law, 0));
        const double most = coefficient_of_variation(law, 4, 4).value();
        CHECK_FALSE(equivalent_dimension(most * (1 + 1e-12), law));
        CHECK(equivalent_dimension(most, law).value() == 4);
        // Too large for a double, though not for its logarithm.
        CHECK_FALSE(geolip::moment(law, 4, 8, 1e6));
        CHECK(geolip::log_moment(law, 4, 8, 1e6));
        CHECK(geolip::log_moment(law, 4, 8, 0).value() == 0);
    };
    check(gaussian_law{});
    check(sphere_law{});
}

TEST_CASE("negative moments end where they become infinite") {
    CHECK_FALSE(geolip::moment(gaussian_law{}, 4, 8, -5));
    CHECK(geolip::moment(gaussian_law{}, 4, 8, -4.999).value() > 100);
    // E[1/V] of two Gaussian points in the plane: 1/sqrt(2) sqrt(pi/2).
    CHECK(relative_difference(geolip::moment(gaussian_law{}, 1, 2, -1), std::sqrt(pi) / 2) <= 1e-14);
    // Three points of the circle fall together before their triangle flattens: 2/3, not 1.
    CHECK_FALSE(geolip::moment(sphere_law{}, 2, 2, -2.0 / 3));
    CHECK(geolip::moment(sphere_law{}, 2, 2, -0.6666).value() > 100);
    CHECK_FALSE(geolip::moment(sphere_law{}, 1, 1, -0.01));
}

TEST_CASE("a law of one's own is a law") {
    static_assert(geolip::volume_law<wide_gaussian_law>);
    static_assert(!geolip::volume_law<int>);
    const wide_gaussian_law wide{.sigma = 3};
    CHECK(relative_difference(coefficient_of_variation(wide, 4, 32), 0.26050) <= 1e-4);
    CHECK(relative_difference(geolip::mean_volume(wide, 2, 2), 9 * std::sqrt(3.0) / 2) <= 1e-14);
    CHECK(relative_difference(equivalent_dimension(0.3, wide), equivalent_dimension(0.3, gaussian_law{}).value()) <=
          1e-15);
}
