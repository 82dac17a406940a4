// Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT
#pragma once

/// \file
/// What chance alone makes of simplex volumes: the exact law of the volume V of a simplex of `order` K (K + 1
/// points) whose vertices are independent, in `dimension` D. Two laws are built in, `gaussian_law` and
/// `sphere_law`; any type that meets `volume_law` works with every function here.
///
/// D is real: the formulas continue to it, and `equivalent_dimension` needs them to. Everything is undefined,
/// an empty optional, where D < K (the volume is identically 0) or K < 1, for NaN, and beyond D = 1e150. All functions
/// are pure (no global state, no `lgamma`) and cost O(K).

#include <cmath>
#include <concepts>
#include <limits>
#include <optional>

#include "geolip/simplex/detail/gamma_ratio.hpp"

namespace geolip {

/// A law of simplex volumes, called only with order >= 1 and dimension >= order.
template <class Law>
concept volume_law = std::copyable<Law> && requires(const Law& law, int order, double dimension, double power) {
    /// E[V^power] is finite for every power above this one.
    { law.lowest_power(order, dimension) } -> std::convertible_to<double>;
    /// ln E[V^power]
    { law.log_moment(order, dimension, power) } -> std::convertible_to<double>;
    /// ln(E[V^2] / E[V]^2) = ln(1 + CV^2), which must decrease with the dimension.
    { law.log_dispersion(order, dimension) } -> std::convertible_to<double>;
};

namespace detail {

inline double log_factorial(int n) { return log_scaled_gamma_ratio(1, n); }

}  // namespace detail

/// Vertices N(0, I_D): (K! V)^2 has the law of (K + 1) times a product of independent chi-squared variables
/// with D, D - 1, ..., D - K + 1 degrees of freedom (Bartlett's decomposition of the Gram matrix of the edges).
struct gaussian_law {
    static constexpr const char* name = "gaussian";

    static double lowest_power(int order, double dimension) { return order - 1 - dimension; }

    static double log_moment(int order, double dimension, double power) {
        const double s = power / 2;
        double sum = s * std::log1p(order) - power * detail::log_factorial(order);
        for (int i = 0; i < order; ++i) {
            const double freedom = dimension - i;
            sum += s * std::log(freedom) + detail::log_scaled_gamma_ratio(freedom / 2, s);
        }
        return sum;
    }

    static double log_dispersion(int order, double dimension) {
        double sum = 0;
        for (int i = 0; i < order; ++i) sum -= 2 * detail::log_scaled_gamma_ratio((dimension - i) / 2, 0.5);
        return sum;
    }
};

/// Vertices uniform on the unit sphere S^{D-1}. With h = D/2, c = (K + 1)(h - 1) + 1 and G the gamma function,
/// E[(K! V)^{2s}] = prod_{j=1..K} G(h - (K-j)/2 + s) / G(h - (K-j)/2) * (G(h) / G(h + s))^{K+1}
///                  * G(c + (K+1)s) / G(c + Ks):
/// R. E. Miles, Isotropic random simplices, Adv. Appl. Prob. 3 (1971) 353-382. At s = 1 the last two factors
/// are (K + 1) h / h^{K+1}, which gives the short form of the dispersion.
struct sphere_law {
    static constexpr const char* name = "sphere";

    /// Negative moments end at whichever comes first: a vanishing height, or all points falling together.
    static double lowest_power(int order, double dimension) {
        return std::fmax(order - 1 - dimension, 2 - dimension - 2.0 / (order + 1));
    }

    static double log_moment(int order, double dimension, double power) {
        const double s = power / 2;
        const double h = dimension / 2;
        const double last = (order + 1) * (h - 1) + 1 + order * s;
        double sum = detail::log_scaled_gamma_ratio(last, s) - (order + 1) * detail::log_scaled_gamma_ratio(h, s) +
                     s * std::log(last / h) - power * detail::log_factorial(order);
        for (int i = 0; i < order; ++i) {
            sum += s * std::log1p(-i / dimension) + detail::log_scaled_gamma_ratio((dimension - i) / 2, s);
        }
        return sum;
    }

