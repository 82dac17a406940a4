// Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT
#pragma once

/// \file
/// `sequence_cosines`: whether the rows of a sequence of tokens, such as the digits, lie in its order;
/// `category_cosines`: whether the rows of a category lie together; and what permutations and random tokens give.

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <numeric>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "geolip/core/concepts.hpp"
#include "geolip/core/error.hpp"
#include "geolip/core/estimate.hpp"
#include "geolip/core/finite.hpp"
#include "geolip/core/matrix_view.hpp"
#include "geolip/metrics/detail/null_of_readings.hpp"
#include "geolip/metrics/detail/pearson.hpp"
#include "geolip/metrics/detail/row_norm.hpp"
#include "geolip/random/subset.hpp"

namespace geolip {

/// How many permutations or random sets a null has, and their seed.
struct permutation_options {
    std::size_t replicates = 1000;
    std::uint64_t seed = 42;
};

/// The cosines of tokens that have an order, such as '0' to '9'.
struct sequence_reading {
    undefined_reason reason = undefined_reason::none;  ///< why there are no figures
    std::size_t tokens = 0;
    std::vector<double> cosines;             ///< tokens x tokens
    estimate correlation;                    ///< Pearson's, of |place i - place j| with the cosine over all pairs
    std::optional<double> adjacent, others;  ///< mean cosine of pairs one place apart, and of all others
    estimate gap;                            ///< adjacent - others
};

/// The cosines within one category.
struct category_reading {
    undefined_reason reason = undefined_reason::none;  ///< why there are no figures
    std::size_t tokens = 0;
    estimate within;  ///< mean over its pairs; null: as many random rows
    std::optional<double> within_sd;
    std::optional<double> between;  ///< mean cosine with the tokens of the other categories
    std::optional<double> lift;     ///< within - overall
};

/// Several categories of tokens.
struct categories_reading {
    std::optional<double> overall;  ///< mean cosine of all pairs of different rows of the matrix
    std::vector<category_reading> categories;
    std::vector<double> centroid_cosines;  ///< categories x categories, of the mean rows; 0 where there is none
};

namespace detail {

/// Rows of length 1, in double precision; empty if one has no direction.
template <class T>
std::optional<std::vector<double>> unit_rows(matrix_view<const T> m, std::span<const std::size_t> ids,
                                             undefined_reason& reason) {
    std::vector<double> out(ids.size() * m.cols());
    for (std::size_t i = 0; i < ids.size(); ++i) {
        const double norm = row_norm(m, ids[i]);
        if (!finite(norm) || !(norm > 0)) {
            reason = finite(norm) ? undefined_reason::all_zero : undefined_reason::nonfinite;
            return std::nullopt;
        }
        for (std::size_t j = 0; j < m.cols(); ++j) out[i * m.cols() + j] = static_cast<double>(m(ids[i], j)) / norm;
    }
    return out;
}

inline double dot_product(const double* a, const double* b, std::size_t n) {
    double sum = 0;
    for (std::size_t j = 0; j < n; ++j) sum += a[j] * b[j];
    return sum;
}

inline void require_ids(std::span<const std::size_t> ids, std::size_t rows, const char* who) {
    for (const std::size_t id : ids)
        if (id >= rows)
            raise(shape_error(std::string(who) + ": token " + std::to_string(id) + " of a matrix of " +
                              std::to_string(rows) + " rows; expected less"));
}

/// Correlation with the distance of places, and adjacent mean less the others', of places `order`.
struct order_figures {
    std::optional<double> correlation, adjacent, others;
};
inline order_figures figures_of_order(std::span<const double> cosines, std::span<const std::size_t> order,
                                      std::span<const std::size_t> places) {
    std::vector<double> distance, cosine;
    double near_sum = 0, far_sum = 0;
    std::size_t near_count = 0;
    const std::size_t n = order.size();
    for (std::size_t i = 0; i < n; ++i)
        for (std::size_t j = i + 1; j < n; ++j) {
            const std::size_t apart = places[i] < places[j] ? places[j] - places[i] : places[i] - places[j];
            distance.push_back(static_cast<double>(apart));
            cosine.push_back(cosines[order[i] * n + order[j]]);
            (apart == 1 ? near_sum : far_sum) += cosine.back();
            near_count += apart == 1;
        }
    order_figures f;
    f.correlation = pearson(distance, cosine);
    if (near_count > 0) f.adjacent = near_sum / static_cast<double>(near_count);
    if (near_count < cosine.size()) f.others = far_sum / static_cast<double>(cosine.size() - near_count);
    return f;
}

}  // namespace detail

/// Of the rows `ids` of `embedding`, that of number i at place `places[i]` (distinct): `ids` of '0' … '9' with places 0
/// … 9 are the documents' digit manifold. Null of `correlation` and `gap`: the same rows in random order, whose means
/// are exactly 0; standard deviations are of `replicates` permutations. Undefined for fewer than 3 rows and for rows
/// without a direction; products are in double precision.
/// \throws shape_error unless there are as many places as ids, and all ids are rows
template <measured_scalar T>
sequence_reading sequence_cosines(matrix_view<const T> embedding, std::span<const std::size_t> ids,
                                  std::span<const std::size_t> places, const permutation_options& options = {}) {
    if (ids.size() != places.size())
        detail::raise(shape_error("sequence_cosines: " + std::to_string(ids.size()) + " tokens at " +
                                  std::to_string(places.size()) + " places; expected one each"));
    detail::require_ids(ids, embedding.rows(), "sequence_cosines");
    sequence_reading r;
    r.tokens = ids.size();
    const auto unit = detail::unit_rows(embedding, ids, r.reason);
    if (unit && ids.size() < 3) r.reason = undefined_reason::too_few_rows;
    r.correlation.reason = r.gap.reason = r.reason;
    if (r.reason != undefined_reason::none) return r;
    const std::size_t n = ids.size(), dim = embedding.cols();
    r.cosines.resize(n * n);
    for (std::size_t i = 0; i < n; ++i)
        for (std::size_t j = 0; j < n; ++j)
            r.cosines[i * n + j] = detail::dot_product(unit->data() + i * dim, unit->data() + j * dim, dim);
    std::vector<std::size_t> order(n);
    std::iota(order.begin(), order.end(), std::size_t{0});
    const detail::order_figures own = detail::figures_of_order(r.cosines, order, places);
    r.correlation.value = own.correlation;
    if (!own.correlation) r.correlation.reason = undefined_reason::zero_spread;
    r.adjacent = own.adjacent;
    r.others = own.others;
    if (own.adjacent && own.others)
        r.gap.value = *own.adjacent - *own.others;
    else
        r.gap.reason = undefined_reason::too_few_rows;
    // About the exact mean, which is 0.
    double correlations = 0, gaps = 0;
    philox_engine engine({options.seed, std::uint64_t{64} << 56});
    for (std::size_t k = 0; k < options.replicates; ++k) {
        shuffle(std::span(order), engine);
        const detail::order_figures f = detail::figures_of_order(r.cosines, order, places);
        if (f.correlation) correlations += *f.correlation * *f.correlation;
        if (f.adjacent && f.others) gaps += (*f.adjacent - *f.others) * (*f.adjacent - *f.others);
    }
    if (options.replicates > 0) {
        const double count = static_cast<double>(options.replicates);
        r.correlation.null = {0.0, std::sqrt(correlations / count), 0};
        r.gap.null = {0.0, std::sqrt(gaps / count), 0};
    }
    return r;
}

/// The mean cosine of all pairs of different rows that have a direction, (|Σu|² - n) / (n (n - 1)): no sample. Empty
/// for fewer than two.
template <measured_scalar T>
std::optional<double> overall_cosine(matrix_view<const T> m) {
    std::vector<double> sum(m.cols());
    double count = 0;
    for (std::size_t i = 0; i < m.rows(); ++i) {
        const double norm = detail::row_norm(m, i);
        if (!detail::finite(norm) || !(norm > 0)) continue;
        ++count;
        for (std::size_t j = 0; j < m.cols(); ++j) sum[j] += static_cast<double>(m(i, j)) / norm;
    }
    if (count < 2) return std::nullopt;
    return (detail::dot_product(sum.data(), sum.data(), sum.size()) - count) / (count * (count - 1));
}

/// Of the rows `categories[c]` of `embedding`. Null of `within`: as many random rows of the matrix, `replicates` sets a
/// size. Undefined for fewer than 2 tokens and for rows without a direction. Products are in double precision; the
/// cost is a pass over the matrix and, a size, replicates x tokens rows.
/// \throws shape_error where an id is no row
template <measured_scalar T>
categories_reading category_cosines(matrix_view<const T> embedding,
                                    std::span<const std::vector<std::size_t>> categories,
                                    const permutation_options& options = {}) {
    categories_reading r;
    r.overall = overall_cosine(embedding);
    const std::size_t dim = embedding.cols(), count = categories.size();
    // The mean cosine of pairs of n unit rows is (|Σu|² - n) / (n (n - 1)).
    const auto sum_of = [dim](std::span<const double> unit) {
        std::vector<double> sum(dim);
        for (std::size_t i = 0; i < unit.size(); ++i) sum[i % dim] += unit[i];
        return sum;
    };
    const auto within_of = [&](std::span<const double> unit, double n) {
        const std::vector<double> sum = sum_of(unit);
        return (detail::dot_product(sum.data(), sum.data(), dim) - n) / (n * (n - 1));
    };
    std::vector<std::vector<double>> sums(count), centroids(count, std::vector<double>(dim));
    std::vector<std::pair<std::size_t, null_reading>> nulls;  // by size
    for (std::size_t c = 0; c < count; ++c) {
        const std::vector<std::size_t>& ids = categories[c];
        detail::require_ids(ids, embedding.rows(), "category_cosines");
        category_reading& own = r.categories.emplace_back();
        own.tokens = ids.size();
        const auto unit = detail::unit_rows(embedding, std::span<const std::size_t>(ids), own.reason);
        if (unit && ids.size() < 2) own.reason = undefined_reason::too_few_rows;
        own.within.reason = own.reason;
        if (own.reason != undefined_reason::none) continue;
        const double n = static_cast<double>(ids.size());
        own.within.value = within_of(*unit, n);
        double squares = 0;
        for (std::size_t i = 0; i < ids.size(); ++i)
            for (std::size_t j = i + 1; j < ids.size(); ++j) {
                const double d =
                    detail::dot_product(unit->data() + i * dim, unit->data() + j * dim, dim) - *own.within.value;
                squares += d * d;
            }
        own.within_sd = std::sqrt(squares / (n * (n - 1) / 2));
        if (r.overall) own.lift = *own.within.value - *r.overall;
        sums[c] = sum_of(*unit);
        for (const std::size_t id : ids)
            for (std::size_t j = 0; j < dim; ++j) centroids[c][j] += static_cast<double>(embedding(id, j));
        const auto known =
            std::find_if(nulls.begin(), nulls.end(), [&](const auto& e) { return e.first == ids.size(); });
        if (known != nulls.end()) {
            own.within.null = known->second;
            continue;
        }
        std::vector<double> readings;
        philox_engine engine({options.seed, (std::uint64_t{65} << 56) | ids.size()});
        for (std::size_t k = 0; k < options.replicates && ids.size() <= embedding.rows(); ++k) {
            std::vector<std::size_t> drawn;
            while (drawn.size() < ids.size()) {
                const std::size_t id = uniform_below(engine, static_cast<std::uint32_t>(embedding.rows()));
                if (std::find(drawn.begin(), drawn.end(), id) == drawn.end()) drawn.push_back(id);
            }
            undefined_reason ignored = undefined_reason::none;
            if (const auto rows = detail::unit_rows(embedding, std::span<const std::size_t>(drawn), ignored))
                readings.push_back(within_of(*rows, n));
        }
        own.within.null = detail::null_of_readings(readings);
        nulls.emplace_back(ids.size(), own.within.null);
    }
    r.centroid_cosines.assign(count * count, 0.0);
    for (std::size_t a = 0; a < count; ++a) {
        if (sums[a].empty()) continue;
        double product = 0, pairs = 0;
        for (std::size_t b = 0; b < count; ++b) {
            if (sums[b].empty()) continue;
            const double norms = std::sqrt(detail::dot_product(centroids[a].data(), centroids[a].data(), dim) *
                                           detail::dot_product(centroids[b].data(), centroids[b].data(), dim));
            if (norms > 0)
                r.centroid_cosines[a * count + b] =
                    detail::dot_product(centroids[a].data(), centroids[b].data(), dim) / norms;
            if (a == b) continue;
            product += detail::dot_product(sums[a].data(), sums[b].data(), dim);
            pairs += static_cast<double>(categories[a].size() * categories[b].size());
        }
        if (pairs > 0) r.categories[a].between = product / pairs;
    }
    return r;
}

}  // namespace geolip
