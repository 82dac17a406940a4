// Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT
#pragma once

/// \file
/// Philox4x32-10, the counter-based generator of Salmon, Moraes, Dror and Shaw, "Parallel random numbers: as
/// easy as 1, 2, 3" (SC11). A draw is a pure function of (seed, stream, index): no state, no order, so the same
/// numbers come out for any number of threads, shards or resumes.

#include <array>
#include <cstdint>

#include "geolip/core/config.hpp"

namespace geolip {

/// Names a sequence of draws: two different streams of one seed are independent.
struct random_stream {
    std::uint64_t seed = 0;
    std::uint64_t stream = 0;

    friend constexpr bool operator==(const random_stream&, const random_stream&) = default;
};

/// The bare bijection: ten rounds over a 128-bit counter with a 64-bit key.
struct philox4x32 {
    static constexpr std::uint32_t multiplier[2] = {0xD2511F53u, 0xCD9E8D57u};
    static constexpr std::uint32_t weyl[2] = {0x9E3779B9u, 0xBB67AE85u};
    static constexpr int rounds = 10;

    using block = std::array<std::uint32_t, 4>;
    using key = std::array<std::uint32_t, 2>;

    static constexpr block apply(block x, key k) {
        for (int round = 0; round < rounds; ++round) {
            const std::uint64_t p0 = std::uint64_t{multiplier[0]} * x[0];
            const std::uint64_t p1 = std::uint64_t{multiplier[1]} * x[2];
            x = {static_cast<std::uint32_t>(p1 >> 32) ^ x[1] ^ k[0], static_cast<std::uint32_t>(p1),
                 static_cast<std::uint32_t>(p0 >> 32) ^ x[3] ^ k[1], static_cast<std::uint32_t>(p0)};
            k[0] += weyl[0];
            k[1] += weyl[1];
        }
        return x;
    }

    /// Block `index` of a stream: the counter is (index, stream), low words first; the key is the seed.
    static constexpr block at(random_stream s, std::uint64_t index) {
        return apply({static_cast<std::uint32_t>(index), static_cast<std::uint32_t>(index >> 32),
                      static_cast<std::uint32_t>(s.stream), static_cast<std::uint32_t>(s.stream >> 32)},
                     {static_cast<std::uint32_t>(s.seed), static_cast<std::uint32_t>(s.seed >> 32)});
    }
};

/// The words of a stream one after the other from block `first`: word i of block b is draw 4*b + i. Satisfies
/// `std::uniform_random_bit_generator`, so that it also feeds the standard library's distributions.
class philox_engine {
public:
    using result_type = std::uint32_t;
    static constexpr result_type(min)() { return 0; }
    static constexpr result_type(max)() { return 0xffffffffu; }

    constexpr explicit philox_engine(random_stream s, std::uint64_t first_block = 0) : stream_(s), next_(first_block) {}

    constexpr result_type operator()() {
        if (used_ == 4) {
            words_ = philox4x32::at(stream_, next_++);
            used_ = 0;
        }
        return words_[used_++];
    }

private:
    random_stream stream_;
    std::uint64_t next_;
    philox4x32::block words_{};
    unsigned used_ = 4;
};

}  // namespace geolip
