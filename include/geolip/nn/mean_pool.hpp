// Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT
#pragma once

/// \file
/// `mean_pool`: the mean over the tokens of a sample.

#include <algorithm>
#include <cstddef>
#include <span>
#include <string>

#include "geolip/nn/detail/elementwise.hpp"
#include "geolip/nn/gemm.hpp"
#include "geolip/nn/module.hpp"

namespace geolip::nn {

/// y[b] = mean over t of x[b, t]: (batch, tokens, features) -> (batch, features), tokens added from first to last.
/// `Features` is for chains that check sizes at compile time.
template <measured_scalar T, std::size_t Features = dynamic>
class mean_pool {
public:
    using scalar_type = T;
    static constexpr std::size_t input_features = Features;
    static constexpr std::size_t output_features = Features;
    static constexpr bool reads_output = false;

    shape output_shape(const shape& x) const {
        if (x.rank() != 3 || x[1] == 0 || (Features != dynamic && x[2] != Features)) {
            std::string expected = "batch x tokens x ";
            expected += Features == dynamic ? "features" : std::to_string(Features);
            expected += " with at least one token";
            detail::wrong_shape("mean_pool", x, expected);
        }
        return {x[0], x[2]};
    }

    void forward(std::span<const T>, tensor_view<const T> x, tensor_view<T> y, workspace<T> memory) const {
        detail::require_shapes(*this, "mean_pool", x.extents(), y.extents());
        const std::size_t tokens = x.extents()[1];
        const std::size_t features = x.cols();
        std::fill_n(y.data(), y.size(), T(0));
        for (std::size_t b = 0; b < x.extents()[0]; ++b)
            add_column_sums<T>({x.data() + b * tokens * features, tokens, features}, y.data() + b * features,
                               memory.isa);
        detail::scale(y.data(), y.data(), T(1) / static_cast<T>(tokens), y.size(), memory.isa);
    }
    void backward(std::span<const T>, tensor_view<const T> x, tensor_view<const T>, tensor_view<const T> dy,
                  tensor_view<T> dx, std::span<T> dw, workspace<T> memory) const {
        detail::require_backward(*this, "mean_pool", x.extents(), dy.extents(), dx, dw);
        if (!dx) return;
        const std::size_t tokens = x.extents()[1];
        const std::size_t features = x.cols();
        for (std::size_t b = 0; b < x.extents()[0]; ++b) {
            T* const first = dx.data() + b * tokens * features;
            detail::scale(first, dy.data() + b * features, T(1) / static_cast<T>(tokens), features, memory.isa);
            for (std::size_t t = 1; t < tokens; ++t) std::copy_n(first, features, first + t * features);
        }
    }
};

}  // namespace geolip::nn
