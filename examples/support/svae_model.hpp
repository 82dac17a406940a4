// Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT
#pragma once

/// \file
/// The autoencoder of a run's settings: what is chosen at run time, as a type.

#include <cstddef>
#include <string>
#include <utility>

#include "geolip/core/error.hpp"
#include "geolip/models/patch_svae.hpp"
#include "geolip/nn/activation.hpp"
#include "geolip/nn/initialiser.hpp"
#include "geolip/nn/row_normalisation.hpp"
#include "geolip/nn/spectral_attention.hpp"
#include "support/svae_run.hpp"

namespace examples {
namespace detail {

inline geolip::nn::initialiser encoder_law(svae_initialiser law) {
    using geolip::nn::initialiser;
    switch (law) {
        case svae_initialiser::kaiming: return initialiser::kaiming_normal();
        case svae_initialiser::xavier: return initialiser::xavier_uniform();
        case svae_initialiser::small_normal: return initialiser::normal(0.02);
        case svae_initialiser::orthogonal: break;
    }
    return initialiser::orthogonal();
}

}  // namespace detail

/// \throws usage_error naming what is wrong with the sizes of the settings or how they fit together
inline void require_sizes(const svae_settings& s) {
    const auto refuse = [](const std::string& what) { throw geolip::usage_error(what); };
    const auto text = [](std::size_t n) { return std::to_string(n); };
    for (const auto& [size, name] : {std::pair(s.side, "side"), std::pair(s.patch, "patch"), std::pair(s.dim, "dim"),
                                     std::pair(s.hidden, "hidden"), std::pair(s.batch, "batch")})
        if (size == 0) refuse(std::string(name) + " is 0; expected at least 1");
    if (s.side % s.patch != 0)
        refuse("images of side " + text(s.side) + " and patches of side " + text(s.patch) +
               ": a part of the image would be left over; expected a side that is a multiple of the patch's");
    if (s.rows < 5)
        refuse("a latent matrix of " + text(s.rows) +
               " rows: CV needs simplices of 5 vertices; expected at least 5 rows");
    const std::size_t heads = geolip::models::patch_svae_sizes{.dim = s.dim}.attention_heads();
    if (s.attention_layers > 0 && s.dim % heads != 0)
        refuse("dim " + text(s.dim) + " and " + text(heads) +
               " heads of the cross-attention, which do not divide it; expected a multiple of " + text(heads) +
               ", or no attention layers");
    const bool plain = s.activation == svae_activation::gelu;
    if ((!plain && (s.row_rule != svae_rows::sphere || s.alpha != svae_alpha::bounded)) ||
        (s.row_rule != svae_rows::sphere && s.alpha != svae_alpha::bounded))
        refuse("activation " + std::string(geolip::sweep::to_string(s.activation)) + ", rows " +
               std::string(geolip::sweep::to_string(s.row_rule)) + " and alpha " +
               std::string(geolip::sweep::to_string(s.alpha)) +
               ": this program is built with one of them changed at a time; expected the others to be gelu, sphere and "
               "bounded");
}

/// What `use` returns of the autoencoder of these settings. Every combination that occurs is a type of its own.
/// \throws usage_error as `require_sizes`
template <class Use>
auto with_svae_model(const svae_settings& s, Use&& use) {
    namespace nn = geolip::nn;
    namespace models = geolip::models;
    require_sizes(s);
    const models::patch_svae_sizes sizes{.side = s.side,
                                         .patch = s.patch,
                                         .rows = s.rows,
                                         .dim = s.dim,
                                         .hidden = s.hidden,
                                         .depth = s.depth,
                                         .attention_layers = s.attention_layers,
                                         .encoder_law = detail::encoder_law(s.initialiser)};
    using T = float;
    if (s.alpha == svae_alpha::unbounded)
        return use(models::make_patch_svae<T, nn::gelu<T>, nn::sphere_rows, nn::unbounded_alpha>(sizes));
    switch (s.row_rule) {
        case svae_rows::none: return use(models::make_patch_svae<T, nn::gelu<T>, nn::unchanged_rows>(sizes));
        case svae_rows::layer_norm: return use(models::make_patch_svae<T, nn::gelu<T>, nn::layer_norm_rows>(sizes));
        case svae_rows::scale_only: return use(models::make_patch_svae<T, nn::gelu<T>, nn::scaled_rows>(sizes));
        case svae_rows::sphere: break;
    }
    switch (s.activation) {
        case svae_activation::relu: return use(models::make_patch_svae<T, nn::relu<T>>(sizes));
        case svae_activation::silu: return use(models::make_patch_svae<T, nn::silu<T>>(sizes));
        case svae_activation::tanh: return use(models::make_patch_svae<T, nn::tanh<T>>(sizes));
        case svae_activation::identity: return use(models::make_patch_svae<T, nn::identity<T>>(sizes));
        case svae_activation::gelu: break;
    }
    return use(models::make_patch_svae<T>(sizes));
}

}  // namespace examples
