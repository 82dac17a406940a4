// Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT
#pragma once

/// \file
/// Everything in sweep/ but reading JSON (sweep/document.hpp, component json).

#include "geolip/sweep/axis.hpp"
#include "geolip/sweep/band.hpp"
#include "geolip/sweep/evaluate.hpp"
#include "geolip/sweep/merge.hpp"
#include "geolip/sweep/plan.hpp"
#include "geolip/sweep/record.hpp"
#include "geolip/sweep/results.hpp"
#include "geolip/sweep/run.hpp"
#include "geolip/sweep/schema.hpp"
#include "geolip/sweep/shard.hpp"
