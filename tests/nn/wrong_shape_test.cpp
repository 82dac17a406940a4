// Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT

// Blocks that are called by themselves, with an input, an output, gradients, parameters or memory that are not theirs.
#include <doctest/doctest.h>

#include <algorithm>
#include <cstddef>
#include <span>
#include <string>
#include <type_traits>
#include <vector>

#include "geolip/nn.hpp"

using namespace geolip::nn;

namespace {

/// Calls forward of `m` with an input of shape `x` and an output of shape `y`, and gives the message of the
/// shape_error, which must come before anything is written.
template <class M>
std::string refusal(const M& m, const shape& x, const shape& y) {
    using T = typename M::scalar_type;
    const std::vector<T> w(parameter_count(m), T(1));
    const std::vector<input_t<M>> in(x.size());
    std::vector<T> out(y.size(), T(7)), kept(1000), scratch(10000);
    std::string message;
    try {
        m.forward(std::span<const T>(w), {in.data(), x}, {out.data(), y}, {kept, scratch});
    } catch (const geolip::shape_error& e) {
        message = e.what();
    }
    CHECK(std::ranges::all_of(out, [](T value) { return value == T(7); }));
    return message;
}

/// `m` takes inputs of shape `x`: it refuses those of shape `other`, and outputs of that shape, naming what it got and
/// what it expected.
template <class M>
void check_refusals(const M& m, const shape& x, const shape& other, const std::string& expected) {
    const shape y = output_shape(m, x);
    const std::string of_input = refusal(m, other, y);
    CAPTURE(of_input);
    CHECK(of_input.find(to_string(other)) != std::string::npos);
    CHECK(of_input.find(expected) != std::string::npos);
    const shape wrong = y.with_back(y.back() + 1);
    const std::string of_output = refusal(m, x, wrong);
    CAPTURE(of_output);
    CHECK(of_output.find(to_string(wrong)) != std::string::npos);
    CHECK(of_output.find(to_string(y)) != std::string::npos);
}

/// Everything that a passage through `m` of an input of shape `x` needs.
template <class M>
struct passage {
    using T = typename M::scalar_type;

    const M& m;
    shape x, y;
    std::vector<T> w, dw;
    std::vector<input_t<M>> in;
    std::vector<T> out, dout, din;
    workspace_memory<M> memory;

    passage(const M& model, const shape& input)
        : m(model),
          x(input),
          y(output_shape(model, input)),
          w(parameter_count(model), T(1)),
          dw(w.size(), T(7)),
          in(x.size()),
          out(y.size(), T(7)),
          dout(2 * y.size() + 1),
          din(2 * x.size() + 1, T(7)),
          memory(model, input) {}

