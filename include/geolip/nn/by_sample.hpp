// Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT
#pragma once

/// \file
/// `by_sample`: a module applied to one sample of the batch after the other.

#include <cstddef>
#include <span>
#include <utility>

#include "geolip/nn/module.hpp"

namespace geolip::nn {

/// The same function as M, for samples one at a time: what M makes of a sample stays in the processor's cache until M
/// is done with it. For large activations of few parameters, such as those of convolutions. M must treat the samples,
/// the first axis, independently. Gradients of parameters are added in the order of the samples.
///
/// At the end of a `chain`, `data_parallel` goes forward, through the loss and backward with each sample before the
/// next, and keeps nothing of it: the loss is then called for one sample at a time.
template <module M>
class by_sample : public M {
public:
    using T = typename M::scalar_type;
    static_assert(std::same_as<input_t<M>, T>, "geolip::nn::by_sample<M>: M must take scalars");
    static constexpr bool works_by_sample = true;

    constexpr explicit by_sample(M m) : M(std::move(m)) {}

    constexpr const M& of_one() const { return *this; }

    std::size_t kept_size(const shape& x) const { return x.front() * nn::kept_size(of_one(), x.with_front(1)); }
    std::size_t scratch_size(const shape& x) const { return nn::scratch_size(of_one(), x.with_front(1)); }

    void forward(std::span<const T> w, tensor_view<const T> x, tensor_view<T> y, workspace<T> memory) const {
        detail::require_forward(*this, "by_sample", w, x.extents(), y.extents(), memory);
        for (std::size_t n = 0; n < x.extents().front(); ++n)
            M::forward(w, x.slice(n, 1), y.slice(n, 1), memory_of(n, x.extents(), memory));
    }
    void backward(std::span<const T> w, tensor_view<const T> x, tensor_view<const T> y, tensor_view<const T> dy,
                  tensor_view<T> dx, std::span<T> dw, workspace<T> memory) const {
        detail::require_backward(*this, "by_sample", x.extents(), dy.extents(), dx, dw);
        for (std::size_t n = 0; n < x.extents().front(); ++n)
            M::backward(w, x.slice(n, 1), y.slice(n, 1), dy.slice(n, 1), dx ? dx.slice(n, 1) : dx, dw,
                        memory_of(n, x.extents(), memory));
    }

private:
    workspace<T> memory_of(std::size_t n, const shape& x, const workspace<T>& memory) const {
        const std::size_t each = nn::kept_size(of_one(), x.with_front(1));
        return {memory.kept.subspan(n * each, each), memory.scratch, memory.isa};
    }
};

}  // namespace geolip::nn
