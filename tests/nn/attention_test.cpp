// Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT
#include "geolip/nn/attention.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#include "fixtures/nn_attention.hpp"
#include "geolip/nn/gradient_check.hpp"
#include "support/levels.hpp"
#include "support/nn_blocks.hpp"

using namespace geolip::nn;
using fixtures::attention_case;
using fixtures::attention_values;
using geolip_test::available_levels;
using geolip_test::normals;

namespace {

/// One forward and backward pass of a fixture's case.
template <class T>
struct passes {
    std::vector<T> y, dx, dw, dcontext, dbias;
    std::vector<parameter> table;
    friend bool operator==(const passes& a, const passes& b) {
        return a.y == b.y && a.dx == b.dx && a.dw == b.dw && a.dcontext == b.dcontext && a.dbias == b.dbias;
    }
};

template <class T, class M>
passes<T> run(const attention_case& c, const M& m, geolip::isa level, T litter) {
    const shape x_shape = {c.batch, c.queries, c.dim};
    const shape context_shape = {c.batch, c.keys, c.context_dim};
    const std::size_t keys = c.keys == 0 ? c.queries : c.keys;
    const shape bias_shape = {c.bias_heads, c.queries, keys};
    const auto x = attention_values<T>(1, x_shape.size());
    const auto context = attention_values<T>(2, context_shape.size());
    const auto bias = attention_values<T>(3, bias_shape.size());
    const auto w = attention_values<T>(4, parameter_count(m), 0.7);
    const auto dy = attention_values<T>(5, x_shape.size());
    std::vector<std::uint8_t> ignored(c.batch * keys);
    for (std::size_t i = 0; i < ignored.size(); ++i)
        ignored[i] = fixtures::attention_ignored(i / keys, i % keys) ? 7 : 0;

    attention_inputs<T> in;
    if (c.keys > 0) in.context = {context.data(), context_shape};
    if (c.masked) in.ignored = {ignored.data(), {c.batch, keys}};
    if (c.bias_heads > 0) in.bias = {bias.data(), bias_shape};

    passes<T> p;
    p.table = parameters_of(m);
    p.y.assign(x_shape.size(), litter);
    p.dx.assign(x_shape.size(), litter);
    p.dw.resize(w.size());
    p.dcontext.assign(context_shape.size(), litter);
    p.dbias.resize(bias_shape.size());
    attention_gradients<T> d;
    if (c.keys > 0) d.context = {p.dcontext.data(), context_shape};
    if (c.bias_heads > 0) d.bias = {p.dbias.data(), bias_shape};
    std::vector<T> kept(m.kept_size(x_shape, c.keys), litter), scratch(m.scratch_size(x_shape, c.keys), litter);
    const workspace<T> memory = {kept, scratch, level};
    m.forward(w, {x.data(), x_shape}, in, {p.y.data(), x_shape}, memory);
    std::fill(scratch.begin(), scratch.end(), litter);
    m.backward(w, {x.data(), x_shape}, in, {p.y.data(), x_shape}, {dy.data(), x_shape}, {p.dx.data(), x_shape}, d, p.dw,
               memory);
    return p;
}

template <class T>
passes<T> run(const attention_case& c, geolip::isa level = geolip::isa::automatic, T litter = 0) {
    if (c.fused) return run<T>(c, multi_head_attention<T>(c.dim, c.heads, {c.biases, c.causal}), level, litter);
    return run<T>(c, separate_attention<T>(c.dim, c.heads, c.head_dim, {c.context_dim, c.scale, c.causal}), level,
                  litter);
}

/// ‖a - b‖ / max(‖b‖, least)
template <class A, class B>
double difference(const A& a, const B& b, double least = 1e-8) {
    REQUIRE(a.size() == b.size());
    double error = 0;
    double norm = 0;
    for (std::size_t i = 0; i < a.size(); ++i) {
        error = std::hypot(error, static_cast<double>(a[i]) - b[i]);
        norm = std::hypot(norm, b[i]);
    }
    return error / (std::max)(norm, least);
}

template <class M>
double worst_gradient(const M& m, const shape& x_shape) {
    const std::vector<double> w = initial_parameters(m, 3);
    const std::vector<double> x = normals(x_shape.size(), 4);
    double worst = 0;
    for (const gradient_error& e : check_gradients(m, w, tensor_view<const double>(x.data(), x_shape)))
        worst = (std::max)(worst, e.error);
    return worst;
}

template <class Function>
std::string message_of(Function&& function) {
    try {
        function();
    } catch (const geolip::shape_error& e) {
        return e.what();
    }
    return "nothing was thrown";
}

}  // namespace

