// Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT
#pragma once

/// \file
/// What the document leaves open about a run of the autoencoder, and what was chosen: as numbers and, for the programs
/// to print, as text.

#include <cstdint>
#include <string_view>

#include "support/svae_run.hpp"

namespace examples {

/// The document gives these two rates; the momentum and the decay are usual ones (the decay is PyTorch's default).
inline constexpr double svae_adam_rate = 1e-4, svae_sgd_rate = 1e-2, svae_momentum = 0.9, svae_adamw_decay = 0.01;
/// Warm restarts: so many cosines, of equal length.
inline constexpr std::uint64_t svae_restarts = 4;
/// One forward and backward pass takes about so many patches: enough for the matrix products, and they stay in cache.
inline constexpr std::size_t svae_patches_of_a_piece = 128;

struct svae_choice {
    std::string_view what, chosen;
};

inline constexpr svae_choice svae_choices[] = {
    {"rates", "Adam and AdamW 1e-4, SGD 1e-2: the only ones that the document gives"},
    {"SGD with momentum", "0.9, without dampening or Nesterov"},
    {"AdamW", "weight decay 0.01, PyTorch's default; all others have none"},
    {"schedules", "move at every batch, over the whole run: by epochs they would not move in 1000 batches"},
    {"cosine, linear", "end at 0 behind the last batch"},
    {"warm restarts", "four cosines of equal length"},
    {"one-cycle",
     "PyTorch's defaults: from rate/25 up to the rate in 30 % of the batches, down to rate/250000; where "
     "there is a momentum (Adam: beta1), from 0.95 to 0.85 and back"},
    {"reading",
     "CV of 200 simplices among the latent rows of a batch's first image's first patch, before its step, "
     "every 50 batches, with samples of its own; one more of the finished parameters on the next batch"},
    {"CV-EMA",
     "begins at the first reading, which is of the untrained parameters, and moves by 0.01 of the way to each "
     "later one: after 1000 batches it still is to 82 % the untrained reading"},
    {"soft hand", "uses the last reading, a constant: it rescales the error and adds nothing to the gradient"},
    {"hard penalty",
     "cv_weight (CV - target)^2 of the first patch of every batch, with its true gradient, added to the "
     "error, which is not rescaled"},
    {"pure MSE, measure only", "train alike, to the bit: both are read, neither uses what is read"},
    {"scale-only rows", "are divided by the mean norm over the whole batch, which therefore is one shard"},
    {"noise subsets",
     "structured: pink, brown, block, gradient, checkerboard, quadrants; heavy_tailed: sparse, cauchy, "
     "exponential, laplace"},
};

/// `s` with another optimiser and the rate, momentum and decay that belong to it.
inline svae_settings with_optimiser(svae_settings s, svae_optimiser optimiser) {
    s.optimiser = optimiser;
    s.rate = optimiser == svae_optimiser::sgd ? svae_sgd_rate : svae_adam_rate;
    s.momentum = 0;
    s.weight_decay = optimiser == svae_optimiser::adamw ? svae_adamw_decay : 0;
    return s;
}

}  // namespace examples