    void forward(std::size_t parameters, const workspace<T>& room) {
        m.forward(std::span<const T>(w).first(parameters), {in.data(), x}, {out.data(), y}, room);
    }
    void backward(const shape& dy, tensor_view<T> dx, std::size_t parameters) {
        backward(dy, dx, parameters, memory.view());
    }
    void backward(const shape& dy, tensor_view<T> dx, std::size_t parameters, const workspace<T>& room) {
        m.backward(std::span<const T>(w), {in.data(), x}, {out.data(), y}, {dout.data(), dy}, dx,
                   std::span(dw).first(parameters), room);
    }
};

/// Calls `f`, which must throw an E whose message has all `parts`.
template <class E, class F>
void check_throws(F&& f, const std::vector<std::string>& parts) {
    std::string message;
    try {
        f();
    } catch (const E& e) {
        message = e.what();
    }
    CAPTURE(message);
    REQUIRE_FALSE(message.empty());
    for (const std::string& part : parts) CHECK(message.find(part) != std::string::npos);
}

/// `m` refuses too few parameters, too little memory, and gradients that are not of the shapes of its output and its
/// input `x`, before it writes anything.
template <class M>
void check_refusals_of_the_rest(const M& m, const shape& x) {
    using T = typename M::scalar_type;
    passage<M> p(m, x);
    const std::size_t count = p.w.size();
    const workspace<T> room = p.memory.view();
    if (count > 0)
        check_throws<geolip::shape_error>([&] { p.forward(count - 1, room); },
                                          {std::to_string(count - 1), "expected " + std::to_string(count)});
    if (!room.kept.empty()) check_throws<geolip::usage_error>([&] { p.forward(count, {{}, room.scratch}); }, {"kept"});
    CHECK(std::ranges::all_of(p.out, [](T value) { return value == T(7); }));

    p.forward(count, room);
    tensor_view<T> dx;
    if constexpr (std::is_same_v<input_t<M>, T>) dx = {p.din.data(), x};
    for (const shape& wrong : {p.y.with_front(p.y.front() + 1), p.y.with_back(p.y.back() + 1)})
        check_throws<geolip::shape_error>([&] { p.backward(wrong, dx, p.dw.size()); },
                                          {to_string(wrong), to_string(p.y), "gradient"});
    if (dx) {
        const shape wrong = x.with_front(x.front() + 1);
        check_throws<geolip::shape_error>([&] { p.backward(p.y, {p.din.data(), wrong}, p.dw.size()); },
                                          {to_string(wrong), to_string(x), "gradient"});
    }
    if (!p.dw.empty())
        check_throws<geolip::shape_error>([&] { p.backward(p.y, dx, p.dw.size() - 1); },
                                          {std::to_string(p.dw.size() - 1), std::to_string(p.dw.size())});
    const auto untouched = [](T value) { return value == T(7); };
    CHECK(std::ranges::all_of(p.dw, untouched));
    CHECK(std::ranges::all_of(p.din, untouched));
    p.backward(p.y, dx, p.dw.size());
    if (dx) CHECK_FALSE(std::ranges::any_of(dx.elements(), untouched));

    if (room.scratch.empty()) return;
    check_throws<geolip::usage_error>(
        [&] {
            const workspace<T> without{room.kept, {}};
            p.forward(count, without);
            p.backward(p.y, dx, p.dw.size(), without);
        },
        {"scratch"});
}

token_attention<float> small_token_attention() {
    return {embedding<float>(5, 4), position_embedding<float>(3, 4), multi_head_attention<float>(4, 2)};
}

svd_readout<float, repeat<spectral_attention<float>>> small_readout() {
    return {6, 4, repeat(spectral_attention<float>(4, 2), 1)};
}

}  // namespace

TEST_CASE("a block refuses an input and an output of the wrong shape, naming both, before it writes") {
    check_refusals(layer_norm<float>(3), {2, 3}, {2, 5}, "x 3");
    check_refusals(rms_norm<float>(3), {2, 3}, {2, 5}, "x 3");
    check_refusals(row_normalisation<sphere_rows, float>(5), {2, 5}, {2, 4}, "a multiple of 5");
    check_refusals(softmax<float>(), {2, 3}, {2, 4}, "2 x 4");
    check_refusals(gelu<float>(), {2, 3}, {4, 3}, "4 x 3");
    check_refusals(identity<float>(), {2, 3}, {3}, "expected 3 ");
    check_refusals(convolution_3x3<float>(2, 3), {1, 2, 4, 4}, {1, 3, 4, 4}, "batch x 2 x height x width");
    check_refusals(extract_patches<float>(2), {1, 1, 4, 4}, {1, 1, 5, 5}, "2 x 2");
    check_refusals(stitch_patches<float>(2, 4, 4), {1, 4, 4}, {1, 3, 4}, "batch x 4 x");
    check_refusals(position_embedding<float>(3, 4), {2, 3, 4}, {2, 2, 4}, "batch x 3 x 4");
    check_refusals(mean_pool<float>(), {2, 3, 4}, {2, 4}, "batch x tokens x features");
    check_refusals(embedding<float>(5, 4), {2, 3}, {2, 2}, "2 x 2 x 4");
    check_refusals(linear<float>(3, 4), {2, 3}, {2, 5}, "x 3");
    check_refusals(multi_head_attention<float>(4, 2), {2, 3, 4}, {2, 3, 5}, "batch x tokens x 4");
    check_refusals(chain{linear<float>(3, 4), gelu<float>()}, {2, 3}, {2, 5}, "x 3");
    check_refusals(residual{linear<float>(3, 3)}, {2, 3}, {2, 5}, "x 3");
    check_refusals(residual{linear<float>(3, 3), geolip::nn::tanh<float>()}, {2, 3}, {2, 5}, "x 3");
    check_refusals(residual{geolip::nn::tanh<float>()}, {2, 3}, {4, 3}, "4 x 3");
    check_refusals(small_token_attention(), {2, 3}, {2, 4}, "batch x 3 x 4");
    check_refusals(repeat(linear<float>(3, 3), 2), {2, 3}, {2, 5}, "x 3");
    check_refusals(by_sample(linear<float>(3, 3)), {2, 3}, {2, 5}, "x 3");
    check_refusals(spectral_attention<float>(4, 2), {2, 3, 4}, {2, 3, 5}, "x 4");
    check_refusals(small_readout(), {2, 3, 24}, {2, 3, 20}, "batch x patches x 6*4");
}

