// Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT
#pragma once

/// \file
/// Everything in linalg/: many small symmetric eigenproblems at once.

#include "geolip/linalg/symmetric_eigen.hpp"
