// Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT
#pragma once

/// \file
/// Everything in checkpoint/. Needs the component `json`.

#include "geolip/checkpoint/battery.hpp"
#include "geolip/checkpoint/catalogue.hpp"
#include "geolip/checkpoint/dtype.hpp"
#include "geolip/checkpoint/known_model_match.hpp"
#include "geolip/checkpoint/known_models.hpp"
#include "geolip/checkpoint/model_files.hpp"
#include "geolip/checkpoint/npy.hpp"
#include "geolip/checkpoint/safetensors.hpp"
#include "geolip/checkpoint/training.hpp"
