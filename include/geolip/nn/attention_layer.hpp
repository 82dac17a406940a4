// Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT
#pragma once

/// \file
/// `attention_layer`: what the modules of attention.hpp have in common.

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "geolip/nn/attention_inputs.hpp"
#include "geolip/nn/detail/affine.hpp"
#include "geolip/nn/module.hpp"
#include "geolip/nn/scaled_dot_product.hpp"

namespace geolip::nn {

/// y = softmax(scale Q Kᵀ + bias) V · Woᵀ + bo, head by head, with Q from x and K, V from x or from a context:
/// (batch, queries, dim) to the same. What `multi_head_attention` and `separate_attention` have in common; they say how
/// the parameters are called and drawn.
///
/// In memory the parameters are the weights of Q, K and V, one under the other, their biases, Wo and bo. Kept are Q, K,
/// V, the heads' outputs and two numbers for each query and head, never the scores. For the treatment of queries that
/// no key is left for, see `attention_scores`.
template <measured_scalar T>
class attention_layer {
public:
    using scalar_type = T;
    static constexpr bool reads_output = false;

    /// \throws shape_error for a size of 0
    constexpr attention_layer(std::string_view block, const attention_sizes& sizes) : block_(block), sizes_(sizes) {
        if (sizes.dim == 0 || sizes.context_dim == 0 || sizes.heads == 0 || sizes.head_dim == 0) {
            std::string text = title();
            text += ": expected sizes of at least 1";
            geolip::detail::raise(shape_error(text));
        }
    }

    constexpr const attention_sizes& sizes() const { return sizes_; }
    constexpr std::size_t parameter_count() const {
        return input_count() + out_size() + (sizes_.bias ? sizes_.dim : 0);
    }

    shape output_shape(const shape& x) const {
        require_x(x);
        if (sizes_.context_dim != sizes_.dim)
            detail::wrong_shape(title(), x, expected("a context of its own, batch x keys x ", sizes_.context_dim));
        return x;
    }
    /// \throws shape_error naming both shapes when x or one of the inputs does not fit
    shape output_shape(const shape& x, const attention_inputs<T>& in) const {
        if (!in.context) output_shape(x);
        require_x(x);
        const shape& c = in.context ? in.context.extents() : x;
        require(c.rank() == 3 && c[0] == x[0] && (c[1] > 0 || !in.context) && c[2] == sizes_.context_dim, "a context",
                c, shape{x[0], c.rank() > 1 ? (std::max)(c[1], std::size_t{1}) : 1, sizes_.context_dim}, x);
        require(!in.ignored || in.ignored.extents() == shape{x[0], c[1]}, "a mask of ignored keys",
                in.ignored.extents(), shape{x[0], c[1]}, x);
        const shape bias = {sizes_.heads, x[1], c[1]};
        require(!in.bias || in.bias.extents() == bias || in.bias.extents() == bias.with_front(1), "a bias",
                in.bias.extents(), bias, x);
        return x;
    }

    /// For x of this shape, and a context of `tokens` tokens where there is one.
    std::size_t kept_size(const shape& x) const { return kept_size(x, 0); }
    std::size_t kept_size(const shape& x, std::size_t tokens) const {
        const std::size_t inner = sizes_.inner();
        const std::size_t projected = tokens == 0 ? padded<T>(x.rows() * 3 * inner)
                                                  : padded<T>(x.rows() * inner) + padded<T>(x[0] * tokens * 2 * inner);
        return projected + padded<T>(x.rows() * inner) + padded<T>(attention_statistics_size(x[0], sizes_.heads, x[1]));
    }
    std::size_t scratch_size(const shape& x) const { return scratch_size(x, 0); }
    std::size_t scratch_size(const shape& x, std::size_t tokens) const {
        const std::size_t inner = sizes_.inner();
        const std::size_t rows = x.rows();
        const std::size_t key_rows = tokens == 0 ? rows : x[0] * tokens;
        const std::size_t products =
            (std::max)({detail::affine_scratch_size<T>(rows, sizes_.dim, 3 * inner),
                        detail::affine_scratch_size<T>(rows, sizes_.dim, inner),
                        detail::affine_scratch_size<T>(key_rows, sizes_.context_dim, 2 * inner),
                        detail::affine_scratch_size<T>(rows, inner, sizes_.dim)});
        const std::size_t core = attention_scratch_size<T>(x[1], tokens == 0 ? x[1] : tokens, sizes_.head_dim);
        return padded<T>(rows * inner) + padded<T>(rows * inner) + padded<T>(key_rows * 2 * inner) +
               (std::max)(padded<T>(products), padded<T>(core));
    }

