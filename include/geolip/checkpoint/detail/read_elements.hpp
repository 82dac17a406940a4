// Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT
#pragma once

/// \file
/// Elements of a file as scalars, with little memory beside theirs.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "geolip/checkpoint/dtype.hpp"
#include "geolip/core/input_file.hpp"

namespace geolip::checkpoint::detail {

/// Converts `to.size()` elements of `type`, which is_readable_as<T>, from byte `offset` of `file` on; the bytes of each
/// are first put in reverse if it is `big_endian`.
template <element T>
void read_elements(const input_file& file, std::uint64_t offset, dtype type, bool big_endian, std::span<T> to) {
    const std::size_t each = bits_of(type) / 8;
    if (!big_endian && !file.mapped().empty()) {
        const auto bytes = file.mapped().subspan(static_cast<std::size_t>(offset), to.size() * each);
        convert(type, bytes.data(), to.size(), to.data());
        return;
    }
    std::vector<std::byte> part((std::min)(to.size() * each, std::size_t{1} << 20));
    while (!to.empty()) {
        const std::size_t count = (std::min)(to.size(), part.size() / each);
        const std::span bytes = std::span(part).first(count * each);
        file.read_at(offset, bytes);
        if (big_endian) {
            for (std::size_t i = 0; i < bytes.size(); i += each) std::ranges::reverse(bytes.subspan(i, each));
        }
        convert(type, bytes.data(), count, to.data());
        offset += bytes.size();
        to = to.subspan(count);
    }
}

}  // namespace geolip::checkpoint::detail
