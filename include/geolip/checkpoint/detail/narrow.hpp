// Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT
#pragma once

/// \file
/// Floats rounded to the 16-bit types of safetensors: to nearest, ties to even.

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>

#include "geolip/checkpoint/dtype.hpp"

namespace geolip::checkpoint::detail {

/// The upper half of a binary32; a NaN stays one.
constexpr std::uint16_t to_bfloat(float value) {
    const auto bits = std::bit_cast<std::uint32_t>(value);
    if ((bits & 0x7FFFFFFFu) > 0x7F800000u) return static_cast<std::uint16_t>((bits >> 16) | 0x40u);
    return static_cast<std::uint16_t>((bits + 0x7FFFu + ((bits >> 16) & 1u)) >> 16);
}

/// IEEE 754 binary16; beyond its range infinity.
constexpr std::uint16_t to_half(float value) {
    const auto bits = std::bit_cast<std::uint32_t>(value);
    const std::uint32_t sign = (bits >> 16) & 0x8000u, magnitude = bits & 0x7FFFFFFFu;
    std::uint32_t result = 0;
    if (magnitude > 0x7F800000u) {
        result = 0x7E00u | ((magnitude >> 13) & 0x3FFu);
    } else if (magnitude >= 0x477FF000u) {  // from 65520 on
        result = 0x7C00u;
    } else if (magnitude >= 0x38800000u) {  // normal: a carry moves on into the exponent
        result = (magnitude - 0x38000000u + 0xFFFu + ((magnitude >> 13) & 1u)) >> 13;
    } else if (magnitude >= 0x33000000u) {  // multiples of 2^-24, which 2^-1 + x rounds to with ties to even
        result = std::bit_cast<std::uint32_t>(std::bit_cast<float>(magnitude) + 0.5f) - 0x3F000000u;
    }
    return static_cast<std::uint16_t>(sign | result);
}

/// Writes `values` as `type`, which is F32, F16 or BF16.
inline void narrow(std::span<const float> values, dtype type, std::byte* to) {
    if (type == dtype::f32) {
        if (!values.empty()) std::memcpy(to, values.data(), values.size_bytes());
        return;
    }
    for (std::size_t i = 0; i < values.size(); ++i) {
        const std::uint16_t bits = type == dtype::f16 ? to_half(values[i]) : to_bfloat(values[i]);
        std::memcpy(to + i * sizeof bits, &bits, sizeof bits);
    }
}

}  // namespace geolip::checkpoint::detail
