// Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT
#pragma once

/// \file
/// `rms_norm` over the last axis.

#include <cstddef>
#include <span>
#include <string>

#include "geolip/nn/detail/normalise.hpp"
#include "geolip/nn/module.hpp"

namespace geolip::nn {

/// Options of `rms_norm`.
struct rms_norm_options {
    double epsilon = 1e-6;  ///< T5's; torch.nn.RMSNorm takes the machine epsilon unless told otherwise
    bool weight = true;     ///< a factor for every feature
};

/// y = x / sqrt(mean of x^2 + epsilon) * weight over the last axis (Zhang and Sennrich 2019, arXiv:1910.07467), as
/// torch.nn.RMSNorm and the layer norm of T5. Parameter "weight" (features), 1 at first. A row of zeros gives zeros.
template <measured_scalar T, std::size_t Features = dynamic>
class rms_norm {
    static_assert(Features != 0, "geolip::nn::rms_norm<T, Features>: Features must be at least 1");

public:
    using scalar_type = T;
    static constexpr std::size_t input_features = Features;
    static constexpr std::size_t output_features = Features;
    static constexpr bool reads_output = false;

    constexpr explicit rms_norm(rms_norm_options options = {})
        requires(Features != dynamic)
        : rms_norm(Features, options) {}
    /// \throws shape_error for 0 features, or a number that is not that of the type
    constexpr explicit rms_norm(std::size_t features, rms_norm_options options = {})
        : features_(features), options_(options) {
        if (features_ == 0 || (Features != dynamic && features_ != Features))
            geolip::detail::raise(shape_error("rms_norm(" + std::to_string(features_) +
                                              "): expected at least 1 feature, and as many as the type has"));
    }

    constexpr std::size_t features() const { return features_; }
    constexpr const rms_norm_options& options() const { return options_; }

    shape output_shape(const shape& x) const {
        if (x.rank() == 0 || x.back() != features_)
            detail::wrong_shape("rms_norm(" + std::to_string(features_) + ")", x, "... x " + std::to_string(features_));
        return x;
    }
    template <class Visit>
    constexpr void visit_parameters(Visit&& visit) const {
        if (options_.weight) visit("weight", shape{features_}, initialiser::constant(1));
    }
    constexpr std::size_t parameter_count() const { return options_.weight ? features_ : 0; }
    /// What every row was multiplied with.
    std::size_t kept_size(const shape& x) const { return x.rows(); }

    void forward(std::span<const T> w, tensor_view<const T> x, tensor_view<T> y, workspace<T> memory) const {
        detail::require_forward(*this, "rms_norm", w, x.extents(), y.extents(), memory);
        detail::normalise_rows<detail::row_rule::rms, T>(
            {x.data(), y.data(), options_.weight ? w.data() : nullptr, nullptr, nullptr, memory.kept.data(), x.rows(),
             features_, static_cast<T>(options_.epsilon)},
            memory.isa);
    }
    void backward(std::span<const T> w, tensor_view<const T> x, tensor_view<const T>, tensor_view<const T> dy,
                  tensor_view<T> dx, std::span<T> dw, workspace<T> memory) const {
        detail::require_backward(*this, "rms_norm", x.extents(), dy.extents(), dx, dw);
        detail::normalise_rows_gradient<detail::row_rule::rms, T>(
            {x.data(), dy.data(), dx.data(), options_.weight ? w.data() : nullptr,
             options_.weight ? dw.data() : nullptr, nullptr, nullptr, memory.kept.data(), x.rows(), features_,
             static_cast<T>(options_.epsilon)},
            memory.isa);
    }

private:
    std::size_t features_;
    rms_norm_options options_;
};

}  // namespace geolip::nn
