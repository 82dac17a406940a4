// Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT
#include "geolip/nn/scaled_dot_product.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <vector>

#include "support/levels.hpp"
#include "support/nn_blocks.hpp"

using namespace geolip::nn;
using geolip_test::available_levels;
using geolip_test::normals;

namespace {

struct sizes {
    std::size_t batch, queries, keys, heads, dim;
};

/// Queries, keys, values and the gradient of the output of every head, and what attention makes of them.
template <class T>
struct heads {
    sizes s;
    std::vector<T> q, k, v, dout, bias, out, dq, dk, dv, dbias;
    std::vector<std::uint8_t> ignored;
    attention_scores<T> scores;

    heads(const sizes& n, bool causal, bool masked, bool biased)
        : s(n),
          q(normals<T>(n.batch * n.queries * n.heads * n.dim, 1)),
          k(normals<T>(n.batch * n.keys * n.heads * n.dim, 2)),
          v(normals<T>(n.batch * n.keys * n.heads * n.dim, 3)),
          dout(normals<T>(q.size(), 4)),
          bias(normals<T>(n.heads * n.queries * n.keys, 5)),
          out(q.size()),
          dq(q.size()),
          dk(k.size()),
          dv(v.size()),
          dbias(bias.size()),
          ignored(n.batch * n.keys) {
        for (std::size_t i = 0; i < ignored.size(); ++i) ignored[i] = i % 3 == 1;
        scores.scale = static_cast<T>(1 / std::sqrt(static_cast<double>(n.dim)));
        scores.causal = causal;
        if (masked) scores.ignored = {ignored.data(), {n.batch, n.keys}};
        if (biased) scores.bias = {bias.data(), {n.heads, n.queries, n.keys}};
        if (!biased) dbias.clear();
    }
    template <class U>
    heads_view<U> view(U* data, std::size_t tokens) const {
        return {data, s.batch, tokens, s.heads, s.dim, s.heads * s.dim};
    }
    void run(geolip::isa level) {
        const T litter = std::numeric_limits<T>::quiet_NaN();
        std::vector<T> statistics(attention_statistics_size(s.batch, s.heads, s.queries), litter);
        std::vector<T> scratch(attention_scratch_size<T>(s.queries, s.keys, s.dim), litter);
        std::fill(dbias.begin(), dbias.end(), T(0));
        const scaled_dot_product<T> a(view<const T>(q.data(), s.queries), view<const T>(k.data(), s.keys),
                                      view<const T>(v.data(), s.keys), scores);
        a.forward(view(out.data(), s.queries), statistics, scratch, level);
        a.backward(view<const T>(out.data(), s.queries), statistics, view<const T>(dout.data(), s.queries),
                   view(dq.data(), s.queries), view(dk.data(), s.keys), view(dv.data(), s.keys),
                   dbias.empty() ? tensor_view<T>() : tensor_view<T>(dbias.data(), scores.bias.extents()), scratch,
                   level);
    }
};

/// The definition, in double precision.
template <class T>
heads<double> defined(const heads<T>& h) {
    const auto [batch, queries, keys, head_count, dim] = h.s;
    heads<double> r(h.s, h.scores.causal, bool(h.scores.ignored), bool(h.scores.bias));
    for (auto* x : {&r.out, &r.dq, &r.dk, &r.dv, &r.dbias}) std::fill(x->begin(), x->end(), 0.0);
    std::vector<double> p(keys);
    for (std::size_t b = 0; b < batch; ++b)
        for (std::size_t head = 0; head < head_count; ++head)
            for (std::size_t i = 0; i < queries; ++i) {
                const auto at = [&](std::size_t token, std::size_t tokens) {
                    return ((b * tokens + token) * head_count + head) * dim;
                };
                const std::size_t qi = at(i, queries);
                double most = -std::numeric_limits<double>::infinity();
                for (std::size_t j = 0; j < keys; ++j) {
                    p[j] = h.scores.bias ? static_cast<double>(h.bias[(head * queries + i) * keys + j]) : 0;
                    for (std::size_t d = 0; d < dim; ++d)
                        p[j] += static_cast<double>(h.scores.scale) * static_cast<double>(h.q[qi + d]) *
                                static_cast<double>(h.k[at(j, keys) + d]);
                    if ((h.scores.causal && j > i) || (h.scores.ignored && h.ignored[b * keys + j] != 0))
                        p[j] = -std::numeric_limits<double>::infinity();
                    most = (std::max)(most, p[j]);
                }
                double sum = 0;
                for (double& x : p) sum += x = std::isinf(most) ? 0 : std::exp(x - most);
                double inner = 0;
                for (std::size_t j = 0; j < keys; ++j) {
                    if (sum > 0) p[j] /= sum;
                    for (std::size_t d = 0; d < dim; ++d) {
                        r.out[qi + d] += p[j] * static_cast<double>(h.v[at(j, keys) + d]);
                        r.dv[at(j, keys) + d] += p[j] * static_cast<double>(h.dout[qi + d]);
                    }
                }
                for (std::size_t d = 0; d < dim; ++d) inner += r.out[qi + d] * static_cast<double>(h.dout[qi + d]);
                for (std::size_t j = 0; j < keys; ++j) {
                    double slope = -inner;
                    for (std::size_t d = 0; d < dim; ++d)
                        slope += static_cast<double>(h.dout[qi + d]) * static_cast<double>(h.v[at(j, keys) + d]);
                    slope *= p[j];
                    if (h.scores.bias) r.dbias[(head * queries + i) * keys + j] += slope;
                    for (std::size_t d = 0; d < dim; ++d) {
                        r.dq[qi + d] +=
                            static_cast<double>(h.scores.scale) * slope * static_cast<double>(h.k[at(j, keys) + d]);
                        r.dk[at(j, keys) + d] +=
                            static_cast<double>(h.scores.scale) * slope * static_cast<double>(h.q[qi + d]);
                    }
                }
            }
    return r;
}

/// ‖a - b‖ / max(‖b‖, 1): the gradients of a single key's score are 0.
template <class T>
double difference(const std::vector<T>& a, const std::vector<double>& b) {
    REQUIRE(a.size() == b.size());
    double error = 0;
    double norm = 0;
    for (std::size_t i = 0; i < a.size(); ++i) {
        error = std::hypot(error, static_cast<double>(a[i]) - b[i]);
        norm = std::hypot(norm, b[i]);
    }
    return error / (std::max)(norm, 1.0);
}

}  // namespace

