// Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT
#pragma once

/// \file
/// What `probe A --against B` found, as tables for a terminal. Names come from files and are escaped.

#include <algorithm>
#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "geolip/core/text.hpp"
#include "support/probe_against_groups.hpp"
#include "support/probe_text.hpp"
#include "support/table.hpp"

namespace examples::probe::against {

inline std::string shown(const std::optional<double>& x, int decimals = 3) { return examples::shown(x, decimals); }
inline std::string shown(const geolip::null_reading& n, int decimals = 3) { return probe::shown(n, decimals); }

inline table group_table(std::string first) {
    return table({std::move(first), "pairs", "cosine", "aligned", "Gaussian", "own spectra", "z", "gain", "residual",
                  "rotation", "spectra", "by chance"});
}
inline void add(table& t, const std::string& name, const group& g) {
    t.add({name, std::to_string(g.pairs), shown(g.before.mean(), 4), shown(g.gaussian.mean()),
           shown(g.gaussian.null().value), shown(g.matched.null().value), shown(g.matched.z(), 1), shown(g.gain.mean()),
           shown(g.residual.mean()), shown(g.rotation.mean()), shown(g.spectral.mean(), 4),
           shown(g.spectral.null().value, 4)});
}

inline std::string projections_text(const model& a, const model& b, const comparison& c) {
    table t({"embeddings", "rows", "widths", "components", "cosine", "by chance", "own spectra", "training",
             "explained", "relational", "by chance", "why not"});
    std::string extremes;
    for (const projection_line& line : c.projections) {
        const auto &left = a.catalogue.entries[line.a], &right = b.catalogue.entries[line.b];
        const geolip::projection_reading& r = line.reading;
        const std::string name =
            geolip::escaped(left.name) + (left.name == right.name ? "" : " and " + geolip::escaped(right.name));
        const std::string widths = std::to_string(left.inputs()) + ", " + std::to_string(right.inputs());
        if (r.reason != geolip::undefined_reason::none) {
            t.add({name, std::to_string(r.rows), widths, "-", "-", "-", "-", "-", "-", "-", "-", why_not(r)});
            continue;
        }
        t.add({name, std::to_string(r.rows), widths, std::to_string(r.components), shown(r.cosine.value),
               shown(r.cosine.null, 4), shown(r.cosine_matched, 4), shown(r.cosine_training), shown(r.explained.value),
               shown(r.relational.value), shown(r.relational.null, 4)});
        const auto rows = [](const std::vector<geolip::aligned_row>& list) {
            std::string text;
            for (std::size_t i = 0; i < (std::min)(list.size(), std::size_t{5}); ++i)
                text += (text.empty() ? "" : ", ") + std::to_string(list[i].row) + " (" +
                        geolip::sweep::fixed(list[i].cosine, 3) + ")";
            return text;
        };
        extremes += name + ": best rows " + rows(r.best) + "; worst " + rows(r.worst) + "\n";
    }
    return "\nEmbeddings: the wider one rotated to the narrower, on rows the rotation was not fitted on\n\n" +
           t.text() + extremes;
}

inline std::string unaligned_text(const model& m, const std::vector<unaligned_line>& lines, const char* which) {
    std::map<std::string, std::pair<std::size_t, std::string>> reasons;
    for (const unaligned_line& line : lines) {
        auto& [count, first] = reasons[line.reason];
        if (count++ == 0) first = m.catalogue.entries[line.entry].name;
    }
    if (reasons.empty()) return {};
    table t({std::string("not aligned in ") + which + " because", "entries", "such as"});
    for (const auto& [reason, n] : reasons)
        t.add({geolip::escaped(reason), std::to_string(n.first), geolip::escaped(n.second)});
    return "\n" + t.text();
}

inline std::string against_text(const model& a, const model& b, const comparison& c) {
    const auto named = [](const char* which, const model& m) {
        return std::string(which) + ": " + geolip::escaped(m.catalogue.architecture.name) + ", by " +
               m.catalogue.architecture.evidence + "; " + std::to_string(m.catalogue.parameters) + " parameters\n";
    };
    std::string text = named("A", a) + named("B", b);
    if (c.pairs.empty()) {
        text += "\nNo two weights have the same place and shape.\n";
    } else {
        table roles = group_table("weights");
        for (const auto& [key, g] : by_role(a, c)) add(roles, name_of(key), g);
        add(roles, "all", whole(c));
        text += "\nWeights of B turned to those of A, by role: means over the pairs\n\n" + roles.text() +
                "Gaussian: independent Gaussian matrices of the same shapes. Own spectra: the same singular values in "
                "random\ndirections; z is against these. Rotation: 0 where nothing is turned, 1 for a random one.\n";
        table depths = group_table("layer");
        for (const auto& [at, g] : by_depth(a, c))
            add(depths,
                (at.first == cp::tensor_side::none ? "" : std::string(cp::name_of(at.first)) + " ") +
                    std::to_string(at.second),
                g);
        text += "\nBy layer\n\n" + depths.text();
        const auto order = ranked(c);
        table extremes({"pair", "shape", "cosine", "aligned", "own spectra", "above", "z"});
        const std::size_t few = (std::min)(order.size(), std::size_t{5});
        for (std::size_t i = 0; i < order.size(); ++i) {
            if (i >= few && i + few < order.size()) continue;
            const pair_line& p = *order[i];
            extremes.add({place_of(a.catalogue.entries[p.a]), shape_of(a.catalogue.entries[p.a]),
                          shown(p.cosine_before.value, 4), shown(p.cosine.value), shown(p.matched), shown(excess(p), 4),
                          shown(z_of(p.cosine.value, p.matched), 1)});
        }
        text += "\nMost and least above their own spectra\n\n" + extremes.text();
        table broken({"pair without figures", "tensor of A", "tensor of B", "because"});
        std::size_t undefined_pairs = 0;
        for (const pair_line& p : c.pairs) {
            if (p.defined()) continue;
            ++undefined_pairs;
            broken.add({place_of(a.catalogue.entries[p.a]), geolip::escaped(a.catalogue.entries[p.a].name),
                        geolip::escaped(b.catalogue.entries[p.b].name), geolip::describe(p.reading.reason)});
        }
        if (undefined_pairs > 0) text += "\n" + broken.text();
    }
    if (!c.projections.empty()) text += projections_text(a, b, c);
    for (const layer_line& line : c.layers) {
        if (line.residual.empty()) continue;
        const std::size_t n = line.pairs.size();
        std::vector<std::string> header{name_of(line.key)};
        for (const std::size_t p : line.pairs)
            header.push_back(std::to_string(*b.catalogue.entries[c.pairs[p].b].layer));
        table t(header);
        for (std::size_t i = 0; i < n; ++i) {
            std::vector<std::string> cells{std::to_string(*a.catalogue.entries[c.pairs[line.pairs[i]].a].layer)};
            for (std::size_t j = 0; j < n; ++j) cells.push_back(shown(line.residual[i * n + j]));
            t.add(cells);
        }
        text += "\nResidual after alignment: layers of A down, of B across\n\n" + t.text();
    }
    return text + unaligned_text(a, c.only_a, "A") + unaligned_text(b, c.only_b, "B");
}

}  // namespace examples::probe::against
