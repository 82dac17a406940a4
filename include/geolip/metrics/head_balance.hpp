// Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT
#pragma once

/// \file
/// `head_balance`: the balance of queries and keys head by head, in the residual stream, with grouped keys; and what
/// Gaussian heads of that shape give. Needs Eigen (component `linalg`).

#include <Eigen/Core>
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "geolip/core/concepts.hpp"
#include "geolip/core/error.hpp"
#include "geolip/core/estimate.hpp"
#include "geolip/core/matrix_view.hpp"
#include "geolip/core/size_text.hpp"
#include "geolip/linalg/detail/dense.hpp"
#include "geolip/metrics/detail/null_of_readings.hpp"
#include "geolip/metrics/qk_balance.hpp"
#include "geolip/random/chi.hpp"

namespace geolip {

namespace detail {

/// A view of a matrix of Eigen's, from column `first` on.
inline matrix_view<const double> columns_of(const dense_matrix& m, std::size_t first, std::size_t count) {
    const auto rows = static_cast<std::size_t>(m.rows());
    return {m.data() + first * rows, rows, count, 1, m.rows()};
}
/// Of A B', columns equal; empty for a product of zero.
inline std::optional<double> stable_rank_of_product(const dense_matrix& a, const dense_matrix& b) {
    const double square = (a.transpose() * a).cwiseProduct(b.transpose() * b).sum();
    const auto cols = static_cast<std::size_t>(a.cols());
    return product_stable_rank(columns_of(a, 0, cols), 0, columns_of(b, 0, cols), 0, square);
}

}  // namespace detail

/// One head of queries and the head of keys that it is compared with.
struct head_balance_reading {
    std::size_t head = 0, key_head = 0;
    qk_balance_reading reading;  ///< of W_q' W_k, width x width; without the symmetric part's where widths differ
};

/// W_q' W_k of every head: `queries` is (heads head_dim) x width, `keys` is (key heads head_dim) x width, as
/// torch.nn.Linear stores them; head h of the queries is compared with head h / (heads / key heads) of the keys. The
/// product is never formed: its symmetric part has rank 2 head_dim at most, and its eigenvalues are those of a problem
/// of that order (see `qk_balance`).
///
/// The bilinear form x' W_q' W_k y that a head applies to two positions; rotary positions, norms of queries and biases
/// are not in it. Where 2 head_dim <= width and no weights are degenerate a head has head_dim positive and as many
/// negative eigenvalues whatever the weights; signed energy, symmetry deviation and stable rank tell heads apart.
///
/// Queries and keys of different widths (cross-attention to another model's states) have no symmetric part. Of the
/// bipartite form [0 M; M' 0], whose eigenvalues are plus and minus the singular values of M, half are positive by
/// construction: such heads have the stable rank of M, and `positive_fraction` and the like are empty.
/// \throws shape_error unless rows are whole heads, and heads whole groups of the keys' heads
template <measured_scalar T>
std::vector<head_balance_reading> head_balance(matrix_view<const T> queries, matrix_view<const T> keys,
                                               std::size_t heads, std::size_t key_heads, double tolerance = 1e-6) {
    if (heads == 0 || key_heads == 0 || heads % key_heads != 0 || queries.rows() % heads != 0 || queries.rows() == 0 ||
        queries.cols() == 0 || keys.cols() == 0 || keys.rows() != queries.rows() / heads * key_heads)
        detail::raise(shape_error("head_balance: queries of " + detail::size_text(queries) + " in " +
                                  std::to_string(heads) + " heads and keys of " + detail::size_text(keys) + " in " +
                                  std::to_string(key_heads) +
                                  "; expected heads of one width, and as many or a multiple for the queries"));
    const std::size_t dim = queries.rows() / heads, group = heads / key_heads;
    const auto transposed = [dim](matrix_view<const T> m, std::size_t head) {
        return matrix_view<const T>(m.row(head * dim), m.cols(), dim, m.col_stride(), m.row_stride());
    };
    std::vector<head_balance_reading> out(heads);
    for (std::size_t h = 0; h < heads; ++h) {
        out[h].head = h;
        out[h].key_head = h / group;
        const matrix_view<const T> a = transposed(queries, h), b = transposed(keys, h / group);
        if (a.rows() == b.rows()) {
            out[h].reading = qk_balance<T>(a, b, tolerance);
            continue;
        }
        qk_balance_reading& r = out[h].reading;
        const auto left = detail::scaled_copy(a), right = detail::scaled_copy(b);
        if (!left || !right) {
            r.reason = undefined_reason::nonfinite;
            continue;
        }
        r.stable_rank = detail::stable_rank_of_product(left->values, right->values);
        if (!r.stable_rank) r.reason = undefined_reason::all_zero;
    }
    return out;
}

/// What independent Gaussian heads give.
struct head_balance_null_reading {
    null_reading positive_fraction, signed_energy, symmetry_deviation, stable_rank;  ///< of one head
};

/// For queries of `width` and keys of `key_width`, by simulation, without drawing the heads: of [A B] = U R with
/// Gaussian A and B the factor R alone matters, whose elements are independent, normal above the diagonal and chi with
/// width, width - 1, … degrees of freedom on it (M. S. Bartlett, Proc. R. Soc. Edinburgh 53 (1933) 260). Equal in law
/// to drawing the heads. Only `stable_rank` where the widths differ. Empty for an extent of 0, fewer than 2 replicates
/// and extents of 2^24 or more.
inline head_balance_null_reading head_balance_null(std::size_t width, std::size_t head_dim, std::size_t key_width,
                                                   std::size_t replicates = 32, std::uint64_t seed = 1,
                                                   isa level = isa::automatic) {
    constexpr std::size_t limit = std::size_t{1} << 24;
    if (width == 0 || head_dim == 0 || key_width == 0 || replicates < 2 || width >= limit || key_width >= limit)
        return {};
    // The upper trapezoidal factor of `of_width` x cols normal elements.
    const auto factor = [&](std::size_t of_width, std::size_t cols, std::uint64_t purpose) {
        const std::size_t rows = (std::min)(of_width, cols);
        detail::dense_matrix m =
            detail::gaussian_matrix(rows, cols, {seed, (std::uint64_t{62} << 56) | purpose}, level);
        std::vector<float> diagonal(rows);
        fill_chi(diagonal, static_cast<std::uint32_t>(of_width), {seed, (std::uint64_t{63} << 56) | purpose}, level);
        for (std::size_t j = 0; j < rows; ++j) {
            m(detail::dense_index(j), detail::dense_index(j)) = static_cast<double>(diagonal[j]);
            for (std::size_t i = j + 1; i < rows; ++i) m(detail::dense_index(i), detail::dense_index(j)) = 0;
        }
        return m;
    };
    std::vector<double> positive, energy, deviation, rank;
    for (std::size_t i = 0; i < replicates; ++i) {
        if (width == key_width) {
            const detail::dense_matrix both = factor(width, 2 * head_dim, i);
            const qk_balance_reading r = detail::read_balance(detail::columns_of(both, 0, head_dim), 0,
                                                              detail::columns_of(both, head_dim, head_dim), 0, 1e-6);
            positive.push_back(static_cast<double>(r.positive) / static_cast<double>(width));
            energy.push_back(r.signed_energy.value_or(0.5));
            deviation.push_back(r.symmetry_deviation.value_or(0));
            rank.push_back(r.stable_rank.value_or(1));
        } else {
            const detail::dense_matrix a = factor(width, head_dim, 2 * i), b = factor(key_width, head_dim, 2 * i + 1);
            rank.push_back(detail::stable_rank_of_product(a, b).value_or(1));
        }
    }
    return {detail::null_of_readings(positive), detail::null_of_readings(energy), detail::null_of_readings(deviation),
            detail::null_of_readings(rank)};
}

}  // namespace geolip
