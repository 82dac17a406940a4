// Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT
#pragma once

/// \file
/// Bulk draws: words, uniforms and normals, every one addressed by (seed, stream, index). Filling a range in one
/// call, in pieces or by several threads gives the same numbers.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>

#include "geolip/random/philox.hpp"
#include "geolip/simd/vector.hpp"

#define GEOLIP_SIMD_FILE "geolip/random/detail/fill.inc"
#include "geolip/simd/foreach_target.inc"

namespace geolip {
namespace detail {

inline void fill_groups(std::uint32_t* out, std::size_t groups, std::uint64_t first, random_stream s, isa level) {
    GEOLIP_SIMD_CALL(level, fill_word_groups(out, groups, first, s));
}
template <class T>
void fill_groups(T* out, std::size_t groups, std::uint64_t first, random_stream s, isa level) {
    GEOLIP_SIMD_CALL(level, fill_normal_groups(out, groups, first, s));
}

// Draws first … first + out.size() - 1 of a stream that comes in groups of `Group`.
template <std::size_t Group, class T>
void fill_range(std::span<T> out, random_stream s, std::uint64_t first, isa level) {
    T buffer[Group];
    std::uint64_t group = first / Group;
    if (const std::size_t skip = static_cast<std::size_t>(first % Group); skip != 0 && !out.empty()) {
        const std::size_t count = (std::min)(Group - skip, out.size());
        fill_groups(buffer, 1, group++, s, level);
        std::copy_n(buffer + skip, count, out.begin());
        out = out.subspan(count);
    }
    const std::size_t whole = out.size() / Group;
    fill_groups(out.data(), whole, group, s, level);
    if (const std::size_t rest = out.size() % Group; rest != 0) {
        fill_groups(buffer, 1, group + whole, s, level);
        std::copy_n(buffer, rest, out.end() - static_cast<std::ptrdiff_t>(rest));
    }
}

}  // namespace detail

/// Random words: draws `first`, `first + 1`, … of the stream. Within each group of 64 draws, draw 16 w + b is word w
/// of Philox block b of the group. The same bits at every level.
inline void fill_words(std::span<std::uint32_t> out, random_stream s, std::uint64_t first = 0,
                       isa level = isa::automatic) {
    detail::fill_range<64>(out, s, first, level);
}

/// Uniform on [0, 1), a multiple of 2^-24: one word a draw. The same bits at every level.
inline void fill_uniform(std::span<float> out, random_stream s, std::uint64_t first = 0, isa level = isa::automatic) {
    std::uint32_t word[256];
    for (std::size_t i = 0; i < out.size(); i += 256) {
        const std::size_t count = std::min<std::size_t>(256, out.size() - i);
        fill_words({word, count}, s, first + i, level);
        for (std::size_t j = 0; j < count; ++j) out[i + j] = static_cast<float>(word[j] >> 8) * 0x1p-24f;
    }
}

/// Uniform on [0, 1), a multiple of 2^-53: two words a draw. The same bits at every level.
inline void fill_uniform(std::span<double> out, random_stream s, std::uint64_t first = 0, isa level = isa::automatic) {
    std::uint32_t word[256];
    for (std::size_t i = 0; i < out.size(); i += 128) {
        const std::size_t count = std::min<std::size_t>(128, out.size() - i);
        fill_words({word, 2 * count}, s, 2 * (first + i), level);
        for (std::size_t j = 0; j < count; ++j) {
            const std::uint64_t bits = word[2 * j] | (std::uint64_t{word[2 * j + 1]} << 32);
            out[i + j] = static_cast<double>(bits >> 11) * 0x1p-53;
        }
    }
}

/// Standard normals by the polar form of Box and Muller (G. E. P. Box, M. E. Muller, Ann. Math. Statist. 29 (1958)
/// 610-611), one 32-bit word a draw: |x| <= 6.66, moments and tails as tested; levels agree to 2e-6 absolutely.
inline void fill_normal(std::span<float> out, random_stream s, std::uint64_t first = 0, isa level = isa::automatic) {
    detail::fill_range<64>(out, s, first, level);
}

/// The same in double precision, two words a draw: |x| <= 8.58; levels agree to 1e-14 absolutely.
inline void fill_normal(std::span<double> out, random_stream s, std::uint64_t first = 0, isa level = isa::automatic) {
    detail::fill_range<32>(out, s, first, level);
}

}  // namespace geolip
