// Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT
#pragma once

/// \file
/// What every backend promises, run through one: for a table of orders, dimensions, scalars, layouts and routes
/// the volumes are compared with an exact value, with the route called directly, and with themselves in another
/// order. No test framework is needed, so that nvcc compiles it too.

#include <bit>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <numeric>
#include <sstream>
#include <string>
#include <vector>

#include "geolip/backend/backend.hpp"

namespace geolip_test {

/// How close a backend's readings are to `Route::evaluate`: its very bits; within its bound, because the sums run
/// in another order; or within the bound of `squared_volumes`, which computes in the scalar of the points.
enum class agreement { same_bits, rounding_bound, scalar_bound };

/// Simplices of known volume. The edges from vertex 0 are L·Q: L is lower bidiagonal with small integers, the K
/// rows of Q are orthogonal with entries −1, 0, 1. So V² = Π L_ii² |Q_i|² / (K!)², all coordinates are exact in
/// float, and the edge matrix has condition number at most 4: |L| ≤ 3 + 1, and |1/L| ≤ 1/(2 − 1).
template <int K, class T>
struct known_simplices {
    static constexpr double condition = 4;

    std::size_t count;
    std::size_t dim;
    std::vector<T> points;  // row-major, count·(K + 1) rows
    std::vector<std::uint32_t> rows;
    std::vector<double> squared_volumes;

    known_simplices(std::size_t n, std::size_t d)
        : count(n), dim(d), points(n * (K + 1) * d), rows(n * (K + 1)), squared_volumes(n) {
        // Rows of a Hadamard matrix touch many columns; where they do not fit, unit vectors.
        const std::size_t block = std::bit_floor(d);
        const bool dense = block >= K;
        for (std::size_t s = 0; s < n; ++s) {
            T* base = &points[s * (K + 1) * d];
            const auto column = [&](std::size_t c) { return (c + 7 * s) % d; };
            double volume = 1;
            for (std::size_t v = 0; v <= K; ++v) {
                // Not in order of memory, so that an ignored index shows.
                rows[s * (K + 1) + v] = static_cast<std::uint32_t>(s * (K + 1) + (v + s) % (K + 1));
                T* vertex = base + ((v + s) % (K + 1)) * d;
                for (std::size_t c = 0; c < d; ++c) vertex[c] = static_cast<T>(static_cast<int>((c * c + s) % 5) - 2);
                if (v == 0) continue;
                const int diagonal = 2 + static_cast<int>((s + v) % 2);
                add_direction(vertex, v - 1, diagonal, dense ? block : 0, column);
                if (v > 1) add_direction(vertex, v - 2, s % 3 == 0 ? -1 : 1, dense ? block : 0, column);
                volume *= diagonal / static_cast<double>(v);
            }
            squared_volumes[s] = volume * volume * (dense ? std::pow(static_cast<double>(block), K) : 1.0);
        }
    }

    geolip::matrix_view<const T> view() const { return {points.data(), count * (K + 1), dim}; }

private:
    template <class Column>
    static void add_direction(T* vertex, std::size_t i, int times, std::size_t block, Column column) {
        if (block == 0) vertex[column(i)] += static_cast<T>(times);
        for (std::size_t c = 0; c < block; ++c) {
            vertex[column(c)] += static_cast<T>(std::popcount(i & c) % 2 == 0 ? times : -times);
        }
    }
};

/// The relative error of a squared volume that the library documents: for edge_gram 4(κ² + D)ε by
/// `Route::evaluate` and 64 K (K + D/2) ε in the scalar of the points by `squared_volumes`; 20(κ² + D)ε for the
/// bordered determinant of edges between 1e−3 and 1e3 long.
template <class Route, class T>
double error_bound(agreement expected, int order, std::size_t dim, double condition) {
    constexpr double in_double = std::numeric_limits<double>::epsilon();
    constexpr double in_scalar = static_cast<double>(std::numeric_limits<T>::epsilon());
    const double d = static_cast<double>(dim);
    const double growth = condition * condition + d;
    if (std::is_same_v<Route, geolip::bordered_expansion>) return 20 * growth * in_scalar;
    if (std::is_same_v<Route, geolip::bordered_differences>) return 20 * growth * in_double;
    if (expected == agreement::scalar_bound) return 64 * order * (order + d / 2) * in_scalar;
    return 4 * growth * in_double;
}

inline bool same_bits(double a, double b) { return std::bit_cast<std::uint64_t>(a) == std::bit_cast<std::uint64_t>(b); }

/// The points of `view` in other strides: `by_column` or with gaps and a negative row stride.
template <class T>
struct restrided {
    std::vector<T> storage;
    geolip::matrix_view<const T> view;

