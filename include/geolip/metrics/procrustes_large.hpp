// Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT
#pragma once

/// \file
/// The nulls of `procrustes` at a cost that does not grow with the matrices: the limit of procrustes_limit.hpp for the
/// mean, and simulations of small matrices of the same proportions for the rest. Needs Eigen (component `linalg`).

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "geolip/core/estimate.hpp"
#include "geolip/metrics/large_gaussian.hpp"
#include "geolip/metrics/procrustes.hpp"
#include "geolip/metrics/procrustes_limit.hpp"
#include "geolip/metrics/spectrum.hpp"

namespace geolip {
namespace detail {

/// The shorter side of what is simulated, of matrices whose sides have that ratio, 1 or more.
inline std::size_t simulated_side(double ratio) { return ratio > 8 ? 48 : 96; }

/// `count` singular values that stand for all of `values` in matrices smaller by count / size: root mean squares of
/// neighbours, but for the four largest by themselves. Of a bulk the sum of the singular values of the product spreads
/// by as much at any size; of single values as 1/√size, which the fourth root makes up for.
inline std::vector<double> thinned_spectrum(std::span<const double> values, std::size_t count) {
    constexpr std::size_t leading = 4;
    const double size = static_cast<double>(values.size()), few = static_cast<double>(count);
    std::vector<double> out;
    for (std::size_t i = 0; i < leading; ++i) out.push_back(values[i] * std::pow(few / size, 0.25));
    const std::size_t rest = values.size() - leading, groups = count - leading;
    for (std::size_t g = 0; g < groups; ++g) {
        const std::size_t first = g * rest / groups, last = (g + 1) * rest / groups;
        double squares = 0;
        for (std::size_t i = first; i < last; ++i) squares += values[leading + i] * values[leading + i];
        out.push_back(std::sqrt(squares / static_cast<double>(last - first)));
    }
    std::sort(out.rbegin(), out.rend());
    return out;
}

/// A spread below the accuracy of a cosine is none: one row always aligns, and so do equal singular values.
inline null_reading without_rounding(null_reading null) {
    if (null.value && null.sd < 1e-9) null.sd = 0;
    return null;
}

}  // namespace detail

/// `procrustes_null` for matrices of any size. Shorter sides of up to 96 (48 beyond 8 : 1) are simulated whole; of
/// larger ones mean and standard deviation come from matrices of that size and the same ratio, corrected by the limits:
/// the distance from the limit, and the standard deviation, fall as 1/size. One row always aligns: 1 ± 0.
inline null_reading large_procrustes_null(std::size_t rows, std::size_t cols, std::size_t replicates = 64,
                                          std::uint64_t seed = 1, isa level = isa::automatic) {
    const std::size_t shorter = (std::min)(rows, cols), longer = (std::max)(rows, cols);
    if (shorter == 0) return {};
    const double ratio = static_cast<double>(longer) / static_cast<double>(shorter);
    const std::size_t side = detail::simulated_side(ratio);
    if (shorter <= side) return detail::without_rounding(procrustes_null(rows, cols, replicates, seed, level));
    const auto other = static_cast<std::size_t>(std::lround(ratio * static_cast<double>(side)));
    const std::size_t few_rows = rows <= cols ? side : other, few_cols = rows <= cols ? other : side;
    null_reading null = procrustes_null(few_rows, few_cols, replicates, seed, level);
    if (!null.value) return null;
    const double share = static_cast<double>(side) / static_cast<double>(shorter);
    null.value =
        gaussian_procrustes_cosine(rows, cols) + share * (*null.value - gaussian_procrustes_cosine(few_rows, few_cols));
    null.sd *= share;
    return null;
}

/// `spectrum_matched_procrustes_null` for matrices of any size: whole up to shorter sides of 96 (48 beyond 8 : 1, and
/// where no more singular values are above 1e-8 of the largest). Of larger ones the mean is `matched_procrustes_limit`,
/// and the standard deviation that of smaller matrices whose singular values stand for all: right to a tenth for smooth
/// spectra, to a third where one value outweighs all others. `replicates` is 0 in the reading where the mean is the
/// limit. Without a value where `spectrum_reason` finds fault. \throws shape_error as the other
inline null_reading large_matched_procrustes_null(std::span<const double> values_a, std::span<const double> values_b,
                                                  std::size_t rows, std::size_t cols, std::size_t replicates = 32,
                                                  std::uint64_t seed = 1, isa level = isa::automatic) {
    const std::size_t shorter = (std::min)(rows, cols);
    if (values_a.size() != shorter || values_b.size() != shorter)
        return spectrum_matched_procrustes_null(values_a, values_b, rows, cols, replicates, seed, level);  // throws
    if (spectrum_reason(values_a) != undefined_reason::none || spectrum_reason(values_b) != undefined_reason::none)
        return {};
    // The right directions are free, so that columns beyond the rows do not matter.
    const double ratio = static_cast<double>((std::max)(rows, shorter)) / static_cast<double>(shorter);
    const std::size_t side = detail::simulated_side(ratio);
    if (shorter <= side)
        return detail::without_rounding(
            spectrum_matched_procrustes_null(values_a, values_b, rows, shorter, replicates, seed, level));
    const auto rank = [](std::span<const double> values) {
        return static_cast<std::size_t>(
            std::ranges::count_if(values, [&](double v) { return v > 1e-8 * values.front(); }));
    };
    if (const std::size_t used = (std::max)(rank(values_a), rank(values_b)); used <= side)
        return spectrum_matched_procrustes_null(values_a.first(used), values_b.first(used), rows, used, replicates,
                                                seed, level);
    const std::vector<double> a = detail::thinned_spectrum(values_a, side),
                              b = detail::thinned_spectrum(values_b, side);
    const auto few_rows = static_cast<std::size_t>(std::lround(ratio * static_cast<double>(side)));
    null_reading null = spectrum_matched_procrustes_null(a, b, few_rows, side, replicates, seed, level);
    if (!null.value) return null;
    const auto square_sum = [](std::span<const double> values) {
        double sum = 0;
        for (const double v : values) sum += v * v / (values.front() * values.front());
        return sum * values.front() * values.front();
    };
    // From the sum of singular values, whose spread is that of all, back to a cosine.
    null.sd *= std::sqrt(square_sum(a) * square_sum(b)) / std::sqrt(square_sum(values_a) * square_sum(values_b));
    null.value = matched_procrustes_limit(values_a, values_b, rows);
    null.replicates = 0;
    return detail::without_rounding(null);
}

}  // namespace geolip
