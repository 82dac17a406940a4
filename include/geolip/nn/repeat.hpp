// Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT
#pragma once

/// \file
/// `repeat`: copies of one module, each with parameters of its own, as many as are wanted at run time.

#include <algorithm>
#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "geolip/nn/module.hpp"

namespace geolip::nn {

/// y = m(m(… m(x))), `count` times, where M gives the shape it takes. Every copy has its own parameters, called "0.…",
/// "1.…"; no copy at all is the identity. Every intermediate result stays in `memory.kept`.
template <module M>
class repeat {
public:
    using scalar_type = typename M::scalar_type;
    static_assert(std::same_as<input_t<M>, scalar_type>, "geolip::nn::repeat<M>: M must take what it gives");
    static constexpr bool reads_output = nn::reads_output<M>;

    constexpr repeat(M m, std::size_t count) : module_(std::move(m)), count_(count) {}

    constexpr const M& get() const { return module_; }
    constexpr std::size_t count() const { return count_; }

    shape output_shape(const shape& x) const {
        const shape y = nn::output_shape(module_, x);
        if (y != x) detail::wrong_shape("repeat", x, "the shape that its module gives for it, " + to_string(y));
        return y;
    }
    template <class Visit>
    void visit_parameters(Visit&& visit) const {
        for (std::size_t i = 0; i < count_; ++i) {
            const std::string prefix = std::to_string(i) + '.';
            nn::visit_parameters(module_, [&](std::string_view name, const shape& s, const initialiser& law) {
                visit(std::string_view(prefix + std::string(name)), s, law);
            });
        }
    }
    constexpr std::size_t parameter_count() const { return count_ * nn::parameter_count(module_); }
    std::size_t kept_size(const shape& x) const {
        return count_ == 0 ? 0 : count_ * nn::kept_size(module_, x) + (count_ - 1) * padded<scalar_type>(x.size());
    }
    std::size_t scratch_size(const shape& x) const {
        return count_ == 0 ? 0 : 2 * padded<scalar_type>(x.size()) + nn::scratch_size(module_, x);
    }

    void forward(std::span<const scalar_type> w, tensor_view<const scalar_type> x, tensor_view<scalar_type> y,
                 workspace<scalar_type> memory) const {
        detail::require_forward(*this, "repeat", w, x.extents(), y.extents(), memory);
        if (count_ == 0) std::copy_n(x.data(), x.size(), y.data());
        for (std::size_t i = 0; i < count_; ++i)
            module_.forward(parameters_of_copy(w, i), input(i, x, memory.kept),
                            i + 1 == count_ ? y : result(i, x.extents(), memory.kept),
                            own_memory(i, x.extents(), memory));
    }
    void backward(std::span<const scalar_type> w, tensor_view<const scalar_type> x, tensor_view<const scalar_type> y,
                  tensor_view<const scalar_type> dy, tensor_view<scalar_type> dx, std::span<scalar_type> dw,
                  workspace<scalar_type> memory) const {
        detail::require_backward(*this, "repeat", x.extents(), dy.extents(), dx, dw);
        if (count_ == 0) {
            if (dx) std::copy_n(dy.data(), dy.size(), dx.data());
            return;
        }
        const shape& s = x.extents();
        const tensor_view<scalar_type> gradient[2] = {{take(memory.scratch, s.size()).data(), s},
                                                      {take(memory.scratch, s.size()).data(), s}};
        for (std::size_t i = count_; i-- > 0;)
            module_.backward(parameters_of_copy(w, i), input(i, x, memory.kept),
                             i + 1 == count_ ? y : tensor_view<const scalar_type>(result(i, s, memory.kept)),
                             i + 1 == count_ ? dy : tensor_view<const scalar_type>(gradient[(i + 1) % 2]),
                             i == 0 ? dx : gradient[i % 2], parameters_of_copy(dw, i), own_memory(i, s, memory));
    }

    /// The parameters of copy i within those of all.
    template <class T>
    std::span<T> parameters_of_copy(std::span<T> w, std::size_t i) const {
        const std::size_t each = nn::parameter_count(module_);
        return w.subspan(i * each, each);
    }

private:
    // First what the copies keep, then what all but the last give.
    template <class T>
    tensor_view<T> result(std::size_t i, const shape& x, std::span<T> kept) const {
        return {kept.data() + count_ * nn::kept_size(module_, x) + i * padded<scalar_type>(x.size()), x};
    }
    tensor_view<const scalar_type> input(std::size_t i, tensor_view<const scalar_type> x,
                                         std::span<scalar_type> kept) const {
        return i == 0 ? x : tensor_view<const scalar_type>(result(i - 1, x.extents(), kept));
    }
    workspace<scalar_type> own_memory(std::size_t i, const shape& x, const workspace<scalar_type>& memory) const {
        const std::size_t each = nn::kept_size(module_, x);
        return {memory.kept.subspan(i * each, each), memory.scratch, memory.isa};
    }

    M module_;
    std::size_t count_;
};

}  // namespace geolip::nn
