// Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT
#pragma once

/// \file
/// A block against PyTorch's forward and backward pass in double precision, at every level and in both scalars.

#include <doctest/doctest.h>

#include <cmath>
#include <cstddef>
#include <span>
#include <vector>

#include "geolip/nn/data_parallel.hpp"
#include "geolip/nn/gradient_check.hpp"
#include "geolip/nn/module.hpp"
#include "support/levels.hpp"

namespace fixtures {

/// What tests/fixtures/known_block.py writes: the constructor's arguments, the input's shape, and output, input
/// gradient and parameter gradient where input, parameters and output gradient are tensors 0, 1 and 2 of
/// `known_element`.
struct known_block {
    std::size_t argument[3];
    std::size_t rank;
    std::size_t extent[6];
    const double* y;
    const double* dx;
    const double* dw;
};

}  // namespace fixtures

namespace geolip_test {

inline geolip::nn::shape shape_of(const fixtures::known_block& known) {
    geolip::nn::shape s;
    for (std::size_t i = 0; i < known.rank; ++i)
        s = s.rank() == 0 ? geolip::nn::shape{known.extent[0]} : s.with_axis(known.extent[i]);
    return s;
}

inline double known_element(std::size_t tag, std::size_t i) {
    return (static_cast<double>((31 * i * i + 17 * i + 1009 * tag) % 2039) - 1019) / 1024;
}
template <class T>
std::vector<T> known_tensor(std::size_t tag, std::size_t count) {
    std::vector<T> values(count);
    for (std::size_t i = 0; i < count; ++i) values[i] = static_cast<T>(known_element(tag, i));
    return values;
}

/// |got - expected| / |expected|, Euclidean norms; |got| where nothing is expected.
template <class T>
double distance(std::span<const T> got, const double* expected) {
    double difference = 0;
    double norm = 0;
    for (std::size_t i = 0; i < got.size(); ++i) {
        difference += std::pow(static_cast<double>(got[i]) - expected[i], 2);
        norm += expected[i] * expected[i];
    }
    return std::sqrt(difference) / (norm > 0 ? std::sqrt(norm) : 1);
}

/// One pass of a module over the tensors of a fixture. Memory begins as NaN where the module must not look at it.
template <geolip::nn::module M>
struct known_pass {
    using T = typename M::scalar_type;
    std::vector<T> y, dx, dw;

    known_pass(const M& m, const geolip::nn::shape& shape, geolip::isa level) {
        using geolip::nn::tensor_view;
        const geolip::nn::shape out = geolip::nn::output_shape(m, shape);
        const std::vector<T> x = known_tensor<T>(0, shape.size());
        const std::vector<T> w = known_tensor<T>(1, geolip::nn::parameter_count(m));
        const std::vector<T> dy = known_tensor<T>(2, out.size());
        y.assign(out.size(), T(NAN));
        dx.assign(shape.size(), T(NAN));
        dw.assign(w.size(), T(0));
        geolip::nn::workspace_memory<M> memory(m, shape);
        const auto view = memory.view(level);
        for (T& v : view.kept) v = T(NAN);
        for (T& v : view.scratch) v = T(NAN);
        const tensor_view<const T> in(x.data(), shape);
        m.forward(w, in, tensor_view<T>(y.data(), out), view);
        for (T& v : view.scratch) v = T(NAN);
        m.backward(w, in, tensor_view<const T>(y.data(), out), tensor_view<const T>(dy.data(), out),
                   tensor_view<T>(dx.data(), shape), dw, view);
    }
};

/// Forward and backward against the fixture, per tensor: 1e-9 in double, 1e-5 in float; equal bits at repeated calls;
/// without the input's gradient the others are the same; and dw is added to what is there.
template <geolip::nn::module M>
void check_known_block(const M& m, const fixtures::known_block& known) {
    using T = typename M::scalar_type;
    const double tolerance = sizeof(T) == 4 ? 1e-5 : 1e-9;
    const geolip::nn::shape shape = shape_of(known);
    for (const geolip::isa level : available_levels()) {
        CAPTURE(geolip::isa_name(level));
        CAPTURE(to_string(shape));
        const known_pass<M> got(m, shape, level);
        CHECK(distance<T>(got.y, known.y) < tolerance);
        CHECK(distance<T>(got.dx, known.dx) < tolerance);
        std::size_t offset = 0;
        geolip::nn::visit_parameters(m, [&](std::string_view name, const geolip::nn::shape& s, const auto&) {
            CAPTURE(name);
            CHECK(distance<T>(std::span<const T>(got.dw).subspan(offset, s.size()), known.dw + offset) < tolerance);
            offset += s.size();
        });
        CHECK(offset == got.dw.size());
        const known_pass<M> again(m, shape, level);
        CHECK((again.y == got.y && again.dx == got.dx && again.dw == got.dw));
    }
}

/// The backward pass against central differences at 1e-6, and that it adds to dw, with and without dx.
template <geolip::nn::module M>
void check_gradients_of(const M& m, const geolip::nn::shape& shape) {
    const auto w = known_tensor<double>(3, geolip::nn::parameter_count(m));
    const auto x = known_tensor<double>(4, shape.size());
    const geolip::nn::tensor_view<const double> input(x.data(), shape);
    CAPTURE(to_string(shape));
    for (const auto& e : geolip::nn::check_gradients(m, w, input)) {
        CAPTURE(e.name);
        CHECK(e.error < 1e-6);
    }
    const geolip::nn::shape out = geolip::nn::output_shape(m, shape);
    const auto dy = known_tensor<double>(5, out.size());
    std::vector<double> y(out.size()), dx(shape.size()), once(w.size(), 0.0), more(w.size(), 3.0);
    geolip::nn::workspace_memory<M> memory(m, shape);
    m.forward(w, input, {y.data(), out}, memory.view());
    m.backward(w, input, {y.data(), out}, {dy.data(), out}, {dx.data(), shape}, once, memory.view());
    m.forward(w, input, {y.data(), out}, memory.view());
    m.backward(w, input, {y.data(), out}, {dy.data(), out}, {}, more, memory.view());
    double worst = 0;
    double largest = 1;
    for (std::size_t i = 0; i < w.size(); ++i) {
        worst = std::fmax(worst, std::fabs(more[i] - 3 - once[i]));
        largest = std::fmax(largest, std::fabs(once[i]));
    }
    CHECK(worst < 1e-13 * largest);
}

}  // namespace geolip_test
