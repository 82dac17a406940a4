// Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT
//
// What a user of the core writes. Every consumer test builds it: with warnings of the user's own choosing as errors,
// without exceptions, with -ffast-math.
#include <array>
#include <cmath>
#include <cstdio>
#include <geolip/core/version.hpp>
#include <geolip/simplex/cayley_menger.hpp>

namespace {

// The simplex at the corner of the unit cube of R⁴: V = 1/4!.
constexpr std::array<std::array<double, 4>, 5> corner{
    {{0, 0, 0, 0}, {1, 0, 0, 0}, {0, 1, 0, 0}, {0, 0, 1, 0}, {0, 0, 0, 1}}};
constexpr double squared_volume = geolip::cayley_menger<4, double>::squared_volume(corner);
static_assert(576 * squared_volume > 1 - 1e-14 && 576 * squared_volume < 1 + 1e-14);

}  // namespace

int main() {
    auto moved = corner;
    for (auto& point : moved) point[0] += 1e6;
    const double volume = geolip::cayley_menger<4, double>::volume(moved);
    std::printf("geolip %s: V = %g\n", geolip::version_string, volume);
    return std::abs(24 * volume - 1) < 1e-9 ? 0 : 1;
}
