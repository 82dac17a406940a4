// Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT
#pragma once

/// \file
/// Files of tensors put together byte by byte, and what reading them says.

#include <bit>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "geolip/core/error.hpp"
#include "support/temporary_folder.hpp"

namespace geolip_test {

/// The bytes that hexadecimal digits stand for.
inline std::string bytes_of_hexadecimal(std::string_view digits) {
    std::string bytes;
    const auto value = [](char c) { return c <= '9' ? c - '0' : c - 'a' + 10; };
    for (std::size_t i = 0; i + 1 < digits.size(); i += 2)
        bytes += static_cast<char>(static_cast<unsigned char>(16 * value(digits[i]) + value(digits[i + 1])));
    return bytes;
}

/// Eight bytes, the lowest first.
inline std::string little_endian(std::uint64_t value) {
    std::string bytes;
    for (int shift = 0; shift < 64; shift += 8) bytes += static_cast<char>(static_cast<unsigned char>(value >> shift));
    return bytes;
}

/// A safetensors file with this header and so many bytes of data: 1, 2, 3, …
inline std::string file_of(std::string_view header, std::size_t data_bytes) {
    std::string bytes = little_endian(header.size());
    bytes += header;
    for (std::size_t i = 1; i <= data_bytes; ++i) bytes += static_cast<char>(static_cast<unsigned char>(i));
    return bytes;
}

/// What `action` throws says, if it is an Error; else empty.
template <class Error = geolip::file_error, class Action>
std::string message_of(Action&& action) {
    try {
        action();
    } catch (const Error& e) {
        return e.what();
    }
    return {};
}

/// Equal bits, or both NaN.
inline bool same_number(double a, double b) {
    return std::bit_cast<std::uint64_t>(a) == std::bit_cast<std::uint64_t>(b) || (std::isnan(a) && std::isnan(b));
}
inline bool same_numbers(const std::vector<double>& a, const std::vector<double>& b) {
    bool same = a.size() == b.size();
    for (std::size_t i = 0; same && i < a.size(); ++i) same = same_number(a[i], b[i]);
    return same;
}

}  // namespace geolip_test
