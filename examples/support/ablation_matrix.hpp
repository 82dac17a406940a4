// Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT
#pragma once

/// \file
/// The 149 runs of the ablation, which of them are one computation, and what was chosen where the document is silent.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "geolip/core/error.hpp"
#include "geolip/core/text.hpp"
#include "geolip/simd/isa.hpp"
#include "support/svae_choices.hpp"
#include "support/svae_run.hpp"

namespace examples {

/// One run: a variant of a group, at a band's representative.
struct ablation_run {
    std::string id;  ///< GROUP-BAND-VARIANT
    char group = 'A';
    svae_band band = svae_band::low;
    std::string variant;
    svae_settings settings;
};

inline constexpr svae_band ablation_bands[] = {svae_band::low, svae_band::mid, svae_band::high};

/// What a group varies. The first variant of every group is the reference configuration.
struct ablation_group {
    struct variant {
        const char* name;
        std::function<void(svae_settings&)> change;
    };
    char letter;
    const char* dimension;
    std::vector<variant> variants;
    bool low_only = false;
};

inline std::vector<ablation_group> ablation_groups() {
    using s = svae_settings;
    const auto noise = [](const char* name) { return [name](s& x) { x.noise = name; }; };
    const auto optimiser = [](svae_optimiser o, double rate, double momentum = 0, double decay = 0) {
        return [=](s& x) {
            x.optimiser = o;
            x.rate = rate;
            x.momentum = momentum;
            x.weight_decay = decay;
        };
    };
    const auto set = [](auto s::* member, auto value) { return [=](s& x) { x.*member = value; }; };
    const auto attention = [](std::size_t layers, svae_alpha alpha = svae_alpha::bounded) {
        return [=](s& x) {
            x.attention_layers = layers;
            x.alpha = alpha;
        };
    };
    const auto size = [](std::size_t rows, std::size_t hidden) {
        return [=](s& x) {
            x.rows = rows;
            x.hidden = hidden;
        };
    };
    constexpr auto sgd = svae_optimiser::sgd;
    return {
        {'A',
         "random seed",
         {{"seed42", set(&s::seed, 42u)},
          {"seed43", set(&s::seed, 43u)},
          {"seed44", set(&s::seed, 44u)},
          {"seed45", set(&s::seed, 45u)},
          {"seed46", set(&s::seed, 46u)}}},
        {'B',
         "noise types",
         {{"all16", noise("all16")},
          {"gaussian", noise("gaussian")},
          {"structured", noise("structured")},
          {"heavy_tailed", noise("heavy_tailed")},
          {"first_half", noise("first_half")},
          {"even", noise("even")}}},
        {'C',
         "optimiser",
         {{"adam", optimiser(svae_optimiser::adam, svae_adam_rate)},
          {"sgd", optimiser(sgd, svae_sgd_rate)},
          {"sgd_momentum", optimiser(sgd, svae_sgd_rate, svae_momentum)},
          {"adamw", optimiser(svae_optimiser::adamw, svae_adam_rate, 0, svae_adamw_decay)}}},
        {'D',
         "schedule",
         {{"cosine", set(&s::schedule, svae_schedule::cosine)},
          {"constant", set(&s::schedule, svae_schedule::constant)},
          {"linear", set(&s::schedule, svae_schedule::linear)},
          {"warm_restarts", set(&s::schedule, svae_schedule::warm_restarts)},
          {"one_cycle", set(&s::schedule, svae_schedule::one_cycle)}}},
        {'E',
         "soft hand",
         {{"full", set(&s::soft_hand, svae_soft_hand::full)},
          {"pure_mse", set(&s::soft_hand, svae_soft_hand::pure_mse)},
          {"measure_only", set(&s::soft_hand, svae_soft_hand::measure_only)},
          {"hard_penalty", set(&s::soft_hand, svae_soft_hand::hard_penalty)}}},
        {'F',
         "activation",
         {{"gelu", set(&s::activation, svae_activation::gelu)},
          {"relu", set(&s::activation, svae_activation::relu)},
          {"silu", set(&s::activation, svae_activation::silu)},
          {"tanh", set(&s::activation, svae_activation::tanh)},
          {"identity", set(&s::activation, svae_activation::identity)}}},
        {'G',
         "row normalisation",
         {{"sphere", set(&s::row_rule, svae_rows::sphere)},
          {"none", set(&s::row_rule, svae_rows::none)},
          {"layer_norm", set(&s::row_rule, svae_rows::layer_norm)},
          {"scale_only", set(&s::row_rule, svae_rows::scale_only)}}},
        {'I',
         "cross-attention",
         {{"one_layer", attention(1)},
          {"no_layer", attention(0)},
          {"two_layers", attention(2)},
          {"unbounded", attention(1, svae_alpha::unbounded)}}},
        {'J',
         "capacity within LOW",
         {{"V64_h64", size(64, 64)},
          {"V32_h32", size(32, 32)},
          {"V16_h32", size(16, 32)},
          {"V64_h32", size(64, 32)},
          {"V128_h128", size(128, 128)}},
         true},
        {'K',
         "batch size",
         {{"batch128", set(&s::batch, 128u)},
          {"batch32", set(&s::batch, 32u)},
          {"batch512", set(&s::batch, 512u)},
          {"batch1024", set(&s::batch, 1024u)}}},
        {'L',
         "initialisation",
         {{"orthogonal", set(&s::initialiser, svae_initialiser::orthogonal)},
          {"kaiming", set(&s::initialiser, svae_initialiser::kaiming)},
          {"xavier", set(&s::initialiser, svae_initialiser::xavier)},
          {"small_normal", set(&s::initialiser, svae_initialiser::small_normal)}}},
        {'M',
         "brute-force SGD",
         {{"aggressive", optimiser(sgd, 0.1, 0.9)},
          {"huge_rate", optimiser(sgd, 1.0)},
          {"high_momentum", optimiser(sgd, 0.1, 0.99)}}},
    };
}

/// `s` with `batches` for every 1000 of its own, at least 1, and with as many readings as before where that is
/// possible.
inline svae_settings scaled(svae_settings s, std::uint64_t batches) {
    s.batches = std::max<std::uint64_t>(1, s.batches * batches / 1000);
    s.read_every = static_cast<std::size_t>(std::max<std::uint64_t>(1, s.read_every * batches / 1000));
    return s;
}

/// All runs: by group, then band, then variant. `batches` is the length of those at LOW and MID; HIGH has a tenth.
inline std::vector<ablation_run> ablation_matrix(std::uint64_t batches = 1000,
                                                 geolip::isa isa = geolip::isa::automatic) {
    std::vector<ablation_run> runs;
    for (const ablation_group& group : ablation_groups()) {
        for (const svae_band band : ablation_bands) {
            if (group.low_only && band != svae_band::low) continue;
            for (const auto& variant : group.variants) {
                ablation_run run{"", group.letter, band, variant.name, scaled(settings_of(band), batches)};
                run.id += group.letter;
                run.id += '-';
                run.id += name_of(band);
                run.id += '-';
                run.id += variant.name;
                run.settings.isa = isa;
                run.settings.shards = 1;  // a run has one thread: no sums of parts, 2 % less work
                variant.change(run.settings);
                runs.push_back(std::move(run));
            }
        }
    }
    return runs;
}

/// `s` without the differences that change no number: whether CV is measured beside a plain error or not (it is read
/// in both), and what only the soft hand or the cross-attention would use where there is none.
inline svae_settings effective(svae_settings s) {
    const svae_settings standard;
    if (s.soft_hand == svae_soft_hand::measure_only) s.soft_hand = svae_soft_hand::pure_mse;
    if (s.soft_hand == svae_soft_hand::pure_mse) {
        s.target = standard.target;
        s.boost = standard.boost;
        s.cv_weight = standard.cv_weight;
        s.sigma = standard.sigma;
    }
    if (s.attention_layers == 0) {
        s.alpha = standard.alpha;
        s.clip = standard.clip;
    }
    s.isa = geolip::resolve_isa(s.isa);
    return s;
}

/// For every run the first one that is the same computation, perhaps itself.
inline std::vector<std::size_t> first_equals(const std::vector<ablation_run>& runs) {
    std::vector<svae_settings> all;
    std::vector<std::size_t> first;
    for (const ablation_run& run : runs) {
        all.push_back(effective(run.settings));
        first.push_back(static_cast<std::size_t>(std::find(all.begin(), all.end(), all.back()) - all.begin()));
    }
    return first;
}

/// Multiplications and additions of a batch in the linear layers of encoder and decoder, forward: what the time of a
/// run goes by.
inline double batch_cost(const svae_settings& s) {
    const auto n = [](std::size_t value) { return static_cast<double>(value); };
    const double patches = n(s.side / s.patch) * n(s.side / s.patch);
    const double per_patch =
        2 * n(s.hidden) * (3 * n(s.patch) * n(s.patch) + 2 * n(s.depth) * n(s.hidden) + n(s.rows) * n(s.dim));
    return n(s.batch) * patches * per_patch;
}

/// The same for the whole run.
inline double training_cost(const svae_settings& s) { return batch_cost(s) * static_cast<double>(s.batches); }

/// The groups named in `text`, letters joined by commas.
/// \throws usage_error naming `option` if one is none, or comes twice
inline std::string parse_groups(std::string_view text, const std::string& option) {
    std::string known, groups;
    for (const ablation_group& group : ablation_groups()) known += group.letter;
    for (std::size_t begin = 0; begin <= text.size();) {
        const std::size_t end = std::min(text.find(',', begin), text.size());
        const std::string_view part = text.substr(begin, end - begin);
        begin = end + 1;
        const bool twice = part.size() == 1 && groups.find(part) != groups.npos;
        if (part.size() == 1 && known.find(part) != known.npos && !twice) {
            groups += part;
            continue;
        }
        std::string choice;
        for (const char letter : known) choice += std::string(choice.empty() ? "" : ", ") + letter;
        throw geolip::usage_error(option + ' ' + geolip::in_quotes(text) + ": " +
                                  (twice ? "the group " + std::string(part) + " twice; expected each once"
                                         : "there is no group " + geolip::in_quotes(part) +
                                               "; expected letters joined by commas, such as A,G, out of " + choice));
    }
    return groups;
}

/// Something that the document leaves open, and what was taken.
struct ablation_choice {
    const char* what;
    const char* taken;
};

inline constexpr ablation_choice ablation_choices[] = {
    {"seeds", "group A: 42 to 46; everywhere else 42"},
    {"group M",
     "aggressive: rate 0.1, momentum 0.9; huge_rate: rate 1, no momentum; high_momentum: rate 0.1, momentum 0.99"},
    {"first_half, even", "noise types 0 to 7, and 0, 2, 4, ... 14"},
    {"pink and brown noise", "as documented: every channel is a constant"},
    {"target", "of the soft hand: 0.20, 0.36, 0.92, the law of the sphere for the band"},
    {"what classifies", "the running mean (EMA), as documented, and beside it the last reading"},
    {"thresholds",
     "those of the ablation (below .30 LOW, below .55 MID, above .80 HIGH), and beside them section 5's "
     "(.35 to .50 for MID)"},
    {"match", "of a run that is done, by the EMA and the ablation's thresholds; one that diverged matches nothing"},
};

}  // namespace examples
