// Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT
#pragma once

/// \file
/// Who works on one simplex.

#include <cstddef>

#include "geolip/core/config.hpp"

namespace geolip {

/// A team of one. A team is any type with these members: member `rank()` of `size()` takes the coordinates rank,
/// rank + size, …, and `sum` adds an array over the members and gives every member the result. The lanes of a CUDA
/// warp are another.
struct serial_team {
    GEOLIP_HOST_DEVICE static constexpr std::size_t rank() { return 0; }
    GEOLIP_HOST_DEVICE static constexpr std::size_t size() { return 1; }
    template <class W, std::size_t N>
    GEOLIP_HOST_DEVICE static constexpr void sum(W (&)[N]) {}
};

}  // namespace geolip
