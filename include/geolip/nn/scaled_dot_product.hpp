// Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT
#pragma once

/// \file
/// Scaled dot-product attention of many heads: softmax(scale Q Kᵀ + bias) V and its gradients.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

#include "geolip/core/error.hpp"
#include "geolip/core/matrix_view.hpp"
#include "geolip/nn/detail/attention.hpp"
#include "geolip/nn/module.hpp"

namespace geolip::nn {

/// Queries, keys, values or outputs: (batch, tokens, heads, dim), the last axis contiguous, the others with strides. So
/// the heads may lie inside rows of anything, such as the rows (q, k, v) of a fused projection.
template <class T>
struct heads_view {
    T* data = nullptr;
    std::size_t batch = 0, tokens = 0, heads = 0, dim = 0;
    std::ptrdiff_t batch_stride = 0, token_stride = 0, head_stride = 0;

    constexpr heads_view() = default;
    /// Heads side by side in rows of `row` elements, one row a token, samples one after the other.
    constexpr heads_view(T* first, std::size_t samples, std::size_t tokens_of_each, std::size_t head_count,
                         std::size_t head_dim, std::size_t row)
        : data(first),
          batch(samples),
          tokens(tokens_of_each),
          heads(head_count),
          dim(head_dim),
          batch_stride(static_cast<std::ptrdiff_t>(tokens_of_each * row)),
          token_stride(static_cast<std::ptrdiff_t>(row)),
          head_stride(static_cast<std::ptrdiff_t>(head_dim)) {}
    /// A view of mutable elements is a view of constant ones.
    constexpr operator heads_view<const T>() const  // NOLINT(google-explicit-constructor): the same elements
        requires(!std::is_const_v<T>)
    {
        heads_view<const T> view;
        view.data = data;
        view.batch = batch;
        view.tokens = tokens;
        view.heads = heads;
        view.dim = dim;
        view.batch_stride = batch_stride;
        view.token_stride = token_stride;
        view.head_stride = head_stride;
        return view;
    }

    constexpr shape extents() const { return {batch, tokens, heads, dim}; }
    /// The tokens of one head in one sample: tokens x dim.
    constexpr matrix_view<T> head(std::size_t sample, std::size_t h) const {
        return {
            data + static_cast<std::ptrdiff_t>(sample) * batch_stride + static_cast<std::ptrdiff_t>(h) * head_stride,
            tokens, dim, token_stride};
    }
    /// Those of one head in all samples, (batch * tokens) x dim. For samples one after the other, as the constructor
    /// and the attention blocks make them.
    constexpr matrix_view<T> head(std::size_t h) const {
        return {data + static_cast<std::ptrdiff_t>(h) * head_stride, batch * tokens, dim, token_stride};
    }
};

/// What is done to the scores before the softmax. A score of -infinity, from `ignored`, `causal` or the bias, takes its
/// key out. A query that no key is left for gets the output 0 and has the gradient 0 (in PyTorch: NaN).
template <class T>
struct attention_scores {
    T scale = 1;          ///< of q·k
    bool causal = false;  ///< query i sees keys 0 … i only
    /// (batch, keys), not 0 where a key is to be ignored: torch's key_padding_mask. Empty for none.
    tensor_view<const std::uint8_t> ignored = {};
    /// (heads or 1, queries, keys), added to the scores of every sample. Empty for none.
    tensor_view<const T> bias = {};
};

namespace detail {

template <class T>
simd::heads_pointer<T> pointer_of(const heads_view<T>& x) {
    return {x.data, x.batch_stride, x.token_stride, x.head_stride};
}
template <class T>
void attention_forward(const simd::attention_problem<T>& p, const simd::heads_pointer<T>& out, isa level) {
    GEOLIP_SIMD_CALL(level, attention_forward<T>(p, out));
}
template <class T>
void attention_backward(const simd::attention_problem<T>& p, const simd::attention_gradient<T>& g, isa level) {
    GEOLIP_SIMD_CALL(level, attention_backward<T>(p, g));
}
/// The widest registers that `queries` queries fill at least half.
template <class T>
isa level_for_queries(std::size_t queries, isa wanted) {
    const isa level = resolve_isa(wanted);
    return level == isa::avx512 && queries <= 32 / sizeof(T) ? isa::avx2 : level;
}

}  // namespace detail

/// How many T attention keeps from forward to backward: two for each query and head.
constexpr std::size_t attention_statistics_size(std::size_t batch, std::size_t heads, std::size_t queries) {
    return 2 * batch * heads * queries;
}
/// How many T of scratch attention wants, forward or backward.
template <class T>
constexpr std::size_t attention_scratch_size(std::size_t queries, std::size_t keys, std::size_t dim) {
    constexpr std::size_t lanes = 64 / sizeof(T);
    const std::size_t width = (std::min)((queries + lanes - 1) / lanes, std::size_t{simd::attention_registers}) * lanes;
    const std::size_t padded_dim = (dim + lanes - 1) / lanes * lanes;
    return 5 * (width * padded_dim + 64) + 2 * (width * std::size_t{simd::attention_keys} + 64) + 3 * (width + 64) +
           width * lanes + 64 + 2 * (keys * padded_dim + 64);
}

/// Attention of every sample and head by itself. All views have the same batch, heads and dim; q and out have the same
/// tokens, k and v have. The caller sees to the shapes; nothing is checked or allocated here.
///
/// The scores are never stored: what grows with queries x keys is time alone. Sums run in an order that depends on the
/// shapes and the level only. NaN in a query reaches its outputs.
template <measured_scalar T>
class scaled_dot_product {
public:
    scaled_dot_product(heads_view<const T> q, heads_view<const T> k, heads_view<const T> v,
                       const attention_scores<T>& scores)
        : q_(q), k_(k), v_(v), scores_(scores) {}

