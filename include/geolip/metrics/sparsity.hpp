// Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT
#pragma once

/// \file
/// `entry_scan`: one pass over the elements of a matrix, for its size and its sparsity at thresholds; and what a normal
/// law of the same size gives.

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "geolip/core/concepts.hpp"
#include "geolip/core/error.hpp"
#include "geolip/core/estimate.hpp"
#include "geolip/core/matrix_view.hpp"
#include "geolip/simd/isa.hpp"
#include "geolip/simd/vector.hpp"

namespace geolip::detail {

inline constexpr int entry_thresholds = 8;

struct entry_sums {
    std::uint64_t nonfinite = 0, zeros = 0, below[entry_thresholds] = {};
    double largest = 0, sum = 0, squares = 0;
};

}  // namespace geolip::detail

#define GEOLIP_SIMD_FILE "geolip/metrics/detail/entry_scan.inc"
#include "geolip/simd/foreach_target.inc"

namespace geolip {
namespace detail {

template <class T>
void scan_entries(const T* x, std::size_t elements, const T* thresholds, int count, entry_sums& out, isa level) {
    GEOLIP_SIMD_CALL(level, scan_entries<T>(x, elements, thresholds, count, out));
}

}  // namespace detail

/// The elements of one matrix, or of several together.
struct entry_statistics {
    std::uint64_t elements = 0;   ///< all of them
    std::uint64_t nonfinite = 0;  ///< NaN and infinities, which enter nothing else
    std::uint64_t zeros = 0;      ///< exact ones
    double sum = 0, squares = 0;  ///< of the finite elements and of their squares; infinite where they leave double
    double largest = 0;           ///< the largest magnitude
    std::vector<double> thresholds;
    std::vector<std::uint64_t> below;  ///< how many magnitudes are less than each threshold

    std::uint64_t finite() const { return elements - nonfinite; }
    /// Empty without finite elements.
    std::optional<double> mean() const { return per_element(sum); }
    std::optional<double> root_mean_square() const {
        const auto square = per_element(squares);
        return square ? std::optional(std::sqrt(*square)) : std::nullopt;
    }

    friend bool operator==(const entry_statistics&, const entry_statistics&) = default;

private:
    std::optional<double> per_element(double total) const {
        return finite() == 0 ? std::nullopt : std::optional(total / static_cast<double>(finite()));
    }
};

/// Counts and sums elements as they come, in any cut: the result depends on their order alone. At most 8 thresholds,
/// which are compared in T, so that one that T cannot hold is rounded to it first. A pass runs at the speed of memory.
/// Counts are exact. Sums are of doubles, 4096 elements at a time; instruction-set levels agree to rounding.
template <measured_scalar T>
class entry_scan {
public:
    /// \throws usage_error for more than 8 thresholds, or one that is not a number above 0
    explicit entry_scan(std::span<const double> thresholds = {}, isa level = isa::automatic) : level_(level) {
        const auto wrong = [](const std::string& got) {
            detail::raise(usage_error("entry_scan: got " + got + "; expected at most " +
                                      std::to_string(detail::entry_thresholds) + " thresholds above 0"));
        };
        if (thresholds.size() > static_cast<std::size_t>(detail::entry_thresholds))
            wrong(std::to_string(thresholds.size()) + " thresholds");
        for (std::size_t i = 0; i < thresholds.size(); ++i) {
            if (!(thresholds[i] > 0)) wrong("a threshold of " + std::to_string(thresholds[i]));
            compared_[i] = static_cast<T>(thresholds[i]);
        }
        result_.thresholds.assign(thresholds.begin(), thresholds.end());
    }

