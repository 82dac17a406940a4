// Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT
#pragma once

/// \file
/// Row-major matrices to measure.

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "geolip/core/matrix_view.hpp"
#include "geolip/random/fill.hpp"
#include "support/statistics.hpp"

namespace geolip_test {

template <class T>
struct matrix {
    std::size_t rows = 0;
    std::size_t cols = 0;
    std::vector<T> values = std::vector<T>(rows * cols);

    T& operator()(std::size_t i, std::size_t j) { return values[i * cols + j]; }
    T operator()(std::size_t i, std::size_t j) const { return values[i * cols + j]; }
    geolip::matrix_view<const T> view() const { return {values.data(), rows, cols}; }
    geolip::matrix_view<T> view() { return {values.data(), rows, cols}; }
};

/// Normal numbers, by the library's own generator.
template <class T>
std::vector<T> normals(std::size_t count, std::uint64_t stream, std::uint64_t seed = 41) {
    std::vector<T> x(count);
    geolip::fill_normal(std::span(x), {seed, stream});
    return x;
}

/// Gaussian rows, by the library's own generator.
template <class T>
matrix<T> gaussian_rows(std::size_t rows, std::size_t cols, std::uint64_t stream = 0) {
    return {rows, cols, normals<T>(rows * cols, stream, 0x6a09e667f3bcc908u)};
}

/// The same rows for every platform and script: by the C library, seed 42.
template <class T>
matrix<T> plain_gaussian_rows(std::size_t rows, std::size_t cols, std::uint64_t stream, double scale = 1) {
    return {rows, cols, plain_normals<T>({42, stream}, rows, cols, scale)};
}

/// LayerNorm without affine part: rows in the flat of coordinate sum zero, of norm sqrt(cols).
template <class T>
void layer_norm(matrix<T>& m) {
    const T n = static_cast<T>(m.cols);
    for (std::size_t i = 0; i < m.rows; ++i) {
        T mean = 0, variance = 0;
        for (std::size_t j = 0; j < m.cols; ++j) mean += m(i, j) / n;
        for (std::size_t j = 0; j < m.cols; ++j) variance += (m(i, j) - mean) * (m(i, j) - mean) / n;
        for (std::size_t j = 0; j < m.cols; ++j) m(i, j) = (m(i, j) - mean) / std::sqrt(variance + T(1e-5));
    }
}

}  // namespace geolip_test
