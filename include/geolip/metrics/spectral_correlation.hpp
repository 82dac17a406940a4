// Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT
#pragma once

/// \file
/// `spectral_correlation`: how alike the singular values of two matrices fall, and what independent Gaussian matrices
/// give, which is nearly 1.

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <optional>
#include <span>
#include <vector>

#include "geolip/core/estimate.hpp"
#include "geolip/metrics/detail/null_of_readings.hpp"
#include "geolip/metrics/detail/pearson.hpp"
#include "geolip/metrics/gaussian_spectrum.hpp"
#include "geolip/metrics/spectrum.hpp"

namespace geolip {

/// Pearson's correlation of two lists of descending singular values, of the leading ones where one list is longer. The
/// scale of neither matters, so that values divided by the largest or by their sum have the same. Empty for fewer than
/// two values, equal ones, and where one is not finite.
///
/// Two descending lists always correlate: independent Gaussian matrices have 0.9999 and more. Only what lies below the
/// null says something, and it says that the spectra differ.
inline std::optional<double> spectral_correlation(std::span<const double> values_a, std::span<const double> values_b) {
    if (spectrum_reason(values_a) != undefined_reason::none || spectrum_reason(values_b) != undefined_reason::none)
        return std::nullopt;
    const std::size_t n = (std::min)(values_a.size(), values_b.size());
    const auto scaled = [n](std::span<const double> values) {
        std::vector<double> x(values.begin(), values.begin() + static_cast<std::ptrdiff_t>(n));
        for (double& v : x) v /= values.front();
        return x;
    };
    return detail::pearson(scaled(values_a), scaled(values_b));
}

/// The spectral correlation of pairs of independent Gaussian matrices of rows x cols: half as many readings as `nulls`
/// has replicates. Without a value where the shorter side is 1.
inline null_reading spectral_correlation_null(std::size_t rows, std::size_t cols, gaussian_spectra& nulls) {
    const std::size_t size = (std::min)(rows, cols);
    if (size < 2) return {};
    const std::span<const double> spectra = nulls(rows, cols);
    std::vector<double> readings;
    for (std::size_t i = 0; (i + 2) * size <= spectra.size(); i += 2)
        if (const auto r = spectral_correlation(spectra.subspan(i * size, size), spectra.subspan((i + 1) * size, size)))
            readings.push_back(*r);
    return detail::null_of_readings(readings);
}

/// Σ σ_a σ_b / (|σ_a| |σ_b|) of as many values each: the largest cosine that any rotations from both sides can give two
/// matrices with these singular values (J. von Neumann, Tomsk Univ. Rev. 1 (1937) 286), and so a ceiling of the cosine
/// after `procrustes`. Empty for lists of different lengths and as above.
inline std::optional<double> alignment_ceiling(std::span<const double> values_a, std::span<const double> values_b) {
    if (values_a.size() != values_b.size() || spectrum_reason(values_a) != undefined_reason::none ||
        spectrum_reason(values_b) != undefined_reason::none)
        return std::nullopt;
    double product = 0, aa = 0, bb = 0;
    for (std::size_t i = 0; i < values_a.size(); ++i) {
        const double a = values_a[i] / values_a.front(), b = values_b[i] / values_b.front();
        product += a * b;
        aa += a * a;
        bb += b * b;
    }
    return (std::min)(product / std::sqrt(aa * bb), 1.0);
}

}  // namespace geolip
