// Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT
#pragma once

/// \file
/// SHA-256 (FIPS 180-4, section 6.2): the hash of a file's content that `sha256sum` prints as well.

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "geolip/core/text.hpp"

namespace geolip {
namespace detail {

// The first 32 bits of the fractional parts of the cube roots of the first 64 primes (FIPS 180-4, section 4.2.2).
inline constexpr std::array<std::uint32_t, 64> sha256_constants{
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
    0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
    0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
    0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
    0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
    0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
    0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
    0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2};

}  // namespace detail

/// The digest of bytes that come in parts, however they are cut. Portable, a few hundred MB/s. It lets two people agree
/// on which file was read; that nobody can make two files of one digest is SHA-256's claim, not this class's.
class sha256 {
public:
    using digest = std::array<std::uint8_t, 32>;

    /// The next bytes, of a message of less than 2^61 bytes in all.
    constexpr void add(std::span<const std::byte> bytes) {
        length_ += bytes.size();
        while (!bytes.empty()) {
            const std::size_t part = (std::min)(bytes.size(), block_.size() - filled_);
            for (std::size_t i = 0; i < part; ++i) block_[filled_ + i] = std::to_integer<std::uint8_t>(bytes[i]);
            filled_ += part;
            bytes = bytes.subspan(part);
            if (filled_ == block_.size()) mix();
        }
    }
    /// The bytes of a text.
    constexpr void add(std::string_view text) {
        for (const char c : text) {
            const std::byte one[]{static_cast<std::byte>(c)};
            add(one);
        }
    }

    /// Of all bytes so far; more may follow.
    constexpr digest result() const {
        sha256 last = *this;
        const std::uint64_t bits = 8 * length_;
        last.block_[last.filled_++] = 0x80;
        if (last.filled_ > 56) last.fill_and_mix();
        std::fill(last.block_.begin() + static_cast<std::ptrdiff_t>(last.filled_), last.block_.end(), std::uint8_t{0});
        for (std::size_t i = 0; i < 8; ++i) last.block_[63 - i] = static_cast<std::uint8_t>(bits >> (8 * i));
        last.mix();
        digest d{};
        for (std::size_t i = 0; i < d.size(); ++i)
            d[i] = static_cast<std::uint8_t>(last.state_[i / 4] >> (24 - 8 * (i % 4)));
        return d;
    }

    /// `result` as 64 hexadecimal digits.
    std::string text() const {
        std::string out;
        for (const std::uint8_t byte : result()) out += detail::hexadecimal(byte, 2);
        return out;
    }

private:
    constexpr void fill_and_mix() {
        std::fill(block_.begin() + static_cast<std::ptrdiff_t>(filled_), block_.end(), std::uint8_t{0});
        mix();
    }

    constexpr void mix() {
        filled_ = 0;
        std::array<std::uint32_t, 64> w{};
        for (std::size_t i = 0; i < 16; ++i)
            w[i] = (std::uint32_t{block_[4 * i]} << 24) | (std::uint32_t{block_[4 * i + 1]} << 16) |
                   (std::uint32_t{block_[4 * i + 2]} << 8) | std::uint32_t{block_[4 * i + 3]};
        for (std::size_t i = 16; i < 64; ++i) {
            const std::uint32_t a = w[i - 15], b = w[i - 2];
            w[i] = w[i - 16] + (std::rotr(a, 7) ^ std::rotr(a, 18) ^ (a >> 3)) + w[i - 7] +
                   (std::rotr(b, 17) ^ std::rotr(b, 19) ^ (b >> 10));
        }
        auto [a, b, c, d, e, f, g, h] = state_;
        for (std::size_t i = 0; i < 64; ++i) {
            const std::uint32_t one = h + (std::rotr(e, 6) ^ std::rotr(e, 11) ^ std::rotr(e, 25)) +
                                      ((e & f) ^ (~e & g)) + detail::sha256_constants[i] + w[i];
            const std::uint32_t two =
                (std::rotr(a, 2) ^ std::rotr(a, 13) ^ std::rotr(a, 22)) + ((a & b) ^ (a & c) ^ (b & c));
            h = g, g = f, f = e, e = d + one, d = c, c = b, b = a, a = one + two;
        }
        const std::array<std::uint32_t, 8> mixed{a, b, c, d, e, f, g, h};
        for (std::size_t i = 0; i < 8; ++i) state_[i] += mixed[i];
    }

    // The first 32 bits of the fractional parts of the square roots of the first 8 primes (section 5.3.3).
    std::array<std::uint32_t, 8> state_{0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
                                        0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};
    std::array<std::uint8_t, 64> block_{};
    std::size_t filled_ = 0;
    std::uint64_t length_ = 0;
};

}  // namespace geolip
