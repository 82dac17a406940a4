// Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT
#pragma once

/// \file
/// `embedding_projection`: how well one embedding of the same tokens turns into another, of any widths: PCA, an
/// orthogonal Procrustes rotation from some tokens, judged on others. Needs Eigen (component `linalg`).

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "geolip/core/concepts.hpp"
#include "geolip/core/estimate.hpp"
#include "geolip/core/matrix_view.hpp"
#include "geolip/metrics/detail/null_of_readings.hpp"
#include "geolip/metrics/detail/projection.hpp"

namespace geolip {

/// How many tokens are looked at; which ones is drawn by the seed.
struct projection_options {
    std::size_t train = 10000;      ///< rows that the rotation is fitted on, at most; two thirds where rows are few
    std::size_t test = 5000;        ///< other rows that it is judged on, at most
    std::size_t relational = 1000;  ///< of the test rows, whose pairs are compared
    std::size_t components = 0;     ///< of the PCA; 0 and more than there are: as many as the narrower width
    std::size_t replicates = 8;     ///< of each null; 0 for none
    std::size_t extremes = 10;      ///< best and worst rows to name
    std::uint64_t seed = 42;
    geolip::isa isa = geolip::isa::automatic;
};

/// A row of both embeddings and the cosine of its two versions.
struct aligned_row {
    std::size_t row = 0;
    double cosine = 0;
};

/// The wider embedding (the first of two alike) projected into the space of the narrower.
struct projection_reading {
    undefined_reason reason = undefined_reason::none;  ///< why there are no figures
    std::size_t rows = 0;                              ///< in both
    std::size_t nonfinite_rows = 0;                    ///< among them, in either; left out
    std::size_t train = 0, test = 0, components = 0;   ///< that were used
    std::optional<double> kept_a, kept_b;              ///< shares of the variance in the components, on training rows
    /// Mean over the test rows of the cosine between the components of one, rotated, and those of the other, both
    /// without the mean row of the training rows. The null is another correspondence of the rows.
    estimate cosine;
    /// The same cosine for independent Gaussian rows with the variances of the two PCAs.
    null_reading cosine_matched;
    std::optional<double> cosine_sd, cosine_median;  ///< over the test rows
    std::optional<double> cosine_training;           ///< mean over the training rows
    /// As documented: the projection, not scaled, moved to the narrower embedding's mean row, against its rows as they
    /// are. A mean row raises it, whatever the correspondence.
    estimate cosine_documented;
    /// 1 - |B - s A R|² / |B|² over the test rows, s fitted on the training rows: 1 at best, about 0 by chance.
    estimate explained;
    /// Pearson's correlation between the pairwise cosines of both embeddings as they are: needs no rotation.
    estimate relational;
    /// The same after the documented projection.
    std::optional<double> relational_projected;
    std::vector<aligned_row> worst, best;  ///< test rows, the most extreme first
};

namespace detail {

/// Uses up what the fit holds of the rows.
inline void projection_nulls(const projection_split& split, projection_fit& fit, const projection_options& options,
                             projection_reading& r) {
    std::vector<double> cosines, documented, explained, matched;
    for (std::size_t i = 0; i < options.replicates; ++i) {
        const row_order order{permutation(split.train.size(), {options.seed, (std::uint64_t{42} << 56) | i}),
                              permutation(split.test.size(), {options.seed, (std::uint64_t{43} << 56) | i})};
        const projection_quality q(fit.data, &fit.back, 0, &order, options.isa);
        if (q.mean) cosines.push_back(*q.mean);
        if (q.documented) documented.push_back(*q.documented);
        if (q.explained) explained.push_back(*q.explained);
    }
    fit.data = {};
    for (std::size_t i = 0; i < options.replicates; ++i) {
        const projection_quality by_chance(gaussian_rows(fit, split, options.seed, i, options.isa), nullptr, 0, nullptr,
                                           options.isa);
        if (by_chance.mean) matched.push_back(*by_chance.mean);
    }
    r.cosine.null = null_of_readings(cosines);
    r.cosine_documented.null = null_of_readings(documented);
    r.explained.null = null_of_readings(explained);
    r.cosine_matched = null_of_readings(matched);
}

}  // namespace detail

/// Rows 0 … min(a.rows(), b.rows()) - 1 of both are taken for the same tokens. Training and test rows are distinct and
/// random, by the seed. Both are centred on their training rows and turned to their principal components, of which the
/// first `components` stay (a full set is a mere rotation); R is the orthogonal matrix nearest to their product.
///
/// Undefined for fewer than 6 rows, or test rows that are all the mean row. One thread. The cost is (train + test) k²
/// and k³ for each replicate of the two nulls, and train p² and p³ for a PCA of width p: at a width of 512 on one core
/// about 3 seconds, and 1.3 for each replicate. Memory: train + test rows of both, k numbers each, and the test rows of
/// the narrower once more, in double precision; and four matrices of p² or k².
template <measured_scalar T>
projection_reading embedding_projection(matrix_view<const T> a, matrix_view<const T> b,
                                        const projection_options& options = {}) {
    if (a.cols() < b.cols()) return embedding_projection(b, a, options);
    projection_reading r;
    r.rows = (std::min)(a.rows(), b.rows());
    const detail::projection_split split(a, b, r.rows, options.train, options.test, options.seed);
    r.nonfinite_rows = split.nonfinite;
    const auto refuse = [&](undefined_reason why) {
        r.reason = r.cosine.reason = r.cosine_documented.reason = r.explained.reason = r.relational.reason = why;
        return r;
    };
    if (a.cols() == 0 || b.cols() == 0) return refuse(undefined_reason::no_elements);
    if (split.test.empty())
        return refuse(split.nonfinite > 0 ? undefined_reason::nonfinite : undefined_reason::too_few_rows);
    r.train = split.train.size();
    r.test = split.test.size();
    detail::projection_fit fit(a, b, split, options.components);
    r.components = fit.components;
    r.kept_a = fit.kept_a;
    r.kept_b = fit.kept_b;
    const std::size_t few = (std::min)(options.relational, split.test.size());
    const detail::projection_quality found(fit.data, &fit.back, few, nullptr, options.isa);
    if (!found.mean) return refuse(undefined_reason::all_zero);
    r.cosine.value = found.mean;
    r.cosine.standard_error = found.standard_error;
    r.cosine_sd = found.sd;
    r.cosine_median = found.median;
    r.cosine_training = found.training;
    r.cosine_documented.value = found.documented;
    r.explained.value = found.explained;
    if (!found.explained) r.explained.reason = undefined_reason::all_zero;
    std::vector<aligned_row> lines;
    for (const auto& [at, cosine] : found.ascending) lines.push_back({split.test[at], cosine});
    const std::size_t named = (std::min)(options.extremes, lines.size());
    r.worst.assign(lines.begin(), lines.begin() + static_cast<std::ptrdiff_t>(named));
    r.best.assign(lines.rbegin(), lines.rbegin() + static_cast<std::ptrdiff_t>(named));

    const detail::pair_cosines pairs_a(detail::read_rows(a, std::span(split.test).first(few))),
        pairs_b(detail::read_rows(b, std::span(split.test).first(few)));
    r.relational.value = detail::relational_correlation(pairs_a, pairs_b, nullptr);
    if (!r.relational.value) r.relational.reason = undefined_reason::all_zero;
    if (found.projected.rows() > 0)
        r.relational_projected =
            detail::relational_correlation(detail::pair_cosines(found.projected), pairs_b, nullptr);
    if (options.replicates == 0) return r;
    std::vector<double> readings;
    for (std::size_t i = 0; i < (std::max)(options.replicates, std::size_t{32}) && r.relational.value; ++i) {
        const auto order = detail::permutation(few, {options.seed, (std::uint64_t{44} << 56) | i});
        if (const auto x = detail::relational_correlation(pairs_a, pairs_b, &order)) readings.push_back(*x);
    }
    r.relational.null = detail::null_of_readings(readings);
    detail::projection_nulls(split, fit, options, r);
    return r;
}

}  // namespace geolip
