// Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT
#pragma once

/// \file
/// `token_attention`: token and position embeddings, self-attention and its residual as one block, which projects every
/// word of the vocabulary once instead of every token of the batch.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <utility>

#include "geolip/nn/attention.hpp"
#include "geolip/nn/chain.hpp"
#include "geolip/nn/detail/affine.hpp"
#include "geolip/nn/detail/elementwise.hpp"
#include "geolip/nn/embedding.hpp"
#include "geolip/nn/gemm.hpp"
#include "geolip/nn/module.hpp"
#include "geolip/nn/position_embedding.hpp"

namespace geolip::nn {

/// y = h + attention(h) with h[b, t] = E[id[b, t]] + P[t]: token ids (batch, tokens) to (batch, tokens, dim). It is
/// chain{name<"emb">(embedding), name<"">(position_embedding), name<"">(residual(name<"mha">(multi_head_attention)))},
/// with the same parameters under the same names ("emb.weight", "pos", "mha.in_proj_weight", …) and the same values up
/// to rounding, in less work.
///
/// The projection of h is linear: W h + b = W E[id] + (W P[t] + b). So a batch of more tokens than vocabulary and
/// positions have rows projects those rows and adds pairs of them; backward, the gradients of the projections are added
/// up by id and by position before they meet a matrix. A smaller batch is projected token by token; which of the two
/// depends on the shapes alone.
template <measured_scalar T>
class token_attention {
public:
    using scalar_type = T;
    using input_type = std::int32_t;
    static constexpr bool reads_output = false;

    /// \throws shape_error when the parts differ in their dim
    constexpr token_attention(embedding<T> words, position_embedding<T> positions, multi_head_attention<T> attention)
        : words_(std::move(words)), positions_(std::move(positions)), attention_(std::move(attention)) {
        if (words_.dim() != dim() || positions_.dim() != dim())
            geolip::detail::raise(shape_error("token_attention: embeddings of dim " + std::to_string(words_.dim()) +
                                              " and " + std::to_string(positions_.dim()) +
                                              " before an attention of dim " + std::to_string(dim()) +
                                              "; expected one dim"));
    }

    constexpr const embedding<T>& words() const { return words_; }
    constexpr const position_embedding<T>& positions() const { return positions_; }
    constexpr const multi_head_attention<T>& attention() const { return attention_; }

    shape output_shape(const shape& x) const {
        return nn::output_shape(attention_, nn::output_shape(positions_, nn::output_shape(words_, x)));
    }
    /// See `nn::require_input`.
    void require_input(tensor_view<const std::int32_t> x) const { words_.require_input(x); }
    template <class Visit>
    void visit_parameters(Visit&& visit) const {
        detail::visit_prefixed(words_, "emb", visit);
        detail::visit_prefixed(positions_, "", visit);
        detail::visit_prefixed(attention_, "mha", visit);
    }
    constexpr std::size_t parameter_count() const { return table_rows() * dim() + attention_.parameter_count(); }
    std::size_t kept_size(const shape& x) const {
        const shape h = output_shape(x);
        return padded<T>(h.size()) + nn::kept_size(attention_, h);
    }
    std::size_t scratch_size(const shape& x) const {
        const shape h = output_shape(x);
        const std::size_t own = by_table(h) ? table_rows() * projected() : h.size();
        return nn::scratch_size(attention_, h) + padded<T>(own) + padded<T>(product_scratch_size(h));
    }

