// Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT
#include "geolip/nn/svd_readout.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include "geolip/nn/by_sample.hpp"
#include "geolip/nn/chain.hpp"
#include "geolip/nn/data_parallel.hpp"
#include "geolip/nn/linear.hpp"
#include "geolip/nn/parameters.hpp"
#include "geolip/nn/repeat.hpp"
#include "geolip/nn/spectral_attention.hpp"
#include "geolip/random/fill.hpp"
#include "support/known_block.hpp"
#include "support/levels.hpp"

namespace nn = geolip::nn;
using nn::shape;

namespace {

template <class T>
using attention = nn::repeat<nn::spectral_attention<T>>;
template <class T>
nn::svd_readout<T, attention<T>> readout(std::size_t rows, std::size_t dim, std::size_t layers, std::size_t heads = 1) {
    return {rows, dim, attention<T>(nn::spectral_attention<T>(dim, heads), layers)};
}

template <class T>
struct pass {
    std::vector<T> x, y, dy, dx, g;

    template <class M>
    pass(const M& m, const shape& s, std::vector<T> in, geolip::isa level)
        : x(std::move(in)), y(s.size()), dy(s.size()), dx(s.size()) {
        const std::vector<T> w = nn::initial_parameters(m, 1);
        g.resize(w.size());
        geolip::fill_normal(std::span(dy), {2, 0});
        nn::workspace_memory memory(m, s);
        const auto view = memory.view(level);
        std::fill(view.kept.begin(), view.kept.end(), T(NAN));
        std::fill(view.scratch.begin(), view.scratch.end(), T(NAN));
        m.forward(w, {x.data(), s}, {y.data(), s}, view);
        std::fill(view.scratch.begin(), view.scratch.end(), T(NAN));
        m.backward(w, {x.data(), s}, {y.data(), s}, {dy.data(), s}, {dx.data(), s}, g, view);
        close = m.close_pairs(s, view.kept);
    }
    std::size_t close = 0;
};

}  // namespace

TEST_CASE("gradients agree with central differences, for any number of rows and columns") {
    geolip_test::check_gradients_of(readout<double>(7, 4, 1, 2), {2, 3, 28});
    geolip_test::check_gradients_of(readout<double>(10, 8, 2, 2), {1, 5, 80});
    geolip_test::check_gradients_of(readout<double>(9, 3, 1), {3, 1, 27});
    geolip_test::check_gradients_of(readout<double>(5, 1, 0), {1, 2, 5});
    geolip_test::check_gradients_of(readout<double>(24, 18, 1, 3), {1, 2, 24 * 18});
    geolip_test::check_gradients_of(readout<double>(6, 5, 0), {2, 2, 30});
}

// Which columns are worked on by rows depends on the level and the type: a row as long as a register, and 8 of 16
// lanes.
TEST_CASE_TEMPLATE("levels agree, and a patch's bits do not depend on its place in the batch", T, float, double) {
    constexpr std::size_t rows = 19, patches = 37;
    for (const std::size_t dim : {2u, 4u, 6u, 8u, 16u}) {
        const std::size_t size = rows * dim;
        const auto m = readout<T>(rows, dim, 0);
        std::vector<T> x(patches * size);
        geolip::fill_normal(std::span(x), {1, 0});
        const pass<T> lowest(m, {1, patches, size}, x, geolip::isa::baseline);
        const std::vector<double> y(lowest.y.begin(), lowest.y.end()), dx(lowest.dx.begin(), lowest.dx.end());
        for (const geolip::isa level : geolip_test::available_levels()) {
            CAPTURE(geolip::isa_name(level));
            CAPTURE(dim);
            const pass<T> whole(m, {1, patches, size}, x, level);
            const double tolerance = sizeof(T) == 4 ? 1e-4 : 1e-12;
            CHECK(geolip_test::distance<T>(whole.y, y.data()) < tolerance);
            CHECK(geolip_test::distance<T>(whole.dx, dx.data()) < tolerance);
            // The last patches by themselves.
            const std::size_t first = 30;
            const pass<T> part(m, {1, patches - first, size},
                               std::vector<T>(x.data() + first * size, x.data() + x.size()), level);
            CHECK(std::equal(part.y.begin(), part.y.end(), whole.y.data() + first * size));
        }
    }
}