TEST_CASE_TEMPLATE("attention is its definition, for every shape, mask and level", T, float, double) {
    const double tolerance = sizeof(T) == 4 ? 2e-6 : 4e-15;
    for (const sizes& s :
         {sizes{1, 1, 1, 1, 1}, sizes{2, 8, 8, 2, 8}, sizes{2, 8, 8, 1, 32}, sizes{2, 1, 5, 3, 7}, sizes{3, 5, 1, 2, 3},
          sizes{2, 16, 16, 2, 4}, sizes{2, 17, 33, 3, 5}, sizes{1, 40, 70, 2, 2}, sizes{1, 66, 66, 1, 2},
          sizes{1, 40, 48, 2, 2}, sizes{2, 33, 32, 1, 4}, sizes{1, 70, 130, 1, 16}, sizes{1, 131, 20, 1, 4}})
        for (int option = 0; option < 8; ++option) {
            heads<T> h(s, (option & 1) != 0, (option & 2) != 0, (option & 4) != 0);
            const heads<double> r = defined(h);
            for (const geolip::isa level : available_levels()) {
                CAPTURE(s.queries);
                CAPTURE(s.keys);
                CAPTURE(s.dim);
                CAPTURE(option);
                CAPTURE(geolip::isa_name(level));
                h.run(level);
                CHECK(difference(h.out, r.out) < tolerance);
                CHECK(difference(h.dq, r.dq) < tolerance);
                CHECK(difference(h.dk, r.dk) < tolerance);
                CHECK(difference(h.dv, r.dv) < tolerance);
                CHECK(difference(h.dbias, r.dbias) < tolerance);
            }
        }
}

TEST_CASE_TEMPLATE("a query that no key is left for gets the output and the gradient 0", T, float, double) {
    for (const sizes& s : {sizes{2, 5, 3, 2, 2}, sizes{2, 5, 3, 2, 5}, sizes{2, 20, 130, 1, 2}}) {
        heads<T> h(s, false, true, false);
        std::fill_n(h.ignored.begin(), s.keys, std::uint8_t{1});  // all keys of the first sample
        for (const geolip::isa level : available_levels()) {
            h.run(level);
            const std::size_t half = h.out.size() / 2;
            const std::size_t key_half = h.dk.size() / 2;
            const auto zeros = [](const std::vector<T>& x, std::size_t count) {
                return std::all_of(x.begin(), x.begin() + static_cast<std::ptrdiff_t>(count),
                                   [](T value) { return value == 0; });
            };
            CHECK(zeros(h.out, half));
            CHECK(zeros(h.dq, half));
            CHECK(zeros(h.dk, key_half));
            CHECK(zeros(h.dv, key_half));
            CHECK(difference(h.out, defined(h).out) < 1e-5);
            CHECK(difference(h.dk, defined(h).dk) < 1e-5);
        }
    }
}

