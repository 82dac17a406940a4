// Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT
#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "geolip/data/noise_types.hpp"

using namespace geolip::data;

namespace {

std::vector<int> numbers(std::string_view name) {
    std::vector<int> types;
    for (const noise_type type : noise_subset(name)) types.push_back(static_cast<int>(type));
    return types;
}

}  // namespace

TEST_CASE("subsets have the documented members") {
    CHECK(numbers("all16") == std::vector{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15});
    CHECK(numbers("gaussian") == std::vector{0});
    CHECK(numbers("structured") == std::vector{4, 5, 8, 9, 10, 12});
    CHECK(numbers("heavy_tailed") == std::vector{7, 13, 14, 15});
    CHECK(numbers("first_half") == std::vector{0, 1, 2, 3, 4, 5, 6, 7});
    CHECK(numbers("even") == std::vector{0, 2, 4, 6, 8, 10, 12, 14});
}

TEST_CASE("a type is found by its name") {
    for (int t = 0; t < 16; ++t) CHECK(numbers(name_of(static_cast<noise_type>(t))) == std::vector{t});
    for (const std::string_view name : noise_subset_names()) CHECK_FALSE(noise_subset(name).empty());
}

TEST_CASE("an unknown name is an error that lists the known ones") {
    std::string text;
    try {
        noise_subset("violet\n");
    } catch (const geolip::usage_error& e) {
        text = e.what();
    }
    CHECK(text ==
          "noise: got the subset 'violet\\n'; expected a type or one of all16 gaussian structured heavy_tailed "
          "first_half even");
}
