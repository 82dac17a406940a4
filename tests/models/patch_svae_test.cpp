// Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT
#include "geolip/models/patch_svae.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "fixtures/svae_step.hpp"
#include "geolip/nn/data_parallel.hpp"
#include "geolip/nn/gradient_check.hpp"
#include "geolip/nn/mean_squared_error.hpp"
#include "geolip/nn/parameters.hpp"
#include "geolip/random/fill.hpp"
#include "support/levels.hpp"

namespace models = geolip::models;
namespace nn = geolip::nn;
using models::make_patch_svae;
using models::patch_svae_sizes;
using nn::shape;
using nn::tensor_view;

namespace {

// The drawing and the sketches of make_svae_step.py.
std::uint64_t splitmix64(std::uint64_t x) {
    x += 0x9E3779B97F4A7C15u;
    x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9u;
    x = (x ^ (x >> 27)) * 0x94D049BB133111EBu;
    return x ^ (x >> 31);
}
template <class T>
void draw(std::span<T> out, std::uint64_t tag, double scale, double centre) {
    for (std::size_t i = 0; i < out.size(); ++i) {
        const double u = static_cast<double>(splitmix64((tag << 32) + i) >> 40) / 16777216;
        out[i] = static_cast<T>(scale * (2 * u - 1) + centre);
    }
}
/// The norm of the difference of `values` and what `known` is the sketch of, as the sketches estimate it.
template <class T>
double distance(std::span<const T> values, const fixtures::svae_sketch& known) {
    double sum = 0;
    if (values.size() <= known.size()) {
        for (std::size_t i = 0; i < values.size(); ++i) sum += std::pow(static_cast<double>(values[i]) - known[i], 2);
        return std::sqrt(sum);
    }
    for (std::size_t j = 0; j < known.size(); ++j) {
        double sketch = 0;
        for (std::size_t i = 0; i < values.size(); ++i) {
            const auto value = static_cast<double>(values[i]);
            sketch += (splitmix64((std::uint64_t{1} << 40) + i) >> j) & 1 ? -value : value;
        }
        sum += std::pow(sketch - known[j], 2);
    }
    return std::sqrt(sum / static_cast<double>(known.size()));
}

template <class T>
auto model_of(const fixtures::svae_step& known) {
    return make_patch_svae<T>({.side = known.side,
                               .patch = known.patch,
                               .rows = known.rows,
                               .dim = known.dim,
                               .hidden = known.hidden,
                               .depth = known.depth,
                               .attention_layers = known.layers});
}

struct drawn {
    template <class M>
    explicit drawn(const M& m) : w(nn::parameter_count(m)) {
        for (const nn::parameter& p : nn::parameters_of(m)) {
            const std::span<double> out = p.in(std::span(w)).elements();
            geolip::fill_normal(out, {7, p.offset});
            for (double& v : out) v = p.name.ends_with("norm.weight") ? 1 + 0.1 * v : 0.3 * v;
        }
    }
    std::vector<double> w;
};

std::vector<double> images_of(const shape& s) {
    std::vector<double> x(s.size());
    geolip::fill_normal(std::span(x), {8, 0});
    return x;
}

template <class M>
void check_gradients_of(const M& m, const shape& s) {
    const drawn at(m);
    const std::vector<double> x = images_of(s);
    for (const auto& e : nn::check_gradients(m, at.w, tensor_view<const double>(x.data(), s))) {
        CAPTURE(e.name);
        CHECK(e.error < 1e-6);
    }
}

// Rows of length 2 |x|: a rule of the user's own.
struct doubled_rows {
    static constexpr std::size_t kept_size(std::size_t) { return 0; }
    template <class T>
    static void forward(const T* x, T* y, const nn::row_block<T>& b) {
        for (std::size_t i = 0; i < b.size(); ++i) y[i] = 2 * x[i];
    }
    template <class T>
    static void backward(const T*, const T*, const T* dy, T* dx, const nn::row_block<T>& b) {
        for (std::size_t i = 0; i < b.size(); ++i) dx[i] = 2 * dy[i];
    }
};

}  // namespace

