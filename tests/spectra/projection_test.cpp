// Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT
#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>
#include <span>
#include <vector>

#include "fixtures/projection.hpp"
#include "geolip/metrics/embedding_projection.hpp"
#include "geolip/metrics/procrustes_large.hpp"
#include "geolip/metrics/spectral_correlation.hpp"
#include "geolip/random/fill.hpp"

using geolip::matrix_view;
using geolip::undefined_reason;

namespace {

using view = matrix_view<const float>;

std::vector<float> gaussian(std::size_t size, std::uint64_t stream) {
    std::vector<float> x(size);
    geolip::fill_normal(std::span(x), {77, stream});
    return x;
}

/// Planted: b = a M + noise, M of width_a x width_b.
struct planted {
    std::size_t rows = 240, width_a = 9, width_b = 6;
    std::vector<float> a = gaussian(rows * width_a, 0), b = gaussian(rows * width_b, 1);
    explicit planted(float noise) {
        // Orthonormal columns: a rotation of the leading coordinates, the others small.
        const auto rotation = geolip::detail::random_frame(width_b, width_b, {5, 5}, geolip::isa::automatic);
        for (std::size_t i = 0; i < rows; ++i) {
            for (std::size_t j = width_b; j < width_a; ++j) a[i * width_a + j] *= noise;
            for (std::size_t j = 0; j < width_b; ++j) {
                double sum = 0;
                for (std::size_t k = 0; k < width_b; ++k)
                    sum += static_cast<double>(a[i * width_a + k]) *
                           rotation(static_cast<Eigen::Index>(k), static_cast<Eigen::Index>(j));
                b[i * width_b + j] = static_cast<float>(sum) + noise * b[i * width_b + j] + 3.0f;
            }
        }
    }
    view first() const { return {a.data(), rows, width_a}; }
    view second() const { return {b.data(), rows, width_b}; }
};

}  // namespace

TEST_CASE("correlation of spectra is NumPy's, and Gaussian ones have nearly 1") {
    for (const fixtures::spectral_case& known : fixtures::spectral_cases) {
        CAPTURE(known.values_a.size());
        CHECK(std::fabs(*geolip::spectral_correlation(known.values_a, known.values_b) - known.correlation) < 1e-12);
        const auto ceiling = geolip::alignment_ceiling(known.values_a, known.values_b);
        REQUIRE(ceiling.has_value() == (known.ceiling > 0));
        if (ceiling) CHECK(std::fabs(*ceiling - known.ceiling) < 1e-12);
    }
    geolip::gaussian_spectra nulls(16, 3);
    const auto null = geolip::spectral_correlation_null(512, 512, nulls);
    CHECK(null.replicates == 8);
    CHECK(*null.value > 0.9999);  // 0.99997 by numpy.linalg.svd
    CHECK(*null.value < 1);
    const std::vector<double> flat(4, 2.0), one(1, 1.0), falling{4, 3, 2, 1},
        bad{std::numeric_limits<double>::quiet_NaN(), 1, 1, 1}, zero(4);
    for (const auto* other : {&flat, &one, &bad, &zero}) CHECK(!geolip::spectral_correlation(falling, *other));
    CHECK(!geolip::alignment_ceiling(falling, zero));
    CHECK(*geolip::alignment_ceiling(flat, flat) == 1);
    CHECK(!geolip::spectral_correlation_null(1, 9, nulls));
}

