// Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT
#pragma once

/// \file
/// The backend concept, the cpu backend, and what shares work and memory among threads. (backend/thrust.hpp needs
/// Thrust and is included by name.)

#include "geolip/backend/backend.hpp"
#include "geolip/backend/cpu.hpp"
#include "geolip/backend/memory_budget.hpp"
#include "geolip/backend/task_list.hpp"
#include "geolip/backend/work_queue.hpp"
