// Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT
#include "geolip/random/philox.hpp"

#include <doctest/doctest.h>

#include <random>

#include "fixtures/random.hpp"

using geolip::philox4x32;
using geolip::philox_engine;
using geolip::random_stream;

namespace {

// Published with the generator: Random123's kat_vectors, philox4x32 with ten rounds.
constexpr philox4x32::block zeros{0x6627e8d5u, 0xe169c58du, 0xbc57ac4cu, 0x9b00dbd8u};
constexpr philox4x32::block ones{0x408f276du, 0x41c83b0eu, 0xa20bc7c6u, 0x6d5451fdu};
constexpr philox4x32::block pi{0xd16cfe09u, 0x94fdccebu, 0x5001e420u, 0x24126ea1u};
constexpr std::uint32_t all = 0xffffffffu;

static_assert(philox4x32::apply({0, 0, 0, 0}, {0, 0}) == zeros);
static_assert(philox4x32::apply({all, all, all, all}, {all, all}) == ones);
static_assert(philox4x32::apply({0x243f6a88u, 0x85a308d3u, 0x13198a2eu, 0x03707344u}, {0xa4093822u, 0x299f31d0u}) ==
              pi);
static_assert(std::uniform_random_bit_generator<philox_engine>);

}  // namespace

TEST_CASE("the published known answers, at run time") {
    volatile std::uint32_t zero = 0;  // keeps the compiler from answering
    const std::uint32_t z = zero, a = ~z;
    CHECK(philox4x32::apply({z, z, z, z}, {z, z}) == zeros);
    CHECK(philox4x32::apply({a, a, a, a}, {a, a}) == ones);
}

TEST_CASE("seed, stream and index go to key and counter, low words first") {
    // The digits of pi again, by way of 64-bit names.
    CHECK(philox4x32::at({0x299f31d0a4093822u, 0x0370734413198a2eu}, 0x85a308d3243f6a88u) == pi);
    for (const auto& known : fixtures::philox_blocks) {
        const auto block = philox4x32::at({fixtures::random_seed, fixtures::random_stream}, known.index);
        for (std::size_t w = 0; w < 4; ++w) CHECK(block[w] == known.word[w]);
    }
}

TEST_CASE("the engine yields the words of the blocks in order") {
    const random_stream s{7, 9};
    philox_engine engine(s, 0xfffffffeu);
    for (std::uint64_t b = 0xfffffffeu; b < 0x100000002u; ++b)
        for (const std::uint32_t word : philox4x32::at(s, b)) CHECK(engine() == word);
}