TEST_CASE("limits of alignment are the closed forms, and NumPy's matrices of these sizes") {
    CHECK(std::fabs(geolip::gaussian_procrustes_cosine(7, 7) - 0.75) < 1e-9);
    CHECK(std::fabs(geolip::gaussian_procrustes_cosine(1, 100000) - 1) < 1e-4);
    const std::vector<double> equal(12, 3.0);
    CHECK(std::fabs(*geolip::matched_procrustes_limit(equal, equal, 12) - 1) < 1e-9);
    // One direction of n: (2/π)(2 - 2/3)/√n, where chance has √(2/π)/√n.
    std::vector<double> single(400);
    single[0] = 1;
    CHECK(std::fabs(*geolip::matched_procrustes_limit(single, single, 400) - 0.848826 / 20) < 1e-3);
    CHECK(!geolip::matched_procrustes_limit(std::vector<double>(12), equal, 12));
    CHECK_THROWS_AS(geolip::matched_procrustes_limit(equal, equal, 2), geolip::shape_error);
    CHECK_THROWS_AS(geolip::large_matched_procrustes_null(equal, equal, 9, 9), geolip::shape_error);
    const auto check = [](const geolip::null_reading& ours, const double(&known)[4], double bias, double sd_error) {
        const auto& [mean, mean_error, sd, own_error] = known;
        CAPTURE(*ours.value);
        CAPTURE(mean);
        CAPTURE(ours.sd);
        CAPTURE(sd);
        CHECK(std::fabs(*ours.value - mean) < 4 * std::hypot(mean_error, ours.standard_error()) + bias * sd);
        CHECK(std::fabs(ours.sd - sd) < 4 * std::hypot(own_error, ours.sd / std::sqrt(2.0 * 64)) + sd_error * sd);
    };
    for (const fixtures::large_null& known : fixtures::large_nulls) {
        CAPTURE(known.rows);
        CAPTURE(known.cols);
        check(geolip::large_procrustes_null(known.rows, known.cols, 64, 5), known.figure, 0, 0);
    }
    for (const fixtures::large_matched_null& known : fixtures::large_matched_nulls) {
        CAPTURE(known.rows);
        const auto null = geolip::large_matched_procrustes_null(known.values_a, known.values_b, known.rows,
                                                                known.values_a.size(), 64, 5);
        CHECK(null.replicates == 0);
        check(null, known.figure, 0.3, known.values_a[0] > 1 ? 0.33 : 0.1);
    }
    // Few directions of many are simulated whole, and one row always aligns.
    std::vector<double> few(200);
    for (std::size_t i = 0; i < 3; ++i) few[i] = 1;
    CHECK(geolip::large_matched_procrustes_null(few, few, 200, 200, 8).replicates == 8);
    CHECK(geolip::large_procrustes_null(1, 20, 8).sd == 0);
    CHECK(std::fabs(*geolip::large_procrustes_null(1, 20, 8).value - 1) < 1e-9);
}

TEST_CASE("the rotation is SciPy's") {
    for (const fixtures::rotation_case& known : fixtures::rotation_cases) {
        CAPTURE(known.cols);
        const matrix_view<const double> a(known.a.data(), known.rows, known.cols),
            b(known.b.data(), known.rows, known.cols);
        const auto with = geolip::procrustes<double>(a, b, true), without = geolip::procrustes<double>(a, b);
        CHECK(std::fabs(*with.rotation - known.rotation) < 1e-7);
        CHECK(std::fabs(*with.cosine - *without.cosine) < 1e-9);
        CHECK(!without.rotation);
        CHECK(*geolip::procrustes<double>(a, a, true).rotation < 1e-6);
    }
    const auto wide = gaussian(12, 9);
    CHECK(!geolip::procrustes<float>(view(wide.data(), 3, 4), view(wide.data(), 3, 4), true).rotation);
}

TEST_CASE_TEMPLATE("projections are NumPy's", T, float, double) {
    for (const fixtures::projection_case& known : fixtures::projection_cases) {
        CAPTURE(known.rows);
        const std::size_t test = known.rows - known.train;
        std::vector<T> a(known.a.size()), b(known.b.size());
        const geolip::projection_options options{
            .train = known.train, .test = test, .components = known.components, .replicates = 0, .extremes = 2};
        // The fixture's training rows come first; here they go where the seed looks for them.
        const geolip::detail::projection_split split(matrix_view<const T>(a.data(), known.rows, known.width_a),
                                                     matrix_view<const T>(b.data(), known.rows, known.width_b),
                                                     known.rows, known.train, test, options.seed);
        REQUIRE(split.train.size() == known.train);
        const auto place = [&](const std::vector<double>& from, std::vector<T>& to, std::size_t width) {
            for (std::size_t i = 0; i < known.rows; ++i)
                for (std::size_t j = 0; j < width; ++j)
                    to[(i < known.train ? split.train[i] : split.test[i - known.train]) * width + j] =
                        static_cast<T>(from[i * width + j]);
        };
        place(known.a, a, known.width_a);
        place(known.b, b, known.width_b);
        const matrix_view<const T> first(a.data(), known.rows, known.width_a),
            second(b.data(), known.rows, known.width_b);
        const auto r = geolip::embedding_projection(first, second, options);
        CHECK(r.train == known.train);
        CHECK(r.test == test);
        const std::optional<double> ours[] = {r.kept_a,
                                              r.kept_b,
                                              r.cosine.value,
                                              r.cosine_sd,
                                              r.cosine_median,
                                              r.cosine_training,
                                              r.cosine_documented.value,
                                              r.explained.value,
                                              r.relational.value,
                                              r.relational_projected};
        for (std::size_t i = 0; i < known.figures.size(); ++i)
            CHECK_MESSAGE(std::fabs(*ours[i] - known.figures[i]) < 1e-9, "figure ", i);
        REQUIRE(r.worst.size() == 2);
        CHECK(r.worst[0].cosine <= r.worst[1].cosine);
        CHECK(r.best[0].cosine >= r.best[1].cosine);
        if (known.width_a != known.width_b) {  // whichever comes first
            const auto swapped = geolip::embedding_projection(second, first, options);
            CHECK(*swapped.cosine.value == *r.cosine.value);
        }
    }
}

