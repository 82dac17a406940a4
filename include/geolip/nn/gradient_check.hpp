// Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT
#pragma once

/// \file
/// `check_gradients`: a module's backward pass against central differences of its forward pass. For tests of blocks.

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <string>
#include <type_traits>
#include <vector>

#include "geolip/nn/data_parallel.hpp"
#include "geolip/nn/module.hpp"
#include "geolip/nn/parameters.hpp"
#include "geolip/random/fill.hpp"

namespace geolip::nn {

/// How far the gradient of one tensor lies from central differences: ‖g − g_fd‖ / max(‖g_fd‖, 1e-8 ‖all gradients‖), 0
/// where both are 0, infinite where there is a NaN.
struct gradient_error {
    std::string name;  ///< of the parameter; "input" for x
    double error = 0;
};

/// Compares `m.backward` with central differences of `m.forward` at the parameters `w` and the input `x`, for the loss
/// sum(c * y) with c drawn from the stream. At most `most` elements of each tensor are differenced, evenly spread over
/// it. A backward pass that adds to dx instead of overwriting it, or overwrites dw instead of adding, fails the check.
/// Double precision: the differences themselves are good to about 1e-10 of the gradient's norm for smooth functions
/// of order 1.
template <module M>
    requires std::same_as<typename M::scalar_type, double>
std::vector<gradient_error> check_gradients(const M& m, std::span<const double> w, tensor_view<const input_t<M>> x,
                                            std::uint64_t seed = 1, std::size_t most = 200, double step = 1e-5) {
    const shape y_shape = nn::output_shape(m, x.extents());
    workspace_memory<M> memory(m, x.extents());
    std::vector<double> y(y_shape.size()), c(y_shape.size()), dw(w.size());
    std::vector<double> dx(x.size(), std::numeric_limits<double>::quiet_NaN());  // to be overwritten
    fill_normal(std::span(c), {seed, std::uint64_t{33} << 56});

    std::vector<double> moved_w(w.begin(), w.end());
    std::vector<input_t<M>> moved_x(x.elements().begin(), x.elements().end());
    const tensor_view<const input_t<M>> input(moved_x.data(), x.extents());
    const auto loss = [&] {
        m.forward(moved_w, input, {y.data(), y_shape}, memory.view());
        double sum = 0;
        for (std::size_t i = 0; i < y.size(); ++i) sum += c[i] * y[i];
        return sum;
    };
    constexpr bool differentiable_input = std::same_as<input_t<M>, double>;
    for (int pass = 0; pass < 2; ++pass) {  // twice, as dw is to be added to
        loss();
        m.backward(moved_w, input, {y.data(), y_shape}, {c.data(), y_shape},
                   differentiable_input ? tensor_view<double>(dx.data(), x.extents()) : tensor_view<double>(), dw,
                   memory.view());
    }
    for (double& g : dw) g /= 2;

    std::vector<gradient_error> errors;
    std::vector<double> norms;
    const auto compare = [&](std::string name, std::span<const double> gradient, auto* value) {
        const std::size_t count = gradient.size();
        const std::size_t stride = count <= most ? 1 : (count + most - 1) / most;
        double difference = 0;
        double norm = 0;
        for (std::size_t i = 0; i < count; i += stride) {
            const double at = value[i];
            value[i] = at + step;
            const double above = loss();
            value[i] = at - step;
            const double below = loss();
            value[i] = at;
            const double expected = (above - below) / (2 * step);
            difference += (gradient[i] - expected) * (gradient[i] - expected);
            norm += expected * expected;
        }
        errors.push_back({std::move(name), std::sqrt(difference)});
        norms.push_back(std::sqrt(norm));
    };
    for (const parameter& p : parameters_of(m))
        compare(p.name, std::span<const double>(dw).subspan(p.offset, p.size()), moved_w.data() + p.offset);
    if constexpr (differentiable_input) compare("input", dx, moved_x.data());
    double all = 0;
    for (const double n : norms) all = std::hypot(all, n);
    for (std::size_t i = 0; i < errors.size(); ++i) {
        if (errors[i].error > 0) errors[i].error /= (std::max)(norms[i], 1e-8 * all);
        if (std::isnan(errors[i].error)) errors[i].error = std::numeric_limits<double>::infinity();
    }
    return errors;
}

}  // namespace geolip::nn
