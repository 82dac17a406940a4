// Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT
// Eigen and xtensor matrices as points and as the place for a gradient, row- and column-major, whole and in part.
#include <doctest/doctest.h>
#include <Eigen/Core>
#include <xtensor/xtensor.hpp>
#include <xtensor/xview.hpp>

#include <cstddef>
#include <random>

#include "geolip/simplex/cayley_menger.hpp"
#include "support/simplices.hpp"

namespace {

using kernel = geolip::cayley_menger<4, double>;

TEST_CASE("Eigen and xtensor matrices are points, without a copy or an adapter") {
    std::mt19937_64 engine(31);
    const auto points = geolip_test::random_simplex<double, 5, 7>(engine);
    const auto expected = kernel::squared_volume_with_gradient(points);

    Eigen::MatrixXd columns(5, 7);
    Eigen::Matrix<double, 5, 7, Eigen::RowMajor> rows;
    Eigen::MatrixXd larger = Eigen::MatrixXd::Constant(9, 12, -1.0);
    xt::xtensor<double, 2> tensor = xt::zeros<double>({5, 7});
    xt::xtensor<double, 2, xt::layout_type::column_major> turned = xt::zeros<double>({5, 7});
    for (std::size_t i = 0; i < 5; ++i) {
        for (std::size_t j = 0; j < 7; ++j) {
            const auto r = static_cast<Eigen::Index>(i);
            const auto c = static_cast<Eigen::Index>(j);
            columns(r, c) = rows(r, c) = larger(r + 3, c + 2) = tensor(i, j) = turned(i, j) = points[i][j];
        }
    }
    CHECK(kernel::squared_volume(columns) == expected.value);
    CHECK(kernel::squared_volume(rows) == expected.value);
    CHECK(kernel::squared_volume(larger.block(3, 2, 5, 7)) == expected.value);
    CHECK(kernel::squared_volume(tensor) == expected.value);
    CHECK(kernel::squared_volume(turned) == expected.value);
    CHECK(kernel::volume(columns) == kernel::volume(points));

    Eigen::MatrixXd gradient(5, 7);
    CHECK(kernel::squared_volume_with_gradient(columns, gradient) == expected.value);
    xt::xtensor<double, 2> tensor_gradient = xt::zeros<double>({5, 7});
    kernel::squared_volume_with_gradient(tensor, tensor_gradient);
    for (std::size_t i = 0; i < 5; ++i) {
        for (std::size_t j = 0; j < 7; ++j) {
            CHECK(gradient(static_cast<Eigen::Index>(i), static_cast<Eigen::Index>(j)) == expected.gradient[i][j]);
            CHECK(tensor_gradient(i, j) == expected.gradient[i][j]);
        }
    }
}

}  // namespace