TEST_CASE("a planted rotation is found, and not where rows are exchanged") {
    const planted known(0.0f), noisy(0.4f);
    const geolip::projection_options options{.train = 160, .test = 80, .replicates = 4};
    const auto exact = geolip::embedding_projection(known.first(), known.second(), options);
    CHECK(*exact.cosine.value > 1 - 1e-9);
    CHECK(*exact.explained.value > 1 - 1e-9);
    CHECK(exact.components == 6);
    CHECK(exact.worst.size() == 10);
    const auto found = geolip::embedding_projection(noisy.first(), noisy.second(), options);
    CHECK(*found.cosine.value > 0.85);
    CHECK(*found.cosine.value < 0.97);
    CHECK(*found.cosine.z_score() > 10);
    CHECK(*found.relational_projected > 0.7);

    // Another correspondence: what chance gives, by either null.
    planted exchanged(0.4f);
    const auto order = geolip::detail::permutation(exchanged.rows, {3, 3});
    const std::vector<float> rows = exchanged.b;
    for (std::size_t i = 0; i < exchanged.rows; ++i)
        for (std::size_t j = 0; j < exchanged.width_b; ++j)
            exchanged.b[i * exchanged.width_b + j] = rows[order[i] * exchanged.width_b + j];
    const auto lost = geolip::embedding_projection(exchanged.first(), exchanged.second(),
                                                   {.train = 160, .test = 80, .replicates = 16});
    CHECK(std::fabs(*lost.cosine.z_score()) < 4);
    CHECK(std::fabs(*lost.cosine.value - *lost.cosine_matched.value) < 4 * lost.cosine_matched.sd);
    CHECK(std::fabs(*lost.relational.z_score()) < 4);
    CHECK(*lost.cosine_documented.value > 0.7);  // the shared mean row of 3, which chance has as well
    CHECK(std::fabs(*lost.cosine_documented.z_score()) < 4);
    CHECK(lost.relational.null.replicates == 32);
}

TEST_CASE("projections of what cannot be projected") {
    std::vector<float> few = gaussian(5 * 3, 1), same(40 * 3, 2.0f), rows = gaussian(40 * 3, 2);
    CHECK(geolip::embedding_projection(view(few.data(), 5, 3), view(few.data(), 5, 3)).reason ==
          undefined_reason::too_few_rows);
    CHECK(geolip::embedding_projection(view(same.data(), 40, 3), view(rows.data(), 40, 3)).reason ==
          undefined_reason::all_zero);
    CHECK(geolip::embedding_projection(view(rows.data(), 40, 0), view(rows.data(), 40, 3)).reason ==
          undefined_reason::no_elements);
    rows[7] = std::numeric_limits<float>::quiet_NaN();
    const auto without =
        geolip::embedding_projection(view(rows.data(), 40, 3), view(rows.data(), 40, 3), {.replicates = 0});
    CHECK(without.nonfinite_rows == 1);
    CHECK(*without.cosine.value > 1 - 1e-9);
    CHECK(without.train == 26);
    CHECK(without.test == 13);
    std::fill(rows.begin(), rows.end(), std::numeric_limits<float>::infinity());
    CHECK(geolip::embedding_projection(view(rows.data(), 40, 3), view(rows.data(), 40, 3)).reason ==
          undefined_reason::nonfinite);
}
