// Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT
#pragma once

/// \file
/// Everything in linalg/ that needs no other library: many symmetric eigenproblems at once.

#include "geolip/linalg/symmetric_eigen.hpp"
#include "geolip/linalg/tridiagonal_eigenvalues.hpp"
