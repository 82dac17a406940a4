// Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT
#pragma once

/// \file
/// CV at several simplex orders at once: 3 to 8 points unless told otherwise.

#include <array>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <tuple>

#include "geolip/metrics/volume_cv.hpp"

namespace geolip {

/// `volume_cv<K, T>` for every K of `Orders`, on one matrix. Result i is what `volume_cv<K_i, T>` with the same options
/// gives by itself: each order draws its own simplices, uniformly among all of its size.
template <measured_scalar T, backend Backend, validity_policy Validity, drawable_law Law, int... Orders>
class basic_volume_cv_by_order {
public:
    using result = std::array<volume_cv_estimate, sizeof...(Orders)>;
    using workspace = std::tuple<volume_cv_workspace<Orders, T, Validity, Law>...>;
    static constexpr std::array<int, sizeof...(Orders)> orders = {Orders...};

    std::size_t samples = 300;
    std::uint64_t seed = 42;
    std::uint64_t stream = 0;
    std::uint32_t null_replicates = 128;
    [[no_unique_address]] Backend backend = {};

    /// \throws what `volume_cv` throws
    template <point_matrix M>
        requires std::same_as<point_scalar_t<M>, T>
    result operator()(M&& matrix, workspace& memory) const {
        return {volume_cv<Orders, T, Backend, Validity, Law>{
            .samples = samples, .seed = seed, .stream = stream, .null_replicates = null_replicates, .backend = backend}(
            matrix, std::get<volume_cv_workspace<Orders, T, Validity, Law>>(memory))...};
    }

    template <point_matrix M>
        requires std::same_as<point_scalar_t<M>, T>
    result operator()(M&& matrix) const {
        workspace memory;
        return (*this)(matrix, memory);
    }
};

/// Triangles (3 points, K = 2) to 7-simplices (8 points).
template <measured_scalar T, backend Backend = cpu, validity_policy Validity = scale_invariant,
          drawable_law Law = gaussian_law>
using volume_cv_by_order = basic_volume_cv_by_order<T, Backend, Validity, Law, 2, 3, 4, 5, 6, 7>;

}  // namespace geolip
