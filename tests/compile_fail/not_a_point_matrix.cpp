// Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT
#include <array>
#include <vector>

#include "geolip/core/matrix_view.hpp"

#if defined(NEIGHBOUR)
std::vector<std::array<double, 3>> rows(5);
#else
std::vector<std::vector<double>> rows(5);
#endif
auto view = geolip::as_matrix_view(rows);  // expected-error {{"no matching function for call to 'as_matrix_view"}}
