// Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT
#pragma once

/// \file
/// Instruction-set levels. The heavy kernels exist once per level in the same binary and the level is chosen
/// at run time, so a plain `-O2` build is nearly as fast as one for the machine at hand. Results are the same bits
/// for the same level; across levels they agree to the bound each function states.

#if defined(__x86_64__) && defined(__GNUC__)
/// Defined while geolip's headers are read for x86-64 with run-time levels.
#define GEOLIP_SIMD_X86 1
#else
#define GEOLIP_SIMD_X86 0
#endif

namespace geolip {

/// What the kernels may use: `baseline` is the platform's own minimum (SSE2, NEON, or plain code), `avx2`
/// is AVX2 + FMA, `avx512` is AVX-512 F/DQ/BW/VL. `automatic` is the highest the machine has.
enum class isa { automatic, baseline, avx2, avx512 };

/// Can this machine run `level`?
inline bool isa_available(isa level) {
    switch (level) {
#if GEOLIP_SIMD_X86
        case isa::avx2: return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
        case isa::avx512:
            return isa_available(isa::avx2) && __builtin_cpu_supports("avx512f") &&
                   __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512bw") &&
                   __builtin_cpu_supports("avx512vl");
#else
        case isa::avx2:
        case isa::avx512: return false;
#endif
        case isa::automatic:
        case isa::baseline: break;
    }
    return true;
}

/// The level that a call with `wanted` uses: `automatic` becomes the highest available one, and a level the
/// machine does not have becomes the next lower it has.
inline isa resolve_isa(isa wanted) {
    if (wanted != isa::baseline && wanted != isa::avx2 && isa_available(isa::avx512)) return isa::avx512;
    if (wanted != isa::baseline && isa_available(isa::avx2)) return isa::avx2;
    return isa::baseline;
}

/// "auto", "baseline", "avx2" or "avx512".
constexpr const char* isa_name(isa level) {
    switch (level) {
        case isa::baseline: return "baseline";
        case isa::avx2: return "avx2";
        case isa::avx512: return "avx512";
        case isa::automatic: break;
    }
    return "auto";
}

}  // namespace geolip
