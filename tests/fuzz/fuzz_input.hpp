// Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT
#pragma once

/// \file
/// Files in memory for the fuzzers, and what every message of an error must be.

#include <sys/mman.h>
#include <unistd.h>

#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <string_view>

#include "support/temporary_folder.hpp"

namespace geolip_test {

/// Ends the program, for the fuzzer to keep the input, unless `right`.
inline void require(bool right, const char* what) {
    if (right) return;
    std::fprintf(stderr, "wrong: %s\n", what);
    std::abort();
}

/// A file that is in no folder.
class memory_file {
public:
    memory_file() : descriptor_(::memfd_create("fuzz", 0)) { require(descriptor_ >= 0, "no file in memory"); }
    memory_file(const memory_file&) = delete;
    memory_file& operator=(const memory_file&) = delete;
    ~memory_file() { ::close(descriptor_); }

    std::filesystem::path path() const { return "/proc/self/fd/" + std::to_string(descriptor_); }
    void fill(std::string_view bytes) const {
        require(::ftruncate(descriptor_, 0) == 0, "the file cannot be emptied");
        require(::pwrite(descriptor_, bytes.data(), bytes.size(), 0) == static_cast<::ssize_t>(bytes.size()),
                "the file cannot be written");
    }

private:
    int descriptor_;
};

/// One line of printable text that says something.
inline void require_message(std::string_view text) {
    require(text.size() > 20, "a message says nothing");
    for (std::size_t i = 0; i < text.size(); ++i) {
        const auto c = static_cast<unsigned char>(text[i]);
        require(c >= 0x20 && c != 0x7f, "a message has a control character");
        if (c == 0xc2 && i + 1 < text.size())
            require(static_cast<unsigned char>(text[i + 1]) >= 0xa0, "a message has a control character of two bytes");
        if (c == 0xe2 && i + 2 < text.size() && static_cast<unsigned char>(text[i + 1]) == 0x80) {
            const auto last = static_cast<unsigned char>(text[i + 2]);
            require(last != 0xa8 && last != 0xa9, "a message has a separator of lines");
        }
    }
}

}  // namespace geolip_test
