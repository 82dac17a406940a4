// Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT
#pragma once

/// \file
/// Trains the autoencoder of one run's settings, reading the CV of its latent rows on the way. To be linked with the
/// library svae_training: the models that settings can name take minutes to compile.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <span>
#include <vector>

#include "support/svae_choices.hpp"
#include "support/svae_run.hpp"

namespace examples {

/// How a run is gone about; its result depends on none of it.
struct svae_options {
    unsigned threads = 1;
    std::filesystem::path checkpoint = {};  ///< a file, which need not exist yet; empty for none
    std::uint64_t save_every = 100;         ///< batches between two checkpoints; one more at the end of the run
    std::function<void(std::uint64_t done, std::uint64_t all)> progress = {};  ///< in batches, after each
    std::function<bool()> stop = {};  ///< asked after every batch; true ends the run
    /// What became of a run that did not diverge.
    std::function<void(std::span<const float> parameters)> finished = {};
};

/// How a batch is cut. The rounding of a step depends on it, so it depends on the settings alone: into shards, for as
/// many threads, and these into pieces that stay in the cache. Rows that are only scaled need the mean norm of the
/// whole batch.
struct svae_cut {
    std::size_t shards = 1, pieces = 1;
};
inline svae_cut cut_of(const svae_settings& s) {
    if (s.row_rule == svae_rows::scale_only) return {};
    const std::size_t patches = s.side / s.patch * (s.side / s.patch);
    const std::size_t images = std::max<std::size_t>(1, svae_patches_of_a_piece / patches);
    const std::size_t shards = std::min(s.shards, s.batch);
    const std::size_t shard = (s.batch + shards - 1) / shards;
    return {shards, (shard + images - 1) / images};
}

/// Trains one run from its beginning, or from its checkpoint, to its end. A run that diverges has a result too, which
/// says so. Empty if it was stopped.
/// \throws usage_error for settings that fit no model; file_error for a checkpoint of another run, or one that cannot
///     be written
std::optional<svae_result> train_svae(const svae_settings& s, const svae_options& o);

/// The parameters that a run begins with.
std::vector<float> initial_svae_parameters(const svae_settings& s);

}  // namespace examples
