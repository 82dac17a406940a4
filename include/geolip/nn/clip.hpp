// Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT
#pragma once

/// \file
/// Norms of gradients, and gradients made no longer than a given norm.

#include <cmath>
#include <cstddef>
#include <limits>
#include <span>
#include <string>
#include <vector>

#include "geolip/core/concepts.hpp"
#include "geolip/core/error.hpp"
#include "geolip/nn/detail/elementwise.hpp"
#include "geolip/nn/detail/optimiser.hpp"
#include "geolip/nn/parameter_groups.hpp"

namespace geolip::nn {

/// The Euclidean norm of the n elements of `g` in `ranges`, summed in double precision in a fixed order; its relative
/// error is at most n 2^-59 + 2^-51. For float the same bits at every level; for double at the same level. A gradient
/// with an element that is not finite has a norm that is not finite, and one of doubles above 1e154 too.
template <measured_scalar T>
double gradient_norm(std::span<const T> g, std::span<const parameter_range> ranges, isa level = isa::automatic) {
    double sums[detail::dot_parts] = {};
    for (const parameter_range& r : ranges)
        detail::add_dots<true>(g.data() + r.begin, g.data() + r.begin, r.size(), sums, level);
    return std::sqrt(detail::sum_of_parts(sums));
}
/// The same of all of `g`.
template <measured_scalar T>
double gradient_norm(std::span<const T> g, isa level = isa::automatic) {
    const parameter_range all{0, g.size()};
    return gradient_norm(g, std::span(&all, 1), level);
}

/// Multiplies the elements of `g` in `ranges` by most / (norm + 1e-6) where that is below 1, and returns the norm they
/// had (torch.nn.utils.clip_grad_norm_, 1e-6 included: the clipped norm is a little below `most`).
///
/// Where the norm is not finite, `g` stays as it is and the caller must look at what is returned: scaling would have
/// hidden it, as PyTorch does unless told otherwise, in gradients of 0 and NaN. \throws usage_error for `most` below 0
/// or NaN
template <measured_scalar T>
double clip_gradient_norm(std::span<T> g, std::span<const parameter_range> ranges, double most,
                          isa level = isa::automatic) {
    if (!(most >= 0))
        geolip::detail::raise(
            usage_error("clip_gradient_norm: a norm of at most " + std::to_string(most) + "; expected 0 or more"));
    const double norm = gradient_norm(std::span<const T>(g), ranges, level);
    const double factor = most / (norm + 1e-6);
    if (!(norm <= (std::numeric_limits<double>::max)()) || factor >= 1) return norm;
    for (const parameter_range& r : ranges)
        detail::scale<T>(g.data() + r.begin, g.data() + r.begin, static_cast<T>(factor), r.size(), level);
    return norm;
}
/// The same of all of `g`.
template <measured_scalar T>
double clip_gradient_norm(std::span<T> g, double most, isa level = isa::automatic) {
    const parameter_range all{0, g.size()};
    return clip_gradient_norm(g, std::span<const parameter_range>(&all, 1), most, level);
}

}  // namespace geolip::nn
