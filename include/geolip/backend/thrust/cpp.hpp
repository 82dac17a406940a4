// Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT
#pragma once

/// \file
/// Thrust's cpp system: one thread of the host.

#include <thrust/system/cpp/execution_policy.h>

#include "geolip/backend/thrust/thrust_backend.hpp"

namespace geolip::thrust_system {

/// One thread of the host. See `thrust_backend`.
struct cpp {
    static constexpr const char* name = "thrust_cpp";    ///< of the backend
    static auto policy() { return ::thrust::cpp::par; }  ///< of execution
};

}  // namespace geolip::thrust_system
