// Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT
#pragma once

/// \file
/// The verdict on a documented figure, by its null and by ours.

#include <cmath>
#include <optional>
#include <string_view>

#include "geolip/core/estimate.hpp"
#include "support/documented_figure.hpp"
#include "support/documented_reading.hpp"

namespace examples::documented {

/// A null, and what it is of; without a value, why there is none.
struct figure_null {
    geolip::null_reading reading;
    std::string_view of;
    bool shapes_decide = false;  ///< no experiment is needed: the shapes leave no other value
};

/// A documented figure beside its null and, where there is a checkpoint, ours.
struct comparison {
    const row* documented = nullptr;
    figure_null null;
    std::optional<reading> ours;  ///< empty without a checkpoint
    bool equals_null = false;
    std::string_view verdict;
};

/// Whether `x` is what was printed, `slack` beyond the rounding allowed.
inline bool agrees(const row& r, double x, double slack) {
    return r.documented - r.half_digit() - slack <= x && x <= r.upper() + r.half_digit() + slack;
}

/// What a checkpoint's weights are: as they come; random ones, which cannot contradict a figure that is not chance and
/// agree with one that is within both their errors; or of a model of the same structure and other sizes.
struct weights_origin {
    bool random = false, tiny = false;
};

/// The verdicts of docs/reproduction.md. A figure equals its null within three standard deviations and its rounding,
/// and ours within its rounding and three times the error of sampling.
inline comparison compare(const row& r, const figure_null& null, const std::optional<reading>& ours,
                          const weights_origin& origin = {}) {
    comparison c{&r, null, ours, false, {}};
    if (ours && ours->null.value) c.null = {ours->null, ours->null_of, false};
    const geolip::null_reading& n = c.null.reading;
    c.equals_null = n.value && agrees(r, *n.value, 3 * n.sd);
    const bool measured = ours && ours->value;
    double error = ours ? 3 * ours->error : 0;
    if (origin.random && c.equals_null) error += 3 * std::sqrt(2.0) * n.sd;
    const bool agree = measured && agrees(r, *ours->value, error);
    if (c.null.shapes_decide)
        c.verdict = origin.tiny ? "not tested" : (measured ? agree : c.equals_null) ? "arithmetic" : "does not hold";
    else if (agree)
        c.verdict = c.equals_null ? "reproduced, chance" : "reproduced";
    else if (measured && (!origin.random || c.equals_null))
        c.verdict = "does not hold";
    else
        c.verdict = c.equals_null ? "chance" : n.value ? "not chance" : "not tested";
    return c;
}

}  // namespace examples::documented
