// Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT
#pragma once

/// \file
/// Everything in random/: Philox, uniforms, normals, chi variates, subsets.

#include "geolip/random/chi.hpp"
#include "geolip/random/fill.hpp"
#include "geolip/random/philox.hpp"
#include "geolip/random/subset.hpp"
