// Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT
#pragma once

/// \file
/// `head_health`: the geometry of the queries, keys and values of attention heads: CV, equivalent dimension, the ratio
/// of queries to keys, and what these say about a head, with error bars.

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <ranges>
#include <string>
#include <vector>

#include "geolip/core/size_text.hpp"
#include "geolip/metrics/detail/participation.hpp"
#include "geolip/metrics/distinct_rows.hpp"
#include "geolip/metrics/volume_cv.hpp"

namespace geolip {

/// What a reading says, by severity. Every class but the first three needs evidence beyond the error bar.
enum class health {
    in_band,     ///< CV inside the band, the whole error bar
    undecided,   ///< the error bar reaches over a bound, or there are too few rows for one
    undefined,   ///< no reading; its `reason` says why
    below_band,  ///< "narrow": CV below the band, the whole error bar
    above_band,  ///< "volatile": CV above the band, the whole error bar
    collapsing,  ///< far fewer dimensions than the head has, or no volume at all
};

/// "in_band", "undecided", "undefined", "narrow", "volatile" or "collapsing".
constexpr const char* to_string(health h) {
    switch (h) {
        case health::in_band: return "in_band";
        case health::undecided: return "undecided";
        case health::undefined: return "undefined";
        case health::below_band: return "narrow";
        case health::above_band: return "volatile";
        case health::collapsing: return "collapsing";
    }
    return "undefined";
}

/// The dimensions whose law agrees with a reading, its error and the estimator's bias counted in. The laws begin at K,
/// the order of the simplices.
struct dimension_interval {
    std::optional<double> value;  ///< empty where no law has so large (or so small) a CV
    double low = 0;
    double high = std::numeric_limits<double>::infinity();  ///< infinite where the error bar reaches CV = 0
};

/// The queries, the keys or the values of one head.
struct activation_reading {
    row_counts rows;               ///< of those that the validity policy looks at
    std::size_t columns = 0;       ///< head_dim
    volume_cv_estimate all;        ///< every row as it is: what the source document measures
    volume_cv_estimate distinct;   ///< repeats and rows with NaN left out; equal to `all` where there are none
    double standard_error = 0;     ///< of `distinct.value`, that decides: see `head_health`
    dimension_interval dimension;  ///< of `distinct`
    /// Among how many directions the variance of the distinct rows is spread: (tr C)^2 / tr C^2 of their covariance.
    /// Clusters and near-coincident rows, which raise CV, leave it alone. From 1000 samples, good to about 5 %.
    std::optional<double> directions;
    health state = health::undefined;

    /// `distinct` against random rows of the same shape, in standard deviations: positive where the rows fill fewer
    /// dimensions than they have (or are clustered, or of uneven length), negative where they are more even than
    /// chance.
    std::optional<double> z_score() const { return distinct.z_score(); }
};

/// One head.
struct head_reading {
    std::size_t query_head = 0;
    std::size_t key_head = 0;  ///< several query heads may share one
    activation_reading query, key, value;
    estimate query_key_ratio;          ///< CV of the distinct queries over that of the distinct keys; by chance 1
    health state = health::undefined;  ///< the worst of the three
};

/// How many heads the columns of a matrix are.
struct head_counts {
    std::size_t query = 1;
    std::size_t key = 0;  ///< of keys and values, a divisor of `query`; 0 for as many
};

/// Memory that calls share; owned by the caller, one a thread. It remembers the nulls.
template <int K, measured_scalar T, validity_policy Validity, drawable_law Law>
struct head_health_workspace {
    volume_cv_workspace<K, T, Validity, Law> volumes;
    std::vector<std::uint32_t> first;
    std::vector<T> packed;
    std::vector<activation_reading> keys, values;
};

/// Measures attention heads from their activations. `T` is the scalar of the matrices; a row is a token, a column a
/// coordinate of the head. Queries and keys have one head_dim, values may have another; the rows of queries may be
/// others than those of keys and values (cross-attention).
///
/// A reading is classed by its `distinct` rows, because repeated rows are no evidence of their own. Its error is the
/// larger of `population_standard_error`, because the tokens are a sample too, and the null's relative spread, because
/// the former is too small where rows are few (by a fifth at 20). Both count the rows as independent, which tokens of
/// one text are not quite. The classes, in this order:
///  * undefined: no CV (head_dim < K, too few rows);
///  * collapsing: the volumes are rounding noise, or fewer than K + 1 rows differ among those that are numbers, or the
///    equivalent dimension and its error bar, and the number of directions, lie below `collapse_fraction` * head_dim;
///  * undecided: fewer than 2 (K + 1) distinct rows;
///  * volatile, narrow, in_band: CV and its error bar above, below, inside the band; undecided where they straddle.
///
/// The band (0.13, 0.30) is the source document's. For rows like Gaussian ones CV is a function of head_dim alone, and
/// inside it for 25 to 120, so the class then says nothing beyond head_dim: see `activation_reading::z_score`.
/// The error bar is `deviations` standard errors to each side. Deterministic as `volume_cv` is; allocates only the
/// result once the workspace has grown and its nulls are known.
template <measured_scalar T, backend Backend = cpu, validity_policy Validity = scale_invariant,
          drawable_law Law = gaussian_law, int K = 4>
class head_health {
public:
    using result = std::vector<head_reading>;
    using workspace = head_health_workspace<K, T, Validity, Law>;
    using metric = volume_cv<K, T, Backend, Validity, Law>;

