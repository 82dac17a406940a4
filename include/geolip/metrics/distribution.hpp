// Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT
#pragma once

/// \file
/// `distribution`: mean, standard deviation, ends, percentiles and shares of many numbers that are not kept.

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "geolip/core/error.hpp"
#include "geolip/core/finite.hpp"

namespace geolip {

/// Numbers of a known range, counted in 65,536 equal cells; those outside count in the outermost ones. Counts, ends and
/// so percentiles do not depend on the order in which numbers are added; mean and standard deviation do, to rounding.
class distribution {
public:
    static constexpr std::size_t cells = 65536;

    /// \throws usage_error unless low < high, both finite
    distribution(double low, double high) : low_(low), high_(high), counts_(cells) {
        if (!(low < high) || !detail::finite(low) || !detail::finite(high))
            detail::raise(usage_error("distribution: a range from " + std::to_string(low) + " to " +
                                      std::to_string(high) + "; expected low < high, both finite"));
        scale_ = static_cast<double>(cells) / (high - low);
    }

    /// \pre x is a number
    void add(double x) {
        const double place = (x - low_) * scale_;
        const double inside = place > 0 ? place : 0;
        const auto last = static_cast<double>(cells - 1);
        ++counts_[static_cast<std::size_t>(inside < last ? inside : last)];
        smallest_ = count_ == 0 || x < smallest_ ? x : smallest_;
        largest_ = count_ == 0 || x > largest_ ? x : largest_;
        ++count_;
        // Sums about the middle of the range, so that few digits are lost.
        const double centred = x - 0.5 * (low_ + high_);
        sum_ += centred;
        squares_ += centred * centred;
    }

    std::uint64_t count() const { return count_; }
    /// Empty without numbers, as all that follows.
    std::optional<double> mean() const {
        return count_ == 0 ? std::nullopt : std::optional(0.5 * (low_ + high_) + sum_ / number());
    }
    /// Of the sample, with count - 1; empty for fewer than two.
    std::optional<double> sd() const {
        if (count_ < 2) return std::nullopt;
        return std::sqrt((std::max)(squares_ - sum_ * sum_ / number(), 0.0) / (number() - 1));
    }
    std::optional<double> smallest() const { return count_ == 0 ? std::nullopt : std::optional(smallest_); }
    std::optional<double> largest() const { return count_ == 0 ? std::nullopt : std::optional(largest_); }

    /// The number below which `share` of them lie, 0 <= share <= 1: within a cell of the exact one, (high - low) /
    /// 65536.
    std::optional<double> percentile(double share) const {
        if (count_ == 0) return std::nullopt;
        const double wanted = share * number();
        double below = 0;
        for (std::size_t i = 0; i < cells; ++i) {
            const double here = static_cast<double>(counts_[i]);
            if (here > 0 && below + here >= wanted) {
                const double x = low_ + (static_cast<double>(i) + (wanted - below) / here) / scale_;
                return std::clamp(x, smallest_, largest_);
            }
            below += here;
        }
        return largest_;
    }
    /// The share of numbers from `from` to `to`, to whole cells.
    std::optional<double> share_between(double from, double to) const {
        if (count_ == 0) return std::nullopt;
        const auto cell = [&](double x) {
            return static_cast<std::size_t>(std::clamp((x - low_) * scale_, 0.0, static_cast<double>(cells)));
        };
        double inside = 0;
        for (std::size_t i = cell(from), end = cell(to); i < end; ++i) inside += static_cast<double>(counts_[i]);
        return inside / number();
    }
    const std::vector<std::uint64_t>& histogram() const { return counts_; }
    double low() const { return low_; }
    double high() const { return high_; }

private:
    double number() const { return static_cast<double>(count_); }

    double low_, high_, scale_ = 1;
    std::vector<std::uint64_t> counts_;
    std::uint64_t count_ = 0;
    double smallest_ = 0, largest_ = 0, sum_ = 0, squares_ = 0;
};

}  // namespace geolip
