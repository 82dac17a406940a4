// Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT
#pragma once

/// \file
/// `chain`: modules one after the other, composed by type.

#include <algorithm>
#include <array>
#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>

#include "geolip/nn/module.hpp"

namespace geolip::nn {
namespace detail {

// What M takes and gives on the last axis, where its type says so.
template <class M>
constexpr std::size_t static_input_features() {
    if constexpr (requires { M::input_features; })
        return M::input_features;
    else
        return dynamic;
}
template <class M>
constexpr std::size_t static_output_features(std::size_t input) {
    if constexpr (requires { M::output_features; })
        return M::output_features;
    else if constexpr (requires { M::elementwise; })
        return input;
    else
        return dynamic;
}

// Does what each module gives fit what the next one takes, as far as their types say?
template <class... Ms>
constexpr bool static_features_fit() {
    std::size_t features = dynamic;
    bool fit = true;
    const auto next = [&](std::size_t wanted, auto given) {
        if (features != dynamic && wanted != dynamic && features != wanted) fit = false;
        features = given(wanted != dynamic ? wanted : features);
    };
    (next(static_input_features<Ms>(), [](std::size_t in) { return static_output_features<Ms>(in); }), ...);
    return fit;
}

template <class First, class...>
struct first_of {
    using type = First;
};

/// Calls `visit` for the parameters of `m`, their names prefixed with m's own name, or `standard` where it has none.
template <module M, class Visit>
void visit_prefixed(const M& m, std::string_view standard, Visit& visit) {
    std::string_view prefix = standard;
    if constexpr (requires { M::name; }) prefix = M::name;
    nn::visit_parameters(m, [&](std::string_view name, const shape& s, const initialiser& init) {
        std::string full(prefix);
        if (!full.empty()) full += '.';
        full += name;
        visit(std::string_view(full), s, init);
    });
}

}  // namespace detail

/// y = m_n(… m_1(m_0(x))). Parameters are called "0.…", "1.…" or by the names of `named` modules.
///
/// Intermediate results stay in `memory.kept`, where `output_of` finds them after a forward pass, but for those that a
/// module which works in place makes its own of.
template <module... Ms>
class chain {
    static_assert(sizeof...(Ms) > 0, "geolip::nn::chain<Modules...>: needs at least one module");
    static_assert((std::same_as<typename Ms::scalar_type, typename detail::first_of<Ms...>::type::scalar_type> && ...),
                  "geolip::nn::chain<Modules...>: all modules must compute in the same scalar");
    static_assert(
        detail::static_features_fit<Ms...>(),
        "geolip::nn::chain<Modules...>: the features that a module gives differ from those the next one takes");

    static constexpr std::size_t count = sizeof...(Ms);

    // Does module Index + 1 put its result where it finds that of module Index, which nobody looks at again?
    template <std::size_t Index>
    static constexpr bool overwritten = [] {
        if constexpr (Index + 2 < count)
            return nn::works_in_place<std::tuple_element_t<Index + 1, std::tuple<Ms...>>> &&
                   !nn::reads_output<std::tuple_element_t<Index, std::tuple<Ms...>>>;
        else
            return false;
    }();

public:
    using scalar_type = typename detail::first_of<Ms...>::type::scalar_type;
    using input_type = input_t<typename detail::first_of<Ms...>::type>;
    template <std::size_t Index>
    using module_type = std::tuple_element_t<Index, std::tuple<Ms...>>;

    static constexpr std::size_t input_features = detail::static_input_features<module_type<0>>();
    static constexpr std::size_t output_features = [] {
        std::size_t features = dynamic;
        ((features = detail::static_output_features<Ms>(
              detail::static_input_features<Ms>() != dynamic ? detail::static_input_features<Ms>() : features)),
         ...);
        return features;
    }();
    static constexpr bool reads_output = nn::reads_output<module_type<count - 1>>;

    constexpr chain() = default;
    constexpr explicit(count == 1) chain(Ms... modules) : modules_(std::move(modules)...) {}

    /// Module Index.
    template <std::size_t Index>
    constexpr const module_type<Index>& get() const {
        return std::get<Index>(modules_);
    }

    shape output_shape(const shape& x) const { return shapes(x)[count]; }

    /// See `nn::require_input`.
    void require_input(tensor_view<const input_type> x) const { nn::require_input(get<0>(), x); }
    template <class Visit>
    void visit_parameters(Visit&& visit) const {
        each([&]<std::size_t Index>(const auto& m) { detail::visit_prefixed(m, std::to_string(Index), visit); });
    }
    constexpr std::size_t parameter_count() const {
        std::size_t total = 0;
        each([&]<std::size_t>(const auto& m) { total += nn::parameter_count(m); });
        return total;
    }

    std::size_t kept_size(const shape& x) const { return kept_places(shapes(x))[2 * count]; }
    std::size_t scratch_size(const shape& x) const {
        const auto s = shapes(x);
        std::size_t own = 0;
        std::size_t largest = 0;
        each([&]<std::size_t Index>(const auto& m) {
            own = (std::max)(own, nn::scratch_size(m, s[Index]));
            if (Index > 0) largest = (std::max)(largest, padded<scalar_type>(s[Index].size()));
        });
        if constexpr (works_by_sample) own += 2 * padded<scalar_type>(s[count].with_front(1).size());
        return own + 2 * largest;  // gradients of an input and of an output at a time
    }

