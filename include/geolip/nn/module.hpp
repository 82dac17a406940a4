// Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT
#pragma once

/// \file
/// The `module` concept: a differentiable function with parameters. A module is a small value that says what to
/// compute; it holds neither its parameters nor its activations. Both are memory of the caller, so one model may run on
/// many threads at once, and many sets of parameters may share one model.

#include <concepts>
#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#include "geolip/core/concepts.hpp"
#include "geolip/core/error.hpp"
#include "geolip/nn/initialiser.hpp"
#include "geolip/nn/shape.hpp"
#include "geolip/simd/isa.hpp"

namespace geolip::nn {

/// Memory of one forward pass and its backward pass, owned by the caller and used by one thread at a time.
template <measured_scalar T>
struct workspace {
    std::span<T> kept;     ///< written by `forward`, read by `backward` of the same input
    std::span<T> scratch;  ///< free to use during a call, worthless after it
    geolip::isa isa = isa::automatic;

    /// Sizes are multiples of this, so that parts of a workspace keep the alignment of the whole.
    static constexpr std::size_t alignment = 64 / sizeof(T);
};

/// `count` rounded up to whole cache lines of T.
template <measured_scalar T>
constexpr std::size_t padded(std::size_t count) {
    return (count + workspace<T>::alignment - 1) / workspace<T>::alignment * workspace<T>::alignment;
}

/// Cuts `count` elements (padded) off the front of `memory`.
template <class T>
    requires measured_scalar<std::remove_const_t<T>>
constexpr std::span<T> take(std::span<T>& memory, std::size_t count) {
    const std::span<T> taken = memory.first(count);
    memory = memory.subspan((std::min)(padded<std::remove_const_t<T>>(count), memory.size()));
    return taken;
}

namespace detail {

struct ignore_parameter {
    void operator()(std::string_view, const shape&, const initialiser&) const {}
};

template <class M>
struct input_of {
    using type = typename M::scalar_type;
};
template <class M>
    requires requires { typename M::input_type; }
struct input_of<M> {
    using type = typename M::input_type;
};

}  // namespace detail

/// What a module takes: its `input_type` if it names one (token ids, for an embedding), else its `scalar_type`.
template <class M>
using input_t = typename detail::input_of<M>::type;

/// A differentiable function y = f(x; w). With `T = M::scalar_type` (float or double) and `m` a const M:
///
/// * `m.forward(w, x, y, memory)` sets y;
/// * `m.backward(w, x, y, dy, dx, dw, memory)` takes dy = d(loss)/dy, **overwrites** dx with d(loss)/dx unless dx is
/// the
///   empty view, and **adds** d(loss)/dw to dw. It follows a `forward` of the same w, x, y and memory; y and x, and
///   dy and dx, are different memory unless M says that it `works_in_place`.
///
/// and, where the defaults do not fit,
///
/// * `m.output_shape(x_shape)` (default: the same shape); throws `shape_error` naming both shapes when x does not fit;
/// * `m.visit_parameters(visit)` calls `visit(name, shape, initialiser)` for every parameter tensor, in the order in
///   which they stand one after the other in `w` (default: there are none);
/// * `m.kept_size(x_shape)` and `m.scratch_size(x_shape)`: how many T it wants of `memory` (default: 0).
///
/// `forward` and `backward` are const, depend on nothing but their arguments, and throw nothing but what `output_shape`
/// or a check of their arguments (that y, dy and dx have their shapes, that w, dw and memory are not too small, an
/// embedding's of its ids) does, before they write anything.
/// `M::input_type`, where it exists, is the element type of x; such a module's dx is always empty.
template <class M>
concept module = std::copy_constructible<M> && measured_scalar<typename M::scalar_type> &&
                 requires(const M& m, std::span<const typename M::scalar_type> w, tensor_view<const input_t<M>> x,
                          tensor_view<typename M::scalar_type> y, tensor_view<const typename M::scalar_type> dy,
                          tensor_view<typename M::scalar_type> dx, std::span<typename M::scalar_type> dw,
                          workspace<typename M::scalar_type> memory) {
                     m.forward(w, x, y, memory);
                     m.backward(w, x, dy, dy, dx, dw, memory);
                 };

/// The shape of `m`'s output for an input of shape `x`. \throws shape_error when x does not fit
template <module M>
constexpr shape output_shape(const M& m, const shape& x) {
    if constexpr (requires { m.output_shape(x); })
        return m.output_shape(x);
    else
        return x;
}

/// Calls `visit(name, shape, initialiser)` for every parameter tensor of `m`, in the order of their memory.
template <module M, class Visit>
constexpr void visit_parameters(const M& m, Visit&& visit) {
    if constexpr (requires { m.visit_parameters(visit); }) m.visit_parameters(visit);
}

/// How many scalars the parameters of `m` are.
template <module M>
constexpr std::size_t parameter_count(const M& m) {
    if constexpr (requires { m.parameter_count(); }) {
        return m.parameter_count();
    } else {
        std::size_t count = 0;
        nn::visit_parameters(m, [&](std::string_view, const shape& s, const initialiser&) { count += s.size(); });
        return count;
    }
}

/// Checks what no shape shows of an input: the ids of an embedding, at any depth. `data_parallel` does so for a whole
/// batch before it is cut. \throws what `m.require_input(x)` throws, if there is one
template <module M>
constexpr void require_input(const M& m, tensor_view<const input_t<M>> x) {
    if constexpr (requires { m.require_input(x); }) m.require_input(x);
}

/// How many scalars `m` keeps from forward to backward for an input of shape `x`.
template <module M>
constexpr std::size_t kept_size(const M& m, const shape& x) {
    if constexpr (requires { m.kept_size(x); })
        return padded<typename M::scalar_type>(m.kept_size(x));
    else
        return 0;
}

/// How many scalars `m` works in for an input of shape `x`.
template <module M>
constexpr std::size_t scratch_size(const M& m, const shape& x) {
    if constexpr (requires { m.scratch_size(x); })
        return padded<typename M::scalar_type>(m.scratch_size(x));
    else
        return 0;
}

/// Does `backward` look at y? True unless M says `static constexpr bool reads_output = false`.
template <class M>
inline constexpr bool reads_output = [] {
    if constexpr (requires { M::reads_output; })
        return bool(M::reads_output);
    else
        return true;
}();

/// May y be x, and dx be dy? `backward` then finds y where x was. False unless M says
/// `static constexpr bool works_in_place = true`.
template <class M>
inline constexpr bool works_in_place = [] {
    if constexpr (requires { M::works_in_place; })
        return bool(M::works_in_place);
    else
        return false;
}();

/// A size that is only known at run time.
inline constexpr std::size_t dynamic = static_cast<std::size_t>(-1);

namespace detail {

/// Throws the `shape_error` of a block that was given `got`.
[[noreturn]] inline void wrong_shape(std::string_view block, const shape& got, const std::string& expected) {
    std::string text(block);
    text += ": an input of shape ";
    text += nn::to_string(got);
    text += "; expected ";
    text += expected;
    geolip::detail::raise(shape_error(text));
}

/// Throws the `shape_error` of a block that was given `what` of shape `got` with an input of shape `x`.
[[noreturn]] inline void wrong_fit(std::string_view block, const char* what, const shape& got, const shape& expected,
                                   const shape& x) {
    std::string text(block);
    text += ": ";
    text += what;
    text += " of shape ";
    text += nn::to_string(got);
    text += "; expected ";
    text += nn::to_string(expected);
    text += " for an input of shape ";
    text += nn::to_string(x);
    geolip::detail::raise(shape_error(text));
}

/// Throws unless `m` takes an input of shape `x` and gives an output of shape `y` for it: what its `output_shape`
/// throws, or a `shape_error` of `block`. For the forward pass of a block called by itself.
template <class M>
void require_shapes(const M& m, const char* block, const shape& x, const shape& y) {
    const shape expected = nn::output_shape(m, x);
    if (y != expected) wrong_fit(block, "an output", y, expected, x);
}

/// \throws shape_error unless the parameters, or their gradient, have `wanted` elements (or more, which others own)
inline void require_parameters(std::string_view block, std::size_t got, std::size_t wanted) {
    if (got >= wanted) return;
    std::string text(block);
    text += ": ";
    text += std::to_string(got);
    text += " parameters; expected ";
    text += std::to_string(wanted);
    geolip::detail::raise(shape_error(text));
}

/// \throws usage_error unless there are `wanted` elements of `kept` or `scratch` memory
inline void require_memory(const char* block, const char* which, std::size_t got, std::size_t wanted) {
    if (got >= wanted) return;
    std::string text(block);
    text += ": ";
    text += which;
    text += " memory of ";
    text += std::to_string(got);
    text += " elements; expected ";
    text += std::to_string(wanted);
    text += ", the ";
    text += which;
    text += "_size of the input's shape";
    geolip::detail::raise(usage_error(text));
}

/// What a forward pass of `m` needs, before it writes anything: an input and an output that fit (see `require_shapes`),
/// all parameters, and memory.
template <class M, class T>
void require_forward(const M& m, const char* block, std::span<const T> w, const shape& x, const shape& y,
                     const workspace<T>& memory) {
    require_shapes(m, block, x, y);
    require_parameters(block, w.size(), nn::parameter_count(m));
    if constexpr (requires { m.kept_size(x); }) require_memory(block, "kept", memory.kept.size(), m.kept_size(x));
    if constexpr (requires { m.scratch_size(x); })
        require_memory(block, "scratch", memory.scratch.size(), m.scratch_size(x));
}

/// What the backward pass of a block with `parameters` parameters, of an input of shape `x` and an output of shape `y`,
/// needs: gradients of their shapes. \throws shape_error naming both
template <class T>
void require_gradients(std::string_view block, const shape& x, const shape& y, const shape& dy, tensor_view<T> dx,
                       std::size_t dw, std::size_t parameters) {
    if (dy != y) wrong_fit(block, "a gradient of the output", dy, y, x);
    if (dx && dx.extents() != x) wrong_fit(block, "a gradient of the input", dx.extents(), x, x);
    require_parameters(block, dw, parameters);
}
/// The same of `m`.
template <class M, class T>
void require_backward(const M& m, const char* block, const shape& x, const shape& dy, tensor_view<T> dx,
                      std::span<T> dw) {
    require_gradients(block, x, nn::output_shape(m, x), dy, dx, dw.size(), nn::parameter_count(m));
}

}  // namespace detail
}  // namespace geolip::nn
