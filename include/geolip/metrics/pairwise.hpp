// Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT
#pragma once

/// \file
/// `row_norms`, `pairwise_cosines`, `pairwise_distances`: how long the rows of a matrix are, and how they lie to one
/// another, over all pairs; and what isotropic rows give.

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <numeric>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "geolip/core/concepts.hpp"
#include "geolip/core/estimate.hpp"
#include "geolip/core/finite.hpp"
#include "geolip/core/matrix_view.hpp"
#include "geolip/metrics/detail/row_norm.hpp"
#include "geolip/metrics/distribution.hpp"
#include "geolip/nn/gemm.hpp"
#include "geolip/random/subset.hpp"
#include "geolip/simplex/detail/gamma_ratio.hpp"

namespace geolip {

/// Which rows are looked at: all, or so many distinct random ones, and where products are computed.
struct pairwise_options {
    std::size_t rows = 5000;  ///< at most; 0 for all. The number of pairs goes with its square
    std::uint64_t seed = 42;
    geolip::isa isa = geolip::isa::automatic;
};

/// A distribution over rows or pairs of rows.
struct pairwise_reading {
    undefined_reason reason = undefined_reason::none;  ///< why there is no distribution
    std::size_t rows = 0;                              ///< that were looked at
    std::size_t zero_rows = 0, nonfinite_rows = 0;     ///< among them; neither has a cosine, only the first a distance
    std::optional<distribution> values;
    estimate mean, sd;  ///< with their nulls
};

namespace detail {

/// E chi / √D, chi with D degrees of freedom.
inline double mean_chi(double dim) { return std::exp(log_scaled_gamma_ratio(dim / 2, 0.5)); }

/// The rows that are looked at: their norms and, where `packed`, a copy of them; rows that are not finite are left out.
template <class T>
struct chosen_rows {
    std::size_t count = 0, dim = 0, zero = 0, nonfinite = 0;
    double largest = 0, squares = 0;  ///< of the norms
    std::vector<double> norms;
    std::vector<T> values;

