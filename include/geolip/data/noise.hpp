// Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT
#pragma once

/// \file
/// `noise`: images of 16 types of noise, each addressed by seed and index.

#include <algorithm>
#include <cmath>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "geolip/core/error.hpp"
#include "geolip/core/ordered_sum.hpp"
#include "geolip/data/detail/coloured_field.hpp"
#include "geolip/data/detail/noise_image.hpp"
#include "geolip/data/noise_types.hpp"
#include "geolip/random/philox.hpp"
#include "geolip/simd/isa.hpp"

namespace geolip::data {

/// What to draw.
struct noise_options {
    std::size_t side = 64;  ///< 2 … 4096; the images are 3 x side x side
    std::uint64_t seed = 42;
    /// Image i has type types[i mod the number of them].
    std::vector<noise_type> types = noise_subset("all16");
    /// From image `first` of a stage on its types count instead; `first` ascends. See noise_curriculum.
    std::vector<noise_stage> stages = {};
    noise_colour colour = noise_colour::documented;
    isa level = isa::automatic;
};

/// Images of noise, 3 channels of side x side, row-major, within [-4, 4].
///
/// Image i is a function of the seed, i, its type, the side and the colour alone: the same bits in any order, any cut
/// into batches and any number of threads, in one program at one instruction-set level. Two levels agree to 1e-4
/// absolutely (float) or 1e-12 (double), whatever they draw. float and double draw different images, of the same law.
/// Any number of threads may draw from one object.
class noise {
public:
    static constexpr std::size_t channels = detail::noise_channels;
    static constexpr std::uint64_t max_images = std::uint64_t{1} << 52;

    /// \throws usage_error if the side is not 2 … 4096, there are no types, one is none, or the stages do not ascend
    explicit noise(noise_options options = {}) : options_(std::move(options)) {
        if (options_.side < 2 || options_.side > 4096)
            geolip::detail::raise(
                usage_error("noise: got images of side " + std::to_string(options_.side) + "; expected 2 to 4096"));
        check(options_.types);
        for (std::size_t i = 0; i < options_.stages.size(); ++i) {
            check(options_.stages[i].types);
            if (i > 0 && options_.stages[i].first <= options_.stages[i - 1].first)
                geolip::detail::raise(
                    usage_error("noise: stage " + std::to_string(i) +
                                " does not begin after the one before it; expected ascending images"));
        }
    }

    const noise_options& options() const { return options_; }
    /// Elements of an image.
    std::size_t image_size() const { return channels * options_.side * options_.side; }

    /// The type of image `index`.
    noise_type type_of(std::uint64_t index) const {
        const std::vector<noise_type>* types = &options_.types;
        for (const noise_stage& stage : options_.stages)
            if (stage.first <= index) types = &stage.types;
        return (*types)[static_cast<std::size_t>(index % types->size())];
    }

    /// What was drawn, for records: "noise side=64 seed=42 colour=documented types=gaussian,uniform".
    std::string name() const {
        std::string text = "noise side=" + std::to_string(options_.side);
        text += " seed=" + std::to_string(options_.seed);
        text += " colour=";
        text += name_of(options_.colour);
        text += " types=";
        append(text, options_.types);
        for (const noise_stage& stage : options_.stages) {
            text += " from " + std::to_string(stage.first) + '=';
            append(text, stage.types);
        }
        return text;
    }

    /// Images `first`, `first + 1`, … one after the other.
    /// \throws shape_error unless `out` holds whole images; usage_error if their indices reach beyond 2^52
    template <std::floating_point T>
        requires(std::same_as<T, float> || std::same_as<T, double>)
    void fill(std::span<T> out, std::uint64_t first = 0) const {
        const std::size_t size = image_size();
        if (out.size() % size != 0)
            geolip::detail::raise(shape_error("noise: got memory for " + std::to_string(out.size()) +
                                              " elements; expected a multiple of " + std::to_string(size) +
                                              ", those of a 3 x " + std::to_string(options_.side) + " x " +
                                              std::to_string(options_.side) + " image"));
        const std::size_t images = out.size() / size;
        if (first > max_images || images > max_images - first)
            geolip::detail::raise(
                usage_error("noise: got images from " + std::to_string(first) + " on; expected indices below 2^52"));
        tools<T> use{detail::noise_variates<T>(options_.level), {}, {}, {}};
        for (std::size_t i = 0; i < images; ++i) {
            const std::uint64_t index = first + i;
            const noise_type type = type_of(index);
            use.draw.start(
                {options_.seed, (std::uint64_t{40} << 56) | (static_cast<std::uint64_t>(type) << 52) | index});
            draw(type, out.subspan(i * size, size), use);
        }
    }

private:
    /// One field of each shape and power, so that their weights are made once a batch.
    template <class T>
    struct tools {
        detail::noise_variates<T> draw;
        detail::coloured_field<T> pink, brown, quadrant;
    };

    static void check(const std::vector<noise_type>& types) {
        if (types.empty())
            geolip::detail::raise(usage_error("noise: got no types; expected at least one, see noise_subset"));
        for (const noise_type type : types)
            if (static_cast<std::size_t>(type) >= noise_type_count)
                geolip::detail::raise(
                    usage_error("noise: got type " + std::to_string(static_cast<int>(type)) + "; expected 0 to 15"));
    }
    static void append(std::string& text, const std::vector<noise_type>& types) {
        for (std::size_t i = 0; i < types.size(); ++i) {
            if (i > 0) text += ',';
            text += name_of(types[i]);
        }
    }

    template <class T>
    void draw(noise_type type, std::span<T> out, tools<T>& use) const {
        switch (type) {
            case noise_type::pink: return coloured(out, 1, use.pink, use.draw);
            case noise_type::brown: return coloured(out, 2, use.brown, use.draw);
            case noise_type::quadrants: return quadrants(out, use);
            default: return detail::white_image(type, out, options_.side, use.draw);
        }
    }

    template <class T>
    void coloured(std::span<T> out, int power, detail::coloured_field<T>& field,
                  const detail::noise_variates<T>& variates) const {
        channels_of(out.data(), options_.side, options_.side, power, field, variates);
        const auto value = [&](std::size_t i) { return static_cast<double>(out[i]); };
        const double mean = geolip::detail::ordered_sum(out.size(), value) / static_cast<double>(out.size());
        const double squares = geolip::detail::ordered_sum(
            out.size(), [&](std::size_t i) { return (value(i) - mean) * (value(i) - mean); });
        const double deviation = std::sqrt(squares / static_cast<double>(out.size() - 1));
        const T scale = static_cast<T>(1 / (deviation + 1e-8));
        detail::scale_and_clamp(out, scale, detail::noise_limit<T>, variates.level());
    }

    template <class T>
    void quadrants(std::span<T> out, tools<T>& use) const {
        const std::size_t side = options_.side, half = side / 2, rest = side - half;
        detail::white_quadrants(out, side, use.draw);
        std::vector<T> values(channels * rest * half);
        channels_of(values.data(), rest, half, 1, use.quadrant, use.draw);
        detail::scale_and_clamp(std::span(values), T(0.5), detail::noise_limit<T>, use.draw.level());
        detail::place(out, side, half, 0, rest, half, values.data());
    }

    /// Three independent fields.
    template <class T>
    void channels_of(T* out, std::size_t rows, std::size_t cols, int power, detail::coloured_field<T>& field,
                     const detail::noise_variates<T>& variates) const {
        for (std::size_t plane = 0; plane < channels; ++plane)
            field.make(rows, cols, power, options_.colour, plane, variates, out + plane * rows * cols);
    }

    noise_options options_;
};

}  // namespace geolip::data
