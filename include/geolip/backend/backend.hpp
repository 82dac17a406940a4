// Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT
#pragma once

/// \file
/// The `backend` concept: where many simplices are measured at once. A backend turns points and sample
/// indices into volumes and does nothing else. It draws no samples and reduces nothing, so every backend sees
/// the same samples and the caller's sums run in one fixed order on the host.

#include <algorithm>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

#include "geolip/core/error.hpp"
#include "geolip/core/matrix_view.hpp"
#include "geolip/simplex/route.hpp"

namespace geolip {

/// A type that measures simplices in bulk. For a backend `b`, order `K` and route `Route`:
///
/// * `b.name()` — a short identifier such as "cpu", valid for the life of the program;
/// * `b.template squared_volumes<K>(Route(), points, rows, out)` — sets `out[i]` to the route's reading of the
///   simplex whose vertices are the points `rows[i*(K+1)] … rows[i*(K+1) + K]`, for `points` of float or
///   double.
///
/// Shapes: `points` is V×D with any strides, `rows` holds n·(K+1) indices below V and `out` n readings.
/// Determinism: `out[i]` depends on its own K + 1 points alone, not on n, i or the number of workers.
/// Accuracy: backends may sum the D coordinates in different orders and so agree to the route's own rounding
/// bound (docs/backends.md states it). Errors: `shape_error` for a batch that does not fit together.
template <class B>
concept backend =
    std::copyable<B> && requires(const B& b, matrix_view<const float> floats, matrix_view<const double> doubles,
                                 std::span<const std::uint32_t> rows, std::span<volume_reading> out) {
        { b.name() } -> std::convertible_to<const char*>;
        { b.template squared_volumes<4>(edge_gram(), floats, rows, out) } -> std::same_as<void>;
        { b.template squared_volumes<4>(edge_gram(), doubles, rows, out) } -> std::same_as<void>;
    };

namespace detail {

/// Throws `shape_error` unless `rows` names K + 1 existing points for each of `readings` simplices: what a
/// backend calls before it reads memory by these indices.
template <int K>
void require_batch(std::size_t point_count, std::span<const std::uint32_t> rows, std::size_t readings) {
    static_assert(K >= 1, "the order of a simplex is at least 1");
    if (rows.size() != readings * (K + 1)) {
        raise(shape_error("squared_volumes: " + std::to_string(rows.size()) + " row indices for " +
                          std::to_string(readings) + " simplices of order " + std::to_string(K) + "; expected " +
                          std::to_string(readings * (K + 1)) + ": pass order + 1 indices for each reading"));
    }
    const auto outside = std::ranges::find_if(rows, [=](std::uint32_t row) { return row >= point_count; });
    if (outside != rows.end()) {
        raise(shape_error("squared_volumes: row index " + std::to_string(*outside) + " at position " +
                          std::to_string(outside - rows.begin()) + " of the sample list; expected less than " +
                          std::to_string(point_count) + ", the number of points: draw samples from the matrix given"));
    }
}

}  // namespace detail
}  // namespace geolip
