// Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT
#pragma once

/// \file
/// How far a long run is, on stderr and only if that is a terminal; and how to stop it.

#include <unistd.h>

#include <atomic>
#include <chrono>
#include <csignal>
#include <cstddef>
#include <cstdio>

namespace examples {

/// A counter that is redrawn ten times a second and wiped at the end.
class progress {
public:
    /// `unit` is written behind the counts: " MiB".
    explicit progress(const char* unit = "") : unit_(unit), shown_(isatty(STDERR_FILENO) != 0) {}
    progress(const progress&) = delete;
    progress& operator=(const progress&) = delete;
    ~progress() {
        if (drawn_) std::fputs("\r\033[K", stderr);
    }

    void operator()(std::size_t done, std::size_t all) {
        const auto now = std::chrono::steady_clock::now();
        if (!shown_ || (drawn_ && now - last_ < std::chrono::milliseconds(100))) return;
        if (!drawn_) {
            begin_ = now;
            first_ = done;
        }
        const double elapsed = std::chrono::duration<double>(now - begin_).count();
        const double left = elapsed * static_cast<double>(all - done) / static_cast<double>(done - first_ + 1);
        std::fprintf(stderr, "\r\033[K%zu of %zu%s (%.0f %%), %.0f s left", done, all, unit_,
                     100.0 * static_cast<double>(done) / static_cast<double>(all), left);
        last_ = now;
        drawn_ = true;
    }

private:
    const char* unit_;
    bool shown_;
    bool drawn_ = false;
    std::size_t first_ = 0;
    std::chrono::steady_clock::time_point begin_, last_;
};

/// The signal that asked this program to end, 0 before one has. A program's, so there is one.
inline std::atomic<int> stop_signal = 0;
static_assert(std::atomic<int>::is_always_lock_free);

extern "C" inline void note_stop_signal(int signal) {
    stop_signal = signal;
    std::signal(signal, SIG_DFL);  // the next one ends the program at once
}

/// From now on SIGINT and SIGTERM set `stop_signal` instead of ending the program.
inline void stop_gently() {
    std::signal(SIGINT, note_stop_signal);
    std::signal(SIGTERM, note_stop_signal);
}

}  // namespace examples
