// Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT
#pragma once

/// \file
/// The rows that samples refer to: packed if they are not contiguous, rescaled where volumes leave the range of double,
/// and searched for repetitions.

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "geolip/core/matrix_view.hpp"
#include "geolip/metrics/volume_statistics.hpp"

namespace geolip::detail {

/// A view with contiguous coordinates: `points` itself, or a row-major copy in `memory`.
template <class T>
matrix_view<const T> contiguous_rows(matrix_view<const T> points, std::vector<T>& memory) {
    if (points.col_stride() == 1 || points.cols() <= 1) return points;
    memory.resize(points.rows() * points.cols());
    // Blocks keep both the strided side and the copy within the cache.
    constexpr std::size_t block = 32;
    for (std::size_t i0 = 0; i0 < points.rows(); i0 += block)
        for (std::size_t j0 = 0; j0 < points.cols(); j0 += block)
            for (std::size_t i = i0; i < points.rows() && i < i0 + block; ++i)
                for (std::size_t j = j0; j < points.cols() && j < j0 + block; ++j)
                    memory[i * points.cols() + j] = points(i, j);
    return {memory.data(), points.rows(), points.cols()};
}

/// The power of two by which edges are too long or too short for their squared K-volumes to be doubles; 0 where no
/// reading suffered, or where the edges are not to blame.
template <int K, class T>
int scale_to_remove(matrix_view<const T> points, std::span<const std::uint32_t> rows,
                    std::span<const volume_reading> readings) {
    constexpr double smallest = 0x1p-900;
    double longest = 0;
    for (std::size_t s = 0; s < readings.size(); ++s) {
        const double v = readings[s].squared_volume;
        if (finite(v) && v > smallest) continue;
        for (std::size_t e = 1; e <= K; ++e) {
            for (std::size_t j = 0; j < points.cols(); ++j) {
                const double edge = std::fabs(static_cast<double>(points(rows[s * (K + 1) + e], j)) -
                                              static_cast<double>(points(rows[s * (K + 1)], j)));
                if (finite(edge) && edge > longest) longest = edge;
            }
        }
    }
    if (!(longest > 0)) return 0;
    const int exponent = std::ilogb(longest);
    return 2 * K * (exponent < 0 ? -exponent : exponent) > 800 ? exponent : 0;
}

/// A row-major copy times 2^exponent, in `memory`: exact, but for coordinates that leave T's range.
template <class T>
matrix_view<const T> scaled_rows(matrix_view<const T> points, int exponent, std::vector<T>& memory) {
    memory.resize(points.rows() * points.cols());
    for (std::size_t i = 0; i < points.rows(); ++i)
        for (std::size_t j = 0; j < points.cols(); ++j)
            memory[i * points.cols() + j] = std::ldexp(points(i, j), exponent);
    return {memory.data(), points.rows(), points.cols()};
}

template <class T>
bool equal_rows(matrix_view<const T> points, std::size_t a, std::size_t b) {
    for (std::size_t j = 0; j < points.cols(); ++j)
        if (!(points(a, j) == points(b, j))) return false;
    return true;
}

/// How many of the simplices have two vertices with equal coordinates.
template <int K, class T>
std::size_t count_repeating(matrix_view<const T> points, std::span<const std::uint32_t> rows) {
    std::size_t count = 0;
    for (std::size_t s = 0; s < rows.size(); s += K + 1) {
        bool repeats = false;
        for (std::size_t a = 0; a <= K && !repeats; ++a)
            for (std::size_t b = 0; b < a && !repeats; ++b) repeats = equal_rows(points, rows[s + a], rows[s + b]);
        count += repeats ? 1 : 0;
    }
    return count;
}

}  // namespace geolip::detail
