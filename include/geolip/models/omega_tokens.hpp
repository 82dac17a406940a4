// Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT
#pragma once

/// \file
/// The singular value decompositions that the patch autoencoder makes of an image's patches, taken out and put in, and
/// what is measured of them.

#include <cmath>
#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include "geolip/models/patch_svae.hpp"
#include "geolip/nn/data_parallel.hpp"
#include "geolip/nn/module.hpp"

namespace geolip::models {

/// A batch of images as the autoencoder sees them: every patch a matrix U diag(s) V' of rows x dim.
template <measured_scalar T>
struct omega_tokens {
    std::size_t images = 0, patches = 0, rows = 0, dim = 0;
    std::vector<T> u;        ///< (images, patches, rows, dim), columns orthonormal where s is not tiny
    std::vector<T> s;        ///< (images, patches, dim): what the attention made of the singular values
    std::vector<T> encoded;  ///< the same, as they were encoded, descending
    std::vector<T> vt;       ///< (images, patches, dim, dim), row j the right singular vector of s_j
};

namespace detail {

template <class M>
struct svae_parts {
    const M& model;
    std::span<const typename M::scalar_type> w;

    template <std::size_t Index>
    std::span<const typename M::scalar_type> parameters() const {
        std::size_t begin = 0;
        [&]<std::size_t... Before>(std::index_sequence<Before...>) {
            ((begin += nn::parameter_count(model.template get<Before>())), ...);
        }(std::make_index_sequence<Index>());
        return w.subspan(begin, nn::parameter_count(model.template get<Index>()));
    }
    /// What part Index makes of `x`, of shape `s`, which becomes the output's. `use(kept)` sees what it kept.
    template <std::size_t Index, class T, class Use>
    std::vector<T> run(const std::vector<T>& x, nn::shape& s, isa level, Use&& use) const {
        const auto& part = model.template get<Index>();
        const nn::shape out = nn::output_shape(part, s);
        std::vector<T> y(out.size());
        nn::workspace_memory memory(part, s);
        const auto view = memory.view(level);
        part.forward(parameters<Index>(), {x.data(), s}, {y.data(), out}, view);
        use(std::span<const T>(view.kept));
        s = out;
        return y;
    }
};

template <class M>
void require_svae_parameters(const M& m, std::size_t got) {
    if (got != nn::parameter_count(m))
        geolip::detail::raise(shape_error("omega_tokens: " + std::to_string(got) + " parameters; the model has " +
                                          std::to_string(nn::parameter_count(m))));
}

}  // namespace detail

/// The tokens of `images`, (batch, channels, side, side), by a model with the `spectral_readout`. U is M V diag(1/s), M
/// the normalised rows; a column whose singular value is rounding noise is noise itself.
/// \throws shape_error when the images or the parameters do not fit
template <class M>
omega_tokens<typename M::scalar_type> encode(const M& m, std::span<const typename M::scalar_type> w,
                                             nn::tensor_view<const typename M::scalar_type> images,
                                             isa level = isa::automatic) {
    using T = typename M::scalar_type;
    detail::require_svae_parameters(m, w.size());
    const detail::svae_parts<M> parts{m, w};
    nn::shape at = images.extents();
    const std::vector<T> pixels(images.elements().begin(), images.elements().end());
    const std::vector<T> matrices = parts.template run<0>(pixels, at, level, [](auto) {});
    const auto& readout = m.template get<1>();
    omega_tokens<T> tokens{at[0], at[1], readout.rows(), readout.dim(), {}, {}, {}, {}};
    const nn::shape latent = at;
    parts.template run<1>(matrices, at, level, [&](std::span<const T> kept) {
        const auto copy = [](auto view) { return std::vector<T>(view.elements().begin(), view.elements().end()); };
        tokens.encoded = copy(readout.singular_values(latent, kept));
        tokens.s = copy(readout.scaled_values(latent, kept));
        tokens.vt = copy(readout.right_vectors(latent, kept));
    });
    const std::size_t dim = tokens.dim, rows = tokens.rows;
    tokens.u.resize(matrices.size());
    for (std::size_t p = 0; p < tokens.images * tokens.patches; ++p)
        for (std::size_t i = 0; i < rows; ++i)
            for (std::size_t j = 0; j < dim; ++j) {
                T sum = 0;
                for (std::size_t k = 0; k < dim; ++k)
                    sum += matrices[(p * rows + i) * dim + k] * tokens.vt[(p * dim + j) * dim + k];
                tokens.u[(p * rows + i) * dim + j] = sum / tokens.encoded[p * dim + j];
            }
    return tokens;
}

/// The images that the model's decoder makes of tokens: those of `encode` give what `forward` gives, to rounding;
/// others, changed ones or those of another model aligned with it, whatever they mean to it.
/// \throws shape_error when the tokens or the parameters do not fit the model
template <class M>
std::vector<typename M::scalar_type> decode(const M& m, std::span<const typename M::scalar_type> w,
                                            const omega_tokens<typename M::scalar_type>& tokens,
                                            isa level = isa::automatic) {
    using T = typename M::scalar_type;
    detail::require_svae_parameters(m, w.size());
    const auto& readout = m.template get<1>();
    const std::size_t rows = tokens.rows, dim = tokens.dim, patches = tokens.images * tokens.patches;
    if (rows != readout.rows() || dim != readout.dim() || tokens.u.size() != patches * rows * dim ||
        tokens.s.size() != patches * dim || tokens.vt.size() != patches * dim * dim)
        geolip::detail::raise(shape_error(
            "omega_tokens: tokens of matrices of " + std::to_string(rows) + " x " + std::to_string(dim) + " with " +
            std::to_string(tokens.u.size()) + ", " + std::to_string(tokens.s.size()) + " and " +
            std::to_string(tokens.vt.size()) + " elements of U, s and V'; expected matrices of " +
            std::to_string(readout.rows()) + " x " + std::to_string(readout.dim()) + ", one for each patch"));
    nn::shape at{tokens.images, tokens.patches, rows * dim};
    std::vector<T> matrices(at.size());
    for (std::size_t p = 0; p < patches; ++p)
        for (std::size_t i = 0; i < rows; ++i)
            for (std::size_t j = 0; j < dim; ++j) {
                const T scaled = tokens.u[(p * rows + i) * dim + j] * tokens.s[p * dim + j];
                for (std::size_t k = 0; k < dim; ++k)
                    matrices[(p * rows + i) * dim + k] += scaled * tokens.vt[(p * dim + j) * dim + k];
            }
    const detail::svae_parts<M> parts{m, w};
    const std::vector<T> patches_out = parts.template run<2>(matrices, at, level, [](auto) {});
    return parts.template run<3>(patches_out, at, level, [](auto) {});
}

/// What is measured of singular values: means over all patches.
struct spectrum_summary {
    double effective_rank = 0;            ///< exp(-sum p ln p), p = s / sum s, of the encoded values
    double change = 0;                    ///< S-delta: |s' - s|, s' what the attention made of s
    double ratio = 0;                     ///< the largest over the smallest encoded value
    std::vector<double> singular_values;  ///< the encoded ones, descending
};

/// Of `before` and `after`, (…, dim), such as `svd_readout`'s `singular_values` and `scaled_values`. O. Roy, M.
/// Vetterli, *The effective rank*, EUSIPCO 2007. Nothing but zeros for no patches. Summed in double, in order.
/// \throws shape_error when their shapes differ
template <measured_scalar T>
spectrum_summary summarise_spectrum(nn::tensor_view<const T> before, nn::tensor_view<const T> after) {
    if (before.extents() != after.extents())
        geolip::detail::raise(shape_error("summarise_spectrum: singular values of shape " +
                                          to_string(before.extents()) + " before and " + to_string(after.extents()) +
                                          " after; expected equal shapes"));
    spectrum_summary sum;
    const std::size_t dim = before.cols();
    const auto patches = static_cast<double>(before.rows());
    sum.singular_values.resize(dim);
    for (std::size_t p = 0; p < before.size(); p += dim) {
        double total = 0, change = 0, entropy = 0;
        for (std::size_t j = 0; j < dim; ++j) {
            const auto s = static_cast<double>(before[p + j]);
            total += s;
            change += std::abs(static_cast<double>(after[p + j]) - s);
            sum.singular_values[j] += s / patches;
        }
        for (std::size_t j = 0; j < dim; ++j)
            if (const double q = static_cast<double>(before[p + j]) / total; q > 0) entropy -= q * std::log(q);
        sum.effective_rank += std::exp(entropy) / patches;
        sum.change += change / static_cast<double>(dim) / patches;
        sum.ratio += static_cast<double>(before[p]) / static_cast<double>(before[p + dim - 1]) / patches;
    }
    return sum;
}

/// alpha of every mode, for every attention layer of the model.
template <class M>
std::vector<std::vector<typename M::scalar_type>> alpha_profile(const M& m,
                                                                std::span<const typename M::scalar_type> w) {
    using T = typename M::scalar_type;
    detail::require_svae_parameters(m, w.size());
    const auto& layers = m.template get<1>().modes();
    const std::span<const T> own = detail::svae_parts<M>{m, w}.template parameters<1>();
    std::vector<std::vector<T>> alpha(layers.count(), std::vector<T>(m.template get<1>().dim()));
    for (std::size_t i = 0; i < layers.count(); ++i)
        layers.get().alpha(layers.parameters_of_copy(own, i), std::span(alpha[i]));
    return alpha;
}

}  // namespace geolip::models
