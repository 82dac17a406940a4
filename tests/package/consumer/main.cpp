// Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT
//
// What a user of the core writes. Built by every consumer test, with warnings of the user's own choosing as errors,
// without exceptions, and with -ffast-math.
#include <array>
#include <cmath>
#include <cstdio>
#include <geolip/geolip.hpp>

namespace {

using point = std::array<double, 4>;
constexpr std::array<point, 5> corner{{{0, 0, 0, 0}, {1, 0, 0, 0}, {0, 1, 0, 0}, {0, 0, 1, 0}, {0, 0, 0, 1}}};

// The simplex at the corner of the unit cube: V = 1/4!.
constexpr double squared_volume = geolip::cayley_menger<4, double>::squared_volume(corner);
static_assert(squared_volume == 1.0 / 576.0);

}  // namespace

int main() {
    const bool right = std::abs(std::sqrt(squared_volume) - 1.0 / 24.0) < 1e-15;
    std::printf("geolip %s: %s\n", geolip::version_string, right ? "right" : "wrong");
    return right ? 0 : 1;
}
