// Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT
#pragma once

/// \file
/// `ordered_sum`: sums whose order is fixed and whose terms do not wait for one another.

#include <cstddef>

namespace geolip::detail {

// Eight interleaved partial sums: the order is fixed, and the additions do not wait for each other.
template <class Term>
double ordered_sum(std::size_t count, Term&& term) {
    double part[8] = {};
    std::size_t i = 0;
    for (; i + 8 <= count; i += 8)
        for (std::size_t j = 0; j < 8; ++j) part[j] += term(i + j);
    for (std::size_t j = 0; i < count; ++i, ++j) part[j] += term(i);
    return ((part[0] + part[4]) + (part[2] + part[6])) + ((part[1] + part[5]) + (part[3] + part[7]));
}

}  // namespace geolip::detail
