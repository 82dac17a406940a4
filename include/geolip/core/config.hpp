// Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT
#pragma once

/// \file
/// The one macro meant for users: marks functions that device code may call. Empty unless nvcc (or
/// another CUDA compiler) is reading the header.

#if defined(__CUDACC__)
#define GEOLIP_HOST_DEVICE __host__ __device__
#else
#define GEOLIP_HOST_DEVICE
#endif
