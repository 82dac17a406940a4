// Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT
#pragma once

/// \file
/// Activation functions: `gelu`, `relu`, `silu`, `tanh`, `identity`, and `pointwise`, which makes a block of any
/// function of one number.

#include <algorithm>
#include <concepts>
#include <cstddef>
#include <span>
#include <utility>

#include "geolip/nn/detail/activation.hpp"
#include "geolip/nn/module.hpp"

namespace geolip::nn {

/// y = f(x), element by element, f one of the functions of the library; `gelu<T>`, … name them.
///
/// | kind     | f(x)                                         | f'(x) from |
/// |----------|----------------------------------------------|------------|
/// | identity | x                                            |            |
/// | relu     | max(x, 0); f'(0) = 0                         | x or y     |
/// | gelu     | x Phi(x), the exact form, not that with tanh | kept       |
/// | silu     | x / (1 + e^-x)                               | kept       |
/// | tanh     | tanh x                                       | y          |
///
/// For gelu and silu forward keeps f'(x), whose exponential it has at hand anyway: backward then is a product.
/// Accuracy: that of simd/functions.inc, a few units in the last place; results that would be subnormal are 0. NaN
/// gives NaN; gelu and silu of -infinity are NaN, as in PyTorch (0 times infinity). Bits may differ between
/// instruction-set levels.
template <activation_kind Kind, measured_scalar T>
class activation {
    static constexpr bool keeps = Kind == activation_kind::gelu || Kind == activation_kind::silu;

public:
    using scalar_type = T;
    static constexpr activation_kind kind = Kind;
    static constexpr bool elementwise = true;
    static constexpr bool reads_output = Kind == activation_kind::tanh;
    static constexpr bool works_in_place = Kind != activation_kind::identity;

    std::size_t kept_size(const shape& x) const { return keeps ? x.size() : 0; }

    void forward(std::span<const T> w, tensor_view<const T> x, tensor_view<T> y, workspace<T> memory) const {
        detail::require_forward(*this, "activation", w, x.extents(), y.extents(), memory);
        if constexpr (Kind == activation_kind::identity)
            std::copy_n(x.data(), x.size(), y.data());
        else
            detail::activate<Kind, T>(x.data(), y.data(), memory.kept.data(), x.size(), memory.isa);
    }
    void backward(std::span<const T>, tensor_view<const T> x, tensor_view<const T> y, tensor_view<const T> dy,
                  tensor_view<T> dx, std::span<T> dw, workspace<T> memory) const {
        detail::require_backward(*this, "activation", x.extents(), dy.extents(), dx, dw);
        if (!dx) return;
        const T* known = keeps ? memory.kept.data() : Kind == activation_kind::tanh ? y.data() : x.data();
        if constexpr (Kind == activation_kind::identity)
            std::copy_n(dy.data(), dy.size(), dx.data());
        else
            detail::activation_gradient<Kind, T>(known, dy.data(), dx.data(), dy.size(), memory.isa);
    }
};

/// y = x.
template <measured_scalar T>
using identity = activation<activation_kind::identity, T>;
/// y = max(x, 0).
template <measured_scalar T>
using relu = activation<activation_kind::relu, T>;
/// The exact one: x Phi(x) (Hendrycks and Gimpel 2016, arXiv:1606.08415).
template <measured_scalar T>
using gelu = activation<activation_kind::gelu, T>;
/// y = x / (1 + e^-x).
template <measured_scalar T>
using silu = activation<activation_kind::silu, T>;
/// y = tanh x.
template <measured_scalar T>
using tanh = activation<activation_kind::tanh, T>;

/// A differentiable function of one number: `f.value(x)` and `f.derivative(x)`, both const.
template <class F, class T>
concept scalar_function = std::copyable<F> && requires(const F& f, T x) {
    { f.value(x) } -> std::convertible_to<T>;
    { f.derivative(x) } -> std::convertible_to<T>;
};

/// A block of your own function: y = f.value(x), element by element.
///
///     struct softsign {
///         static float value(float x) { return x / (1 + std::abs(x)); }
///         static float derivative(float x) { return 1 / ((1 + std::abs(x)) * (1 + std::abs(x))); }
///     };
///     using block = geolip::nn::pointwise<softsign, float>;
template <class F, measured_scalar T>
    requires scalar_function<F, T>
class pointwise {
public:
    using scalar_type = T;
    static constexpr bool elementwise = true;
    static constexpr bool reads_output = false;

    constexpr pointwise()
        requires std::default_initializable<F>
    = default;
    constexpr explicit pointwise(F f) : f_(std::move(f)) {}
    constexpr const F& function() const { return f_; }

    void forward(std::span<const T>, tensor_view<const T> x, tensor_view<T> y, workspace<T>) const {
        detail::require_shapes(*this, "pointwise", x.extents(), y.extents());
        for (std::size_t i = 0, n = x.size(); i < n; ++i) y[i] = static_cast<T>(f_.value(x[i]));
    }
    void backward(std::span<const T>, tensor_view<const T> x, tensor_view<const T>, tensor_view<const T> dy,
                  tensor_view<T> dx, std::span<T> dw, workspace<T>) const {
        detail::require_backward(*this, "pointwise", x.extents(), dy.extents(), dx, dw);
        if (!dx) return;
        for (std::size_t i = 0, n = x.size(); i < n; ++i) dx[i] = dy[i] * static_cast<T>(f_.derivative(x[i]));
    }

private:
    [[no_unique_address]] F f_;
};

}  // namespace geolip::nn