    /// Self-attention.
    void forward(std::span<const T> w, tensor_view<const T> x, tensor_view<T> y, workspace<T> memory) const {
        forward(w, x, attention_inputs<T>(), y, memory);
    }
    void backward(std::span<const T> w, tensor_view<const T> x, tensor_view<const T> y, tensor_view<const T> dy,
                  tensor_view<T> dx, std::span<T> dw, workspace<T> memory) const {
        backward(w, x, attention_inputs<T>(), y, dy, dx, attention_gradients<T>(), dw, memory);
    }

    /// Attention with more inputs; `memory` has the sizes of `kept_size` and `scratch_size` with the context's tokens.
    /// \throws shape_error as `output_shape` does, and for a gradient that is not of its input's shape; usage_error for
    ///         less memory
    void forward(std::span<const T> w, tensor_view<const T> x, const attention_inputs<T>& in, tensor_view<T> y,
                 workspace<T> memory) const {
        require(output_shape(x.extents(), in) == y.extents(), "an output", y.extents(), x.extents(), x.extents());
        detail::require_parameters(block_, w.size(), parameter_count());
        require_memory(x.extents(), context_tokens(in), memory);
        const parameters<const T> p = parameters_in(w);
        const activations<T> a = activations_in(x.extents(), context_tokens(in), memory.kept);
        attend(p, a, in, y, memory, [&](std::size_t begin, std::size_t count, const activations<T>& part) {
            const matrix_view<const T> rows = x.slice(begin, count).matrix();
            if (in.context) {
                detail::affine<T>(rows, p.q, p.q_bias, part.query_rows, memory);
                detail::affine<T>(in.context.slice(begin, count).matrix(), p.kv, p.kv_bias, part.key_rows, memory);
            } else {
                detail::affine<T>(rows, p.qkv, p.q_bias, part.query_rows, memory);
            }
        });
    }
    void backward(std::span<const T> w, tensor_view<const T> x, const attention_inputs<T>& in, tensor_view<const T>,
                  tensor_view<const T> dy, tensor_view<T> dx, const attention_gradients<T>& d, std::span<T> dw,
                  workspace<T> memory) const {
        detail::require_gradients(block_, x.extents(), x.extents(), dy.extents(), dx, dw.size(), parameter_count());
        require_gradient("a gradient of the context", d.context, in.context, x.extents());
        require_gradient("a gradient of the bias", d.bias, in.bias, x.extents());
        const parameters<const T> p = parameters_in(w);
        const parameters<T> g = parameters_in(dw);
        const activations<T> a = activations_in(x.extents(), context_tokens(in), memory.kept);
        // The gradients of the activations lie in scratch memory as the activations do in kept memory.
        const activations<T> da = activations_in(x.extents(), context_tokens(in), memory.scratch, false);
        memory.scratch = memory.scratch.subspan((std::min)(memory.scratch.size(), da.used));
        attend_back(p, a, in, dy, da, g, d, memory,
                    [&](std::size_t begin, std::size_t count, const activations<T>& part) {
                        const matrix_view<const T> rows = x.slice(begin, count).matrix();
                        const matrix_view<T> dx_rows = dx ? dx.slice(begin, count).matrix() : matrix_view<T>();
                        if (in.context) {
                            const matrix_view<T> dcontext =
                                d.context ? d.context.slice(begin, count).matrix() : matrix_view<T>();
                            detail::affine_gradients<T>(rows, p.q, part.query_rows, dx_rows, g.q, g.q_bias, memory);
                            detail::affine_gradients<T>(in.context.slice(begin, count).matrix(), p.kv, part.key_rows,
                                                        dcontext, g.kv, g.kv_bias, memory);
                        } else {
                            detail::affine_gradients<T>(rows, p.qkv, part.query_rows, dx_rows, g.qkv, g.q_bias, memory);
                        }
                    });
    }

