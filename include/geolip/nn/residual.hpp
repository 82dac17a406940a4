// Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT
#pragma once

/// \file
/// `residual`: y = x + f(x).

#include <cstddef>
#include <span>
#include <type_traits>
#include <utility>

#include "geolip/nn/chain.hpp"
#include "geolip/nn/detail/elementwise.hpp"
#include "geolip/nn/module.hpp"

namespace geolip::nn {

/// y = x + f(x), f the chain of the modules, which must give the shape it takes. The parameters of a single module keep
/// its names; those of several are called as in `chain`.
template <module... Ms>
class residual {
    using inner_type = std::conditional_t<sizeof...(Ms) == 1, typename detail::first_of<Ms...>::type, chain<Ms...>>;
    static_assert(detail::static_input_features<inner_type>() == dynamic ||
                      detail::static_output_features<inner_type>(dynamic) == dynamic ||
                      detail::static_input_features<inner_type>() ==
                          detail::static_output_features<inner_type>(dynamic),
                  "geolip::nn::residual<Modules...>: the modules must give as many features as they take");

public:
    using scalar_type = typename inner_type::scalar_type;
    static_assert(std::same_as<input_t<inner_type>, scalar_type>,
                  "geolip::nn::residual<Modules...>: the modules must take what they give");
    static constexpr std::size_t input_features = detail::static_input_features<inner_type>();
    static constexpr std::size_t output_features = detail::static_output_features<inner_type>(input_features);
    static constexpr bool reads_output = false;

    constexpr residual() = default;
    constexpr explicit(sizeof...(Ms) == 1) residual(Ms... modules) : inner_(std::move(modules)...) {}

    constexpr const inner_type& inner() const { return inner_; }

    shape output_shape(const shape& x) const {
        const shape y = nn::output_shape(inner_, x);
        if (y != x) detail::wrong_shape("residual", x, "the shape that its modules give for it, " + to_string(y));
        return y;
    }
    template <class Visit>
    void visit_parameters(Visit&& visit) const {
        if constexpr (sizeof...(Ms) == 1)
            detail::visit_prefixed(inner_, "", visit);
        else
            nn::visit_parameters(inner_, visit);
    }
    constexpr std::size_t parameter_count() const { return nn::parameter_count(inner_); }
    std::size_t kept_size(const shape& x) const { return own_size(x) + nn::kept_size(inner_, x); }
    std::size_t scratch_size(const shape& x) const { return nn::scratch_size(inner_, x); }

    void forward(std::span<const scalar_type> w, tensor_view<const scalar_type> x, tensor_view<scalar_type> y,
                 workspace<scalar_type> memory) const {
        detail::require_shapes(*this, "residual", x.extents(), y.extents());
        detail::require_memory("residual", "kept", memory.kept.size(), own_size(x.extents()));
        const tensor_view<scalar_type> inner_y = inner_output(x.extents(), y, memory);
        inner_.forward(w, x, inner_y, memory);
        detail::add<scalar_type>(y.data(), inner_y.data(), x.data(), y.size(), memory.isa);
    }
    void backward(std::span<const scalar_type> w, tensor_view<const scalar_type> x, tensor_view<const scalar_type> y,
                  tensor_view<const scalar_type> dy, tensor_view<scalar_type> dx, std::span<scalar_type> dw,
                  workspace<scalar_type> memory) const {
        detail::require_backward(*this, "residual", x.extents(), dy.extents(), dx, dw);
        const tensor_view<const scalar_type> inner_y = inner_output(x.extents(), y, memory);
        inner_.backward(w, x, inner_y, dy, dx, dw, memory);
        if (!dx) return;
        detail::add_into<scalar_type>(dx.data(), dy.data(), dx.size(), memory.isa);
    }
    /// What f itself keeps.
    template <class T>
    std::span<T> inner_kept(const shape& x, std::span<T> kept) const {
        return kept.subspan(own_size(x), nn::kept_size(inner_, x));
    }

private:
    // f(x) is kept by itself only where f's backward pass looks at it.
    std::size_t own_size(const shape& x) const {
        return nn::reads_output<inner_type> ? padded<scalar_type>(x.size()) : 0;
    }
    template <class T>
    tensor_view<T> inner_output(const shape& x, tensor_view<T> y, workspace<scalar_type>& memory) const {
        if constexpr (nn::reads_output<inner_type>)
            return {take(memory.kept, x.size()).data(), x};
        else
            return y;
    }

    inner_type inner_;
};

}  // namespace geolip::nn
