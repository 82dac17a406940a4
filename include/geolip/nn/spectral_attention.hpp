// Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT
#pragma once

/// \file
/// `spectral_attention`: the singular values of an image's patches, each scaled by a gate that looks at those of all
/// patches.

#include <cmath>
#include <cstddef>
#include <span>
#include <string>

#include "geolip/nn/activation.hpp"
#include "geolip/nn/attention_layer.hpp"
#include "geolip/nn/chain.hpp"
#include "geolip/nn/layer_norm.hpp"
#include "geolip/nn/named.hpp"

namespace geolip::nn {

/// alpha = 0.2 sigmoid(a) for the parameter a of a mode, -2 at first: alpha = 0.0238.
struct bounded_alpha {
    static constexpr double most = 0.2;
    static constexpr double first = -2;
    static double value(double a) { return most / (1 + std::exp(-a)); }
    /// d(alpha)/da where alpha is `value`.
    static double slope(double value) { return value * (1 - value / most); }
};

/// alpha = exp(a): positive without a bound, and the same as `bounded_alpha` at first.
struct unbounded_alpha {
    static constexpr double first = -3.7363659234770727;  // ln(0.2 sigmoid(-2))
    static double value(double a) { return std::exp(a); }
    static double slope(double value) { return value; }
};

namespace detail {

/// Multi-head self-attention with the parameters "qkv.weight" (3 dim, dim), "qkv.bias", "out.weight" and "out.bias" of
/// two torch.nn.Linear layers, drawn as these draw them.
template <measured_scalar T>
class qkv_attention : public attention_layer<T> {
public:
    constexpr qkv_attention(std::size_t dim, std::size_t heads)
        : attention_layer<T>("spectral_attention", sizes_of(dim, heads)) {}

    template <class Visit>
    void visit_parameters(Visit&& visit) const {
        const std::size_t dim = this->sizes().dim;
        const initialiser law = initialiser::uniform_of_fan(dim);
        visit("qkv.weight", shape{3 * dim, dim}, law);
        visit("qkv.bias", shape{3 * dim}, law);
        visit("out.weight", shape{dim, dim}, law);
        visit("out.bias", shape{dim}, law);
    }

private:
    static constexpr attention_sizes sizes_of(std::size_t dim, std::size_t heads) {
        if (dim == 0 || heads == 0 || dim % heads != 0) {
            std::string text = "spectral_attention: a dim of ";
            text += std::to_string(dim);
            text += " with ";
            text += std::to_string(heads);
            text += " heads; expected at least 1 of each, and a dim that is divisible by the number of heads";
            geolip::detail::raise(shape_error(text));
        }
        attention_sizes s;
        s.dim = s.context_dim = dim;
        s.heads = heads;
        s.head_dim = dim / heads;
        s.bias = true;
        s.scale = 1 / std::sqrt(static_cast<double>(s.head_dim));
        return s;
    }
};

}  // namespace detail

/// y = x (1 + alpha gate) element by element, gate = tanh(attention(layer_norm(x))): (batch, patches, dim) to the same.
/// The attention runs over the patches; alpha, one for each mode (element of the last axis), is `Alpha`'s function of
/// the parameter "alpha". The others are "norm.weight", "norm.bias", "qkv.weight", "qkv.bias", "out.weight" and
/// "out.bias". `Alpha` has `first`, `value(a)` and `slope(value)`; see `bounded_alpha`.
template <measured_scalar T, class Alpha = bounded_alpha>
class spectral_attention {
    using gate_type = chain<named<"norm", layer_norm<T>>, named<"", detail::qkv_attention<T>>, nn::tanh<T>>;

public:
    using scalar_type = T;
    using alpha_type = Alpha;
    static constexpr bool reads_output = false;

    /// \throws shape_error for sizes of 0, or a dim that the heads do not divide
    constexpr spectral_attention(std::size_t dim, std::size_t heads)
        : dim_(dim), gate_(layer_norm<T>(dim), detail::qkv_attention<T>(dim, heads), nn::tanh<T>()) {}

    constexpr std::size_t dim() const { return dim_; }
    constexpr std::size_t heads() const { return gate_.template get<1>().sizes().heads; }

    shape output_shape(const shape& x) const { return nn::output_shape(gate_, x); }
    template <class Visit>
    void visit_parameters(Visit&& visit) const {
        nn::visit_parameters(gate_, visit);
        visit("alpha", shape{dim_}, initialiser::constant(Alpha::first));
    }
    constexpr std::size_t parameter_count() const { return gate_count() + dim_; }
    std::size_t kept_size(const shape& x) const {
        return padded<T>(x.size()) + padded<T>(dim_) + nn::kept_size(gate_, x);
    }
    std::size_t scratch_size(const shape& x) const { return padded<T>(x.size()) + nn::scratch_size(gate_, x); }

    /// alpha of every mode.
    void alpha(std::span<const T> w, std::span<T> values) const {
        for (std::size_t j = 0; j < dim_; ++j)
            values[j] = static_cast<T>(Alpha::value(static_cast<double>(w[gate_count() + j])));
    }

    void forward(std::span<const T> w, tensor_view<const T> x, tensor_view<T> y, workspace<T> memory) const {
        detail::require_forward(*this, "spectral_attention", w, x.extents(), y.extents(), memory);
        const tensor_view<T> gate(take(memory.kept, x.size()).data(), x.extents());
        const std::span<T> a = take(memory.kept, dim_);
        gate_.forward(w.first(gate_count()), x, gate, memory);
        alpha(w, a);
        for (std::size_t r = 0; r < x.size(); r += dim_)
            for (std::size_t j = 0; j < dim_; ++j) y[r + j] = x[r + j] * (1 + a[j] * gate[r + j]);
    }
    void backward(std::span<const T> w, tensor_view<const T> x, tensor_view<const T>, tensor_view<const T> dy,
                  tensor_view<T> dx, std::span<T> dw, workspace<T> memory) const {
        detail::require_backward(*this, "spectral_attention", x.extents(), dy.extents(), dx, dw);
        const tensor_view<T> gate(take(memory.kept, x.size()).data(), x.extents());
        const std::span<T> a = take(memory.kept, dim_);
        const tensor_view<T> dgate(take(memory.scratch, x.size()).data(), x.extents());
        const std::span<T> da = dw.subspan(gate_count(), dim_);
        for (std::size_t j = 0; j < dim_; ++j) {
            T sum = 0;
            for (std::size_t r = j; r < x.size(); r += dim_) {
                const T pull = dy[r] * x[r];
                sum += pull * gate[r];
                dgate[r] = pull * a[j];
            }
            da[j] += sum * static_cast<T>(Alpha::slope(static_cast<double>(a[j])));
        }
        gate_.backward(w.first(gate_count()), x, gate, dgate, dx, dw.first(gate_count()), memory);
        if (!dx) return;
        for (std::size_t r = 0; r < x.size(); r += dim_)
            for (std::size_t j = 0; j < dim_; ++j) dx[r + j] += dy[r + j] * (1 + a[j] * gate[r + j]);
    }

private:
    constexpr std::size_t gate_count() const { return gate_.parameter_count(); }

    std::size_t dim_;
    gate_type gate_;
};

}  // namespace geolip::nn
