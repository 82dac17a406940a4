// Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT
#pragma once

/// \file
/// Pictures of pixels inside an SVG: PNG without compression (ISO/IEC 15948), as text in base 64.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "support/crc32.hpp"

namespace examples {

/// Red, green, blue of each pixel, row by row.
struct pixels {
    std::size_t width = 0, height = 0;
    std::vector<std::uint8_t> samples;

    pixels(std::size_t w, std::size_t h) : width(w), height(h), samples(3 * w * h, 255) {}
};

namespace detail {

inline void append_big_endian(std::string& to, std::uint32_t value) {
    for (int shift = 24; shift >= 0; shift -= 8) to += static_cast<char>(value >> shift & 0xff);
}

inline void append_chunk(std::string& to, std::string_view name, std::string_view content) {
    append_big_endian(to, static_cast<std::uint32_t>(content.size()));
    const std::string checked = std::string(name).append(content);
    to += checked;
    append_big_endian(to, crc32(checked, 0xedb88320));
}

// As zlib's format stores what it does not compress: blocks of at most 65535 bytes, then Adler's checksum.
inline std::string stored(std::string_view bytes) {
    std::string out = "\x78\x01";
    std::uint32_t a = 1, b = 0;
    for (const char c : bytes) {
        a = (a + static_cast<std::uint8_t>(c)) % 65521;
        b = (b + a) % 65521;
    }
    while (!bytes.empty()) {
        const std::string_view block = bytes.substr(0, 65535);
        bytes.remove_prefix(block.size());
        out += static_cast<char>(bytes.empty() ? 1 : 0);
        for (const std::size_t length : {block.size(), ~block.size()}) {
            out += static_cast<char>(length & 0xff);
            out += static_cast<char>(length >> 8 & 0xff);
        }
        out += block;
    }
    append_big_endian(out, b << 16 | a);
    return out;
}

}  // namespace detail

/// The picture as a PNG file, 8 bits a sample.
inline std::string png(const pixels& p) {
    std::string header;
    detail::append_big_endian(header, static_cast<std::uint32_t>(p.width));
    detail::append_big_endian(header, static_cast<std::uint32_t>(p.height));
    header += std::string_view("\x08\x02\0\0\0", 5);  // 8 bits, red green blue
    std::string rows;
    for (std::size_t y = 0; y < p.height; ++y) {
        rows += '\0';  // no filter
        const auto* row = reinterpret_cast<const char*>(p.samples.data() + 3 * p.width * y);
        rows.append(row, 3 * p.width);
    }
    std::string out = "\x89PNG\r\n\x1a\n";
    detail::append_chunk(out, "IHDR", header);
    detail::append_chunk(out, "IDAT", detail::stored(rows));
    detail::append_chunk(out, "IEND", "");
    return out;
}

/// Three bytes as four characters (RFC 4648).
inline std::string base64(std::string_view bytes) {
    constexpr std::string_view digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    std::string out;
    for (std::size_t i = 0; i < bytes.size(); i += 3) {
        const std::size_t count = std::min<std::size_t>(3, bytes.size() - i);
        std::uint32_t three = 0;
        for (std::size_t j = 0; j < 3; ++j)
            three = three << 8 | (j < count ? static_cast<std::uint8_t>(bytes[i + j]) : 0u);
        for (std::size_t j = 0; j < 4; ++j) out += j <= count ? digits[three >> (18 - 6 * j) & 63] : '=';
    }
    return out;
}

}  // namespace examples
