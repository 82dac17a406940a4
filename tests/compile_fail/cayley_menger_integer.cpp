// Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT
#include "geolip/simplex/cayley_menger.hpp"

#if defined(NEIGHBOUR)
template class geolip::cayley_menger<4, float>;
#else
template class geolip::cayley_menger<4, int>;  // expected-error {{"integers truncate. Use double or an exact rational"}}
#endif
