// Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT
#pragma once

/// \file
/// What kernels that work on the rows of an array share. See rows.inc.

#include <cstddef>
#include <utility>

#include "geolip/simd/vector.hpp"

#define GEOLIP_SIMD_FILE "geolip/nn/detail/rows.inc"
#include "geolip/simd/foreach_target.inc"