    /// Self-attention for a module that projects by itself: `project(begin, count, rows)` sets the rows (q, k, v) of
    /// the tokens of samples `begin` … `begin + count - 1`, one a token. x is the shape of the tokens.
    template <class Project>
    void attend(std::span<const T> w, const shape& x, tensor_view<T> y, workspace<T> memory, Project&& project) const {
        attend(parameters_in(w), activations_in(x, 0, memory.kept), {}, y, memory,
               [&](std::size_t begin, std::size_t count, const activations<T>& part) {
                   project(begin, count, part.query_rows);
               });
    }
    /// Back to the gradients of the projections, which `use(begin, count, rows)` is given, and adds those of the output
    /// projection to dw. The rows are gone when `use` returns.
    template <class Use>
    void attend_back(std::span<const T> w, const shape& x, tensor_view<const T> dy, std::span<T> dw,
                     workspace<T> memory, Use&& use) const {
        const activations<T> da = activations_in(x, 0, memory.scratch, false);
        memory.scratch = memory.scratch.subspan((std::min)(memory.scratch.size(), da.used));
        attend_back(parameters_in(w), activations_in(x, 0, memory.kept), {}, dy, da, parameters_in(dw), {}, memory,
                    [&](std::size_t begin, std::size_t count, const activations<T>& part) {
                        use(begin, count, part.query_rows);
                    });
    }

    /// The queries, keys and values of the last forward pass with this `kept` memory, and what the heads made of them
    /// before the output projection; x and `tokens` as in `kept_size`. `queries(…).head(h)` is the matrix of one head.
    heads_view<const T> queries(const shape& x, std::span<const T> kept, std::size_t tokens = 0) const {
        return activations_in(x, tokens, kept).q;
    }
    heads_view<const T> keys(const shape& x, std::span<const T> kept, std::size_t tokens = 0) const {
        return activations_in(x, tokens, kept).k;
    }
    heads_view<const T> values(const shape& x, std::span<const T> kept, std::size_t tokens = 0) const {
        return activations_in(x, tokens, kept).v;
    }
    heads_view<const T> head_outputs(const shape& x, std::span<const T> kept, std::size_t tokens = 0) const {
        return activations_in(x, tokens, kept).mixed;
    }

protected:
    constexpr std::size_t input_count() const {
        const std::size_t inner = sizes_.inner();
        return inner * sizes_.dim + 2 * inner * sizes_.context_dim + (sizes_.bias ? 3 * inner : 0);
    }
    constexpr std::size_t out_size() const { return sizes_.dim * sizes_.inner(); }

private:
    template <class U>
    struct parameters {
        matrix_view<U> q, kv, qkv, out;  // (out features, in features); qkv where x has the context's features
        U *q_bias, *kv_bias, *out_bias;
    };
    template <class U>
    parameters<U> parameters_in(std::span<U> w) const {
        const std::size_t inner = sizes_.inner();
        U* const q = w.data();
        U* const kv = q + inner * sizes_.dim;
        U* const bias = sizes_.bias ? kv + 2 * inner * sizes_.context_dim : nullptr;
        U* const out = q + input_count();
        return {{q, inner, sizes_.dim},
                {kv, 2 * inner, sizes_.context_dim},
                {q, 3 * inner, sizes_.dim},
                {out, sizes_.dim, inner},
                bias,
                sizes_.bias ? bias + inner : nullptr,
                sizes_.bias ? out + out_size() : nullptr};
    }