    std::size_t samples = 4000;
    std::uint64_t seed = 42;
    std::uint64_t stream = 0;             ///< head h measures with streams stream + 3 h, + 1 and + 2
    std::uint32_t null_replicates = 512;  ///< shared by all heads of a shape, so worth a well-known spread (to 3 %)
    double band_low = 0.13;
    double band_high = 0.30;
    double deviations = 3;
    double collapse_fraction = 0.33;
    [[no_unique_address]] Backend backend = {};

    /// One reading a query head. Head h is columns h * head_dim to (h + 1) * head_dim - 1 of its matrix.
    /// \throws shape_error for columns that heads do not divide, heads of queries and keys that differ in head_dim,
    /// query heads that are no multiple of the key heads; usage_error for bounds out of order; and what `volume_cv`
    /// does
    template <point_matrix Q, point_matrix KeyMatrix, point_matrix V>
        requires std::same_as<point_scalar_t<Q>, T> && std::same_as<point_scalar_t<KeyMatrix>, T> &&
                 std::same_as<point_scalar_t<V>, T>
    result operator()(Q&& queries, KeyMatrix&& keys, V&& values, head_counts heads, workspace& memory) const {
        if (heads.key == 0) heads.key = heads.query;
        const matrix_view<const T> q = as_matrix_view(queries), k = as_matrix_view(keys), v = as_matrix_view(values);
        require_divisible("queries", q, heads.query);
        require_divisible("keys", k, heads.key);
        require_divisible("values", v, heads.key);
        return measure(
            heads, [&](std::size_t h) { return columns_of(q, h, heads.query); },
            [&](std::size_t h) { return columns_of(k, h, heads.key); },
            [&](std::size_t h) { return columns_of(v, h, heads.key); }, memory);
    }

    /// The same from a matrix for each head: as many keys as values, and a multiple of them queries.
    template <std::ranges::random_access_range Q, std::ranges::random_access_range KeyMatrices,
              std::ranges::random_access_range V>
        requires std::same_as<point_scalar_t<std::ranges::range_reference_t<Q>>, T> &&
                 std::same_as<point_scalar_t<std::ranges::range_reference_t<KeyMatrices>>, T> &&
                 std::same_as<point_scalar_t<std::ranges::range_reference_t<V>>, T>
    result each(Q&& queries, KeyMatrices&& keys, V&& values, workspace& memory) const {
        const auto count = [](const auto& range) { return static_cast<std::size_t>(std::ranges::distance(range)); };
        const auto at = [](auto& range) {
            return [&range](std::size_t h) -> matrix_view<const T> {
                return as_matrix_view(std::ranges::begin(range)[static_cast<std::ptrdiff_t>(h)]);
            };
        };
        if (count(keys) != count(values))
            detail::raise(shape_error("head_health: " + std::to_string(count(keys)) + " heads of keys and " +
                                      std::to_string(count(values)) + " of values; expected as many"));
        return measure({count(queries), count(keys)}, at(queries), at(keys), at(values), memory);
    }

