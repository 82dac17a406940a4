// Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT
#pragma once

/// \file
/// What `probe` found, as one JSON document.

#include <algorithm>
#include <cstddef>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "geolip/checkpoint/catalogue_json.hpp"
#include "geolip/checkpoint/estimate_json.hpp"
#include "support/probe_groups.hpp"
#include "support/probe_json_curves.hpp"

namespace examples::probe {

using cp::json_of;
inline json number(const std::optional<double>& x) { return json_of(x); }

/// A distribution over rows or pairs of them.
inline json json_of(const geolip::pairwise_reading& r) {
    json line{{"rows", r.rows}, {"mean", json_of(r.mean)}, {"sd", json_of(r.sd)}};
    if (r.values) line["smallest"] = number(r.values->smallest());
    if (r.values) line["largest"] = number(r.values->largest());
    for (const int p : {1, 5, 25, 50, 75, 95, 99})
        line["percentiles"][std::to_string(p) + " %"] =
            r.values ? number(r.values->percentile(p / 100.0)) : json(nullptr);
    return line;
}

/// `made_of` is what provenance_json gave.
inline json catalogue_json(const cp::catalogue& c, const json& made_of) {
    json out;
    const json whole = cp::catalogue_json(c);
    for (const auto& [key, value] : whole.items()) {
        out[key] = value;
        if (key == "version") out.update(made_of);
    }
    return out;
}

inline json report_json(const cp::catalogue& c, const measurements& m, geolip::gaussian_spectra& nulls,
                        const json& made_of) {
    json out = catalogue_json(c, made_of);
    null_curves curves(nulls, out["seed"]);
    const detail::entry_index index(c);
    if (!m.only.all()) out["only"] = m.only.names();
    const auto sparsity = [](const geolip::sparsity(&below)[4]) {
        json list = json::array();
        for (std::size_t t = 0; t < thresholds.size(); ++t) {
            json line = json_of(below[t].value());
            line["threshold"] = thresholds[t];
            list.push_back(line);
        }
        return list;
    };
    const auto spectra = spectra_of(c, m, nulls);
    geolip::sparsity whole[4];
    for (std::size_t i = 0; i < c.entries.size(); ++i) {
        if (!m.tensors[i]) continue;
        const tensor_figures& f = *m.tensors[i];
        const cp::catalogue_entry& e = c.entries[i];
        for (std::size_t t = 0; t < thresholds.size(); ++t) whole[t].add(f.entries, t);
        json& line = out["entries"][i];
        line["nonfinite"] = f.entries.nonfinite;
        line["zeros"] = f.entries.zeros;
        line["mean"] = number(f.entries.mean());
        line["root_mean_square"] = number(f.entries.root_mean_square());
        line["largest"] = f.entries.largest;
        line["sparsity"] = cp::sparsity_metric{}.json(f.entries, e);
        if (!spectra[i]) continue;
        line["spectrum"] = cp::json_of(*spectra[i], f.values, e);
        line["spectrum"]["curve"] = spectrum_curve(f.values, e.outputs.count(), e.inputs(), curves);
    }
    out["sparsity"] = sparsity(whole);
    out["groups"] = json::array();
    for (const auto& [key, g] : groups_of(c, m, spectra)) {
        const auto spectral = [](const group_figures::spectral& s) {
            return json{{"mean", number(s.value.mean())}, {"null", number(s.null.mean())}};
        };
        json line{{"group", name_of(key)}, {"tensors", g.members.size()}, {"sparsity", sparsity(g.below)}};
        if (g.stable.value.count() > 0) {
            line["stable_rank"] = spectral(g.stable);
            line["participation_ratio"] = spectral(g.participation);
            line["effective_rank"] = spectral(g.effective);
            line["rank_for_90_percent"] = number(g.rank_90.mean());
            line["condition_number"] = number(g.condition.mean());
        }
        out["groups"].push_back(line);
    }
    out["qk_balance"] = json::array();
    for (const balance_line& b : m.balances) {
        json line{{"query", c.entries[b.query].name},
                  {"key", c.entries[b.key].name},
                  {"place", place_of(c.entries[b.query])},
                  {"layer", layer_json(c.entries[b.query])}};
        const geolip::qk_balance_reading& r = b.reading;
        if (!b.reason.empty() || r.reason != geolip::undefined_reason::none) {
            line["reason"] = b.reason.empty() ? geolip::describe(r.reason) : b.reason;
        } else {
            line.update({{"size", r.size},
                         {"positive", r.positive},
                         {"negative", r.negative},
                         {"zero", r.zero},
                         {"positive_fraction", number(r.positive_fraction)},
                         {"null", json_of(b.null)},
                         {"z", number(geolip::estimate{r.positive_fraction, r.reason, 0, b.null}.z_score())},
                         {"signed_energy", number(r.signed_energy)},
                         {"symmetry_deviation", number(r.symmetry_deviation)},
                         {"top_eigenvalues",
                          std::vector<double>(r.eigenvalues.begin(),
                                              r.eigenvalues.begin() + static_cast<std::ptrdiff_t>(std::min<std::size_t>(
                                                                          3, r.eigenvalues.size())))},
                         {"eigenvalues", balance_curve(r, c.entries[b.query].inputs(), curves)}});
        }
        out["qk_balance"].push_back(line);
    }
    out["neurons"] = json::array();
    for (const neuron_line& n : m.neurons) {
        json line{
            {"up", c.entries[n.up].name}, {"place", place_of(c.entries[n.up])}, {"layer", layer_json(c.entries[n.up])}};
        if (n.reading.reason != geolip::undefined_reason::none)
            line["reason"] = geolip::describe(n.reading.reason);
        else
            line.update(
                {{"units", n.reading.units},
                 {"dead", n.reading.dead},
                 {"weak", n.reading.weak},
                 {"null_dead", json_of(n.null.dead)},
                 {"null_weak", json_of(n.null.weak)},
                 {"importance",
                  importance_curve(n.reading, c.entries[n.up].inputs(),
                                   index.beside(c.entries[n.up], cp::tensor_role::mlp_gate) != nullptr, curves)}});
        out["neurons"].push_back(line);
    }
    out["neuron_importance"] = importance_histograms(c, m, index, curves);
    out["layer_correlation"] = json::array();
    for (const correlation_line& l : m.correlations) {
        json line = json_of(l.reading.adjacent);
        line["group"] = name_of(l.key);
        line["layers"] = l.reading.layers;
        for (const std::size_t i : l.members) line["numbers"].push_back(layer_json(c.entries[i]));
        for (const std::size_t i : l.members) line["tensors"].push_back(c.entries[i].name);
        line["cosines"] = cosines_json(l.reading);
        out["layer_correlation"].push_back(line);
    }
    out["position_bias"] = json::array();
    for (const position_line& p : m.positions) {
        json line{{"tensor", c.entries[p.entry].name},
                  {"place", place_of(c.entries[p.entry])},
                  {"layer", layer_json(c.entries[p.entry])}};
        double smallest = 0, largest = 0;
        for (const geolip::position_head& h : p.reading.heads) {
            smallest = &h == p.reading.heads.data() ? h.smallest : std::min(smallest, h.smallest);
            largest = &h == p.reading.heads.data() ? h.largest : std::max(largest, h.largest);
        }
        if (p.reading.reason != geolip::undefined_reason::none)
            line["reason"] = geolip::describe(p.reading.reason);
        else
            line.update({{"heads", p.reading.heads.size()},
                         {"local", p.reading.local},
                         {"global", p.reading.global},
                         {"mixed", p.reading.mixed},
                         {"smallest", smallest},
                         {"largest", largest},
                         {"null_local", json_of(p.null.local)},
                         {"null_global", json_of(p.null.global)},
                         {"biases", biases_json(p, c.entries[p.entry])}});
        out["position_bias"].push_back(line);
    }
    out["norms"] = json::array();
    for (const scale_line& s : m.scales) {
        const geolip::scale_reading& r = s.reading;
        const std::optional<double> start = r.mean.null.value;
        json line{{"tensor", c.entries[s.entry].name},
                  {"group", name_of(key_of(c.entries[s.entry]))},
                  {"layer", layer_json(c.entries[s.entry])},
                  {"mean", number(r.mean.value)},
                  {"sd", number(r.sd.value)},
                  {"smallest", number(r.smallest)},
                  {"largest", number(r.largest)},
                  {"size", r.size},
                  {"starts_at", number(start)},
                  {"still_there", start ? json(r.initial) : json(nullptr)},
                  {"moved", number(r.moved.value)},
                  {"multiplier", start == 0.0 ? "1 + weight" : "weight"},
                  {"above_1.5", r.high},
                  {"below_0.5", r.low},
                  {"from_0.8_to_1.2", r.near_one}};
        if (!r.mean.value) line["reason"] = geolip::describe(r.mean.reason);
        out["norms"].push_back(line);
    }
    out["embeddings"] = json::array();
    for (const embedding_line& l : m.embeddings) {
        json cv{{"value", number(l.cv.value)},
                {"standard_error", number(l.cv.standard_error)},
                {"null", json_of(l.cv.null)},
                {"law", number(l.cv.population_law)}};
        if (!l.cv.value) cv["reason"] = geolip::describe(l.cv.reason);
        const auto dimensions = [&](double share) {
            const auto n = geolip::rank_for_share(l.variances, share);
            return n ? json(*n) : json(nullptr);
        };
        json cosines = json_of(l.cosines), norms = json_of(l.norms);
        const cp::catalogue_entry& e = c.entries[l.entry];
        if (l.cosines.values) cosines["histogram"] = cosine_histogram(l.cosines, e.inputs());
        if (l.norms.values) norms["histogram"] = norm_histogram(l.norms, e.inputs());
        out["embeddings"].push_back({{"tensor", e.name},
                                     {"place", place_of(e)},
                                     {"cosines", cosines},
                                     {"norms", norms},
                                     {"volume_cv", cv},
                                     {"participation_ratio", number(geolip::participation_ratio(l.variances))},
                                     {"variances", variance_curve(l.variances, e.outputs.count(), curves)},
                                     {"dimensions",
                                      {{"80 %", dimensions(0.8)},
                                       {"90 %", dimensions(0.9)},
                                       {"95 %", dimensions(0.95)},
                                       {"99 %", dimensions(0.99)}}}});
    }
    return out;
}

}  // namespace examples::probe
