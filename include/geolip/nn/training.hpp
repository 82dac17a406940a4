// Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT
#pragma once

/// \file
/// One step of training, which stops before a loss that is not finite can spoil the parameters.

#include <cmath>
#include <cstdint>
#include <limits>
#include <span>
#include <string>
#include <utility>

#include "geolip/core/error.hpp"
#include "geolip/nn/clip.hpp"
#include "geolip/nn/optimiser.hpp"

namespace geolip::nn {

/// Training that cannot go on: the loss, or the norm of its gradient, is NaN or infinite.
class nonfinite_loss : public error {
public:
    nonfinite_loss(const char* what, double value, std::uint64_t step)
        : error("training: the " + std::string(what) + " is " + (std::isnan(value) ? "NaN" : "infinite") + " at step " +
                std::to_string(step) +
                "; the parameters are those before this step. Go on from them, or from the last checkpoint, at a lower "
                "learning rate or with clipped gradients"),
          step_(step) {}

    /// How many steps had been taken.
    std::uint64_t step() const { return step_; }

private:
    std::uint64_t step_;
};

/// \throws nonfinite_loss when `loss`, found at `step`, is not finite
inline void require_finite(double loss, std::uint64_t step, const char* what = "loss") {
    if (!std::isfinite(loss)) geolip::detail::raise(nonfinite_loss(what, loss, step));
}

/// What a step of training saw, of the parameters before it.
struct training_step {
    double loss = 0;
    double gradient_norm = 0;  ///< before it was clipped
};

/// One step: `gradient(w, g)` sets g to the gradient of the loss at w and returns the loss, g is clipped to the norm
/// `most`, and the optimiser moves w at the rate that the schedule gives.
///
/// \throws nonfinite_loss when the loss or its gradient is not finite, with w and the optimiser as they were; what
///         `gradient` and the optimiser throw
template <optimiser O, class Gradient, schedule S = constant_schedule>
training_step train_step(O& o, std::span<typename O::scalar_type> w, std::span<typename O::scalar_type> g,
                         Gradient&& gradient, const S& rate = {}, double most = std::numeric_limits<double>::infinity(),
                         isa level = isa::automatic) {
    using scalar_type = typename O::scalar_type;
    training_step seen;
    seen.loss = std::forward<Gradient>(gradient)(std::span<const scalar_type>(w), g);
    require_finite(seen.loss, o.steps());
    seen.gradient_norm = clip_gradient_norm(g, most, level);
    require_finite(seen.gradient_norm, o.steps(), "gradient's norm");
    o.step(w, g, rate);
    return seen;
}

}  // namespace geolip::nn
