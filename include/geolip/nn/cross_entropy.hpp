// Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT
#pragma once

/// \file
/// `cross_entropy`: the loss of a classifier.

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

#include "geolip/core/error.hpp"
#include "geolip/nn/detail/softmax.hpp"
#include "geolip/nn/module.hpp"

namespace geolip::nn {

/// The cross-entropy -ln softmax(logits)[target] of logits (…, classes) and integer targets, one for each row, added up
/// or averaged over the rows whose target is not `ignore_index`; torch.nn.functional.cross_entropy. Each term is formed
/// as ln(sum of e^(x_j - m)) + m - x_target with the largest logit m, in double precision after the sum.
///
/// If all targets are ignored the loss and its gradient are 0 (PyTorch's mean is NaN). Infinite or NaN logits give what
/// the formula gives: a target whose logit is -infinity costs infinity, NaN stays NaN.
template <measured_scalar T>
class cross_entropy {
public:
    using scalar_type = T;

    constexpr explicit cross_entropy(std::int32_t ignore_index = -100) : ignore_index_(ignore_index) {}
    constexpr std::int32_t ignore_index() const { return ignore_index_; }

    /// How many targets are not to be ignored.
    constexpr std::size_t count(std::span<const std::int32_t> targets) const {
        std::size_t n = 0;
        for (const std::int32_t t : targets) n += t != ignore_index_;
        return n;
    }

    /// Returns scale times the sum of the terms and sets `dlogits`, unless it is the empty view, to its gradient.
    /// With scale = 1 / count(all targets) the values of the parts of a batch add up to the mean over the batch.
    /// \throws shape_error when the shapes do not fit; usage_error for a target that is no class
    double operator()(tensor_view<const T> logits, std::span<const std::int32_t> targets, tensor_view<T> dlogits,
                      double scale, isa level = isa::automatic) const {
        require(logits, targets, dlogits);
        return scale * detail::cross_entropy_rows<T>(logits.data(), targets.data(), dlogits.data(), targets.size(),
                                                     logits.cols(), ignore_index_, static_cast<T>(scale), level);
    }
    /// The mean over the targets that are not ignored.
    double operator()(tensor_view<const T> logits, std::span<const std::int32_t> targets,
                      tensor_view<T> dlogits = {}) const {
        const std::size_t n = count(targets);
        return (*this)(logits, targets, dlogits, n == 0 ? 0 : 1 / static_cast<double>(n));
    }

private:
    void require(tensor_view<const T> logits, std::span<const std::int32_t> targets, tensor_view<T> dlogits) const {
        if (logits.extents().rank() == 0 || logits.cols() == 0 || logits.rows() != targets.size())
            geolip::detail::raise(
                shape_error("cross_entropy: logits of shape " + to_string(logits.extents()) + " and " +
                            std::to_string(targets.size()) +
                            " targets; expected logits of shape ... x classes and a target for each row"));
        if (dlogits && dlogits.extents() != logits.extents())
            geolip::detail::raise(shape_error("cross_entropy: a gradient of shape " + to_string(dlogits.extents()) +
                                              " for logits of shape " + to_string(logits.extents())));
        for (std::size_t i = 0; i < targets.size(); ++i)
            if (targets[i] != ignore_index_ &&
                (targets[i] < 0 || static_cast<std::size_t>(targets[i]) >= logits.cols()))
                geolip::detail::raise(usage_error("cross_entropy: target " + std::to_string(i) + " is " +
                                                  std::to_string(targets[i]) + "; expected a class from 0 to " +
                                                  std::to_string(logits.cols() - 1) + ", or " +
                                                  std::to_string(ignore_index_) + " to ignore the row"));
    }

    std::int32_t ignore_index_;
};

}  // namespace geolip::nn
