// Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT
#pragma once

/// \file
/// Mean, spread and standard error of a handful of values.

#include <cmath>
#include <cstddef>
#include <optional>

namespace examples {

/// Mean and standard deviation of values that are added one by one (Welford's recurrence).
class moments {
public:
    void add(double value) {
        const double step = value - mean_;
        mean_ += step / static_cast<double>(++count_);
        squares_ += step * (value - mean_);
    }

    std::size_t count() const { return count_; }

    /// Empty without values.
    std::optional<double> mean() const { return count_ > 0 ? std::optional(mean_) : std::nullopt; }

    /// Of one value; empty with fewer than two.
    std::optional<double> sd() const {
        return count_ > 1 ? std::optional(std::sqrt(squares_ / static_cast<double>(count_ - 1))) : std::nullopt;
    }

    /// Of the mean.
    std::optional<double> standard_error() const {
        return count_ > 1 ? std::optional(*sd() / std::sqrt(static_cast<double>(count_))) : std::nullopt;
    }

private:
    double mean_ = 0, squares_ = 0;
    std::size_t count_ = 0;
};

/// The standard normal deviate as rare as Student's t of that many degrees of freedom, to 0.1 where they matter
/// (D. L. Wallace, Ann. Math. Statist. 30 (1959) 1124-1125).
inline double normal_deviate(double t, double freedom) {
    const double z = std::sqrt(freedom * std::log1p(t * t / freedom)) * (8 * freedom + 1) / (8 * freedom + 3);
    return std::copysign(z, t);
}

/// How many standard deviations a mean lies from 0, the uncertainty of the spread counted in; empty with fewer
/// than two values, or without a spread.
inline std::optional<double> deviations_from_zero(const moments& m) {
    if (m.count() < 2 || !(*m.standard_error() > 0)) return std::nullopt;
    return normal_deviate(*m.mean() / *m.standard_error(), static_cast<double>(m.count() - 1));
}

/// What the sum of `count` squared standard normal variables stays below in 95 of 100 cases. By E. B. Wilson and M. M.
/// Hilferty (Proc. Natl. Acad. Sci. 17 (1931) 684-688) the cube root of a chi-squared variable is nearly normal; 3 %
/// too low for one variable, right to 0.2 % from ten on.
inline double chi_squared_limit(int count) {
    const double v = 2.0 / (9.0 * count);
    return count * std::pow(1 - v + 1.6449 * std::sqrt(v), 3);
}

}  // namespace examples
