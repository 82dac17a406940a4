// Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT
#pragma once

/// \file
/// `GEOLIP_UNROLL`, before a short loop of constant length in an inner loop: unroll it at -O2 too, where GCC would not
/// and would keep what belongs in registers in memory (five times slower).

#if defined(__clang__) || defined(__CUDA_ARCH__)
#define GEOLIP_UNROLL _Pragma("unroll")
#elif defined(__GNUC__) && !defined(__CUDACC__)
#define GEOLIP_UNROLL _Pragma("GCC unroll 16")
#else
#define GEOLIP_UNROLL
#endif
