// Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT
#pragma once

/// \file
/// Everything in metrics/: each metric with its error and its null.

#include "geolip/metrics/distinct_rows.hpp"
#include "geolip/metrics/head_health.hpp"
#include "geolip/metrics/simulation.hpp"
#include "geolip/metrics/validity.hpp"
#include "geolip/metrics/volume_cv.hpp"
#include "geolip/metrics/volume_cv_by_order.hpp"
#include "geolip/metrics/volume_null.hpp"
#include "geolip/metrics/volume_statistics.hpp"
