// Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT
#pragma once

/// \file
/// Safetensors files: read strictly, written atomically. Component `json`.

#include "geolip/checkpoint/dtype.hpp"
#include "geolip/checkpoint/safetensors_file.hpp"
#include "geolip/checkpoint/safetensors_header.hpp"
#include "geolip/checkpoint/safetensors_writer.hpp"
