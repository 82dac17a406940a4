// Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT
#pragma once

/// \file
/// Where the document "Geometric Terrain Statistics Composite" contradicts itself or the shapes of the models, and what
/// its section X repeats.

#include <string_view>

#include "support/documented_figure.hpp"

namespace examples::documented {

inline constexpr slip slips[] = {
    {"t5-v1_1-xxl", "I", "11.4 billion parameters", "the checkpoint has 11,135,332,352"},
    {"bert-large", "I", "336.2 million parameters",
     "335,141,888 without the heads of pretraining, which bring it to 336.2 million"},
    {"clip-vit-b-16", "I", "85.5 million parameters of the image tower", "86,192,640; 85.5 million are in matrices"},
    {"dinov2-large", "I", "302.0 million parameters", "304,368,640; the matrices of its 24 layers have 302.0 million"},
    {"qwen3.5-0.8b", "I", "853 million parameters", "the text part has 752,393,024; the rest is its image tower"},
    {"t5gemma2-1b", "I", "2.1 billion parameters", "the text part has 1,697,784,320; the rest is its image tower"},
    {"t5gemma2-4b", "I", "7.5 billion parameters", "the text part has 7,089,115,136; the rest is its image tower"},
    {"t5gemma2-1b", "I, X", "27 + 26 layers, \"all 53\"", "26 + 26: its 359,424 neurons are 52 layers of 6,912"},
    {"qwen3.5-4b", "II.1", "PR / dim of .53 to .56 is universal", "its own table has .317 for this model"},
    {"sd15-unet", "XIII.3", "23,040 neurons", "the shapes have 49,920: 4 channels for each of 16 blocks"},
    {"sdxl-unet", "XIII.3", "163,840 neurons", "the shapes have 332,800: 4 channels for each of 70 blocks"},
    {"sd15-unet", "XIII.1", "the least sparse of all models, 90.5 % of self q",
     "its tables have 19.2 % (t5-small, self k) and 29.0 % (sdxl-vae, encoder)"},
    {"sd15-unet", "XIII.2", "the most repulsion is at the bottleneck", "its table has .451 above it, .483 there"},
    {"t5-base", "VI.6", "the decoder's split has no mixed heads at any size", "its table has 3 of 12 for this model"},
    {"", "X", "cross-modal balance locked in 6 models", "5 are named, and T5Gemma 2 has no cross-attention of its own"},
    {"", "X", "zero dead neurons in all autoencoders", "they have no feed-forward layers"},
    {"", "XV.3", "70 to 76 % of the structure aligns, all pairs", "its table has .675 for sdxl-vae and flux1-vae"},
};

/// A row of section X, and the sections that it sums up.
struct constant {
    std::string_view name, documented, of;
};

inline constexpr constant constants[] = {
    {"pentachoron CV", "0.20-0.23", "III.1"},
    {"participation / dim", "0.53-0.56", "II.1"},
    {"Q below 0.1 in T5", "93.7, 99.4, 100.0 %", "VI.1"},
    {"Q sparser than K", "only in T5", "VI.1, XII.1, XIII.1, XIV.1"},
    {"balance across modalities", "0.500 in 6 models", "VI.3, XII.2, XIII.2"},
    {"balance of self-attention in adapted models", "0.500", "XII.2"},
    {"balance along the UNet", "0.451 to 0.581, 0.477 to 0.549", "XIII.2"},
    {"balance in the VAE's decoder", "0.486, 0.416, 0.451, 0.416", "XIV.2"},
    {"attention across layers", "0.000 in all 17", "VI.5, XII.3, XIII.3"},
    {"convolutions across layers", "0.000", "XIII.3, XIV.3"},
    {"dead neurons", "0.00 %", "VI.4, XII.3, XIII.3"},
    {"mixed heads in the decoder", "0", "VI.6"},
    {"spectra of two VAEs", "0.94-0.98", "XV.2"},
    {"two VAEs aligned", "70-76 %", "XV.2"},
};

}  // namespace examples::documented
