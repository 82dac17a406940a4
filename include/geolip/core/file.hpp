// Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT
#pragma once

/// \file
/// Files whose every write is checked, and output that appears under its name only when it is whole.

#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

#include "geolip/core/error.hpp"

#if __has_include(<unistd.h>)
#include <fcntl.h>
#include <unistd.h>
#endif

namespace geolip {

/// An open file. Failures are raised as `file_error`, never left in a flag.
class file {
public:
    /// Opens `path` as `std::fopen` does.
    file(std::filesystem::path path, const char* mode) : path_(std::move(path)) {
        handle_ = std::fopen(path_.string().c_str(), mode);
        if (handle_ == nullptr) fail("open");
    }
    file(file&& other) noexcept : path_(std::move(other.path_)), handle_(std::exchange(other.handle_, nullptr)) {}
    file& operator=(file&& other) noexcept {
        std::swap(path_, other.path_);
        std::swap(handle_, other.handle_);
        return *this;
    }
    ~file() {
        if (handle_ != nullptr) std::fclose(handle_);
    }

    const std::filesystem::path& path() const { return path_; }
    std::FILE* handle() const { return handle_; }

    void write(std::string_view text) {
        if (text.empty()) return;  // fwrite takes no null pointer
        if (std::fwrite(text.data(), 1, text.size(), handle_) != text.size()) fail("write");
    }

    /// Hands everything written to the operating system, where the end of this process cannot lose it.
    void flush() {
        if (std::fflush(handle_) != 0) fail("write");
    }

    /// Hands everything written to the disk, where a power cut cannot lose it (where the system has POSIX's fsync).
    void sync() {
        flush();
#if __has_include(<unistd.h>)
        if (::fsync(::fileno(handle_)) != 0) fail("write");
#endif
    }

    void close() {
        if (std::fclose(std::exchange(handle_, nullptr)) != 0) fail("write");
    }

    /// Reads up to and without the next newline. False at the end, where `line` holds what follows the last newline.
    bool read_line(std::string& line) {
        line.clear();
        for (int c = std::getc(handle_); c != EOF; c = std::getc(handle_)) {
            if (c == '\n') return true;
            line += static_cast<char>(c);
        }
        if (std::ferror(handle_) != 0) fail("read");
        return false;
    }

private:
    [[noreturn]] void fail(const char* verb) const {
        const std::string why = std::generic_category().message(errno);
        geolip::detail::raise(file_error(std::string("cannot ") + verb + " '" + path_.string() + "': " + why +
                                         "; check that the path exists, is permitted and has room"));
    }

    std::filesystem::path path_;
    std::FILE* handle_ = nullptr;
};

/// Is `path` something that a finished file cannot be renamed onto: a device, a pipe, or under /dev (but for the memory
/// file system /dev/shm)?
inline bool is_stream(const std::filesystem::path& path) {
    std::error_code ignored;
    const auto status = std::filesystem::status(path, ignored);
    const std::string name = path.string();
    return (std::filesystem::exists(status) && !std::filesystem::is_regular_file(status)) ||
           (name.starts_with("/dev/") && !name.starts_with("/dev/shm/"));
}

/// Output that is written to `FILE.new` and takes the name FILE on `commit`, so a reader of FILE sees the old
/// content or the new, never a part. A stream (see `is_stream`) is written directly.
class output_file {
public:
    explicit output_file(const std::filesystem::path& path)
        : target_(is_stream(path) ? path : std::filesystem::weakly_canonical(path)),
          direct_(is_stream(path)),
          file_(direct_ ? target_ : with_suffix(target_, ".new"), "wb") {}
    output_file(const output_file&) = delete;
    output_file& operator=(const output_file&) = delete;
    ~output_file() {
        std::error_code ignored;
        if (!direct_ && !committed_) std::filesystem::remove(file_.path(), ignored);
    }

    void write(std::string_view text) { file_.write(text); }
    /// Makes sure that there was room for everything written so far.
    void flush() { file_.flush(); }

    /// Closes the file and gives it its name. The end of this process, at whatever moment, leaves the old content or
    /// the new. With `durable`, so does the end of the machine: content and name are on the disk when this returns.
    void commit(bool durable = false) {
        if (durable && !direct_) file_.sync();
        file_.close();
        std::error_code failure;
        if (!direct_) std::filesystem::rename(file_.path(), target_, failure);
        if (failure) {
            geolip::detail::raise(file_error("cannot rename '" + file_.path().string() + "' to '" + target_.string() +
                                             "': " + failure.message() + "; check the directory's permissions"));
        }
        committed_ = true;
        if (durable && !direct_) sync_folder(target_.parent_path());
    }

    /// `path` with `suffix` behind its whole name.
    static std::filesystem::path with_suffix(std::filesystem::path path, const char* suffix) { return path += suffix; }

private:
    /// A new name is on the disk when its folder is. Not every file system lets a folder be synchronised.
    static void sync_folder([[maybe_unused]] const std::filesystem::path& folder) {
#if __has_include(<unistd.h>)
        const int descriptor = ::open(folder.c_str(), O_RDONLY | O_CLOEXEC);
        if (descriptor < 0) return;
        ::fsync(descriptor);
        ::close(descriptor);
#endif
    }

    std::filesystem::path target_;
    bool direct_;
    file file_;
    bool committed_ = false;
};

}  // namespace geolip
