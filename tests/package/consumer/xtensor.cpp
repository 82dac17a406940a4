// Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT
#include <geolip/core/matrix_view.hpp>
#include <xtensor/xtensor.hpp>

int main() {
    const xt::xtensor<double, 2> points{{1, 2}, {3, 4}, {5, 6}};
    return geolip::as_matrix_view(points)(2, 1) == 6.0 ? 0 : 1;
}
