// Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT

/// \file
/// Training steps of the sphere-normed patch autoencoder for bench/compare_svae, which also times PyTorch on them:
/// reads lines of a band and a number of steps, answers each with the seconds of wall clock and of processor time that
/// they took and the last loss. With the argument `parts` it prints instead where the processor time of a step goes.

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <iostream>
#include <limits>
#include <map>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "geolip/models/patch_svae.hpp"
#include "geolip/nn/adam.hpp"
#include "geolip/nn/clip.hpp"
#include "geolip/nn/data_parallel.hpp"
#include "geolip/nn/mean_squared_error.hpp"
#include "geolip/nn/parameters.hpp"
#include "geolip/random/fill.hpp"

namespace nn = geolip::nn;

namespace {

using model_type = geolip::models::patch_svae<float>;

constexpr std::size_t batch = 128, shards = 4;

geolip::models::patch_svae_sizes sizes_of(const std::string& band) {
    geolip::models::patch_svae_sizes s;
    if (band == "MID") s.dim = 8;
    if (band == "HIGH") {
        s.dim = 4;
        s.rows = 32;
        s.patch = 4;
    }
    return s;
}

// Pieces of about 128 patches, as the programs cut them.
std::size_t pieces_of(const geolip::models::patch_svae_sizes& s) {
    return (std::max)(std::size_t{1}, batch / shards * s.patches() / 128);
}

class trained {
public:
    trained(const std::string& band, unsigned threads)
        : model_(geolip::models::make_patch_svae<float>(sizes_of(band))),
          images_(batch * 3 * 64 * 64),
          w_(nn::initial_parameters(model_, 1)),
          g_(w_.size()),
          optimiser_(w_.size(), {.rate = 1e-4}),
          step_(model_, shape(), {.shards = shards, .pieces = pieces_of(sizes_of(band)), .threads = threads}) {
        geolip::fill_normal(std::span(images_), {1, 0});
        for (const nn::parameter& p : nn::parameters_of(model_))
            if (p.name.starts_with("cross_attention.")) attention_.push_back({p.offset, p.offset + p.size()});
    }

    static nn::shape shape() { return {batch, 3, 64, 64}; }

