// Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT
#pragma once

/// \file
/// `position_embedding`: a learned vector added at every position.

#include <algorithm>
#include <cstddef>
#include <span>
#include <string>

#include "geolip/nn/detail/elementwise.hpp"
#include "geolip/nn/gemm.hpp"
#include "geolip/nn/module.hpp"

namespace geolip::nn {

/// y[b] = x[b] + pos[0]: (batch, tokens, dim) to the same. The one parameter, "pos" (1, tokens, dim), is drawn from
/// N(0, sd²). `Tokens` and `Dim` may be left to the constructor. The gradient of "pos" is the sum over the batch, from
/// the first sample to the last.
template <measured_scalar T, std::size_t Tokens = dynamic, std::size_t Dim = dynamic>
class position_embedding {
    static_assert(Tokens != 0 && Dim != 0,
                  "geolip::nn::position_embedding<T, Tokens, Dim>: Tokens and Dim must be at least 1");

public:
    using scalar_type = T;
    static constexpr std::size_t input_features = Dim;
    static constexpr std::size_t output_features = Dim;
    static constexpr bool reads_output = false;
    static constexpr double standard_sd = 0.02;

    constexpr explicit position_embedding(double sd = standard_sd)
        requires(Tokens != dynamic && Dim != dynamic)
        : sd_(sd) {}
    /// \throws shape_error for a size of 0, or one that is not that of the type
    constexpr position_embedding(std::size_t tokens, std::size_t dim, double sd = standard_sd)
        : tokens_(tokens), dim_(dim), sd_(sd) {
        if (tokens_ == 0 || dim_ == 0 || (Tokens != dynamic && tokens_ != Tokens) || (Dim != dynamic && dim_ != Dim))
            geolip::detail::raise(shape_error("position_embedding(" + std::to_string(tokens_) + ", " +
                                              std::to_string(dim_) +
                                              "): expected sizes of at least 1 that equal those of the type"));
    }

    constexpr std::size_t tokens() const { return tokens_; }
    constexpr std::size_t dim() const { return dim_; }

    shape output_shape(const shape& x) const {
        if (x.rank() != 3 || x[1] != tokens_ || x[2] != dim_)
            detail::wrong_shape("position_embedding", x,
                                "batch x " + std::to_string(tokens_) + " x " + std::to_string(dim_));
        return x;
    }
    template <class Visit>
    constexpr void visit_parameters(Visit&& visit) const {
        visit("pos", shape{1, tokens_, dim_}, initialiser::normal(sd_));
    }
    constexpr std::size_t parameter_count() const { return tokens_ * dim_; }

    void forward(std::span<const T> w, tensor_view<const T> x, tensor_view<T> y, workspace<T> memory) const {
        detail::require_forward(*this, "position_embedding", w, x.extents(), y.extents(), memory);
        const std::size_t sample = tokens_ * dim_;
        for (std::size_t i = 0; i < x.size(); i += sample)
            detail::add(y.data() + i, x.data() + i, w.data(), sample, memory.isa);
    }
    void backward(std::span<const T>, tensor_view<const T> x, tensor_view<const T>, tensor_view<const T> dy,
                  tensor_view<T> dx, std::span<T> dw, workspace<T> memory) const {
        detail::require_backward(*this, "position_embedding", x.extents(), dy.extents(), dx, dw);
        if (dx) std::copy_n(dy.data(), dy.size(), dx.data());
        add_column_sums<T>({dy.data(), dy.extents().front(), tokens_ * dim_}, dw.data(), memory.isa);
    }

private:
    std::size_t tokens_ = Tokens;
    std::size_t dim_ = Dim;
    double sd_ = standard_sd;
};

}  // namespace geolip::nn
