// Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT
#include "geolip/nn/detail/elementwise.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <cstddef>
#include <limits>
#include <vector>

#include "support/levels.hpp"

namespace {

template <class T>
std::vector<T> wave(std::size_t count, T phase) {
    std::vector<T> v(count);
    for (std::size_t i = 0; i < count; ++i) v[i] = std::sin(phase + T(0.7) * static_cast<T>(i));
    return v;
}

constexpr std::size_t guard = 64;
constexpr std::size_t longest = 200;

}  // namespace

TEST_CASE_TEMPLATE("sums of arrays are exact for every length and leave what follows alone", T, float, double) {
    for (const geolip::isa level : geolip_test::available_levels())
        for (std::size_t count = 0; count <= longest; ++count) {
            const std::vector<T> a = wave<T>(count + guard, T(0)), b = wave<T>(count + guard, T(1));
            std::vector<T> out = wave<T>(count + guard, T(2)), y = b;
            const std::vector<T> before = out;
            geolip::nn::detail::add(out.data(), a.data(), b.data(), count, level);
            geolip::nn::detail::add_into(y.data(), a.data(), count, level);
            bool right = true;
            for (std::size_t i = 0; i < out.size(); ++i) {
                right = right && out[i] == (i < count ? a[i] + b[i] : before[i]);
                right = right && y[i] == (i < count ? a[i] + b[i] : b[i]);
            }
            CAPTURE(count);
            CHECK(right);
        }
}

TEST_CASE_TEMPLATE("multiples of arrays, alone and added", T, float, double) {
    const T factor = T(-0.3);
    for (const geolip::isa level : geolip_test::available_levels())
        for (std::size_t count = 0; count <= longest; ++count) {
            const std::vector<T> a = wave<T>(count + guard, T(0)), b = wave<T>(count + guard, T(1));
            std::vector<T> out = b, y = b, own = a;
            geolip::nn::detail::scale(out.data(), a.data(), factor, count, level);
            geolip::nn::detail::scale(own.data(), own.data(), factor, count, level);
            geolip::nn::detail::add_scaled(y.data(), a.data(), factor, count, level);
            bool right = true;
            for (std::size_t i = 0; i < out.size(); ++i) {
                right = right && out[i] == (i < count ? factor * a[i] : b[i]);
                right = right && own[i] == (i < count ? factor * a[i] : a[i]);
                // Fused or not: half a unit of the sum, and of the product.
                const T bound = i < count ? 2 * std::numeric_limits<T>::epsilon() : T(0);
                const T expected = i < count ? b[i] + factor * a[i] : b[i];
                right = right && std::abs(y[i] - expected) <= bound;
            }
            CAPTURE(count);
            CHECK(right);
        }
}
