// Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT
#pragma once

/// \file
/// Looks into a sphere-normed autoencoder, trained or not: the CV of its latent rows over many patches, its error on
/// images of any kind, and what each singular direction carries.

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "geolip/core/matrix_view.hpp"
#include "geolip/metrics/volume_cv.hpp"
#include "geolip/models/patch_svae.hpp"
#include "geolip/nn/chain.hpp"
#include "geolip/nn/data_parallel.hpp"
#include "support/moments.hpp"
#include "support/svae_run.hpp"

namespace examples {

/// The autoencoder as documented: GELU, rows on the sphere, bounded alpha.
using plain_svae = geolip::models::patch_svae<float>;

inline geolip::models::patch_svae_sizes sizes_of(const svae_settings& s) {
    return {.side = s.side,
            .patch = s.patch,
            .rows = s.rows,
            .dim = s.dim,
            .hidden = s.hidden,
            .depth = s.depth,
            .attention_layers = s.attention_layers};
}

/// "V64-D16-p16-h64-d1"
inline std::string name_of(const svae_settings& s) {
    std::string name = "V";
    for (const auto& [size, next] : {std::pair(s.rows, "-D"), std::pair(s.dim, "-p"), std::pair(s.patch, "-h"),
                                     std::pair(s.hidden, "-d"), std::pair(s.depth, "")}) {
        name += std::to_string(size);
        name += next;
    }
    return name;
}

/// Squared errors of reconstructions and what there was to reconstruct, per element.
struct svae_error {
    double squares = 0, power = 0;
    std::size_t images = 0;

    void add(double error, double image_power) {
        squares += error;
        power += image_power;
        ++images;
    }
    double mse() const { return squares / static_cast<double>(images); }
    /// Of the error that a reconstruction of zeros makes; below 1 something is explained.
    double relative() const { return squares / power; }
};

/// One image at a time through a model of these settings.
class svae_probe {
public:
    explicit svae_probe(const svae_settings& s)
        : settings_(s),
          model_(geolip::models::make_patch_svae<float>(sizes_of(s))),
          image_({1, 3, s.side, s.side}),
          latent_(geolip::models::latent_shape(model_, image_)),
          memory_(model_, image_),
          decoder_(model_.get<2>(), model_.get<3>()),
          decoder_memory_(decoder_, latent_),
          matrices_(latent_.size()),
          output_(image_.size()) {}

    const plain_svae& model() const { return model_; }
    std::size_t image_size() const { return image_.size(); }
    std::size_t patches() const { return latent_[1]; }

    /// The reconstruction of `image` with parameters `w`. What the functions below show is that of the last image.
    std::span<const float> reconstruct(std::span<const float> w, std::span<const float> image) {
        w_ = w;
        model_.forward(w, {image.data(), image_}, {output_.all().data(), image_}, memory_.view(settings_.isa));
        return output_.all();
    }

    /// The encoder's rows of a patch, V x D.
    geolip::matrix_view<const float> rows(std::size_t patch) {
        const auto all = geolip::models::latent_rows(model_, image_, kept());
        return {all.data() + patch * settings_.rows * settings_.dim, settings_.rows, settings_.dim};
    }
    /// Descending.
    std::span<const float> singular_values(std::size_t patch) {
        return of_patch(model_.get<1>().singular_values(latent_, readout_kept()), patch);
    }
    /// What the cross-attention made of them.
    std::span<const float> scaled_values(std::size_t patch) {
        return of_patch(model_.get<1>().scaled_values(latent_, readout_kept()), patch);
    }

