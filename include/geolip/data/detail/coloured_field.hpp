// Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT
#pragma once

/// \file
/// Fields whose amplitude falls with a power of the frequency, by Eigen's Fourier transform.

#include <unsupported/Eigen/FFT>

#include <algorithm>
#include <cmath>
#include <complex>
#include <cstddef>
#include <span>
#include <vector>

#include "geolip/data/detail/noise_variates.hpp"
#include "geolip/data/noise_types.hpp"

namespace geolip::data::detail {

/// Two fields of `rows` x `cols` at a time, the real and the imaginary part of one transform: a real, even filter acts
/// on both alike, and the transform of white complex noise is white, so that it can be drawn there. The fields have the
/// law of irfft2(rfft2(N) / max(f^power, 1e-8)), f in cycles an element.
template <class T>
class coloured_field {
public:
    /// The next two fields; valid until the next call.
    std::span<const std::complex<T>> make(std::size_t rows, std::size_t cols, int power, noise_colour colour,
                                          std::size_t plane, const noise_variates<T>& draw) {
        prepare(rows, cols, power, colour);
        // Complex numbers are pairs of real ones in memory: [complex.numbers.general].
        draw.spectrum({reinterpret_cast<T*>(field_.data()), 2 * field_.size()}, plane);
        for (std::size_t i = 0; i < field_.size(); ++i) field_[i] *= weight_[i];
        transform_rows(field_, turned_, rows, cols);
        transform_rows(turned_, field_, cols, rows);
        return field_;
    }

private:
    void prepare(std::size_t rows, std::size_t cols, int power, noise_colour colour) {
        if (rows == rows_ && cols == cols_ && power == power_ && colour == colour_) return;
        rows_ = rows, cols_ = cols, power_ = power, colour_ = colour;
        field_.resize(rows * cols);
        turned_.resize(rows * cols);
        weight_.resize(rows * cols);
        line_.resize((std::max)(rows, cols));
        const auto frequency = [](std::size_t k, std::size_t n) {
            return static_cast<double>((std::min)(k, n - k)) / static_cast<double>(n);
        };
        const double unitary = 1 / std::sqrt(static_cast<double>(rows * cols));
        for (std::size_t i = 0; i < weight_.size(); ++i) {
            const double fy = frequency(i / cols, rows), fx = frequency(i % cols, cols);
            const double square = fx * fx + fy * fy;
            weight_[i] = static_cast<T>(unitary / (std::max)(power == 1 ? std::sqrt(square) : square, 1e-8));
        }
        if (colour == noise_colour::power_law) weight_[0] = 0;
    }

    /// The transforms of the rows of `from` become the columns of `to`.
    void transform_rows(const std::vector<std::complex<T>>& from, std::vector<std::complex<T>>& to, std::size_t rows,
                        std::size_t cols) {
        for (std::size_t y = 0; y < rows; ++y) {
            if (cols == 1)
                line_[0] = from[y];  // Eigen has no plan for one point
            else
                fft_.fwd(line_.data(), from.data() + y * cols, static_cast<Eigen::Index>(cols));
            for (std::size_t x = 0; x < cols; ++x) to[x * rows + y] = line_[x];
        }
    }

    std::size_t rows_ = 0, cols_ = 0;
    int power_ = 0;
    noise_colour colour_ = noise_colour::documented;
    std::vector<std::complex<T>> field_, turned_, line_;
    std::vector<T> weight_;
    Eigen::FFT<T> fft_;
};

}  // namespace geolip::data::detail