    /// One set of rows, such as one head's queries.
    template <point_matrix M>
        requires std::same_as<point_scalar_t<M>, T>
    activation_reading activation(M&& matrix, std::uint64_t of_stream, workspace& memory) const {
        require_options();
        return read(as_matrix_view(matrix), of_stream, memory);
    }

private:
    static matrix_view<const T> columns_of(matrix_view<const T> m, std::size_t head, std::size_t heads) {
        const std::size_t width = m.cols() / heads;
        return {m.data() + static_cast<std::ptrdiff_t>(head * width) * m.col_stride(), m.rows(), width, m.row_stride(),
                m.col_stride()};
    }

    static void require_divisible(const char* what, matrix_view<const T> m, std::size_t heads) {
        if (heads == 0 || m.cols() % heads != 0)
            detail::raise(shape_error("head_health: " + std::string(what) + " of " + detail::size_text(m) + " for " +
                                      std::to_string(heads) +
                                      " heads; expected a number of heads that divides the columns"));
    }

    static void require_same_tokens(matrix_view<const T> key, matrix_view<const T> value) {
        if (key.rows() == value.rows()) return;
        detail::raise(shape_error("head_health: keys of " + detail::size_text(key) + " and values of " +
                                  detail::size_text(value) + "; expected as many rows: they are of the same tokens"));
    }

    void require_options() const {
        if (!(band_low < band_high) || !(deviations >= 0) || !(collapse_fraction >= 0))
            detail::raise(usage_error("head_health: band " + std::to_string(band_low) + " to " +
                                      std::to_string(band_high) + ", deviations " + std::to_string(deviations) +
                                      ", collapse_fraction " + std::to_string(collapse_fraction) +
                                      "; expected an ascending band and nothing negative"));
    }

    template <class Query, class Key, class Value>
    result measure(head_counts heads, Query query, Key key, Value value, workspace& memory) const {
        require_options();
        if (heads.key == 0 || heads.query % heads.key != 0)
            detail::raise(shape_error("head_health: " + std::to_string(heads.query) + " heads of queries and " +
                                      std::to_string(heads.key) +
                                      " of keys; expected a multiple, because heads share keys evenly"));
        result readings(heads.query);
        memory.keys.clear();
        memory.values.clear();
        for (std::size_t h = 0; h < heads.key; ++h) {
            memory.keys.push_back(read(key(h), stream + 3 * h + 1, memory));
            require_same_tokens(key(h), value(h));
            memory.values.push_back(read(value(h), stream + 3 * h + 2, memory));
        }
        for (std::size_t h = 0; h < heads.query; ++h) {
            head_reading& r = readings[h];
            r.query_head = h;
            r.key_head = h / (heads.query / heads.key);
            r.query = read(query(h), stream + 3 * h, memory);
            r.key = memory.keys[r.key_head];
            r.value = memory.values[r.key_head];
            if (r.query.columns != r.key.columns)
                detail::raise(shape_error("head_health: queries of head_dim " + std::to_string(r.query.columns) +
                                          " and keys of head_dim " + std::to_string(r.key.columns) +
                                          "; expected one head_dim, for their inner products"));
            r.query_key_ratio = ratio(r.query, r.key);
            r.state = (std::max)({r.query.state, r.key.state, r.value.state});
        }
        return readings;
    }

