// Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT
#pragma once

/// \file
/// What optimisers do to an element, and the kernels that do it to all of them.

#include <cstddef>
#include <span>

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

namespace geolip::nn::detail {

/// One step for `count` parameters.
template <class T, class Coefficients>
void take_steps(T* w, const T* g, T* const* state, std::size_t count, const Coefficients& c, isa level) {
    GEOLIP_SIMD_CALL(level, take_steps(w, g, state, count, c));
}

inline constexpr std::size_t dot_parts = simd::baseline::dot_parts;

template <bool Square, class T>
void add_dots(const T* a, const T* b, std::size_t count, double* sums, isa level) {
    GEOLIP_SIMD_CALL(level, add_dots<Square>(a, b, count, sums));
}

/// The parts added up, always in the same order.
inline double sum_of_parts(const double (&sums)[dot_parts]) {
    double part[dot_parts];
    for (std::size_t i = 0; i < dot_parts; ++i) part[i] = sums[i];
    for (std::size_t half = dot_parts / 2; half > 0; half /= 2)
        for (std::size_t i = 0; i < half; ++i) part[i] += part[i + half];
    return part[0];
}

/// sum(a b) in double precision. For float the same bits at every level, for double at the same level.
template <class T>
double dot(std::span<const T> a, std::span<const T> b, isa level) {
    double sums[dot_parts] = {};
    add_dots<false>(a.data(), b.data(), a.size(), sums, level);
    return sum_of_parts(sums);
}

}  // namespace geolip::nn::detail
