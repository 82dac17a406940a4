// Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT
#include "geolip/simplex/cayley_menger.hpp"

struct only_adds {
    only_adds() = default;
    explicit only_adds(int);
    friend only_adds operator+(only_adds, only_adds);
};

#if defined(NEIGHBOUR)
using kernel = geolip::cayley_menger<4, double>;
#else
using kernel = geolip::cayley_menger<4, only_adds>;  // expected-error {{"constraints not satisfied"}}
#endif
