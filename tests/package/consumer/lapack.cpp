// Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT
#include <array>
#include <cmath>
#include <cstdio>
#include <geolip/metrics/procrustes.hpp>

#if !defined(GEOLIP_WITH_LAPACK)
#error "the component lapack must say so"
#endif

int main() {
    // A quarter turn: |R - I| is √(2m).
    const std::array<float, 4> a{1, 2, 3, 5}, b{-2, 1, -5, 3};
    const auto r = geolip::procrustes<float>({a.data(), 2, 2}, {b.data(), 2, 2}, true);
    const bool right = r.cosine && std::fabs(*r.cosine - 1) < 1e-6 && r.rotation && std::fabs(*r.rotation - 1) < 1e-6;
    if (!right) std::puts("procrustes does not find a quarter turn");
    return right ? 0 : 1;
}
