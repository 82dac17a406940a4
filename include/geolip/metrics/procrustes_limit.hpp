// Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT
#pragma once

/// \file
/// What `procrustes` gives large matrices of given singular values in random directions, without drawing one. (Of
/// Gaussian ones see `gaussian_procrustes_cosine`.)
///
/// The cosine is the sum of the singular values of D_a O D_b, O a corner of a random orthogonal matrix, divided by
/// norms. For large sizes the squares are those of a free product of the two laws of squares (D. Voiculescu, J.
/// Operator Theory 18 (1987) 223). With √x = (1/π) ∫ x/(x + t) dt/√t, the sum needs the law's x/(x + t) at t > 0 only,
/// where subordination is real: for a share p of the rows let s_a solve mean(x_a/(x_a + s_a)) = p and s_b the same of
/// b; then mean(x/(x + t)) = p at t = s_a s_b p/(1 - p), and the mean of √x is (2/π) ∫ √t dp.

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "geolip/core/error.hpp"
#include "geolip/metrics/spectrum.hpp"

namespace geolip {
namespace detail {

/// ∫ f(p) dp from 0 to `end`, f with at most inverse square roots at both ends: p = end sin²(angle), midpoints.
template <class Function>
double integral_of_shares(double end, std::size_t points, Function&& f) {
    constexpr double half_pi = 1.57079632679489661923;
    double sum = 0;
    for (std::size_t i = 0; i < points; ++i) {
        const double angle = half_pi * (static_cast<double>(i) + 0.5) / static_cast<double>(points);
        const double sine = std::sin(angle), cosine = std::cos(angle);
        sum += f(end * sine * sine, end * cosine * cosine) * 2 * end * sine * cosine;
    }
    return sum * half_pi / static_cast<double>(points);
}

/// s > 0 with Σ x/(x + s) = `sum`, 0 < sum < the number of x, all x > 0: Newton's steps of log s, kept in a bracket.
inline double solve_resolvent(std::span<const double> squares, double sum, double start) {
    double low = -700, high = 700, log_s = std::log(start);
    for (int step = 0; step < 200; ++step) {
        const double s = std::exp(log_s);
        double value = 0, slope = 0;
        for (const double x : squares) {
            const double part = x / (x + s);
            value += part;
            slope += part * (1 - part);
        }
        (value > sum ? low : high) = log_s;
        double next = slope > 0 ? log_s + (value - sum) / slope : (low + high) / 2;
        if (!(next > low && next < high)) next = (low + high) / 2;
        if (std::fabs(next - log_s) < 1e-12 * (1 + std::fabs(next))) return std::exp(next);
        log_s = next;
    }
    return std::exp(log_s);
}

}  // namespace detail

/// The cosine after alignment of matrices of `rows` rows with the given singular values, descending and as many of
/// each, in random directions: the expectation to a small part of its standard deviation (0.2 of it from 64 values on;
/// 0.3 where one value dominates both). Exactly 1 for equal values of two square matrices. Empty as `spectrum_reason`
/// says.
/// \throws shape_error unless both have the same number of values, at most `rows`
inline std::optional<double> matched_procrustes_limit(std::span<const double> values_a,
                                                      std::span<const double> values_b, std::size_t rows) {
    if (values_a.size() != values_b.size() || values_a.size() > rows)
        detail::raise(shape_error("matched_procrustes_limit: " + std::to_string(values_a.size()) + " and " +
                                  std::to_string(values_b.size()) + " singular values for " + std::to_string(rows) +
                                  " rows; expected as many of each, at most one a row"));
    if (spectrum_reason(values_a) != undefined_reason::none || spectrum_reason(values_b) != undefined_reason::none)
        return std::nullopt;
    const auto squares = [](std::span<const double> values) {
        std::vector<double> x;
        for (const double v : values)
            if (const double r = v / values.front(); r > 1e-12) x.push_back(r * r);
        return x;
    };
    const std::vector<double> a = squares(values_a), b = squares(values_b);
    double norm_a = 0, norm_b = 0;
    for (const double x : a) norm_a += x;
    for (const double x : b) norm_b += x;
    const double n = static_cast<double>(rows), end = static_cast<double>((std::min)(a.size(), b.size())) / n;
    double start_a = 1, start_b = 1;  // neighbouring shares have neighbouring solutions
    const double mean = detail::integral_of_shares(end, 96, [&](double p, double rest) {
        start_a = detail::solve_resolvent(a, n * p, start_a);
        start_b = detail::solve_resolvent(b, n * p, start_b);
        return std::sqrt(start_a * start_b * p / (end >= 1 ? rest : 1 - p));
    });
    return (std::min)(0.63661977236758134308 * mean * n / std::sqrt(norm_a * norm_b), 1.0);
}

}  // namespace geolip