    restrided(geolip::matrix_view<const T> from, bool by_column) {
        const auto v = static_cast<std::ptrdiff_t>(from.rows());
        const auto d = static_cast<std::ptrdiff_t>(from.cols());
        storage.assign(static_cast<std::size_t>(v * (2 * d + 3)), std::numeric_limits<T>::quiet_NaN());
        T* origin = by_column ? storage.data() : storage.data() + (v - 1) * (2 * d + 3);
        const geolip::matrix_view<T> to(origin, from.rows(), from.cols(), by_column ? 1 : -(2 * d + 3),
                                        by_column ? v : 2);
        for (std::size_t i = 0; i < from.rows(); ++i) {
            for (std::size_t j = 0; j < from.cols(); ++j) to(i, j) = from(i, j);
        }
        view = to;
    }
};

/// Empty, or the first promise broken for this order, dimension, scalar and route.
template <int K, class T, class Route, geolip::backend Backend>
std::string broken_promise(const Backend& backend, agreement expected, std::size_t dim) {
    using geolip::volume_reading;
    const known_simplices<K, T> known(37, dim);
    const double bound = error_bound<Route, T>(expected, K, dim, known.condition);
    const auto failure = [&](const char* what, std::size_t sample, double got, double want) {
        std::ostringstream text;
        text.precision(17);
        text << backend.name() << ", " << Route::name << ", K = " << K << ", D = " << dim << ", "
             << (sizeof(T) == 4 ? "float" : "double") << ", sample " << sample << ": " << what << ": " << got
             << ", expected " << want << " within " << bound << " relative";
        return text.str();
    };
    std::vector<volume_reading> out(known.count, volume_reading{-1, -1});
    backend.template squared_volumes<K>(Route(), known.view(), known.rows, out);
    for (std::size_t s = 0; s < known.count; ++s) {
        const volume_reading direct = Route::template evaluate<K>(known.view(), &known.rows[s * (K + 1)]);
        const double got = out[s].squared_volume;
        const double exact = known.squared_volumes[s];
        if (!(std::abs(got - exact) <= bound * exact)) return failure("not the exact value", s, got, exact);
        const bool equal =
            same_bits(got, direct.squared_volume) && same_bits(out[s].relative_noise, direct.relative_noise);
        if (expected == agreement::same_bits && !equal) {
            return failure("not the bits of Route::evaluate", s, got, direct.squared_volume);
        }
        // These simplices are far from flat, and noise may be bounded generously but not denied.
        const double noise = out[s].relative_noise;
        if (!(noise >= 0.99 * direct.relative_noise && noise < 1e-2)) {
            return failure("relative noise", s, noise, direct.relative_noise);
        }
    }
    // The same reading in any layout.
    for (const bool by_column : {false, true}) {
        const restrided<T> other(known.view(), by_column);
        std::vector<volume_reading> again(known.count);
        backend.template squared_volumes<K>(Route(), other.view, known.rows, again);
        for (std::size_t s = 0; s < known.count; ++s) {
            const double got = again[s].squared_volume;
            if (!(std::abs(got - out[s].squared_volume) <= bound * known.squared_volumes[s])) {
                return failure("not the same in another layout", s, got, out[s].squared_volume);
            }
        }
    }
    // The same bits in another company: only some of the samples, last first.
    std::vector<std::uint32_t> some;
    for (std::size_t s = known.count; s > known.count - 5; --s) {
        some.insert(some.end(), &known.rows[(s - 1) * (K + 1)], &known.rows[(s - 1) * (K + 1)] + (K + 1));
    }
    std::vector<volume_reading> few(5);
    backend.template squared_volumes<K>(Route(), known.view(), some, few);
    for (std::size_t i = 0; i < few.size(); ++i) {
        const std::size_t s = known.count - 1 - i;
        if (!same_bits(few[i].squared_volume, out[s].squared_volume)) {
            return failure("depends on the other samples", s, few[i].squared_volume, out[s].squared_volume);
        }
    }
    // Nothing to do is done.
    backend.template squared_volumes<K>(Route(), known.view(), {}, {});
    return {};
}

/// Empty, or the first promise broken by `backend`.
template <geolip::backend Backend>
std::string broken_promise(const Backend& backend, agreement expected) {
    std::string broken;
    const auto order = [&]<int K>() {
        for (const std::size_t dim : {std::size_t{K}, std::size_t{K + 1}, std::size_t{33}, std::size_t{100}}) {
            const auto route = [&]<class Route>() {
                if (broken.empty()) broken = broken_promise<K, float, Route>(backend, expected, dim);
                if (broken.empty()) broken = broken_promise<K, double, Route>(backend, expected, dim);
            };
            route.template operator()<geolip::edge_gram>();
            route.template operator()<geolip::bordered_differences>();
            route.template operator()<geolip::bordered_expansion>();
        }
    };
    order.template operator()<1>();
    order.template operator()<2>();
    order.template operator()<4>();
    order.template operator()<7>();
    order.template operator()<12>();
    return broken;
}

}  // namespace geolip_test
