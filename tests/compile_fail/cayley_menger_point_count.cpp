// Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT
#include <array>

#include "geolip/simplex/cayley_menger.hpp"

#if defined(NEIGHBOUR)
constexpr std::array<std::array<double, 3>, 4> points{};
#else
constexpr std::array<std::array<double, 3>, 5> points{};
#endif
constexpr double value = geolip::cayley_menger<3, double>::squared_volume(points);  // expected-error {{"a K-simplex has K + 1 points"}}