    void add(std::span<const T> x) {
        result_.elements += x.size();
        if (waiting_ > 0) {  // fill the block that an earlier call began
            const std::size_t taken = (std::min)(x.size(), block - waiting_);
            std::copy_n(x.data(), taken, buffer_.data() + waiting_);
            waiting_ += taken;
            x = x.subspan(taken);
            if (waiting_ < block) return;
            scan(buffer_.data(), block, sums_);
            waiting_ = 0;
        }
        for (; x.size() >= block; x = x.subspan(block)) scan(x.data(), block, sums_);
        std::copy_n(x.data(), x.size(), buffer_.data());
        waiting_ = x.size();
    }
    /// Row by row.
    void add(matrix_view<const T> m) {
        const bool contiguous = m.col_stride() == 1;
        if (contiguous && m.row_stride() == static_cast<std::ptrdiff_t>(m.cols()))
            return add(std::span<const T>(m.data(), m.rows() * m.cols()));
        std::vector<T> row(contiguous ? 0 : m.cols());
        for (std::size_t i = 0; i < m.rows(); ++i) {
            for (std::size_t j = 0; j < row.size(); ++j) row[j] = m(i, j);
            add(std::span<const T>(contiguous ? m.row(i) : row.data(), m.cols()));
        }
    }

    /// Of all elements so far.
    entry_statistics result() const {
        detail::entry_sums sums = sums_;
        if (waiting_ > 0) scan(buffer_.data(), waiting_, sums);
        entry_statistics r = result_;
        r.nonfinite = sums.nonfinite;
        r.zeros = sums.zeros;
        r.sum = sums.sum;
        r.squares = sums.squares;
        r.largest = sums.largest;
        r.below.assign(sums.below, sums.below + r.thresholds.size());
        return r;
    }

private:
    static constexpr std::size_t block = 4096;

    void scan(const T* x, std::size_t count, detail::entry_sums& to) const {
        detail::scan_entries<T>(x, count, compared_.data(), static_cast<int>(result_.thresholds.size()), to, level_);
    }

    isa level_;
    entry_statistics result_;
    detail::entry_sums sums_;
    std::array<T, static_cast<std::size_t>(detail::entry_thresholds)> compared_ = {};
    std::array<T, block> buffer_ = {};
    std::size_t waiting_ = 0;
};

/// The share of magnitudes below a threshold in one matrix, or pooled over several: of all their elements together, not
/// the mean of their shares.
///
/// The null is normal elements with the matrix's own root mean square s: a share of erf(t / (s sqrt 2)), whose standard
/// deviation for n elements is sqrt((p (1 - p) - 2 (t/s)² φ(t/s)²) / n), the second term because s is measured on the
/// same elements (D. A. Pierce, Ann. Statist. 10 (1982) 475). Pooled, each matrix has the null of its own s. A share of
/// nearly 1 says that s is small, and nothing more unless it departs from this.
class sparsity {
public:
    sparsity() = default;
    /// Of threshold number `which`. \throws usage_error if there is none
    sparsity(const entry_statistics& s, std::size_t which) { add(s, which); }

    /// One more matrix.
    void add(const entry_statistics& s, std::size_t which) {
        if (which >= s.thresholds.size())
            detail::raise(usage_error("sparsity: threshold number " + std::to_string(which) + " of " +
                                      std::to_string(s.thresholds.size())));
        if (s.nonfinite > 0) nonfinite_ = true;
        if (s.finite() == 0) return;
        const double n = static_cast<double>(s.finite());
        elements_ += n;
        below_ += static_cast<double>(s.below[which]);
        const double size = *s.root_mean_square();
        if (!(size > 0)) {  // all zeros are below any threshold
            expected_ += n;
            return;
        }
        const double x = s.thresholds[which] / size;
        const double p = std::erf(x / 1.4142135623730951);
        const double slope = x * std::exp(-0.5 * x * x) / 2.5066282746310002;  // x phi(x)
        expected_ += n * p;
        variance_ += n * (std::max)(p * (1 - p) - 2 * slope * slope, 0.0);
    }

    /// Exact, so that its standard error is 0. Empty without finite elements; the others do not count.
    estimate value() const {
        estimate e;
        if (!(elements_ > 0)) {
            e.reason = nonfinite_ ? undefined_reason::nonfinite : undefined_reason::no_elements;
            return e;
        }
        e.value = below_ / elements_;
        e.null = {expected_ / elements_, std::sqrt(variance_) / elements_, 0};
        return e;
    }

private:
    double elements_ = 0, below_ = 0, expected_ = 0, variance_ = 0;
    bool nonfinite_ = false;
};

}  // namespace geolip
