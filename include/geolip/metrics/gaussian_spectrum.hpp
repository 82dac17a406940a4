// Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT
#pragma once

/// \file
/// The null of spectra: singular values of random Gaussian matrices, drawn in law without drawing the matrices, and
/// the distribution of any figure of a spectrum over them.

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <map>
#include <span>
#include <utility>
#include <vector>

#include "geolip/core/error.hpp"
#include "geolip/core/estimate.hpp"
#include "geolip/core/size_text.hpp"
#include "geolip/linalg/tridiagonal_eigenvalues.hpp"
#include "geolip/metrics/detail/null_of_readings.hpp"
#include "geolip/metrics/spectrum.hpp"
#include "geolip/random/chi.hpp"

namespace geolip {

/// Singular values, descending, of `replicates` random matrices of rows x cols with independent standard normal
/// elements: replicates x min(rows, cols), equal in law to drawing the matrices and decomposing them. Householder's
/// bidiagonalisation of such a matrix has independent chi elements, with max, max - 1, … degrees of freedom on the
/// diagonal and min - 1, …, 1 beside it (I. Dumitriu, A. Edelman, J. Math. Phys. 43 (2002) 5830), so that a spectrum
/// costs O(min²) and no memory of the matrix's size.
///
/// Elements are exact in law up to the rounding of `float`; values are within 1e-6 of the largest one in their squares.
/// Replicate i depends on the shape, the seed and i alone; levels agree to rounding.
/// \throws usage_error unless both sizes are 1 to 2^24 - 1 and the smaller one at most 65536
inline std::vector<double> gaussian_singular_values(std::size_t rows, std::size_t cols, std::size_t replicates,
                                                    std::uint64_t seed, isa level = isa::automatic) {
    const std::size_t shorter = (std::min)(rows, cols), large = (std::max)(rows, cols);
    if (shorter < 1 || shorter > 65536 || large >= (std::size_t{1} << 24)) {
        detail::raise(usage_error("gaussian_singular_values: got " + detail::size_text(rows, cols) +
                                  "; expected sizes from 1 to 2^24 - 1, the smaller at most 65536"));
    }
    std::vector<double> diagonals(replicates * shorter), beside(replicates * (shorter - 1)),
        values(replicates * shorter);
    std::vector<float> a(shorter), b(shorter - 1);
    for (std::size_t r = 0; r < replicates; ++r) {
        // B is lower bidiagonal: a on its diagonal, b below. B B' is tridiagonal.
        geolip::fill_chi(a, static_cast<std::uint32_t>(large), {seed, (std::uint64_t{21} << 56) | r}, level);
        if (shorter > 1)
            geolip::fill_chi(b, static_cast<std::uint32_t>(shorter - 1), {seed, (std::uint64_t{22} << 56) | r}, level);
        double* const d = diagonals.data() + r * shorter;
        double* const e = beside.data() + r * (shorter - 1);
        for (std::size_t i = 0; i < shorter; ++i) {
            const double own = static_cast<double>(a[i]);
            const double before = i == 0 ? 0.0 : static_cast<double>(b[i - 1]);
            d[i] = own * own + before * before;
            if (i + 1 < shorter) e[i] = own * static_cast<double>(b[i]);
        }
    }
    symmetric_eigen_workspace workspace;
    tridiagonal_eigenvalues<double>(shorter, diagonals, beside, values, workspace, level);
    for (std::size_t r = 0; r < replicates; ++r) {
        const auto begin = values.begin() + static_cast<std::ptrdiff_t>(r * shorter);
        std::reverse(begin, begin + static_cast<std::ptrdiff_t>(shorter));
    }
    for (double& v : values) v = std::sqrt((std::max)(v, 0.0));
    return values;
}

/// Mean and standard deviation of `statistic(values)`, an optional number, over spectra of `size` values each.
template <class Statistic>
null_reading null_of_spectra(std::span<const double> spectra, std::size_t size, Statistic&& statistic) {
    std::vector<double> readings;
    for (std::size_t first = 0; size > 0 && first + size <= spectra.size(); first += size)
        if (const auto reading = statistic(spectra.subspan(first, size)))
            readings.push_back(static_cast<double>(*reading));
    return detail::null_of_readings(readings);
}

/// Remembers the Gaussian spectra of each shape, which all figures of that shape share. Owned by the caller; not for
/// two threads at a time. A matrix and its transpose are one shape.
class gaussian_spectra {
public:
    explicit gaussian_spectra(std::size_t replicates = 64, std::uint64_t seed = 1, isa level = isa::automatic)
        : replicates_(replicates), seed_(seed), level_(level) {}

    std::size_t replicates() const { return replicates_; }

    /// replicates x min(rows, cols).
    std::span<const double> operator()(std::size_t rows, std::size_t cols) {
        const std::pair shape((std::min)(rows, cols), (std::max)(rows, cols));
        auto place = known_.find(shape);
        if (place == known_.end())
            place = known_.emplace(shape, gaussian_singular_values(rows, cols, replicates_, seed_, level_)).first;
        return place->second;
    }

private:
    std::size_t replicates_;
    std::uint64_t seed_;
    isa level_;
    std::map<std::pair<std::size_t, std::size_t>, std::vector<double>> known_;
};

/// A figure of a matrix of rows x cols whose singular values are `values`, beside what a Gaussian matrix of that shape
/// gives: `spectral_estimate(values, rows, cols, nulls, geolip::stable_rank)`. For `nulls` of no replicates there is no
/// null. The singular values are exact, so the standard error is 0.
template <class Statistic>
estimate spectral_estimate(std::span<const double> values, std::size_t rows, std::size_t cols, gaussian_spectra& nulls,
                           Statistic&& statistic) {
    estimate e;
    if (const auto value = statistic(values))
        e.value = static_cast<double>(*value);
    else
        e.reason = spectrum_reason(values);
    if (nulls.replicates() > 0 && rows > 0 && cols > 0)
        e.null = null_of_spectra(nulls(rows, cols), (std::min)(rows, cols), statistic);
    return e;
}

}  // namespace geolip
