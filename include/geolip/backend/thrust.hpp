// Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT
#pragma once

/// \file
/// `thrust_backend<>`: Thrust on the device system this build was configured for, that is the value of
/// `THRUST_DEVICE_SYSTEM` (the CMake target of the `thrust` component sets it). To name systems yourself,
/// several side by side if you like, include `geolip/backend/thrust/<system>.hpp` instead.

#include <thrust/detail/config.h>

#if THRUST_DEVICE_SYSTEM == THRUST_DEVICE_SYSTEM_CPP
#include "geolip/backend/thrust/cpp.hpp"
namespace geolip::thrust_system {
using configured = cpp;
}
#elif THRUST_DEVICE_SYSTEM == THRUST_DEVICE_SYSTEM_OMP
#include "geolip/backend/thrust/omp.hpp"
namespace geolip::thrust_system {
using configured = omp;
}
#elif THRUST_DEVICE_SYSTEM == THRUST_DEVICE_SYSTEM_TBB
#include "geolip/backend/thrust/tbb.hpp"
namespace geolip::thrust_system {
using configured = tbb;
}
#else
#include "geolip/backend/thrust/cuda.hpp"
namespace geolip::thrust_system {
using configured = cuda;
}
#endif

namespace geolip {

template <class System = thrust_system::configured>
struct thrust_backend;

}  // namespace geolip
