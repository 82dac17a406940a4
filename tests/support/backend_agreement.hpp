// Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT
#pragma once

/// \file
/// The same metric on another backend: same samples, volumes equal to the bound the `cpu` backend states.

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>
#include <span>
#include <sstream>
#include <string>
#include <vector>

#include "geolip/backend/cpu.hpp"
#include "geolip/metrics/volume_cv.hpp"
#include "geolip/random/fill.hpp"

namespace geolip_test {

/// Empty, or how `volume_cv` on `backend` departs from `volume_cv` on `cpu`.
template <class T, geolip::backend Backend>
std::string disagreement(const Backend& backend) {
    constexpr int order = 4;
    constexpr std::size_t vocab = 200;
    constexpr std::size_t dim = 40;
    std::vector<T> points(vocab * dim);
    geolip::fill_normal(std::span<T>(points), {7, 0});
    for (std::size_t row = 10; row < vocab; row += 10)  // every tenth row is the first: many samples repeat it
        std::copy_n(points.data(), dim, points.data() + row * dim);
    points[5 * dim + 1] = std::numeric_limits<T>::quiet_NaN();
    const geolip::matrix_view<const T> view(points.data(), vocab, dim);

    const geolip::volume_cv<order, T> here{.samples = 2000, .null_replicates = 0};
    const geolip::volume_cv<order, T, Backend> there{.samples = 2000, .null_replicates = 0, .backend = backend};
    const auto expected = here(view);
    const auto got = there(view);

    // Volumes err by δ/2 if their squares err by δ. To first order that moves CV = sd / mean by at most
    // δ/2 (√(1 + CV²) + CV), which is below δ while CV < 0.7; here it is near 0.23.
    const double bound = 64.0 * order * (order + dim / 2.0) * static_cast<double>(std::numeric_limits<T>::epsilon());
    const bool same_samples = got.counts.valid == expected.counts.valid && expected.counts.nonfinite > 0 &&
                              got.counts.nonfinite == expected.counts.nonfinite && expected.counts.duplicate > 0 &&
                              got.counts.duplicate == expected.counts.duplicate;
    if (same_samples && got.value && std::abs(*got.value - *expected.value) <= bound) return {};
    std::ostringstream text;
    text.precision(17);
    text << backend.name() << ": CV " << got.value.value_or(-1) << ", on the cpu " << expected.value.value_or(-1)
         << "; valid " << got.counts.valid << " and " << expected.counts.valid << ", duplicate " << got.counts.duplicate
         << " and " << expected.counts.duplicate;
    return text.str();
}

}  // namespace geolip_test
