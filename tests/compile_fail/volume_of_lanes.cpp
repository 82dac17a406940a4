// Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT
// Square roots and logarithms are for single numbers.
#include "geolip/simplex/cayley_menger.hpp"
#include "geolip/simplex/lanes.hpp"

using batch = geolip::lanes<double, 4>;
using kernel = geolip::cayley_menger<1, batch>;
const batch points[2][1] = {};
#if defined(NEIGHBOUR)
const batch value = kernel::squared_volume(points);
#else
const batch value = kernel::volume(points);  // expected-error {{"real_scalar"}}
#endif
