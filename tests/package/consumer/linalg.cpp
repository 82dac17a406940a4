// Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT
#include <Eigen/Core>
#include <geolip/core/matrix_view.hpp>

int main() {
    const Eigen::MatrixXd points = Eigen::MatrixXd::Identity(3, 2);
    return geolip::as_matrix_view(points)(1, 1) == 1.0 ? 0 : 1;
}
