// Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT
#pragma once

/// \file
/// `row_normalisation`: what is done to the rows of a matrix, as a policy: put on the sphere, left alone, standardised,
/// or scaled together.

#include <algorithm>
#include <cstddef>
#include <span>
#include <string>

#include "geolip/nn/detail/elementwise.hpp"
#include "geolip/nn/detail/normalise.hpp"
#include "geolip/nn/detail/scale_rows.hpp"
#include "geolip/nn/module.hpp"

namespace geolip::nn {

/// Contiguous rows and what a policy of `row_normalisation` keeps of them from forward to backward.
template <measured_scalar T>
struct row_block {
    std::size_t rows, length;
    T* kept;  ///< Policy::kept_size(rows) elements
    geolip::isa isa = isa::automatic;
    std::size_t size() const { return rows * length; }
};

/// y = x / max(|x|, 1e-12) (torch.nn.functional.normalize). A shorter row, zeros included, is multiplied with 1e12.
struct sphere_rows {
    static constexpr double shortest = 1e-12;
    static constexpr std::size_t kept_size(std::size_t rows) { return rows; }
    template <measured_scalar T>
    static void forward(const T* x, T* y, const row_block<T>& b) {
        detail::normalise_rows<detail::row_rule::sphere, T>(
            {x, y, nullptr, nullptr, nullptr, b.kept, b.rows, b.length, static_cast<T>(shortest)}, b.isa);
    }
    template <measured_scalar T>
    static void backward(const T* x, const T*, const T* dy, T* dx, const row_block<T>& b) {
        detail::normalise_rows_gradient<detail::row_rule::sphere, T>(
            {x, dy, dx, nullptr, nullptr, nullptr, nullptr, b.kept, b.rows, b.length, static_cast<T>(shortest)}, b.isa);
    }
};

/// y = x.
struct unchanged_rows {
    static constexpr std::size_t kept_size(std::size_t) { return 0; }
    template <measured_scalar T>
    static void forward(const T* x, T* y, const row_block<T>& b) {
        std::copy_n(x, b.size(), y);
    }
    template <measured_scalar T>
    static void backward(const T*, const T*, const T* dy, T* dx, const row_block<T>& b) {
        std::copy_n(dy, b.size(), dx);
    }
};

/// y = (x - mean) / sqrt(variance + 1e-5): layer_norm without parameters. Rows then lie on a sphere of one dimension
/// less.
struct layer_norm_rows {
    static constexpr double epsilon = 1e-5;
    static constexpr std::size_t kept_size(std::size_t rows) { return 2 * rows; }
    template <measured_scalar T>
    static void forward(const T* x, T* y, const row_block<T>& b) {
        detail::normalise_rows<detail::row_rule::layer_norm, T>(
            {x, y, nullptr, nullptr, b.kept, b.kept + b.rows, b.rows, b.length, static_cast<T>(epsilon)}, b.isa);
    }
    template <measured_scalar T>
    static void backward(const T* x, const T*, const T* dy, T* dx, const row_block<T>& b) {
        detail::normalise_rows_gradient<detail::row_rule::layer_norm, T>(
            {x, dy, dx, nullptr, nullptr, nullptr, b.kept, b.kept + b.rows, b.rows, b.length, static_cast<T>(epsilon)},
            b.isa);
    }
};

/// y = x / max(m, 1e-12), m the mean norm of **all rows that one call gets**; the gradient goes through m. In a batch
/// cut into parts, m is that of the part. The norm of a row of zeros has gradient 0.
struct scaled_rows {
    static constexpr double smallest = 1e-12;
    static constexpr std::size_t kept_size(std::size_t rows) { return rows + 1; }
    template <measured_scalar T>
    static void forward(const T* x, T* y, const row_block<T>& b) {
        const double sum = detail::row_norms<T>(x, b.kept, b.rows, b.length, b.isa);
        const T mean = static_cast<T>(b.rows == 0 ? 0 : sum / static_cast<double>(b.rows));
        b.kept[b.rows] = mean;
        detail::scale<T>(y, x, 1 / (std::max)(mean, static_cast<T>(smallest)), b.size(), b.isa);
    }
    template <measured_scalar T>
    static void backward(const T* x, const T*, const T* dy, T* dx, const row_block<T>& b) {
        const T mean = b.kept[b.rows];
        const T factor = 1 / (std::max)(mean, static_cast<T>(smallest));
        // d(loss)/dm = -sum(dy x) / m^2, and every row has a share of 1 / rows in m.
        double pull = 0;
        if (mean > static_cast<T>(smallest))
            pull = detail::dot_product<T>(x, dy, b.size(), b.isa) * static_cast<double>(factor) *
                   static_cast<double>(factor) / static_cast<double>(b.rows);
        detail::scaled_rows_gradient<T>(x, dy, b.kept, dx, b.rows, b.length, factor, static_cast<T>(pull), b.isa);
    }
};

/// `Policy` applied to rows on the last axis: by default to the whole axis, or to rows of `row_length` elements,
/// several of which stand one after the other on it: (patches, V D) seen as rows of D.
///
/// A policy of your own has `static std::size_t kept_size(std::size_t rows)` and the static templates
/// `forward(x, y, block)` and `backward(x, y, dy, dx, block)` on pointers to the first elements.
template <class Policy, measured_scalar T, std::size_t RowLength = dynamic>
class row_normalisation {
    static_assert(RowLength != 0, "geolip::nn::row_normalisation<Policy, T, RowLength>: RowLength must be at least 1");

public:
    using scalar_type = T;
    using policy_type = Policy;
    static constexpr bool elementwise = true;
    static constexpr bool reads_output = true;

