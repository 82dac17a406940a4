// Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT
#include "geolip/core/matrix_view.hpp"

const double data[4] = {};
#if defined(NEIGHBOUR)
geolip::matrix_view<const double> view = geolip::matrix_view<const double>(data, 2, 2);
#else
geolip::matrix_view<double> view = geolip::matrix_view<const double>(data, 2, 2);  // expected-error {{"conversion from"}}
#endif
