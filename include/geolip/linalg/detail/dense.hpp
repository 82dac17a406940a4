// Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT
#pragma once

/// \file
/// Whole matrices in double precision, as Eigen has them. Needs Eigen (component `linalg`).

#include <Eigen/Core>
#include <algorithm>
#include <bit>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <span>
#include <type_traits>

#include "geolip/core/finite.hpp"
#include "geolip/core/matrix_view.hpp"
#include "geolip/random/fill.hpp"

namespace geolip::detail {

using dense_matrix = Eigen::MatrixXd;

inline Eigen::Index dense_index(std::size_t n) { return static_cast<Eigen::Index>(n); }

/// Whether all elements are finite, or zero, and else the power of two by which the largest magnitude is 1 to 2.
struct matrix_range {
    bool finite = true, zero = true;
    int exponent = 0;
};
template <class T>
matrix_range range_of(matrix_view<const T> m) {
    // Magnitudes are in the order of their bits, which those that are not finite end.
    using bits = std::conditional_t<sizeof(T) == 4, std::uint32_t, std::uint64_t>;
    static_assert(sizeof(T) == sizeof(bits));
    bits most = 0;
    for (std::size_t i = 0; i < m.rows(); ++i)
        for (std::size_t j = 0; j < m.cols(); ++j)
            most = (std::max)(most, static_cast<bits>(std::bit_cast<bits>(m(i, j)) & (~bits{0} >> 1)));
    matrix_range r;
    r.finite = most < std::bit_cast<bits>(std::numeric_limits<T>::infinity());
    const double largest = static_cast<double>(std::bit_cast<T>(most));
    r.zero = !(largest > 0);
    if (r.finite && !r.zero) r.exponent = std::ilogb(largest);
    return r;
}

/// x 2^-exponent, exact unless it is a subnormal number.
class power_of_two {
public:
    explicit power_of_two(int exponent)
        : first_(std::ldexp(1.0, -exponent / 2)), second_(std::ldexp(1.0, -exponent - -exponent / 2)) {}
    double operator()(double x) const { return x * first_ * second_; }

private:
    double first_, second_;
};

/// A copy divided by 2^exponent, so that no product leaves the range of double.
struct scaled_matrix {
    dense_matrix values;
    int exponent = 0;
};
/// Empty if an element is not finite.
template <class T>
std::optional<scaled_matrix> scaled_copy(matrix_view<const T> m) {
    const matrix_range range = range_of(m);
    if (!range.finite) return std::nullopt;
    scaled_matrix out{dense_matrix(dense_index(m.rows()), dense_index(m.cols())), range.exponent};
    for (std::size_t i = 0; i < m.rows(); ++i)
        for (std::size_t j = 0; j < m.cols(); ++j)
            out.values(dense_index(i), dense_index(j)) = std::scalbn(static_cast<double>(m(i, j)), -range.exponent);
    return out;
}

/// Independent standard normal elements.
inline dense_matrix gaussian_matrix(std::size_t rows, std::size_t cols, random_stream s, isa level) {
    dense_matrix m(dense_index(rows), dense_index(cols));
    fill_normal(std::span<double>(m.data(), rows * cols), s, 0, level);
    return m;
}

}  // namespace geolip::detail
