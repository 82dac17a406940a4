// Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT
#pragma once

/// \file
/// `thrust_backend<>`: Thrust on the device system this build was configured for, that is the value of
/// `THRUST_DEVICE_SYSTEM` (the CMake target of the `thrust` component sets it). To name systems yourself,
/// several side by side if you like, include `geolip/backend/thrust/<system>.hpp` instead.

#include <thrust/detail/config.h>

/// \cond
#if THRUST_DEVICE_SYSTEM == THRUST_DEVICE_SYSTEM_CPP
#define GEOLIP_THRUST_SYSTEM cpp
#include "geolip/backend/thrust/cpp.hpp"
#elif THRUST_DEVICE_SYSTEM == THRUST_DEVICE_SYSTEM_OMP
#define GEOLIP_THRUST_SYSTEM omp
#include "geolip/backend/thrust/omp.hpp"
#elif THRUST_DEVICE_SYSTEM == THRUST_DEVICE_SYSTEM_TBB
#define GEOLIP_THRUST_SYSTEM tbb
#include "geolip/backend/thrust/tbb.hpp"
#else
#define GEOLIP_THRUST_SYSTEM cuda
#include "geolip/backend/thrust/cuda.hpp"
#endif

namespace geolip {

template <class System = thrust_system::GEOLIP_THRUST_SYSTEM>
struct thrust_backend;

}  // namespace geolip

#undef GEOLIP_THRUST_SYSTEM
/// \endcond
