// Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT
#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <span>
#include <string>
#include <thread>
#include <vector>

#include "geolip/data/noise.hpp"
#include "support/levels.hpp"

using namespace geolip::data;
using geolip::isa;

namespace {

template <class T>
std::vector<T> images(const noise& n, std::size_t count, std::uint64_t first = 0) {
    std::vector<T> x(count * n.image_size());
    n.fill(std::span(x), first);
    return x;
}

template <class T>
bool same(std::span<const T> a, std::span<const T> b) {
    return std::equal(a.begin(), a.end(), b.begin(), b.end());
}

template <class Error, class F>
std::string message_of(F&& f) {
    try {
        f();
    } catch (const Error& e) {
        return e.what();
    }
    return "";
}

bool contains(const std::string& text, const char* part) { return text.find(part) != std::string::npos; }

}  // namespace

TEST_CASE_TEMPLATE("an image is the same in any order, batch and thread", T, float, double) {
    for (const std::size_t side : {std::size_t{2}, std::size_t{7}, std::size_t{16}}) {
        const noise n({.side = side, .seed = 5});
        const auto whole = images<T>(n, 40, 3);
        const std::size_t size = n.image_size();
        for (std::size_t i = 40; i-- > 0;)
            CHECK(same<T>(images<T>(n, 1, 3 + i), std::span(whole).subspan(i * size, size)));
        std::vector<T> threaded(whole.size());
        std::thread other([&] { n.fill(std::span(threaded).first(17 * size), 3); });
        n.fill(std::span(threaded).subspan(17 * size), 20);
        other.join();
        CHECK(same<T>(threaded, whole));
    }
}

TEST_CASE_TEMPLATE("every element is drawn, finite and within the limits, at any side", T, float, double) {
    for (const unsigned side : {2u, 3u, 5u, 13u, 16u, 21u, 64u})
        for (const noise_colour colour : {noise_colour::documented, noise_colour::power_law}) {
            const noise n({.side = side, .seed = 9, .colour = colour});
            std::vector<T> x(32 * n.image_size(), T(77));
            n.fill(std::span(x));
            CHECK(std::all_of(x.begin(), x.end(), [](T v) { return v >= T(-4) && v <= T(4); }));
        }
}

TEST_CASE("types follow the index, and an image depends on no other choice") {
    const noise all({.side = 8, .seed = 1});
    for (std::uint64_t i = 0; i < 48; ++i) CHECK(static_cast<std::uint64_t>(all.type_of(i)) == i % 16);

    const noise even({.side = 8, .seed = 1, .types = noise_subset("even")});
    CHECK(even.type_of(9) == noise_type::wide_uniform);
    const noise one({.side = 8, .seed = 1, .types = {noise_type::laplace}});
    CHECK(images<float>(one, 1, 31) == images<float>(all, 1, 31));
    const noise list({.side = 8, .seed = 1, .types = {noise_type::pink, noise_type::laplace}});
    CHECK(images<float>(list, 1, 15) == images<float>(all, 1, 15));

    const noise other({.side = 8, .seed = 2});
    for (std::uint64_t i = 0; i < 16; ++i) {
        CHECK(images<float>(other, 1, i) != images<float>(all, 1, i));
        CHECK(images<float>(all, 1, i + 16) != images<float>(all, 1, i));
    }
}

TEST_CASE("a curriculum changes the types at its images") {
    const noise n({.side = 4, .stages = noise_curriculum(100)});
    CHECK(n.type_of(0) == noise_type::gaussian);
    CHECK(n.type_of(99) == noise_type::gaussian);
    CHECK(n.type_of(103) == noise_type::uniform);
    for (std::uint64_t i = 300; i < 364; ++i) CHECK(static_cast<std::uint64_t>(n.type_of(i)) == i % 16);
    const auto stages = noise_curriculum(1);
    for (std::size_t i = 1; i < stages.size(); ++i)
        CHECK(std::includes(stages[i].types.begin(), stages[i].types.end(), stages[i - 1].types.begin(),
                            stages[i - 1].types.end()));
    CHECK_THROWS_AS(noise_curriculum(0), geolip::usage_error);
}

