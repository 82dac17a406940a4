// Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT
#pragma once

/// \file
/// Scalars for TensorBoard: the records of an event file (TFRecord), each a protocol buffer (tensorflow.Event).

#include <bit>
#include <cstdint>
#include <string>
#include <string_view>

#include "support/crc32.hpp"

namespace examples {
namespace detail {

inline void append_little_endian(std::string& to, std::uint64_t value, int bytes) {
    for (int i = 0; i < bytes; ++i) to += static_cast<char>(value >> 8 * i & 0xff);
}

inline void append_varint(std::string& to, std::uint64_t value) {
    for (; value >= 128; value >>= 7) to += static_cast<char>((value & 127) | 128);
    to += static_cast<char>(value);
}

// Field `number` with a length in front of its content.
inline void append_field(std::string& to, int number, std::string_view content) {
    append_varint(to, static_cast<std::uint64_t>(number << 3 | 2));
    append_varint(to, content.size());
    to += content;
}

// Length, its checksum, the event, its checksum. The mask keeps a checksum of what holds checksums from being weak.
inline std::string record(std::string_view event) {
    const auto masked = [](std::string_view bytes) {
        const std::uint32_t crc = crc32(bytes, 0x82f63b78);
        return ((crc >> 15) | (crc << 17)) + 0xa282ead8u;
    };
    std::string out;
    append_little_endian(out, event.size(), 8);
    append_little_endian(out, masked(out), 4);
    out += event;
    append_little_endian(out, masked(event), 4);
    return out;
}

// Field 1, the time, is that of no clock: the same run is to give the same file.
inline std::string event_head(std::uint64_t step) {
    std::string event = "\x09";
    append_little_endian(event, std::bit_cast<std::uint64_t>(static_cast<double>(step)), 8);
    event += '\x10';
    append_varint(event, step);
    return event;
}

}  // namespace detail

/// What an event file begins with.
inline std::string event_file_head() {
    std::string event = detail::event_head(0);
    detail::append_field(event, 3, "brain.Event:2");
    return detail::record(event);
}

/// The scalar `tag` at a step. Its wall time is the step, in seconds.
inline std::string scalar_event(std::string_view tag, std::uint64_t step, double value) {
    std::string scalar;
    detail::append_field(scalar, 1, tag);
    scalar += '\x15';
    detail::append_little_endian(scalar, std::bit_cast<std::uint32_t>(static_cast<float>(value)), 4);
    std::string summary, event = detail::event_head(step);
    detail::append_field(summary, 1, scalar);
    detail::append_field(event, 5, summary);
    return detail::record(event);
}

}  // namespace examples
