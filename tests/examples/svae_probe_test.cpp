// Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT
#include "support/svae_probe.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include "geolip/nn/parameters.hpp"
#include "geolip/random/fill.hpp"
#include "geolip/simplex/volume_law.hpp"
#include "support/sample_inputs.hpp"

using namespace examples;

namespace {

svae_settings small() {
    svae_settings s = settings_of(svae_band::high);
    s.side = 16;
    s.hidden = 16;
    return s;
}

std::vector<float> normal_images(const svae_probe& probe, std::size_t count) {
    std::vector<float> images(count * probe.image_size());
    geolip::fill_normal(std::span(images), {5, 1});
    return images;
}

}  // namespace

TEST_CASE("the parts of a patch's matrix along its singular directions make the whole") {
    const svae_settings s = small();
    svae_probe probe(s);
    const std::vector<float> w = geolip::nn::initial_parameters(probe.model(), 3);
    const std::vector<float> image = normal_images(probe, 1);
    const auto out = probe.reconstruct(w, image);
    const std::vector<float> whole(out.begin(), out.end());
    const auto again = probe.reconstruct_from(std::vector<bool>(s.dim, true));
    for (std::size_t i = 0; i < whole.size(); ++i) CHECK(again[i] == doctest::Approx(whole[i]).epsilon(1e-4));
    const auto part = probe.reconstruct_from({true, false, false, false});
    CHECK_FALSE(std::equal(whole.begin(), whole.end(), part.begin()));
}

TEST_CASE("rows have length 1, so the squares of the singular values sum to their number") {
    const svae_settings s = small();
    svae_probe probe(s);
    CHECK(probe.patches() == 16);
    const std::vector<float> w = geolip::nn::initial_parameters(probe.model(), 3);
    probe.reconstruct(w, normal_images(probe, 1));
    for (std::size_t p = 0; p < probe.patches(); ++p) {
        double sum = 0;
        for (const float v : probe.singular_values(p)) sum += static_cast<double>(v) * static_cast<double>(v);
        CHECK(sum == doctest::Approx(static_cast<double>(s.rows)).epsilon(1e-5));
        for (std::size_t r = 0; r < s.rows; ++r) {
            double norm = 0;
            for (std::size_t c = 0; c < s.dim; ++c) norm += std::pow(static_cast<double>(probe.rows(p)(r, c)), 2);
            CHECK(norm == doctest::Approx(1).epsilon(1e-5));
        }
        // alpha is at most 0.2
        for (std::size_t j = 0; j < s.dim; ++j)
            CHECK(std::fabs(probe.scaled_values(p)[j] / probe.singular_values(p)[j] - 1) < 0.2f);
    }
}

TEST_CASE("an untrained encoder reads the law of the sphere") {
    for (const svae_band band : {svae_band::low, svae_band::mid, svae_band::high}) {
        const svae_settings s = settings_of(band);
        svae_probe probe(s);
        const std::vector<float> w = geolip::nn::initial_parameters(probe.model(), 3);
        const svae_measurement m = measure_svae(probe, s, w, normal_images(probe, 4));
        CHECK(m.cv.count() == 32);
        const double law = *geolip::coefficient_of_variation(geolip::sphere_law(), 4, static_cast<double>(s.dim));
        CHECK(*m.cv.mean() == doctest::Approx(law).epsilon(0.06));
        CHECK(m.error.relative() > 0.9);
        CHECK(m.error.images == 4);
    }
}

TEST_CASE("errors are shares of what zero makes") {
    svae_error error;
    const std::vector<float> image{1, -2, 3}, zero(3), half{0.5f, -1, 1.5f};
    add_error(error, image, zero);
    CHECK(error.mse() == doctest::Approx(14.0 / 3));
    CHECK(error.relative() == 1);
    add_error(error, image, half);
    CHECK(error.relative() == doctest::Approx((1 + 0.25) / 2));
}

TEST_CASE("names") {
    CHECK(name_of(settings_of(svae_band::low)) == "V64-D16-p16-h64-d1");
    CHECK(name_of(settings_of(svae_band::high)) == "V32-D4-p4-h64-d1");
}

TEST_CASE("sample inputs are of their size, the same every time, and no noise") {
    const std::string text = sample_text(12288, 42);
    CHECK(text.size() == 12288);
    CHECK(text == sample_text(12288, 42));
    CHECK(text != sample_text(12288, 43));
    CHECK(std::all_of(text.begin(), text.end(),
                      [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == ' ' || c == '.'; }));
    // A rank of 1 has probability ln 2 / ln 61 = 0.169; less a tenth each that begin or end a sentence.
    std::size_t the = 0, words = 0;
    for (std::size_t i = 0; i + 4 < text.size(); ++i) {
        words += text[i] == ' ';
        the += text.compare(i, 5, " the ") == 0;
    }
    CHECK(static_cast<double>(the) / static_cast<double>(words) == doctest::Approx(0.14).epsilon(0.3));
    const geolip::data::ppm_image picture = sample_picture(64, 2, 42);
    CHECK(picture.width == 128);
    CHECK(picture.height == 64);
    CHECK(picture.samples == sample_picture(64, 2, 42).samples);
    // Neighbours are alike.
    std::size_t steps = 0;
    for (std::size_t i = 3; i < picture.samples.size(); ++i)
        steps += std::abs(picture.samples[i] - picture.samples[i - 3]) > 8;
    CHECK(static_cast<double>(steps) / static_cast<double>(picture.samples.size()) < 0.2);
}
