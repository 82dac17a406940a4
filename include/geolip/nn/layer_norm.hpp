// Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT
#pragma once

/// \file
/// `layer_norm` over the last axis.

#include <cstddef>
#include <span>
#include <string>

#include "geolip/nn/detail/normalise.hpp"
#include "geolip/nn/module.hpp"

namespace geolip::nn {

/// Options of `layer_norm`; the defaults are PyTorch's.
struct layer_norm_options {
    double epsilon = 1e-5;
    bool weight = true;  ///< a factor for every feature
    bool bias = true;    ///< a summand for every feature; there is none without a weight
};

/// y = (x - mean) / sqrt(variance + epsilon) * weight + bias over the last axis, the variance that of the population
/// (divisor n), as torch.nn.LayerNorm does it (Ba, Kiros and Hinton 2016, arXiv:1607.06450). Parameters "weight"
/// (features), 1 at first, and "bias" (features), 0 at first. A row of equal numbers gives the bias. The variance is
/// summed after the mean is subtracted, so large means cost no accuracy beyond that of the mean itself.
template <measured_scalar T, std::size_t Features = dynamic>
class layer_norm {
    static_assert(Features != 0, "geolip::nn::layer_norm<T, Features>: Features must be at least 1");

public:
    using scalar_type = T;
    static constexpr std::size_t input_features = Features;
    static constexpr std::size_t output_features = Features;
    static constexpr bool reads_output = false;

    constexpr explicit layer_norm(layer_norm_options options = {})
        requires(Features != dynamic)
        : layer_norm(Features, options) {}
    /// \throws shape_error for 0 features, or a number that is not that of the type
    constexpr explicit layer_norm(std::size_t features, layer_norm_options options = {})
        : features_(features), options_(options) {
        if (features_ == 0 || (Features != dynamic && features_ != Features))
            geolip::detail::raise(shape_error("layer_norm(" + std::to_string(features_) +
                                              "): expected at least 1 feature, and as many as the type has"));
        options_.bias = options_.bias && options_.weight;
    }

    constexpr std::size_t features() const { return features_; }
    constexpr const layer_norm_options& options() const { return options_; }

    shape output_shape(const shape& x) const {
        if (x.rank() == 0 || x.back() != features_)
            detail::wrong_shape("layer_norm(" + std::to_string(features_) + ")", x,
                                "... x " + std::to_string(features_));
        return x;
    }
    template <class Visit>
    constexpr void visit_parameters(Visit&& visit) const {
        if (options_.weight) visit("weight", shape{features_}, initialiser::constant(1));
        if (options_.bias) visit("bias", shape{features_}, initialiser::constant(0));
    }
    constexpr std::size_t parameter_count() const {
        return features_ * ((options_.weight ? 1u : 0u) + (options_.bias ? 1u : 0u));
    }
    /// The mean of every row, and what it was multiplied with.
    std::size_t kept_size(const shape& x) const { return 2 * x.rows(); }

    void forward(std::span<const T> w, tensor_view<const T> x, tensor_view<T> y, workspace<T> memory) const {
        detail::require_forward(*this, "layer_norm", w, x.extents(), y.extents(), memory);
        const T* const weight = options_.weight ? w.data() : nullptr;
        detail::normalise_rows<detail::row_rule::layer_norm, T>(
            {x.data(), y.data(), weight, options_.bias ? weight + features_ : nullptr, memory.kept.data(),
             memory.kept.data() + x.rows(), x.rows(), features_, static_cast<T>(options_.epsilon)},
            memory.isa);
    }
    void backward(std::span<const T> w, tensor_view<const T> x, tensor_view<const T>, tensor_view<const T> dy,
                  tensor_view<T> dx, std::span<T> dw, workspace<T> memory) const {
        detail::require_backward(*this, "layer_norm", x.extents(), dy.extents(), dx, dw);
        detail::normalise_rows_gradient<detail::row_rule::layer_norm, T>(
            {x.data(), dy.data(), dx.data(), options_.weight ? w.data() : nullptr,
             options_.weight ? dw.data() : nullptr, options_.bias ? dw.data() + features_ : nullptr, memory.kept.data(),
             memory.kept.data() + x.rows(), x.rows(), features_, static_cast<T>(options_.epsilon)},
            memory.isa);
    }

private:
    std::size_t features_;
    layer_norm_options options_;
};

}  // namespace geolip::nn