    void forward(std::span<const scalar_type> w, tensor_view<const input_type> x, tensor_view<scalar_type> y,
                 workspace<scalar_type> memory) const {
        const auto s = shapes(x.extents());
        const auto place = kept_places(s);
        if (y.extents() != s[count]) detail::wrong_fit("chain", "an output", y.extents(), s[count], x.extents());
        detail::require_parameters("chain", w.size(), parameter_count());
        detail::require_memory("chain", "kept", memory.kept.size(), place[2 * count]);
        forward_first<count>(w, x, y, s, place, memory);
    }

    void backward(std::span<const scalar_type> w, tensor_view<const input_type> x, tensor_view<const scalar_type> y,
                  tensor_view<const scalar_type> dy, tensor_view<scalar_type> dx, std::span<scalar_type> dw,
                  workspace<scalar_type> memory) const {
        const auto s = shapes(x.extents());
        const auto place = kept_places(s);
        detail::require_gradients("chain", x.extents(), s[count], dy.extents(), dx, dw.size(), parameter_count());
        const gradients between = take_gradients(s, memory);
        backward_first<count>(w, x, y, dy, dx, dw, s, place, between, memory);
    }

    /// Is the last module `by_sample`?
    static constexpr bool works_by_sample = count > 1 && requires { module_type<count - 1>::works_by_sample; };

    /// Forward and backward at once where the last module works by sample: it goes forward, `loss(n, y, dy)` sets dy
    /// and returns sample n's share of the loss, and it goes backward before the next sample. dw is added to; returns
    /// the sum of the shares. Memory is that of `forward` and `backward`; of the last module it keeps nothing.
    template <class Loss>
        requires works_by_sample
    double forward_backward(std::span<const scalar_type> w, tensor_view<const input_type> x, std::span<scalar_type> dw,
                            workspace<scalar_type> memory, Loss&& loss) const {
        constexpr std::size_t last = count - 1;
        const auto s = shapes(x.extents());
        const auto place = kept_places(s);
        forward_first<last>(w, x, {}, s, place, memory);
        const gradients between = take_gradients(s, memory);
        const shape one = s[count].with_front(1);
        const tensor_view<scalar_type> y(take(memory.scratch, one.size()).data(), one);
        const tensor_view<scalar_type> dy(take(memory.scratch, one.size()).data(), one);
        const auto& m = get<last>().of_one();
        const std::size_t begin = parameter_count() - nn::parameter_count(m);
        const tensor_view<const scalar_type> front = result<last - 1>(s, place, memory.kept);
        const tensor_view<scalar_type> dfront(between[gradient_place<last>()], s[last]);
        double total = 0;
        for (std::size_t n = 0; n < s[last].front(); ++n) {
            const workspace<scalar_type> own = part<last>(place, memory);
            m.forward(w.subspan(begin), front.slice(n, 1), y, own);
            total += loss(n, tensor_view<const scalar_type>(y), dy);
            m.backward(w.subspan(begin), front.slice(n, 1), y, dy, dfront.slice(n, 1), dw.subspan(begin), own);
        }
        backward_first<last>(w, x, front, dfront, {}, dw, s, place, between, memory);
        return total;
    }

    /// What module Index < n - 1 gave in the last forward pass of an input of shape `x` with this `kept` memory. Not of
    /// a module whose result the next one has overwritten (see `works_in_place`).
    template <std::size_t Index, class T>
        requires(Index + 1 < count && !overwritten<Index> && std::same_as<std::remove_const_t<T>, scalar_type>)
    tensor_view<T> output_of(const shape& x, std::span<T> kept) const {
        const auto s = shapes(x);
        return result<Index>(s, kept_places(s), kept);
    }
    /// What module Index itself keeps.
    template <std::size_t Index, class T>
        requires(Index < count && std::same_as<std::remove_const_t<T>, scalar_type>)
    std::span<T> kept_of(const shape& x, std::span<T> kept) const {
        const auto place = kept_places(shapes(x));
        return kept.subspan(place[2 * Index], place[2 * Index + 1] - place[2 * Index]);
    }
    /// The shape of module Index's input.
    template <std::size_t Index>
    shape input_shape_of(const shape& x) const {
        return shapes(x)[Index];
    }

private:
    using all_shapes = std::array<shape, count + 1>;
    // Where module i's own kept memory (2 i) and its output (2 i + 1) begin; the last module's output is not kept.
    using all_places = std::array<std::size_t, 2 * count + 1>;

    template <std::size_t End = count, class Function>
    constexpr void each(Function&& function) const {
        [&]<std::size_t... Index>(std::index_sequence<Index...>) {
            (function.template operator()<Index>(std::get<Index>(modules_)), ...);
        }(std::make_index_sequence<End>());
    }
    template <std::size_t End, class Function>
    constexpr void each_reversed(Function&& function) const {
        [&]<std::size_t... Index>(std::index_sequence<Index...>) {
            (function.template operator()<End - 1 - Index>(std::get<End - 1 - Index>(modules_)), ...);
        }(std::make_index_sequence<End>());
    }

