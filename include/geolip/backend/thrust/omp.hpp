// Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT
#pragma once

/// \file
/// Thrust's omp system: the threads of OpenMP; compile with OpenMP on (-fopenmp).

#include <thrust/system/omp/execution_policy.h>

#include "geolip/backend/thrust/thrust_backend.hpp"

namespace geolip::thrust_system {

/// The threads of OpenMP. See `thrust_backend`.
struct omp {
    static constexpr const char* name = "thrust_omp";    ///< of the backend
    static auto policy() { return ::thrust::omp::par; }  ///< of execution
};

}  // namespace geolip::thrust_system
