// Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT
#pragma once

/// \file
/// Chi variates with falling degrees of freedom: the diagonal of a Bartlett factor.

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>

#include "geolip/random/fill.hpp"

#define GEOLIP_SIMD_FILE "geolip/random/detail/chi.inc"
#include "geolip/simd/foreach_target.inc"

namespace geolip {
namespace detail {

inline void chi_candidates(float freedom, const float* x, const std::uint32_t* u, std::size_t count, float* out,
                           std::int32_t* accepted, isa level) {
    GEOLIP_SIMD_CALL(level, chi_candidates(freedom, x, u, count, out, accepted));
}

// Marsaglia and Tsang's whole acceptance test, for the few candidates that their squeeze leaves open.
inline bool chi_accepts(double nu, double x, double u) {
    const double d = 0.5 * nu - 1.0 / 3.0;
    const double root = 1.0 + x / (3.0 * std::sqrt(d));
    if (root <= 0.0) return false;
    const double v = root * root * root;
    return std::log(u) < 0.5 * x * x + d - d * v + d * std::log(v);
}

// Attempts after the first: two words for a normal and one for the test, from a far part of the stream.
inline float chi_retry(double nu, random_stream s, std::uint64_t index) {
    for (std::uint64_t attempt = 0;; ++attempt) {
        const philox4x32::block word = philox4x32::at(s, (std::uint64_t{1} << 63) + (index << 16) + attempt);
        const double radius = std::sqrt(-2.0 * std::log((word[0] + 0.5) * 0x1p-32));
        const double x = radius * std::cos(word[1] * (0x1p-31 * 3.14159265358979323846));
        const double u = (word[2] + 0.5) * 0x1p-32;
        if (!chi_accepts(nu, x, u)) continue;
        const double d = 0.5 * nu - 1.0 / 3.0;
        const double root = 1.0 + x / (3.0 * std::sqrt(d));
        return static_cast<float>(std::sqrt(2.0 * d * root * root * root));
    }
}

}  // namespace detail

/// out[i] ~ chi with `freedom` - i degrees of freedom, independent; exact in law up to the rounding of `float`
/// (G. Marsaglia, W. W. Tsang, "A simple method for generating gamma variables", ACM TOMS 26 (2000) 363-372).
/// Precondition: 1 <= out.size() <= freedom < 2^24. Draw i depends on (seed, stream, i, freedom - i) alone; levels
/// agree to 1e-5 relatively.
inline void fill_chi(std::span<float> out, std::uint32_t freedom, random_stream s, isa level = isa::automatic) {
    constexpr std::size_t chunk = 256;
    float normal[chunk];
    std::uint32_t word[chunk];
    float value[chunk];
    std::int32_t accepted[chunk];
    for (std::size_t begin = 0; begin < out.size(); begin += chunk) {
        const std::size_t count = (std::min)(chunk, out.size() - begin);
        // Normals from the stream's start, words for the test from draw 2^62 on, retries from block 2^63 on.
        fill_normal(normal, s, begin, level);
        fill_words(word, s, (std::uint64_t{1} << 62) + begin, level);
        detail::chi_candidates(static_cast<float>(freedom - begin), normal, word, chunk, value, accepted, level);
        for (std::size_t i = 0; i < count; ++i) {
            const std::size_t index = begin + i;
            const double nu = static_cast<double>(freedom - index);
            if (nu < 2) {
                value[i] = std::fabs(normal[i]);  // one degree of freedom
            } else if (accepted[i] == 0 &&
                       !detail::chi_accepts(nu, static_cast<double>(normal[i]), ((word[i] >> 8) + 0.5) * 0x1p-24)) {
                value[i] = detail::chi_retry(nu, s, index);
            }
            out[index] = value[i];
        }
    }
}

}  // namespace geolip
