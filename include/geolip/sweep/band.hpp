// Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT
#pragma once

/// \file
/// Questions to a finished sweep, with the meaning the document gives them: which dimension near mine is inside the
/// band, which entries have a given CV, and the document's three regroupings. All take entries in any order and
/// leave out those without a value.

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include "geolip/sweep/number.hpp"
#include "geolip/sweep/plan.hpp"
#include "geolip/sweep/schema.hpp"

namespace geolip::sweep {

/// Count, range and mean of some coefficients of variation, unrounded.
struct cv_summary {
    std::size_t count = 0;
    double min = 0;
    double max = 0;
    double sum = 0;

    void add(double cv) {
        min = count == 0 ? cv : (std::min)(min, cv);
        max = count == 0 ? cv : (std::max)(max, cv);
        sum += cv;
        ++count;
    }
    /// Undefined (not called) for no values.
    double mean() const { return sum / static_cast<double>(count); }
};

/// The values of each dimension among `entries`.
inline std::map<std::uint32_t, cv_summary> summarise_by_dim(std::span<const entry> entries) {
    std::map<std::uint32_t, cv_summary> by_dim;
    for (const entry& e : entries) {
        if (e.cv) by_dim[e.dim].add(*e.cv);
    }
    return by_dim;
}

/// `count` compartments of dimension `dim` make up the target dimension exactly.
struct decomposition {
    std::uint32_t dim;
    std::uint32_t count;
    cv_summary cv;
};

/// The answer of `nearest_band_dim`.
struct nearest_dim {
    std::uint32_t dim;
    cv_summary cv;
    std::vector<decomposition> decompositions;  ///< by ascending dimension
};

/// The dimension nearest to `target` among entries inside the band (the lower of two equally near ones), and every
/// one of them that divides `target`. Empty if there are no entries.
inline std::optional<nearest_dim> nearest_band_dim(std::span<const entry> in_band, std::uint32_t target) {
    const auto by_dim = summarise_by_dim(in_band);
    if (by_dim.empty()) return std::nullopt;
    const auto distance = [target](const auto& group) {
        return group.first < target ? target - group.first : group.first - target;
    };
    const auto nearest = std::min_element(by_dim.begin(), by_dim.end(),
                                          [&](const auto& a, const auto& b) { return distance(a) < distance(b); });
    nearest_dim answer{nearest->first, nearest->second, {}};
    for (const auto& [dim, cv] : by_dim) {
        if (target % dim == 0) answer.decompositions.push_back({dim, target / dim, cv});
    }
    return answer;
}

/// The entries with lo <= CV <= hi by ascending CV, equal ones in the order given.
inline std::vector<entry> with_cv_between(std::span<const entry> entries, double lo, double hi) {
    std::vector<const entry*> hits;
    for (const entry& e : entries) {
        if (e.cv && lo <= *e.cv && *e.cv <= hi) hits.push_back(&e);
    }
    // Not std::stable_sort: clang warns of what it calls in GCC's library.
    std::sort(hits.begin(), hits.end(),
              [](const entry* a, const entry* b) { return *a->cv < *b->cv || (*a->cv == *b->cv && a < b); });
    std::vector<entry> sorted;
    for (const entry* hit : hits) sorted.push_back(*hit);
    return sorted;
}

/// Where a mean lies: strictly inside the band, or at or beyond one of its bounds.
enum class band_status { below, in_band, above };

/// "BELOW", "IN_BAND" or "ABOVE", as the document has it.
constexpr std::string_view to_string(band_status status) {
    return status == band_status::below ? "BELOW" : status == band_status::above ? "ABOVE" : "IN_BAND";
}

/// Where a value lies.
constexpr band_status status_of(double cv, const band& limits) {
    return cv >= limits.hi ? band_status::above : cv > limits.lo ? band_status::in_band : band_status::below;
}

/// One dimension. `in_band` counts values on the bounds too, as the document's regrouping does (its `in_band` field
/// does not).
struct dim_group {
    std::uint32_t dim;
    cv_summary cv;
    std::size_t in_band = 0;

    double in_band_percent() const { return 100 * static_cast<double>(in_band) / static_cast<double>(cv.count); }
};

/// Regrouping `dim`: one group for each dimension, ascending.
inline std::vector<dim_group> group_by_dim(std::span<const entry> entries, const band& limits) {
    std::map<std::uint32_t, dim_group> groups;
    for (const entry& e : entries) {
        if (!e.cv) continue;
        dim_group& group = groups.try_emplace(e.dim, dim_group{e.dim, {}}).first->second;
        group.cv.add(*e.cv);
        if (limits.lo <= *e.cv && *e.cv <= limits.hi) ++group.in_band;
    }
    std::vector<dim_group> table;
    for (const auto& [dim, group] : groups) table.push_back(group);
    return table;
}

/// Regrouping `cv`: the entries strictly inside the band by ascending CV, equal ones in the order given, cut at one,
/// two and three quarters of their number (rounded down). With fewer than four, some quarters are empty.
inline std::array<std::vector<entry>, 4> quartiles(std::span<const entry> entries, const band& limits) {
    const std::vector<entry> sorted = [&] {
        std::vector<entry> all = with_cv_between(entries, limits.lo, limits.hi);
        std::erase_if(all, [&](const entry& e) { return !limits.contains(e); });
        return all;
    }();
    std::array<std::vector<entry>, 4> parts;
    for (std::size_t q = 0; q < 4; ++q) {
        parts[q].assign(sorted.begin() + static_cast<std::ptrdiff_t>(q * sorted.size() / 4),
                        sorted.begin() + static_cast<std::ptrdiff_t>((q + 1) * sorted.size() / 4));
    }
    return parts;
}

/// The entries inside the band whose V / D rounds to the same tenth.
struct ratio_group {
    std::string ratio;  ///< to one decimal, such as "0.5" or "32.0"
    std::size_t count = 0;
    std::vector<std::uint32_t> dims;  ///< ascending, each once
};

/// Regrouping `ratio`: ascending groups of V / D, a double rounded to one decimal (its exact value, ties to even).
inline std::vector<ratio_group> group_by_ratio(std::span<const entry> entries, const band& limits) {
    // Among texts with one decimal, the shorter is the smaller number.
    const auto ascending = [](const std::string& a, const std::string& b) {
        return std::tuple(a.size(), std::string_view(a)) < std::tuple(b.size(), std::string_view(b));
    };
    std::map<std::string, ratio_group, decltype(ascending)> groups(ascending);
    for (const entry& e : entries) {
        if (!limits.contains(e)) continue;
        const std::string ratio = fixed(static_cast<double>(e.vocab) / e.dim, 1);
        ratio_group& group = groups.try_emplace(ratio, ratio_group{ratio, 0, {}}).first->second;
        ++group.count;
        group.dims.push_back(e.dim);
    }
    std::vector<ratio_group> table;
    for (auto& [ratio, group] : groups) {
        std::sort(group.dims.begin(), group.dims.end());
        group.dims.erase(std::unique(group.dims.begin(), group.dims.end()), group.dims.end());
        table.push_back(std::move(group));
    }
    return table;
}

}  // namespace geolip::sweep
