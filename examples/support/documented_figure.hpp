// Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT
#pragma once

/// \file
/// One figure that the document "Geometric Terrain Statistics Composite" gives of a model's weights: what it is of, and
/// which weights it is read from. The figures are in documented_embeddings.hpp, documented_weights.hpp and
/// documented_diffusion.hpp.

#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>

#include "geolip/checkpoint/catalogue_entry.hpp"

namespace examples::documented {

using geolip::checkpoint::attention_kind;
using geolip::checkpoint::path_part;
using geolip::checkpoint::tensor_role;
using geolip::checkpoint::tensor_side;

/// What is read off the weights. Shares are percentages, counts are numbers of things.
enum class figure {
    parameters,
    outputs,   ///< of the first matrix: words of a vocabulary
    inputs,    ///< of the first matrix: the width of a model
    matrices,  ///< how many: layers, blocks
    heads,
    latents,  ///< channels of the latent image
    participation,
    participation_share,  ///< of the dimensions
    dimensions_95,        ///< that hold 95 % of the variance
    cosine_mean,
    cosine_sd,
    cosine_1,  ///< percentiles
    cosine_50,
    cosine_99,
    norm_mean,
    norm_sd,
    norm_least,
    norm_most,
    volume_cv,
    volumes_valid,  ///< of 1000
    volume_ratio,   ///< mean volume, in that of Gaussian points of the same size
    relational,     ///< correlation of the pairwise cosines in two models
    per_simplex,    ///< correlation of the volumes in two models
    digit_correlation,
    digit_adjacent,
    digit_apart,
    digit_gap,
    category_cosine,
    category_lift,
    share_below,  ///< of the elements, below 0.1, in %
    stable_rank,
    condition,
    condition_most,
    positive_first,  ///< share of positive eigenvalues of queries and keys, of the first layer
    positive_last,
    positive_change,  ///< last - first
    positive_mean,    ///< over the layers
    positive_sd,      ///< over the layers
    symmetry,         ///< |M - M'| / |M|
    top_eigenvalue,
    units,  ///< of feed-forward layers
    dead,
    weak,
    neighbour_cosine,
    local_heads,
    global_heads,
    mixed_heads,
    bias_least,
    bias_most,
    raw_cosine,  ///< of the matrices that two models have in common; so the rest
    aligned_cosine,
    aligned_gain,
    aligned_residual,
    spectral_correlation,
    common_matrices,
};

/// What the values of `figure` are called.
inline constexpr std::array<std::string_view, 55> figure_names = {"parameters",
                                                                  "words",
                                                                  "width",
                                                                  "layers or blocks",
                                                                  "heads",
                                                                  "latent channels",
                                                                  "participation ratio",
                                                                  "participation ratio / dimensions",
                                                                  "dimensions for 95 % of the variance",
                                                                  "cosine, mean",
                                                                  "cosine, sd",
                                                                  "cosine, 1 %",
                                                                  "cosine, median",
                                                                  "cosine, 99 %",
                                                                  "norm, mean",
                                                                  "norm, sd",
                                                                  "norm, least",
                                                                  "norm, most",
                                                                  "volume CV",
                                                                  "valid volumes of 1000",
                                                                  "mean volume / Gaussian",
                                                                  "correlation of cosines",
                                                                  "correlation of volumes",
                                                                  "digits, correlation with |i - j|",
                                                                  "digits, neighbours",
                                                                  "digits, apart",
                                                                  "digits, gap",
                                                                  "category cosine",
                                                                  "category lift",
                                                                  "% below 0.1",
                                                                  "stable rank",
                                                                  "condition",
                                                                  "condition, most",
                                                                  "positive share, first layer",
                                                                  "positive share, last layer",
                                                                  "positive share, last - first",
                                                                  "positive share, mean",
                                                                  "positive share, sd over layers",
                                                                  "|M - M'| / |M|",
                                                                  "top eigenvalue",
                                                                  "neurons",
                                                                  "dead neurons",
                                                                  "weak neurons",
                                                                  "cosine of neighbouring layers",
                                                                  "local heads",
                                                                  "global heads",
                                                                  "mixed heads",
                                                                  "least bias",
                                                                  "largest bias",
                                                                  "cosine",
                                                                  "cosine after alignment",
                                                                  "gain by alignment",
                                                                  "residual after alignment",
                                                                  "correlation of spectra",
                                                                  "common matrices"};

/// Which entries of a catalogue.
struct weights {
    std::string_view label;
    std::uint32_t roles = 0;  ///< a bit for each; 0 for all
    std::optional<tensor_side> side = {};
    std::optional<attention_kind> attention = {};
    std::optional<path_part> path = {};
    std::size_t first = 0, last = std::numeric_limits<std::size_t>::max();  ///< layers

