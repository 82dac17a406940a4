// Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT
#pragma once

/// \file
/// Everything in data/: what the small models are trained on.

#include "geolip/data/token_patterns.hpp"