    /// out = softmax(scale q kᵀ + bias) v. Sets `statistics`, of `attention_statistics_size`, for the backward pass.
    void forward(heads_view<T> out, std::span<T> statistics, std::span<T> scratch, isa level) const {
        if (k_.tokens == 0) return clear(out);
        detail::attention_forward<T>(problem(statistics.data(), scratch), detail::pointer_of(out),
                                     detail::level_for_queries<T>(q_.tokens, level));
    }
    /// Overwrites dq, dk and dv, and adds the gradient of the bias to `dbias`, which may be empty.
    void backward(heads_view<const T> out, std::span<const T> statistics, heads_view<const T> dout, heads_view<T> dq,
                  heads_view<T> dk, heads_view<T> dv, tensor_view<T> dbias, std::span<T> scratch, isa level) const {
        if (k_.tokens == 0) return clear(dq);
        if (q_.tokens == 0) {
            clear(dk);
            return clear(dv);
        }
        // The backward pass only reads the statistics.
        detail::attention_backward<T>(problem(const_cast<T*>(statistics.data()), scratch),
                                      {detail::pointer_of(out), detail::pointer_of(dout), detail::pointer_of(dq),
                                       detail::pointer_of(dk), detail::pointer_of(dv), dbias.data()},
                                      detail::level_for_queries<T>(q_.tokens, level));
    }

private:
    simd::attention_problem<T> problem(T* statistics, std::span<T> scratch) const {
        const auto index = [](std::size_t n) { return static_cast<std::ptrdiff_t>(n); };
        return {index(q_.batch),
                index(q_.tokens),
                index(k_.tokens),
                index(q_.heads),
                index(q_.dim),
                scores_.scale,
                scores_.causal,
                detail::pointer_of(q_),
                detail::pointer_of(k_),
                detail::pointer_of(v_),
                scores_.ignored.data(),
                scores_.bias.data(),
                index(scores_.bias.extents().front()),
                statistics,
                scratch.data()};
    }
    static void clear(const heads_view<T>& x) {
        for (std::size_t b = 0; b < x.batch; ++b)
            for (std::size_t h = 0; h < x.heads; ++h)
                for (std::size_t t = 0; t < x.tokens; ++t) std::fill_n(x.head(b, h).row(t), x.dim, T(0));
    }

    heads_view<const T> q_, k_, v_;
    attention_scores<T> scores_;
};

}  // namespace geolip::nn
