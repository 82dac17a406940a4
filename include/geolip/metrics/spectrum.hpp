// Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT
#pragma once

/// \file
/// What a spectrum says of its matrix in one number: stable rank, participation, effective rank, the share of active
/// directions, how many carry a given share, and the condition number.
///
/// `values` are the singular values of a matrix, or the eigenvalues of a covariance, **descending**, not negative, each
/// counted as often as it occurs. A figure is empty for no values, for values that are all 0, and for one that is not
/// finite. None depends on the scale of the matrix; sums run from the first value to the last, in double precision, on
/// values divided by the largest.

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <optional>
#include <span>

#include "geolip/core/estimate.hpp"
#include "geolip/core/finite.hpp"

namespace geolip {

/// Why the figures of a spectrum are empty, or `none`.
inline undefined_reason spectrum_reason(std::span<const double> values) {
    if (values.empty()) return undefined_reason::no_elements;
    for (const double v : values)
        if (!detail::finite(v)) return undefined_reason::nonfinite;
    return values.front() > 0 ? undefined_reason::none : undefined_reason::all_zero;
}

namespace detail {

// The sum of f(v) over the values divided by the largest.
template <class Function>
double spectrum_sum(std::span<const double> values, Function f) {
    double sum = 0;
    for (const double v : values) sum += f(v / values.front());
    return sum;
}
inline double identity_of(double x) { return x; }
inline double square_of(double x) { return x * x; }

// The least number of leading values whose f(v) sum to `share` of all.
template <class Function>
std::optional<std::size_t> leading_count(std::span<const double> values, double share, Function f) {
    if (spectrum_reason(values) != undefined_reason::none) return std::nullopt;
    const double wanted = share * spectrum_sum(values, f);
    double sum = 0;
    for (std::size_t i = 0; i < values.size(); ++i) {
        sum += f(values[i] / values.front());
        if (sum >= wanted) return i + 1;
    }
    return values.size();
}

}  // namespace detail

/// Σσ² / σ₁², from 1 to the number of values: ‖W‖_F² / ‖W‖₂² (M. Rudelson, R. Vershynin, J. ACM 54 (2007) 21).
inline std::optional<double> stable_rank(std::span<const double> values) {
    if (spectrum_reason(values) != undefined_reason::none) return std::nullopt;
    return detail::spectrum_sum(values, detail::square_of);
}

/// (Σv)² / Σv², from 1 to the number of values. Of the eigenvalues of a covariance it is the participation ratio, of
/// singular values their participation.
inline std::optional<double> participation_ratio(std::span<const double> values) {
    if (spectrum_reason(values) != undefined_reason::none) return std::nullopt;
    const double sum = detail::spectrum_sum(values, detail::identity_of);
    return sum * sum / detail::spectrum_sum(values, detail::square_of);
}

/// exp(-Σ p ln p), p = v / Σv, from 1 to the number of values (O. Roy, M. Vetterli, EUSIPCO 2007, 606).
inline std::optional<double> effective_rank(std::span<const double> values) {
    if (spectrum_reason(values) != undefined_reason::none) return std::nullopt;
    const double sum = detail::spectrum_sum(values, detail::identity_of);
    return std::exp(-detail::spectrum_sum(values, [sum](double v) { return v > 0 ? v / sum * std::log(v / sum) : 0; }));
}

/// The share of values above `threshold` times the largest. As documented: 1 %.
inline std::optional<double> active_fraction(std::span<const double> values, double threshold = 0.01) {
    if (spectrum_reason(values) != undefined_reason::none) return std::nullopt;
    const double active = detail::spectrum_sum(values, [=](double v) { return v > threshold ? 1.0 : 0.0; });
    return active / static_cast<double>(values.size());
}

/// The least number of leading values that sum to `share` of all: the documented "rank for 90 %", which accumulates the
/// singular values themselves, not their squares.
inline std::optional<std::size_t> rank_for_share(std::span<const double> values, double share = 0.9) {
    return detail::leading_count(values, share, detail::identity_of);
}

/// The least number of leading singular values whose squares sum to `share` of all. Of eigenvalues of a covariance,
/// `rank_for_share` counts the dimensions that hold a share of the variance.
inline std::optional<std::size_t> rank_for_energy(std::span<const double> values, double share = 0.9) {
    return detail::leading_count(values, share, detail::square_of);
}

/// σ₁ / σ_n; infinite where the last is 0.
inline std::optional<double> condition_number(std::span<const double> values) {
    if (spectrum_reason(values) != undefined_reason::none) return std::nullopt;
    return values.front() / values.back();
}

}  // namespace geolip
