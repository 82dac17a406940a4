// Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT
#pragma once

/// \file
/// What `probe` found, as tables for a terminal. Names come from files and are escaped.

#include <cstddef>
#include <map>
#include <string>
#include <utility>

#include "geolip/core/text.hpp"
#include "geolip/sweep/number.hpp"
#include "support/probe_groups.hpp"
#include "support/table.hpp"

namespace examples::probe {

using examples::shown;
using geolip::sweep::fixed;
inline std::string shown(const geolip::null_reading& n, int decimals = 3) {
    return n.value ? fixed(*n.value, decimals) + " +- " + fixed(n.sd, decimals) : std::string(undefined);
}

/// Totals, groups and reasons: what `--list` prints.
inline std::string catalogue_text(const cp::model_files& files, const cp::catalogue& c) {
    std::string text = geolip::escaped(c.architecture.name) + ", by " + c.architecture.evidence + "; " +
                       std::to_string(c.tensors) + " tensors in " + std::to_string(files.files().size()) +
                       (files.files().size() == 1 ? " file, " : " files, ") + std::to_string(c.parameters) +
                       " parameters: " + std::to_string(c.measured) + " measured, " + std::to_string(c.unmeasured) +
                       " not; " + std::to_string(c.buffers) + " elements of buffers\n\n";
    table out({"tensor", "dtype", "shape", "role", "place", "layer", "measured"});
    for (const cp::catalogue_entry& e : c.entries) {
        std::string shape;
        for (const std::size_t n : e.shape) shape += (shape.empty() ? "" : " x ") + std::to_string(n);
        group_key place = key_of(e);
        std::get<2>(place) = cp::tensor_role::other;
        std::string where = name_of(place);
        where = where == "other" ? "" : where.substr(0, where.size() - std::string(" other").size());
        out.add({geolip::escaped(e.name), std::string(cp::name_of(e.dtype)), shape, std::string(cp::name_of(e.role)),
                 where, e.layer ? std::to_string(*e.layer) : std::string(undefined),
                 e.measured() ? (e.guessed ? "yes, by a guess" : "yes") : geolip::escaped("no: " + e.reason)});
    }
    return text + out.text();
}

inline std::string report_text(const cp::model_files& files, const cp::catalogue& c, const measurements& m,
                               geolip::gaussian_spectra& nulls) {
    std::string text = geolip::escaped(c.architecture.name) + ", by " + c.architecture.evidence + "; " +
                       std::to_string(c.parameters) + " parameters in " + std::to_string(c.tensors) + " tensors and " +
                       std::to_string(files.files().size()) + (files.files().size() == 1 ? " file" : " files") + "\n";
    const auto section = [&](const char* title, const table& t) {
        text += std::string("\n") + title + "\n\n" + t.text();
    };

    table groups({"weights", "tensors", "|w| < 0.1", "by chance", "stable rank", "by chance", "participation",
                  "by chance", "rank for 90 %", "condition"});
    for (const auto& [key, g] : groups_of(c, m, spectra_of(c, m, nulls))) {
        const geolip::estimate below = g.below[3].value();
        groups.add({name_of(key), std::to_string(g.members.size()), shown(below.value), shown(below.null.value),
                    shown(g.stable.value.mean(), 1), shown(g.stable.null.mean(), 1),
                    shown(g.participation.value.mean(), 1), shown(g.participation.null.mean(), 1),
                    shown(g.rank_90.mean(), 1), shown(g.condition.mean(), 0)});
    }
    if (m.only.any({part::sparsity, part::spectra})) {
        section("Weights, by role: pooled shares and means over the matrices", groups);
        text += "By chance: normal elements of the same size; Gaussian matrices of the same shapes.\n";
    }

    if (!m.balances.empty()) {
        table t({"queries and keys", "positive", "negative", "share", "by chance", "signed energy", "|M - M'| / |M|",
                 "why not"});
        for (const balance_line& b : m.balances) {
            const auto& r = b.reading;
            if (!b.reason.empty())
                t.add({place_of(c.entries[b.query]), "-", "-", "-", "-", "-", "-", b.reason});
            else if (r.reason != geolip::undefined_reason::none)
                t.add({place_of(c.entries[b.query]), "-", "-", "-", "-", "-", "-", geolip::describe(r.reason)});
            else
                t.add({place_of(c.entries[b.query]), std::to_string(r.positive), std::to_string(r.negative),
                       shown(r.positive_fraction), shown(b.null), shown(r.signed_energy), shown(r.symmetry_deviation)});
        }
        section("Balance of queries and keys: eigenvalues of the symmetric part of W_q W_k'", t);
        text += "By chance: independent Gaussian factors, of which |M - M'| / |M| is 1.414.\n";
    }
    if (!m.neurons.empty()) {
        table t({"feed-forward", "units", "dead", "weak", "weak by chance"});
        for (const neuron_line& n : m.neurons)
            t.add({place_of(c.entries[n.up]), std::to_string(n.reading.units), std::to_string(n.reading.dead),
                   std::to_string(n.reading.weak), shown(n.null.weak.value)});
        section("Neurons below 1 % (dead) and 10 % (weak) of the mean importance", t);
    }
    if (!m.correlations.empty()) {
        table t({"weights", "layers", "cosine of neighbours", "by chance", "z"});
        for (const correlation_line& l : m.correlations)
            t.add({name_of(l.key), std::to_string(l.reading.layers), shown(l.reading.adjacent.value, 4),
                   shown(l.reading.adjacent.null, 4), shown(l.reading.adjacent.z_score(), 1)});
        section("Neighbouring layers", t);
    }
    if (!m.positions.empty()) {
        table t({"position biases", "heads", "local", "global", "mixed", "local or global by chance, each"});
        for (const position_line& p : m.positions)
            t.add({place_of(c.entries[p.entry]), std::to_string(p.reading.heads.size()),
                   std::to_string(p.reading.local), std::to_string(p.reading.global), std::to_string(p.reading.mixed),
                   shown(p.null.local, 1)});
        section("Position biases", t);
    }
    if (!m.embeddings.empty()) {
        table t({"embedding", "cosine", "by chance", "norm", "participation ratio", "CV", "by chance", "law"});
        for (const embedding_line& l : m.embeddings)
            t.add({geolip::escaped(c.entries[l.entry].name), shown(l.cosines.mean.value), shown(l.cosines.mean.null, 4),
                   shown(l.norms.mean.value), shown(geolip::participation_ratio(l.variances), 1), shown(l.cv.value),
                   shown(l.cv.null), shown(l.cv.population_law)});
        section("Embeddings", t);
    }
    if (!m.scales.empty()) {
        std::map<std::string, std::pair<moments, std::size_t>> kinds;  // means of the scales, and elements near 1
        std::map<std::string, std::size_t> sizes;
        for (const scale_line& s : m.scales) {
            const std::string kind = name_of(key_of(c.entries[s.entry]));
            if (s.reading.mean.value) kinds[kind].first.add(*s.reading.mean.value);
            kinds[kind].second += s.reading.near_one;
            sizes[kind] += s.reading.size;
        }
        table t({"norm layers", "tensors", "mean scale", "multiplier 0.8 to 1.2", "of"});
        for (const auto& [kind, figures] : kinds)
            t.add({kind, std::to_string(figures.first.count()), shown(figures.first.mean()),
                   std::to_string(figures.second), std::to_string(sizes[kind])});
        section("Norm layers", t);
    }
    std::map<std::string, std::pair<std::size_t, std::uint64_t>> reasons;
    for (const cp::catalogue_entry& e : c.entries)
        if (!e.measured() && !is_scale(e)) {
            auto& [count, elements] = reasons[e.reason];
            ++count;
            elements += e.elements;
        }
    if (!reasons.empty()) {
        table t({"not measured because", "tensors", "elements"});
        for (const auto& [reason, n] : reasons)
            t.add({geolip::escaped(reason), std::to_string(n.first), std::to_string(n.second)});
        section("Left out", t);
    }
    std::size_t nonfinite = 0;
    for (const auto& t : m.tensors)
        if (t) nonfinite += t->entries.nonfinite;
    if (nonfinite > 0)
        text += "\n" + std::to_string(nonfinite) +
                " elements are NaN or infinite; figures of their matrices are undefined.\n";
    return text;
}

}  // namespace examples::probe
