// Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT
#pragma once

/// \file
/// How the elements of a parameter tensor are drawn before training: PyTorch's initialisers (torch.nn.init).

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

#include "geolip/core/error.hpp"
#include "geolip/nn/detail/orthonormal.hpp"
#include "geolip/nn/shape.hpp"
#include "geolip/random/fill.hpp"

namespace geolip::nn {

/// What follows a layer, for the gain of its Kaiming initialiser.
enum class nonlinearity { linear, sigmoid, tanh, relu, leaky_relu, selu };

/// torch.nn.init.calculate_gain: the factor that keeps the variance through `f`; `slope` is that of the leaky ReLU
/// below 0.
inline double gain_of(nonlinearity f, double slope = 0.01) {
    switch (f) {
        case nonlinearity::tanh: return 5.0 / 3;
        case nonlinearity::relu: return std::sqrt(2.0);
        case nonlinearity::leaky_relu: return std::sqrt(2 / (1 + slope * slope));
        case nonlinearity::selu: return 0.75;
        case nonlinearity::linear:
        case nonlinearity::sigmoid: break;
    }
    return 1;
}

/// Inputs of one output of a weight of shape (out, in, …), and outputs of one input: in and out times the product of
/// the further extents.
struct fans {
    double in = 0;
    double out = 0;
};
/// \throws shape_error for fewer than two extents: a vector has no fans
inline fans fans_of(const shape& extents) {
    if (extents.rank() < 2)
        geolip::detail::raise(shape_error("initialiser: a tensor of shape " + to_string(extents) +
                                          " has no fan; expected at least 2 extents, or a law that does not need it: "
                                          "uniform, normal, constant"));
    double field = 1;
    for (std::size_t i = 2; i < extents.rank(); ++i) field *= static_cast<double>(extents[i]);
    return {static_cast<double>(extents[1]) * field, static_cast<double>(extents[0]) * field};
}

/// The law of a freshly made parameter tensor. A plain value; the named constructors are the initialisers of
/// torch.nn.init, with its defaults.
struct initialiser {
    enum class law { constant, uniform, normal, orthogonal };
    enum class fan { none, in, out, mean };

    law kind = law::constant;
    double centre = 0;        ///< the constant; the midpoint of uniform; the mean of normal
    double scale = 0;         ///< half the width of uniform; the sd of normal; the gain of orthogonal
    fan divisor = fan::none;  ///< `scale` is divided by the square root of this fan of the tensor

    static constexpr initialiser constant(double value) { return {law::constant, value, 0, fan::none}; }
    static constexpr initialiser zeros() { return constant(0); }
    static constexpr initialiser ones() { return constant(1); }
    /// Uniform on [-bound, bound].
    static constexpr initialiser uniform(double bound) { return {law::uniform, 0, bound, fan::none}; }
    /// Uniform on [low, high].
    static constexpr initialiser uniform(double low, double high) {
        return {law::uniform, low + (high - low) / 2, (high - low) / 2, fan::none};
    }
    static constexpr initialiser normal(double sd = 1) { return {law::normal, 0, sd, fan::none}; }
    static constexpr initialiser normal(double mean, double sd) { return {law::normal, mean, sd, fan::none}; }

    /// X. Glorot, Y. Bengio, AISTATS 2010: variance gain^2 * 2 / (fan_in + fan_out).
    static initialiser xavier_uniform(double gain = 1) { return {law::uniform, 0, std::sqrt(3.0) * gain, fan::mean}; }
    static constexpr initialiser xavier_normal(double gain = 1) { return {law::normal, 0, gain, fan::mean}; }

    /// K. He et al., ICCV 2015: variance gain^2 / fan, with the gain of `f`. The default, a leaky ReLU of slope 0, is
    /// PyTorch's: gain sqrt(2).
    static initialiser kaiming_uniform(double slope = 0, fan of = fan::in, nonlinearity f = nonlinearity::leaky_relu) {
        return {law::uniform, 0, std::sqrt(3.0) * gain_of(f, slope), of};
    }
    static initialiser kaiming_normal(double slope = 0, fan of = fan::in, nonlinearity f = nonlinearity::leaky_relu) {
        return {law::normal, 0, gain_of(f, slope), of};
    }

