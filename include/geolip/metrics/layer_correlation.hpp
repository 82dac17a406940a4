// Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT
#pragma once

/// \file
/// `layer_correlation`: cosines between the weights of one kind in different layers, and what independent weights give.

#include <cmath>
#include <cstddef>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "geolip/core/concepts.hpp"
#include "geolip/core/error.hpp"
#include "geolip/core/estimate.hpp"
#include "geolip/core/matrix_view.hpp"

namespace geolip {

namespace detail {

/// <a, b> in double precision, rows in order, four sums a row.
template <class T>
double inner_product(matrix_view<const T> a, matrix_view<const T> b) {
    double total = 0;
    for (std::size_t i = 0; i < a.rows(); ++i) {
        double part[4] = {};
        std::size_t j = 0;
        for (; j + 4 <= a.cols(); j += 4)
            for (std::size_t k = 0; k < 4; ++k)
                part[k] += static_cast<double>(a(i, j + k)) * static_cast<double>(b(i, j + k));
        for (; j < a.cols(); ++j) part[0] += static_cast<double>(a(i, j)) * static_cast<double>(b(i, j));
        total += (part[0] + part[1]) + (part[2] + part[3]);
    }
    return total;
}

}  // namespace detail

/// The cosine of two matrices as vectors of their elements: empty if one is zero or not finite.
/// \throws shape_error unless the shapes are equal
template <measured_scalar T>
std::optional<double> weight_cosine(matrix_view<const T> a, matrix_view<const T> b) {
    if (a.rows() != b.rows() || a.cols() != b.cols()) {
        const auto shape = [](const auto& m) { return std::to_string(m.rows()) + " x " + std::to_string(m.cols()); };
        detail::raise(
            shape_error("weight_cosine: matrices of " + shape(a) + " and " + shape(b) + "; expected one shape"));
    }
    const double squares = detail::inner_product(a, a), others = detail::inner_product(b, b);
    constexpr double most = (std::numeric_limits<double>::max)();
    if (!(squares > 0 && others > 0 && squares <= most && others <= most)) return std::nullopt;
    return detail::inner_product(a, b) / (std::sqrt(squares) * std::sqrt(others));
}

/// The cosines of all pairs of layers.
struct layer_correlation_reading {
    std::size_t layers = 0;
    std::vector<std::optional<double>> cosines;  ///< layers x layers, row-major, symmetric; 1 on the diagonal
    estimate adjacent;                           ///< the mean over neighbouring layers; null 0 ± 1/√(elements pairs)
};

/// Of matrices of one shape, in the order of their layers. The null is independent elements of mean 0: a cosine has
/// mean 0 and variance 1 / elements, and those of different pairs do not correlate. \throws shape_error unless all
/// shapes are equal
template <measured_scalar T>
layer_correlation_reading layer_correlation(std::span<const matrix_view<const T>> layers) {
    layer_correlation_reading r;
    r.layers = layers.size();
    r.cosines.resize(layers.size() * layers.size());
    double sum = 0, pairs = 0;
    for (std::size_t i = 0; i < layers.size(); ++i)
        for (std::size_t j = i; j < layers.size(); ++j) {
            std::optional<double> cosine = weight_cosine<T>(layers[i], layers[j]);
            if (i == j && cosine) cosine = 1;
            r.cosines[i * r.layers + j] = r.cosines[j * r.layers + i] = cosine;
            if (j == i + 1 && cosine) sum += *cosine, ++pairs;
        }
    if (!(pairs > 0)) {
        r.adjacent.reason = layers.size() < 2 ? undefined_reason::no_elements : undefined_reason::all_zero;
        return r;
    }
    const double elements = static_cast<double>(layers[0].rows() * layers[0].cols());
    r.adjacent.value = sum / pairs;
    r.adjacent.null = {0.0, 1 / std::sqrt(elements * pairs), 0};
    return r;
}

}  // namespace geolip
