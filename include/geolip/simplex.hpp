// Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT
#pragma once

/// \file
/// Everything in simplex/: volumes of simplices, one at a time or in bulk, and their laws.

#include "geolip/simplex/cayley_menger.hpp"
#include "geolip/simplex/lanes.hpp"
#include "geolip/simplex/regular_simplex.hpp"
#include "geolip/simplex/route.hpp"
#include "geolip/simplex/simplex_view.hpp"
#include "geolip/simplex/volume_law.hpp"
#include "geolip/simplex/volumes.hpp"
