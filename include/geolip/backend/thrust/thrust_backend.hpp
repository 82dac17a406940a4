// Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT
#pragma once

/// \file
/// `thrust_backend`: simplices measured through Thrust, on the device system a tag names. This header holds
/// the systems that run on the host; cuda.hpp specialises it for the GPU.

#include <thrust/iterator/counting_iterator.h>
#include <thrust/transform.h>

#include <cstddef>
#include <cstdint>
#include <span>

#include "geolip/backend/backend.hpp"

namespace geolip {

namespace detail {

/// Sample number → reading. A named functor, so that any Thrust system may carry it.
template <int K, class Route, class T>
struct simplex_reading {
    matrix_view<const T> points;
    const std::uint32_t* rows;

    volume_reading operator()(std::size_t sample) const {
        return Route::template evaluate<K>(points, rows + sample * (K + 1));
    }
};

}  // namespace detail

/// A `backend` that runs on Thrust. `System` supplies `name` and `policy()`, the execution policy:
/// `thrust_system::cpp`, `omp`, `tbb` (each in its header of this folder), or one of your own.
///
/// Accuracy and determinism: every reading is the route's own, `Route::evaluate<K>` on that sample, whatever
/// the system and its number of threads. Nothing is reduced here, because Thrust's reductions differ between
/// systems and TBB's between runs. Threads are those of OpenMP or TBB.
/// Speed: one simplex at a time, several times slower than `cpu`, whose kernels measure several at once. It
/// exists to run where Thrust runs. Errors: `shape_error`, and what the system throws.
template <class System>
struct thrust_backend {
    /// "thrust_cpp", "thrust_omp", …
    static constexpr const char* name() { return System::name; }

    /// See `backend`. \throws shape_error when the batch does not fit together
    template <int K, class Route, class T>
    void squared_volumes(Route, matrix_view<const T> points, std::span<const std::uint32_t> rows,
                         std::span<volume_reading> out) const {
        detail::require_batch<K>(points.rows(), rows, out.size());
        const ::thrust::counting_iterator<std::size_t> first(0);
        ::thrust::transform(System::policy(), first, first + static_cast<std::ptrdiff_t>(out.size()), out.data(),
                            detail::simplex_reading<K, Route, T>{points, rows.data()});
    }
};

}  // namespace geolip
