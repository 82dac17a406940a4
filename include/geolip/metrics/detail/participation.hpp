// Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT
#pragma once

/// \file
/// Among how many directions the variance of rows is spread, from samples of four rows.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "geolip/core/matrix_view.hpp"
#include "geolip/metrics/volume_statistics.hpp"

namespace geolip::detail {

/// (tr C)^2 / tr C^2 for the covariance C of finite rows, from the first four rows of at most `most` samples of
/// `size` >= 4 each. With a, b, c, d independent E|a - b|^2 = 2 tr C and E[((a - b).(c - d))^2] = 4 tr C^2, so neither
/// is biased by a small pool, as the trace of a sample covariance's square is; the three pairings of each four are
/// averaged, because rows in a sample ascend. Empty where the rows do not vary, or leave the range of double.
template <class T>
std::optional<double> participation(matrix_view<const T> points, std::span<const std::uint32_t> samples,
                                    std::size_t size, std::size_t most) {
    const std::size_t count = (std::min)(samples.size() / size, most);
    double trace = 0, trace_of_square = 0;  // times 6 * 2, and 3 * 4, for each sample
    for (std::size_t s = 0; s < count; ++s) {
        const std::uint32_t* r = samples.data() + s * size;
        double g[3][3] = {};  // Gram matrix of the edges from the first row
        for (std::size_t j = 0; j < points.cols(); ++j) {
            const double origin = static_cast<double>(points(r[0], j));
            const double e[3] = {static_cast<double>(points(r[1], j)) - origin,
                                 static_cast<double>(points(r[2], j)) - origin,
                                 static_cast<double>(points(r[3], j)) - origin};
            for (std::size_t a = 0; a < 3; ++a)
                for (std::size_t b = 0; b <= a; ++b) g[a][b] += e[a] * e[b];
        }
        const double g10 = g[1][0], g20 = g[2][0], g21 = g[2][1];
        trace += 3 * (g[0][0] + g[1][1] + g[2][2]) - 2 * (g10 + g20 + g21);
        // Edge a against the edge between the other two.
        trace_of_square += (g20 - g10) * (g20 - g10) + (g21 - g10) * (g21 - g10) + (g21 - g20) * (g21 - g20);
    }
    const double n = static_cast<double>(count);
    const double first = trace / (12 * n), second = trace_of_square / (12 * n);
    const double ratio = first * first / second;
    return count > 0 && second > 0 && finite(ratio) ? std::optional(ratio) : std::nullopt;
}

}  // namespace geolip::detail
