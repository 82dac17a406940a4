// Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT
#pragma once

/// \file
/// The instruction-set levels that this machine can run.

#include <vector>

#include "geolip/simd/isa.hpp"

namespace geolip_test {

inline std::vector<geolip::isa> available_levels() {
    std::vector<geolip::isa> levels;
    for (const geolip::isa level : {geolip::isa::baseline, geolip::isa::avx2, geolip::isa::avx512})
        if (geolip::isa_available(level)) levels.push_back(level);
    return levels;
}

}  // namespace geolip_test
