// Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT
#pragma once

/// \file
/// One image of each type but the coloured ones.

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "geolip/data/detail/noise_variates.hpp"
#include "geolip/data/noise_types.hpp"
#include "geolip/random/subset.hpp"

namespace geolip::data::detail {

inline constexpr std::size_t noise_channels = 3;
template <class T>
inline constexpr T noise_limit = T(4);

/// A number of [0, 1), a multiple of 2^-32.
inline double fraction(philox_engine& engine) { return engine() * 0x1p-32; }

/// out = out + scale N, clamped.
template <class T>
void add_normals(std::span<T> out, T scale, noise_variates<T>& draw) {
    blend_and_clamp(out, T(1), draw.normals(out.size()), scale, noise_limit<T>, draw.level());
}

template <class T>
void poisson_image(std::span<T> out, noise_variates<T>& draw) {
    philox_engine engine = draw.parameters();
    const double lambda = 0.5 + 19.5 * fraction(engine);
    const poisson_table poisson(lambda);
    const std::uint32_t* word = draw.words(out.size());
    T value[128];
    for (std::uint32_t k = 0; k < 128; ++k) value[k] = (std::min)(static_cast<T>(k / lambda - 1), noise_limit<T>);
    for (std::size_t i = 0; i < out.size(); ++i) out[i] = value[poisson(word[i])];
}

template <class T>
void salt_pepper_image(std::span<T> out, noise_variates<T>& draw) {
    signs_of_words(out, draw.words_of_numbers(out.size()), T(2), draw.level());
    add_normals(out, T(0.1), draw);
}

template <class T>
void sparse_image(std::span<T> out, noise_variates<T>& draw) {
    const std::uint32_t* word = draw.words_of_numbers(out.size());
    sparse_of_words(out, word, 0.9, draw.normals(out.size()), T(3), noise_limit<T>, draw.level());
}

template <class T>
void block_image(std::span<T> out, std::size_t side, noise_variates<T>& draw) {
    philox_engine engine = draw.parameters();
    const std::size_t grid = side / (2 + uniform_below(engine, 14)) + 1;
    const T* normal = draw.normals(noise_channels * grid * grid);
    for (std::size_t c = 0; c < noise_channels; ++c)
        for (std::size_t y = 0; y < side; ++y) {
            T* row = out.data() + (c * side + y) * side;
            const std::size_t cell = y * grid / side;
            if (y > 0 && cell == (y - 1) * grid / side) {
                std::copy_n(row - side, side, row);
                continue;
            }
            const T* cells = normal + (c * grid + cell) * grid;
            // Cell j covers the columns x with floor(x grid / side) = j.
            for (std::size_t j = 0, x = 0; j < grid; ++j)
                for (; x < side && x * grid < (j + 1) * side; ++x)
                    row[x] = std::clamp(cells[j], -noise_limit<T>, noise_limit<T>);
        }
}

/// The other channels become the first.
template <class T>
void copy_first_channel(std::span<T> image) {
    const std::size_t plane = image.size() / noise_channels;
    for (std::size_t c = 1; c < noise_channels; ++c) std::copy_n(image.data(), plane, image.data() + c * plane);
}

template <class T>
void gradient_image(std::span<T> out, std::size_t side, noise_variates<T>& draw) {
    philox_engine engine = draw.parameters();
    const double angle = 6.283185307179586 * fraction(engine);
    const double step = 4.0 / static_cast<double>(side - 1);
    const double along = std::cos(angle), down = std::sin(angle);
    const T slope = static_cast<T>(along * step);
    for (std::size_t y = 0; y < side; ++y) {
        T* row = out.data() + y * side;
        const T base = static_cast<T>(down * (static_cast<double>(y) * step - 2) - 2 * along);
        // By way of int: SSE2, for which this is compiled, converts no unsigned 64-bit numbers.
        for (std::size_t x = 0; x < side; ++x) row[x] = base + slope * static_cast<T>(static_cast<int>(x));
    }
    copy_first_channel(out);
    add_normals(out, T(0.5), draw);
}

template <class T>
void checkerboard_image(std::span<T> out, std::size_t side, noise_variates<T>& draw) {
    philox_engine engine = draw.parameters();
    const std::size_t cell = 2 + uniform_below(engine, 14);
    for (std::size_t y = 0; y < side; ++y) {
        T* row = out.data() + y * side;
        T value = (y / cell) % 2 == 0 ? T(1) : T(-1);
        for (std::size_t x = 0; x < side; value = -value)
            for (const std::size_t end = (std::min)(side, x + cell); x < end; ++x) row[x] = value;
    }
    copy_first_channel(out);
    add_normals(out, T(0.3), draw);
}

template <class T>
void mixture_image(std::span<T> out, noise_variates<T>& draw) {
    philox_engine engine = draw.parameters();
    const double a = 0.2 + 0.6 * fraction(engine);
    uniform_of_words(out, draw.words_of_numbers(out.size()), static_cast<T>(1 - a), draw.level());
    add_normals(out, static_cast<T>(a), draw);
}

/// `rows` x `cols` of each channel of an image, from row `top` and column `left` on, become the next of `values`.
template <class T>
void place(std::span<T> image, std::size_t side, std::size_t top, std::size_t left, std::size_t rows, std::size_t cols,
           const T* values) {
    for (std::size_t c = 0; c < noise_channels; ++c)
        for (std::size_t y = 0; y < rows; ++y, values += cols)
            std::copy_n(values, cols, image.data() + (c * side + top + y) * side + left);
}

/// Three of the four quadrants; the one at the bottom left is left as it is.
template <class T>
void white_quadrants(std::span<T> out, std::size_t side, noise_variates<T>& draw) {
    const std::size_t half = side / 2, rest = side - half;
    std::vector<T> values(noise_channels * rest * rest);
    std::fill(values.begin(), values.end(), T(0));
    const std::span<T> top_left(values.data(), noise_channels * half * half);
    add_normals(top_left, T(1), draw);
    place(out, side, 0, 0, half, half, values.data());
    const std::span<T> top_right(values.data(), noise_channels * half * rest);
    uniform_of_words(top_right, draw.words_of_numbers(top_right.size()), T(1), draw.level());
    place(out, side, 0, half, half, rest, values.data());
    signs_of_words(std::span(values), draw.words_of_numbers(values.size(), 1), T(1), draw.level());
    place(out, side, half, half, rest, rest, values.data());
}

/// Any type but pink, brown and quadrants.
template <class T>
void white_image(noise_type type, std::span<T> out, std::size_t side, noise_variates<T>& draw) {
    const std::size_t count = out.size();
    const isa level = draw.level();
    switch (type) {
        case noise_type::uniform: return uniform_of_words(out, draw.words_of_numbers(count), T(1), level);
        case noise_type::wide_uniform: return uniform_of_words(out, draw.words_of_numbers(count), T(2), level);
        case noise_type::poisson: return poisson_image(out, draw);
        case noise_type::salt_pepper: return salt_pepper_image(out, draw);
        case noise_type::sparse: return sparse_image(out, draw);
        case noise_type::block: return block_image(out, side, draw);
        case noise_type::gradient: return gradient_image(out, side, draw);
        case noise_type::checkerboard: return checkerboard_image(out, side, draw);
        case noise_type::mixture: return mixture_image(out, draw);
        case noise_type::cauchy: return cauchy_of_words(out, draw.words_of_numbers(count), T(3), level);
        case noise_type::exponential:
            return exponential_of_words(out, draw.words_of_numbers(count), noise_limit<T>, level);
        case noise_type::laplace: return laplace_of_words(out, draw.words_of_numbers(count), noise_limit<T>, level);
        default: std::fill(out.begin(), out.end(), T(0)); return add_normals(out, T(1), draw);
    }
}

}  // namespace geolip::data::detail
