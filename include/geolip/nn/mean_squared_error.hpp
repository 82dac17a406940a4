// Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT
#pragma once

/// \file
/// `mean_squared_error`: the loss of a reconstruction.

#include <cstddef>

#include "geolip/core/error.hpp"
#include "geolip/nn/detail/mean_squared_error.hpp"
#include "geolip/nn/module.hpp"

namespace geolip::nn {

/// The sum or the mean of (prediction - target)^2 over all elements; torch.nn.functional.mse_loss. Accuracy: a few
/// units in the last place of T. NaN and infinities propagate; the mean over no elements is 0.
template <measured_scalar T>
class mean_squared_error {
public:
    using scalar_type = T;

    /// Returns scale times the sum of squares and sets `dprediction`, unless it is the empty view, to its gradient.
    /// With scale = 1 / (number of all elements) the values of the parts of a batch add up to the mean over the batch.
    /// \throws shape_error when the shapes differ
    double operator()(tensor_view<const T> prediction, tensor_view<const T> target, tensor_view<T> dprediction,
                      double scale, isa level = isa::automatic) const {
        if (prediction.extents() != target.extents())
            geolip::detail::raise(shape_error("mean_squared_error: a prediction of shape " +
                                              to_string(prediction.extents()) + " for a target of shape " +
                                              to_string(target.extents()) + "; expected equal shapes"));
        if (dprediction && dprediction.extents() != prediction.extents())
            geolip::detail::raise(shape_error("mean_squared_error: a gradient of shape " +
                                              to_string(dprediction.extents()) + " for a prediction of shape " +
                                              to_string(prediction.extents())));
        return scale * detail::squared_error<T>(prediction.data(), target.data(), dprediction.data(), prediction.size(),
                                                static_cast<T>(2 * scale), level);
    }
    /// The mean.
    double operator()(tensor_view<const T> prediction, tensor_view<const T> target,
                      tensor_view<T> dprediction = {}) const {
        const std::size_t n = prediction.size();
        return (*this)(prediction, target, dprediction, n == 0 ? 0 : 1 / static_cast<double>(n));
    }
};

}  // namespace geolip::nn
