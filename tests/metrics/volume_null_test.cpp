// Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT
#include "geolip/metrics/volume_null.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <vector>

#include "fixtures/volume_null.hpp"
#include "geolip/metrics/volume_cv.hpp"
#include "geolip/simplex/cayley_menger.hpp"
#include "support/matrices.hpp"

using geolip::gaussian_law;
using geolip::null_question;
using geolip::scale_invariant;
using geolip::simulate_null;
using geolip::sphere_law;
using geolip_test::summary;

namespace {

// The estimator on fresh rows, put together from the generator and `cayley_menger`, without the metric's own machinery.
template <int K>
summary independent_simulation(std::uint32_t rows, std::uint32_t dim, std::size_t samples, std::size_t replicates,
                               bool on_sphere) {
    std::vector<double> cv;
    for (std::size_t r = 0; r < replicates; ++r) {
        auto m = geolip_test::gaussian_rows<double>(rows, dim, 900000 + r);
        for (std::size_t i = 0; i < rows && on_sphere; ++i) {
            double square = 0;
            for (std::size_t j = 0; j < dim; ++j) square += m(i, j) * m(i, j);
            for (std::size_t j = 0; j < dim; ++j) m(i, j) /= std::sqrt(square);
        }
        std::vector<double> volume;
        geolip::philox_engine engine({99, r});
        for (std::size_t s = 0; s < samples; ++s) {
            std::uint32_t chosen[std::size_t{K} + 1];
            for (int v = 0; v <= K;) {  // draw again until it is new
                chosen[v] = geolip::uniform_below(engine, rows);
                bool fresh = true;
                for (int u = 0; u < v; ++u) fresh = fresh && chosen[u] != chosen[v];
                v += fresh ? 1 : 0;
            }
            geolip_test::matrix<double> simplex{K + 1, dim};
            for (std::size_t v = 0; v <= K; ++v)
                for (std::size_t j = 0; j < dim; ++j) simplex(v, j) = m(chosen[v], j);
            volume.push_back(std::sqrt(geolip::cayley_menger<K, double>::squared_volume(simplex.view())));
        }
        const summary s(volume);
        cv.push_back(s.sd / s.mean);
    }
    return summary(cv);
}

template <int K, class Law>
void check_null(std::uint32_t rows, std::uint32_t dim, std::uint32_t samples, std::uint32_t replicates) {
    const auto null = simulate_null<K, scale_invariant, Law>({rows, dim, samples, replicates, 1});
    const summary direct = independent_simulation<K>(rows, dim, samples, replicates / 2, std::same_as<Law, sphere_law>);
    REQUIRE(null);
    CAPTURE(rows);
    CAPTURE(dim);
    CHECK(static_cast<std::uint32_t>(null.replicates) == replicates);
    CHECK(std::fabs(*null.value - direct.mean) < 4 * std::hypot(null.standard_error(), direct.error_of_mean()));
    // The sd of an sd, with a margin for tails heavier than the normal's.
    CHECK(std::fabs(null.sd - direct.sd) < 5 * std::hypot(null.sd / std::sqrt(2.0 * replicates), direct.error_of_sd()));
}

}  // namespace

TEST_CASE("the null is the law of the estimator, as a simulation of another make finds it") {
    check_null<4, gaussian_law>(8, 24, 300, 2000);
    check_null<4, gaussian_law>(512, 24, 300, 400);
    check_null<4, gaussian_law>(64, 5, 100, 1000);
    check_null<2, gaussian_law>(30, 9, 100, 1000);
    check_null<7, gaussian_law>(20, 12, 100, 600);
    check_null<4, sphere_law>(64, 8, 200, 600);
    check_null<3, sphere_law>(10, 4, 100, 1000);
}

TEST_CASE("the null is the one that NumPy simulates") {
    for (const auto& known : fixtures::volume_nulls) {
        const auto null =
            simulate_null<4, scale_invariant, gaussian_law>({known.rows, known.cols, known.samples, 4000, 7});
        CAPTURE(known.rows);
        CAPTURE(known.cols);
        CHECK(std::fabs(*null.value - known.mean) < 4 * std::hypot(null.standard_error(), known.error_of_mean));
        CHECK(std::fabs(null.sd - known.sd) < 5 * std::hypot(null.sd / std::sqrt(8000.0), known.error_of_sd));
        // Biased low against the population.
        CHECK(*null.value + 4 * null.standard_error() <
              *geolip::coefficient_of_variation(gaussian_law(), 4, known.cols));
    }
}

TEST_CASE("published means and spreads on the sphere") {
    // n = 200: V32 D4 .919 +- .061, V64 D8 .362 +- .020, V64 D16 .2025 +- .011, known to the digits given.
    const auto null = [](std::uint32_t rows, std::uint32_t dim) {
        return simulate_null<4, scale_invariant, sphere_law>({rows, dim, 200, 2000, 7});
    };
    CHECK(std::fabs(*null(32, 4).value - 0.919) < 0.006);
    CHECK(std::fabs(null(32, 4).sd - 0.061) < 0.006);
    CHECK(std::fabs(*null(64, 8).value - 0.362) < 0.003);
    CHECK(std::fabs(null(64, 8).sd - 0.020) < 0.002);
    CHECK(std::fabs(*null(64, 16).value - 0.2025) < 0.0015);
    CHECK(std::fabs(null(64, 16).sd - 0.011) < 0.0015);
}

TEST_CASE("z of chance is standard normal") {
    geolip::volume_cv<4, float> metric;
    decltype(metric)::workspace memory;
    metric.null_replicates = 2000;
    std::vector<double> z;
    for (std::uint64_t r = 0; r < 1500; ++r) {
        metric.stream = r;
        z.push_back(metric(geolip_test::gaussian_rows<float>(128, 16, 7000 + r).view(), memory).z_score().value());
    }
    const summary s(z);
    // One null serves all: its own errors, 1/sqrt(2000) of mean and 1/sqrt(4000) of sd, come on top.
    CHECK(std::fabs(s.mean) < 4 * std::hypot(s.error_of_mean(), 1 / std::sqrt(2000.0)));
    CHECK(std::fabs(s.sd - 1) < 4 * std::hypot(s.error_of_sd(), 1 / std::sqrt(4000.0)));
    CHECK(geolip_test::kolmogorov(z, geolip_test::normal_cdf) < 2.2);
}

TEST_CASE("undefined where there is nothing to simulate, and remembered where there is") {
    // Ten valid volumes are asked for, nine are drawn.
    CHECK(!simulate_null<4, geolip::documented_sweep, gaussian_law>({20, 8, 9, 50, 1}));
    CHECK(!simulate_null<4, scale_invariant, gaussian_law>({20, 8, 50, 1, 1}));
    geolip::null_cache<4, scale_invariant, gaussian_law> cache;
    const null_question q{20, 8, 50, 20, 1};
    const auto* first = &cache(q);
    CHECK(first == &cache(q));
    CHECK(first != &cache({20, 8, 50, 20, 2}));
    CHECK(first->value == simulate_null<4, scale_invariant, gaussian_law>(q).value);
    for (const geolip::isa level : {geolip::isa::baseline, geolip::isa::automatic})
        CHECK(*cache(q, level).value == doctest::Approx(*first->value).epsilon(1e-4));
}
