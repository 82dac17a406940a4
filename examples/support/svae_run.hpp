// Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT
#pragma once

/// \file
/// What one training run of the sphere-normed patch autoencoder is, what it gives, and the three documented bands.

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "geolip/simd/isa.hpp"
#include "geolip/sweep/plan.hpp"

namespace examples {

enum class svae_activation { gelu, relu, silu, tanh, identity };
enum class svae_rows { sphere, none, layer_norm, scale_only };
enum class svae_alpha { bounded, unbounded };
enum class svae_initialiser { orthogonal, kaiming, xavier, small_normal };  ///< of the encoder's last weight
enum class svae_optimiser { adam, adamw, sgd };
enum class svae_schedule { cosine, constant, linear, warm_restarts, one_cycle };
/// What CV does to the loss: it scales the error and is added (as documented, without a gradient of its own), nothing,
/// nothing but being read, or it is a penalty with its true gradient.
enum class svae_soft_hand { full, pure_mse, measure_only, hard_penalty };

/// One run. The defaults are the documented LOW band.
struct svae_settings {
    std::size_t side = 64, patch = 16, rows = 64, dim = 16, hidden = 64, depth = 1, attention_layers = 1;
    svae_alpha alpha = svae_alpha::bounded;
    svae_activation activation = svae_activation::gelu;
    svae_rows row_rule = svae_rows::sphere;
    svae_initialiser initialiser = svae_initialiser::orthogonal;

    std::string noise = "all16";  ///< a subset of data::noise_subset
    bool power_law = false;       ///< pink and brown noise without their mean, instead of the documented ones

    svae_optimiser optimiser = svae_optimiser::adam;
    svae_schedule schedule = svae_schedule::cosine;
    double rate = 1e-4;
    double momentum = 0;  ///< of SGD
    double weight_decay = 0;
    std::size_t batch = 128;
    std::size_t shards = 4;  ///< parts of a batch with a gradient each, for as many threads; rounding depends on it
    std::uint64_t batches = 1000;
    std::uint64_t seed = 42;

    svae_soft_hand soft_hand = svae_soft_hand::full;
    double target = 0.20;         ///< CV that the soft hand wants: the law of the sphere for the band
    double boost = 0.5;           ///< of the error, near the target
    double cv_weight = 0.3;       ///< of (CV - target)^2, far from it
    double sigma = 0.15;          ///< what is near
    double clip = 0.5;            ///< the norm of the cross-attention's gradient at most
    std::size_t read_every = 50;  ///< batches between two readings of CV
    std::size_t samples = 200;    ///< simplices of a reading
    double ema = 0.01;            ///< weight of a reading in the running mean

    geolip::isa isa = geolip::isa::automatic;

    friend bool operator==(const svae_settings&, const svae_settings&) = default;
};

/// CV of the latent rows of the first patch of a batch's first image, before the step of that batch.
struct svae_reading {
    std::uint64_t batch = 0;
    std::optional<double> cv;   ///< empty where fewer than ten volumes count
    std::optional<double> ema;  ///< the running mean of the readings so far
    double mse = 0;             ///< of the batch
};

/// How a run ended.
enum class svae_status { done, diverged };

struct svae_result {
    svae_status status = svae_status::done;
    std::string reason;                  ///< why it diverged, and at which batch
    std::optional<double> cv_untrained;  ///< the first reading, of the parameters as drawn
    std::optional<double> cv_ema;        ///< after the last reading
    std::optional<double> cv_final;      ///< the last reading, of the finished parameters; empty if it diverged
    double mse = 0;        ///< of the finished parameters, on the batch after the last; of the last finite
                           ///< batch if it diverged
    double mse_first = 0;  ///< of the first batch, before any step
    std::vector<svae_reading> readings;
    std::vector<double> batch_mse;  ///< of every batch, before its step
};

enum class svae_band { low, mid, high, unclassified };

constexpr std::string_view name_of(svae_band band) {
    constexpr std::string_view names[] = {"LOW", "MID", "HIGH", "UNCLASSIFIED"};
    return names[static_cast<std::size_t>(band)];
}

}  // namespace examples

namespace geolip::sweep {

/// The names of the choices, as options and documents write them.
template <>
inline constexpr std::array<std::string_view, 5> choices<examples::svae_activation>{"gelu", "relu", "silu", "tanh",
                                                                                    "identity"};
template <>
inline constexpr std::array<std::string_view, 4> choices<examples::svae_rows>{"sphere", "none", "layer_norm",
                                                                              "scale_only"};
template <>
inline constexpr std::array<std::string_view, 2> choices<examples::svae_alpha>{"bounded", "unbounded"};
template <>
inline constexpr std::array<std::string_view, 4> choices<examples::svae_initialiser>{"orthogonal", "kaiming", "xavier",
                                                                                     "small_normal"};
template <>
inline constexpr std::array<std::string_view, 3> choices<examples::svae_optimiser>{"adam", "adamw", "sgd"};
template <>
inline constexpr std::array<std::string_view, 5> choices<examples::svae_schedule>{"cosine", "constant", "linear",
                                                                                  "warm_restarts", "one_cycle"};
template <>
inline constexpr std::array<std::string_view, 4> choices<examples::svae_soft_hand>{"full", "pure_mse", "measure_only",
                                                                                   "hard_penalty"};
template <>
inline constexpr std::array<std::string_view, 2> choices<examples::svae_status>{"done", "diverged"};

}  // namespace geolip::sweep

namespace examples {

/// The documented representative of a band: LOW (V 64, D 16, patch 16), MID (V 64, D 8, patch 16), HIGH (V 32, D 4,
/// patch 4), read after 1000, 1000 and 100 batches.
inline svae_settings settings_of(svae_band band) {
    svae_settings s;
    if (band == svae_band::mid) {
        s.dim = 8;
        s.target = 0.36;
    }
    if (band == svae_band::high) {
        s.dim = 4;
        s.rows = 32;
        s.patch = 4;
        s.batches = 100;
        s.target = 0.92;
    }
    return s;
}

/// The band of a CV by the thresholds of the ablation: below 0.30 LOW, below 0.55 MID, above 0.80 HIGH.
constexpr svae_band ablation_band(std::optional<double> cv) {
    if (!cv) return svae_band::unclassified;
    if (*cv < 0.30) return svae_band::low;
    if (*cv < 0.55) return svae_band::mid;
    return *cv > 0.80 ? svae_band::high : svae_band::unclassified;
}

/// The same by those of the document's section 5: below 0.30 LOW, 0.35 to 0.50 MID, above 0.80 HIGH.
constexpr svae_band triage_band(std::optional<double> cv) {
    if (!cv) return svae_band::unclassified;
    if (*cv < 0.30) return svae_band::low;
    if (*cv >= 0.35 && *cv <= 0.50) return svae_band::mid;
    return *cv > 0.80 ? svae_band::high : svae_band::unclassified;
}

}  // namespace examples
