// Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT
#pragma once

/// \file
/// Simplices to test with, of given conditioning, and their exact volumes.

#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <random>
#include <utility>
#include <vector>

#include "support/rational.hpp"

namespace geolip_test {

template <class T, std::size_t N, std::size_t D>
using point_array = std::array<std::array<T, D>, N>;

/// Condition number of the matrix with these rows, scaled to length one: one-sided Jacobi rotations in long double,
/// which find small singular values to high relative accuracy.
inline long double condition_number(std::vector<std::vector<long double>> rows) {
    const auto dot = [](const auto& a, const auto& b) {
        long double sum = 0;
        for (std::size_t j = 0; j < a.size(); ++j) sum += a[j] * b[j];
        return sum;
    };
    for (auto& row : rows) {
        const long double length = std::sqrt(dot(row, row));
        for (long double& x : row) x /= length;
    }
    for (int sweep = 0; sweep < 30; ++sweep) {
        for (std::size_t p = 0; p < rows.size(); ++p) {
            for (std::size_t q = p + 1; q < rows.size(); ++q) {
                const long double product = dot(rows[p], rows[q]);
                if (product == 0) continue;
                const long double zeta = (dot(rows[q], rows[q]) - dot(rows[p], rows[p])) / (2 * product);
                const long double t = std::copysign(1 / (std::fabs(zeta) + std::hypot(1.0L, zeta)), zeta);
                const long double c = 1 / std::hypot(1.0L, t);
                for (std::size_t j = 0; j < rows[p].size(); ++j) {
                    const long double x = rows[p][j];
                    rows[p][j] = c * (x - t * rows[q][j]);
                    rows[q][j] = c * (t * x + rows[q][j]);
                }
            }
        }
    }
    long double least = std::numeric_limits<long double>::infinity();
    long double most = 0;
    for (const auto& row : rows) {
        const long double length = std::sqrt(dot(row, row));
        least = std::fmin(least, length);
        most = std::fmax(most, length);
    }
    return most / least;
}

/// Condition number of the edges x_i − x_0.
template <class T, std::size_t N, std::size_t D>
long double edge_condition(const point_array<T, N, D>& points) {
    std::vector<std::vector<long double>> edges(N - 1, std::vector<long double>(D));
    for (std::size_t i = 1; i < N; ++i)
        for (std::size_t j = 0; j < D; ++j)
            edges[i - 1][j] = static_cast<long double>(points[i][j]) - static_cast<long double>(points[0][j]);
    return condition_number(std::move(edges));
}

/// det(E·Eᵀ)/(K!)² in exact arithmetic, by fraction-free elimination (E. Bareiss 1968) on the Gram matrix of the
/// edges.
template <class T, std::size_t N, std::size_t D>
rational exact_squared_volume(const point_array<T, N, D>& points) {
    constexpr std::size_t K = N - 1;
    std::vector<std::vector<rational>> edges(K, std::vector<rational>(D)), gram(K, std::vector<rational>(K));
    for (std::size_t i = 0; i < K; ++i)
        for (std::size_t j = 0; j < D; ++j) edges[i][j] = rational(points[i + 1][j]) - rational(points[0][j]);
    for (std::size_t i = 0; i < K; ++i)
        for (std::size_t k = 0; k < K; ++k)
            for (std::size_t j = 0; j < D; ++j) gram[i][k] = gram[i][k] + edges[i][j] * edges[k][j];
    rational previous(1);
    rational factorial(1);
    for (std::size_t c = 0; c < K; ++c) {
        // Leading minors of a Gram matrix: once one vanishes, all later ones do.
        if (gram[c][c] == rational(0)) return rational(0);
        for (std::size_t r = c + 1; r < K; ++r)
            for (std::size_t k = c + 1; k < K; ++k)
                gram[r][k] = (gram[r][k] * gram[c][c] - gram[r][c] * gram[c][k]) / previous;
        previous = gram[c][c];
        factorial = factorial * rational(static_cast<int>(c + 1));
    }
    return previous / (factorial * factorial);
}

/// |computed/exact − 1|.
template <class T>
long double relative_error(T computed, const rational& exact) {
    return std::fabs(static_cast<long double>((rational(computed) - exact) / exact));
}

/// Gaussian points; every edge but the first two is `flatness` times a Gaussian edge plus a combination of the edges
/// before it, and all points are shifted by `offset` along every axis.
template <class T, std::size_t N, std::size_t D>
point_array<T, N, D> random_simplex(std::mt19937_64& engine, double flatness = 1, double offset = 0) {
    const auto normal = [&engine] {  // Box–Muller: the same numbers with every standard library
        const double u = (static_cast<double>(engine() >> 11) + 0.5) * 0x1p-53;
        const double v = (static_cast<double>(engine() >> 11) + 0.5) * 0x1p-53;
        return std::sqrt(-2 * std::log(u)) * std::cos(6.283185307179586 * v);
    };
    point_array<long double, N, D> exact{};
    for (auto& x : exact[0]) x = normal();
    for (std::size_t i = 1; i < N; ++i) {
        std::array<double, N> share{};
        for (std::size_t k = 1; k < i; ++k) share[k] = flatness < 1 ? normal() : 0;
        for (std::size_t j = 0; j < D; ++j) {
            long double edge = (i == 1 ? 1 : flatness) * normal();
            for (std::size_t k = 1; k < i; ++k) edge += share[k] * (exact[k][j] - exact[0][j]);
            exact[i][j] = exact[0][j] + edge;
        }
    }
    point_array<T, N, D> points{};
    for (std::size_t i = 0; i < N; ++i)
        for (std::size_t j = 0; j < D; ++j) points[i][j] = static_cast<T>(exact[i][j] + offset);
    return points;
}

}  // namespace geolip_test
