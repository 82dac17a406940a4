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
inline rational exact_squared_volume(const std::vector<std::vector<rational>>& points) {
    const std::size_t order = points.size() - 1;
    std::vector<std::vector<rational>> gram(order, std::vector<rational>(order));
    for (std::size_t i = 0; i < order; ++i)
        for (std::size_t k = 0; k < order; ++k)
            for (std::size_t j = 0; j < points[0].size(); ++j)
                gram[i][k] = gram[i][k] + (points[i + 1][j] - points[0][j]) * (points[k + 1][j] - points[0][j]);
    rational previous(1);
    rational factorial(1);
    for (std::size_t c = 0; c < order; ++c) {
        // Leading minors of a Gram matrix: once one vanishes, all later ones do.
        if (gram[c][c] == rational(0)) return rational(0);
        for (std::size_t r = c + 1; r < order; ++r)
            for (std::size_t k = c + 1; k < order; ++k)
                gram[r][k] = (gram[r][k] * gram[c][c] - gram[r][c] * gram[c][k]) / previous;
        previous = gram[c][c];
        factorial = factorial * rational(static_cast<int>(c + 1));
    }
    return previous / (factorial * factorial);
}

template <class T, std::size_t N, std::size_t D>
rational exact_squared_volume(const point_array<T, N, D>& points) {
    std::vector<std::vector<rational>> exact(N);
    for (std::size_t i = 0; i < N; ++i)
        for (const T& x : points[i]) exact[i].emplace_back(x);
    return exact_squared_volume(exact);
}

/// |computed/exact − 1|.
template <class T>
long double relative_error(T computed, const rational& exact) {
    return std::fabs(static_cast<long double>((rational(computed) - exact) / exact));
}

/// `count` Gaussian points of dimension `dim`, one after the other; every edge but the first is `flatness` times a
/// Gaussian edge plus a combination of the edges before it (none for a flatness of one), and all points are shifted by
/// `offset` along every axis.
inline std::vector<long double> random_points(std::mt19937_64& engine, std::size_t count, std::size_t dim,
                                              double flatness, double offset) {
    const auto normal = [&engine] {  // Box–Muller: the same numbers with every standard library
        const double u = (static_cast<double>(engine() >> 11) + 0.5) * 0x1p-53;
        const double v = (static_cast<double>(engine() >> 11) + 0.5) * 0x1p-53;
        return std::sqrt(-2 * std::log(u)) * std::cos(6.283185307179586 * v);
    };
    std::vector<long double> points(count * dim);
    for (std::size_t i = 0; i < count; ++i) {
        std::vector<double> share(count, 0.0);
        for (std::size_t k = 1; k < i; ++k) share[k] = flatness < 1 ? normal() : 0;
        for (std::size_t j = 0; j < dim; ++j) {
            long double x = (i < 2 ? 1 : flatness) * normal() + (i == 0 ? offset : points[j]);
            for (std::size_t k = 1; k < i; ++k) x += share[k] * (points[k * dim + j] - points[j]);
            points[i * dim + j] = x;
        }
    }
    return points;
}

/// The same as an array, rounded to T.
template <class T, std::size_t N, std::size_t D>
point_array<T, N, D> random_simplex(std::mt19937_64& engine, double flatness = 1, double offset = 0) {
    const auto exact = random_points(engine, N, D, flatness, offset);
    point_array<T, N, D> points{};
    for (std::size_t i = 0; i < N; ++i)
        for (std::size_t j = 0; j < D; ++j) points[i][j] = static_cast<T>(exact[i * D + j]);
    return points;
}

}  // namespace geolip_test
