// Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT
#pragma once

/// \file
/// A folder that one process at a time works in.

#include <cerrno>
#include <filesystem>
#include <memory>
#include <string>
#include <system_error>

#include "geolip/core/error.hpp"

#if __has_include(<sys/file.h>)
#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>
#endif

namespace examples {

/// Holds the file `lock` in a folder, made if needed, locked to this process; the end of the process, at whatever
/// moment, frees it. The file stays: were it removed, a process that had opened it before would lock a file that nobody
/// else finds. Where the system has no flock, nothing is locked.
class folder_lock {
public:
    /// `program` is who holds it, for the message to others.
    /// \throws file_error if another process holds it, or it cannot be made
    explicit folder_lock([[maybe_unused]] const std::filesystem::path& folder,
                         [[maybe_unused]] const std::string& program) {
#if __has_include(<sys/file.h>)
        const std::string path = (folder / "lock").string();
        descriptor_ = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0666);
        if (descriptor_ >= 0 && ::flock(descriptor_, LOCK_EX | LOCK_NB) == 0) return;
        const int why = errno;
        if (descriptor_ >= 0) ::close(descriptor_);
        if (why == EWOULDBLOCK)
            throw geolip::file_error("the folder '" + folder.string() + "' is in use by another " + program +
                                     "; wait until it ends, or name another folder");
        throw geolip::file_error("cannot lock '" + path + "': " + std::generic_category().message(why) +
                                 "; expected a folder that can be written, on a file system that has locks");
#endif
    }
    folder_lock(const folder_lock&) = delete;
    folder_lock& operator=(const folder_lock&) = delete;
    ~folder_lock() {
#if __has_include(<sys/file.h>)
        ::close(descriptor_);
#endif
    }

private:
#if __has_include(<sys/file.h>)
    int descriptor_ = -1;
#endif
};

/// Makes `folder`, and those that it is in, if there is none. \throws file_error
inline void make_folder(const std::filesystem::path& folder) {
    std::error_code failure;
    std::filesystem::create_directories(folder, failure);
    if (failure)
        throw geolip::file_error("cannot make the folder '" + folder.string() + "': " + failure.message() +
                                 "; expected one that can be written");
}

/// The same, and keeps other processes out of it. \throws file_error
inline std::unique_ptr<folder_lock> occupied(const std::filesystem::path& folder, const std::string& program) {
    make_folder(folder);
    return std::make_unique<folder_lock>(folder, program);
}

}  // namespace examples