    /// Uniform on ±1/sqrt(fan_in), 0 for a fan of 0: what torch.nn.Linear and Conv2d draw their weights from (they call
    /// it kaiming_uniform(sqrt(5))), and their biases too, which have no fan of their own.
    static initialiser uniform_of_fan(std::size_t fan_in) {
        return uniform(fan_in == 0 ? 0.0 : 1 / std::sqrt(static_cast<double>(fan_in)));
    }

    /// gain * Q, Q uniformly distributed among the matrices with orthonormal columns or, where there are more columns
    /// than rows, orthonormal rows (A. M. Saxe, J. L. McClelland, S. Ganguli, ICLR 2014). The rows are the first
    /// extent, the columns all others.
    static constexpr initialiser orthogonal(double gain = 1) { return {law::orthogonal, 0, gain, fan::none}; }

    friend constexpr bool operator==(const initialiser&, const initialiser&) = default;
};

/// `law.scale` for a tensor of these extents: half the width, the sd or the gain. Infinite for a fan of 0.
/// \throws shape_error where the law needs a fan and the extents have none
inline double scale_for(const initialiser& law, const shape& extents) {
    if (law.divisor == initialiser::fan::none) return law.scale;
    const fans f = fans_of(extents);
    const double divisor = law.divisor == initialiser::fan::in    ? f.in
                           : law.divisor == initialiser::fan::out ? f.out
                                                                  : (f.in + f.out) / 2;
    return law.scale / std::sqrt(divisor);
}

/// Elements `first`, `first + 1`, … of the tensor that `initialise` would draw, with the same bits: a tensor need not
/// be in memory as a whole. Not for orthogonal, whose elements depend on one another.
/// \throws shape_error where the tensor ends before `out`, or the shape has no fan and the law needs one; usage_error
///         for orthogonal
template <class T>
void initialise_part(const initialiser& law, const shape& extents, std::size_t first, std::span<T> out,
                     random_stream stream) {
    if (first > extents.size() || out.size() > extents.size() - first)
        geolip::detail::raise(shape_error("initialise_part: elements " + std::to_string(first) + " to " +
                                          std::to_string(first + out.size()) + "; expected some of the shape " +
                                          to_string(extents)));
    if (law.kind == initialiser::law::orthogonal)
        geolip::detail::raise(
            usage_error("initialise_part: an orthogonal matrix cannot be drawn in parts; use "
                        "initialise"));
    if (law.kind == initialiser::law::constant) {
        std::fill(out.begin(), out.end(), static_cast<T>(law.centre));
        return;
    }
    const double scale = scale_for(law, extents);
    double draw[256];
    for (std::size_t i = 0; i < out.size(); i += 256) {
        const std::span<double> part(draw, (std::min)(std::size_t{256}, out.size() - i));
        if (law.kind == initialiser::law::uniform) {
            fill_uniform(part, stream, first + i, isa::baseline);
            for (double& x : part) x = 2 * x - 1;  // exact
        } else {
            fill_normal(part, stream, first + i, isa::baseline);
        }
        // Fused by hand, because a compiler may or may not.
        for (std::size_t j = 0; j < part.size(); ++j) out[i + j] = static_cast<T>(std::fma(part[j], scale, law.centre));
    }
}

/// Draws `out`, a tensor of shape `extents`, by `law` from the stream; element i takes draw i of the stream, in
/// row-major order. Everything is computed in double precision and rounded to T at the end, so models in float and in
/// double start at the same point; the bounds of uniform, rounded to T, may be drawn.
///
/// Constant and uniform give the same bits everywhere. Normal and orthogonal give the same bits for one program on any
/// processor, because the lowest instruction-set level draws them; between programs they agree to 1e-14 and to the
/// rounding of an orthogonalisation, 1e-15 times the condition of the drawn matrix. Orthogonal: elements of |Q'Q - I| <
/// 1e-14 before rounding to T, 4 rows cols min(rows, cols) operations.
/// \throws shape_error where `out` is not of that size, or the shape has no fan or no columns and the law needs them
template <class T>
void initialise(const initialiser& law, const shape& extents, std::span<T> out, random_stream stream) {
    if (out.size() != extents.size())
        geolip::detail::raise(shape_error("initialise: memory for " + std::to_string(out.size()) +
                                          " elements; expected that of the shape " + to_string(extents)));
    if (law.kind == initialiser::law::orthogonal) {
        detail::draw_orthogonal(extents, scale_for(law, extents), out, stream);
        return;
    }
    initialise_part(law, extents, 0, out, stream);
}

}  // namespace geolip::nn