    template <class U>
    struct activations {
        heads_view<U> q, k, v, mixed;
        matrix_view<U> query_rows, key_rows, mixed_rows;
        std::span<U> statistics;
        std::size_t used;
    };
    // Rows (q, k, v) of a token, or, with a context, rows (q) of x and rows (k, v) of the context.
    template <class U>
    activations<U> activations_in(const shape& x, std::size_t tokens, std::span<U> memory,
                                  bool statistics = true) const {
        const std::size_t inner = sizes_.inner();
        const std::size_t whole = memory.size();
        const auto heads_in = [&](U* first, std::size_t count, std::size_t row) {
            return heads_view<U>(first, x[0], count, sizes_.heads, sizes_.head_dim, row);
        };
        activations<U> a;
        const std::size_t row = tokens == 0 ? 3 * inner : inner;
        U* const q = take_part(memory, x.rows() * row);
        a.query_rows = {q, x.rows(), row};
        a.q = heads_in(q, x[1], row);
        if (tokens == 0) {
            a.key_rows = {};
            a.k = heads_in(q + inner, x[1], row);
            a.v = heads_in(q + 2 * inner, x[1], row);
        } else {
            U* const k = take_part(memory, x[0] * tokens * 2 * inner);
            a.key_rows = {k, x[0] * tokens, 2 * inner};
            a.k = heads_in(k, tokens, 2 * inner);
            a.v = heads_in(k + inner, tokens, 2 * inner);
        }
        U* const mixed = take_part(memory, x.rows() * inner);
        a.mixed_rows = {mixed, x.rows(), inner};
        a.mixed = heads_in(mixed, x[1], inner);
        if (statistics) a.statistics = memory.first(attention_statistics_size(x[0], sizes_.heads, x[1]));
        a.used = whole - memory.size();
        return a;
    }
    template <class U>
    static U* take_part(std::span<U>& memory, std::size_t count) {
        U* const part = memory.data();
        memory = memory.subspan(padded<T>(count));
        return part;
    }
    static std::size_t context_tokens(const attention_inputs<T>& in) {
        return in.context ? in.context.extents()[1] : 0;
    }

