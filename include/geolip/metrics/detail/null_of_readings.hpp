// Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT
#pragma once

/// \file
/// The distribution of simulated readings.

#include <cmath>
#include <cstddef>
#include <span>

#include "geolip/core/estimate.hpp"
#include "geolip/core/ordered_sum.hpp"

namespace geolip::detail {

/// Mean and sample standard deviation; without a value for fewer than two readings.
inline null_reading null_of_readings(std::span<const double> readings) {
    if (readings.size() < 2) return {};
    const double count = static_cast<double>(readings.size());
    const double mean = ordered_sum(readings.size(), [&](std::size_t i) { return readings[i]; }) / count;
    const double squares =
        ordered_sum(readings.size(), [&](std::size_t i) { return (readings[i] - mean) * (readings[i] - mean); });
    return {mean, std::sqrt(squares / (count - 1)), static_cast<int>(readings.size())};
}

}  // namespace geolip::detail