    /// The reconstruction of the last image from the part of every patch's matrix along the right singular directions
    /// that `keep` says, in the order of the singular values.
    std::span<const float> reconstruct_from(const std::vector<bool>& keep) {
        const std::size_t dim = settings_.dim;
        const auto whole = model_.output_of<1>(image_, kept());
        const auto vectors = model_.get<1>().right_vectors(latent_, readout_kept());
        std::vector<float> projection(dim * dim);
        for (std::size_t p = 0; p < patches(); ++p) {
            std::fill(projection.begin(), projection.end(), 0.0f);
            for (std::size_t j = 0; j < dim; ++j) {
                if (!keep[j]) continue;
                const float* v = vectors.data() + (p * dim + j) * dim;
                for (std::size_t a = 0; a < dim; ++a)
                    for (std::size_t b = 0; b < dim; ++b) projection[a * dim + b] += v[a] * v[b];
            }
            for (std::size_t r = 0; r < settings_.rows; ++r) {
                const std::size_t row = (p * settings_.rows + r) * dim;
                for (std::size_t b = 0; b < dim; ++b) {
                    float sum = 0;
                    for (std::size_t a = 0; a < dim; ++a) sum += whole[row + a] * projection[a * dim + b];
                    matrices_.all()[row + b] = sum;
                }
            }
        }
        decoder_.forward(w_.last(geolip::nn::parameter_count(decoder_)), {matrices_.all().data(), latent_},
                         {output_.all().data(), image_}, decoder_memory_.view(settings_.isa));
        return output_.all();
    }

private:
    std::span<const float> kept() { return memory_.view().kept; }
    std::span<const float> readout_kept() { return geolip::models::readout_kept(model_, image_, kept()); }
    static std::span<const float> of_patch(geolip::nn::tensor_view<const float> values, std::size_t patch) {
        return values.elements().subspan(patch * values.cols(), values.cols());
    }

    // The decoder and the smoothing of its seams: all that follows the readout.
    using decoder_type = geolip::nn::chain<plain_svae::module_type<2>, plain_svae::module_type<3>>;

    svae_settings settings_;
    plain_svae model_;
    geolip::nn::shape image_, latent_;
    geolip::nn::workspace_memory<plain_svae> memory_;
    decoder_type decoder_;
    geolip::nn::workspace_memory<decoder_type> decoder_memory_;
    geolip::nn::aligned_memory<float> matrices_, output_;
    std::span<const float> w_;
};

/// Mean squared difference of an image and its reconstruction, and of the image and zero.
inline void add_error(svae_error& error, std::span<const float> image, std::span<const float> reconstruction) {
    double squares = 0, power = 0;
    for (std::size_t i = 0; i < image.size(); ++i) {
        const double x = static_cast<double>(image[i]);
        const double d = x - static_cast<double>(reconstruction[i]);
        squares += d * d;
        power += x * x;
    }
    error.add(squares / static_cast<double>(image.size()), power / static_cast<double>(image.size()));
}

/// What a model makes of some images.
struct svae_measurement {
    moments cv;        ///< of single patches, `patches_read` of each image
    svae_error error;  ///< of all images
};

/// `images` holds whole images. The patches read are spread evenly over each image; a patch's simplices are drawn from
/// (seed, its number), so the same patches give the same draws whatever the parameters.
inline svae_measurement measure_svae(svae_probe& probe, const svae_settings& s, std::span<const float> w,
                                     std::span<const float> images, std::size_t patches_read = 8) {
    svae_measurement out;
    geolip::volume_cv<4, float, geolip::cpu, geolip::documented_sweep> metric{
        .samples = s.samples, .seed = s.seed, .null_replicates = 0};
    typename decltype(metric)::workspace memory;
    const std::size_t size = probe.image_size();
    patches_read = std::min(patches_read, probe.patches());
    for (std::size_t i = 0; i < images.size() / size; ++i) {
        const std::span<const float> image = images.subspan(i * size, size);
        add_error(out.error, image, probe.reconstruct(w, image));
        for (std::size_t p = 0; p < patches_read; ++p) {
            metric.stream = i * patches_read + p;
            if (const auto cv = metric.value(probe.rows(p * probe.patches() / patches_read), memory)) out.cv.add(*cv);
        }
    }
    return out;
}

}  // namespace examples
