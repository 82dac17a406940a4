// Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT
#pragma once

/// \file
/// The problem on which fixtures/nn_optimisers.hpp was made.

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <span>
#include <vector>

#include "fixtures/nn_optimisers.hpp"

namespace geolip_test {

template <class T>
std::vector<T> chain_start(std::size_t size = fixtures::optimised) {
    std::vector<T> w(size);
    for (std::size_t i = 0; i < size; ++i) w[i] = static_cast<T>(static_cast<double>(7 * i * i % 31) / 20 - 0.75);
    return w;
}

/// sum 5 (w[i+1] - w[i]^2)^2 + (1 - w[i])^2 and its gradient.
template <class T>
double chain_gradient(std::span<const T> w, std::span<T> g) {
    std::fill(g.begin(), g.end(), T(0));
    double loss = 0;
    for (std::size_t i = 0; i + 1 < w.size(); ++i) {
        const T a = w[i + 1] - w[i] * w[i];
        const T b = 1 - w[i];
        loss += static_cast<double>(5 * a * a + b * b);
        g[i] += -20 * a * w[i] - 2 * b;
        g[i + 1] += 10 * a;
    }
    return loss;
}

/// Minimises the chain by `step(w, g)` and returns w after each of `optimised_steps`.
template <class T, class Step>
std::vector<T> trajectory(Step&& step) {
    std::vector<T> w = chain_start<T>();
    std::vector<T> g(w.size()), seen;
    for (std::uint64_t t = 1; t <= fixtures::optimised_steps[3]; ++t) {
        chain_gradient<T>(w, g);
        step(std::span<T>(w), std::span<T>(g));
        if (std::ranges::count(fixtures::optimised_steps, t) > 0) seen.insert(seen.end(), w.begin(), w.end());
    }
    return seen;
}

/// The largest difference, relative to the largest expected value.
template <class A, class B>
double relative_difference(const A& got, const B& expected) {
    double most = 0;
    double size = 0;
    for (std::size_t i = 0; i < std::size(got); ++i) {
        most = (std::max)(most, std::fabs(static_cast<double>(got[i]) - static_cast<double>(expected[i])));
        size = (std::max)(size, std::fabs(static_cast<double>(expected[i])));
    }
    return most / size;
}

}  // namespace geolip_test
