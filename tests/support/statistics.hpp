// Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT
#pragma once

/// \file
/// Statistics for tests of random numbers: moments, Kolmogorov-Smirnov, chi-squared, distribution functions.

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <vector>

#include "geolip/random/philox.hpp"

namespace geolip_test {

/// Sample mean, and standard deviation with n - 1.
struct summary {
    double count = 0;
    double mean = 0;
    double sd = 0;

    template <class Range>
    explicit summary(const Range& values) {
        for (const auto& x : values) {
            ++count;
            mean += static_cast<double>(x);
        }
        mean /= count;
        for (const auto& x : values) sd += std::pow(static_cast<double>(x) - mean, 2);
        sd = std::sqrt(sd / (count - 1));
    }
    double error_of_mean() const { return sd / std::sqrt(count); }
    /// For values near enough to normal; heavier tails need `slack` times it.
    double error_of_sd() const { return sd / std::sqrt(2 * count); }
};

/// How many standard errors apart two means are.
inline double z_of_means(const summary& a, const summary& b) {
    return (a.mean - b.mean) / std::hypot(a.error_of_mean(), b.error_of_mean());
}
inline double z_of_sds(const summary& a, const summary& b) {
    return (a.sd - b.sd) / std::hypot(a.error_of_sd(), b.error_of_sd());
}

/// sqrt(n) times the largest distance between the empirical distribution and `cdf`. Above 1.95 with probability
/// 0.001 if the values have that distribution.
template <class T>
double kolmogorov(std::vector<T> values, const std::function<double(double)>& cdf) {
    std::sort(values.begin(), values.end());
    const double n = static_cast<double>(values.size());
    double worst = 0;
    for (std::size_t i = 0; i < values.size(); ++i) {
        const double expected = cdf(static_cast<double>(values[i]));
        const double below = static_cast<double>(i) / n;
        worst = std::max({worst, expected - below, below + 1 / n - expected});
    }
    return worst * std::sqrt(n);
}

/// The same for two samples.
inline double kolmogorov(std::vector<double> a, std::vector<double> b) {
    std::sort(a.begin(), a.end());
    std::sort(b.begin(), b.end());
    const double n = static_cast<double>(a.size()), m = static_cast<double>(b.size());
    double worst = 0;
    for (std::size_t i = 0, j = 0; i < a.size() && j < b.size();) {
        const double x = std::min(a[i], b[j]);
        while (i < a.size() && a[i] <= x) ++i;
        while (j < b.size() && b[j] <= x) ++j;
        worst = std::max(worst, std::fabs(static_cast<double>(i) / n - static_cast<double>(j) / m));
    }
    return worst * std::sqrt(n * m / (n + m));
}

inline double normal_cdf(double x) { return 0.5 * std::erfc(-x / std::sqrt(2.0)); }

/// P(chi with nu degrees of freedom <= x), by the series of the lower incomplete gamma function.
inline double chi_cdf(double nu, double x) {
    const double a = nu / 2, z = x * x / 2;
    if (z <= 0) return 0;
    double term = std::exp(a * std::log(z) - z - std::lgamma(a + 1));
    double sum = 0;
    for (double k = 1; term > 1e-18 * (sum + 1e-300) && k < 1e5; ++k) {
        sum += term;
        term *= z / (a + k);
    }
    return std::min(1.0, sum);
}

/// How many standard deviations Pearson's statistic of equally likely cells lies from its mean.
inline double chi_squared_z(const std::vector<std::uint64_t>& counts) {
    double total = 0;
    for (const std::uint64_t c : counts) total += static_cast<double>(c);
    const double cells = static_cast<double>(counts.size());
    const double expected = total / cells;
    double statistic = 0;
    for (const std::uint64_t c : counts) statistic += std::pow(static_cast<double>(c) - expected, 2) / expected;
    return (statistic - (cells - 1)) / std::sqrt(2 * (cells - 1));
}

/// A standard normal from the C library, whatever the kernels do: block `index` of the stream.
inline double plain_normal(geolip::random_stream s, std::uint64_t index) {
    const auto word = geolip::philox4x32::at(s, index);
    const double u = (word[0] + 0.5) * 0x1p-32;
    return std::sqrt(-2 * std::log(u)) * std::cos(6.283185307179586 * (word[1] * 0x1p-32));
}

/// rows x cols of them, rounded to T: element (i, j) is draw i * cols + j.
template <class T>
std::vector<T> plain_normals(geolip::random_stream s, std::size_t rows, std::size_t cols, double scale = 1) {
    std::vector<T> values(rows * cols);
    for (std::size_t i = 0; i < values.size(); ++i) values[i] = static_cast<T>(scale * plain_normal(s, i));
    return values;
}

}  // namespace geolip_test
