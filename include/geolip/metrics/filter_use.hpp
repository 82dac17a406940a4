// Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT
#pragma once

/// \file
/// `filter_use`: how many filters of a convolution are dead or weak; and what Gaussian weights give.

#include <cmath>
#include <cstddef>
#include <optional>

#include "geolip/core/concepts.hpp"
#include "geolip/core/estimate.hpp"
#include "geolip/core/matrix_view.hpp"
#include "geolip/metrics/detail/row_norm.hpp"
#include "geolip/metrics/neuron_importance.hpp"
#include "geolip/simplex/detail/gamma_ratio.hpp"

namespace geolip {

/// Of a convolution's weights as the matrix out x (in height width): the norms of its filters, the rows, in
/// `importance`, and how many are dead (below 1 % of the mean norm) and weak (below 10 %, the dead ones included). Sums
/// in double precision. Filters that are not finite make the whole undefined. For the directions that they span see
/// `active_fraction`, `stable_rank` and `participation_ratio` of the same matrix's singular values.
template <measured_scalar T>
neuron_reading filter_use(matrix_view<const T> filters) {
    neuron_reading r;
    r.importance.assign(filters.rows(), 1.0);
    detail::multiply_row_norms(filters, r.importance);
    detail::count_neurons(r);
    return r;
}

namespace detail {

/// P(chi with `freedom` degrees of freedom < x): the series of the incomplete gamma function (DLMF 8.7.1), all of whose
/// terms are positive. For x² below `freedom` + 2, where it converges quickly.
inline double chi_below(double freedom, double x) {
    if (!(x > 0)) return 0;
    const double a = freedom / 2, y = x * x / 2;
    double term = 1, sum = 1;
    for (double n = 1; n < 10000 && term > 1e-17 * sum; ++n) sum += term *= y / (a + n);
    // y^a e^-y / G(a + 1), with G(1/2) = sqrt(pi) and G(1) = 1 to begin with.
    double log_factor = -y;
    double b = a;
    for (; b > 0.75; b -= 1) log_factor += std::log(y / b);
    if (b > 0.25) log_factor += 0.5 * std::log(y) - std::log(0.5 * 1.7724538509055160273);
    return std::exp(log_factor) * sum;
}

}  // namespace detail

/// Shares of dead and of weak filters among `filters` of `size` normal elements each, in closed form: the norm is chi
/// with `size` degrees of freedom, the mean norm is taken as its expectation, and the count is binomial. From a size of
/// 9 on both are below 1e-8. Empty for an extent of 0.
inline neuron_null filter_use_null(std::size_t filters, std::size_t size) {
    if (filters == 0 || size == 0) return {};
    const double freedom = static_cast<double>(size);
    // E chi = sqrt(2) G((D + 1) / 2) / G(D / 2)
    const double mean = std::sqrt(freedom) * std::exp(detail::log_scaled_gamma_ratio(freedom / 2, 0.5));
    const auto below = [&](double share) {
        const double p = detail::chi_below(freedom, share * mean);
        return null_reading{p, std::sqrt(p * (1 - p) / static_cast<double>(filters)), 0};
    };
    return {below(0.01), below(0.1)};
}

}  // namespace geolip
