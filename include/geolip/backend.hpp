// Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT
#pragma once

/// \file
/// The backend concept and the cpu backend. (backend/thrust.hpp needs Thrust and is included by name.)

#include "geolip/backend/backend.hpp"
#include "geolip/backend/cpu.hpp"
