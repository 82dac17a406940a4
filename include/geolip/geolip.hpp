// Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT
#pragma once

/// \file
/// The dependency-light floors: core, simd, random, simplex, linalg, backend (cpu) and metrics. Sweeps (sweep.hpp),
/// Thrust (backend/thrust.hpp) and what reads JSON are included by name.

#include "geolip/backend.hpp"
#include "geolip/core.hpp"
#include "geolip/linalg.hpp"
#include "geolip/metrics.hpp"
#include "geolip/random.hpp"
#include "geolip/simd.hpp"
#include "geolip/simplex.hpp"
