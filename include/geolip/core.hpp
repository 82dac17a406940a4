// Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT
#pragma once

/// \file
/// Everything in core/ but files (core/file.hpp), whose standard headers are costly to read: concepts, views, errors,
/// estimates, the version.

#include "geolip/core/concepts.hpp"
#include "geolip/core/config.hpp"
#include "geolip/core/error.hpp"
#include "geolip/core/estimate.hpp"
#include "geolip/core/matrix_view.hpp"
#include "geolip/core/version.hpp"