    double step() {
        const nn::tensor_view<const float> x(images_.data(), shape());
        const double scale = 1 / static_cast<double>(x.size());
        const double loss = step_.gradient(w_, x, std::span(g_), [&](std::size_t n, auto y, auto dy) {
            return nn::mean_squared_error<float>()(y, x.slice(n, y.extents().front()), dy, scale);
        });
        nn::clip_gradient_norm(std::span(g_), std::span<const nn::parameter_range>(attention_), 0.5);
        optimiser_.step(w_, g_);
        return loss;
    }

private:
    model_type model_;
    std::vector<float> images_, w_, g_;
    nn::adam<float> optimiser_;
    nn::data_parallel<model_type> step_;
    std::vector<nn::parameter_range> attention_;
};

double processor_seconds() { return static_cast<double>(std::clock()) / CLOCKS_PER_SEC; }

/// Milliseconds of the fastest of several turns.
template <class Work>
double fastest(Work work) {
    double best = std::numeric_limits<double>::infinity();
    for (int turn = 0; turn < 7; ++turn) {
        const double begin = processor_seconds();
        work();
        best = (std::min)(best, 1e3 * (processor_seconds() - begin));
    }
    return best;
}

/// A block forward and backward, `count` times on an input of shape `x`.
template <nn::module M>
double time_of(const M& m, const nn::shape& x, std::size_t count, bool input_gradient = true) {
    const nn::shape out = nn::output_shape(m, x);
    const std::vector<float> w = nn::initial_parameters(m, 1);
    std::vector<float> in(x.size()), y(out.size()), dy(out.size()), dx(x.size()), g(w.size());
    geolip::fill_normal(std::span(in), {2, 0});
    geolip::fill_normal(std::span(dy), {3, 0});
    nn::workspace_memory memory(m, x);
    return fastest([&] {
        for (std::size_t i = 0; i < count; ++i) {
            m.forward(w, {in.data(), x}, {y.data(), out}, memory.view());
            m.backward(w, {in.data(), x}, {y.data(), out}, {dy.data(), out},
                       input_gradient ? nn::tensor_view<float>(dx.data(), x) : nn::tensor_view<float>(), g,
                       memory.view());
        }
    });
}

void print_parts() {
    std::printf("%6s%10s%10s%10s%14s%10s\n", "", "step", "products", "eigen", "convolutions", "rest");
    for (const char* band : {"LOW", "MID", "HIGH"}) {
        const geolip::models::patch_svae_sizes s = sizes_of(band);
        trained model(band, 1);
        const double whole = fastest([&] { model.step(); });
        const std::size_t count = shards * pieces_of(s), patches = batch * s.patches() / count;
        const std::size_t code = s.rows * s.dim;
        const auto linear = [&](std::size_t in, std::size_t out, bool first = false) {
            return time_of(nn::linear<float>(in, out), {patches, in}, count, !first);
        };
        const double products = linear(s.patch_size(), s.hidden, true) + 4 * linear(s.hidden, s.hidden) +
                                linear(s.hidden, code) + linear(code, s.hidden) + linear(s.hidden, s.patch_size());
        const double convolutions = time_of(nn::convolution_3x3<float>(3, 16), {1, 3, 64, 64}, batch) +
                                    time_of(nn::convolution_3x3<float>(16, 3), {1, 16, 64, 64}, batch);
        constexpr std::size_t matrices = 512;
        std::vector<double> gram(matrices * s.dim * s.dim), vectors(gram.size()), values(matrices * s.dim);
        std::vector<double> rows(s.rows * s.dim);
        for (std::size_t m = 0; m < matrices; ++m) {
            geolip::fill_normal(std::span(rows), {4, m});
            for (std::size_t i = 0; i < s.dim; ++i)
                for (std::size_t j = 0; j < s.dim; ++j)
                    for (std::size_t r = 0; r < s.rows; ++r)
                        gram[(m * s.dim + i) * s.dim + j] += rows[r * s.dim + i] * rows[r * s.dim + j];
        }
        const double eigen = fastest([&] {
                                 switch (s.dim) {
                                     case 4: return geolip::symmetric_eigen<4, double>(gram, values, vectors);
                                     case 8: return geolip::symmetric_eigen<8, double>(gram, values, vectors);
                                     default: return geolip::symmetric_eigen<16, double>(gram, values, vectors);
                                 }
                             }) *
                             static_cast<double>(batch * s.patches()) / matrices;
        std::printf("%6s%10.1f%10.1f%10.1f%14.1f%10.1f\n", band, whole, products, eigen, convolutions,
                    whole - products - eigen - convolutions);
    }
}

}  // namespace

// bench_svae_step threads|parts
int main(int argc, char** argv) {
    if (argc != 2) return 2;
    if (std::string(argv[1]) == "parts") {
        print_parts();
        return 0;
    }
    std::map<std::string, trained> models;
    for (const char* band : {"LOW", "MID", "HIGH"})
        models.try_emplace(band, band, static_cast<unsigned>(std::atoi(argv[1])));
    std::string band;
    for (int steps = 0; std::cin >> band >> steps;) {
        const auto begin = std::chrono::steady_clock::now();
        const double processor = processor_seconds();
        double last = std::numeric_limits<double>::quiet_NaN();
        for (int i = 0; i < steps; ++i) last = models.at(band).step();
        const std::chrono::duration<double> wall = std::chrono::steady_clock::now() - begin;
        std::printf("%.9f %.9f %.6f\n", wall.count(), processor_seconds() - processor, last);
        std::fflush(stdout);
    }
}