TEST_CASE("a block refuses gradients of other shapes, too few parameters and too little memory, before it writes") {
    check_refusals_of_the_rest(linear<float>(3, 4), {2, 3});
    check_refusals_of_the_rest(linear<float>(3, 4, false), {2, 5, 3});
    check_refusals_of_the_rest(embedding<float>(5, 4), {2, 3});
    check_refusals_of_the_rest(position_embedding<float>(3, 4), {2, 3, 4});
    check_refusals_of_the_rest(gelu<float>(), {2, 3});
    check_refusals_of_the_rest(relu<float>(), {5});
    check_refusals_of_the_rest(geolip::nn::tanh<float>(), {2, 3});
    check_refusals_of_the_rest(identity<float>(), {2, 3});
    check_refusals_of_the_rest(softmax<float>(), {2, 3});
    check_refusals_of_the_rest(layer_norm<float>(3), {2, 3});
    check_refusals_of_the_rest(rms_norm<float>(3), {2, 3});
    check_refusals_of_the_rest(row_normalisation<sphere_rows, float>(5), {2, 10});
    check_refusals_of_the_rest(row_normalisation<scaled_rows, float>(), {2, 5});
    check_refusals_of_the_rest(mean_pool<float>(), {2, 3, 4});
    check_refusals_of_the_rest(convolution_3x3<float>(2, 3), {1, 2, 4, 5});
    check_refusals_of_the_rest(extract_patches<float>(2), {1, 1, 4, 4});
    check_refusals_of_the_rest(stitch_patches<float>(2, 4, 4), {1, 4, 4});
    check_refusals_of_the_rest(multi_head_attention<float>(4, 2), {2, 3, 4});
    check_refusals_of_the_rest(separate_attention<float>(4, 2, 3), {2, 3, 4});
    check_refusals_of_the_rest(small_token_attention(), {2, 3});
    check_refusals_of_the_rest(small_token_attention(), {7, 3});
    check_refusals_of_the_rest(residual{geolip::nn::tanh<float>()}, {2, 3});
    check_refusals_of_the_rest(residual{linear<float>(3, 3)}, {2, 3});
    check_refusals_of_the_rest(chain{linear<float>(3, 4), gelu<float>(), linear<float>(4, 2)}, {2, 3});
    check_refusals_of_the_rest(chain{embedding<float>(5, 4), mean_pool<float>()}, {2, 3});
    check_refusals_of_the_rest(repeat(linear<float>(3, 3), 2), {2, 3});
    check_refusals_of_the_rest(by_sample(linear<float>(3, 3)), {2, 3});
    check_refusals_of_the_rest(chain{linear<float>(3, 3), by_sample(linear<float>(3, 2))}, {2, 3});
    check_refusals_of_the_rest(spectral_attention<float>(4, 2), {2, 3, 4});
    check_refusals_of_the_rest(small_readout(), {2, 3, 24});
}
