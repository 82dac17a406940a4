// Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT
#pragma once

/// \file
/// What the programs on trained autoencoders beyond the ablation have in common: effort, configurations, chance.

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

#include "geolip/data/noise.hpp"
#include "geolip/nn/row_normalisation.hpp"
#include "geolip/simplex/volume_law.hpp"
#include "geolip/sweep/number.hpp"
#include "support/band_facts.hpp"
#include "support/moments.hpp"
#include "support/svae_run.hpp"
#include "support/table.hpp"

namespace examples::claims {

using geolip::sweep::fixed;
using json = nlohmann::ordered_json;
namespace data = geolip::data;

// How long things are trained, and on how much they are judged.
struct effort {
    bool full = false;
    std::uint64_t seed = 42;
    unsigned threads = 1;
    std::filesystem::path text, picture;  // empty for the built-in ones

    std::size_t batch = 16;
    std::uint64_t batches = 60;

    void take_long() {
        full = true;
        batch = 128;
        batches = 1000;
    }
    std::uint64_t batches_at_high() const { return std::max<std::uint64_t>(batches / 10, 20); }
    std::uint64_t read_every() const { return full ? 50 : 5; }
    std::size_t images() const { return full ? 128 : 32; }  // a multiple of the 16 types
    std::size_t images_of_type() const { return full ? 16 : 4; }
    std::size_t pools() const { return full ? 1000 : 200; }
    std::size_t seeds() const { return full ? 3 : 1; }
    // Where an error is to come down, not a CV to be read.
    static constexpr double quick_rate = 1e-3;
};

struct section {
    std::string title, text;
    json value = json::object();
    std::string verdict = {};
};

inline json number(const std::optional<double>& value) { return value ? json(*value) : json(nullptr); }
inline std::string mean_and_sd(const moments& m, int decimals = 3) {
    return m.sd() ? fixed(*m.mean(), decimals) + " +- " + fixed(*m.sd(), decimals) : shown(m.mean(), decimals);
}

inline double law_at(std::size_t dim) {
    return geolip::coefficient_of_variation(geolip::sphere_law(), band_order, static_cast<double>(dim)).value();
}
inline svae_band band_at(std::size_t dim) { return ablation_band(law_at(dim)); }

// CV of random rows on the sphere, through the same estimator.
inline const moments& chance_of(std::size_t rows, std::size_t dim, const effort& e) {
    static std::map<std::tuple<std::size_t, std::size_t, std::size_t, std::uint64_t>, moments> known;
    const auto [place, fresh] = known.try_emplace({rows, dim, e.pools(), e.seed});
    if (fresh) place->second = read_pools<geolip::nn::sphere_rows, float>({rows, dim}, e.pools(), e.seed).cv;
    return place->second;
}

inline svae_settings configuration(std::size_t dim, std::size_t rows, std::size_t patch, std::size_t hidden,
                                   std::size_t depth, const effort& e) {
    svae_settings s;
    s.dim = dim;
    s.rows = rows;
    s.patch = patch;
    s.hidden = hidden;
    s.depth = depth;
    s.batch = e.batch;
    s.batches = band_at(dim) == svae_band::high ? e.batches_at_high() : e.batches;
    s.read_every = e.read_every();
    s.seed = e.seed;
    s.target = std::round(100 * law_at(dim)) / 100;
    return s;
}

inline svae_settings representative(svae_band band, const effort& e) {
    const svae_settings s = settings_of(band);
    return configuration(s.dim, s.rows, s.patch, s.hidden, s.depth, e);
}
inline constexpr svae_band all_bands[] = {svae_band::low, svae_band::mid, svae_band::high};

// Images that no run is trained on: those of another seed.
inline std::vector<float> fresh_images(std::string_view subset, std::size_t count, const effort& e) {
    const data::noise images({.seed = e.seed + 1000003, .types = data::noise_subset(subset)});
    std::vector<float> out(count * images.image_size());
    images.fill(std::span(out));
    return out;
}

inline svae_settings quick(svae_settings s, std::string_view noise, const effort& e) {
    s.noise = noise;
    s.rate = effort::quick_rate;
    s.batches = e.batches;
    return s;
}

}  // namespace examples::claims
