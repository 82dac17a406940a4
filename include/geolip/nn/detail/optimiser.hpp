// Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT
#pragma once

/// \file
/// What optimisers do to an element, and the kernels that do it to all of them.

#include <cstddef>

#include "geolip/simd/vector.hpp"

namespace geolip::nn::detail {

/// Adam and AdamW at one step, all that does not depend on the element.
template <class T, bool Amsgrad>
struct adam_coefficients {
    using scalar_type = T;
    static constexpr int states = Amsgrad ? 3 : 2;

    T sign;    ///< -1 where the loss is maximised
    T decay;   ///< part of w that is added to the gradient (Adam)
    T shrink;  ///< w is multiplied by this first (AdamW)
    T keep_mean, take_mean;
    T keep_square, take_square;
    T step;     ///< rate * sqrt(1 - beta2^t) / (1 - beta1^t)
    T epsilon;  ///< epsilon * sqrt(1 - beta2^t)
};

template <class T, bool Momentum>
struct sgd_coefficients {
    using scalar_type = T;
    static constexpr int states = Momentum ? 1 : 0;

    T sign;
    T decay;
    T keep, take;       ///< of the momentum, of the gradient that enters it
    T direct, through;  ///< parts of the gradient itself and of the momentum in the step
    T step;
};

}  // namespace geolip::nn::detail

#define GEOLIP_SIMD_FILE "geolip/nn/detail/optimiser.inc"
#include "geolip/simd/foreach_target.inc"
