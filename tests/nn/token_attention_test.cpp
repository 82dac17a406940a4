// Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT
#include "geolip/nn/token_attention.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "geolip/nn/gradient_check.hpp"
#include "geolip/nn/named.hpp"
#include "geolip/nn/residual.hpp"
#include "support/levels.hpp"
#include "support/nn_blocks.hpp"

using namespace geolip::nn;

namespace {

struct sizes {
    std::size_t vocabulary, tokens, dim, heads, batch;
    bool bias = true;
    std::optional<std::size_t> padding = std::nullopt;
};
// More rows than the table has, fewer, as many; one sample, one token, one head; more rows than are worked on at once;
// a word that pads.
const sizes cases[] = {{11, 5, 12, 3, 9}, {40, 3, 8, 2, 2},         {4, 2, 6, 1, 3}, {3, 1, 4, 2, 1},
                       {30, 8, 8, 2, 60}, {7, 6, 32, 4, 17, false}, {1, 1, 2, 1, 5}, {5, 4, 8, 2, 6, true, 2}};

template <class T>
token_attention<T> fused(const sizes& s) {
    return {embedding<T>(s.vocabulary, s.dim, s.padding), position_embedding<T>(s.tokens, s.dim),
            multi_head_attention<T>(s.dim, s.heads, {.bias = s.bias})};
}
template <class T>
auto in_parts(const sizes& s) {
    return chain{name<"emb">(embedding<T>(s.vocabulary, s.dim, s.padding)),
                 name<"">(position_embedding<T>(s.tokens, s.dim)),
                 name<"">(residual(name<"mha">(multi_head_attention<T>(s.dim, s.heads, {.bias = s.bias}))))};
}

/// Parameters that leave the softmax of every query with more than one key, where the gradients are well conditioned.
template <class T>
std::vector<T> moderate(std::size_t count) {
    std::vector<T> w = geolip_test::normals<T>(count, 1);
    for (T& value : w) value *= T(0.25);
    return w;
}

std::vector<std::int32_t> some_ids(const sizes& s) {
    std::vector<std::int32_t> ids(s.batch * s.tokens);
    for (std::size_t i = 0; i < ids.size(); ++i) ids[i] = static_cast<std::int32_t>(i * i * 7 % s.vocabulary);
    return ids;
}

template <class T>
struct passes {
    std::vector<T> y, dw;
    friend bool operator==(const passes&, const passes&) = default;
};
template <class T, class M>
passes<T> run(const M& m, const sizes& s, geolip::isa level) {
    const std::vector<std::int32_t> ids = some_ids(s);
    const tensor_view<const std::int32_t> x(ids.data(), {s.batch, s.tokens});
    const shape y_shape = output_shape(m, x.extents());
    const auto w = moderate<T>(parameter_count(m)), dy = geolip_test::normals<T>(y_shape.size(), 2);
    workspace_memory<M> memory(m, x.extents());
    passes<T> p{std::vector<T>(y_shape.size(), T(9)), std::vector<T>(w.size(), T(0.5))};
    m.forward(w, x, {p.y.data(), y_shape}, memory.view(level));
    m.backward(w, x, {p.y.data(), y_shape}, {dy.data(), y_shape}, {}, p.dw, memory.view(level));
    return p;
}

/// The largest difference, relative to the largest number.
template <class T>
double difference(std::span<const T> a, std::span<const T> b) {
    double most = 0, size = 0;
    for (std::size_t i = 0; i < a.size(); ++i) {
        most = std::max(most, std::abs(static_cast<double>(a[i]) - static_cast<double>(b[i])));
        size = std::max(size, std::abs(static_cast<double>(b[i])));
    }
    return most / size;
}

}  // namespace

TEST_CASE_TEMPLATE("token attention is the chain of its parts", T, float, double) {
    const double bound = sizeof(T) == 4 ? 1e-5 : 1e-13;
    for (const geolip::isa level : geolip_test::available_levels())
        for (const sizes& s : cases) {
            CAPTURE(s.vocabulary);
            CAPTURE(s.batch);
            const auto whole = fused<T>(s);
            const auto parts = in_parts<T>(s);
            const passes<T> a = run<T>(whole, s, level), b = run<T>(parts, s, level);
            CHECK(difference<T>(a.y, b.y) < bound);
            const std::vector<parameter> table = parameters_of(whole), expected = parameters_of(parts);
            REQUIRE(table.size() == expected.size());
            for (std::size_t i = 0; i < table.size(); ++i) {
                CAPTURE(table[i].name);
                CHECK(table[i].name == expected[i].name);
                CHECK(table[i].extents == expected[i].extents);
                CHECK(table[i].law == expected[i].law);
                CHECK(difference<T>(std::span(a.dw).subspan(table[i].offset, table[i].size()),
                                    std::span(b.dw).subspan(table[i].offset, table[i].size())) < bound);
            }
            CHECK(a == run<T>(whole, s, level));
        }
}