    // Modules 0 … End - 1, of which the very last gives y.
    template <std::size_t End>
    void forward_first(std::span<const scalar_type> w, tensor_view<const input_type> x, tensor_view<scalar_type> y,
                       const all_shapes& s, const all_places& place, const workspace<scalar_type>& memory) const {
        each<End>([&]<std::size_t Index>(const auto& m) {
            const std::span<const scalar_type> own = cut(w, m);
            tensor_view<scalar_type> out = y;
            if constexpr (Index + 1 < count) out = result<Index>(s, place, memory.kept);
            m.forward(own, input<Index>(x, s, place, memory.kept), out, part<Index>(place, memory));
        });
    }

    // Room for the gradients of what modules give.
    using gradients = std::array<scalar_type*, 2>;
    // Which of them is that of module Index's input: the other one than that of its output, or the same.
    template <std::size_t Index>
    static constexpr std::size_t gradient_place() {
        if constexpr (Index == count)
            return 0;
        else
            return nn::works_in_place<module_type<Index>> ? gradient_place<Index + 1>()
                                                          : 1 - gradient_place<Index + 1>();
    }
    static gradients take_gradients(const all_shapes& s, workspace<scalar_type>& memory) {
        std::size_t largest = 0;
        for (std::size_t i = 1; i < count; ++i) largest = (std::max)(largest, padded<scalar_type>(s[i].size()));
        detail::require_memory("chain", "scratch", memory.scratch.size(), 2 * largest);
        const gradients g = {take(memory.scratch, largest).data(), take(memory.scratch, largest).data()};
        return g;
    }
    // From module End - 1, which gave y, back to the first.
    template <std::size_t End>
    void backward_first(std::span<const scalar_type> w, tensor_view<const input_type> x,
                        tensor_view<const scalar_type> y, tensor_view<const scalar_type> dy,
                        tensor_view<scalar_type> dx, std::span<scalar_type> dw, const all_shapes& s,
                        const all_places& place, const gradients& between, const workspace<scalar_type>& memory) const {
        std::size_t end = 0;
        each<End>([&]<std::size_t>(const auto& m) { end += nn::parameter_count(m); });
        each_reversed<End>([&]<std::size_t Index>(const auto& m) {
            // Nobody wants the gradients of modules without parameters at the beginning, nor of what they give.
            if (end == 0 && !dx) return;
            const std::size_t size = nn::parameter_count(m);
            end -= size;
            tensor_view<const scalar_type> out = y, dout = dy;
            if constexpr (Index + 1 < End) {
                out = result<Index>(s, place, memory.kept);
                dout = {between[gradient_place<Index + 1>()], s[Index + 1]};
            }
            tensor_view<scalar_type> din = dx;
            if constexpr (Index > 0)
                if (dx || end > 0) din = {between[gradient_place<Index>()], s[Index]};
            m.backward(w.subspan(end, size), input<Index>(x, s, place, memory.kept), out, dout, din,
                       dw.subspan(end, size), part<Index>(place, memory));
        });
    }

    all_shapes shapes(const shape& x) const {
        all_shapes s;
        s[0] = x;
        each([&]<std::size_t Index>(const auto& m) { s[Index + 1] = nn::output_shape(m, s[Index]); });
        return s;
    }
    all_places kept_places(const all_shapes& s) const {
        all_places place = {};
        each([&]<std::size_t Index>(const auto& m) {
            place[2 * Index + 1] = place[2 * Index] + nn::kept_size(m, s[Index]);
            place[2 * Index + 2] =
                place[2 * Index + 1] +
                (Index + 1 == count || overwritten<Index> ? 0 : padded<scalar_type>(s[Index + 1].size()));
        });
        return place;
    }

    template <module M>
    static std::span<const scalar_type> cut(std::span<const scalar_type>& w, const M& m) {
        const std::size_t size = nn::parameter_count(m);
        const std::span<const scalar_type> own = w.first(size);
        w = w.subspan(size);
        return own;
    }
    template <std::size_t Index, class T>
    static tensor_view<T> result(const all_shapes& s, const all_places& place, std::span<T> kept) {
        if constexpr (overwritten<Index>)
            return {result<Index + 1>(s, place, kept).data(), s[Index + 1]};
        else
            return {kept.data() + place[2 * Index + 1], s[Index + 1]};
    }
    template <std::size_t Index>
    static auto input(tensor_view<const input_type> x, const all_shapes& s, const all_places& place,
                      std::span<scalar_type> kept) {
        if constexpr (Index == 0)
            return x;
        else
            return tensor_view<const scalar_type>(result<Index - 1>(s, place, kept));
    }
    template <std::size_t Index>
    static workspace<scalar_type> part(const all_places& place, const workspace<scalar_type>& memory) {
        return {memory.kept.subspan(place[2 * Index], place[2 * Index + 1] - place[2 * Index]), memory.scratch,
                memory.isa};
    }

    std::tuple<Ms...> modules_;
};

}  // namespace geolip::nn
