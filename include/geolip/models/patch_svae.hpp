// Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT
#pragma once

/// \file
/// The sphere-normed patch autoencoder.

#include <cstddef>
#include <span>
#include <string>

#include "geolip/nn/activation.hpp"
#include "geolip/nn/by_sample.hpp"
#include "geolip/nn/chain.hpp"
#include "geolip/nn/convolution.hpp"
#include "geolip/nn/layer_norm.hpp"
#include "geolip/nn/linear.hpp"
#include "geolip/nn/named.hpp"
#include "geolip/nn/patches.hpp"
#include "geolip/nn/repeat.hpp"
#include "geolip/nn/residual.hpp"
#include "geolip/nn/row_normalisation.hpp"
#include "geolip/nn/spectral_attention.hpp"
#include "geolip/nn/svd_readout.hpp"

namespace geolip::models {

/// How the autoencoder reads a patch's matrix: by its singular values, which attention across the patches scales.
struct spectral_readout {
    template <measured_scalar T, class Alpha>
    using module = nn::svd_readout<T, nn::repeat<nn::spectral_attention<T, Alpha>>>;
};
/// Not at all: the decoder gets the matrix as it is, and there is no attention.
struct no_readout {
    template <measured_scalar T, class Alpha>
    using module = nn::identity<T>;
};

namespace detail {

template <measured_scalar T, class Activation>
using mlp_block = nn::residual<nn::named<"norm", nn::layer_norm<T>>, nn::named<"up", nn::linear<T>>, Activation,
                               nn::named<"down", nn::linear<T>>>;

}  // namespace detail

/// Images (batch, channels, side, side) to the rows of a matrix for each patch, (batch, patches, rows dim): Linear,
/// activation, `depth` residual blocks, Linear, and the rule for the rows.
template <measured_scalar T, class Activation, class Rows>
using patch_encoder = nn::chain<nn::extract_patches<T>, nn::named<"enc_in", nn::linear<T>>, Activation,
                                nn::named<"enc_blocks", nn::repeat<detail::mlp_block<T, Activation>>>,
                                nn::named<"enc_out", nn::linear<T>>, nn::row_normalisation<Rows, T>>;

/// The matrices back to images: Linear, activation, residual blocks, Linear, and the patches stitched together.
template <measured_scalar T, class Activation>
using patch_decoder = nn::chain<nn::named<"dec_in", nn::linear<T>>, Activation,
                                nn::named<"dec_blocks", nn::repeat<detail::mlp_block<T, Activation>>>,
                                nn::named<"dec_out", nn::linear<T>>, nn::stitch_patches<T>>;

/// Two 3 x 3 convolutions with a residual, which smooth the seams between patches.
template <measured_scalar T, class Activation>
using seam_smoothing = nn::by_sample<nn::residual<nn::named<"smooth_in", nn::convolution_3x3<T>>, Activation,
                                                  nn::named<"smooth_out", nn::convolution_3x3<T>>>>;

/// The sphere-normed patch autoencoder: (batch, channels, side, side) to the same, composed of an encoder, a readout of
/// the encoded matrices, a decoder and the smoothing of the seams: `get<0>()` to `get<3>()`, whose parameters stand one
/// after the other, so that each part runs by itself on its part of them.
///
/// Policies: the activation, everywhere but in the attention's gate; the rule for the rows, `nn::sphere_rows` unless
/// told otherwise; the attention's alpha (`nn::bounded_alpha`, `nn::unbounded_alpha`); the readout (`spectral_readout`,
/// `no_readout`), any of which may be the user's own.
///
/// Parameters are those of PyTorch layers of these names, drawn as these draw them, but for "enc_out.weight"
/// (`encoder_law`, orthogonal), "smooth_out", which is 0, and the attention's alpha: "enc_in.weight", "enc_in.bias",
/// "enc_blocks.0.norm.weight", …, "enc_blocks.0.up.weight", …, "enc_blocks.0.down.bias", "enc_out.weight",
/// "enc_out.bias", "cross_attention.0.norm.weight", …, "cross_attention.0.qkv.weight", …, "cross_attention.0.alpha",
/// "dec_in.weight", …, "dec_out.bias", "smooth_in.weight", "smooth_in.bias", "smooth_out.weight", "smooth_out.bias".
template <measured_scalar T, class Activation = nn::gelu<T>, class Rows = nn::sphere_rows,
          class Alpha = nn::bounded_alpha, class Readout = spectral_readout>
using patch_svae = nn::chain<nn::named<"", patch_encoder<T, Activation, Rows>>,
                             nn::named<"cross_attention", typename Readout::template module<T, Alpha>>,
                             nn::named<"", patch_decoder<T, Activation>>, nn::named<"", seam_smoothing<T, Activation>>>;

/// The defaults are the documented LOW band.
struct patch_svae_sizes {
    std::size_t side = 64;  ///< of the images
    std::size_t channels = 3;
    std::size_t patch = 16;  ///< side of a patch
    std::size_t rows = 64;   ///< V: rows of a patch's matrix
    std::size_t dim = 16;    ///< D: their length, and the number of singular values
    std::size_t hidden = 64;
    std::size_t depth = 1;             ///< residual blocks of the encoder, and of the decoder
    std::size_t attention_layers = 1;  ///< across the patches
    std::size_t heads = 0;             ///< of these; 0: two up to D = 8, then four
    std::size_t smoothing = 16;        ///< channels between the last two convolutions
    nn::initialiser encoder_law = nn::initialiser::orthogonal();  ///< of "enc_out.weight"

