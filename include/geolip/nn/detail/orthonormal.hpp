// Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT
#pragma once

/// \file
/// Orthonormal systems of vectors, for the orthogonal initialiser.

#include <cmath>
#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include "geolip/core/error.hpp"
#include "geolip/nn/shape.hpp"
#include "geolip/random/fill.hpp"

namespace geolip::nn::detail {

// In eight parts, which a compiler may put into registers; one order of additions.
inline double dot(const double* a, const double* b, std::size_t size) {
    double part[8] = {};
    std::size_t i = 0;
    for (; i + 8 <= size; i += 8)
        for (std::size_t j = 0; j < 8; ++j) part[j] += a[i + j] * b[i + j];
    for (; i < size; ++i) part[0] += a[i] * b[i];
    for (std::size_t half = 4; half > 0; half /= 2)
        for (std::size_t j = 0; j < half; ++j) part[j] += part[j + half];
    return part[0];
}

/// Makes the `count` <= `size` vectors v, v + size, … orthonormal: vector j becomes the unit vector along what of it
/// the vectors before it do not span. That is the Q of the QR factorisation whose R has a positive diagonal. Classical
/// Gram and Schmidt, repeated while a vector loses more than half of its length: twice is enough (L. Giraud, J. Langou,
/// M. Rozloznik, J. van den Eshof, Numer. Math. 101 (2005) 87-100) unless the vectors are dependent to rounding.
inline void orthonormalise(double* v, std::size_t count, std::size_t size) {
    std::vector<double> along(count);
    for (std::size_t j = 0; j < count; ++j) {
        double* const own = v + j * size;
        double before = std::sqrt(detail::dot(own, own, size));
        for (int pass = 0; pass < 4; ++pass) {
            for (std::size_t k = 0; k < j; ++k) along[k] = detail::dot(own, v + k * size, size);
            for (std::size_t k = 0; k < j; ++k) {
                const double* const other = v + k * size;
                for (std::size_t i = 0; i < size; ++i) own[i] -= along[k] * other[i];
            }
            const double after = std::sqrt(detail::dot(own, own, size));
            const bool settled = after > before / 2;
            before = after;
            if (settled) break;
        }
        for (std::size_t i = 0; i < size; ++i) own[i] /= before;
    }
}

/// torch.nn.init.orthogonal_: a matrix of normals, its QR factorisation (of the transpose, where it is wide), and Q
/// with the signs that make R's diagonal positive; that makes Q uniformly distributed (F. Mezzadri, Notices of the AMS
/// 54 (2007) 592-604).
template <class T>
void draw_orthogonal(const shape& extents, double gain, std::span<T> out, random_stream stream) {
    if (extents.rank() < 2)
        geolip::detail::raise(shape_error("initialiser: a tensor of shape " + to_string(extents) +
                                          " cannot be orthogonal; expected at least 2 extents"));
    if (out.empty()) return;
    const std::size_t rows = extents[0];
    const std::size_t cols = out.size() / rows;
    const bool by_column = rows >= cols;
    std::vector<double> drawn(out.size());
    std::vector<double> v(by_column ? out.size() : 0);
    fill_normal(std::span(drawn), stream, 0, isa::baseline);
    const auto transpose = [&](const double* from, std::size_t height, std::size_t width, double* to) {
        for (std::size_t i = 0; i < height; ++i)
            for (std::size_t j = 0; j < width; ++j) to[j * height + i] = from[i * width + j];
    };
    if (by_column) {
        transpose(drawn.data(), rows, cols, v.data());
        detail::orthonormalise(v.data(), cols, rows);
        transpose(v.data(), cols, rows, drawn.data());
    } else {
        detail::orthonormalise(drawn.data(), rows, cols);
    }
    for (std::size_t i = 0; i < out.size(); ++i) out[i] = static_cast<T>(gain * drawn[i]);
}

}  // namespace geolip::nn::detail