static_assert(module<multi_head_attention<float, 64, 8>> && module<separate_attention<double>>);

TEST_CASE_TEMPLATE("attention and its gradients are PyTorch's", T, float, double) {
    const double tolerance = sizeof(T) == 4 ? 1e-5 : 1e-9;
    for (const attention_case& c : fixtures::attention_cases)
        for (const geolip::isa level : available_levels()) {
            CAPTURE(c.name);
            CAPTURE(geolip::isa_name(level));
            const passes<T> p = run<T>(c, level);
            CHECK(difference(p.y, c.y) < tolerance);
            CHECK(difference(p.dx, c.dx) < tolerance);
            CHECK(difference(p.dcontext, c.dcontext) < tolerance);
            CHECK(difference(p.dbias, c.dbias) < tolerance);
            for (const parameter& t : p.table) {
                CAPTURE(t.name);
                CHECK(difference(t.in(std::span(p.dw)).elements(), t.in(std::span(c.dw)).elements()) < tolerance);
            }
        }
}

TEST_CASE_TEMPLATE("the same call gives the same bits, whatever the memory held before", T, float, double) {
    for (const attention_case& c : fixtures::attention_cases) {
        CAPTURE(c.name);
        CHECK(run<T>(c) == run<T>(c, geolip::isa::automatic, std::numeric_limits<T>::quiet_NaN()));
    }
}

TEST_CASE("gradients of attention equal central differences") {
    CHECK(worst_gradient(multi_head_attention<double>(6, 3), {2, 5, 6}) < 1e-8);
    CHECK(worst_gradient(multi_head_attention<double>(5, 1, {false, true}), {1, 9, 5}) < 1e-8);
    CHECK(worst_gradient(multi_head_attention<double, 4, 2>(), {3, 1, 4}) < 1e-8);
    CHECK(worst_gradient(multi_head_attention<double>(2, 1), {1, 66, 2}) < 1e-8);
    CHECK(worst_gradient(separate_attention<double>(5, 2, 3), {2, 4, 5}) < 1e-8);
}

TEST_CASE("a sample's output and gradient do not depend on its batch") {
    const multi_head_attention<float> m(12, 3);
    const std::vector<float> w = initial_parameters(m, 1);
    const std::vector<float> x = normals<float>(5 * 7 * 12, 2), dy = normals<float>(5 * 7 * 12, 3);
    const auto gradient_of = [&](std::size_t first, std::size_t count) {
        const shape s = {count, 7, 12};
        std::vector<float> y(s.size()), dx(s.size()), dw(w.size());
        workspace_memory memory(m, s);
        const tensor_view<const float> in(x.data() + first * 84, s);
        m.forward(w, in, {y.data(), s}, memory.view());
        m.backward(w, in, {y.data(), s}, {dy.data() + first * 84, s}, {dx.data(), s}, dw, memory.view());
        y.insert(y.end(), dx.begin(), dx.end());
        return y;
    };
    const auto all = gradient_of(0, 5);
    for (std::size_t b = 0; b < 5; ++b) {
        const auto one = gradient_of(b, 1);
        CHECK(std::equal(one.begin(), one.begin() + 84, all.begin() + static_cast<std::ptrdiff_t>(84 * b)));
        CHECK(std::equal(one.begin() + 84, one.end(), all.begin() + static_cast<std::ptrdiff_t>(84 * (5 + b))));
    }
}