    constexpr row_normalisation() = default;
    /// \throws shape_error for a length of 0, or one that is not that of the type
    constexpr explicit row_normalisation(std::size_t row_length) : row_length_(row_length) {
        if (row_length == 0 || (RowLength != dynamic && row_length != RowLength))
            geolip::detail::raise(shape_error("row_normalisation: rows of " + std::to_string(row_length) +
                                              " elements; expected at least 1, and as many as the type has"));
    }

    shape output_shape(const shape& x) const {
        if (x.rank() == 0 || (row_length_ != dynamic && x.back() % row_length_ != 0))
            detail::wrong_shape("row_normalisation", x,
                                row_length_ == dynamic
                                    ? std::string("at least one axis")
                                    : "a last extent that is a multiple of " + std::to_string(row_length_));
        return x;
    }
    std::size_t kept_size(const shape& x) const { return Policy::kept_size(rows(x)); }

    void forward(std::span<const T> w, tensor_view<const T> x, tensor_view<T> y, workspace<T> memory) const {
        detail::require_forward(*this, "row_normalisation", w, x.extents(), y.extents(), memory);
        Policy::forward(x.data(), y.data(), block(x.extents(), memory));
    }
    void backward(std::span<const T>, tensor_view<const T> x, tensor_view<const T> y, tensor_view<const T> dy,
                  tensor_view<T> dx, std::span<T> dw, workspace<T> memory) const {
        detail::require_backward(*this, "row_normalisation", x.extents(), dy.extents(), dx, dw);
        if (dx) Policy::backward(x.data(), y.data(), dy.data(), dx.data(), block(x.extents(), memory));
    }

private:
    std::size_t length(const shape& x) const { return row_length_ == dynamic ? x.back() : row_length_; }
    std::size_t rows(const shape& x) const { return x.size() == 0 ? 0 : x.size() / length(x); }
    row_block<T> block(const shape& x, const workspace<T>& memory) const {
        return {rows(x), length(x), memory.kept.data(), memory.isa};
    }

    std::size_t row_length_ = RowLength;
};

}  // namespace geolip::nn