TEST_CASE_TEMPLATE("the bits of attention over a batch are those of its samples one after the other", T, float,
                   double) {
    const multi_head_attention<T> m(12, 3);
    constexpr std::size_t batch = 67, tokens = 7;  // 469 rows, which are worked on in parts
    const shape all = {batch, tokens, 12}, one = all.with_front(1);
    const auto w = moderate<T>(parameter_count(m)), x = geolip_test::normals<T>(all.size(), 5),
               dy = geolip_test::normals<T>(all.size(), 6);
    const tensor_view<const T> inputs(x.data(), all), slopes(dy.data(), all);
    workspace_memory<multi_head_attention<T>> memory(m, all), small(m, one);
    std::vector<T> y(all.size()), dx(all.size()), dw(w.size()), y1(y), dx1(dx), dw1(dw);
    const auto view = [&](std::vector<T>& v) { return tensor_view<T>(v.data(), all); };
    for (const geolip::isa level : geolip_test::available_levels()) {
        std::fill(dw.begin(), dw.end(), T(0));
        std::fill(dw1.begin(), dw1.end(), T(0));
        m.forward(w, inputs, view(y), memory.view(level));
        m.backward(w, inputs, view(y), slopes, view(dx), dw, memory.view(level));
        for (std::size_t b = 0; b < batch; ++b) {
            m.forward(w, inputs.slice(b, 1), view(y1).slice(b, 1), small.view(level));
            m.backward(w, inputs.slice(b, 1), view(y1).slice(b, 1), slopes.slice(b, 1), view(dx1).slice(b, 1), dw1,
                       small.view(level));
        }
        CHECK(y == y1);
        CHECK(dx == dx1);
        CHECK(dw == dw1);
    }
}

TEST_CASE("token attention's gradients are those of central differences") {
    for (const sizes& s : cases) {
        if (s.padding) continue;  // whose row has a gradient that backward leaves out
        const auto m = fused<double>(s);
        const auto w = moderate<double>(parameter_count(m));
        const std::vector<std::int32_t> ids = some_ids(s);
        for (const gradient_error& e : check_gradients(m, w, {ids.data(), {s.batch, s.tokens}})) {
            CAPTURE(s.vocabulary);
            CAPTURE(e.name);
            CHECK(e.error < 1e-6);
        }
    }
}

TEST_CASE("what token attention keeps is found again") {
    const sizes s = cases[0];
    const auto m = fused<double>(s);
    const auto parts = in_parts<double>(s);
    const std::vector<std::int32_t> ids = some_ids(s);
    const tensor_view<const std::int32_t> x(ids.data(), {s.batch, s.tokens});
    const auto w = moderate<double>(parameter_count(m));
    const shape h = m.output_shape(x.extents());
    std::vector<double> y(h.size()), kept(kept_size(m, x.extents())), scratch(scratch_size(m, x.extents()));
    std::vector<double> parts_kept(kept_size(parts, x.extents())), more(scratch_size(parts, x.extents()));
    m.forward(w, x, {y.data(), h}, {kept, scratch});
    parts.forward(w, x, {y.data(), h}, {parts_kept, more});
    const std::span<const double> own(kept), known(parts_kept);
    CHECK(difference<double>(m.embedded(x.extents(), own).elements(),
                             parts.output_of<1>(x.extents(), known).elements()) == 0);
    const auto inner = parts.get<2>().inner_kept(h, parts.kept_of<2>(x.extents(), known));
    const auto keys = m.attention().keys(h, m.attention_kept(x.extents(), own)).head(1);
    const auto expected = parts.get<2>().inner().keys(h, inner).head(1);
    REQUIRE(keys.rows() == s.batch * s.tokens);
    for (std::size_t i = 0; i < keys.rows(); ++i)
        for (std::size_t j = 0; j < keys.cols(); ++j)
            CHECK(keys(i, j) == doctest::Approx(expected(i, j)).epsilon(1e-12));
}

TEST_CASE("token attention's errors are those of its parts") {
    CHECK_THROWS_WITH_AS(token_attention<float>(embedding<float>(3, 4), position_embedding<float>(2, 4),
                                                multi_head_attention<float>(8, 2)),
                         "token_attention: embeddings of dim 4 and 4 before an attention of dim 8; expected one dim",
                         geolip::shape_error);
    const auto m = fused<float>(cases[0]);
    CHECK_THROWS_AS(m.output_shape({9, 4}), geolip::shape_error);
    std::vector<std::int32_t> ids = some_ids(cases[0]);
    ids[3] = 11;
    const tensor_view<const std::int32_t> x(ids.data(), {9, 5});
    std::vector<float> w(parameter_count(m)), y(9 * 5 * 12, 1.5f);
    workspace_memory<token_attention<float>> memory(m, x.extents());
    CHECK_THROWS_AS(m.forward(w, x, {y.data(), {9, 5, 12}}, memory.view()), geolip::usage_error);
    CHECK(std::all_of(y.begin(), y.end(), [](float value) { return value == 1.5f; }));
}
