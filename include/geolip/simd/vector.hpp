// Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT
#pragma once

/// \file
/// Vector registers for the kernels, once per instruction-set level, and the call that picks the level.

#include <cstddef>
#include <cstdint>

#include "geolip/simd/isa.hpp"

#if !defined(__GNUC__)
#error "geolip's kernels need the vector extensions of GCC 12 or Clang 14, or newer; compile with one of them"
#elif __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
#error "geolip's random streams are defined for little-endian machines; this target is big-endian"
#endif

#define GEOLIP_SIMD_FILE "geolip/simd/vector.inc"
#include "geolip/simd/foreach_target.inc"

/// `return f(arguments…)` from the namespace of the level that `wanted` resolves to. A macro because a
/// namespace cannot be an argument of anything else.
#if GEOLIP_SIMD_X86
#define GEOLIP_SIMD_CALL(wanted, ...)                                           \
    switch (::geolip::resolve_isa(wanted)) {                                    \
        case ::geolip::isa::avx512: return ::geolip::simd::avx512::__VA_ARGS__; \
        case ::geolip::isa::avx2: return ::geolip::simd::avx2::__VA_ARGS__;     \
        default: return ::geolip::simd::baseline::__VA_ARGS__;                  \
    }
#else
#define GEOLIP_SIMD_CALL(wanted, ...) \
    static_cast<void>(wanted);        \
    return ::geolip::simd::baseline::__VA_ARGS__
#endif
