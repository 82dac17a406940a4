// Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT
#pragma once

/// \file
/// `layer_products`: the cosines of all pairs of layers of one shape, from parts of the layers as they come, so that no
/// two whole matrices need be in memory.

#include <cstddef>
#include <string>
#include <vector>

#include "geolip/core/concepts.hpp"
#include "geolip/core/error.hpp"
#include "geolip/core/matrix_view.hpp"
#include "geolip/metrics/layer_correlation.hpp"

namespace geolip {

/// Inner products of every layer with every other, summed over parts. The elements of a part may be any, if they are
/// the same ones of each layer; the result depends on the cut by rounding alone.
class layer_products {
public:
    /// Of so many layers.
    explicit layer_products(std::size_t layers) : layers_(layers), products_(layers * layers) {}

    /// The next elements of all layers: `part` is layers x elements. Products are in double precision, in order.
    /// \throws shape_error unless there are as many rows as layers
    template <measured_scalar T>
    void add(matrix_view<const T> part) {
        if (part.rows() != layers_)
            detail::raise(shape_error("layer_products: a part of " + std::to_string(part.rows()) +
                                      " rows; expected one for each of the " + std::to_string(layers_) + " layers"));
        elements_ += part.cols();
        const auto row = [&](std::size_t i) {
            return matrix_view<const T>(part.data() + static_cast<std::ptrdiff_t>(i) * part.row_stride(), 1,
                                        part.cols(), part.row_stride(), part.col_stride());
        };
        for (std::size_t i = 0; i < layers_; ++i)
            for (std::size_t j = i; j < layers_; ++j)
                products_[i * layers_ + j] += detail::inner_product(row(i), row(j));
    }

    /// As `layer_correlation` gives them for whole matrices.
    layer_correlation_reading result() const {
        return detail::correlation_of_products(
            layers_, elements_, [&](std::size_t i, std::size_t j) { return products_[i * layers_ + j]; });
    }

private:
    std::size_t layers_, elements_ = 0;
    std::vector<double> products_;  // the upper triangle, row-major
};

}  // namespace geolip
