// Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT
#include "geolip/simplex/lanes.hpp"

#include <doctest/doctest.h>

#include <array>
#include <cstddef>
#include <random>
#include <type_traits>

#include "geolip/simplex/cayley_menger.hpp"
#include "support/simplices.hpp"

using geolip::lanes;

namespace {

static_assert(geolip::field<lanes<float, 8>> && geolip::field<lanes<double, 3>>);
static_assert(!geolip::real_scalar<lanes<double, 4>>);
static_assert(std::is_trivially_copyable_v<lanes<float, 8>> && sizeof(lanes<float, 8>) == 32);

// Constant expressions.
constexpr std::array<double, 4> values{1, -2, 3, 0.5};
constexpr auto sum = lanes<double, 4>::load(values.data()) + lanes<double, 4>(2);
static_assert(sum[0] == 3 && sum[1] == 0 && sum[2] == 5 && sum[3] == 2.5);

TEST_CASE("operations act lane by lane") {
    const std::array<float, 8> a{1, 2, 3, 4, 5, 6, 7, 8};
    const std::array<float, 8> b{8, 1, -3, 0.5f, 5, 2, -7, 16};
    const auto x = lanes<float, 8>::load(a.data());
    const auto y = lanes<float, 8>::load(b.data());
    const auto larger = select(x < y, y, x);
    for (int i = 0; i < 8; ++i) {
        const auto k = static_cast<std::size_t>(i);
        CHECK((x + y)[i] == a[k] + b[k]);
        CHECK((x - y)[i] == a[k] - b[k]);
        CHECK((x * y)[i] == a[k] * b[k]);
        CHECK((x / y)[i] == a[k] / b[k]);
        CHECK((-x)[i] == -a[k]);
        CHECK((x < y)[i] == (a[k] < b[k]));
        CHECK(larger[i] == (a[k] < b[k] ? b[k] : a[k]));
    }
}

TEST_CASE("loads and stores take a stride, conversions keep the lanes") {
    const std::array<double, 6> memory{0, 1, 2, 3, 4, 5};
    const auto odd = lanes<double, 3>::load(&memory[1], 2);
    CHECK(odd[0] == 1);
    CHECK(odd[2] == 5);
    std::array<double, 6> out{};
    odd.store(out.data(), -1 + 3);
    CHECK(out == std::array<double, 6>{1, 0, 3, 0, 5, 0});
    const lanes<float, 3> narrow(odd);
    CHECK(narrow[1] == 3.0f);
}

template <class T, int N, int K, std::size_t D>
void check_simplices() {
    std::mt19937_64 engine(11);
    std::array<geolip_test::point_array<T, std::size_t{K + 1}, D>, std::size_t{N}> simplices;
    for (auto& simplex : simplices) simplex = geolip_test::random_simplex<T, K + 1, D>(engine);
    simplices[1][2] = simplices[1][1];  // a flat one among the others
    geolip_test::point_array<lanes<T, N>, std::size_t{K + 1}, D> batch;
    for (std::size_t i = 0; i <= K; ++i)
        for (std::size_t j = 0; j < D; ++j)
            for (int l = 0; l < N; ++l) batch[i][j][l] = simplices[static_cast<std::size_t>(l)][i][j];

    using kernel = geolip::cayley_menger<K, lanes<T, N>>;
    const auto volumes = kernel::squared_volume(batch);
    const auto bordered = kernel::squared_volume_determinant(batch);
    const auto with_gradient = kernel::squared_volume_with_gradient(batch);
    // The same operations in the same order; a compiler may fuse multiplications differently.
    for (int l = 0; l < N; ++l) {
        using scalar = geolip::cayley_menger<K, T>;
        const auto& simplex = simplices[static_cast<std::size_t>(l)];
        const auto expected = scalar::squared_volume_with_gradient(simplex);
        const auto close = [](T value) { return doctest::Approx(value).epsilon(1e-6).scale(1e-6); };
        CHECK(volumes[l] == close(expected.value));
        CHECK(with_gradient.value[l] == volumes[l]);
        CHECK(bordered[l] == close(scalar::squared_volume_determinant(simplex)));
        for (std::size_t i = 0; i <= K; ++i)
            for (std::size_t j = 0; j < D; ++j)
                CHECK(with_gradient.gradient[i][j][l] == close(expected.gradient[i][j]));
    }
    CHECK(volumes[1] == 0);
}

TEST_CASE("one simplex per lane gives each simplex its own volume and gradient") {
    check_simplices<float, 8, 4, 6>();
    check_simplices<double, 8, 4, 6>();
    check_simplices<double, 5, 3, 3>();
    check_simplices<float, 4, 2, 9>();
}

}  // namespace
