// Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT
#pragma once

/// \file
/// The measurements of `probe` by the places that a reader looks for: roles, sides, layers.

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "geolip/core/estimate.hpp"
#include "geolip/metrics/gaussian_spectrum.hpp"
#include "geolip/metrics/spectrum.hpp"
#include "support/moments.hpp"
#include "support/probe_measure.hpp"

namespace examples::probe {

using cp::spectral_figures;
/// Of each entry that has singular values.
inline std::vector<std::optional<spectral_figures>> spectra_of(const cp::catalogue& c, const measurements& m,
                                                               geolip::gaussian_spectra& nulls) {
    std::vector<std::optional<spectral_figures>> figures(c.entries.size());
    for (std::size_t i = 0; i < c.entries.size(); ++i) {
        const cp::catalogue_entry& e = c.entries[i];
        if (m.tensors[i] && !m.tensors[i]->values.empty())
            figures[i] = cp::spectral_figures_of(m.tensors[i]->values, e.outputs.count(), e.inputs(), nulls);
    }
    return figures;
}

/// Figures of the members of a group, each with the mean of its null.
struct group_figures {
    std::vector<std::size_t> members;
    geolip::sparsity below[4];
    struct spectral {
        moments value, null;
        void add(const geolip::estimate& e) {
            if (e.value) value.add(*e.value);
            if (e.null.value) null.add(*e.null.value);
        }
    };
    spectral stable, participation, effective;
    moments condition, rank_90;
};

inline std::map<group_key, group_figures> groups_of(const cp::catalogue& c, const measurements& m,
                                                    const std::vector<std::optional<spectral_figures>>& spectra) {
    std::map<group_key, group_figures> groups;
    for (std::size_t i = 0; i < c.entries.size(); ++i) {
        if (!m.tensors[i]) continue;
        group_figures& g = groups[key_of(c.entries[i])];
        g.members.push_back(i);
        for (std::size_t t = 0; t < thresholds.size(); ++t) g.below[t].add(m.tensors[i]->entries, t);
        if (m.tensors[i]->values.empty()) continue;
        g.stable.add(spectra[i]->stable);
        g.participation.add(spectra[i]->participation);
        g.effective.add(spectra[i]->effective);
        if (const auto& x = spectra[i]->condition.value; x && geolip::detail::finite(*x)) g.condition.add(*x);
        if (const auto& x = spectra[i]->rank_90.value) g.rank_90.add(*x);
    }
    return groups;
}

}  // namespace examples::probe
