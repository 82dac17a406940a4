// Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT
#pragma once

/// \file
/// What `probe` found, as one JSON document and as tables for a terminal. Names come from files and are escaped.

#include <algorithm>
#include <cstddef>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "geolip/core/text.hpp"
#include "geolip/core/version.hpp"
#include "geolip/metrics/gaussian_spectrum.hpp"
#include "geolip/metrics/spectrum.hpp"
#include "geolip/sweep/number.hpp"
#include "support/moments.hpp"
#include "support/probe_measure.hpp"
#include "support/table.hpp"

namespace examples::probe {

using json = nlohmann::ordered_json;
using geolip::sweep::fixed;

inline json number(const std::optional<double>& x) {
    return x && geolip::detail::finite(*x) ? json(*x) : json(nullptr);
}
inline json json_of(const geolip::null_reading& n) {
    json out{{"value", number(n.value)}, {"sd", n.value ? number(n.sd) : json(nullptr)}};
    if (n.replicates > 0) out["replicates"] = n.replicates;
    return out;
}
inline json json_of(const geolip::estimate& e) {
    json out{{"value", number(e.value)}, {"null", json_of(e.null)}, {"z", number(e.z_score())}};
    if (!e.value) out["reason"] = geolip::describe(e.reason);
    return out;
}
using examples::shown;
inline std::string shown(const geolip::null_reading& n, int decimals = 3) {
    return n.value ? fixed(*n.value, decimals) + " +- " + fixed(n.sd, decimals) : std::string(undefined);
}

/// "encoder self query", "decoder mlp_up", "up cross key".
inline std::string name_of(const group_key& k) {
    std::string text;
    const auto add = [&](std::string_view part) {
        if (part == "none") return;
        if (!text.empty()) text += ' ';
        text += part;
    };
    add(cp::name_of(std::get<0>(k)));
    add(cp::name_of(std::get<3>(k)));
    add(cp::name_of(std::get<1>(k)));
    add(cp::name_of(std::get<2>(k)));
    return text;
}
inline std::string place_of(const cp::catalogue_entry& e) {
    std::string text = name_of(key_of(e));
    if (e.layer) text += ' ' + std::to_string(*e.layer);
    return text;
}

/// Figures of a matrix by its singular values.
struct spectral_figures {
    geolip::estimate stable, participation, effective, active, rank_90, condition;
};
/// Of each entry that has singular values.
inline std::vector<std::optional<spectral_figures>> spectra_of(const cp::catalogue& c, const measurements& m,
                                                               geolip::gaussian_spectra& nulls) {
    std::vector<std::optional<spectral_figures>> figures(c.entries.size());
    for (std::size_t i = 0; i < c.entries.size(); ++i) {
        const cp::catalogue_entry& e = c.entries[i];
        if (!has_spectrum(e)) continue;
        const auto figure = [&](auto statistic) {
            return geolip::spectral_estimate(m.tensors[i]->values, e.outputs.count(), e.inputs(), nulls, statistic);
        };
        figures[i] = {figure(geolip::stable_rank),
                      figure(geolip::participation_ratio),
                      figure(geolip::effective_rank),
                      figure([](auto v) { return geolip::active_fraction(v); }),
                      figure([](auto v) { return geolip::rank_for_share(v); }),
                      figure(geolip::condition_number)};
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

inline json json_of(const cp::catalogue_entry& e) {
    json out{{"tensor", e.name},
             {"dtype", cp::name_of(e.dtype)},
             {"shape", e.shape},
             {"role", cp::name_of(e.role)},
             {"side", cp::name_of(e.side)},
             {"attention", cp::name_of(e.attention)},
             {"path", cp::name_of(e.path)},
             {"layer", e.layer ? json(*e.layer) : json(nullptr)},
             {"elements", e.elements}};
    if (e.stored_rows > 0)
        out["outputs"] = {{"first", e.outputs.first},
                          {"run", e.outputs.run},
                          {"stride", e.outputs.stride},
                          {"repeats", e.outputs.repeats},
                          {"of", cp::name_of(e.orientation)}};
    const auto count = [](const std::optional<std::size_t>& n) { return n ? json(*n) : json(nullptr); };
    if (e.heads || e.kv_heads || e.head_dim || !e.heads_reason.empty())
        out["heads"] = {{"queries", count(e.heads)}, {"keys", count(e.kv_heads)}, {"dim", count(e.head_dim)}};
    if (!e.heads_reason.empty()) out["heads"]["reason"] = e.heads_reason;
    if (e.guessed) out["guessed"] = true;
    if (!e.measured()) out["reason"] = e.reason;
    return out;
}

inline json catalogue_json(const cp::model_files& files, const cp::catalogue& c) {
    json out{{"schema", "geolip.probe"},
             {"schema_version", 1},
             {"version", geolip::version_string},
             {"files", json::array()},
             {"architecture", {{"name", c.architecture.name}, {"evidence", c.architecture.evidence}}},
             {"tensors", c.tensors},
             {"parameters", c.parameters},
             {"measured", c.measured},
             {"unmeasured", c.unmeasured},
             {"buffers", c.buffers},
             {"entries", json::array()}};
    for (const cp::safetensors_file& f : files.files())
        out["files"].push_back({{"name", f.path().filename().string()}, {"tensors", f.tensors().size()}});
    for (const cp::catalogue_entry& e : c.entries) out["entries"].push_back(json_of(e));
    return out;
}

inline json report_json(const cp::model_files& files, const cp::catalogue& c, const measurements& m,
                        geolip::gaussian_spectra& nulls) {
    json out = catalogue_json(files, c);
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
        geolip::sparsity own[4];
        for (std::size_t t = 0; t < thresholds.size(); ++t) {
            own[t].add(f.entries, t);
            whole[t].add(f.entries, t);
        }
        json& line = out["entries"][i];
        line["nonfinite"] = f.entries.nonfinite;
        line["zeros"] = f.entries.zeros;
        line["mean"] = number(f.entries.mean());
        line["root_mean_square"] = number(f.entries.root_mean_square());
        line["largest"] = f.entries.largest;
        line["sparsity"] = sparsity(own);
        if (!spectra[i]) continue;
        line["spectrum"] = {{"rows", e.outputs.count()},
                            {"cols", e.inputs()},
                            {"largest", number(f.values.empty() ? std::nullopt : std::optional(f.values.front()))},
                            {"smallest", number(f.values.empty() ? std::nullopt : std::optional(f.values.back()))},
                            {"stable_rank", json_of(spectra[i]->stable)},
                            {"participation_ratio", json_of(spectra[i]->participation)},
                            {"effective_rank", json_of(spectra[i]->effective)},
                            {"active_fraction", json_of(spectra[i]->active)},
                            {"rank_for_90_percent", json_of(spectra[i]->rank_90)},
                            {"condition_number", json_of(spectra[i]->condition)}};
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
                  {"place", place_of(c.entries[b.query])}};
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
                         {"signed_energy", number(r.signed_energy)},
                         {"symmetry_deviation", number(r.symmetry_deviation)},
                         {"top_eigenvalues",
                          std::vector<double>(r.eigenvalues.begin(),
                                              r.eigenvalues.begin() + static_cast<std::ptrdiff_t>(std::min<std::size_t>(
                                                                          3, r.eigenvalues.size())))}});
        }
        out["qk_balance"].push_back(line);
    }
    out["neurons"] = json::array();
    for (const neuron_line& n : m.neurons) {
        json line{{"up", c.entries[n.up].name}, {"place", place_of(c.entries[n.up])}};
        if (n.reading.reason != geolip::undefined_reason::none)
            line["reason"] = geolip::describe(n.reading.reason);
        else
            line.update({{"units", n.reading.units},
                         {"dead", n.reading.dead},
                         {"weak", n.reading.weak},
                         {"null_dead", json_of(n.null.dead)},
                         {"null_weak", json_of(n.null.weak)}});
        out["neurons"].push_back(line);
    }
    out["layer_correlation"] = json::array();
    for (const correlation_line& l : m.correlations) {
        json line = json_of(l.reading.adjacent);
        line["group"] = name_of(l.key);
        line["layers"] = l.reading.layers;
        out["layer_correlation"].push_back(line);
    }
    out["position_bias"] = json::array();
    for (const position_line& p : m.positions) {
        json line{{"tensor", c.entries[p.entry].name}, {"place", place_of(c.entries[p.entry])}};
        if (p.reading.reason != geolip::undefined_reason::none)
            line["reason"] = geolip::describe(p.reading.reason);
        else
            line.update({{"heads", p.reading.heads.size()},
                         {"local", p.reading.local},
                         {"global", p.reading.global},
                         {"mixed", p.reading.mixed},
                         {"null_local", json_of(p.null.local)},
                         {"null_global", json_of(p.null.global)}});
        out["position_bias"].push_back(line);
    }
    out["norms"] = json::array();
    for (const scale_line& s : m.scales)
        out["norms"].push_back({{"tensor", c.entries[s.entry].name},
                                {"mean", number(s.mean)},
                                {"sd", number(s.sd)},
                                {"size", s.size},
                                {"above_1.5", s.high},
                                {"below_0.5", s.low},
                                {"from_0.8_to_1.2", s.near_one}});
    out["embeddings"] = json::array();
    for (const embedding_line& l : m.embeddings) {
        const auto distribution = [](const geolip::pairwise_reading& r) {
            json line{{"rows", r.rows}, {"mean", json_of(r.mean)}, {"sd", json_of(r.sd)}};
            if (r.values)
                for (const auto& [name, share] :
                     {std::pair("1 %", 0.01), std::pair("50 %", 0.5), std::pair("99 %", 0.99)})
                    line["percentiles"][name] = number(r.values->percentile(share));
            return line;
        };
        json cv{{"value", number(l.cv.value)},
                {"standard_error", number(l.cv.standard_error)},
                {"null", json_of(l.cv.null)},
                {"law", number(l.cv.population_law)}};
        if (!l.cv.value) cv["reason"] = geolip::describe(l.cv.reason);
        const auto dimensions = [&](double share) {
            const auto n = geolip::rank_for_share(l.variances, share);
            return n ? json(*n) : json(nullptr);
        };
        out["embeddings"].push_back({{"tensor", c.entries[l.entry].name},
                                     {"cosines", distribution(l.cosines)},
                                     {"norms", distribution(l.norms)},
                                     {"volume_cv", cv},
                                     {"participation_ratio", number(geolip::participation_ratio(l.variances))},
                                     {"dimensions",
                                      {{"80 %", dimensions(0.8)},
                                       {"90 %", dimensions(0.9)},
                                       {"95 %", dimensions(0.95)},
                                       {"99 %", dimensions(0.99)}}}});
    }
    return out;
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
    section("Weights, by role: pooled shares and means over the matrices", groups);
    text += "By chance: normal elements of the same size; Gaussian matrices of the same shapes.\n";

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
            if (s.mean) kinds[kind].first.add(*s.mean);
            kinds[kind].second += s.near_one;
            sizes[kind] += s.size;
        }
        table t({"norm layers", "tensors", "mean scale", "0.8 to 1.2", "of"});
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
