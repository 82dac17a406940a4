// Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT
#pragma once

/// \file
/// What the small models are trained on: everything in data/.

#include "geolip/data/image_inputs.hpp"
#include "geolip/data/noise.hpp"
#include "geolip/data/noise_types.hpp"
#include "geolip/data/ppm.hpp"
#include "geolip/data/token_patterns.hpp"