TEST_CASE("as documented, channels of pink and brown noise are constants; corrected, they have mean 0") {
    for (const noise_type type : {noise_type::pink, noise_type::brown}) {
        const noise documented({.side = 32, .types = {type}});
        const noise corrected({.side = 32, .types = {type}, .colour = noise_colour::power_law});
        const auto constant = images<float>(documented, 20), field = images<float>(corrected, 20);
        for (std::size_t channel = 0; channel < 60; ++channel) {
            const auto c = std::span(constant).subspan(channel * 1024, 1024);
            const auto [low, high] = std::minmax_element(c.begin(), c.end());
            // What varies has a range of about 1e-5 (pink) or 1e-4 (brown) of the constants' spread in law, to which
            // they are brought; that of three normal numbers is below 0.03 in one image of a thousand.
            CHECK(*high - *low < (type == noise_type::pink ? 1e-3f : 1e-2f));
            double sum = 0, size = 0;
            for (const float x : std::span(field).subspan(channel * 1024, 1024)) {
                sum += static_cast<double>(x);
                size += std::fabs(static_cast<double>(x));
            }
            CHECK(size > 100);
            CHECK(std::fabs(sum) < 0.01 * size);  // the clamping is all that moves it
        }
        CHECK(contains(documented.name(), "colour=documented"));
        CHECK(contains(corrected.name(), "colour=power_law"));
    }
}

TEST_CASE_TEMPLATE("levels agree to the documented bound", T, float, double) {
    for (const noise_colour colour : {noise_colour::documented, noise_colour::power_law}) {
        const auto expected = images<T>(noise({.side = 21, .colour = colour, .level = isa::baseline}), 128);
        for (const isa level : geolip_test::available_levels()) {
            const auto x = images<T>(noise({.side = 21, .colour = colour, .level = level}), 128);
            double worst = 0;
            for (std::size_t i = 0; i < x.size(); ++i)
                worst = std::max(worst, std::fabs(static_cast<double>(x[i]) - static_cast<double>(expected[i])));
            CAPTURE(geolip::isa_name(level));
            CHECK(worst <= (sizeof(T) == 4 ? 1e-4 : 1e-12));
        }
    }
}

TEST_CASE("what it says it draws") {
    CHECK(noise({.side = 8, .seed = 7, .types = noise_subset("heavy_tailed")}).name() ==
          "noise side=8 seed=7 colour=documented types=sparse,cauchy,exponential,laplace");
    const noise staged({.side = 8, .types = {noise_type::uniform}, .stages = {{5, {noise_type::pink}}}});
    CHECK(contains(staged.name(), "types=uniform from 5=pink"));
}

TEST_CASE("wrong sizes and types are refused") {
    CHECK(contains(message_of<geolip::usage_error>([] { noise({.side = 1}); }), "side 1; expected 2 to 4096"));
    CHECK_THROWS_AS(noise({.side = 4097}), geolip::usage_error);
    CHECK(contains(message_of<geolip::usage_error>([] { noise({.types = {}}); }), "no types"));
    CHECK(contains(message_of<geolip::usage_error>([] { noise({.types = {static_cast<noise_type>(16)}}); }),
                   "type 16; expected 0 to 15"));
    CHECK_THROWS_AS(noise({.stages = {{5, noise_subset("even")}, {5, noise_subset("even")}}}), geolip::usage_error);
    CHECK_THROWS_AS(noise({.stages = {{5, {}}}}), geolip::usage_error);

    const noise n({.side = 4});
    std::vector<float> x(47);
    CHECK(contains(message_of<geolip::shape_error>([&] { n.fill(std::span(x)); }),
                   "47 elements; expected a multiple of 48"));
    x.resize(48);
    CHECK_THROWS_AS(n.fill(std::span(x), noise::max_images), geolip::usage_error);
    n.fill(std::span(x), noise::max_images - 1);
    n.fill(std::span(x).first(0), noise::max_images);
}
