// Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT
#pragma once

/// \file
/// Which entries of a catalogue a documented figure is of, and the figures that follow from their shapes.

#include <cstddef>
#include <optional>
#include <vector>

#include "geolip/checkpoint/catalogue_entry.hpp"
#include "support/documented_figure.hpp"

namespace examples::documented {

namespace cp = geolip::checkpoint;

/// The entries that `w` selects.
inline std::vector<const cp::catalogue_entry*> chosen(const cp::catalogue& c, const weights& w) {
    std::vector<const cp::catalogue_entry*> entries;
    for (const cp::catalogue_entry& e : c.entries)
        if (w.holds(e) && e.stored_rows > 0) entries.push_back(&e);
    return entries;
}

/// Figures that follow from the shapes; empty for any other.
inline std::optional<double> structure_of(const row& r, const cp::catalogue& c) {
    const auto entries = chosen(c, r.of);
    double units = 0;
    switch (r.what) {
        case figure::parameters: return static_cast<double>(c.parameters);
        case figure::matrices: return static_cast<double>(entries.size());
        case figure::units:
            for (const auto* e : entries) units += static_cast<double>(e->outputs.count());
            return units;
        case figure::latents:
            for (const cp::catalogue_entry& e : c.entries)
                if (e.name.ends_with("decoder.conv_in.weight") && e.shape.size() == 4)
                    return static_cast<double>(e.shape[1]);
            return std::nullopt;
        case figure::outputs:
        case figure::inputs:
        case figure::heads: break;
        default: return std::nullopt;
    }
    if (entries.empty()) return std::nullopt;
    if (r.what == figure::heads)
        return entries[0]->heads ? std::optional(static_cast<double>(*entries[0]->heads)) : std::nullopt;
    return static_cast<double>(r.what == figure::outputs ? entries[0]->outputs.count() : entries[0]->inputs());
}

}  // namespace examples::documented
