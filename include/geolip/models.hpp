// Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT
#pragma once

/// \file
/// Everything in models/: compositions of the building blocks.

#include "geolip/models/mha_classifier.hpp"
#include "geolip/models/omega_tokens.hpp"
#include "geolip/models/patch_svae.hpp"
