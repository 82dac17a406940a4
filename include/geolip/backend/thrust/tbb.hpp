// Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT
#pragma once

/// \file
/// Thrust's tbb system: the threads of oneTBB; link with it.

#include <thrust/system/tbb/execution_policy.h>

#include "geolip/backend/thrust/thrust_backend.hpp"

namespace geolip::thrust_system {

/// The threads of oneTBB. See `thrust_backend`.
struct tbb {
    static constexpr const char* name = "thrust_tbb";    ///< of the backend
    static auto policy() { return ::thrust::tbb::par; }  ///< of execution
};

}  // namespace geolip::thrust_system
