// Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT
#pragma once

/// \file
/// Ratios of gamma functions without their logarithms' cancellation. The difference of two `lgamma` loses
/// every digit that the volume laws need at large dimension (and glibc's writes a global), so the ratio
/// itself is expanded: everything below is a pure function of its arguments.

#include <cmath>

namespace geolip::detail {

/// ln(1 + u) - u for u >= 0, to a few units in the last place also where u is tiny.
inline double log1p_minus(double u) {
    if (u > 0.5) return std::log1p(u) - u;
    const double t = u / (2 + u);  // ln(1 + u) = 2 atanh(t), and 2t - u = -ut exactly
    double series = 0;
    for (int n = 25; n >= 3; n -= 2) series = series * t * t + 1.0 / n;
    return 2 * t * t * t * series - u * t;
}

/// What Stirling's formula leaves out: ln G(x) - [(x - 1/2) ln x - x + ln(2 pi)/2], for x >= 10; the first
/// omitted term is below 2e-18. Coefficients B_{2m} / (2m (2m - 1)), Abramowitz & Stegun 6.1.40.
inline double stirling_remainder(double x) {
    const double y = 1 / (x * x);
    double series = -3617.0 / 122400;
    series = series * y + 1.0 / 156;
    series = series * y - 691.0 / 360360;
    series = series * y + 1.0 / 1188;
    series = series * y - 1.0 / 1680;
    series = series * y + 1.0 / 1260;
    series = series * y - 1.0 / 360;
    series = series * y + 1.0 / 12;
    return series / x;
}

/// ln[ G(x + s) / (G(x) x^s) ] for x > 0, x + s > 0, with G the gamma function. It tends to 0 like
/// s(s - 1)/(2x), so what is small is computed as something small: the relative error stays below 2e-15 for
/// s = 1/2 and any x >= 1/2; for other s the absolute error is below 4e-16 (1 + |s|) (1 + |ln(1 + s/x)|).
inline double log_scaled_gamma_ratio(double x, double s) {
    if (s < 0) return s * std::log1p(s / x) - log_scaled_gamma_ratio(x + s, -s);
    double recurrence = 0;
    for (; x < 10; ++x) recurrence += s * std::log1p(1 / x) - std::log1p(s / x);
    const double u = s / x;
    return recurrence + x * log1p_minus(u) + (s - 0.5) * std::log1p(u) +
           (stirling_remainder(x + s) - stirling_remainder(x));
}

}  // namespace geolip::detail