    // Of samples from `begin`, whose activations are a.
    scaled_dot_product<T> core(const activations<T>& a, const attention_inputs<T>& in, std::size_t begin) const {
        return {
            a.q, a.k, a.v, {static_cast<T>(sizes_.scale), sizes_.causal, in.ignored.slice(begin, a.q.batch), in.bias}};
    }
    // Samples `begin` … `begin + count - 1` of the activations, and of the inputs.
    static activations<T> slice(activations<T> a, std::size_t begin, std::size_t count) {
        const auto heads = [&](heads_view<T>& h) {
            h.data += static_cast<std::ptrdiff_t>(begin) * h.batch_stride;
            h.batch = count;
        };
        const auto rows = [&](matrix_view<T>& m, std::size_t tokens) {
            if (m.data() != nullptr) m = {m.row(begin * tokens), count * tokens, m.cols(), m.row_stride()};
        };
        rows(a.query_rows, a.q.tokens);
        rows(a.key_rows, a.k.tokens);
        rows(a.mixed_rows, a.q.tokens);
        if (!a.statistics.empty())
            a.statistics = a.statistics.subspan(attention_statistics_size(begin, a.q.heads, a.q.tokens));
        for (heads_view<T>* h : {&a.q, &a.k, &a.v, &a.mixed}) heads(*h);
        return a;
    }
    // Some samples at a time, which a second-level cache keeps from the projection to the output. Every row and every
    // sum is the same chain of operations in any partition, so the bits do not depend on it.
    template <class Visit>
    static void each_part(const activations<T>& a, Visit&& visit) {
        constexpr std::size_t rows = 192;
        const std::size_t most =
            (std::max)(std::size_t{1}, rows / (std::max)({std::size_t{1}, a.q.tokens, a.k.tokens}));
        for (std::size_t begin = 0; begin < a.q.batch; begin += most) visit(begin, (std::min)(most, a.q.batch - begin));
    }
    // `project(begin, count, part)` sets queries, keys and values.
    template <class Project>
    void attend(const parameters<const T>& p, const activations<T>& a, const attention_inputs<T>& in, tensor_view<T> y,
                const workspace<T>& memory, Project&& project) const {
        each_part(a, [&](std::size_t begin, std::size_t count) {
            const activations<T> part = slice(a, begin, count);
            project(begin, count, part);
            core(part, in, begin).forward(part.mixed, part.statistics, memory.scratch, memory.isa);
            detail::affine<T>(part.mixed_rows, p.out, p.out_bias, y.slice(begin, count).matrix(), memory);
        });
    }
    // `use(begin, count, part)` takes their gradients.
    template <class Use>
    void attend_back(const parameters<const T>& p, const activations<T>& a, const attention_inputs<T>& in,
                     tensor_view<const T> dy, const activations<T>& da, const parameters<T>& g,
                     const attention_gradients<T>& d, const workspace<T>& memory, Use&& use) const {
        each_part(a, [&](std::size_t begin, std::size_t count) {
            const activations<T> part = slice(a, begin, count), dpart = slice(da, 0, count);  // used before the next
            detail::affine_gradients<T>(part.mixed_rows, p.out, dy.slice(begin, count).matrix(), dpart.mixed_rows,
                                        g.out, g.out_bias, memory);
            core(part, in, begin)
                .backward(part.mixed, part.statistics, dpart.mixed, dpart.q, dpart.k, dpart.v, d.bias, memory.scratch,
                          memory.isa);
            use(begin, count, dpart);
        });
    }
    std::string title() const {
        std::string text(block_);
        text += " of dim ";
        text += std::to_string(sizes_.dim);
        text += " with ";
        text += std::to_string(sizes_.heads);
        text += " heads of ";
        text += std::to_string(sizes_.head_dim);
        return text;
    }
    static std::string expected(const char* axes, std::size_t features) {
        std::string text = axes;
        text += std::to_string(features);
        return text;
    }
    void require_x(const shape& x) const {
        if (x.rank() != 3 || x[2] != sizes_.dim)
            detail::wrong_shape(title(), x, expected("batch x tokens x ", sizes_.dim));
    }
    void require(bool fits, const char* what, const shape& got, const shape& expected, const shape& x) const {
        if (fits) return;
        std::string text = title();
        text += ": ";
        text += what;
        text += " of shape ";
        text += to_string(got);
        text += "; expected ";
        text += to_string(expected);
        text += " for an input of shape ";
        text += to_string(x);
        geolip::detail::raise(shape_error(text));
    }

    static shape shape_of(tensor_view<const T> t) { return t ? t.extents() : shape{0}; }
    void require_gradient(const char* what, tensor_view<const T> gradient, tensor_view<const T> of,
                          const shape& x) const {
        require(!gradient || gradient.extents() == shape_of(of), what, gradient.extents(), shape_of(of), x);
    }
    void require_memory(const shape& x, std::size_t tokens, const workspace<T>& memory) const {
        const std::size_t kept = kept_size(x, tokens);
        const std::size_t scratch = scratch_size(x, tokens);
        if (memory.kept.size() >= kept && memory.scratch.size() >= scratch) return;
        std::string text = title();
        text += ": memory for ";
        text += std::to_string(memory.kept.size());
        text += " kept and ";
        text += std::to_string(memory.scratch.size());
        text += " scratch elements; expected kept_size and scratch_size of the input and the context's tokens, ";
        text += std::to_string(kept);
        text += " and ";
        text += std::to_string(scratch);
        geolip::detail::raise(usage_error(text));
    }

    std::string_view block_;
    attention_sizes sizes_;
};

}  // namespace geolip::nn
