// Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT
#pragma once

/// \file
/// What the three bands of the sphere-normed autoencoder are before anything is trained: the CV of random rows under
/// each row rule through the documented estimator, areas of spheres, and what a patch costs.

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <numbers>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "geolip/core/estimate.hpp"
#include "geolip/core/matrix_view.hpp"
#include "geolip/metrics/volume_cv.hpp"
#include "geolip/nn/row_normalisation.hpp"
#include "geolip/random/fill.hpp"
#include "support/moments.hpp"
#include "support/svae_run.hpp"

namespace examples {

inline constexpr int band_order = 4;  ///< five points

/// Area of the unit sphere S^{D-1}, 2 pi^(D/2) / Gamma(D/2), by A(D) = 2 pi / (D - 2) A(D - 2). The relative error is
/// at most D rounding errors. Dimensions from 1 on.
inline double sphere_area(unsigned dim) {
    double area = dim % 2 == 1 ? 2 : 2 * std::numbers::pi;
    for (unsigned d = dim % 2 == 1 ? 3 : 4; d <= dim; d += 2) area *= 2 * std::numbers::pi / (d - 2);
    return area;
}

/// A reading: `samples` simplices among `rows` rows in `dim` dimensions.
struct pool_shape {
    std::size_t rows = 64, dim = 16, samples = 200;
    geolip::isa isa = geolip::isa::automatic;
};

/// The readings of many random pools.
struct pool_readings {
    std::vector<double> readings;  ///< of the pools with a value
    moments cv;                    ///< of them
    moments volume;                ///< their mean volumes
    std::size_t pools = 0;         ///< with a value or without
    double counted = 0;            ///< the share of volumes that the validity rule keeps
    geolip::undefined_reason reason = geolip::undefined_reason::none;  ///< of the last pool without a value
};

/// CV of `pools` pools of Gaussian rows in T after the row rule, each with its own simplices. `Measured` is the scalar
/// they are measured in. Pool i depends on (seed, purpose, i) alone.
template <class Rule, class T, class Validity = geolip::documented_sweep, class Measured = T>
pool_readings read_pools(const pool_shape& shape, std::size_t pools, std::uint64_t seed, std::uint64_t purpose = 50) {
    std::vector<T> drawn(shape.rows * shape.dim), rows(drawn.size()), kept(Rule::kept_size(shape.rows));
    std::vector<Measured> measured(drawn.size());
    geolip::volume_cv<band_order, Measured, geolip::cpu, Validity> metric{
        .samples = shape.samples, .seed = seed, .backend = geolip::cpu{.isa = shape.isa}};
    typename decltype(metric)::workspace memory;
    pool_readings out;
    out.pools = pools;
    std::size_t valid = 0;
    for (std::uint64_t pool = 0; pool < pools; ++pool) {
        geolip::fill_normal(std::span(drawn), {seed, (purpose << 56) | pool}, 0, shape.isa);
        Rule::forward(drawn.data(), rows.data(),
                      geolip::nn::row_block<T>{shape.rows, shape.dim, kept.data(), shape.isa});
        for (std::size_t i = 0; i < rows.size(); ++i) measured[i] = static_cast<Measured>(rows[i]);
        metric.stream = pool;
        const geolip::volume_statistics s =
            metric.statistics(geolip::matrix_view<const Measured>(measured.data(), shape.rows, shape.dim), memory);
        valid += s.counts.valid;
        if (s.cv) {
            out.readings.push_back(*s.cv);
            out.cv.add(*s.cv);
            out.volume.add(s.mean);
        } else {
            out.reason = s.reason;
        }
    }
    out.counted = static_cast<double>(valid) / static_cast<double>(pools * shape.samples);
    return out;
}

/// How many standard deviations a figure lies from what chance gives, if it is the mean of `count` readings.
inline std::optional<double> deviations(double figure, const moments& chance, unsigned count = 1) {
    if (!chance.sd() || !(*chance.sd() > 0)) return std::nullopt;
    const double own = *chance.sd() / std::sqrt(static_cast<double>(count));
    return (figure - *chance.mean()) / std::hypot(own, *chance.standard_error());
}

/// One matrix product of the pipeline, for one patch.
struct pipeline_step {
    std::string name;
    std::size_t in = 0, out = 0;  ///< widths
    std::size_t products = 0;     ///< multiply-accumulates, which are the weights too
    std::size_t biases = 0;
};

/// The Linear layers that a patch passes, in order; the two of a residual block are one step.
inline std::vector<pipeline_step> pipeline_of(const svae_settings& s) {
    const std::size_t patch = 3 * s.patch * s.patch, latent = s.rows * s.dim, h = s.hidden;
    const auto linear = [](const char* name, std::size_t in, std::size_t out) {
        return pipeline_step{name, in, out, in * out, out};
    };
    const pipeline_step blocks{"residual MLP", h, h, 2 * h * h * s.depth, 2 * h * s.depth};
    return {linear("enc_in", patch, h),  blocks, linear("enc_out", h, latent),
            linear("dec_in", latent, h), blocks, linear("dec_out", h, patch)};
}

/// What a configuration costs. Only the Linear layers are what the document lists.
struct pipeline_cost {
    std::size_t patches = 0;             ///< of an image
    std::size_t linear_products = 0;     ///< multiply-accumulates of a patch in the Linear layers
    std::size_t readout_products = 0;    ///< of a patch: G = M'M, U = M V, U diag(S) V'
    std::size_t attention_products = 0;  ///< of a patch: the Linear layers, scores and weighted sums
    std::size_t smoothing_products = 0;  ///< of an image: the two convolutions
    std::size_t parameters = 0;          ///< all of them, biases and LayerNorms included

    std::size_t linear_products_of_image() const { return patches * linear_products; }
    std::size_t products_of_image() const {
        return patches * (linear_products + readout_products + attention_products) + smoothing_products;
    }
};

inline pipeline_cost cost_of(const svae_settings& s) {
    constexpr std::size_t channels = 3, smoothing = 16, window = 9;
    const std::size_t dim = s.dim;
    pipeline_cost c;
    c.patches = (s.side / s.patch) * (s.side / s.patch);
    for (const pipeline_step& step : pipeline_of(s)) {
        c.linear_products += step.products;
        c.parameters += step.products + step.biases;
    }
    c.readout_products = 3 * s.rows * dim * dim;
    c.attention_products = s.attention_layers * (4 * dim * dim + 2 * c.patches * dim);
    c.smoothing_products = 2 * channels * smoothing * window * s.side * s.side;
    const std::size_t block_norms = 2 * s.depth * 2 * s.hidden;
    const std::size_t attention = 2 * dim + 4 * dim * dim + 4 * dim + dim;  // LayerNorm, qkv, out, alpha
    c.parameters += block_norms + s.attention_layers * attention;
    c.parameters += 2 * channels * smoothing * window + smoothing + channels;
    return c;
}

}  // namespace examples
