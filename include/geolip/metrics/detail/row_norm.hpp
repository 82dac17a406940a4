// Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT
#pragma once

/// \file
/// The length of a row.

#include <cmath>
#include <cstddef>

#include "geolip/core/matrix_view.hpp"

namespace geolip::detail {

/// In double precision, element by element.
template <class T>
double row_norm(matrix_view<const T> m, std::size_t row) {
    double square = 0;
    for (std::size_t j = 0; j < m.cols(); ++j) {
        const double x = static_cast<double>(m(row, j));
        square += x * x;
    }
    return std::sqrt(square);
}

}  // namespace geolip::detail