    bool holds(const geolip::checkpoint::catalogue_entry& e) const {
        const bool role = roles == 0 || (roles >> static_cast<unsigned>(e.role) & 1u) != 0;
        const bool layer = (first == 0 && last == std::numeric_limits<std::size_t>::max()) ||
                           (e.layer && first <= *e.layer && *e.layer <= last);
        return e.measured() && role && layer && (!side || *side == e.side) &&
               (!attention || *attention == e.attention) && (!path || *path == e.path);
    }
};

template <class... Roles>
constexpr std::uint32_t any_of(Roles... roles) {
    return ((std::uint32_t{1} << static_cast<unsigned>(roles)) | ...);
}

inline constexpr std::uint32_t role_q = any_of(tensor_role::query), role_k = any_of(tensor_role::key),
                               role_v = any_of(tensor_role::value), role_o = any_of(tensor_role::output),
                               role_up = any_of(tensor_role::mlp_up), role_gate = any_of(tensor_role::mlp_gate),
                               role_down = any_of(tensor_role::mlp_down), role_conv = any_of(tensor_role::convolution);
inline constexpr tensor_side encoder = tensor_side::encoder, decoder = tensor_side::decoder;
inline constexpr attention_kind self = attention_kind::self, cross = attention_kind::cross;

inline constexpr weights everything{"all weights"}, embedding{"embedding", any_of(tensor_role::embedding)},
    self_q{"self q", role_q, {}, self}, self_k{"self k", role_k, {}, self}, self_v{"self v", role_v, {}, self},
    self_o{"self o", role_o, {}, self}, cross_q{"cross q", role_q, {}, cross}, cross_k{"cross k", role_k, {}, cross},
    cross_v{"cross v", role_v, {}, cross}, cross_o{"cross o", role_o, {}, cross},
    mlp{"feed-forward", role_up | role_gate | role_down}, mlp_up{"feed-forward up", role_up},
    mlp_gate{"feed-forward gate", role_gate}, mlp_down{"feed-forward down", role_down},
    encoder_q{"encoder self q", role_q, encoder}, decoder_q{"decoder self q", role_q, decoder, self},
    self_qkv{"self q, k and v", role_q | role_k | role_v, {}, self},
    encoder_up{"encoder feed-forward up", role_up, encoder}, decoder_up{"decoder feed-forward up", role_up, decoder},
    positions{"position biases", any_of(tensor_role::position_bias)},
    encoder_positions{"encoder position biases", any_of(tensor_role::position_bias), encoder},
    decoder_positions{"decoder position biases", any_of(tensor_role::position_bias), decoder};

/// As printed: `value` and `high` the same but for a range; the last printed digit stands for 10^-decimals.
struct row {
    std::string_view model, section;
    figure what;
    weights of;
    double documented = 0;
    int decimals = 3;
    double high = std::numeric_limits<double>::quiet_NaN();  ///< of a range
    std::string_view other = {};                             ///< the second model of a pair
    unsigned tokens = 0;                                     ///< of a category
    std::string_view note = {};

    constexpr double upper() const { return high == high ? high : documented; }
    /// Whether it counts things, so that nothing is rounded.
    constexpr bool counted() const {
        switch (what) {
            case figure::outputs:
            case figure::inputs:
            case figure::matrices:
            case figure::heads:
            case figure::latents:
            case figure::dimensions_95:
            case figure::volumes_valid:
            case figure::units:
            case figure::dead:
            case figure::weak:
            case figure::local_heads:
            case figure::global_heads:
            case figure::mixed_heads:
            case figure::common_matrices: return true;
            default: return false;
        }
    }
    /// What rounding may hide.
    double half_digit() const { return counted() ? 1e-9 : 0.5 * std::pow(10.0, -decimals) * (1 + 1e-9); }
};

/// A statement of the document that its own figures or the shapes contradict.
struct slip {
    std::string_view model, section;  ///< the model is empty where several are meant
    std::string_view documented, found;
};

}  // namespace examples::documented
