// Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT

/// \file
/// The library's kernels against what the machine can do: simplices per second beside the limits that arithmetic and
/// memory set, normal draws, CV of a batch of matrices with and without its gradient, sweep items, the products of a
/// linear layer and the passes of a convolution.

#include <benchmark/benchmark.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <ctime>
#include <span>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "geolip/metrics/volume_cv.hpp"
#include "geolip/nn/convolution.hpp"
#include "geolip/nn/data_parallel.hpp"
#include "geolip/nn/gemm.hpp"
#include "geolip/random/fill.hpp"
#include "geolip/random/subset.hpp"
#include "geolip/simplex/volumes.hpp"
#include "geolip/sweep/evaluate.hpp"

#define GEOLIP_SIMD_FILE "limits.inc"
#include "geolip/simd/foreach_target.inc"

namespace {

using benchmark::State;
using geolip::isa;

constexpr isa levels[] = {isa::baseline, isa::avx2, isa::avx512};
constexpr std::uint32_t pool = 512;

template <class T>
constexpr const char* scalar_name = sizeof(T) == 4 ? "float" : "double";

template <class T>
std::uint64_t multiply_add(isa level, std::size_t rounds, T* out) {
    GEOLIP_SIMD_CALL(level, multiply_add(rounds, out));
}
template <class T>
void add_up(isa level, const T* data, std::size_t count, T* out) {
    GEOLIP_SIMD_CALL(level, add_up(data, count, out));
}

/// The most that `work`, which returns what it has done, does in a second of processor time: best of 20.
template <class Work>
double best_rate(Work work) {
    double best = 0;
    for (int i = 0; i < 20; ++i) {
        timespec begin, end;
        clock_gettime(CLOCK_THREAD_CPUTIME_ID, &begin);
        const double done = work();
        clock_gettime(CLOCK_THREAD_CPUTIME_ID, &end);
        best = std::max(best, done / (static_cast<double>(end.tv_sec - begin.tv_sec) +
                                      1e-9 * static_cast<double>(end.tv_nsec - begin.tv_nsec)));
    }
    return best;
}

/// Floating-point operations a second that registers alone allow.
template <class T>
double peak_flops(isa level) {
    T sink;
    return best_rate([&] { return static_cast<double>(multiply_add(level, 100000, &sink)); });
}

/// Bytes a second read from `data` again and again: from the nearest memory that holds it.
template <class T>
double peak_bandwidth(isa level, std::span<const T> data) {
    const std::size_t times = (std::size_t{1} << 23) / data.size_bytes() + 1;
    T sink = 0;
    return best_rate([&] {
        for (std::size_t i = 0; i < times; ++i) add_up(level, data.data(), data.size(), &sink);
        benchmark::DoNotOptimize(sink);
        return static_cast<double>(times * data.size_bytes());
    });
}

/// Volumes of five-point simplices in a pool of 512 rows. Arithmetic: 4 differences and 10 products of edges, which
/// are 24 operations and 14 instructions a coordinate, where the peak counts two operations an instruction. Traffic:
/// the 5 rows of each simplex, from wherever the pool fits.
template <class T>
void volumes(State& state, isa level) {
    const auto dim = static_cast<std::size_t>(state.range(0));
    std::vector<T> data(pool * dim);
    geolip::fill_normal(std::span(data), {1, dim});
    const geolip::matrix_view<const T> points(data.data(), pool, dim);
    std::vector<geolip::volume_reading> out(300);
    std::vector<std::uint32_t> rows(5 * out.size());
    geolip::draw_samples<5>(rows.data(), out.size(), pool, {2, dim});
    for (auto _ : state) {
        geolip::squared_volumes<4>(geolip::edge_gram(), points, rows, out, level);
        benchmark::DoNotOptimize(out.data());
    }
    const double simplices = static_cast<double>(state.iterations()) * static_cast<double>(out.size());
    const double coordinates = static_cast<double>(dim);
    using benchmark::Counter;
    state.counters["simplices/s"] = Counter(simplices, Counter::kIsRate);
    state.counters["flop/s"] = Counter(simplices * 24 * coordinates, Counter::kIsRate);
    state.counters["flop limit/s"] = peak_flops<T>(level) / 2 / (14 * coordinates);
    state.counters["memory limit/s"] =
        peak_bandwidth<T>(level, data) / (5 * coordinates * static_cast<double>(sizeof(T)));
}

template <class T>
void normals(State& state, isa level) {
    std::vector<T> out(1 << 14);
    std::uint64_t first = 0;
    for (auto _ : state) {
        geolip::fill_normal(std::span(out), {1, 2}, first, level);
        first += out.size();
        benchmark::DoNotOptimize(out.data());
    }
    state.counters["draws/s"] = benchmark::Counter(
        static_cast<double>(state.iterations()) * static_cast<double>(out.size()), benchmark::Counter::kIsRate);
}

/// A training step's reading: CV of 64 simplices among 512 x 64 activations.
void cv(State& state, bool with_gradient) {
    std::vector<float> data(512 * 64), slope(data.size());
    geolip::fill_normal(std::span(data), {1, 3});
    const geolip::matrix_view<const float> matrix(data.data(), 512, 64);
    const geolip::matrix_view<float> gradient(slope.data(), 512, 64);
    const geolip::volume_cv<4, float> metric{.samples = 64};
    decltype(metric)::workspace memory;
    for (auto _ : state) {
        benchmark::DoNotOptimize(with_gradient ? metric.value_and_gradient(matrix, gradient, memory)
                                               : metric.value(matrix, memory));
    }
}

/// One configuration of the documented grid, the next at each step.
void sweep(State& state, geolip::sweep::design design, geolip::sweep::draw draw) {
    geolip::sweep::plan plan;
    plan.design = design;
    plan.draw = draw;
    geolip::sweep::basic_evaluator<4> evaluate(plan);
    std::vector<geolip::sweep::entry> out(entries_per_item(plan));
    std::size_t item = 0;
    for (auto _ : state) {
        evaluate(item, out);
        item = (item + 40503) % item_count(plan);  // coprime to any count of a power of two
    }
    state.counters["configurations/s"] = benchmark::Counter(
        static_cast<double>(state.iterations()) * static_cast<double>(out.size()), benchmark::Counter::kIsRate);
}

void samples(State& state) {
    std::vector<std::uint32_t> rows(5 * 300);
    std::uint64_t stream = 0;
    for (auto _ : state) {
        geolip::draw_samples<5>(rows.data(), 300, pool, {1, ++stream});
        benchmark::DoNotOptimize(rows.data());
    }
}

/// The three products of a linear layer, rows x in to rows x out: y = x Wᵀ + b, dx = dy W and dW += dyᵀ x.
enum class product { output, input_gradient, weight_gradient };

template <class T>
void linear(State& state, isa level, product which) {
    const auto rows = static_cast<std::size_t>(state.range(0)), in = static_cast<std::size_t>(state.range(1)),
               out = static_cast<std::size_t>(state.range(2));
    std::vector<T> x(rows * in), y(rows * out), w(out * in), bias(out);
    geolip::fill_normal(std::span(x), {1, 4});
    geolip::fill_normal(std::span(w), {1, 5});
    geolip::fill_normal(std::span(y), {1, 6});
    using geolip::nn::gemm, geolip::nn::gemm_scratch_size, geolip::nn::transposed;
    const geolip::matrix_view<T> inputs(x.data(), rows, in), outputs(y.data(), rows, out), weight(w.data(), out, in);
    std::vector<T> scratch(std::max({gemm_scratch_size<T>(rows, in, out), gemm_scratch_size<T>(rows, out, in),
                                     gemm_scratch_size<T>(out, rows, in)}));
    for (auto _ : state) {
        if (which == product::output)
            gemm<T>(inputs, transposed(weight), outputs, false, bias.data(), scratch, level);
        else if (which == product::input_gradient)
            gemm<T>(outputs, weight, inputs, false, nullptr, scratch, level);
        else
            gemm<T>(transposed(outputs), inputs, weight, false, nullptr, scratch, level);
        benchmark::ClobberMemory();
    }
    using benchmark::Counter;
    state.counters["flop/s"] =
        Counter(static_cast<double>(state.iterations()) * 2 * static_cast<double>(rows * in * out), Counter::kIsRate);
    state.counters["flop limit/s"] = peak_flops<T>(level);
}

/// A 3 x 3 convolution of 16 square images: forward, and backward with and without the input's gradient.
enum class pass { forward, backward, backward_to_parameters };

template <class T>
void convolution(State& state, isa level, pass which) {
    using namespace geolip::nn;
    const auto in = static_cast<std::size_t>(state.range(0)), out = static_cast<std::size_t>(state.range(1)),
               size = static_cast<std::size_t>(state.range(2));
    const convolution_3x3<T> layer(in, out);
    const shape x_shape{16, in, size, size}, y_shape{16, out, size, size};
    std::vector<T> x(x_shape.size()), dx(x.size()), y(y_shape.size()), dy(y.size()), w(layer.parameter_count()),
        dw(w.size());
    geolip::fill_normal(std::span(x), {1, 7});
    geolip::fill_normal(std::span(dy), {1, 8});
    geolip::fill_normal(std::span(w), {1, 9});
    workspace_memory<convolution_3x3<T>> memory(layer, x_shape);
    const tensor_view<T> wanted = which == pass::backward ? tensor_view<T>(dx.data(), x_shape) : tensor_view<T>();
    for (auto _ : state) {
        if (which == pass::forward)
            layer.forward(w, {x.data(), x_shape}, {y.data(), y_shape}, memory.view(level));
        else
            layer.backward(w, {x.data(), x_shape}, {y.data(), y_shape}, {dy.data(), y_shape}, wanted, dw,
                           memory.view(level));
        benchmark::ClobberMemory();
    }
    const double products = static_cast<double>(x.size() * out) * 9 * (which == pass::backward ? 2 : 1);
    using benchmark::Counter;
    state.counters["flop/s"] = Counter(static_cast<double>(state.iterations()) * 2 * products, Counter::kIsRate);
    state.counters["flop limit/s"] = peak_flops<T>(level);
}

template <class T>
void register_for(isa level) {
    const std::string name = std::string(scalar_name<T>) + "/" + geolip::isa_name(level);
    benchmark::RegisterBenchmark(("normals/" + name).c_str(), normals<T>, level);
    auto* const of_volumes = benchmark::RegisterBenchmark(("volumes/" + name).c_str(), volumes<T>, level);
    for (const int dim : {8, 64, 512, 2048}) of_volumes->Arg(dim);
    for (const auto& [which, title] : {std::pair(product::output, "linear/y/"),
                                       {product::input_gradient, "linear/dx/"},
                                       {product::weight_gradient, "linear/dw/"}}) {
        auto* const of_linear = benchmark::RegisterBenchmark((title + name).c_str(), linear<T>, level, which);
        for (const auto& [rows, in, out] : {std::array{500, 256, 768},
                                            {500, 256, 256},
                                            {4000, 256, 768},
                                            {2048, 768, 64},
                                            {32768, 48, 64},
                                            {500, 251, 131},
                                            {62, 256, 10}})
            of_linear->Args({rows, in, out});
    }
    for (const auto& [which, title] : {std::pair(pass::forward, "convolution/forward/"),
                                       {pass::backward, "convolution/backward/"},
                                       {pass::backward_to_parameters, "convolution/backward_to_parameters/"}}) {
        auto* const of_images = benchmark::RegisterBenchmark((title + name).c_str(), convolution<T>, level, which);
        for (const auto& [in, out, size] : {std::array{3, 16, 64}, {16, 3, 64}, {32, 32, 28}})
            of_images->Args({in, out, size});
    }
}

}  // namespace

int main(int argc, char** argv) {
    for (const isa level : levels) {
        if (!geolip::isa_available(level)) continue;
        register_for<float>(level);
        register_for<double>(level);
    }
    benchmark::RegisterBenchmark("samples/300", samples);
    benchmark::RegisterBenchmark("cv/512x64/value", cv, false);
    benchmark::RegisterBenchmark("cv/512x64/value_and_gradient", cv, true);
    using geolip::sweep::design;
    using geolip::sweep::draw;
    benchmark::RegisterBenchmark("sweep/bartlett", sweep, design::independent, draw::bartlett);
    benchmark::RegisterBenchmark("sweep/rows", sweep, design::independent, draw::rows);
    benchmark::RegisterBenchmark("sweep/nested", sweep, design::nested, draw::rows);
    benchmark::Initialize(&argc, argv);
    if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 2;
    benchmark::RunSpecifiedBenchmarks();
    return 0;
}