TEST_CASE("the documented models have the documented numbers of parameters") {
    CHECK(nn::parameter_count(make_patch_svae<float>({})) == 250211);
    CHECK(nn::parameter_count(make_patch_svae<float>({.dim = 8})) == 183339);
    CHECK(nn::parameter_count(make_patch_svae<float>({.patch = 4, .rows = 32, .dim = 4})) == 40703);
    CHECK(nn::parameter_count(
              make_patch_svae<float>({.rows = 256, .hidden = 768, .depth = 4, .attention_layers = 2})) == 16942419);
}

TEST_CASE_TEMPLATE("forward and backward are PyTorch's", T, float, double) {
    for (const fixtures::svae_step& known : fixtures::svae_steps) {
        CAPTURE(known.side);
        CAPTURE(known.dim);
        REQUIRE(known.gap > 10 * nn::svd_readout<T, nn::identity<T>>::gap_threshold);
        const auto m = model_of<T>(known);
        const std::vector<nn::parameter> table = nn::parameters_of(m);
        REQUIRE(table.size() == known.tensors.size());
        std::vector<T> w(nn::parameter_count(m)), g(w.size());
        for (std::size_t t = 0; t < table.size(); ++t) {
            std::string name = table[t].name;
            CHECK(name == known.tensors[t].name);
            REQUIRE(table[t].size() == known.tensors[t].size);
            draw(table[t].in(std::span(w)).elements(), t + 1, known.tensors[t].scale, known.tensors[t].centre);
        }
        const shape s{known.images, 3, known.side, known.side};
        std::vector<T> x(s.size()), y(s.size()), dy(s.size()), dx(s.size());
        draw(std::span(x), 0, 1, 0);
        const tensor_view<const T> input(x.data(), s);
        for (const geolip::isa level : geolip_test::available_levels()) {
            CAPTURE(geolip::isa_name(level));
            const double exact = sizeof(T) == 8 ? 1e-9 : 1e-5, gradient = sizeof(T) == 8 ? 1e-9 : 1e-4;
            nn::workspace_memory memory(m, s);
            const auto view = memory.view(level);
            std::fill(view.kept.begin(), view.kept.end(), T(NAN));
            std::fill(view.scratch.begin(), view.scratch.end(), T(NAN));
            m.forward(w, input, tensor_view<T>(y.data(), s), view);
            const double loss =
                nn::mean_squared_error<T>()(tensor_view<const T>(y.data(), s), input, tensor_view<T>(dy.data(), s));
            CHECK(std::fabs(loss / known.loss - 1) < exact);
            CHECK(distance<T>(y, known.output) < exact * known.output_norm);
            const shape latent = models::latent_shape(m, s);
            const auto kept = models::readout_kept(m, s, std::span<const T>(view.kept));
            const tensor_view<const T> scaled = m.template get<1>().scaled_values(latent, kept);
            CHECK(distance<T>(scaled.elements(), known.scaled_values) < exact * known.scaled_norm);
            CHECK(m.template get<1>().close_pairs(latent, kept) == 0);
            std::fill(g.begin(), g.end(), T(0));
            std::fill(view.scratch.begin(), view.scratch.end(), T(NAN));
            m.backward(w, input, tensor_view<const T>(y.data(), s), tensor_view<const T>(dy.data(), s),
                       tensor_view<T>(dx.data(), s), g, view);
            for (std::size_t t = 0; t < table.size(); ++t) {
                CAPTURE(table[t].name);
                CHECK(distance<T>(table[t].in(std::span<const T>(g)).elements(), known.tensors[t].gradient) <=
                      gradient * known.tensors[t].norm);
            }
            // The same through data_parallel, which smooths sample by sample.
            nn::data_parallel batch(m, s, {.shards = known.images, .isa = level});
            std::vector<T> parallel(w.size());
            const double same = batch.gradient(w, input, std::span(parallel), [&](std::size_t n, auto out, auto dout) {
                return nn::mean_squared_error<T>()(out, input.slice(n, out.extents().front()), dout,
                                                   1 / static_cast<double>(s.size()));
            });
            CHECK(std::fabs(same / known.loss - 1) < exact);
            for (std::size_t t = 0; t < table.size(); ++t) {
                CAPTURE(table[t].name);
                CHECK(distance<T>(table[t].in(std::span<const T>(parallel)).elements(), known.tensors[t].gradient) <=
                      gradient * known.tensors[t].norm);
            }
        }
    }
}

