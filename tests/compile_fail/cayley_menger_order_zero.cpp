// Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT
#include "geolip/simplex/cayley_menger.hpp"

#if defined(NEIGHBOUR)
template class geolip::cayley_menger<1, double>;
#else
template class geolip::cayley_menger<0, double>;  // expected-error {{"K, the number of points less one, must be at least 1"}}
#endif
