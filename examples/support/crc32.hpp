// Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT
#pragma once

/// \file
/// Cyclic redundancy checks of 32 bits.

#include <cstdint>
#include <string_view>

namespace examples {

/// The cyclic redundancy check of `bytes` by the reflected polynomial, bits inverted before and after: 0xedb88320 for
/// PNG and zlib, 0x82f63b78 (Castagnoli's) for TensorBoard.
inline std::uint32_t crc32(std::string_view bytes, std::uint32_t polynomial) {
    std::uint32_t crc = 0xffffffff;
    for (const char c : bytes) {
        crc ^= static_cast<std::uint8_t>(c);
        for (int bit = 0; bit < 8; ++bit) crc = (crc >> 1) ^ ((crc & 1) != 0 ? polynomial : 0);
    }
    return ~crc;
}

}  // namespace examples