TEST_CASE("gradients agree with central differences: any size, other policies") {
    const patch_svae_sizes small{.side = 8, .patch = 4, .rows = 7, .dim = 4, .hidden = 6};
    const shape two{2, 3, 8, 8};
    check_gradients_of(make_patch_svae<double>(small), two);
    check_gradients_of(
        make_patch_svae<double>(
            {.side = 6, .patch = 3, .rows = 5, .dim = 2, .hidden = 4, .depth = 3, .attention_layers = 0}),
        {1, 3, 6, 6});
    check_gradients_of(make_patch_svae<double>({.side = 10,
                                                .channels = 1,
                                                .patch = 2,
                                                .rows = 40,
                                                .dim = 16,
                                                .hidden = 5,
                                                .depth = 2,
                                                .attention_layers = 2,
                                                .smoothing = 3}),
                       {1, 1, 10, 10});
    check_gradients_of(make_patch_svae<double>({.side = 4, .patch = 4, .rows = 21, .dim = 18, .hidden = 5, .heads = 3}),
                       {3, 3, 4, 4});
    check_gradients_of(make_patch_svae<double, nn::tanh<double>, doubled_rows, nn::unbounded_alpha>(small), two);
    check_gradients_of(
        make_patch_svae<double, nn::gelu<double>, nn::sphere_rows, nn::bounded_alpha, models::no_readout>(small), two);
}

TEST_CASE("first parameters: an orthogonal encoder, no smoothing yet, alpha of 0.0238 with either rule") {
    const auto m = make_patch_svae<double>({});
    const std::vector<double> w = nn::initial_parameters(m, 1);
    for (const nn::parameter& p : nn::parameters_of(m)) {
        const std::span<const double> values = p.in(std::span(w)).elements();
        if (p.name == "enc_out.weight") {  // 1024 x 64: orthonormal columns
            for (std::size_t a = 0; a < 64; a += 21)
                for (std::size_t b = 0; b < 64; b += 21) {
                    double dot = 0;
                    for (std::size_t r = 0; r < 1024; ++r) dot += values[r * 64 + a] * values[r * 64 + b];
                    CHECK(std::fabs(dot - (a == b ? 1 : 0)) < 1e-12);
                }
        }
        if (p.name.starts_with("smooth_out"))
            CHECK(std::all_of(values.begin(), values.end(), [](double v) { return v == 0; }));
        if (p.name.ends_with("alpha"))
            CHECK(std::all_of(values.begin(), values.end(), [](double v) { return v == -2; }));
    }
    const double alpha = 0.2 / (1 + std::exp(2.0));
    CHECK(std::fabs(nn::bounded_alpha::value(nn::bounded_alpha::first) - alpha) < 1e-16);
    CHECK(std::fabs(nn::unbounded_alpha::value(nn::unbounded_alpha::first) - alpha) < 1e-16);
}

TEST_CASE_TEMPLATE("the rows lie on the sphere, singular values are theirs, and the readout by itself is the identity",
                   T, float, double) {
    const shape s{2, 3, 8, 8};
    const auto m =
        make_patch_svae<T>({.side = 8, .patch = 4, .rows = 12, .dim = 5, .hidden = 6, .attention_layers = 0});
    const std::vector<T> w = nn::initial_parameters(m, 3);
    std::vector<T> x(s.size()), y(s.size());
    geolip::fill_normal(std::span(x), {1, 0});
    nn::workspace_memory memory(m, s);
    m.forward(w, {x.data(), s}, {y.data(), s}, memory.view());
    const std::span<const T> kept = memory.view().kept;
    const tensor_view<const T> rows = models::latent_rows(m, s, kept);
    const tensor_view<const T> readout = m.template output_of<1>(s, kept);
    const double eps = sizeof(T) == 4 ? 1e-6 : 1e-14;
    for (std::size_t i = 0; i < rows.size(); i += 5) {
        double norm = 0;
        for (std::size_t j = i; j < i + 5; ++j) {
            norm += static_cast<double>(rows[j]) * static_cast<double>(rows[j]);
            CHECK(std::fabs(static_cast<double>(rows[j] - readout[j])) < 20 * eps);
        }
        CHECK(std::fabs(norm - 1) < 10 * eps);
    }
    const auto values =
        m.template get<1>().singular_values(models::latent_shape(m, s), models::readout_kept(m, s, kept));
    for (std::size_t p = 0; p < 8; ++p) {
        double sum = 0;
        for (std::size_t j = 0; j < 5; ++j) {
            if (j > 0) CHECK(values[p * 5 + j] <= values[p * 5 + j - 1]);
            sum += std::pow(static_cast<double>(values[p * 5 + j]), 2);
        }
        // The trace of M'M, which is the number of rows, and what is added to each eigenvalue.
        CHECK(std::fabs(sum - 12 - 5e-12) < 12 * 10 * eps);
    }
}

