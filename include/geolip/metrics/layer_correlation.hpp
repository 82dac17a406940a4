// Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT
#pragma once

/// \file
/// `layer_correlation`: cosines between the weights of one kind in different layers, and what independent weights give.

#include <cmath>
#include <cstddef>
#include <optional>
#include <span>
#include <vector>

#include "geolip/core/concepts.hpp"
#include "geolip/core/error.hpp"
#include "geolip/core/estimate.hpp"
#include "geolip/core/finite.hpp"
#include "geolip/core/matrix_view.hpp"
#include "geolip/core/ordered_sum.hpp"
#include "geolip/core/size_text.hpp"

namespace geolip {
namespace detail {

/// <a, b> in double precision, rows in order.
template <class T>
double inner_product(matrix_view<const T> a, matrix_view<const T> b) {
    double total = 0;
    for (std::size_t i = 0; i < a.rows(); ++i)
        total += ordered_sum(
            a.cols(), [&](std::size_t j) { return static_cast<double>(a(i, j)) * static_cast<double>(b(i, j)); });
    return total;
}

template <class T>
void require_one_shape(matrix_view<const T> a, matrix_view<const T> b) {
    if (a.rows() != b.rows() || a.cols() != b.cols())
        raise(shape_error("weight_cosine: matrices of " + size_text(a) + " and " + size_text(b) +
                          "; expected one shape"));
}

/// <a, b> / (|a| |b|), of the product and the squares; empty where there is none.
inline std::optional<double> cosine_of(double product, double square_a, double square_b) {
    if (!(square_a > 0 && square_b > 0 && finite(square_a) && finite(square_b))) return std::nullopt;
    return product / (std::sqrt(square_a) * std::sqrt(square_b));
}

}  // namespace detail

/// The cosine of two matrices as vectors of their elements: empty if one is zero or not finite.
/// \throws shape_error unless the shapes are equal
template <measured_scalar T>
std::optional<double> weight_cosine(matrix_view<const T> a, matrix_view<const T> b) {
    detail::require_one_shape(a, b);
    return detail::cosine_of(detail::inner_product(a, b), detail::inner_product(a, a), detail::inner_product(b, b));
}

/// The mean cosine of neighbouring layers, one pair at a time, so that two matrices are in memory. The null is
/// independent elements of mean 0: a cosine has mean 0 and variance 1 / elements, and those of different pairs do not
/// correlate.
class neighbour_correlation {
public:
    void add(const std::optional<double>& cosine, std::size_t elements) {
        if (!cosine) return;
        sum_ += *cosine;
        ++pairs_;
        variance_ += 1 / static_cast<double>(elements);
    }
    /// `none` is why there are no pairs, if there are none.
    estimate value(undefined_reason none) const {
        estimate e;
        if (pairs_ == 0) {
            e.reason = none;
            return e;
        }
        const double pairs = static_cast<double>(pairs_);
        e.value = sum_ / pairs;
        e.null = {0.0, std::sqrt(variance_) / pairs, 0};
        return e;
    }

private:
    double sum_ = 0, variance_ = 0;
    std::size_t pairs_ = 0;
};

/// The cosines of all pairs of layers.
struct layer_correlation_reading {
    std::size_t layers = 0;
    std::vector<std::optional<double>> cosines;  ///< layers x layers, row-major, symmetric; 1 on the diagonal
    estimate adjacent;                           ///< the mean over neighbouring layers; null 0 ± 1/√(elements pairs)
};

namespace detail {

/// Of `layers` layers of so many elements, product(i, j) the inner product of two, i <= j, asked for once.
template <class Product>
layer_correlation_reading correlation_of_products(std::size_t layers, std::size_t elements, Product&& product) {
    layer_correlation_reading r;
    r.layers = layers;
    r.cosines.resize(layers * layers);
    std::vector<double> squares(layers);
    for (std::size_t i = 0; i < layers; ++i) squares[i] = product(i, i);
    neighbour_correlation neighbours;
    for (std::size_t i = 0; i < layers; ++i) {
        if (cosine_of(squares[i], squares[i], squares[i])) r.cosines[i * layers + i] = 1;
        for (std::size_t j = i + 1; j < layers; ++j) {
            const auto cosine = cosine_of(product(i, j), squares[i], squares[j]);
            r.cosines[i * layers + j] = r.cosines[j * layers + i] = cosine;
            if (j == i + 1) neighbours.add(cosine, elements);
        }
    }
    r.adjacent = neighbours.value(layers < 2 ? undefined_reason::no_elements : undefined_reason::all_zero);
    return r;
}

}  // namespace detail

/// Of matrices of one shape, in the order of their layers.
/// \throws shape_error unless all shapes are equal
template <measured_scalar T>
layer_correlation_reading layer_correlation(std::span<const matrix_view<const T>> layers) {
    for (const auto& layer : layers) detail::require_one_shape(layers.front(), layer);
    return detail::correlation_of_products(
        layers.size(), layers.empty() ? 0 : layers.front().rows() * layers.front().cols(),
        [&](std::size_t i, std::size_t j) { return detail::inner_product(layers[i], layers[j]); });
}

}  // namespace geolip
