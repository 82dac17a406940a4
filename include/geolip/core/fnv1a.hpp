// Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT
#pragma once

/// \file
/// The checksum of records and checkpoints: it notices damage, and withstands no attacker.

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace geolip::detail {

inline constexpr std::uint64_t fnv1a_basis = 0xcbf29ce484222325u;
inline constexpr std::uint64_t fnv1a_prime = 0x100000001b3u;

/// FNV-1a, 64 bits, continued from `hash`.
constexpr std::uint64_t fnv1a(std::string_view text, std::uint64_t hash = fnv1a_basis) {
    for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * fnv1a_prime;
    return hash;
}
constexpr std::uint64_t fnv1a(std::span<const std::byte> bytes, std::uint64_t hash = fnv1a_basis) {
    for (const std::byte b : bytes) hash = (hash ^ std::to_integer<unsigned char>(b)) * fnv1a_prime;
    return hash;
}

}  // namespace geolip::detail