TEST_CASE("parameters have the names, shapes and laws of torch.nn.MultiheadAttention") {
    const auto table = parameters_of(multi_head_attention<float>(64, 8));
    REQUIRE(table.size() == 4);
    CHECK(table[0].name == "in_proj_weight");
    CHECK(table[0].extents == shape{192, 64});
    CHECK(table[1].name == "in_proj_bias");
    CHECK(table[1].extents == shape{192});
    CHECK(table[2].name == "out_proj.weight");
    CHECK(table[2].extents == shape{64, 64});
    CHECK(table[3].name == "out_proj.bias");
    CHECK(table[3].extents == shape{64});
    CHECK(parameters_of(multi_head_attention<float, 64, 8>({.bias = false})).size() == 2);

    const auto w = initial_parameters(multi_head_attention<double>(64, 8), 5);
    const auto largest = [&](const parameter& p) {
        double most = 0;
        for (const double v : p.in(std::span(w)).elements()) most = (std::max)(most, std::fabs(v));
        return most;
    };
    // Of n uniform draws the largest is within 20/n of the bound but for a probability of e^-20.
    CHECK(largest(table[0]) <= std::sqrt(6.0 / 256));
    CHECK(largest(table[0]) > std::sqrt(6.0 / 256) * (1 - 20.0 / 12288));
    CHECK(largest(table[2]) <= 0.125);
    CHECK(largest(table[2]) > 0.125 * (1 - 20.0 / 4096));
    CHECK(largest(table[1]) == 0);
    CHECK(largest(table[3]) == 0);
}

TEST_CASE("parameters of separate projections have the names and spreads of T5's") {
    const auto m = separate_attention<double>(32, 4, 16, {.context_dim = 48});
    const auto table = parameters_of(m);
    const auto w = initial_parameters(m, 5);
    const std::vector<std::string> names = {"q.weight", "k.weight", "v.weight", "o.weight"};
    const std::vector<shape> shapes = {{64, 32}, {64, 48}, {64, 48}, {32, 64}};
    const double variance[] = {1.0 / (32 * 16), 1.0 / 48, 1.0 / 48, 1.0 / 64};
    REQUIRE(table.size() == 4);
    for (std::size_t i = 0; i < 4; ++i) {
        CHECK(table[i].name == names[i]);
        CHECK(table[i].extents == shapes[i]);
        double sum = 0;
        for (const double v : table[i].in(std::span(w)).elements()) sum += v * v;
        // five standard errors of a mean of squares of normals
        const auto n = static_cast<double>(table[i].size());
        CHECK(std::fabs(sum / n / variance[i] - 1) < 5 * std::sqrt(2 / n));
    }
}

TEST_CASE("queries, keys, values and the heads' outputs can be read after a forward pass") {
    const attention_case& c = fixtures::attention_cases.front();
    const multi_head_attention<double> m(c.dim, c.heads);
    const shape s = {c.batch, c.queries, c.dim};
    const auto x = attention_values<double>(1, s.size());
    const auto w = attention_values<double>(4, parameter_count(m), 0.7);
    std::vector<double> y(s.size());
    workspace_memory memory(m, s);
    m.forward(w, {x.data(), s}, {y.data(), s}, memory.view());
    const auto kept = memory.view().kept;
    const auto projected = [&](std::size_t row, std::size_t feature) {
        double sum = w[3 * c.dim * c.dim + feature];
        for (std::size_t i = 0; i < c.dim; ++i) sum += x[row * c.dim + i] * w[feature * c.dim + i];
        return sum;
    };
    for (std::size_t h = 0; h < c.heads; ++h) {
        const auto q = m.queries(s, kept).head(h);
        const auto k = m.keys(s, kept).head(h);
        const auto v = m.values(s, kept).head(h);
        REQUIRE(q.rows() == c.batch * c.queries);
        REQUIRE(q.cols() == c.head_dim);
        for (std::size_t row = 0; row < q.rows(); ++row)
            for (std::size_t j = 0; j < q.cols(); ++j) {
                CHECK(q(row, j) == doctest::Approx(projected(row, h * c.head_dim + j)).epsilon(1e-12));
                CHECK(k(row, j) == doctest::Approx(projected(row, c.dim + h * c.head_dim + j)).epsilon(1e-12));
                CHECK(v(row, j) == doctest::Approx(projected(row, 2 * c.dim + h * c.head_dim + j)).epsilon(1e-12));
            }
    }
    // The output is the heads' outputs through the last projection.
    const auto last = parameters_of(m)[2].in(std::span<const double>(w)).matrix();
    for (std::size_t row = 0; row < c.batch * c.queries; ++row)
        for (std::size_t o = 0; o < c.dim; ++o) {
            double sum = w[w.size() - c.dim + o];
            for (std::size_t i = 0; i < c.dim; ++i)
                sum += last(o, i) * m.head_outputs(s, kept).head(i / c.head_dim)(row, i % c.head_dim);
            CHECK(y[row * c.dim + o] == doctest::Approx(sum).epsilon(1e-12));
        }
}

