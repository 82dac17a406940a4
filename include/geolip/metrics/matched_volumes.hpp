// Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT
#pragma once

/// \file
/// `matched_volumes`: what the volumes of random simplices among Gaussian rows are like when the rows have the spread
/// that the rows of a matrix have: as a whole, by column, by covariance, or by covariance and norms.

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "geolip/core/concepts.hpp"
#include "geolip/core/estimate.hpp"
#include "geolip/core/finite.hpp"
#include "geolip/core/matrix_view.hpp"
#include "geolip/metrics/detail/null_of_readings.hpp"
#include "geolip/random/fill.hpp"
#include "geolip/random/subset.hpp"
#include "geolip/simplex/volume_law.hpp"
#include "geolip/simplex/volumes.hpp"

namespace geolip {

/// How the rows of a matrix spread about their mean.
struct row_spread {
    undefined_reason reason = undefined_reason::none;
    double overall = 0;             ///< standard deviation of all elements, about their one mean
    std::vector<double> by_column;  ///< standard deviations of the columns
    std::vector<double> norms;      ///< of the rows, less the mean row
};

/// In double precision, standard deviations of the population; three passes over the matrix.
template <measured_scalar T>
row_spread spread_of_rows(matrix_view<const T> m) {
    row_spread s;
    const double count = static_cast<double>(m.rows());
    if (m.rows() == 0 || m.cols() == 0) return {undefined_reason::no_elements, 0, {}, {}};
    std::vector<double> mean(m.cols());
    for (std::size_t i = 0; i < m.rows(); ++i)
        for (std::size_t j = 0; j < m.cols(); ++j) mean[j] += static_cast<double>(m(i, j)) / count;
    double all = 0;
    for (const double x : mean) all += x / static_cast<double>(m.cols());
    s.by_column.assign(m.cols(), 0.0);
    double squares = 0;
    for (std::size_t i = 0; i < m.rows(); ++i) {
        double own = 0;
        for (std::size_t j = 0; j < m.cols(); ++j) {
            const double x = static_cast<double>(m(i, j)), d = x - mean[j];
            s.by_column[j] += d * d / count;
            own += d * d;
            squares += (x - all) * (x - all);
        }
        s.norms.push_back(std::sqrt(own));
    }
    if (!detail::finite(squares)) return {undefined_reason::nonfinite, 0, {}, {}};
    for (double& x : s.by_column) x = std::sqrt(x);
    s.overall = std::sqrt(squares / (count * static_cast<double>(m.cols())));
    return s;
}

/// Volumes of K-simplices among matched Gaussian rows.
struct matched_volume_reading {
    null_reading mean;  ///< of the mean volume of `samples` simplices
    null_reading cv;    ///< of their coefficient of variation
};

/// By simulation: `samples` simplices a replicate, each of K + 1 rows of its own, x_j = scales[j] g_j with g normal.
/// With the standard deviations of a matrix's columns for `scales` the rows spread as its rows do column by column,
/// with the roots of its covariance's eigenvalues as they do by covariance (up to a rotation, of which volumes know
/// nothing). With `norms` every row is scaled to one of them, drawn at random: then its norms are those of the matrix
/// too. Rows are drawn in single precision. Empty for fewer than 2 replicates or samples, fewer columns than K, and
/// scales that are all 0.
template <int K>
matched_volume_reading matched_volumes(std::span<const double> scales, std::size_t samples,
                                       std::span<const double> norms = {}, std::size_t replicates = 8,
                                       std::uint64_t seed = 42, isa level = isa::automatic) {
    constexpr std::size_t points = std::size_t{K} + 1;
    const std::size_t dim = scales.size();
    const double largest = dim == 0 ? 0 : *std::max_element(scales.begin(), scales.end());
    if (dim + 1 < points || samples < 2 || replicates < 2 || !(largest > 0) || !detail::finite(largest)) return {};
    // Of unit size, so that no square leaves the range of float.
    std::vector<float> unit(dim), rows(points * dim);
    for (std::size_t j = 0; j < dim; ++j) unit[j] = static_cast<float>(scales[j] / largest);
    const double unit_volume = std::pow(largest, K);
    std::uint32_t order[points];
    for (std::uint32_t v = 0; v < points; ++v) order[v] = v;
    std::vector<double> means, ratios;
    philox_engine engine({seed, std::uint64_t{68} << 56});
    for (std::size_t r = 0; r < replicates; ++r) {
        double sum = 0, squares = 0;
        for (std::size_t i = 0; i < samples; ++i) {
            fill_normal(std::span<float>(rows), {seed, (std::uint64_t{67} << 56) | r}, i * rows.size(), level);
            for (std::size_t v = 0; v < points; ++v) {
                float* const row = rows.data() + v * dim;
                double square = 0;
                for (std::size_t j = 0; j < dim; ++j) {
                    row[j] *= unit[j];
                    square += static_cast<double>(row[j]) * static_cast<double>(row[j]);
                }
                if (norms.empty() || !(square > 0)) continue;
                const double wanted = norms[uniform_below(engine, static_cast<std::uint32_t>(norms.size()))] / largest;
                const float factor = static_cast<float>(wanted / std::sqrt(square));
                for (std::size_t j = 0; j < dim; ++j) row[j] *= factor;
            }
            volume_reading reading;
            squared_volumes<K>(edge_gram(), matrix_view<const float>(rows.data(), points, dim),
                               std::span<const std::uint32_t>(order), std::span<volume_reading>(&reading, 1), level);
            const double square = (std::max)(reading.squared_volume, 0.0);
            sum += std::sqrt(square);
            squares += square;
        }
        const double n = static_cast<double>(samples), mean = sum / n;
        means.push_back(mean * unit_volume);
        if (mean > 0) ratios.push_back(std::sqrt((std::max)(squares - n * mean * mean, 0.0) / (n - 1)) / mean);
    }
    return {detail::null_of_readings(means), detail::null_of_readings(ratios)};
}

/// Measured volumes over those of Gaussian rows with independent elements of one standard deviation `sd`: the
/// documents' ratio, with the expectation in closed form instead of a sample (`mean_volume`). Of `samples` volumes with
/// mean `mean` and standard deviation `volume_sd`. Null: 1 ± CV/√samples of the Gaussian law, for rows so many that
/// few simplices share any. Empty where the law has no volume, and for sd = 0.
inline estimate volume_ratio(int order, double mean, double volume_sd, std::size_t samples, double sd,
                             std::size_t dim) {
    estimate e;
    const auto expected = mean_volume(gaussian_law(), order, static_cast<double>(dim));
    const auto cv = coefficient_of_variation(gaussian_law(), order, static_cast<double>(dim));
    if (!expected || !cv) {
        e.reason = undefined_reason::dimension_below_order;
        return e;
    }
    if (samples == 0 || !(sd > 0)) {
        e.reason = samples == 0 ? undefined_reason::too_few_valid : undefined_reason::all_zero;
        return e;
    }
    const double scale = std::pow(sd, order) * *expected, root = std::sqrt(static_cast<double>(samples));
    e.value = mean / scale;
    e.standard_error = volume_sd / root / scale;
    e.null = {1.0, *cv / root, 0};
    return e;
}

}  // namespace geolip