    chosen_rows(matrix_view<const T> m, const pairwise_options& o, bool packed) : dim(m.cols()) {
        std::vector<std::uint32_t> chosen(m.rows());
        std::iota(chosen.begin(), chosen.end(), std::uint32_t{0});
        if (o.rows != 0 && o.rows < m.rows()) {
            philox_engine engine({o.seed, std::uint64_t{29} << 56});
            shuffle_first(std::span(chosen), o.rows, engine);
            chosen.resize(o.rows);
            std::sort(chosen.begin(), chosen.end());
        }
        if (packed) values.reserve(chosen.size() * dim);
        for (const std::uint32_t row : chosen) {
            const double norm = row_norm(m, row);
            if (!finite(norm)) {
                ++nonfinite;
                continue;
            }
            if (!(norm > 0)) ++zero;
            largest = (std::max)(largest, norm);
            squares += norm * norm;
            norms.push_back(norm);
            ++count;
            for (std::size_t j = 0; packed && j < dim; ++j) values.push_back(m(row, j));
        }
    }
    std::size_t looked_at() const { return count + nonfinite; }
};

/// `each(i, j, <row i, row j>)` for all i < j, blocks of rows at a time.
template <class T, class Each>
void each_pair(const chosen_rows<T>& p, geolip::isa isa, Each&& each) {
    constexpr std::size_t block = 128;
    std::vector<T> products(block * block), scratch(nn::gemm_scratch_size<T>(block, p.dim, block));
    const auto rows = [&](std::size_t first) {
        const std::size_t here = (std::min)(block, p.count - first);
        return matrix_view<const T>(p.values.data() + first * p.dim, here, p.dim);
    };
    for (std::size_t a = 0; a < p.count; a += block)
        for (std::size_t b = a; b < p.count; b += block) {
            const matrix_view<const T> left = rows(a), right = rows(b);
            nn::gemm<T>(left, nn::transposed(right), {products.data(), left.rows(), right.rows()}, false, nullptr,
                        scratch, isa);
            for (std::size_t i = 0; i < left.rows(); ++i)
                for (std::size_t j = a == b ? i + 1 : 0; j < right.rows(); ++j)
                    each(a + i, b + j, static_cast<double>(products[i * right.rows() + j]));
        }
}

template <class T>
pairwise_reading start_pairwise(const chosen_rows<T>& p) {
    pairwise_reading r;
    r.rows = p.looked_at();
    r.zero_rows = p.zero;
    r.nonfinite_rows = p.nonfinite;
    return r;
}

inline void finish_pairwise(pairwise_reading& r, distribution&& values) {
    if (values.count() == 0) {
        r.reason = r.nonfinite_rows > 0 ? undefined_reason::nonfinite
                   : r.zero_rows > 0    ? undefined_reason::all_zero
                                        : undefined_reason::too_few_rows;
        r.mean.reason = r.sd.reason = r.reason;
        return;
    }
    r.mean.value = values.mean();
    r.sd.value = values.sd();
    if (!r.sd.value) r.sd.reason = undefined_reason::too_few_rows;
    r.values = std::move(values);
}

}  // namespace detail

/// The norms of the rows. Null: normal elements with the rows' own root mean square s, whose norms are s times chi with
/// D degrees of freedom.
template <measured_scalar T>
pairwise_reading row_norms(matrix_view<const T> m, const pairwise_options& options = {.rows = 0}) {
    const detail::chosen_rows<T> p(m, options, false);
    pairwise_reading r = detail::start_pairwise(p);
    distribution values(0, p.largest > 0 ? p.largest : 1);
    for (const double n : p.norms) values.add(n);
    detail::finish_pairwise(r, std::move(values));
    if (p.count == 0 || !(p.squares > 0)) return r;
    const double count = static_cast<double>(p.count), dim = static_cast<double>(p.dim);
    const double size = std::sqrt(p.squares / count);  // the root of the mean square norm
    const double mean = detail::mean_chi(dim);
    const double spread = std::sqrt((std::max)(1 - mean * mean, 0.0));
    // The last term because the size is measured on the same rows.
    r.mean.null = {size * mean, size * std::sqrt((std::max)(spread * spread - mean * mean / (2 * dim), 0.0) / count),
                   0};
    if (r.sd.value) r.sd.null = {size * spread, size * spread / std::sqrt(2 * count), 0};
    return r;
}

/// The cosines of all pairs of the rows. Products are summed in T, so that a cosine is good to about √D eps. Null:
/// isotropic directions, whose cosines have mean 0 and variance 1/D, without correlation between pairs.
template <measured_scalar T>
pairwise_reading pairwise_cosines(matrix_view<const T> m, const pairwise_options& options = {}) {
    detail::chosen_rows<T> p(m, options, true);
    pairwise_reading r = detail::start_pairwise(p);
    // To length 1 first, so that no product leaves the range of T.
    for (std::size_t i = 0; i < p.count; ++i)
        for (std::size_t j = 0; j < p.dim && p.norms[i] > 0; ++j)
            p.values[i * p.dim + j] = static_cast<T>(static_cast<double>(p.values[i * p.dim + j]) / p.norms[i]);
    distribution values(-1, 1);
    detail::each_pair(p, options.isa, [&](std::size_t i, std::size_t j, double product) {
        if (p.norms[i] > 0 && p.norms[j] > 0) values.add(std::clamp(product, -1.0, 1.0));
    });
    detail::finish_pairwise(r, std::move(values));
    if (!r.values) return r;
    const double pairs = static_cast<double>(r.values->count()), dim = static_cast<double>(p.dim);
    r.mean.null = {0.0, 1 / std::sqrt(dim * pairs), 0};
    // The square of a cosine has variance 2 (D - 1) / (D² (D + 2)).
    const double of_square = std::sqrt(2 * (dim - 1) / (dim * dim * (dim + 2)) / pairs);
    if (r.sd.value) r.sd.null = {1 / std::sqrt(dim), of_square * std::sqrt(dim) / 2, 0};
    return r;
}

/// The Euclidean distances of all pairs of the rows, from norms and products: a square is good to about √D eps of the
/// larger norm's, so that distances far below the norms are noise. Null: normal elements with the rows' root mean
/// square s, whose distances are s √2 times chi with D degrees of freedom; pairs that share a row are not independent,
/// and there is no standard deviation.
template <measured_scalar T>
pairwise_reading pairwise_distances(matrix_view<const T> m, const pairwise_options& options = {}) {
    const detail::chosen_rows<T> p(m, options, true);
    pairwise_reading r = detail::start_pairwise(p);
    distribution values(0, p.largest > 0 ? 2 * p.largest : 1);
    detail::each_pair(p, options.isa, [&](std::size_t i, std::size_t j, double product) {
        const double square = p.norms[i] * p.norms[i] + p.norms[j] * p.norms[j] - 2 * product;
        values.add(std::sqrt((std::max)(square, 0.0)));
    });
    detail::finish_pairwise(r, std::move(values));
    if (!r.values || !(p.squares > 0)) return r;
    const double dim = static_cast<double>(p.dim), size = std::sqrt(2 * p.squares / static_cast<double>(p.count));
    const double mean = detail::mean_chi(dim);
    r.mean.null = {size * mean, 0, 0};
    if (r.sd.value) r.sd.null = {size * std::sqrt((std::max)(1 - mean * mean, 0.0)), 0, 0};
    return r;
}

}  // namespace geolip