    /// \throws usage_error for an id that is not in the vocabulary, and y is as it was
    void forward(std::span<const T> w, tensor_view<const std::int32_t> x, tensor_view<T> y, workspace<T> memory) const {
        detail::require_forward(*this, "token_attention", w, x.extents(), y.extents(), memory);
        const shape& h_shape = y.extents();
        const tensor_view<T> h(take(memory.kept, h_shape.size()).data(), h_shape);
        words_.forward(w, x, h, memory);
        const std::size_t sample = positions_.parameter_count();
        for (std::size_t i = 0; i < h.size(); i += sample)
            detail::add_into<T>(h.data() + i, w.data() + words_.parameter_count(), sample, memory.isa);
        const std::span<const T> inner = w.subspan(table_rows() * dim());
        const matrix_view<const T> weight(inner.data(), projected(), dim());
        const T* const bias = attention_.sizes().bias ? inner.data() + weight.rows() * dim() : nullptr;
        if (by_table(h_shape)) {
            T* const table = take(memory.scratch, table_rows() * projected()).data();
            T* const position = table + words_.vocabulary() * projected();
            const matrix_view<const T> at(w.data(), table_rows(), dim());
            gemm<T>(at.first_rows(words_.vocabulary()), transposed(weight), {table, words_.vocabulary(), projected()},
                    false, nullptr, memory.scratch, memory.isa);
            gemm<T>({at.row(words_.vocabulary()), positions_.tokens(), dim()}, transposed(weight),
                    {position, positions_.tokens(), projected()}, false, bias, memory.scratch, memory.isa);
            attention_.attend(inner, h_shape, y, memory, [&](std::size_t begin, std::size_t, matrix_view<T> rows) {
                const std::int32_t* id = x.data() + begin * positions_.tokens();
                for (std::size_t i = 0; i < rows.rows(); ++i)
                    detail::add<T>(rows.row(i), table + static_cast<std::size_t>(id[i]) * projected(),
                                   position + i % positions_.tokens() * projected(), projected(), memory.isa);
            });
        } else {
            attention_.attend(inner, h_shape, y, memory,
                              [&](std::size_t begin, std::size_t count, matrix_view<T> rows) {
                                  gemm<T>(h.slice(begin, count).matrix(), transposed(weight), rows, false, bias,
                                          memory.scratch, memory.isa);
                              });
        }
        detail::add_into<T>(y.data(), h.data(), y.size(), memory.isa);
    }
    void backward(std::span<const T> w, tensor_view<const std::int32_t> x, tensor_view<const T>,
                  tensor_view<const T> dy, tensor_view<T>, std::span<T> dw, workspace<T> memory) const {
        detail::require_backward(*this, "token_attention", x.extents(), dy.extents(), tensor_view<T>(), dw);
        const shape& h_shape = dy.extents();
        const tensor_view<const T> h(take(memory.kept, h_shape.size()).data(), h_shape);
        const std::span<const T> inner = w.subspan(table_rows() * dim());
        const std::span<T> inner_gradient = dw.subspan(table_rows() * dim());
        const matrix_view<const T> weight(inner.data(), projected(), dim());
        const matrix_view<T> weight_gradient(inner_gradient.data(), projected(), dim());
        T* const bias = attention_.sizes().bias ? inner_gradient.data() + weight.rows() * dim() : nullptr;
        if (by_table(h_shape)) {
            const std::span<T> sums = take(memory.scratch, table_rows() * projected());
            std::fill(sums.begin(), sums.end(), T(0));
            const matrix_view<T> by_row(sums.data(), table_rows(), projected());
            const matrix_view<T> by_position(by_row.row(words_.vocabulary()), positions_.tokens(), projected());
            attention_.attend_back(inner, h_shape, dy, inner_gradient, memory,
                                   [&](std::size_t begin, std::size_t count, matrix_view<const T> rows) {
                                       const std::int32_t* id = x.data() + begin * positions_.tokens();
                                       for (std::size_t i = 0; i < rows.rows(); ++i)
                                           detail::add_into<T>(by_row.row(static_cast<std::size_t>(id[i])), rows.row(i),
                                                               projected(), memory.isa);
                                       add_column_sums<T>({rows.data(), count, positions_.tokens() * projected()},
                                                          by_position.data(), memory.isa);
                                   });
            gemm<T>(by_row, weight, {dw.data(), table_rows(), dim()}, true, nullptr, memory.scratch, memory.isa);
            gemm<T>(transposed(by_row), {w.data(), table_rows(), dim()}, weight_gradient, true, nullptr, memory.scratch,
                    memory.isa);
            if (bias != nullptr) add_column_sums<T>(by_position, bias, memory.isa);
            embed_back(w, x, dy, dw, memory);
        } else {
            const tensor_view<T> dh(take(memory.scratch, h_shape.size()).data(), h_shape);
            const std::span<T> scratch = take(memory.scratch, product_scratch_size(h_shape));
            std::copy_n(dy.data(), dy.size(), dh.data());
            attention_.attend_back(inner, h_shape, dy, inner_gradient, memory,
                                   [&](std::size_t begin, std::size_t count, matrix_view<const T> rows) {
                                       gemm<T>(rows, weight, dh.slice(begin, count).matrix(), true, nullptr, scratch,
                                               memory.isa);
                                       gemm<T>(transposed(rows), h.slice(begin, count).matrix(), weight_gradient, true,
                                               nullptr, scratch, memory.isa);
                                       if (bias != nullptr) add_column_sums<T>(rows, bias, memory.isa);
                                   });
            embed_back(w, x, dh, dw, memory);
        }
    }

    /// h of the last forward pass of ids of shape `x` with this `kept` memory: tokens and positions, before attention.
    tensor_view<const T> embedded(const shape& x, std::span<const T> kept) const {
        return {kept.data(), output_shape(x)};
    }
    /// What the attention keeps; `attention().queries(output_shape(x), …)` and the like take it.
    std::span<const T> attention_kept(const shape& x, std::span<const T> kept) const {
        return kept.subspan(padded<T>(output_shape(x).size()));
    }

private:
    constexpr std::size_t dim() const { return attention_.sizes().dim; }
    constexpr std::size_t projected() const { return 3 * attention_.sizes().inner(); }
    // The words and then the positions: one matrix, for their parameters follow each other.
    constexpr std::size_t table_rows() const { return words_.vocabulary() + positions_.tokens(); }
    // A word that pads takes no gradient, which the table would give it.
    constexpr bool by_table(const shape& h) const { return !words_.padding() && table_rows() < h.rows(); }

    std::size_t product_scratch_size(const shape& h) const {
        return detail::affine_scratch_size<T>((std::max)(table_rows(), h.rows()), dim(), projected());
    }

    void embed_back(std::span<const T> w, tensor_view<const std::int32_t> x, tensor_view<const T> dh, std::span<T> dw,
                    const workspace<T>& memory) const {
        words_.backward(w, x, {}, dh, {}, dw, memory);
        add_column_sums<T>({dh.data(), dh.extents()[0], positions_.parameter_count()},
                           dw.data() + words_.parameter_count(), memory.isa);
    }

    embedding<T> words_;
    position_embedding<T> positions_;
    multi_head_attention<T> attention_;
};

}  // namespace geolip::nn
