// Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT
#pragma once

/// \file
/// A matrix some rows at a time, in double precision. Needs Eigen (component `linalg`).

#include <algorithm>
#include <cstddef>
#include <span>
#include <vector>

#include "geolip/core/matrix_view.hpp"
#include "geolip/linalg/detail/dense.hpp"
#include "geolip/linalg/detail/tridiagonal_form.hpp"

namespace geolip::detail {

/// Strips of `height` rows of a matrix, divided by 2^exponent and less the row `mean`, none for zeros. A strip lies as
/// its source does, so that both are walked through in order.
template <class T>
class strips {
public:
    strips(matrix_view<const T> m, int exponent, std::size_t height, std::span<const double> mean = {})
        : m_(m),
          scaled_(exponent),
          height_((std::min)(height, m.rows())),
          by_columns_(m.row_stride() == 1 && m.col_stride() != 1),
          mean_(mean.begin(), mean.end()) {
        mean_.resize(m.cols());
        strip_.resize(height_ * m.cols());
    }

    /// Calls `each(strip)` with one after the other, which it may change.
    template <class Each>
    void each(Each&& each) {
        for (std::size_t first = 0; first < m_.rows(); first += height_) each(read(first));
    }

    /// Rows `first` to first + height, or to the last. One strip at a time: the next takes its place.
    matrix_view<double> read(std::size_t first) {
        const std::size_t here = (std::min)(height_, m_.rows() - first), n = m_.cols();
        const auto stride = [](std::size_t x) { return static_cast<std::ptrdiff_t>(x); };
        const matrix_view<double> out(strip_.data(), here, n, by_columns_ ? 1 : stride(n),
                                      by_columns_ ? stride(height_) : 1);
        if (by_columns_)
            for (std::size_t j = 0; j < n; ++j)
                for (std::size_t i = 0; i < here; ++i)
                    out(i, j) = scaled_(static_cast<double>(m_(first + i, j))) - mean_[j];
        else
            for (std::size_t i = 0; i < here; ++i)
                for (std::size_t j = 0; j < n; ++j)
                    out(i, j) = scaled_(static_cast<double>(m_(first + i, j))) - mean_[j];
        return out;
    }

private:
    matrix_view<const T> m_;
    power_of_two scaled_;
    std::size_t height_;
    bool by_columns_;
    std::vector<double> mean_, strip_;
};

/// Adds m'm to the upper triangle of `gram`, m some rows at a time; what is below the diagonal is not to be read.
template <class T>
void add_gram(strips<T> m, matrix_view<double> gram, isa level = isa::automatic) {
    m.each([&](matrix_view<const double> strip) { add_to_upper(strip, strip, gram, level); });
}

}  // namespace geolip::detail
