// Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT
#pragma once

/// \file
/// `linear`: y = x Wᵀ + b on the last axis.

#include <cmath>
#include <cstddef>
#include <optional>
#include <span>
#include <string>

#include "geolip/nn/detail/affine.hpp"
#include "geolip/nn/module.hpp"

namespace geolip::nn {

/// y = x Wᵀ + b on the last axis: (…, in) -> (…, out). Parameters "weight" (out, in) and, unless `bias` is off, "bias"
/// (out), both drawn uniformly from ±1/sqrt(in) as torch.nn.Linear draws them. `In` and `Out` may be left to the
/// constructor.
template <measured_scalar T, std::size_t In = dynamic, std::size_t Out = dynamic>
class linear {
    static_assert(In != 0 && Out != 0, "geolip::nn::linear<T, In, Out>: In and Out must be at least 1");

public:
    using scalar_type = T;
    static constexpr std::size_t input_features = In;
    static constexpr std::size_t output_features = Out;
    static constexpr bool reads_output = false;

    constexpr linear()
        requires(In != dynamic && Out != dynamic)
    = default;
    /// \throws shape_error for a size of 0, or one that is not that of the type
    constexpr linear(std::size_t in, std::size_t out, bool bias = true) : in_(in), out_(out), bias_(bias) { check(); }

    constexpr std::size_t in() const { return in_; }
    constexpr std::size_t out() const { return out_; }
    constexpr bool has_bias() const { return bias_; }
    /// The same layer, its parameters drawn otherwise.
    constexpr linear with_initialisers(const initialiser& weight, const initialiser& bias) const {
        linear l = *this;
        l.weight_law_ = weight;
        l.bias_law_ = bias;
        return l;
    }

    shape output_shape(const shape& x) const {
        if (x.rank() == 0 || x.back() != in_)
            detail::wrong_shape("linear(" + std::to_string(in_) + ", " + std::to_string(out_) + ")", x,
                                "... x " + std::to_string(in_));
        return x.with_back(out_);
    }
    template <class Visit>
    constexpr void visit_parameters(Visit&& visit) const {
        const initialiser standard = initialiser::uniform(1 / std::sqrt(static_cast<double>(in_)));
        visit("weight", shape{out_, in_}, weight_law_.value_or(standard));
        if (bias_) visit("bias", shape{out_}, bias_law_.value_or(standard));
    }
    constexpr std::size_t parameter_count() const { return out_ * in_ + (bias_ ? out_ : 0); }
    std::size_t scratch_size(const shape& x) const { return detail::affine_scratch_size<T>(x.rows(), in_, out_); }

    void forward(std::span<const T> w, tensor_view<const T> x, tensor_view<T> y, workspace<T> memory) const {
        detail::require_forward(*this, "linear", w, x.extents(), y.extents(), memory);
        detail::affine<T>(x.matrix(), weight(w), bias_in(w), y.matrix(), memory);
    }
    void backward(std::span<const T> w, tensor_view<const T> x, tensor_view<const T>, tensor_view<const T> dy,
                  tensor_view<T> dx, std::span<T> dw, workspace<T> memory) const {
        detail::require_backward(*this, "linear", x.extents(), dy.extents(), dx, dw);
        detail::affine_gradients<T>(x.matrix(), weight(w), dy.matrix(), dx ? dx.matrix() : matrix_view<T>(), weight(dw),
                                    bias_in(dw), memory);
    }

    /// The weight within the layer's parameters.
    template <class U>
    constexpr matrix_view<U> weight(std::span<U> w) const {
        return {w.data(), out_, in_};
    }

private:
    template <class U>
    constexpr U* bias_in(std::span<U> w) const {
        return bias_ ? w.data() + out_ * in_ : nullptr;
    }
    constexpr void check() const {
        if (in_ == 0 || out_ == 0 || (In != dynamic && in_ != In) || (Out != dynamic && out_ != Out))
            geolip::detail::raise(shape_error("linear(" + std::to_string(in_) + ", " + std::to_string(out_) +
                                              "): expected sizes of at least 1 that equal those of the type"));
        static_cast<void>(shape{out_, in_});  // throws where they are too many
    }

    std::size_t in_ = In;
    std::size_t out_ = Out;
    bool bias_ = true;
    std::optional<initialiser> weight_law_, bias_law_;
};

}  // namespace geolip::nn
