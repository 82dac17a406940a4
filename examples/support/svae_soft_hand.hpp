// Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT
#pragma once

/// \file
/// The soft hand: what a reading of CV does to the loss of the batches after it.

#include <cmath>
#include <optional>

#include "support/svae_run.hpp"

namespace examples {

/// loss = `factor` MSE + `constant`. Neither has a gradient of its own: the parameters' gradient is that of the MSE,
/// `factor` times as long.
struct svae_loss_terms {
    double factor = 1;
    double constant = 0;
};

/// (1 + boost p) MSE + cv_weight (1 - p) (CV - target)^2 with p = exp(-(CV - target)^2 / (2 sigma^2)) under the full
/// soft hand; the plain MSE under any other, and where CV is undefined.
inline svae_loss_terms soft_hand_terms(const svae_settings& s, std::optional<double> cv) {
    if (s.soft_hand != svae_soft_hand::full || !cv) return {};
    const double square = (*cv - s.target) * (*cv - s.target);
    const double proximity = std::exp(-square / (2 * s.sigma * s.sigma));
    return {1 + s.boost * proximity, s.cv_weight * (1 - proximity) * square};
}

/// The running mean after a reading: begins at the first that has a value, then moves by `weight` of the way.
inline std::optional<double> running_mean(std::optional<double> so_far, std::optional<double> reading, double weight) {
    if (!so_far || !reading) return so_far ? so_far : reading;
    return *so_far + weight * (*reading - *so_far);
}

}  // namespace examples
