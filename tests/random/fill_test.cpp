// Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT
#include "geolip/random/fill.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "support/levels.hpp"
#include "support/statistics.hpp"

using geolip::fill_uniform;
using geolip::fill_words;
using geolip::isa;
using geolip::random_stream;
using geolip_test::available_levels;

namespace {

constexpr random_stream stream{0xdeadbeefcafef00du, 0x1234567890abcdefu};

// Where draws begin: groups and pieces of groups, and across the carry of the counter's low word.
constexpr std::uint64_t beginnings[] = {
    0, 1, 63, 64, 1000, (std::uint64_t{1} << 34) - 200, (std::uint64_t{1} << 40) - 3};

std::uint32_t word_at(std::uint64_t draw) {
    const std::uint64_t group = draw / 64, place = draw % 64;
    return geolip::philox4x32::at(stream, 16 * group + place % 16)[place / 16];
}

template <class Fill, class T>
void check_pieces(Fill fill, std::vector<T> whole, std::uint64_t first) {
    std::vector<T> again(whole.size());
    std::size_t begin = 0;
    for (std::size_t length = 1; begin < whole.size(); begin += length, length = length * 2 % 97 + 1) {
        length = std::min(length, whole.size() - begin);
        fill(std::span(again).subspan(begin, length), first + begin);
    }
    CHECK(again == whole);
}

}  // namespace

TEST_CASE("words are those of the generator, at every level and from every beginning") {
    for (const isa level : available_levels()) {
        CAPTURE(geolip::isa_name(level));
        for (const std::uint64_t first : beginnings) {
            CAPTURE(first);
            std::vector<std::uint32_t> word(517);
            fill_words(word, stream, first, level);
            bool equal = true;
            for (std::size_t i = 0; i < word.size(); ++i) equal = equal && word[i] == word_at(first + i);
            CHECK(equal);
        }
    }
}

TEST_CASE_TEMPLATE("uniforms are the leading bits of the words, at every level", T, float, double) {
    for (const isa level : available_levels()) {
        for (const std::uint64_t first : beginnings) {
            std::vector<T> x(700);
            fill_uniform(x, stream, first, level);
            bool equal = true;
            for (std::size_t i = 0; i < x.size(); ++i) {
                if constexpr (sizeof(T) == 4) {
                    equal = equal && x[i] == static_cast<T>(word_at(first + i) >> 8) / T(16777216);
                } else {
                    const std::uint64_t high = word_at(2 * (first + i) + 1), low = word_at(2 * (first + i));
                    equal = equal && x[i] == std::ldexp(static_cast<T>(((high << 32) | low) >> 11), -53);
                }
            }
            CHECK(equal);
        }
    }
}

TEST_CASE_TEMPLATE("a range filled in pieces is the range filled at once", T, float, double) {
    for (const std::uint64_t first : beginnings) {
        std::vector<T> uniform(1500), normal(1500);
        fill_uniform(uniform, stream, first);
        check_pieces([](std::span<T> out, std::uint64_t at) { fill_uniform(out, stream, at); }, uniform, first);
        geolip::fill_normal(normal, stream, first);
        check_pieces([](std::span<T> out, std::uint64_t at) { geolip::fill_normal(out, stream, at); }, normal, first);
    }
    std::vector<T> nothing;
    fill_uniform(nothing, stream, 5);
    geolip::fill_normal(nothing, stream, 5);
}

TEST_CASE_TEMPLATE("uniforms are uniform and independent", T, float, double) {
    const std::size_t n = std::size_t{1} << 20;
    std::vector<T> x(n), y(n);
    fill_uniform(x, {1, 2});
    fill_uniform(y, {1, 3});
    const double root = std::sqrt(static_cast<double>(n));
    double mean = 0, square = 0, serial = 0, cross = 0;
    CHECK(std::all_of(x.begin(), x.end(), [](T u) { return u >= 0 && u < 1; }));
    for (std::size_t i = 0; i < n; ++i) {
        const double a = static_cast<double>(x[i]) - 0.5;
        mean += a;
        square += a * a;
        serial += a * (static_cast<double>(x[(i + 1) % n]) - 0.5);
        cross += a * (static_cast<double>(y[i]) - 0.5);
    }
    const double count = static_cast<double>(n);
    // Standard errors of the sums' means: var x = 1/12, var x^2 = 1/80 - 1/144, var xy = 1/144.
    CHECK(std::fabs(mean / count) < 4 * std::sqrt(1.0 / 12) / root);
    CHECK(std::fabs(square / count - 1.0 / 12) < 4 * std::sqrt(1.0 / 180) / root);
    CHECK(std::fabs(serial / count) < 4.0 / 12 / root);
    CHECK(std::fabs(cross / count) < 4.0 / 12 / root);
    CHECK(geolip_test::kolmogorov(x, [](double u) { return u; }) < 1.95);
    std::vector<std::uint64_t> cells(4096);
    for (std::size_t i = 0; i + 1 < n; i += 2)
        ++cells[static_cast<std::size_t>(x[i] * 64) * 64 + static_cast<std::size_t>(x[i + 1] * 64)];
    CHECK(std::fabs(geolip_test::chi_squared_z(cells)) < 4);
}