    std::size_t patches() const { return side / patch * (side / patch); }
    std::size_t patch_size() const { return channels * patch * patch; }
    std::size_t attention_heads() const { return heads != 0 ? heads : dim <= 8 ? 2 : 4; }
};

/// \throws shape_error for sizes that do not fit together, naming them
template <measured_scalar T, class Activation = nn::gelu<T>, class Rows = nn::sphere_rows,
          class Alpha = nn::bounded_alpha, class Readout = spectral_readout>
patch_svae<T, Activation, Rows, Alpha, Readout> make_patch_svae(const patch_svae_sizes& s) {
    using nn::name;
    const auto require = [](bool holds, const std::string& text) {
        if (!holds) geolip::detail::raise(shape_error("patch_svae: " + text));
    };
    const auto number = [](std::size_t n) { return std::to_string(n); };
    require(s.side > 0 && s.channels > 0 && s.patch > 0 && s.hidden > 0 && s.dim > 0 && s.smoothing > 0,
            "a size of 0; expected side, channels, patch, dim, hidden and smoothing of at least 1");
    require(s.side % s.patch == 0, "images of side " + number(s.side) + " with patches of side " + number(s.patch) +
                                       "; expected a side that is a multiple of the patches'");
    require(s.rows >= 5, number(s.rows) + " rows; expected at least 5, the corners of a simplex of order 4");
    constexpr bool attends = !std::same_as<Readout, no_readout>;
    const std::size_t heads = s.attention_layers == 0 ? 1 : s.attention_heads();
    if (attends)
        require(s.dim % heads == 0, "a dim of " + number(s.dim) + " with " + number(heads) +
                                        " attention heads; expected a dim that is divisible by the heads");
    const std::size_t code = s.rows * s.dim;
    const auto linear = [](std::size_t in, std::size_t out) { return nn::linear<T>(in, out); };
    const auto blocks = [&] {
        return nn::repeat(detail::mlp_block<T, Activation>(nn::layer_norm<T>(s.hidden), linear(s.hidden, s.hidden),
                                                           Activation(), linear(s.hidden, s.hidden)),
                          s.depth);
    };
    patch_encoder<T, Activation, Rows> encoder(
        nn::extract_patches<T>(s.patch), linear(s.patch_size(), s.hidden), Activation(), blocks(),
        linear(s.hidden, code).with_initialisers(s.encoder_law, nn::initialiser::uniform_of_fan(s.hidden)),
        nn::row_normalisation<Rows, T>(s.dim));
    patch_decoder<T, Activation> decoder(linear(code, s.hidden), Activation(), blocks(),
                                         linear(s.hidden, s.patch_size()),
                                         nn::stitch_patches<T>(s.patch, s.side, s.side));
    seam_smoothing<T, Activation> smoothing(
        nn::residual(name<"smooth_in">(nn::convolution_3x3<T>(s.channels, s.smoothing)), Activation(),
                     name<"smooth_out">(nn::convolution_3x3<T>(s.smoothing, s.channels).zero_initialised())));
    if constexpr (attends)
        return {std::move(encoder),
                typename Readout::template module<T, Alpha>(
                    s.rows, s.dim, nn::repeat(nn::spectral_attention<T, Alpha>(s.dim, heads), s.attention_layers)),
                std::move(decoder), std::move(smoothing)};
    else
        return {std::move(encoder), nn::identity<T>(), std::move(decoder), std::move(smoothing)};
}

/// The normalised rows that the encoder gave in the last forward pass of images of shape `x` with this `kept` memory:
/// (batch, patches, rows dim), of which each patch is a matrix of rows x dim.
template <class... Parts, class T>
nn::tensor_view<const T> latent_rows(const nn::chain<Parts...>& m, const nn::shape& x, std::span<const T> kept) {
    return m.template output_of<0>(x, kept);
}

/// The readout's own kept memory, for its `singular_values`, `scaled_values`, `right_vectors` and `close_pairs`, which
/// take the shape of its input, `latent_shape(m, x)`.
template <class... Parts, class T>
std::span<const T> readout_kept(const nn::chain<Parts...>& m, const nn::shape& x, std::span<const T> kept) {
    return m.template kept_of<1>(x, kept);
}
/// The shape of the readout's input, (batch, patches, rows dim), for images of shape `x`.
template <class... Parts>
nn::shape latent_shape(const nn::chain<Parts...>& m, const nn::shape& x) {
    return m.template input_shape_of<1>(x);
}

}  // namespace geolip::models
