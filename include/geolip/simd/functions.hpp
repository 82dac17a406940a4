// Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT
#pragma once

/// \file
/// Elementary functions of whole registers, for kernels: exp, tanh, the logistic function, the normal distribution
/// function. See functions.inc for what each promises.

#include "geolip/simd/vector.hpp"

#define GEOLIP_SIMD_FILE "geolip/simd/functions.inc"
#include "geolip/simd/foreach_target.inc"
