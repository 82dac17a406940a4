// Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT
#pragma once

/// \file
/// The 16 types of noise, named subsets of them, and a curriculum. The images themselves are made by noise.hpp.

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "geolip/core/error.hpp"
#include "geolip/core/text.hpp"

namespace geolip::data {

/// What one image is made of; N is a standard normal, U(a, b) a uniform variate, drawn afresh for every element unless
/// said otherwise. All values are clamped to [-4, 4] in the end. s is the side of the image.
enum class noise_type : std::uint8_t {
    gaussian,      ///< N
    uniform,       ///< U(-1, 1)
    wide_uniform,  ///< U(-2, 2)
    poisson,       ///< Poisson(lambda) / lambda - 1, lambda ~ U(0.5, 20) for each image
    pink,          ///< amplitude 1/f, divided by the standard deviation of the image
    brown,         ///< amplitude 1/f^2, likewise
    salt_pepper,   ///< 2 or -2, equally likely, + 0.1 N
    sparse,        ///< 3 N with probability 0.1, else 0
    block,         ///< N on a grid of (s/b + 1)^2, enlarged to the nearest; b of 2 … 15 for each image
    gradient,      ///< cos(a) x + sin(a) y, x and y from -2 to 2, + 0.5 N; a ~ U(0, 2 pi) for each image
    checkerboard,  ///< 1 and -1 in cells of side 2 … 15, drawn for each image, + 0.3 N
    mixture,       ///< a N + (1 - a) U(-1, 1), a ~ U(0.2, 0.8) for each image
    quadrants,     ///< N, U(-1, 1), half of pink before the division, 1 or -1: top left, top right, bottom left, right
    cauchy,        ///< standard Cauchy, clamped to [-3, 3]
    exponential,   ///< Exp(1) - 1
    laplace,       ///< standard Laplace
};
/// How many there are.
inline constexpr std::size_t noise_type_count = 16;

/// How pink and brown noise (and a quadrant of `quadrants`) treat the mean, the bin f = 0 of the spectrum.
enum class noise_colour : std::uint8_t {
    documented,  ///< divided by 1e-8, as in the source documents: it swamps all else, every channel is a constant
    power_law,   ///< removed: what remains is 1/f or 1/f^2 noise, whose channels have mean 0
};

/// "gaussian", "uniform", …
constexpr std::string_view name_of(noise_type type) {
    constexpr std::string_view names[noise_type_count] = {
        "gaussian", "uniform",  "wide_uniform", "poisson", "pink",      "brown",  "salt_pepper", "sparse",
        "block",    "gradient", "checkerboard", "mixture", "quadrants", "cauchy", "exponential", "laplace"};
    const auto i = static_cast<std::size_t>(type);
    return i < noise_type_count ? names[i] : "?";
}
/// "documented" or "power_law".
constexpr std::string_view name_of(noise_colour colour) {
    return colour == noise_colour::documented ? "documented" : "power_law";
}

namespace detail {

struct named_noise_subset {
    std::string_view name;
    std::uint32_t types;  ///< bit t: type t is a member
};
inline constexpr named_noise_subset noise_subsets[] = {{"all16", 0xffffu},      {"gaussian", 0x0001u},
                                                       {"structured", 0x1730u}, {"heavy_tailed", 0xe080u},
                                                       {"first_half", 0x00ffu}, {"even", 0x5555u}};

inline std::vector<noise_type> noise_types_of(std::uint32_t set) {
    std::vector<noise_type> types;
    for (std::uint32_t t = 0; t < noise_type_count; ++t)
        if ((set >> t) & 1u) types.push_back(static_cast<noise_type>(t));
    return types;
}

}  // namespace detail

/// The names that `noise_subset` knows besides those of single types.
constexpr std::array<std::string_view, std::size(detail::noise_subsets)> noise_subset_names() {
    std::array<std::string_view, std::size(detail::noise_subsets)> names{};
    for (std::size_t i = 0; i < names.size(); ++i) names[i] = detail::noise_subsets[i].name;
    return names;
}

/// The members of a subset, in the order of the types, or the one type of that name:
/// `all16`; `gaussian`; `structured`: pink, brown, block, gradient, checkerboard, quadrants; `heavy_tailed`: sparse,
/// cauchy, exponential, laplace; `first_half`: the first eight; `even`: gaussian, wide_uniform, … exponential. The
/// source documents do not list the members of `structured` and `heavy_tailed`: those here are our choice.
/// \throws usage_error if there is no such name
inline std::vector<noise_type> noise_subset(std::string_view name) {
    for (const detail::named_noise_subset& s : detail::noise_subsets)
        if (s.name == name) return detail::noise_types_of(s.types);
    for (std::uint32_t t = 0; t < noise_type_count; ++t)
        if (name_of(static_cast<noise_type>(t)) == name) return {static_cast<noise_type>(t)};
    std::string text = "noise: got the subset ";
    text += in_quotes(name);
    text += "; expected a type or one of";
    for (const std::string_view known : noise_subset_names()) {
        text += ' ';
        text += known;
    }
    geolip::detail::raise(usage_error(text));
}

/// From image `first` on, the types are these.
struct noise_stage {
    std::uint64_t first = 0;
    std::vector<noise_type> types;
};

/// Four tiers of `images` images each, the last without end, each with the types of those before it: gaussian; what is
/// independent from element to element with light tails (uniform, wide_uniform, poisson, salt_pepper, mixture); the
/// heavy-tailed; the structured, which makes all 16. Our choice: the source documents name tiers without listing them.
/// \throws usage_error if `images` is 0 or 2^50 or more
inline std::vector<noise_stage> noise_curriculum(std::uint64_t images) {
    if (images == 0 || images >> 50 != 0)
        geolip::detail::raise(usage_error("noise_curriculum: got tiers of " + std::to_string(images) +
                                          " images; expected 1 to 2^50 - 1"));
    return {{0, detail::noise_types_of(0x0001u)},
            {images, detail::noise_types_of(0x084fu)},
            {2 * images, detail::noise_types_of(0xe8cfu)},
            {3 * images, detail::noise_types_of(0xffffu)}};
}

}  // namespace geolip::data
