// Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT
#pragma once

/// \file
/// The variates of one image, addressed, and the kernels of noise.inc.

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "geolip/random/fill.hpp"
#include "geolip/simd/vector.hpp"

#define GEOLIP_SIMD_FILE "geolip/data/detail/noise.inc"
#include "geolip/simd/foreach_target.inc"

namespace geolip::data::detail {

template <class T>
void uniform_of_words(std::span<T> out, const std::uint32_t* words, T scale, isa level) {
    GEOLIP_SIMD_CALL(level, uniform_of_words(out.data(), out.size(), words, scale));
}
template <class T>
void exponential_of_words(std::span<T> out, const std::uint32_t* words, T limit, isa level) {
    GEOLIP_SIMD_CALL(level, exponential_of_words(out.data(), out.size(), words, limit));
}
template <class T>
void laplace_of_words(std::span<T> out, const std::uint32_t* words, T limit, isa level) {
    GEOLIP_SIMD_CALL(level, laplace_of_words(out.data(), out.size(), words, limit));
}
template <class T>
void cauchy_of_words(std::span<T> out, const std::uint32_t* words, T limit, isa level) {
    GEOLIP_SIMD_CALL(level, cauchy_of_words(out.data(), out.size(), words, limit));
}
template <class T>
void signs_of_words(std::span<T> out, const std::uint32_t* words, T scale, isa level) {
    GEOLIP_SIMD_CALL(level, signs_of_words(out.data(), out.size(), words, scale));
}
template <class T>
void sparse_of_words(std::span<T> out, const std::uint32_t* words, double least, const T* x, T scale, T limit,
                     isa level) {
    GEOLIP_SIMD_CALL(level, sparse_of_words(out.data(), out.size(), words, least, x, scale, limit));
}
template <class T>
void multiply_by(std::span<T> x, const T* weight, isa level) {
    GEOLIP_SIMD_CALL(level, multiply_by(x.data(), x.size(), weight));
}
template <class T>
void scale_and_clamp(std::span<T> x, T scale, T limit, isa level) {
    GEOLIP_SIMD_CALL(level, scale_and_clamp(x.data(), x.size(), scale, limit));
}
template <class T>
void blend_and_clamp(std::span<T> out, T a, const T* x, T b, T limit, isa level) {
    GEOLIP_SIMD_CALL(level, blend_and_clamp(out.data(), out.size(), a, x, b, limit));
}

/// What the images of one thread are drawn with: memory, and the place of each purpose within an image's stream, whose
/// Philox blocks do not overlap (an image has less than 2^27 elements).
template <class T>
class noise_variates {
public:
    explicit noise_variates(isa level) : level_(level) {}

    isa level() const { return level_; }

    /// Draws from here on belong to this stream.
    void start(random_stream s) { stream_ = s; }

    /// Numbers that belong to the whole image, one after the other.
    philox_engine parameters() const { return philox_engine(stream_, std::uint64_t{1} << 62); }

    /// Standard normals, `count` and up to a register more: draws 0, 1, …
    const T* normals(std::size_t count) {
        normals_.resize((std::max)(normals_.size(), padded(count)));
        fill_normal(std::span(normals_.data(), padded(count)), stream_, 0, level_);
        return normals_.data();
    }
    /// Standard normals for spectra.
    void spectrum(std::span<T> out, std::size_t plane) const {
        fill_normal(out, stream_, (std::uint64_t{1} << 36) + plane * (std::uint64_t{1} << 32), level_);
    }
    /// Words, `count` and up to a register more; `purpose` is 0 or 1.
    const std::uint32_t* words(std::size_t count, std::size_t purpose = 0) {
        words_.resize((std::max)(words_.size(), padded(count)));
        fill_words({words_.data(), padded(count)}, stream_, (std::uint64_t{1} << (40 + purpose)), level_);
        return words_.data();
    }
    /// Words for `count` numbers of type T.
    const std::uint32_t* words_of_numbers(std::size_t count, std::size_t purpose = 0) {
        return words(count * (sizeof(T) / 4), purpose);
    }

private:
    static std::size_t padded(std::size_t count) { return (count + 63) / 64 * 64; }

    isa level_;
    random_stream stream_;
    std::vector<T> normals_;
    std::vector<std::uint32_t> words_;
};

/// Poisson numbers of mean `lambda` in (0, 20] from one word each, by inversion: the distribution function, rounded to
/// multiples of 2^-32, is searched from where the leading 12 bits say, which is nearly always its end.
class poisson_table {
public:
    explicit poisson_table(double lambda) {
        double term = std::exp(-lambda), sum = 0;
        for (std::size_t k = 0; k < size; ++k) {
            sum += term;
            term *= lambda / static_cast<double>(k + 1);
            const double scaled = std::floor(sum * 0x1p32 + 0.5);
            bound_[k] = scaled >= 0x1p32 ? std::uint64_t{1} << 32 : static_cast<std::uint64_t>(scaled);
        }
        bound_[size - 1] = std::uint64_t{1} << 32;
        std::uint32_t k = 0;
        for (std::uint64_t lead = 0; lead < leads; ++lead) {
            while (bound_[k] <= lead << 20) ++k;
            start_[lead] = static_cast<std::uint8_t>(k);
        }
    }
    std::uint32_t operator()(std::uint32_t word) const {
        std::uint32_t k = start_[word >> 20];
        while (bound_[k] <= word) ++k;
        return k;
    }

private:
    static constexpr std::size_t size = 96;  // P(X >= 95) < 1e-32 at lambda = 20
    static constexpr std::size_t leads = 4096;
    std::uint64_t bound_[size];
    std::uint8_t start_[leads];
};

}  // namespace geolip::data::detail
