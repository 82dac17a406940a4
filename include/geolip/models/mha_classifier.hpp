// Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT
#pragma once

/// \file
/// The classifier of the attention experiment, and the matrices that the experiment measures.

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

#include "geolip/core/matrix_view.hpp"
#include "geolip/nn/attention.hpp"
#include "geolip/nn/chain.hpp"
#include "geolip/nn/embedding.hpp"
#include "geolip/nn/layer_norm.hpp"
#include "geolip/nn/linear.hpp"
#include "geolip/nn/mean_pool.hpp"
#include "geolip/nn/named.hpp"
#include "geolip/nn/parameters.hpp"
#include "geolip/nn/position_embedding.hpp"
#include "geolip/nn/token_attention.hpp"

namespace geolip::models {

/// Token ids (batch, length) to logits (batch, classes): an embedding and one of the positions, self-attention with a
/// residual (these in one block, which projects words instead of tokens), a LayerNorm, the mean over the tokens, a
/// linear head.
///
/// Its parameters have the names, shapes and first laws of the documented PyTorch module: "emb.weight", "pos",
/// "mha.in_proj_weight", "mha.in_proj_bias", "mha.out_proj.weight", "mha.out_proj.bias", "norm.weight", "norm.bias",
/// "head.weight", "head.bias".
template <measured_scalar T>
using mha_classifier = nn::chain<nn::named<"", nn::token_attention<T>>, nn::named<"norm", nn::layer_norm<T>>,
                                 nn::mean_pool<T>, nn::named<"head", nn::linear<T>>>;

/// The defaults are the experiment's first configuration.
struct mha_classifier_sizes {
    std::size_t vocabulary = 256;
    std::size_t dim = 64;
    std::size_t heads = 1;
    std::size_t length = 8;
    std::size_t classes = 10;
};

/// \throws shape_error for a size of 0, or a dim that the heads do not divide
template <measured_scalar T>
mha_classifier<T> make_mha_classifier(const mha_classifier_sizes& s) {
    using nn::name;
    return {name<"">(nn::token_attention<T>(nn::embedding<T>(s.vocabulary, s.dim),
                                            nn::position_embedding<T>(s.length, s.dim),
                                            nn::multi_head_attention<T>(s.dim, s.heads))),
            name<"norm">(nn::layer_norm<T>(s.dim)), nn::mean_pool<T>(), name<"head">(nn::linear<T>(s.dim, s.classes))};
}

namespace detail {

template <class T>
matrix_view<T> columns(matrix_view<T> m, std::size_t begin, std::size_t count) {
    return {m.data() + static_cast<std::ptrdiff_t>(begin) * m.col_stride(), m.rows(), count, m.row_stride(),
            m.col_stride()};
}

inline std::string head_key(std::string_view prefix, std::size_t head) {
    std::string key(prefix);
    key += "_h";
    key += std::to_string(head);
    return key;
}

template <class T>
const auto& attention_of(const mha_classifier<T>& m) {
    return m.template get<0>().attention();
}

}  // namespace detail

/// Calls `visit(key, matrix)` for every weight the experiment measures, by the documented keys and in their order:
/// "emb" (vocabulary x dim), "Q_full", "K_full", "V_full" (dim x dim), "Q_h0", "K_h0", "V_h0", "Q_h1", … (head_dim x
/// dim, the rows of a head), "out_proj" (dim x dim), "cls_head" (classes x dim). The matrices are views of `w`.
template <measured_scalar T, class Visit>
void visit_weights(const mha_classifier<T>& m, std::span<const T> w, Visit&& visit) {
    const auto& sizes = detail::attention_of(m).sizes();
    matrix_view<const T> emb, projections, out, head;
    for (const nn::parameter& p : nn::parameters_of(m)) {
        if (p.name == "emb.weight") emb = p.in(w).matrix();
        if (p.name == "mha.in_proj_weight") projections = p.in(w).matrix();
        if (p.name == "mha.out_proj.weight") out = p.in(w).matrix();
        if (p.name == "head.weight") head = p.in(w).matrix();
    }
    const auto rows = [&](std::size_t role, std::size_t begin, std::size_t count) {
        return matrix_view<const T>(projections.row(role * sizes.inner() + begin), count, sizes.dim);
    };
    constexpr std::string_view roles[] = {"Q", "K", "V"};
    visit(std::string("emb"), emb);
    for (std::size_t r = 0; r < 3; ++r) visit(std::string(roles[r]) + "_full", rows(r, 0, sizes.inner()));
    for (std::size_t h = 0; h < sizes.heads; ++h)
        for (std::size_t r = 0; r < 3; ++r)
            visit(detail::head_key(roles[r], h), rows(r, h * sizes.head_dim, sizes.head_dim));
    visit(std::string("out_proj"), out);
    visit(std::string("cls_head"), head);
}

/// Calls `visit(key, matrix)` for every activation the experiment measures, by the documented keys and in their order:
/// "act_Q_h0", "act_K_h0", "act_V_h0", "act_post_h0" (what the LayerNorm gives, the columns of a head), "act_Q_h1", …
/// (batch * length x head_dim); "act_emb" (tokens and positions, before the attention) and "act_post_full" (batch *
/// length x dim). The matrices are views of `kept`, the kept memory of a forward pass of an input of shape `x`.
template <measured_scalar T, class Visit>
void visit_activations(const mha_classifier<T>& m, const nn::shape& x, std::span<const T> kept, Visit&& visit) {
    const auto& attention = detail::attention_of(m);
    const nn::shape inner = m.template input_shape_of<1>(x);
    const std::span<const T> own_kept = m.template kept_of<0>(x, kept);
    const std::span<const T> inner_kept = m.template get<0>().attention_kept(x, own_kept);
    const matrix_view<const T> embedded = m.template get<0>().embedded(x, own_kept).matrix();
    const matrix_view<const T> post = m.template output_of<1>(x, kept).matrix();
    const auto queries = attention.queries(inner, inner_kept);
    const auto keys = attention.keys(inner, inner_kept);
    const auto values = attention.values(inner, inner_kept);
    const std::size_t head_dim = attention.sizes().head_dim;
    for (std::size_t h = 0; h < attention.sizes().heads; ++h) {
        visit(detail::head_key("act_Q", h), queries.head(h));
        visit(detail::head_key("act_K", h), keys.head(h));
        visit(detail::head_key("act_V", h), values.head(h));
        visit(detail::head_key("act_post", h), detail::columns(post, h * head_dim, head_dim));
    }
    visit(std::string("act_emb"), embedded);
    visit(std::string("act_post_full"), post);
}

}  // namespace geolip::models
