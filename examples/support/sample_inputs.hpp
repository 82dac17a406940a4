// Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT
#pragma once

/// \file
/// A text and a picture that need no file: not noise, and the same everywhere.

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "geolip/data/ppm.hpp"
#include "geolip/random/fill.hpp"

namespace examples {

/// `length` characters of words drawn by Zipf's law from sixty common English ones, in sentences.
inline std::string sample_text(std::size_t length, std::uint64_t seed) {
    constexpr std::string_view words[] = {
        "the",  "of",   "and",  "to",    "in",   "is",   "that", "it",    "was",   "for",  "on",    "are",
        "with", "as",   "his",  "they",  "be",   "at",   "one",  "have",  "this",  "from", "by",    "not",
        "word", "but",  "what", "some",  "we",   "can",  "out",  "other", "were",  "all",  "there", "when",
        "up",   "use",  "your", "how",   "said", "an",   "each", "she",   "which", "do",   "their", "time",
        "if",   "will", "way",  "about", "many", "then", "them", "write", "would", "like", "so",    "water"};
    constexpr double count = std::size(words);
    std::vector<float> draws(2 * (length / 3 + 1));
    geolip::fill_uniform(std::span(draws), {seed, std::uint64_t{51} << 56});
    std::string text;
    bool begins = true;
    for (std::size_t i = 0; text.size() < length; ++i) {
        // Rank r with a probability of nearly 1/r: the logarithm of the rank is uniform.
        const double rank = std::pow(count + 1, static_cast<double>(draws[2 * i]));
        std::string word(words[std::min(std::size(words), static_cast<std::size_t>(rank)) - 1]);
        if (begins) word[0] = static_cast<char>(word[0] - 'a' + 'A');
        begins = draws[2 * i + 1] < 0.1f;
        text += word + (begins ? ". " : " ");
    }
    text.resize(length);
    return text;
}

/// `count` scenes of side x side next to each other: a shaded ground, and discs and bars with sharp edges.
inline geolip::data::ppm_image sample_picture(std::size_t side, std::size_t count, std::uint64_t seed) {
    constexpr std::size_t shapes = 12, draws_of_shape = 7;
    geolip::data::ppm_image picture;
    picture.width = side * count;
    picture.height = side;
    picture.highest = 255;
    picture.samples.resize(3 * picture.width * picture.height);
    std::vector<float> u(shapes * draws_of_shape + 6);
    for (std::size_t scene = 0; scene < count; ++scene) {
        geolip::fill_uniform(std::span(u), {seed, (std::uint64_t{52} << 56) | scene});
        for (std::size_t y = 0; y < side; ++y) {
            for (std::size_t x = 0; x < side; ++x) {
                const float px = static_cast<float>(x) / static_cast<float>(side);
                const float py = static_cast<float>(y) / static_cast<float>(side);
                float colour[3];
                for (std::size_t c = 0; c < 3; ++c) colour[c] = u[c] * (1 - py) + u[3 + c] * (0.5f * py + 0.5f * px);
                for (std::size_t k = 0; k < shapes; ++k) {
                    const float* s = u.data() + 6 + k * draws_of_shape;
                    const float dx = px - s[0], dy = py - s[1], size = 0.05f + 0.15f * s[2];
                    const bool inside = s[3] < 0.5f ? dx * dx + dy * dy < size * size
                                                    : std::fabs(dx) < size && std::fabs(dy) < size / 3;
                    for (std::size_t c = 0; c < 3 && inside; ++c) colour[c] = s[4 + c];
                }
                std::uint8_t* pixel = picture.samples.data() + 3 * (y * picture.width + scene * side + x);
                for (std::size_t c = 0; c < 3; ++c)
                    pixel[c] = static_cast<std::uint8_t>(255 * std::min(colour[c], 1.0f));
            }
        }
    }
    return picture;
}

}  // namespace examples