TEST_CASE("sizes that do not fit are named") {
    using model = multi_head_attention<float>;
    CHECK(message_of([] { model(10, 3); }) ==
          "multi_head_attention: a dim of 10 with 3 heads; expected sizes of at least 1 that equal those of the type, "
          "and a "
          "dim that is divisible by the number of heads");
    CHECK_THROWS_AS(model(0, 1), geolip::shape_error);
    CHECK_THROWS_AS(model(4, 0), geolip::shape_error);
    CHECK_THROWS_AS((multi_head_attention<float, 8, 2>(8, 4)), geolip::shape_error);
    CHECK_THROWS_AS(separate_attention<float>(4, 0, 2), geolip::shape_error);

    const model m(12, 3);
    const std::string title = "multi_head_attention of dim 12 with 3 heads of 4: ";
    CHECK(message_of([&] { m.output_shape({2, 5, 11}); }) ==
          title + "an input of shape 2 x 5 x 11; expected batch x tokens x 12");
    CHECK_THROWS_AS(m.output_shape({5, 12}), geolip::shape_error);

    const shape x = {2, 5, 12};
    const std::vector<float> some(1000);
    const std::vector<std::uint8_t> flags(1000);
    attention_inputs<float> in;
    in.context = {some.data(), {2, 7, 11}};
    CHECK(message_of([&] { m.output_shape(x, in); }) ==
          title + "a context of shape 2 x 7 x 11; expected 2 x 7 x 12 for an input of shape 2 x 5 x 12");
    in.context = {some.data(), {1, 7, 12}};
    CHECK_THROWS_AS(m.output_shape(x, in), geolip::shape_error);
    in.context = {some.data(), {2, 0, 12}};
    CHECK_THROWS_AS(m.output_shape(x, in), geolip::shape_error);
    in.context = {some.data(), {2, 7, 12}};
    CHECK(m.output_shape(x, in) == x);
    in.ignored = {flags.data(), {2, 5}};
    CHECK(message_of([&] { m.output_shape(x, in); }) ==
          title + "a mask of ignored keys of shape 2 x 5; expected 2 x 7 for an input of shape 2 x 5 x 12");
    in.ignored = {flags.data(), {2, 7}};
    in.bias = {some.data(), {2, 5, 7}};
    CHECK(message_of([&] { m.output_shape(x, in); }) ==
          title + "a bias of shape 2 x 5 x 7; expected 3 x 5 x 7 for an input of shape 2 x 5 x 12");
    in.bias = {some.data(), {1, 5, 7}};
    CHECK(m.output_shape(x, in) == x);
    CHECK_THROWS_AS((separate_attention<float>(12, 3, 4, {.context_dim = 7}).output_shape(x)), geolip::shape_error);

    // Memory for self-attention is too little for a context of seven tokens.
    std::vector<float> w(parameter_count(m)), y(x.size());
    workspace_memory memory(m, x);
    in = {};
    in.context = {some.data(), {2, 7, 12}};
    CHECK_THROWS_AS(m.forward(w, {some.data(), x}, in, {y.data(), x}, memory.view()), geolip::usage_error);

    // Gradients are as large as what they are gradients of.
    std::vector<float> d(1000, 77), dw(w.size());
    const auto backward = [&](const attention_gradients<float>& gradients) {
        m.backward(w, {some.data(), x}, in, {y.data(), x}, {some.data(), x}, {}, gradients, dw, memory.view());
    };
    CHECK(message_of([&] { backward({.context = {d.data(), {2, 6, 12}}, .bias = {}}); }) ==
          title +
              "a gradient of the context of shape 2 x 6 x 12; expected 2 x 7 x 12 for an input of shape 2 x 5 x 12");
    CHECK_THROWS_AS(backward({.context = {}, .bias = {d.data(), {1, 5, 7}}}), geolip::shape_error);  // of no bias
    in.bias = {some.data(), {3, 5, 7}};
    CHECK_THROWS_AS(backward({.context = {}, .bias = {d.data(), {1, 5, 7}}}), geolip::shape_error);
    CHECK(d == std::vector<float>(1000, 77));
}