    activation_reading read(matrix_view<const T> points, std::uint64_t of_stream, workspace& memory) const {
        const metric cv{.samples = samples,
                        .seed = seed,
                        .stream = of_stream,
                        .null_replicates = null_replicates,
                        .backend = backend};
        activation_reading r;
        r.columns = points.cols();
        r.all = cv(points, memory.volumes);
        if (Validity::max_rows != 0) points = points.first_rows(Validity::max_rows);
        r.rows = distinct_rows(points, memory.first);
        r.distinct =
            r.rows.distinct == r.rows.rows ? r.all : cv(pack_rows(points, memory.first, memory.packed), memory.volumes);
        r.standard_error = error_of(r.distinct);
        r.dimension = dimensions(r);
        if (K >= 3 && r.distinct.counts.drawn > 0)
            r.directions =
                detail::participation(points, std::span<const std::uint32_t>(memory.volumes.rows), K + 1, 1000);
        r.state = classify(r);
        return r;
    }

    static double error_of(const volume_cv_estimate& e) {
        if (!e.value || !e.null || !(*e.null.value > 0)) return e.population_standard_error;
        return (std::max)(e.population_standard_error, *e.value * e.null.sd / *e.null.value);
    }

    // A finite pool reads low. The law over the null undoes that: exactly at D, and nearly at other dimensions.
    dimension_interval dimensions(const activation_reading& r) const {
        const volume_cv_estimate& e = r.distinct;
        dimension_interval interval;
        if (!e.value) return interval;
        double unbias = 1, null_error = 0;
        if (e.null && e.population_law && *e.null.value > 0) {
            unbias = *e.population_law / *e.null.value;
            null_error = e.null.standard_error() / *e.null.value;
        }
        const double cv = *e.value * unbias;
        const double error = deviations * std::hypot(r.standard_error * unbias, cv * null_error);
        const double largest = *coefficient_of_variation(Law(), K, K);
        const auto bound = [&](double x) {
            if (x >= largest) return static_cast<double>(K);
            return equivalent_dimension(x, Law(), K).value_or(std::numeric_limits<double>::infinity());
        };
        interval.value = equivalent_dimension(cv, Law(), K);
        interval.low = bound(cv + error);
        interval.high = bound(cv - error);
        return interval;
    }

    health classify(const activation_reading& r) const {
        constexpr std::size_t points = K + 1;
        const volume_cv_estimate& e = r.distinct;
        if (!e.value) {
            const bool repeats = e.reason == undefined_reason::too_few_rows && r.columns >= K &&
                                 r.rows.rows - r.rows.nonfinite >= points;
            return repeats || e.reason == undefined_reason::rounding_noise ? health::collapsing : health::undefined;
        }
        // To first order only, and not even that for fewer: see volume_cv_estimate.
        if (r.rows.distinct < 2 * points) return health::undecided;
        const double few = collapse_fraction * static_cast<double>(r.columns);
        if (r.dimension.high < few && r.directions.value_or(0) < few) return health::collapsing;
        const double low = *e.value - deviations * r.standard_error;
        const double high = *e.value + deviations * r.standard_error;
        if (low >= band_high) return health::above_band;
        if (high <= band_low) return health::below_band;
        return low > band_low && high < band_high ? health::in_band : health::undecided;
    }

    // Delta method. The simplices of queries and keys are independent; their rows belong to the same tokens, so the
    // error is too large where outlying tokens are outlying in both, as they tend to be.
    static estimate ratio(const activation_reading& query, const activation_reading& key) {
        const volume_cv_estimate &q = query.distinct, &k = key.distinct;
        estimate r;
        r.reason = q.value ? k.reason : q.reason;
        if (q.value && k.value && !(*k.value > 0)) r.reason = undefined_reason::zero_mean;
        if (r.reason != undefined_reason::none) return r;
        r.value = *q.value / *k.value;
        r.standard_error = std::hypot(query.standard_error, *r.value * key.standard_error) / *k.value;
        if (q.null && k.null && *q.null.value > 0 && *k.null.value > 0) {
            r.null.value = *q.null.value / *k.null.value;
            r.null.sd = *r.null.value * std::hypot(q.null.sd / *q.null.value, k.null.sd / *k.null.value);
        }
        return r;
    }
};

}  // namespace geolip
