// Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT
#pragma once

/// \file
/// What the kernels of scaled dot-product attention are given.

#include <cstddef>
#include <cstdint>

#include "geolip/nn/gemm.hpp"
#include "geolip/simd/functions.hpp"

namespace geolip::simd {

/// (batch, tokens, heads, dim): the last axis is contiguous, the others have strides.
template <class T>
struct heads_pointer {
    T* data = nullptr;
    std::ptrdiff_t batch_stride = 0, token_stride = 0, head_stride = 0;
};

template <class T>
struct attention_problem {
    std::ptrdiff_t batch, queries, keys, heads, dim;
    T scale;
    bool causal;
    heads_pointer<const T> q, k, v;
    const std::uint8_t* ignored;  ///< batch x keys, not 0 where a key counts for nothing; or null
    const T* bias;                ///< bias_heads x queries x keys, or null
    std::ptrdiff_t bias_heads;    ///< heads, or 1 for one bias for all
    T* statistics;  ///< batch x heads x (the queries' largest scores, then one over their sums of e^(score - largest))
    T* scratch;
};

template <class T>
struct attention_gradient {
    heads_pointer<const T> out, dout;
    heads_pointer<T> dq, dk, dv;
    T* dbias;  ///< added to; or null
};

inline constexpr std::ptrdiff_t attention_registers = 4;  ///< of queries in a block
inline constexpr std::ptrdiff_t attention_keys = 64;      ///< in a block

}  // namespace geolip::simd

#define GEOLIP_SIMD_FILE "geolip/nn/detail/panel.inc"
#include "geolip/simd/foreach_target.inc"
#define GEOLIP_SIMD_FILE "geolip/nn/detail/attention_narrow.inc"
#include "geolip/simd/foreach_target.inc"
#define GEOLIP_SIMD_FILE "geolip/nn/detail/attention.inc"
#include "geolip/simd/foreach_target.inc"
