// Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT
#pragma once

/// \file
/// Two blocks whose values are known by heart, and random numbers to feed them.

#include <cmath>
#include <cstdint>
#include <span>
#include <vector>

#include "geolip/nn/module.hpp"
#include "geolip/random/fill.hpp"

namespace geolip_test {

using geolip::nn::tensor_view;
using geolip::nn::workspace;

/// y = x², backwards from x.
template <class T>
struct square {
    using scalar_type = T;
    static constexpr bool elementwise = true;
    static constexpr bool reads_output = false;

    void forward(std::span<const T>, tensor_view<const T> x, tensor_view<T> y, workspace<T>) const {
        for (std::size_t i = 0; i < x.size(); ++i) y[i] = x[i] * x[i];
    }
    void backward(std::span<const T>, tensor_view<const T> x, tensor_view<const T>, tensor_view<const T> dy,
                  tensor_view<T> dx, std::span<T>, workspace<T>) const {
        if (!dx) return;
        for (std::size_t i = 0; i < x.size(); ++i) dx[i] = 2 * x[i] * dy[i];
    }
};

/// y = exp(x), backwards from y.
template <class T>
struct exponential {
    using scalar_type = T;
    static constexpr bool elementwise = true;

    void forward(std::span<const T>, tensor_view<const T> x, tensor_view<T> y, workspace<T>) const {
        for (std::size_t i = 0; i < x.size(); ++i) y[i] = std::exp(x[i]);
    }
    void backward(std::span<const T>, tensor_view<const T> x, tensor_view<const T> y, tensor_view<const T> dy,
                  tensor_view<T> dx, std::span<T>, workspace<T>) const {
        if (!dx) return;
        for (std::size_t i = 0; i < x.size(); ++i) dx[i] = y[i] * dy[i];
    }
};

template <class T = double>
std::vector<T> normals(std::size_t count, std::uint64_t stream) {
    std::vector<T> x(count);
    geolip::fill_normal(std::span(x), {17, stream});
    return x;
}

}  // namespace geolip_test
