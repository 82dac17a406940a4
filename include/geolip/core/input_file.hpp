// Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT
#pragma once

/// \file
/// A file for reading at any position, mapped into memory or read as asked. POSIX.

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <filesystem>
#include <limits>
#include <span>
#include <string>
#include <system_error>
#include <utility>

#include "geolip/core/error.hpp"
#include "geolip/core/text.hpp"

namespace geolip {

/// How a file's content is reached.
enum class file_access {
    map,   ///< mapped: no copy, but the process dies (SIGBUS) if someone truncates the file or its device fails
           ///< meanwhile
    read,  ///< copied where it is asked for: for network file systems, files others may change, and long-lived hosts
};

/// A regular file open for reading. Its size is that at the time of opening. Any number of threads may read at once.
class input_file {
public:
    /// \throws file_error if there is no such regular file, or it cannot be opened or mapped
    explicit input_file(std::filesystem::path path, file_access access = file_access::map)
        : path_(std::move(path)), access_(access) {
        // A pipe must be refused, not waited for.
        descriptor_ = ::open(path_.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
        if (descriptor_ < 0) fail("open");
        struct ::stat status{};
        if (::fstat(descriptor_, &status) != 0) close_and_fail("examine");
        if (!S_ISREG(status.st_mode)) {
            errno = S_ISDIR(status.st_mode) ? EISDIR : EINVAL;
            close_and_fail("read");
        }
        size_ = static_cast<std::uint64_t>(status.st_size);
        if (access != file_access::map || size_ == 0) return;
        void* memory = size_ > (std::numeric_limits<std::size_t>::max)()
                           ? MAP_FAILED
                           : ::mmap(nullptr, static_cast<std::size_t>(size_), PROT_READ, MAP_PRIVATE, descriptor_, 0);
        if (memory == MAP_FAILED) close_and_fail("map");
        memory_ = static_cast<const std::byte*>(memory);
    }
    input_file(input_file&& other) noexcept
        : path_(std::move(other.path_)),
          access_(other.access_),
          descriptor_(std::exchange(other.descriptor_, -1)),
          size_(std::exchange(other.size_, 0)),
          memory_(std::exchange(other.memory_, nullptr)) {}
    input_file& operator=(input_file&& other) noexcept {
        std::swap(path_, other.path_);
        std::swap(access_, other.access_);
        std::swap(descriptor_, other.descriptor_);
        std::swap(size_, other.size_);
        std::swap(memory_, other.memory_);
        return *this;
    }
    ~input_file() {
        // munmap takes a pointer to what it no longer lets be written: nothing is.
        if (memory_ != nullptr) {
            ::munmap(const_cast<std::byte*>(memory_),  // NOLINT(cppcoreguidelines-pro-type-const-cast)
                     static_cast<std::size_t>(size_));
        }
        if (descriptor_ >= 0) ::close(descriptor_);
    }

    const std::filesystem::path& path() const { return path_; }
    file_access access() const { return access_; }
    std::uint64_t size() const { return size_; }

    /// The whole content; empty unless it is mapped.
    std::span<const std::byte> mapped() const {
        return {memory_, memory_ == nullptr ? 0 : static_cast<std::size_t>(size_)};
    }

    /// Copies `to.size()` bytes from byte `offset` on.
    /// \throws file_error if they cannot be read, or the file has become too short
    void read_at(std::uint64_t offset, std::span<std::byte> to) const {
        if (offset > size_ || to.size() > size_ - offset) ended(offset, to.size());
        if (to.empty()) return;
        if (memory_ != nullptr) {
            std::memcpy(to.data(), memory_ + offset, to.size());
            return;
        }
        while (!to.empty()) {
            const std::size_t part = (std::min)(to.size(), std::size_t{1} << 30);  // no system reads 2 GiB at once
            const ::ssize_t got = ::pread(descriptor_, to.data(), part, static_cast<::off_t>(offset));
            if (got < 0 && errno == EINTR) continue;
            if (got < 0) fail("read");
            if (got == 0) ended(offset, to.size());
            offset += static_cast<std::uint64_t>(got);
            to = to.subspan(static_cast<std::size_t>(got));
        }
    }

private:
    [[noreturn]] void fail(const char* verb) const {
        std::string text = "cannot ";
        text += verb;
        text += ' ';
        text += in_quotes(path_.string());
        text += ": ";
        text += std::generic_category().message(errno);
        text += "; check that it is a file, is permitted and can be reached";
        detail::raise(file_error(text));
    }
    [[noreturn]] void close_and_fail(const char* verb) const {
        const int why = errno;
        ::close(descriptor_);
        errno = why;
        fail(verb);
    }
    [[noreturn]] void ended(std::uint64_t offset, std::size_t wanted) const {
        std::string text = in_quotes(path_.string());
        text += ": the file ends before the ";
        text += std::to_string(wanted);
        text += " bytes from byte ";
        text += std::to_string(offset);
        text += "; expected all of them; is it still being written, or cut off?";
        detail::raise(file_error(text));
    }

    std::filesystem::path path_;
    file_access access_;
    int descriptor_ = -1;
    std::uint64_t size_ = 0;
    const std::byte* memory_ = nullptr;
};

}  // namespace geolip
