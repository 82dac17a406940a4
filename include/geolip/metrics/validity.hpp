// Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT
#pragma once

/// \file
/// Validity policies of `volume_cv`: which rows and which volumes enter a coefficient of variation, and how it is
/// formed. A policy of your own is any type with the members of `validity_policy`.

#include <concepts>
#include <cstddef>
#include <type_traits>

#include "geolip/simplex/route.hpp"

namespace geolip {

/// A validity policy P has
///  * `P::route` — the route that measures a simplex (route.hpp);
///  * `P::max_rows` — only the first so many rows are looked at, 0 for all;
///  * `P::min_valid` — fewer kept volumes leave the figure undefined, as do `freedom_lost` or fewer;
///  * `P::keep(reading)` — does this volume count?
///  * `P::noise_matters` — is the figure undefined where D < K, and where most volumes are rounding noise?
///  * `P::freedom_lost` — 1 for the unbiased variance, 0 for the population's;
///  * `P::mean_offset` — added to the mean before the division.
template <class P>
concept validity_policy = requires(const volume_reading& reading) {
    typename P::route;
    { P::name } -> std::convertible_to<const char*>;
    { P::keep(reading) } -> std::same_as<bool>;
    requires std::convertible_to<decltype(P::max_rows), std::size_t>;
    requires std::convertible_to<decltype(P::min_valid), std::size_t>;
    requires std::convertible_to<decltype(P::freedom_lost), std::size_t>;
    requires std::convertible_to<decltype(P::mean_offset), double>;
    requires std::same_as<std::remove_cvref_t<decltype(P::noise_matters)>, bool>;
};

/// The library's own rule. A volume counts if it is positive and above the noise that the rounding of its own
/// coordinates makes; nothing depends on the scale of the rows. Undefined where D < K, and where more than half of the
/// simplices without repeated rows are rounding noise.
struct scale_invariant {
    using route = edge_gram;
    static constexpr const char* name = "scale_invariant";
    static constexpr std::size_t max_rows = 0;
    static constexpr std::size_t min_valid = 2;
    static constexpr std::size_t freedom_lost = 1;
    static constexpr double mean_offset = 0;
    static constexpr bool noise_matters = true;
    static constexpr bool keep(const volume_reading& r) { return r.squared_volume > 0 && r.relative_noise < 1; }
};

/// The estimator of the sweep, the attention test and the autoencoder in the source documents: the first 512 rows,
/// the bordered determinant of distances from the norm expansion in single precision, volumes with V^2 > 1e-20, ten
/// of them at least, sd / (mean + 1e-8). Absolute thresholds: it is not scale-invariant.
struct documented_sweep {
    using route = bordered_expansion;
    static constexpr const char* name = "documented_sweep";
    static constexpr std::size_t max_rows = 512;
    static constexpr std::size_t min_valid = 10;
    static constexpr std::size_t freedom_lost = 1;
    static constexpr double mean_offset = 1e-8;
    static constexpr bool noise_matters = false;
    static constexpr bool keep(const volume_reading& r) { return r.squared_volume > 1e-20; }
};

/// The estimator of the terrain battery in the source documents: all rows, distances by differences in double
/// precision, volumes with V^2 > 0, population standard deviation, nothing added to the mean.
struct documented_terrain {
    using route = bordered_differences;
    static constexpr const char* name = "documented_terrain";
    static constexpr std::size_t max_rows = 0;
    static constexpr std::size_t min_valid = 1;
    static constexpr std::size_t freedom_lost = 0;
    static constexpr double mean_offset = 0;
    static constexpr bool noise_matters = false;
    static constexpr bool keep(const volume_reading& r) { return r.squared_volume > 0; }
};

}  // namespace geolip
