// Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT
#pragma once

/// \file
/// What a trained autoencoder does with images that it has not seen. To be linked with the library svae_training.

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "geolip/data/noise_types.hpp"
#include "support/svae_run.hpp"

namespace examples {

/// The singular values of the latent matrices; means over all patches seen.
struct svae_spectrum {
    double effective_rank = 0;            ///< exp(-sum p ln p), p the singular values over their sum
    double change = 0;                    ///< S-delta: |S' - S|, S' what the cross-attention made of S
    double ratio = 0;                     ///< the largest over the smallest
    std::vector<double> singular_values;  ///< descending
    std::size_t close_pairs = 0;          ///< of eigenvalues, where the gradient is regularised
};

/// One set of parameters.
struct svae_evaluation {
    std::array<double, geolip::data::noise_type_count> mse = {};  ///< by type
    svae_spectrum spectrum;
    std::vector<std::vector<double>> alpha;  ///< of every mode, for every attention layer
    std::vector<float> outputs;              ///< the reconstructions of the first image of each type
};

/// Images of each type that are evaluated, and where they begin: beyond those of any run, at a multiple of 16.
inline constexpr std::size_t svae_evaluated = 16;
inline constexpr std::uint64_t svae_first_evaluated = std::uint64_t{1} << 51;

/// The first image of each type, and the mean square of all that are evaluated: what a reconstruction by zeros errs.
struct svae_evaluation_images {
    std::vector<float> first;
    std::array<double, geolip::data::noise_type_count> mean_square = {};
};

svae_evaluation_images images_to_evaluate(const svae_settings& s);

/// Of `parameters`, on all 16 types whatever the run was trained on. Rows that are only scaled are so by the mean norm
/// over 16 images, one of each type.
svae_evaluation evaluate_svae(const svae_settings& s, std::span<const float> parameters);

}  // namespace examples
