// Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT
#pragma once

/// \file
/// `memory_budget`: how many bytes the tasks that run at a time may need together.

#include <condition_variable>
#include <cstdint>
#include <mutex>

namespace geolip {

/// Threads say what a task needs and wait until that fits beside what others have. A task that needs more than there is
/// runs when it is alone, so that none waits for ever. They get their turn in the order in which they ask: a large task
/// is not passed by small ones. A thread that holds a share must not ask for another.
class memory_budget {
public:
    /// With `bytes` to share.
    explicit memory_budget(std::uint64_t bytes) : bytes_(bytes) {}
    memory_budget(const memory_budget&) = delete;
    memory_budget& operator=(const memory_budget&) = delete;

    /// Bytes that are held until it ends.
    class share {
    public:
        share(const share&) = delete;
        share& operator=(const share&) = delete;
        ~share() { budget_.give_back(bytes_); }

    private:
        friend class memory_budget;
        share(memory_budget& budget, std::uint64_t bytes) : budget_(budget), bytes_(bytes) {}
        memory_budget& budget_;
        std::uint64_t bytes_;
    };

    /// Waits until `bytes` are free, or all are.
    [[nodiscard]] share take(std::uint64_t bytes) {
        std::unique_lock lock(mutex_);
        const std::uint64_t turn = asked_++;
        changed_.wait(lock,
                      [&] { return turn == served_ && (used_ == 0 || (used_ <= bytes_ && bytes <= bytes_ - used_)); });
        ++served_;
        used_ += bytes;
        lock.unlock();
        changed_.notify_all();  // the next in turn may fit too
        return {*this, bytes};
    }

    /// What is held now.
    std::uint64_t used() const {
        const std::scoped_lock lock(mutex_);
        return used_;
    }
    /// How many threads wait.
    std::uint64_t waiting() const {
        const std::scoped_lock lock(mutex_);
        return asked_ - served_;
    }

private:
    void give_back(std::uint64_t bytes) {
        {
            const std::scoped_lock lock(mutex_);
            used_ -= bytes;
        }
        changed_.notify_all();
    }

    const std::uint64_t bytes_;
    mutable std::mutex mutex_;
    std::condition_variable changed_;
    std::uint64_t used_ = 0, asked_ = 0, served_ = 0;
};

}  // namespace geolip
