// Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT
#include "geolip/nn/clip.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <limits>
#include <vector>

#include "geolip/nn/sgd.hpp"
#include "geolip/random/fill.hpp"
#include "support/levels.hpp"
#include "support/optimised_chain.hpp"

namespace nn = geolip::nn;
using fixtures::optimised;
using geolip_test::available_levels;
using geolip_test::relative_difference;
using geolip_test::trajectory;

namespace {

template <class T>
std::vector<T> gaussian(std::size_t size) {
    std::vector<T> g(size);
    geolip::fill_normal(std::span(g), {7, 0});
    return g;
}

}  // namespace

TEST_CASE("clipped training goes where PyTorch's goes") {
    std::vector<double> norms;
    nn::sgd<double> all(optimised, {.rate = 1e-2});
    const auto w = trajectory<double>([&](std::span<double> x, std::span<double> g) {
        norms.push_back(nn::clip_gradient_norm(g, 2.0));
        all.step(x, g);
    });
    CHECK(relative_difference(w, fixtures::clipped_sgd) < 1e-12);
    CHECK(relative_difference(norms, fixtures::clipped_norms) < 1e-12);

    norms.clear();
    nn::sgd<double> one(optimised, {.rate = 1e-2});
    const nn::parameter_range middle[] = {{fixtures::group_ends[0], fixtures::group_ends[1]}};
    const auto v = trajectory<double>([&](std::span<double> x, std::span<double> g) {
        norms.push_back(nn::clip_gradient_norm(g, middle, 0.5));
        one.step(x, g);
    });
    CHECK(relative_difference(v, fixtures::clipped_group_sgd) < 1e-12);
    CHECK(relative_difference(norms, fixtures::clipped_group_norms) < 1e-12);
}

TEST_CASE("norms of floats are the same bits at every level, those of doubles nearly") {
    for (const std::size_t size :
         {std::size_t{0}, std::size_t{1}, std::size_t{31}, std::size_t{100}, std::size_t{5001}}) {
        const auto f = gaussian<float>(size);
        const auto d = gaussian<double>(size);
        long double f_sum = 0;
        long double d_sum = 0;
        for (std::size_t i = 0; i < size; ++i) {
            f_sum += static_cast<long double>(f[i]) * static_cast<long double>(f[i]);
            d_sum += static_cast<long double>(d[i]) * static_cast<long double>(d[i]);
        }
        const double reference = nn::gradient_norm<float>(f, geolip::isa::baseline);
        CHECK(std::fabs(reference - static_cast<double>(std::sqrt(f_sum))) <= 1e-14 * reference);
        for (const geolip::isa level : available_levels()) {
            CAPTURE(geolip::isa_name(level));
            CHECK(nn::gradient_norm<float>(f, level) == reference);
            const double norm = nn::gradient_norm<double>(d, level);
            CHECK(norm == nn::gradient_norm<double>(d, level));
            CHECK(std::fabs(norm - static_cast<double>(std::sqrt(d_sum))) <= 1e-14 * norm);
        }
    }
}

TEST_CASE("norms of ranges leave out what lies between") {
    const auto g = gaussian<double>(200);
    const nn::parameter_range ranges[] = {{3, 40}, {41, 41}, {100, 177}};
    double sum = 0;
    for (const auto& r : ranges)
        for (std::size_t i = r.begin; i < r.end; ++i) sum += g[i] * g[i];
    CHECK(std::fabs(nn::gradient_norm<double>(g, ranges) - std::sqrt(sum)) < 1e-14 * std::sqrt(sum));
}

TEST_CASE("floats whose squares overflow or underflow have a norm") {
    const std::vector<float> large(50, 1e30f), tiny(50, 1e-42f);
    CHECK(nn::gradient_norm<float>(large) == doctest::Approx(std::sqrt(50) * 1e30));
    CHECK(nn::gradient_norm<float>(tiny) ==
          doctest::Approx(std::sqrt(50) * static_cast<double>(tiny[0])).epsilon(1e-12));
}

TEST_CASE("a gradient below the limit keeps its bits") {
    auto g = gaussian<float>(77);
    const auto before = g;
    const double norm = nn::gradient_norm<float>(g);
    CHECK(nn::clip_gradient_norm(std::span(g), 2 * norm) == norm);
    CHECK(g == before);
    CHECK(nn::clip_gradient_norm(std::span(g), 0.5 * norm) == norm);
    CHECK(nn::gradient_norm<float>(g) == doctest::Approx(0.5 * norm * norm / (norm + 1e-6)).epsilon(1e-7));
    CHECK(nn::clip_gradient_norm(std::span(g), 0) > 0);
    CHECK(nn::gradient_norm<float>(g) == 0);
}

TEST_CASE("a norm that is not finite is reported, and the gradient left alone") {
    for (const float bad : {std::numeric_limits<float>::infinity(), std::numeric_limits<float>::quiet_NaN()}) {
        for (std::size_t at = 0; at < 40; ++at) {
            auto g = gaussian<float>(40);
            g[at] = bad;
            const auto before = g;
            CHECK(!std::isfinite(nn::clip_gradient_norm(std::span(g), 0.1)));
            for (std::size_t i = 0; i < 40; ++i) CHECK((i == at || g[i] == before[i]));
        }
    }
    std::vector<double> far_out(5, 1e200);
    CHECK(std::isinf(nn::clip_gradient_norm(std::span(far_out), 1)));
    CHECK(far_out[0] == 1e200);
    std::vector<double> g(3);
    CHECK_THROWS_AS(nn::clip_gradient_norm(std::span(g), -1), geolip::usage_error);
    CHECK_THROWS_AS(nn::clip_gradient_norm(std::span(g), std::nan("")), geolip::usage_error);
}
