// Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT
#pragma once

/// \file
/// Binary PPM pictures (P6, 8 bits), read strictly.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "geolip/core/error.hpp"
#include "geolip/core/input_file.hpp"
#include "geolip/core/text.hpp"

namespace geolip::data {

/// A colour picture: red, green, blue of each pixel, row by row, 0 … `highest`.
struct ppm_image {
    std::size_t width = 0, height = 0;
    unsigned highest = 255;
    std::vector<std::uint8_t> samples;
};

namespace detail {

// The text before the samples: "P6", width, height and highest value, between them blanks and comments to the end of a
// line, then one blank.
class ppm_header {
public:
    ppm_header(std::span<const std::byte> bytes, std::string file) : bytes_(bytes), file_(std::move(file)) {
        if (bytes.size() < 2 || bytes[0] != std::byte{'P'} || bytes[1] != std::byte{'6'})
            fail("it does not begin with P6; expected a binary PPM");
        at_ = 2;
    }
    std::size_t number(const char* what, std::size_t most) {
        blanks();
        std::size_t value = 0, digits = 0;
        for (; digits < 6 && at_ < bytes_.size() && bytes_[at_] >= std::byte{'0'} && bytes_[at_] <= std::byte{'9'};
             ++digits)
            value = 10 * value + (std::to_integer<std::size_t>(bytes_[at_++]) - '0');
        if (digits == 0) fail(std::string(what) + " is no number");
        if (value == 0 || value > most)
            fail(std::string(what) + " is " + std::to_string(value) + "; expected 1 to " + std::to_string(most));
        return value;
    }
    /// Where the samples begin.
    std::size_t end() {
        if (at_ == bytes_.size() || !blank(bytes_[at_])) fail("no blank behind the highest value");
        return at_ + 1;
    }
    [[noreturn]] void fail(const std::string& why) const {
        std::string text = in_quotes(file_);
        text += ": ";
        text += why;
        geolip::detail::raise(file_error(text));
    }

private:
    static bool blank(std::byte b) { return b == std::byte{' '} || (b >= std::byte{9} && b <= std::byte{13}); }
    void blanks() {
        const std::size_t begin = at_;
        while (at_ < bytes_.size() && (blank(bytes_[at_]) || (bytes_[at_] == std::byte{'#'} && at_ > begin)))
            if (bytes_[at_] == std::byte{'#'})
                while (at_ < bytes_.size() && bytes_[at_] != std::byte{'\n'}) ++at_;
            else
                ++at_;
        if (at_ == begin) fail("a blank is missing in its header");
    }

    std::span<const std::byte> bytes_;
    std::string file_;
    std::size_t at_ = 0;
};

}  // namespace detail

/// One binary PPM picture, at most 65535 pixels wide and high.
/// \throws file_error if the file cannot be read or is not exactly one such picture: another magic number, a header
/// that is cut off or malformed, sizes of 0 or too large, more than 8 bits, samples missing, left over or above the
/// highest
inline ppm_image read_ppm(const std::filesystem::path& path) {
    const input_file file(path, file_access::read);
    std::vector<std::byte> start(static_cast<std::size_t>(std::min<std::uint64_t>(file.size(), 65536)));
    file.read_at(0, start);
    detail::ppm_header header(start, path.string());
    ppm_image image;
    image.width = header.number("the width", 65535);
    image.height = header.number("the height", 65535);
    image.highest = static_cast<unsigned>(header.number("the highest value", 255));
    const std::uint64_t begin = header.end();
    const std::uint64_t size = std::uint64_t{3} * image.width * image.height;
    if (file.size() - begin != size)
        header.fail("its samples take " + std::to_string(file.size() - begin) + " bytes; expected " +
                    std::to_string(size) + ", three for each pixel");
    image.samples.resize(static_cast<std::size_t>(size));
    file.read_at(begin, std::as_writable_bytes(std::span(image.samples)));
    for (const std::uint8_t sample : image.samples)
        if (sample > image.highest)
            header.fail("it has the sample " + std::to_string(sample) + "; expected at most " +
                        std::to_string(image.highest));
    return image;
}

}  // namespace geolip::data