    static double log_dispersion(int order, double dimension) {
        const double h = dimension / 2;
        const double last = (order + 1) * (h - 1) + 1 + 0.5 * order;
        double sum = std::log1p(0.5 * order / last) - 2 * detail::log_scaled_gamma_ratio(last, 0.5);
        for (int i = 0; i < order; ++i) sum -= 2 * detail::log_scaled_gamma_ratio((dimension - i) / 2, 0.5);
        return sum + 2 * (order + 1) * detail::log_scaled_gamma_ratio(h, 0.5);
    }
};

/// Whether simplices of this order have a volume, and the laws a value, in this dimension.
inline bool has_volume(int order, double dimension) { return order >= 1 && dimension >= order && dimension <= 1e150; }

/// ln E[V^power] for real power. Empty also where the moment is infinite (power at or below
/// `law.lowest_power`) or too large to compute. Absolute error below 1e-15 (1 + |power|)(1 + K ln(K + D)).
/// E[V^0] is 1, although two points on S^0 coincide half of the time.
template <volume_law Law>
std::optional<double> log_moment(const Law& law, int order, double dimension, double power) {
    if (!has_volume(order, dimension)) return std::nullopt;
    if (power == 0) return 0.0;
    if (!(power > law.lowest_power(order, dimension))) return std::nullopt;
    const double value = law.log_moment(order, dimension, power);
    if (!std::isfinite(value)) return std::nullopt;
    return value;
}

/// E[V^power]; empty also where it does not fit a double: take `log_moment` there. Its relative error is the
/// absolute error of `log_moment`.
template <volume_law Law>
std::optional<double> moment(const Law& law, int order, double dimension, double power) {
    const std::optional<double> log = log_moment(law, order, dimension, power);
    if (!log) return std::nullopt;
    const double value = std::exp(*log);
    if (!std::isnormal(value)) return std::nullopt;
    return value;
}

/// E[V], as `moment` gives it.
template <volume_law Law>
std::optional<double> mean_volume(const Law& law, int order, double dimension) {
    return moment(law, order, dimension, 1);
}

/// sd(V) / E[V]. Relative error below 1e-13 for K <= 200 and every D from K to 1e9 (seen: 3e-15 for
/// K <= 12), growing like K beyond.
template <volume_law Law>
std::optional<double> coefficient_of_variation(const Law& law, int order, double dimension) {
    if (!has_volume(order, dimension)) return std::nullopt;
    return std::sqrt(std::expm1(law.log_dispersion(order, dimension)));
}

/// E[V^2] - E[V]^2, with the relative accuracy of the moments; empty where it does not fit a double.
template <volume_law Law>
std::optional<double> volume_variance(const Law& law, int order, double dimension) {
    const std::optional<double> mean = mean_volume(law, order, dimension);
    if (!mean) return std::nullopt;
    const double sd = *mean * *coefficient_of_variation(law, order, dimension);
    if (!std::isnormal(sd * sd)) return std::nullopt;
    return sd * sd;
}

/// The real dimension D >= K in which `law` has this coefficient of variation. Empty where there is none: `cv`
/// above the law at D = K (the largest it allows), not positive, or below 1e-70 (D would leave the range of the
/// laws). `coefficient_of_variation` of the result equals `cv` to 1e-12 relative.
///
/// Since CV^2 is close to constant / D, 1 / CV^2 is nearly linear in D; false position on it (the Illinois
/// variant, Dowell & Jarratt 1971, which keeps the root bracketed) ends in a handful of steps.
template <volume_law Law>
std::optional<double> equivalent_dimension(double cv, const Law& law, int order = 4) {
    constexpr double epsilon = std::numeric_limits<double>::epsilon();
    if (order < 1 || !(cv >= 1e-70) || !(cv <= 1e70)) return std::nullopt;
    // Grows with D, from below 1 to above it.
    const auto ratio = [&](double dimension) { return cv * cv / std::expm1(law.log_dispersion(order, dimension)); };

    double low = order;
    double below = ratio(low) - 1;
    if (below > 8 * epsilon) return std::nullopt;
    if (below >= 0) return low;  // the law at D = K itself, rounded
    double high = 2 * low;
    double above = ratio(high) - 1;
    while (above < 0) {
        low = high;
        below = above;
        high *= 2 / ratio(high);
        above = ratio(high) - 1;
    }

    double dimension = low;
    for (int step = 0, side = 0; step < 100; ++step) {
        const double previous = dimension;
        dimension = low - below * (high - low) / (above - below);
        if (std::fabs(dimension - previous) <= 2 * epsilon * dimension) break;
        const double at = ratio(dimension) - 1;
        if (at < 0) {
            low = dimension;
            below = at;
            if (side < 0) above /= 2;
            side = -1;
        } else {
            high = dimension;
            above = at;
            if (side > 0) below /= 2;
            side = 1;
        }
    }
    return dimension;
}

}  // namespace geolip
