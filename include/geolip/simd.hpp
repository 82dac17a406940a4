// Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT
#pragma once

/// \file
/// Everything in simd/: instruction-set levels and the registers of the kernels.

#include "geolip/simd/isa.hpp"
#include "geolip/simd/vector.hpp"
