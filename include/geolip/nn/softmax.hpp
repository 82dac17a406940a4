// Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT
#pragma once

/// \file
/// `softmax` over the last axis.

#include <span>

#include "geolip/nn/detail/softmax.hpp"
#include "geolip/nn/module.hpp"

namespace geolip::nn {

/// y_i = e^(x_i - m) / sum of e^(x_j - m) over the last axis, m the largest x_j, so that nothing overflows.
///
/// An entry of -infinity gives 0. A row of nothing but -infinity (all is masked) gives zeros with zero gradient, where
/// torch.softmax gives NaN. NaN or +infinity make their row NaN. Accuracy: a few units in the last place of T.
template <measured_scalar T>
class softmax {
public:
    using scalar_type = T;
    static constexpr bool elementwise = true;
    static constexpr bool reads_output = true;

    void forward(std::span<const T>, tensor_view<const T> x, tensor_view<T> y, workspace<T> memory) const {
        detail::require_shapes(*this, "softmax", x.extents(), y.extents());
        detail::softmax_rows<T>(x.data(), y.data(), x.rows(), x.cols(), memory.isa);
    }
    void backward(std::span<const T>, tensor_view<const T> x, tensor_view<const T> y, tensor_view<const T> dy,
                  tensor_view<T> dx, std::span<T> dw, workspace<T> memory) const {
        detail::require_backward(*this, "softmax", x.extents(), dy.extents(), dx, dw);
        if (dx) detail::softmax_rows_gradient<T>(y.data(), dy.data(), dx.data(), y.rows(), y.cols(), memory.isa);
    }
};

}  // namespace geolip::nn