TEST_CASE("without keys the output is 0, without queries the gradients are") {
    heads<double> h({2, 3, 0, 1, 2}, false, false, false);
    std::fill(h.out.begin(), h.out.end(), 7.0);
    std::fill(h.dq.begin(), h.dq.end(), 7.0);
    h.run(geolip::isa::automatic);
    CHECK(h.out == std::vector<double>(12));
    CHECK(h.dq == std::vector<double>(12));
    heads<double> g({2, 0, 3, 1, 2}, false, false, false);
    std::fill(g.dk.begin(), g.dk.end(), 7.0);
    std::fill(g.dv.begin(), g.dv.end(), 7.0);
    g.run(geolip::isa::automatic);
    CHECK(g.dk == std::vector<double>(12));
    CHECK(g.dv == std::vector<double>(12));
}

TEST_CASE_TEMPLATE("scores far beyond the range of exp are no trouble", T, float, double) {
    for (const std::size_t dim : {2u, 5u}) {
        heads<T> h({1, 9, 70, 1, dim}, false, false, false);
        for (T& x : h.q) x *= 1000;
        const heads<double> r = defined(h);
        for (const geolip::isa level : available_levels()) {
            h.run(level);
            // Rounding moves a score of thousands by its own eps, and its exponential with it.
            const double tolerance = 1e4 * static_cast<double>(std::numeric_limits<T>::epsilon());
            CHECK(difference(h.out, r.out) < tolerance);
            CHECK(difference(h.dv, r.dv) < tolerance);
        }
    }
}

TEST_CASE_TEMPLATE("the weights of a query add up to 1 backwards, however large its scores are", T, float, double) {
    // Where rounding moves a score by more than 1, weights of scores that are not those of the forward pass are nothing
    // like weights. The values' gradients show it: they share out dout.
    for (const sizes& s : {sizes{1, 20, 32, 2, 2}, sizes{1, 33, 16, 1, 4}, sizes{1, 9, 7, 2, 4}, sizes{1, 40, 70, 1, 5},
                           sizes{1, 16, 16, 1, 8}}) {
        heads<T> h(s, false, false, false);
        for (T& x : h.q) x *= 1 / std::numeric_limits<T>::epsilon();
        for (const geolip::isa level : available_levels()) {
            CAPTURE(s.dim);
            CAPTURE(geolip::isa_name(level));
            h.run(level);
            std::vector<double> given(s.heads * s.dim), got(given.size());
            for (std::size_t i = 0; i < h.dout.size(); ++i) given[i % given.size()] += static_cast<double>(h.dout[i]);
            for (std::size_t i = 0; i < h.dv.size(); ++i) got[i % got.size()] += static_cast<double>(h.dv[i]);
            CHECK(difference(got, given) < (sizeof(T) == 4 ? 2e-5 : 4e-14));
        }
    }
}

TEST_CASE_TEMPLATE("NaN in a query reaches its outputs and no other query's", T, float, double) {
    for (const std::size_t dim : {2u, 4u, 5u}) {
        heads<T> h({1, 20, 9, 1, dim}, false, false, false);
        h.run(geolip::isa::automatic);
        const auto clean = h.out;
        h.q[3 * dim + 1] = std::numeric_limits<T>::quiet_NaN();
        for (const geolip::isa level : available_levels()) {
            h.run(level);
            for (std::size_t i = 0; i < h.out.size(); ++i) {
                CHECK(std::isnan(h.out[i]) == (i / dim == 3));
                if (i / dim != 3) CHECK(h.out[i] == doctest::Approx(clean[i]).epsilon(1e-4));
            }
        }
    }
}

TEST_CASE("a later query does not reach an earlier output under a causal mask") {
    heads<float> h({1, 70, 70, 2, 3}, true, false, false);
    h.run(geolip::isa::automatic);
    const auto before = h.out;
    for (std::size_t i = 50 * 6; i < h.k.size(); ++i) h.k[i] = h.v[i] = 1e3f;
    h.run(geolip::isa::automatic);
    CHECK(std::equal(before.begin(), before.begin() + 50 * 6, h.out.begin()));
    CHECK_FALSE(std::equal(before.begin() + 50 * 6, before.end(), h.out.begin() + 50 * 6));
}
