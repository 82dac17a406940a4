// Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT

// Blocks that are called by themselves, with an input or an output that is not theirs.
#include <doctest/doctest.h>

#include <algorithm>
#include <string>
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

}  // namespace

TEST_CASE("a block refuses an input and an output of the wrong shape, naming both, before it writes") {
    check_refusals(layer_norm<float>(3), {2, 3}, {2, 5}, "x 3");
    check_refusals(rms_norm<float>(3), {2, 3}, {2, 5}, "x 3");
    check_refusals(row_normalisation<sphere_rows, float>(5), {2, 5}, {2, 4}, "a multiple of 5");
    check_refusals(softmax<float>(), {2, 3}, {2, 4}, "2 x 4");
    check_refusals(gelu<float>(), {2, 3}, {4, 3}, "4 x 3");
    check_refusals(identity<double>(), {2, 3}, {3}, "expected 3 ");
    check_refusals(convolution_3x3<float>(2, 3), {1, 2, 4, 4}, {1, 3, 4, 4}, "batch x 2 x height x width");
    check_refusals(extract_patches<float>(2), {1, 1, 4, 4}, {1, 1, 5, 5}, "2 x 2");
    check_refusals(stitch_patches<float>(2, 4, 4), {1, 4, 4}, {1, 3, 4}, "batch x 4 x");
    check_refusals(position_embedding<float>(3, 4), {2, 3, 4}, {2, 2, 4}, "batch x 3 x 4");
    check_refusals(mean_pool<float>(), {2, 3, 4}, {2, 4}, "batch x tokens x features");
    check_refusals(embedding<float>(5, 4), {2, 3}, {2, 2}, "2 x 2 x 4");
    check_refusals(linear<float>(3, 4), {2, 3}, {2, 5}, "x 3");
    check_refusals(multi_head_attention<float>(4, 2), {2, 3, 4}, {2, 3, 5}, "batch x tokens x 4");
    check_refusals(chain{linear<float>(3, 4), gelu<float>()}, {2, 3}, {2, 5}, "x 3");
}