TEST_CASE_TEMPLATE(
    "fewer rows than columns, rows of zeros, equal rows: every gradient is finite, and close pairs are counted", T,
    float, double) {
    using attention = nn::repeat<nn::spectral_attention<T>>;
    const std::size_t rows = 6, dim = 8, patches = 3;
    const nn::svd_readout<T, attention> m(rows, dim, attention(nn::spectral_attention<T>(dim, 2), 1));
    const shape s{1, patches, rows * dim};
    std::vector<T> x(s.size()), y(s.size()), dy(s.size()), dx(s.size());
    geolip::fill_normal(std::span(x), {1, 0});
    geolip::fill_normal(std::span(dy), {2, 0});
    std::fill_n(x.data() + rows * dim, rows * dim, T(0));
    T* const last = x.data() + 2 * rows * dim;
    for (std::size_t i = 1; i < rows; ++i) std::copy_n(last, dim, last + i * dim);
    const std::vector<T> w = nn::initial_parameters(m, 1);
    std::vector<T> g(w.size());
    nn::workspace_memory memory(m, s);
    m.forward(w, {x.data(), s}, {y.data(), s}, memory.view());
    m.backward(w, {x.data(), s}, {y.data(), s}, {dy.data(), s}, {dx.data(), s}, g, memory.view());
    for (const auto& values : {y, dx, g})
        CHECK(std::all_of(values.begin(), values.end(), [](T v) { return std::isfinite(v); }));
    // Eigenvalues of 1e-12 are close to one another: 2 of rank 6, 8 of rank 0, 7 of rank 1.
    CHECK(m.close_pairs(s, memory.view().kept) == 1 + 28 + 21);
}

TEST_CASE("a patch with NaN gives NaN, and its neighbours are what they were") {
    constexpr std::size_t size = 24;
    const auto m = readout<double>(6, 4, 0);
    std::vector<double> x(3 * size);
    geolip::fill_normal(std::span(x), {1, 0});
    const pass<double> sound(m, {1, 3, size}, x, geolip::isa::automatic);
    x[size + 5] = NAN;
    const pass<double> spoilt(m, {1, 3, size}, x, geolip::isa::automatic);
    for (std::size_t i = 0; i < x.size(); ++i)
        CHECK((i / size == 1 ? std::isnan(spoilt.y[i]) : spoilt.y[i] == sound.y[i]));
}

TEST_CASE("by_sample at the end of a chain: what data_parallel gives is the gradient of the whole") {
    const nn::chain whole{nn::linear<double>(3, 4), nn::linear<double>(4, 2)};
    const nn::chain samples{nn::linear<double>(3, 4), nn::by_sample(nn::linear<double>(4, 2))};
    static_assert(!decltype(whole)::works_by_sample && decltype(samples)::works_by_sample);
    const shape s{5, 3};
    std::vector<double> x(s.size()), w = nn::initial_parameters(whole, 1), g(w.size()), expected(w.size());
    geolip::fill_normal(std::span(x), {1, 0});
    const auto loss = [](std::size_t, auto y, auto dy) {
        double sum = 0;
        for (std::size_t i = 0; i < y.size(); ++i) {
            sum += y[i] * y[i];
            dy[i] = 2 * y[i];
        }
        return sum;
    };
    nn::data_parallel of_whole(whole, s, {.shards = 2});
    nn::data_parallel of_samples(samples, s, {.shards = 2, .pieces = 2});
    const double a = of_whole.gradient(w, {x.data(), s}, std::span(expected), loss);
    const double b = of_samples.gradient(w, {x.data(), s}, std::span(g), loss);
    CHECK(std::fabs(a - b) < 1e-13 * a);
    for (std::size_t i = 0; i < w.size(); ++i) CHECK(std::fabs(g[i] - expected[i]) < 1e-12);
}
