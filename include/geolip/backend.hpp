// Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT
#pragma once

/// \file
/// The backend concept, the cpu backend and the queue of work. (backend/thrust.hpp needs Thrust and is included by
/// name.)

#include "geolip/backend/backend.hpp"
#include "geolip/backend/cpu.hpp"
#include "geolip/backend/work_queue.hpp"
