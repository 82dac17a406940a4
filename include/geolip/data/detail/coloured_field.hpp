// Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT
#pragma once

/// \file
/// Fields whose amplitude falls with a power of the frequency, by products with the real Fourier basis.

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <span>
#include <vector>

#include "geolip/core/matrix_view.hpp"
#include "geolip/data/detail/noise_variates.hpp"
#include "geolip/data/noise_types.hpp"
#include "geolip/nn/gemm.hpp"

namespace geolip::data::detail {

/// Wave a of the real Fourier basis of R^size: 1, cos, sin, cos, sin, … of the frequencies 0, 1, 1, 2, 2, …, and at the
/// end, where size is even, the wave that changes sign everywhere.
constexpr std::size_t frequency_of_wave(std::size_t a) { return (a + 1) / 2; }

/// The basis, orthonormal, a row a wave.
template <class T>
std::vector<T> real_fourier_basis(std::size_t size) {
    const double n = static_cast<double>(size);
    std::vector<double> cosine(size), sine(size);
    for (std::size_t j = 0; j < size; ++j) {
        const double angle = 6.283185307179586477 * static_cast<double>(j) / n;
        cosine[j] = std::cos(angle);
        sine[j] = std::sin(angle);
    }
    std::vector<T> basis(size * size);
    for (std::size_t a = 0; a < size; ++a) {
        const std::size_t frequency = frequency_of_wave(a);
        const bool alone = frequency == 0 || 2 * frequency == size;
        const std::vector<double>& wave = a % 2 == 1 || a == 0 ? cosine : sine;
        for (std::size_t j = 0; j < size; ++j)
            basis[a * size + j] = static_cast<T>(wave[frequency * j % size] * std::sqrt((alone ? 1 : 2) / n));
    }
    return basis;
}

/// Fields of `rows` x `cols` with the law of irfft2(rfft2(N) / max(f^power, 1e-8)), f in cycles an element: that filter
/// is even in either frequency, so it is a diagonal matrix in the real Fourier basis, where white noise is white too
/// and can be drawn.
template <class T>
class coloured_field {
public:
    /// The next field, to `out`.
    void make(std::size_t rows, std::size_t cols, int power, noise_colour colour, std::size_t plane,
              const noise_variates<T>& draw, T* out) {
        prepare(rows, cols, power, colour);
        draw.spectrum(field_, plane);
        multiply_by(std::span(field_), weight_.data(), draw.level());
        const matrix_view<const T> down(down_.data(), rows, rows), across(across_.data(), cols, cols);
        multiply({field_.data(), rows, cols}, across, half_.data(), draw.level());
        multiply(nn::transposed(down), {half_.data(), rows, cols}, out, draw.level());
    }

private:
    void prepare(std::size_t rows, std::size_t cols, int power, noise_colour colour) {
        if (rows == rows_ && cols == cols_ && power == power_ && colour == colour_) return;
        rows_ = rows, cols_ = cols, power_ = power, colour_ = colour;
        down_ = real_fourier_basis<T>(rows);
        across_ = real_fourier_basis<T>(cols);
        field_.resize(rows * cols);
        half_.resize(rows * cols);
        weight_.resize(rows * cols);
        scratch_.resize(nn::gemm_scratch_size<T>(rows, (std::max)(rows, cols), cols));
        for (std::size_t i = 0; i < weight_.size(); ++i) {
            const double fy = static_cast<double>(frequency_of_wave(i / cols)) / static_cast<double>(rows);
            const double fx = static_cast<double>(frequency_of_wave(i % cols)) / static_cast<double>(cols);
            const double square = fx * fx + fy * fy;
            weight_[i] = static_cast<T>(1 / (std::max)(power == 1 ? std::sqrt(square) : square, 1e-8));
        }
        if (colour == noise_colour::power_law) weight_[0] = 0;
    }

    void multiply(matrix_view<const T> a, matrix_view<const T> b, T* out, isa level) {
        nn::gemm<T>(a, b, {out, rows_, cols_}, false, nullptr, scratch_, level);
    }

    std::size_t rows_ = 0, cols_ = 0;
    int power_ = 0;
    noise_colour colour_ = noise_colour::documented;
    std::vector<T> down_, across_, field_, half_, weight_, scratch_;
};

}  // namespace geolip::data::detail
