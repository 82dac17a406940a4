// Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT
#pragma once

/// \file
/// `neuron_importance`: how strongly each hidden unit of a feed-forward layer is wired in and out, and how many are
/// dead or weak; and what Gaussian weights give.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "geolip/core/concepts.hpp"
#include "geolip/core/error.hpp"
#include "geolip/core/estimate.hpp"
#include "geolip/core/finite.hpp"
#include "geolip/core/matrix_view.hpp"
#include "geolip/metrics/detail/null_of_readings.hpp"
#include "geolip/metrics/detail/row_norm.hpp"
#include "geolip/random/fill.hpp"

namespace geolip {

/// Units below 1 % and below 10 % of the mean importance, the documented thresholds. A dead unit is weak too.
struct neuron_reading {
    undefined_reason reason = undefined_reason::none;  ///< why nothing was counted
    std::size_t units = 0, dead = 0, weak = 0;
    double mean = 0, smallest = 0, largest = 0;
    std::vector<double> importance;  ///< of each unit
};

namespace detail {

template <class T>
void multiply_row_norms(matrix_view<const T> m, std::vector<double>& importance) {
    for (std::size_t i = 0; i < m.rows(); ++i) importance[i] *= row_norm(m, i);
}

inline void count_neurons(neuron_reading& r) {
    r.units = r.importance.size();
    double sum = 0;
    for (const double x : r.importance) {
        if (!finite(x)) {
            r.reason = undefined_reason::nonfinite;
            return;
        }
        sum += x;
    }
    if (r.units == 0 || !(sum > 0)) {
        r.reason = r.units == 0 ? undefined_reason::no_elements : undefined_reason::all_zero;
        return;
    }
    r.mean = sum / static_cast<double>(r.units);
    const auto [smallest, largest] = std::minmax_element(r.importance.begin(), r.importance.end());
    r.smallest = *smallest;
    r.largest = *largest;
    for (const double x : r.importance) {
        r.dead += x < 0.01 * r.mean;
        r.weak += x < 0.1 * r.mean;
    }
}

}  // namespace detail

/// Importance of unit i: |row i of up| |column i of down|, times |row i of gate| where there is one. `up` and `gate`
/// are units x width, `down` is width x units, as torch.nn.Linear stores them. Sums are in double precision, in order.
/// \throws shape_error where the units differ
template <measured_scalar T>
neuron_reading neuron_importance(matrix_view<const T> up, matrix_view<const T> down, matrix_view<const T> gate = {}) {
    const bool gated = gate.data() != nullptr;
    if (down.cols() != up.rows() || (gated && gate.rows() != up.rows()))
        detail::raise(shape_error("neuron_importance: " + std::to_string(up.rows()) + " units go up, " +
                                  std::to_string(down.cols()) + " down" +
                                  (gated ? " and " + std::to_string(gate.rows()) + " through the gate" : "") +
                                  "; expected one number, the rows of up and gate and the columns of down"));
    neuron_reading r;
    r.importance.assign(up.rows(), 1.0);
    detail::multiply_row_norms(up, r.importance);
    detail::multiply_row_norms<T>({down.data(), down.cols(), down.rows(), down.col_stride(), down.row_stride()},
                                  r.importance);
    if (gated) detail::multiply_row_norms(gate, r.importance);
    detail::count_neurons(r);
    return r;
}

/// Shares of dead and of weak units among Gaussian weights, each matrix with elements of one size.
struct neuron_null {
    null_reading dead, weak;
};

/// By simulation of whole layers of `units` units between layers of `width`. From a width of about 16 on both are 0:
/// the norms of Gaussian rows hardly differ.
inline neuron_null neuron_importance_null(std::size_t units, std::size_t width, bool gated, std::size_t replicates = 16,
                                          std::uint64_t seed = 1, isa level = isa::automatic) {
    if (units == 0 || width == 0 || replicates < 2) return {};
    const std::size_t factors = gated ? 3 : 2;
    std::vector<double> row(width), dead, weak;
    for (std::size_t r = 0; r < replicates; ++r) {
        neuron_reading reading;
        reading.importance.assign(units, 1.0);
        for (std::size_t i = 0; i < units * factors; ++i) {
            fill_normal(std::span<double>(row), {seed, (std::uint64_t{28} << 56) | r}, i * width, level);
            reading.importance[i / factors] *= detail::row_norm(matrix_view<const double>(row.data(), 1, width), 0);
        }
        detail::count_neurons(reading);
        dead.push_back(static_cast<double>(reading.dead) / static_cast<double>(units));
        weak.push_back(static_cast<double>(reading.weak) / static_cast<double>(units));
    }
    return {detail::null_of_readings(dead), detail::null_of_readings(weak)};
}

}  // namespace geolip
