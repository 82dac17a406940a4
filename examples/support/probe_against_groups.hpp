// Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT
#pragma once

/// \file
/// What a comparison found, over roles, layers and the whole model.

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "support/moments.hpp"
#include "support/probe_against.hpp"

namespace examples::probe::against {

/// The mean of a figure over pairs beside the mean of their nulls. Pairs are independent; the error of a simulated null
/// is common to all that share it.
class pooled {
public:
    void add(const std::optional<double>& value, const geolip::null_reading& null) {
        if (!value) return;
        value_.add(*value);
        if (!null) return;
        null_.add(*null.value);
        variance_ += null.sd * null.sd;
        common_ += null.standard_error();
    }
    std::size_t count() const { return value_.count(); }
    std::optional<double> mean() const { return value_.mean(); }
    /// Mean of the nulls, and the standard deviation that the mean over the pairs has by chance.
    geolip::null_reading null() const {
        if (null_.count() == 0 || null_.count() != value_.count()) return {};
        const double n = static_cast<double>(null_.count());
        return {null_.mean(), std::hypot(std::sqrt(variance_) / n, common_ / n), 0};
    }
    std::optional<double> z() const {
        const geolip::null_reading by_chance = null();
        if (!mean() || !by_chance || !(by_chance.sd > 0)) return std::nullopt;
        return (*mean() - *by_chance.value) / by_chance.sd;
    }

private:
    moments value_, null_;
    double variance_ = 0, common_ = 0;
};

/// The figures of some pairs.
struct group {
    std::size_t pairs = 0, undefined = 0;
    pooled before, gaussian, matched, rotation, spectral;  ///< gaussian, matched: the cosine after, by either null
    moments residual, gain, ceiling;

    void add(const pair_line& p) {
        ++pairs;
        undefined += !p.defined();
        before.add(p.cosine_before.value, p.cosine_before.null);
        gaussian.add(p.cosine.value, p.cosine.null);
        matched.add(p.cosine.value, p.matched);
        rotation.add(p.rotation.value, p.rotation.null);
        spectral.add(p.spectral.value, p.spectral.null);
        if (p.reading.residual) residual.add(*p.reading.residual);
        if (p.reading.gain) gain.add(*p.reading.gain);
        if (p.ceiling) ceiling.add(*p.ceiling);
    }
};

inline group whole(const comparison& c) {
    group out;
    for (const pair_line& p : c.pairs) out.add(p);
    return out;
}
inline std::map<group_key, group> by_role(const model& a, const comparison& c) {
    std::map<group_key, group> out;
    for (const pair_line& p : c.pairs) out[key_of(a.catalogue.entries[p.a])].add(p);
    return out;
}
/// Sides and their layers, all roles together.
using depth = std::pair<cp::tensor_side, std::size_t>;
inline std::map<depth, group> by_depth(const model& a, const comparison& c) {
    std::map<depth, group> out;
    for (const pair_line& p : c.pairs)
        if (const cp::catalogue_entry& e = a.catalogue.entries[p.a]; e.layer) out[{e.side, *e.layer}].add(p);
    return out;
}

/// How far the cosine after alignment lies above what the two spectra give; empty where either is undefined.
inline std::optional<double> excess(const pair_line& p) {
    if (!p.cosine.value || !p.matched) return std::nullopt;
    return *p.cosine.value - *p.matched.value;
}
/// The defined pairs, the one with the largest excess first.
inline std::vector<const pair_line*> ranked(const comparison& c) {
    std::vector<const pair_line*> out;
    for (const pair_line& p : c.pairs)
        if (excess(p)) out.push_back(&p);
    std::ranges::stable_sort(out, [](const pair_line* p, const pair_line* q) { return *excess(*p) > *excess(*q); });
    return out;
}

/// Why there is no projection.
inline std::string why_not(const geolip::projection_reading& r) {
    return r.reason == geolip::undefined_reason::too_few_rows ? "fewer than 6 rows in both"
                                                              : geolip::describe(r.reason);
}

/// In standard deviations of a null, its own error included.
inline std::optional<double> z_of(const std::optional<double>& value, const geolip::null_reading& null) {
    geolip::estimate e;
    e.value = value;
    e.null = null;
    return e.z_score();
}

}  // namespace examples::probe::against
