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

/// <a, b> / (|a| |b|) for known squares; empty where there is none.
template <class T>
std::optional<double> cosine_of(matrix_view<const T> a, double square_a, matrix_view<const T> b, double square_b) {
    if (a.rows() != b.rows() || a.cols() != b.cols())
        raise(shape_error("weight_cosine: matrices of " + size_text(a) + " and " + size_text(b) +
                          "; expected one shape"));
    if (!(square_a > 0 && square_b > 0 && finite(square_a) && finite(square_b))) return std::nullopt;
    return inner_product(a, b) / (std::sqrt(square_a) * std::sqrt(square_b));
}

}  // namespace detail

/// The cosine of two matrices as vectors of their elements: empty if one is zero or not finite.
/// \throws shape_error unless the shapes are equal
template <measured_scalar T>
std::optional<double> weight_cosine(matrix_view<const T> a, matrix_view<const T> b) {
    return detail::cosine_of(a, detail::inner_product(a, a), b, detail::inner_product(b, b));
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

/// Of matrices of one shape, in the order of their layers.
/// \throws shape_error unless all shapes are equal
template <measured_scalar T>
layer_correlation_reading layer_correlation(std::span<const matrix_view<const T>> layers) {
    layer_correlation_reading r;
    r.layers = layers.size();
    r.cosines.resize(layers.size() * layers.size());
    std::vector<double> squares;
    for (const auto& layer : layers) squares.push_back(detail::inner_product(layer, layer));
    neighbour_correlation neighbours;
    for (std::size_t i = 0; i < layers.size(); ++i)
        for (std::size_t j = i; j < layers.size(); ++j) {
            std::optional<double> cosine = detail::cosine_of(layers[i], squares[i], layers[j], squares[j]);
            if (i == j && cosine) cosine = 1;
            r.cosines[i * r.layers + j] = r.cosines[j * r.layers + i] = cosine;
            if (j == i + 1) neighbours.add(cosine, layers[i].rows() * layers[i].cols());
        }
    r.adjacent = neighbours.value(layers.size() < 2 ? undefined_reason::no_elements : undefined_reason::all_zero);
    return r;
}

}  // namespace geolip
