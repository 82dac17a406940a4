// Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT
#pragma once

/// \file
/// Exact tests of counts.

#include <algorithm>
#include <cmath>
#include <cstddef>

namespace examples {
namespace detail {

inline double log_choose(std::size_t n, std::size_t k) {
    double sum = 0;
    for (std::size_t i = 1; i <= k; ++i)
        sum += std::log(static_cast<double>(n - k + i)) - std::log(static_cast<double>(i));
    return sum;
}

}  // namespace detail

/// Fisher's exact test, two-sided: how probable it is, given their sum, that `a` of `n` and `b` of `m` differ as much
/// or more if both have one rate (the sum of all tables that are no more probable than the one seen).
inline double fisher_exact(std::size_t a, std::size_t n, std::size_t b, std::size_t m) {
    const std::size_t both = a + b;
    const auto log_probability = [&](std::size_t i) {
        return detail::log_choose(n, i) + detail::log_choose(m, both - i) - detail::log_choose(n + m, both);
    };
    const double seen = log_probability(a);
    double sum = 0;
    for (std::size_t i = both > m ? both - m : 0; i <= std::min(n, both); ++i)
        if (log_probability(i) <= seen + 1e-9) sum += std::exp(log_probability(i));
    return std::min(1.0, sum);
}

/// The sign test, two-sided (McNemar's, exact): how probable it is that `b` and `c` differ as much or more if each of
/// the b + c falls on either side with probability 1/2.
inline double sign_test(std::size_t b, std::size_t c) {
    const std::size_t n = b + c;
    double sum = 0;
    for (std::size_t i = 0; i <= std::min(b, c); ++i)
        sum += std::exp(detail::log_choose(n, i) - static_cast<double>(n) * std::log(2.0));
    return std::min(1.0, 2 * sum);
}

/// The standard error of `count` of `n` as a rate.
inline double rate_error(std::size_t count, std::size_t n) {
    const double rate = static_cast<double>(count) / static_cast<double>(n);
    return std::sqrt(rate * (1 - rate) / static_cast<double>(n));
}

}  // namespace examples