TEST_CASE("the parts run by themselves on their parameters") {
    const shape s{2, 3, 8, 8};
    const auto m = make_patch_svae<double>({.side = 8, .patch = 4, .rows = 6, .dim = 4, .hidden = 6});
    const drawn at(m);
    const std::vector<double> x = images_of(s);
    std::vector<double> whole(s.size()), parts(s.size());
    nn::workspace_memory memory(m, s);
    m.forward(at.w, {x.data(), s}, {whole.data(), s}, memory.view());
    std::span<const double> rest(at.w);
    std::vector<double> current = x;
    shape here = s;
    const auto run = [&](const auto& part) {
        const shape there = nn::output_shape(part, here);
        std::vector<double> next(there.size());
        nn::workspace_memory own(part, here);
        part.forward(rest.first(nn::parameter_count(part)), {current.data(), here}, {next.data(), there}, own.view());
        rest = rest.subspan(nn::parameter_count(part));
        current = next;
        here = there;
    };
    run(m.get<0>());
    run(m.get<1>());
    run(m.get<2>());
    run(m.get<3>());
    CHECK(current == whole);
    CHECK(rest.empty());
}

TEST_CASE("a batch gives the same bits for any number of threads") {
    const shape s{6, 3, 8, 8};
    const auto m = make_patch_svae<float>({.side = 8, .patch = 4, .rows = 6, .dim = 4, .hidden = 6});
    const std::vector<float> w = nn::initial_parameters(m, 5);
    std::vector<float> x(s.size()), first;
    geolip::fill_normal(std::span(x), {1, 0});
    for (const unsigned threads : {1u, 2u, 3u, 7u}) {
        nn::data_parallel batch(m, s, {.shards = 3, .pieces = 2, .threads = threads});
        std::vector<float> g(w.size());
        const double loss = batch.gradient(w, {x.data(), s}, std::span(g), [&](std::size_t n, auto y, auto dy) {
            CHECK(y.extents().front() == 1);
            return nn::mean_squared_error<float>()(y, tensor_view<const float>(x.data(), s).slice(n, 1), dy, 1e-3);
        });
        CHECK(loss > 0);
        if (first.empty()) first = g;
        CHECK(g == first);
    }
}

TEST_CASE("sizes that do not fit are refused, both named") {
    const auto message = [](const patch_svae_sizes& s) -> std::string {
        try {
            make_patch_svae<float>(s);
        } catch (const geolip::shape_error& e) {
            return e.what();
        }
        return "";
    };
    CHECK(message({.side = 65}) ==
          "patch_svae: images of side 65 with patches of side 16; expected a side that is a multiple of the patches'");
    CHECK(message({.rows = 4}) == "patch_svae: 4 rows; expected at least 5, the corners of a simplex of order 4");
    CHECK(message({.dim = 7}).find("a dim of 7 with 2 attention heads") != std::string::npos);
    CHECK(message({.dim = 18}).find("a dim of 18 with 4 attention heads") != std::string::npos);
    CHECK(message({.dim = 7, .attention_layers = 0}).empty());
    CHECK(message({.patch = 0}).find("a size of 0") != std::string::npos);
    CHECK(message({.hidden = 0}).find("a size of 0") != std::string::npos);
    const auto m = make_patch_svae<float>({.side = 8, .patch = 4, .rows = 5, .dim = 4, .hidden = 4});
    CHECK_THROWS_AS(nn::output_shape(m, {2, 3, 8, 9}), geolip::shape_error);
    CHECK_THROWS_AS(nn::output_shape(m, {2, 1, 8, 8}), geolip::shape_error);
}
