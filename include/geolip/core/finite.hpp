// Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT
#pragma once

/// \file
/// Whether a number is finite, also where the compiler was told that all are.

#include <bit>
#include <cstdint>

namespace geolip::detail {

/// By the exponent's bits, which -ffast-math leaves alone.
inline bool finite(double x) { return ((std::bit_cast<std::uint64_t>(x) >> 52) & 0x7ff) != 0x7ff; }

}  // namespace geolip::detail
