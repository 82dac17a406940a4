// Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT
#pragma once

/// \file
/// Exactly uniform sampling of distinct items.

#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>

#include "geolip/random/fill.hpp"

namespace geolip {

/// A uniform integer in [0, bound), bound >= 1, without bias: multiplication and rejection of the short tail
/// (D. Lemire, "Fast random integer generation in an interval", ACM TOMACS 29 (2019) 3).
template <class Engine>
constexpr std::uint32_t uniform_below(Engine& engine, std::uint32_t bound) {
    std::uint64_t product = std::uint64_t{engine()} * bound;
    if (static_cast<std::uint32_t>(product) < bound) {
        const std::uint32_t threshold = (0u - bound) % bound;
        while (static_cast<std::uint32_t>(product) < threshold) product = std::uint64_t{engine()} * bound;
    }
    return static_cast<std::uint32_t>(product >> 32);
}

/// Brings fewer than 2^32 items into an order drawn uniformly, from the last place to the first (R. Durstenfeld, Comm.
/// ACM 7 (1964) 420).
template <class T, class Engine>
constexpr void shuffle(std::span<T> items, Engine& engine) {
    for (std::size_t i = items.size(); i > 1; --i)
        std::swap(items[i - 1], items[uniform_below(engine, static_cast<std::uint32_t>(i))]);
}

/// The same from the first place on, as far as `count`, at most all: then the first `count` are distinct items drawn
/// uniformly, in an order drawn uniformly.
template <class T, class Engine>
constexpr void shuffle_first(std::span<T> items, std::size_t count, Engine& engine) {
    for (std::size_t i = 0; i < count; ++i)
        std::swap(items[i], items[i + uniform_below(engine, static_cast<std::uint32_t>(items.size() - i))]);
}

namespace detail {

// The words one sample is made of: its own few, and after rejections (rare below 2^24 items, never for
// powers of two, at most every other draw) those of a far-away part of the stream.
template <std::size_t Own>
class sample_words {
public:
    constexpr sample_words(const std::uint32_t* own, random_stream s, std::uint64_t index)
        : own_(own), stream_(s), index_(index) {}
    constexpr std::uint32_t operator()() {
        if (used_ < Own) return own_[used_++];
        const std::uint64_t draw = used_++ - Own;
        return philox4x32::at(stream_, (std::uint64_t{1} << 63) + (index_ << 16) + draw / 4)[draw % 4];
    }

private:
    const std::uint32_t* own_;
    std::size_t used_ = 0;
    random_stream stream_;
    std::uint64_t index_;
};

template <std::size_t Size>
constexpr void choose_distinct(std::uint32_t* out, std::uint32_t population,
                               sample_words<4 * ((Size + 3) / 4)>& words) {
    for (std::size_t i = 0; i < Size; ++i) {
        // The r-th of the items not drawn yet: step over the drawn ones in ascending order, then insert it among
        // them; neither has a branch.
        std::uint32_t item = uniform_below(words, population - static_cast<std::uint32_t>(i));
        for (std::size_t j = 0; j < i; ++j) item += out[j] <= item ? 1u : 0u;
        for (std::size_t j = 0; j < i; ++j) {
            const std::uint32_t larger = out[j] > item ? out[j] : item;
            out[j] = out[j] > item ? item : out[j];
            item = larger;
        }
        out[i] = item;
    }
}

}  // namespace detail

/// `count` samples of `Size` distinct items of 0 … population - 1, one after the other in `out`: samples `first`,
/// `first + 1`, … of the stream (first + count <= 2^47). Each sample is in ascending order and
/// every subset is equally likely; sample i is made of
/// the Philox blocks n i … n i + n - 1, n = ceil(Size / 4), and depends on nothing else. The same at every level.
/// Precondition: Size <= population.
template <std::size_t Size>
void draw_samples(std::uint32_t* out, std::size_t count, std::uint32_t population, random_stream s,
                  std::uint64_t first = 0, isa level = isa::automatic) {
    constexpr std::size_t blocks = (Size + 3) / 4;
    const std::uint64_t end = first + count;
    std::uint32_t group[64];
    std::uint64_t loaded = ~std::uint64_t{0};
    for (std::uint64_t i = first; i < end; ++i, out += Size) {
        std::uint32_t own[4 * blocks];
        for (std::size_t b = 0; b < blocks; ++b) {
            const std::uint64_t block = i * blocks + b;
            if (block / 16 != loaded) {
                loaded = block / 16;
                detail::fill_groups(group, 1, loaded, s, level);
            }
            for (std::size_t w = 0; w < 4; ++w) own[4 * b + w] = group[16 * w + block % 16];
        }
        detail::sample_words<4 * blocks> words(own, s, i);
        detail::choose_distinct<Size>(out, population, words);
    }
}

}  // namespace geolip
