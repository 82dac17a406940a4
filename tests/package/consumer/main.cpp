// Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT
//
// What a user of the core writes. Every consumer test builds it: with warnings of the user's own choosing as errors,
// without exceptions, with -ffast-math.
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdio>
#include <geolip/geolip.hpp>
#include <span>
#include <vector>

namespace {

// The simplex at the corner of the unit cube of R⁴: V = 1/4!.
constexpr std::array<std::array<double, 4>, 5> corner{
    {{0, 0, 0, 0}, {1, 0, 0, 0}, {0, 1, 0, 0}, {0, 0, 1, 0}, {0, 0, 0, 1}}};
constexpr double squared_volume = geolip::cayley_menger<4, double>::squared_volume(corner);
static_assert(576 * squared_volume > 1 - 1e-14 && 576 * squared_volume < 1 + 1e-14);

bool volume_is_right() {
    auto moved = corner;
    for (auto& point : moved) point[0] += 1e6;
    return std::abs(24 * geolip::cayley_menger<4, double>::volume(moved) - 1) < 1e-9;
}

// Gaussian rows have the CV of the Gaussian law, up to five standard errors.
bool cv_is_right() {
    constexpr std::size_t rows = 200, dimension = 16;
    std::vector<float> data(rows * dimension);
    geolip::fill_normal(std::span<float>(data), {.seed = 1, .stream = 0});
    const geolip::volume_cv<4, float> cv{.samples = 2000, .null_replicates = 0};
    const auto measured = cv(geolip::matrix_view<const float>(data.data(), rows, dimension));
    return measured.value &&
           std::abs(*measured.value - *measured.population_law) < 5 * measured.population_standard_error;
}

}  // namespace

int main() {
    const bool right = volume_is_right() && cv_is_right();
    std::printf("geolip %s: %s\n", geolip::version_string, right ? "right" : "wrong");
    return right ? 0 : 1;
}
