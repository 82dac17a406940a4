// Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT

/// \file
/// The documented weight battery of a T5 checkpoint for bench/compare_weights, which also times PyTorch on it: answers
/// a line "run" with the seconds of wall clock and of processor time that it took, and "figures" with all figures, a
/// name and numbers a line, and an empty line.

#include <Eigen/Core>
#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <functional>
#include <iostream>
#include <map>
#include <numeric>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "geolip/backend/work_queue.hpp"
#include "geolip/checkpoint/model_files.hpp"
#include "geolip/linalg/singular_values.hpp"
#include "geolip/metrics.hpp"
#include "geolip/metrics/qk_balance.hpp"
#include "geolip/nn/gemm.hpp"

namespace {

namespace cp = geolip::checkpoint;
using view = geolip::matrix_view<const float>;
using figures = std::map<std::string, std::vector<double>>;

struct matrix {
    std::vector<float> values;
    std::size_t rows, cols;
    operator view() const { return {values.data(), rows, cols}; }
};

class model {
public:
    explicit model(const char* path) : files_(path) {}
    std::span<const cp::tensor_info> tensors() const { return files_.tensors(); }
    matrix read(std::size_t i) const {
        const cp::tensor_info& t = tensors()[i];
        matrix m{std::vector<float>(t.size()), t.shape.at(0), t.shape.size() > 1 ? t.shape[1] : 1};
        files_.read<float>(i, 0, std::span(m.values));
        return m;
    }
    matrix read(std::string_view name) const {
        for (std::size_t i = 0; i < tensors().size(); ++i)
            if (tensors()[i].name == name) return read(i);
        std::fprintf(stderr, "there is no tensor %.*s\n", static_cast<int>(name.size()), name.data());
        std::exit(1);
    }

private:
    cp::model_files files_;
};

std::vector<double> spectrum_figures(const std::vector<double>& v) {
    return {*geolip::stable_rank(v),
            *geolip::participation_ratio(v),
            *geolip::active_fraction(v),
            static_cast<double>(*geolip::rank_for_share(v)),
            v.front(),
            v.back()};
}

std::vector<double> tensor_figures(const matrix& m, bool spectrum) {
    geolip::entry_scan<float> scan(std::array{1e-6, 1e-4, 1e-3, 1e-2, 1e-1});
    scan.add(view(m));
    const geolip::entry_statistics s = scan.result();
    std::vector<double> out(s.below.begin(), s.below.end());
    if (spectrum) {
        const std::vector<double> more = spectrum_figures(geolip::singular_values(view(m)));
        out.insert(out.end(), more.begin(), more.end());
    }
    return out;
}

/// Stable rank and participation of the product, its asymmetry, eigenvalues of either sign, and the five largest.
std::vector<double> balance_figures(const matrix& q, const matrix& k) {
    matrix product{std::vector<float>(q.rows * k.rows), q.rows, k.rows};
    std::vector<float> scratch(geolip::nn::gemm_scratch_size<float>(q.rows, q.cols, k.rows));
    geolip::nn::gemm<float>(q, geolip::nn::transposed(view(k)), {product.values.data(), q.rows, k.rows}, false, nullptr,
                            scratch);
    const std::vector<double> values = geolip::singular_values(view(product));
    const geolip::qk_balance_reading r = geolip::qk_balance(view(q), view(k));
    std::vector<double> out{*geolip::stable_rank(values), *geolip::participation_ratio(values), *r.symmetry_deviation,
                            static_cast<double>(r.positive), static_cast<double>(r.negative)};
    out.insert(out.end(), r.eigenvalues.begin(), r.eigenvalues.begin() + 5);
    return out;
}

std::vector<double> embedding_figures(const matrix& m) {
    const view e(m);
    std::vector<double> out;
    const auto add = [&](const geolip::distribution& d) {
        out.insert(out.end(), {*d.mean(), *d.sd()});
        for (const double p : {0.01, 0.05, 0.25, 0.5, 0.75, 0.95, 0.99}) out.push_back(*d.percentile(p));
    };
    add(*geolip::row_norms(e).values);
    const geolip::distribution cosines = *geolip::pairwise_cosines(e.first_rows(5000), {.rows = 0}).values;
    add(cosines);
    for (const double at : {0.0, 0.19471, 0.29514, 0.5}) out.push_back(*cosines.share_between(at - 0.01, at + 0.01));
    const std::vector<double> variances = geolip::covariance_eigenvalues(e);
    out.push_back(*geolip::participation_ratio(variances));
    for (const double share : {0.8, 0.9, 0.95, 0.99})
        out.push_back(static_cast<double>(*geolip::rank_for_share(variances, share)));
    return out;
}

/// Mean and CV of the volumes of 1000 simplices of rows 6 apart, and the mean of as many of normal points.
std::vector<double> volume_figures(const matrix& m) {
    std::vector<std::uint32_t> rows(5000);
    std::vector<geolip::volume_reading> readings(1000);
    const auto moments = [&](view points) {
        geolip::squared_volumes<4>(geolip::edge_gram(), points, std::span<const std::uint32_t>(rows),
                                   std::span(readings));
        double sum = 0, squares = 0;
        for (const auto& r : readings) sum += std::sqrt(r.squared_volume), squares += r.squared_volume;
        const double mean = sum / 1000;
        return std::pair(mean, std::sqrt(squares / 1000 - mean * mean) / mean);
    };
    for (std::uint32_t i = 0; i < 5000; ++i) rows[i] = 6 * i;
    const auto [mean, cv] = moments(m);
    geolip::entry_scan<float> scan;
    scan.add(view(m));
    const double size = *scan.result().root_mean_square();
    matrix normal{std::vector<float>(5000 * m.cols), 5000, m.cols};
    geolip::fill_normal(std::span(normal.values), {1, 0});
    std::iota(rows.begin(), rows.end(), 0u);
    return {mean, cv, mean / (moments(normal).first * std::pow(size, 4))};
}

figures battery(const model& m, unsigned threads) {
    std::vector<std::pair<std::string, std::function<std::vector<double>()>>> tasks;
    const auto add = [&](std::string name, auto work) { tasks.emplace_back(std::move(name), work); };
    const auto part = [](const std::string& name, const char* what) { return name.find(what) != name.npos; };
    add("embedding", [&] { return embedding_figures(m.read("shared.weight")); });
    add("volumes", [&] { return volume_figures(m.read("shared.weight")); });
    for (std::size_t i = 0; i < m.tensors().size(); ++i) {
        const std::string& name = m.tensors()[i].name;
        const bool linear = part(name, "Attention.") && !part(name, "bias");
        add("tensor " + name,
            [&m, i, spectrum = linear || part(name, "DenseReluDense")] { return tensor_figures(m.read(i), spectrum); });
        if (part(name, "norm"))
            add("scales " + name, [&m, i] {
                const matrix w = m.read(i);
                double sum = 0, squares = 0;
                for (const float x : w.values) sum += static_cast<double>(x), squares += static_cast<double>(x * x);
                const double n = static_cast<double>(w.rows), mean = sum / n;
                const auto count = [&](auto is) {
                    return static_cast<double>(std::count_if(w.values.begin(), w.values.end(), is));
                };
                return std::vector<double>{
                    mean, std::sqrt(std::max(squares / n - mean * mean, 0.0)), count([](float x) { return x > 1.5f; }),
                    count([](float x) { return x < 0.5f; }), count([](float x) { return x > 0.8f && x < 1.2f; })};
            });
        if (part(name, "relative_attention_bias"))
            add("positions " + name, [&m, i] {
                std::vector<double> out;
                for (const auto& h : geolip::position_bias(view(m.read(i))).heads)
                    out.insert(out.end(),
                               {h.smallest, h.largest, h.falling, *h.correlation, static_cast<double>(h.peak)});
                return out;
            });
    }
    for (const std::string side : {"encoder", "decoder"}) {
        const auto of = [side](int layer, const std::string& rest) {
            return side + ".block." + std::to_string(layer) + ".layer." + rest + ".weight";
        };
        const std::string feed = side == "encoder" ? "1.DenseReluDense." : "2.DenseReluDense.";
        for (int layer = 0; layer < 6; ++layer) {
            add("balance " + side + " " + std::to_string(layer), [&m, of, layer] {
                return balance_figures(m.read(of(layer, "0.SelfAttention.q")), m.read(of(layer, "0.SelfAttention.k")));
            });
            add("neurons " + side + " " + std::to_string(layer), [&m, of, layer, feed] {
                const matrix up = m.read(of(layer, feed + "wi")), down = m.read(of(layer, feed + "wo"));
                const auto r = geolip::neuron_importance(view(up), view(down));
                return std::vector<double>{static_cast<double>(r.dead), static_cast<double>(r.weak), r.mean};
            });
        }
        for (const std::string& kind : {std::string("0.SelfAttention.q"), std::string("0.SelfAttention.k"),
                                        std::string("0.SelfAttention.v"), feed + "wi", feed + "wo"})
            add("layers " + side + " " + kind, [&m, of, kind] {
                std::vector<matrix> layers;
                for (int layer = 0; layer < 6; ++layer) layers.push_back(m.read(of(layer, kind)));
                const std::vector<view> views(layers.begin(), layers.end());
                std::vector<double> out;
                for (const auto& c : geolip::layer_correlation(std::span<const view>(views)).cosines) out.push_back(*c);
                return out;
            });
    }
    std::vector<std::vector<double>> results(tasks.size());
    geolip::work_queue queue(tasks.size());
    queue.run(threads, [&](std::size_t) {
        while (const auto i = queue.next()) results[*i] = tasks[*i].second();
    });
    figures out;
    for (std::size_t i = 0; i < tasks.size(); ++i) out[tasks[i].first] = std::move(results[i]);
    return out;
}

}  // namespace

// bench_weight_battery model.safetensors threads
int main(int argc, char** argv) {
    if (argc != 3) return 2;
    const auto threads = static_cast<unsigned>(std::atoi(argv[2]));
    for (std::string line; std::getline(std::cin, line);) {
        const auto begin = std::chrono::steady_clock::now();
        const std::clock_t processor = std::clock();
        const figures found = battery(model(argv[1]), threads);
        const double processor_seconds = static_cast<double>(std::clock() - processor) / CLOCKS_PER_SEC;
        const std::chrono::duration<double> wall = std::chrono::steady_clock::now() - begin;
        if (line == "figures") {
            for (const auto& [name, numbers] : found) {
                std::printf("%s\t", name.c_str());
                for (const double x : numbers) std::printf(" %.17g", x);
                std::printf("\n");
            }
            std::printf("end\n");
        } else {
            std::printf("%.9f %.9f 0\n", wall.count(), processor_seconds);
        }
        std::fflush(stdout);
    }
}
