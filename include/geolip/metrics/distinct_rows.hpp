// Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT
#pragma once

/// \file
/// Which rows of a matrix differ. Activations repeat rows (equal tokens give equal rows), and a sample of rows that
/// repeat is smaller than it looks.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "geolip/core/matrix_view.hpp"
#include "geolip/metrics/detail/sampled_rows.hpp"
#include "geolip/metrics/volume_statistics.hpp"

namespace geolip {

/// Rows of a matrix: repeats and rows that are not numbers.
struct row_counts {
    std::size_t rows = 0;
    std::size_t nonfinite = 0;  ///< with a NaN or an infinite coordinate
    std::size_t distinct = 0;   ///< different ones among the others

    friend bool operator==(const row_counts&, const row_counts&) = default;
};

/// Puts into `first` the numbers, ascending, of the finite rows that no earlier row equals in every coordinate.
/// 0 equals -0. Fewer than 2^32 rows; O(V log V) comparisons of rows; allocates only where `first` must grow.
template <class T>
row_counts distinct_rows(matrix_view<const T> points, std::vector<std::uint32_t>& first) {
    row_counts counts;
    counts.rows = points.rows();
    first.clear();
    for (std::size_t i = 0; i < points.rows(); ++i) {
        bool finite = true;
        for (std::size_t j = 0; j < points.cols(); ++j)
            finite = finite && detail::finite(static_cast<double>(points(i, j)));
        if (finite) first.push_back(static_cast<std::uint32_t>(i));
    }
    counts.nonfinite = counts.rows - first.size();
    // Equal rows next to each other, the earliest in front: a total order, so the result is one whatever the sort.
    std::sort(first.begin(), first.end(), [&](std::uint32_t a, std::uint32_t b) {
        for (std::size_t j = 0; j < points.cols(); ++j) {
            if (points(a, j) < points(b, j)) return true;
            if (points(b, j) < points(a, j)) return false;
        }
        return a < b;
    });
    const auto equal = [&](std::uint32_t a, std::uint32_t b) { return detail::equal_rows(points, a, b); };
    first.erase(std::unique(first.begin(), first.end(), equal), first.end());
    std::sort(first.begin(), first.end());
    counts.distinct = first.size();
    return counts;
}

/// A row-major copy of the named rows, in `memory`.
template <class T>
matrix_view<const T> pack_rows(matrix_view<const T> points, const std::vector<std::uint32_t>& rows,
                               std::vector<T>& memory) {
    memory.resize(rows.size() * points.cols());
    for (std::size_t i = 0; i < rows.size(); ++i)
        for (std::size_t j = 0; j < points.cols(); ++j) memory[i * points.cols() + j] = points(rows[i], j);
    return {memory.data(), rows.size(), points.cols()};
}

}  // namespace geolip
