// Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT
#pragma once

/// \file
/// Thrust's omp system: the threads of OpenMP; compile with OpenMP on (-fopenmp).

#include <thrust/system/omp/execution_policy.h>

#include "geolip/backend/thrust/thrust_backend.hpp"

namespace geolip::thrust_system {

struct omp {
    static constexpr const char* name = "thrust_omp";
    static auto policy() { return ::thrust::omp::par; }
};

}  // namespace geolip::thrust_system
