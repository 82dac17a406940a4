// Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT
#pragma once

/// \file
/// `row_agreement`: how alike the rows of equal number of two matrices are, such as an embedding and an output head;
/// and what rows of different number give.

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "geolip/core/concepts.hpp"
#include "geolip/core/error.hpp"
#include "geolip/core/estimate.hpp"
#include "geolip/core/finite.hpp"
#include "geolip/core/matrix_view.hpp"
#include "geolip/core/ordered_sum.hpp"
#include "geolip/core/size_text.hpp"
#include "geolip/metrics/detail/null_of_readings.hpp"
#include "geolip/random/subset.hpp"

namespace geolip {

/// Cosines of row i of A with row i of B, and the size of the difference.
struct agreement_reading {
    undefined_reason reason = undefined_reason::none;  ///< why there are no cosines
    std::size_t rows = 0, skipped = 0;                 ///< skipped: one of the two has no direction
    bool equal = false;                                ///< every element of A is that of B: tied weights
    estimate mean;                                     ///< of the cosines
    std::optional<double> sd, smallest, largest;       ///< of the cosines; sd of the population
    std::optional<double> norm_a, norm_b, difference;  ///< Frobenius, of A, B and A - B
    std::optional<double> relative;                    ///< difference / norm_a
};

namespace detail {

struct row_products {
    double aa = 0, bb = 0, ab = 0, difference = 0;
    bool equal = true;
};
template <class T>
row_products products_of(matrix_view<const T> a, matrix_view<const T> b, std::size_t row) {
    row_products p;
    for (std::size_t k = 0; k < a.cols(); ++k) {
        const double x = static_cast<double>(a(row, k)), y = static_cast<double>(b(row, k));
        p.aa += x * x;
        p.bb += y * y;
        p.ab += x * y;
        p.difference += (x - y) * (x - y);
        p.equal = p.equal && x == y;
    }
    return p;
}
/// Of rows with these lengths and product; empty where one has no direction.
inline std::optional<double> row_cosine(double product, double length_a, double length_b) {
    const double lengths = length_a * length_b;
    if (!finite(lengths) || !(lengths > 0)) return std::nullopt;
    return std::clamp(product / lengths, -1.0, 1.0);
}

}  // namespace detail

/// Of A and B, both rows x cols; in double precision. Null of `mean`: row i of A with row i + s of B, counted round,
/// for `replicates` random s other than 0. It keeps what all rows have in common, which isotropic rows (0 ± 1/√(rows
/// cols)) lack, and costs a pass over both matrices a replicate. None for fewer than 3 rows.
/// \throws shape_error unless the shapes are equal
template <measured_scalar T>
agreement_reading row_agreement(matrix_view<const T> a, matrix_view<const T> b, std::size_t replicates = 16,
                                std::uint64_t seed = 42) {
    if (a.rows() != b.rows() || a.cols() != b.cols() || a.rows() > 0xffffffffu)
        detail::raise(shape_error("row_agreement: matrices of " + detail::size_text(a) + " and " +
                                  detail::size_text(b) + "; expected one shape, of fewer than 2^32 rows"));
    agreement_reading r;
    r.rows = a.rows();
    r.equal = true;
    double aa = 0, bb = 0, difference = 0, sum = 0, squares = 0, lowest = 1, highest = -1, count = 0;
    std::vector<double> lengths_a, lengths_b;
    for (std::size_t i = 0; i < a.rows(); ++i) {
        const detail::row_products p = detail::products_of(a, b, i);
        lengths_a.push_back(std::sqrt(p.aa));
        lengths_b.push_back(std::sqrt(p.bb));
        aa += p.aa, bb += p.bb, difference += p.difference;
        r.equal = r.equal && p.equal;
        const auto cosine = detail::row_cosine(p.ab, lengths_a.back(), lengths_b.back());
        if (!cosine) {
            ++r.skipped;
            continue;
        }
        ++count;
        sum += *cosine;
        squares += *cosine * *cosine;
        lowest = (std::min)(lowest, *cosine);
        highest = (std::max)(highest, *cosine);
    }
    if (detail::finite(aa) && detail::finite(bb) && detail::finite(difference)) {
        r.norm_a = std::sqrt(aa);
        r.norm_b = std::sqrt(bb);
        r.difference = std::sqrt(difference);
        if (aa > 0) r.relative = *r.difference / *r.norm_a;
    }
    if (count < 1) {
        r.reason = a.rows() == 0 || a.cols() == 0 ? undefined_reason::no_elements
                   : r.norm_a                     ? undefined_reason::all_zero
                                                  : undefined_reason::nonfinite;
        r.mean.reason = r.reason;
        return r;
    }
    r.mean.value = sum / count;
    r.sd = std::sqrt((std::max)(squares / count - *r.mean.value * *r.mean.value, 0.0));
    r.smallest = lowest;
    r.largest = highest;
    if (a.rows() < 3) return r;
    std::vector<double> readings;
    philox_engine engine({seed, std::uint64_t{66} << 56});
    for (std::size_t k = 0; k < replicates; ++k) {
        const std::size_t shift = 1 + uniform_below(engine, static_cast<std::uint32_t>(a.rows() - 1));
        double total = 0, pairs = 0;
        for (std::size_t i = 0; i < a.rows(); ++i) {
            const std::size_t other = (i + shift) % a.rows();
            const double product = detail::ordered_sum(a.cols(), [&](std::size_t j) {
                return static_cast<double>(a(i, j)) * static_cast<double>(b(other, j));
            });
            if (const auto c = detail::row_cosine(product, lengths_a[i], lengths_b[other])) total += *c, ++pairs;
        }
        if (pairs > 0) readings.push_back(total / pairs);
    }
    r.mean.null = detail::null_of_readings(readings);
    return r;
}

}  // namespace geolip
