// Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT
#pragma once

/// \file
/// `estimate`: what a metric saw, how precisely it saw it, and what chance alone would have given.

#include <cmath>
#include <optional>

namespace geolip {

/// Why a metric has no value.
enum class undefined_reason {
    none,                   ///< it has one
    dimension_below_order,  ///< a K-simplex has no K-volume in fewer than K dimensions
    too_few_rows,           ///< fewer rows than a simplex has points
    too_few_valid,          ///< the validity rule kept too few samples
    rounding_noise,         ///< most volumes are as small as the rounding of the coordinates makes them
    zero_mean,              ///< a ratio to a mean that is zero
    no_elements,            ///< an empty matrix
    nonfinite,              ///< an element that is not a finite number
    all_zero,               ///< a matrix of zeros
    zero_spread,            ///< a correlation of figures that are all equal
};

/// One sentence for a reader.
constexpr const char* describe(undefined_reason reason) {
    switch (reason) {
        case undefined_reason::none: return "defined";
        case undefined_reason::dimension_below_order: return "dimension below the simplex order";
        case undefined_reason::too_few_rows: return "fewer rows than simplex points";
        case undefined_reason::too_few_valid: return "fewer valid volumes than the validity rule asks for";
        case undefined_reason::rounding_noise:
            return "the volumes are rounding noise: the rows lie in too few dimensions";
        case undefined_reason::zero_mean: return "the mean is zero";
        case undefined_reason::no_elements: return "there are no elements";
        case undefined_reason::nonfinite: return "an element is not a finite number";
        case undefined_reason::all_zero: return "all elements are zero";
        case undefined_reason::zero_spread: return "all values are equal";
    }
    return "undefined";
}

/// The distribution of a metric under chance: a closed form, or a seeded simulation of `replicates` draws.
struct null_reading {
    std::optional<double> value;  ///< mean; empty where the null is undefined or was not asked for
    double sd = 0;                ///< standard deviation of one reading
    int replicates = 0;           ///< 0 for a closed form

    explicit operator bool() const { return value.has_value(); }

    /// Standard error of `value`; 0 for a closed form.
    double standard_error() const { return replicates > 0 ? sd / std::sqrt(static_cast<double>(replicates)) : 0.0; }
};

/// A measurement, its error and its null.
struct estimate {
    std::optional<double> value;  ///< empty when undefined
    undefined_reason reason = undefined_reason::none;
    double standard_error = 0;  ///< of `value`, from sampling; 0 for an exact measurement
    null_reading null;          ///< what chance alone gives for the same shape

    explicit operator bool() const { return value.has_value(); }

    /// How many standard deviations of the null the value lies from its mean, the error of a simulated mean included.
    /// Empty when either is undefined or the null has no spread.
    std::optional<double> z_score() const {
        if (!value || !null || !(null.sd > 0)) return std::nullopt;
        return (*value - *null.value) / std::hypot(null.sd, null.standard_error());
    }
};

}  // namespace geolip
