// Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT
#pragma once

/// \file
/// What `probe A --against B` found, as one JSON document.

#include <cstddef>
#include <nlohmann/json.hpp>
#include <optional>
#include <string_view>
#include <vector>

#include "geolip/core/version.hpp"
#include "support/probe_against_groups.hpp"
#include "support/probe_json.hpp"
#include "support/probe_provenance.hpp"

namespace examples::probe::against {

inline json pooled_json(const pooled& p) {
    return {{"mean", number(p.mean())}, {"null", json_of(p.null())}, {"z", number(p.z())}};
}
inline json group_json(const group& g) {
    return {{"pairs", g.pairs},
            {"undefined", g.undefined},
            {"cosine", pooled_json(g.before)},
            {"aligned_cosine", pooled_json(g.gaussian)},
            {"aligned_cosine_matched", pooled_json(g.matched)},
            {"residual", number(g.residual.mean())},
            {"gain", number(g.gain.mean())},
            {"rotation", pooled_json(g.rotation)},
            {"spectral_correlation", pooled_json(g.spectral)},
            {"ceiling", number(g.ceiling.mean())}};
}

inline json model_json(const model& m, const provenance& made_of) {
    json out = provenance_json(m.files, made_of);
    out.erase("seed");
    out.update(
        {{"architecture", {{"name", m.catalogue.architecture.name}, {"evidence", m.catalogue.architecture.evidence}}},
         {"tensors", m.catalogue.tensors},
         {"parameters", m.catalogue.parameters}});
    return out;
}

inline json projection_json(const model& a, const model& b, const projection_line& line) {
    const geolip::projection_reading& r = line.reading;
    const auto &left = a.catalogue.entries[line.a], &right = b.catalogue.entries[line.b];
    json out{{"a", left.name},
             {"b", right.name},
             {"shape_a", {left.outputs.count(), left.inputs()}},
             {"shape_b", {right.outputs.count(), right.inputs()}},
             {"rows", r.rows},
             {"nonfinite_rows", r.nonfinite_rows}};
    if (r.reason != geolip::undefined_reason::none) {
        out["reason"] = why_not(r);
        return out;
    }
    const auto rows = [](const std::vector<geolip::aligned_row>& list) {
        json out_rows = json::array();
        for (const geolip::aligned_row& row : list) out_rows.push_back({{"row", row.row}, {"cosine", row.cosine}});
        return out_rows;
    };
    // The wider one is the first of the reading.
    const bool swapped = left.inputs() < right.inputs();
    json cosine = json_of(r.cosine);
    cosine.update({{"standard_error", number(r.cosine.standard_error)},
                   {"matched_null", json_of(r.cosine_matched)},
                   {"matched_z", number(z_of(r.cosine.value, r.cosine_matched))},
                   {"sd", number(r.cosine_sd)},
                   {"median", number(r.cosine_median)},
                   {"training", number(r.cosine_training)}});
    out.update({{"training_rows", r.train},
                {"test_rows", r.test},
                {"components", r.components},
                {"variance_kept_a", number(swapped ? r.kept_b : r.kept_a)},
                {"variance_kept_b", number(swapped ? r.kept_a : r.kept_b)},
                {"cosine", cosine},
                {"cosine_documented", json_of(r.cosine_documented)},
                {"variance_explained", json_of(r.explained)},
                {"relational_pearson", json_of(r.relational)},
                {"relational_pearson_projected", number(r.relational_projected)},
                {"worst", rows(r.worst)},
                {"best", rows(r.best)}});
    return out;
}

inline json pair_json(const model& a, const model& b, const pair_line& p) {
    json out{{"a", a.catalogue.entries[p.a].name},
             {"b", b.catalogue.entries[p.b].name},
             {"place", place_of(a.catalogue.entries[p.a])}};
    if (const auto layer = a.catalogue.entries[p.a].layer) out["layer"] = *layer;
    out.update({{"rows", p.rows}, {"cols", p.cols}});
    if (!p.defined()) {
        out["reason"] = geolip::describe(p.reading.reason);
        return out;
    }
    json aligned = json_of(p.cosine);
    aligned.update({{"matched_null", json_of(p.matched)}, {"matched_z", number(z_of(p.cosine.value, p.matched))}});
    json rotation = json_of(p.rotation);
    if (!p.rotation.value) rotation["reason"] = "not unique: fewer rows than columns";
    json spectral = json_of(p.spectral);
    if (!p.spectral.value) spectral["reason"] = "fewer than two different singular values";
    out.update({{"cosine", json_of(p.cosine_before)},
                {"aligned_cosine", aligned},
                {"residual", number(p.reading.residual)},
                {"gain", number(p.reading.gain)},
                {"rotation", rotation},
                {"spectral_correlation", spectral},
                {"ceiling", number(p.ceiling)}});
    return out;
}

inline json against_json(const model& a, const model& b, const comparison& c, const provenance& made_of) {
    json out{{"schema", "geolip.probe.against"},
             {"schema_version", 1},
             {"version", geolip::version_string},
             {"seed", made_of.seed},
             {"a", model_json(a, made_of)},
             {"b", model_json(b, made_of)},
             {"all", group_json(whole(c))},
             {"roles", json::array()},
             {"depth", json::array()},
             {"pairs", json::array()},
             {"projections", json::array()},
             {"layers", json::array()}};
    for (const auto& [key, g] : by_role(a, c)) {
        out["roles"].push_back(group_json(g));
        out["roles"].back()["group"] = name_of(key);
    }
    for (const auto& [at, g] : by_depth(a, c)) {
        out["depth"].push_back(group_json(g));
        out["depth"].back().update({{"side", cp::name_of(at.first)}, {"layer", at.second}});
    }
    for (const pair_line& p : c.pairs) out["pairs"].push_back(pair_json(a, b, p));
    for (const projection_line& p : c.projections) out["projections"].push_back(projection_json(a, b, p));
    const auto square = [](const std::vector<std::optional<double>>& values, std::size_t n) {
        json rows = json::array();
        for (std::size_t i = 0; i < n; ++i) {
            rows.push_back(json::array());
            for (std::size_t j = 0; j < n; ++j) rows.back().push_back(number(values[i * n + j]));
        }
        return rows;
    };
    for (const layer_line& line : c.layers) {
        json layers = json::array();
        for (const std::size_t p : line.pairs) layers.push_back(*a.catalogue.entries[c.pairs[p].a].layer);
        json entry{{"group", name_of(line.key)},
                   {"layers", layers},
                   {"spectral_correlation", square(line.spectral, line.pairs.size())}};
        if (!line.residual.empty()) entry["residual"] = square(line.residual, line.pairs.size());
        out["layers"].push_back(entry);
    }
    const auto list = [](const model& m, const std::vector<unaligned_line>& lines) {
        json entries = json::array();
        for (const unaligned_line& line : lines) {
            const cp::catalogue_entry& e = m.catalogue.entries[line.entry];
            entries.push_back({{"tensor", e.name}, {"place", place_of(e)}, {"reason", line.reason}});
        }
        return entries;
    };
    out["unaligned"] = {{"a", list(a, c.only_a)}, {"b", list(b, c.only_b)}};
    return out;
}

}  // namespace examples::probe::against
