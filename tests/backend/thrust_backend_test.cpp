// Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT

/// \file
/// Built once for each of Thrust's host systems: `thrust_backend<>` is the one the target names.

#include <doctest/doctest.h>

#include <cstdint>
#include <string>
#include <vector>

#include "geolip/backend/thrust.hpp"
#include "support/backend_agreement.hpp"
#include "support/backend_contract.hpp"

TEST_CASE("thrust_backend keeps a backend's promises, and every reading is the route's own, bit for bit") {
    CHECK(geolip_test::broken_promise(geolip::thrust_backend<>(), geolip_test::agreement::same_bits) == "");
}

TEST_CASE("volume_cv is the same metric on Thrust") {
    CHECK(geolip_test::disagreement<float>(geolip::thrust_backend<>()) == "");
    CHECK(geolip_test::disagreement<double>(geolip::thrust_backend<>()) == "");
}

TEST_CASE("thrust_backend<> is the configured system") {
    const std::string configured = THRUST_DEVICE_SYSTEM == THRUST_DEVICE_SYSTEM_OMP   ? "thrust_omp"
                                   : THRUST_DEVICE_SYSTEM == THRUST_DEVICE_SYSTEM_TBB ? "thrust_tbb"
                                                                                      : "thrust_cpp";
    CHECK(geolip::thrust_backend<>::name() == configured);
}

TEST_CASE("thrust_backend refuses a batch that does not fit together") {
    const std::vector<float> points(12, 1.0F);
    const geolip::matrix_view<const float> view(points.data(), 4, 3);
    std::vector<geolip::volume_reading> out(2);
    const geolip::thrust_backend<> backend;
    CHECK_THROWS_AS(backend.squared_volumes<2>(geolip::edge_gram(), view, std::vector<std::uint32_t>(5, 0), out),
                    geolip::shape_error);
    CHECK_THROWS_AS(backend.squared_volumes<2>(geolip::edge_gram(), view, std::vector<std::uint32_t>(6, 4), out),
                    geolip::shape_error);
}
