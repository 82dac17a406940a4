// Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT
#include "geolip/nn/patches.hpp"

#include <doctest/doctest.h>

#include <numeric>
#include <string>
#include <vector>

#include "fixtures/nn_patches.hpp"
#include "geolip/nn/chain.hpp"
#include "geolip/nn/linear.hpp"
#include "support/known_block.hpp"

using geolip::nn::chain;
using geolip::nn::extract_patches;
using geolip::nn::linear;
using geolip::nn::shape;
using geolip::nn::stitch_patches;

namespace {

template <class T, class M>
std::vector<T> applied(const M& m, const std::vector<T>& x, const shape& s) {
    const shape out = m.output_shape(s);
    std::vector<T> y(out.size());
    m.forward({}, {x.data(), s}, {y.data(), out}, {});
    return y;
}

template <class Call>
std::string message_of(Call call) {
    try {
        call();
    } catch (const geolip::shape_error& e) {
        return e.what();
    }
    return "";
}

}  // namespace

TEST_CASE_TEMPLATE("patches are PyTorch's, and stitching puts them back", T, float, double) {
    for (const auto& known : fixtures::patch_sequences) {
        const auto& e = known.extent;
        const shape s = {e[0], e[1], e[2], e[3]};
        CAPTURE(to_string(s));
        const extract_patches<T> extract(known.size);
        std::vector<T> x(s.size());
        std::iota(x.begin(), x.end(), T(0));
        const auto patches = applied(extract, x, s);
        for (std::size_t i = 0; i < patches.size(); ++i) CHECK(patches[i] == static_cast<T>(known.element[i]));
        const stitch_patches<T> stitch(known.size, e[2], e[3]);
        CHECK(stitch.output_shape(extract.output_shape(s)) == s);
        CHECK(applied(stitch, patches, extract.output_shape(s)) == x);
    }
}

TEST_CASE("every patch size goes there and back, fixed copies and others") {
    for (const std::size_t size : {1u, 2u, 3u, 4u, 5u, 8u, 16u, 17u, 32u}) {
        const shape s{2, 3, 2 * size, 3 * size};
        const auto x = geolip_test::known_tensor<float>(0, s.size());
        const extract_patches<float> extract(size);
        const auto patches = applied(extract, x, s);
        // Pixel (1, c = 2, last row, first column) is in patch 3 of image 1.
        CHECK(patches[(6 + 3) * 3 * size * size + 3 * size * size - size] ==
              x[((3 + 2) * 2 * size + 2 * size - 1) * 3 * size]);
        CHECK(applied(stitch_patches<float>(size, 2 * size, 3 * size), patches, extract.output_shape(s)) == x);
    }
}

TEST_CASE("gradients agree with central differences") {
    geolip_test::check_gradients_of(extract_patches<double>(3), {2, 2, 3, 6});
    geolip_test::check_gradients_of(stitch_patches<double>(2, 4, 6), {1, 6, 8});
    geolip_test::check_gradients_of(
        chain(extract_patches<double>(2), linear<double>(12, 12), stitch_patches<double>(2, 4, 4)), {2, 3, 4, 4});
}

TEST_CASE("images that are no whole number of patches are refused, naming both") {
    CHECK(message_of([] { (void)extract_patches<float>(3).output_shape({1, 3, 9, 8}); }) ==
          "extract_patches(3): an input of shape 1 x 3 x 9 x 8; expected batch x channels x height x width, height and "
          "width multiples of the patches' 3 x 3");
    CHECK(!message_of([] { (void)extract_patches<float>(3).output_shape({3, 9, 9}); }).empty());
    CHECK(!message_of([] { extract_patches<float>(0); }).empty());
    CHECK(message_of([] { stitch_patches<float>(3, 9, 8); }) ==
          "stitch_patches(3, 9, 8): expected a height and width that are multiples of the patches'");
    CHECK(message_of([] { (void)stitch_patches<float>(2, 4, 4).output_shape({1, 5, 12}); }) ==
          "stitch_patches(2, 4, 4): an input of shape 1 x 5 x 12; expected batch x 4 x channels*4");
    CHECK(!message_of([] { (void)stitch_patches<float>(2, 4, 4).output_shape({1, 4, 13}); }).empty());
}
