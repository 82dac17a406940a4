// Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT
#include "geolip/metrics/layer_products.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <cstddef>
#include <limits>
#include <span>
#include <vector>

#include "geolip/random/fill.hpp"

using view = geolip::matrix_view<const float>;

TEST_CASE("parts of layers give what whole layers give, however they are cut") {
    constexpr std::size_t layers = 4, rows = 6, cols = 7, elements = rows * cols;
    std::vector<float> all(layers * elements);
    geolip::fill_normal(std::span(all), {3, 0});
    for (std::size_t i = 0; i < elements; ++i)
        all[3 * elements + i] = -2 * all[i];  // the last layer is the first, turned
    std::vector<view> whole;
    for (std::size_t l = 0; l < layers; ++l) whole.emplace_back(all.data() + l * elements, rows, cols);
    const auto expected = geolip::layer_correlation<float>(whole);
    for (const std::size_t step : {std::size_t{1}, std::size_t{5}, std::size_t{40}, elements}) {
        CAPTURE(step);
        geolip::layer_products products(layers);
        for (std::size_t first = 0; first < elements; first += step) {
            const std::size_t here = step < elements - first ? step : elements - first;
            products.add(view(all.data() + first, layers, here, elements, 1));
        }
        const auto found = products.result();
        REQUIRE(found.cosines.size() == layers * layers);
        for (std::size_t i = 0; i < found.cosines.size(); ++i)
            CHECK(*found.cosines[i] == doctest::Approx(*expected.cosines[i]).epsilon(1e-13));
        CHECK(*found.cosines[3] == doctest::Approx(-1).epsilon(1e-14));
        CHECK(*found.adjacent.value == doctest::Approx(*expected.adjacent.value).epsilon(1e-12));
        CHECK(found.adjacent.null.sd == doctest::Approx(1 / std::sqrt(42.0 * 3)));
    }
}

TEST_CASE("a layer of zeros or with an infinity has no cosine; the others keep theirs") {
    std::vector<float> all{1, 2, 3, 0, 0, 0, 3, 1, 2, 1, std::numeric_limits<float>::infinity(), 1};
    geolip::layer_products products(4);
    products.add(view(all.data(), 4, 3));
    const auto found = products.result();
    CHECK_FALSE(found.cosines[1]);
    CHECK_FALSE(found.cosines[5]);
    CHECK_FALSE(found.cosines[3]);
    CHECK(*found.cosines[2] == doctest::Approx(11.0 / 14));
    CHECK_FALSE(found.adjacent.value);
    CHECK(found.adjacent.reason == geolip::undefined_reason::all_zero);
    CHECK_THROWS_AS(products.add(view(all.data(), 3, 4)), geolip::shape_error);
    CHECK(geolip::layer_products(1).result().adjacent.reason == geolip::undefined_reason::no_elements);
}
