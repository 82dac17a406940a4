// Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT
#pragma once

/// \file
/// What attention layers take beside their input, and their sizes.

#include <cstddef>
#include <cstdint>

#include "geolip/core/concepts.hpp"
#include "geolip/nn/shape.hpp"

namespace geolip::nn {

/// What attention takes beside x (batch, queries, dim). Every part may be left empty.
template <measured_scalar T>
struct attention_inputs {
    /// (batch, keys, context_dim): what keys and values are made from; empty for x itself.
    tensor_view<const T> context = {};
    /// (batch, keys), not 0 where a key is to be ignored: torch's key_padding_mask.
    tensor_view<const std::uint8_t> ignored = {};
    /// (heads or 1, queries, keys), added to the scores of every sample: a position bias, or a mask of -infinity.
    tensor_view<const T> bias = {};
};

/// Where the gradients of `attention_inputs` go. Every part may be left empty.
template <measured_scalar T>
struct attention_gradients {
    tensor_view<T> context = {};  ///< overwritten, as dx is
    tensor_view<T> bias = {};     ///< added to, as dw is: layers share such a bias
};

/// The sizes of an attention layer.
struct attention_sizes {
    std::size_t dim = 0;          ///< of x and y
    std::size_t context_dim = 0;  ///< of what keys and values are made from
    std::size_t heads = 0;
    std::size_t head_dim = 0;
    bool bias = true;     ///< do the projections have one?
    bool causal = false;  ///< query i sees keys 0 … i only
    double scale = 1;     ///< of q·k

    constexpr std::size_t inner() const { return heads * head_dim; }
};

}  // namespace geolip::nn
