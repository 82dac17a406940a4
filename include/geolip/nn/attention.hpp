// Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT
#pragma once

/// \file
/// Multi-head attention: `multi_head_attention`, with the parameters of torch.nn.MultiheadAttention, and
/// `separate_attention`, with a projection for each of queries, keys and values.

#include <cmath>
#include <cstddef>
#include <string>

#include "geolip/nn/attention_layer.hpp"

namespace geolip::nn {

/// Options of `multi_head_attention`.
struct attention_options {
    bool bias = true;     ///< of the projections
    bool causal = false;  ///< query i sees keys 0 … i only
};

/// Self-attention with a fused projection, as torch.nn.MultiheadAttention(dim, heads, batch_first=True) computes it:
/// (batch, tokens, dim) to the same. Parameters "in_proj_weight" (3 dim, dim), "in_proj_bias" (3 dim),
/// "out_proj.weight" (dim, dim) and "out_proj.bias" (dim); the first is drawn Xavier-uniform, the third uniformly from
/// ±1/sqrt(dim), and the biases are 0. `Dim` and `Heads` may be left to the constructor.
///
/// With `attention_inputs` it is cross-attention, key padding masks and position biases as well; the context has the
/// features of x. See `attention_layer` for the calls.
template <measured_scalar T, std::size_t Dim = dynamic, std::size_t Heads = dynamic>
class multi_head_attention : public attention_layer<T> {
    static_assert(Dim != 0 && Heads != 0,
                  "geolip::nn::multi_head_attention<T, Dim, Heads>: Dim and Heads must be at least 1");
    static_assert(Dim == dynamic || Heads == dynamic || Dim % (Heads == 0 ? 1 : Heads) == 0,
                  "geolip::nn::multi_head_attention<T, Dim, Heads>: Dim must be divisible by Heads");

public:
    static constexpr std::size_t input_features = Dim;
    static constexpr std::size_t output_features = Dim;

    constexpr explicit multi_head_attention(const attention_options& o = {})
        requires(Dim != dynamic && Heads != dynamic)
        : multi_head_attention(Dim, Heads, o) {}
    /// \throws shape_error for a size of 0, one that is not that of the type, or a dim that the heads do not divide
    constexpr multi_head_attention(std::size_t dim, std::size_t heads, const attention_options& o = {})
        : attention_layer<T>("multi_head_attention", checked(dim, heads, o)) {}

    template <class Visit>
    void visit_parameters(Visit&& visit) const {
        const auto& s = this->sizes();
        visit("in_proj_weight", shape{3 * s.dim, s.dim}, initialiser::xavier_uniform());
        if (s.bias) visit("in_proj_bias", shape{3 * s.dim}, initialiser::constant(0));
        visit("out_proj.weight", shape{s.dim, s.dim}, initialiser::uniform(1 / std::sqrt(static_cast<double>(s.dim))));
        if (s.bias) visit("out_proj.bias", shape{s.dim}, initialiser::constant(0));
    }

private:
    static constexpr attention_sizes checked(std::size_t dim, std::size_t heads, const attention_options& o) {
        if (dim == 0 || heads == 0 || dim % heads != 0 || (Dim != dynamic && dim != Dim) ||
            (Heads != dynamic && heads != Heads)) {
            std::string text = "multi_head_attention: a dim of ";
            text += std::to_string(dim);
            text += " with ";
            text += std::to_string(heads);
            text +=
                " heads; expected sizes of at least 1 that equal those of the type, and a dim that is divisible by the "
                "number of heads";
            geolip::detail::raise(shape_error(text));
        }
        attention_sizes s;
        s.dim = s.context_dim = dim;
        s.heads = heads;
        s.head_dim = dim / heads;
        s.bias = o.bias;
        s.causal = o.causal;
        s.scale = 1 / std::sqrt(static_cast<double>(s.head_dim));
        return s;
    }
};

/// The sizes of `separate_attention`.
struct separate_attention_options {
    std::size_t context_dim = 0;  ///< features of the context; 0 for those of x
    double scale = 1;             ///< of q·k: T5 draws its weights so that none is needed
    bool causal = false;          ///< query i sees keys 0 … i only
};

/// Attention with a projection for each of queries, keys and values and no biases, as in T5 (Raffel et al. 2020):
/// (batch, tokens, dim) to the same. Parameters "q.weight" (heads · head_dim, dim), "k.weight" and "v.weight"
/// (heads · head_dim, context_dim), and "o.weight" (dim, heads · head_dim), drawn from N(0, sd²) with sd =
/// 1/sqrt(dim · head_dim), 1/sqrt(context_dim) twice and 1/sqrt(heads · head_dim), as T5 draws them.
///
/// `attention_inputs` gives it a context, a mask or a position bias; with a context_dim other than dim it needs a
/// context and is no module by itself.
template <measured_scalar T>
class separate_attention : public attention_layer<T> {
public:
    /// \throws shape_error for a size of 0
    constexpr separate_attention(std::size_t dim, std::size_t heads, std::size_t head_dim,
                                 const separate_attention_options& o = {})
        : attention_layer<T>("separate_attention", {dim, o.context_dim == 0 ? dim : o.context_dim, heads, head_dim,
                                                    false, o.causal, o.scale}) {}

    template <class Visit>
    void visit_parameters(Visit&& visit) const {
        const auto& s = this->sizes();
        const auto law = [](std::size_t n) { return initialiser::normal(1 / std::sqrt(static_cast<double>(n))); };
        visit("q.weight", shape{s.inner(), s.dim}, law(s.dim * s.head_dim));
        visit("k.weight", shape{s.inner(), s.context_dim}, law(s.context_dim));
        visit("v.weight", shape{s.inner(), s.context_dim}, law(s.context_dim));
        visit("o.weight", shape{s.dim, s.inner()}, law(s.inner()));
    }
};

}  // namespace geolip::nn
