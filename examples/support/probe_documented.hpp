// Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT
#pragma once

/// \file
/// What the documents say of a model beside what `probe` measured and what chance gives, with a verdict for each
/// figure.

#include <algorithm>
#include <cstddef>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "geolip/checkpoint/estimate_json.hpp"
#include "geolip/checkpoint/known_model_match.hpp"
#include "geolip/sweep/number.hpp"
#include "support/documented_diffusion.hpp"
#include "support/documented_embeddings.hpp"
#include "support/documented_null.hpp"
#include "support/documented_reading.hpp"
#include "support/documented_slips.hpp"
#include "support/documented_verdict.hpp"
#include "support/documented_weights.hpp"
#include "support/table.hpp"

namespace examples::documented {

/// Every row of every table that is of `model`, or all rows for an empty name.
inline std::vector<const row*> rows_of(std::string_view model) {
    std::vector<const row*> rows;
    const auto take = [&](const auto& all) {
        for (const row& r : all)
            if (model.empty() || r.model == model || r.other == model) rows.push_back(&r);
    };
    take(model_rows), take(embedding_rows), take(sparsity_rows), take(rank_rows), take(balance_rows), take(neuron_rows);
    take(neighbour_rows), take(position_rows), take(gemma_rows), take(unet_rows), take(autoencoder_rows);
    take(alignment_rows);
    return rows;
}

/// What the documents say of `model`, or of all for an empty name, beside the nulls.
/// \throws usage_error for a name that is not known
inline std::vector<comparison> compare_with_nulls(std::string_view model, null_source& nulls) {
    if (!model.empty()) nulls.model(model);  // refuses unknown names
    std::vector<comparison> all;
    for (const row* r : rows_of(model)) all.push_back(compare(*r, nulls(*r), std::nullopt, {}));
    return all;
}

/// The same beside what the JSON document of a probe says of the checkpoint with the catalogue `c`, whose weights may
/// be `random`.
inline std::vector<comparison> compare_with_report(std::string_view model, null_source& nulls, const cp::catalogue& c,
                                                   const nlohmann::ordered_json& report, const weights_origin& origin) {
    std::vector<comparison> all;
    for (const row* r : rows_of(model)) all.push_back(compare(*r, nulls(*r), read(*r, c, report), origin));
    return all;
}

inline std::string printed(const row& r, double x) {
    if (r.what == figure::parameters) return geolip::sweep::fixed(x / 1e6, 1) + "M";
    return geolip::sweep::fixed(x, std::max(r.decimals, 0));
}
inline std::string name_of(const row& r) {
    std::string text(figure_names[static_cast<std::size_t>(r.what)]);
    text += ": ";
    text += r.other.empty() ? r.of.label : r.model;
    if (!r.other.empty()) (text += " and ") += r.other;
    if (r.tokens > 0) {
        text += ", ";
        text += r.note;
    }
    return text;
}

inline nlohmann::ordered_json json_of(const comparison& c) {
    const row& r = *c.documented;
    nlohmann::ordered_json out{{"model", r.model},
                               {"section", r.section},
                               {"figure", figure_names[static_cast<std::size_t>(r.what)]},
                               {"of", r.of.label},
                               {"documented", r.documented}};
    if (r.upper() != r.documented) out["documented_to"] = r.upper();
    out["decimals"] = r.decimals;
    if (!r.other.empty()) out["other"] = r.other;
    if (!r.note.empty()) out["note"] = r.note;
    if (c.ours) {
        out["measured"] = cp::json_of(c.ours->value);
        if (!c.ours->value) out["reason"] = c.ours->reason;
    }
    out["null"] = cp::json_of(geolip::null_reading{c.null.reading.value, c.null.reading.sd, 0});
    out["null"]["of"] = c.null.of;
    out["equals_null"] = c.equals_null;
    out["verdict"] = c.verdict;
    return out;
}

inline nlohmann::ordered_json json_of(std::string_view model, const std::vector<comparison>& all) {
    nlohmann::ordered_json out{{"figures", all.size()}, {"verdicts", nlohmann::ordered_json::object()}};
    std::map<std::string_view, std::size_t> counts;
    std::size_t equal = 0;
    for (const comparison& c : all) ++counts[c.verdict], equal += c.equals_null;
    for (const auto& [verdict, count] : counts) out["verdicts"][std::string(verdict)] = count;
    out["equal_to_null"] = equal;
    out["rows"] = nlohmann::ordered_json::array();
    for (const comparison& c : all) out["rows"].push_back(json_of(c));
    out["slips"] = nlohmann::ordered_json::array();
    for (const slip& s : slips)
        if (model.empty() || s.model.empty() || s.model == model)
            out["slips"].push_back(
                {{"model", s.model}, {"section", s.section}, {"documented", s.documented}, {"found", s.found}});
    return out;
}

inline std::string text_of(std::string_view model, const std::vector<comparison>& all, bool measured) {
    std::vector<std::string> header{"section", "figure", "documented", "measured", "by chance", "verdict", "chance is"};
    const auto kept = [&](std::vector<std::string> cells) {
        if (!measured) cells.erase(cells.begin() + 3);
        if (model.empty()) cells.insert(cells.begin(), "");
        return cells;
    };
    header = kept(header);
    if (model.empty()) header[0] = "model";
    table t(header);
    std::map<std::string_view, std::size_t> counts;
    std::size_t equal = 0;
    for (const comparison& c : all) {
        const row& r = *c.documented;
        ++counts[c.verdict];
        equal += c.equals_null;
        const std::optional<double>& null = c.null.reading.value;
        std::string chance(undefined);
        const int finer = std::max(r.decimals, 0) + 1;
        if (null && c.null.reading.sd > 0)
            chance = geolip::sweep::fixed(*null, finer) + " +- " + geolip::sweep::fixed(c.null.reading.sd, finer);
        else if (null)
            chance = printed(r, *null);
        std::string documented = printed(r, r.documented);
        if (r.upper() != r.documented) documented += " to " + printed(r, r.upper());
        auto cells = kept({std::string(r.section), name_of(r), documented,
                           c.ours && c.ours->value ? printed(r, *c.ours->value) : std::string(undefined), chance,
                           std::string(c.verdict), std::string(c.null.of)});
        if (model.empty()) cells[0] = r.model;
        t.add(cells);
    }
    std::string text = t.text() + "\n";
    for (const auto& [verdict, count] : counts) text += std::to_string(count) + " " + std::string(verdict) + ", ";
    text += "of " + std::to_string(all.size()) + " figures; " + std::to_string(equal) + " equal what chance gives.\n";
    table wrong({"model", "section", "documented", "found"});
    bool any = false;
    for (const slip& s : slips)
        if (model.empty() || s.model == model) {
            wrong.add({std::string(s.model), std::string(s.section), std::string(s.documented), std::string(s.found)});
            any = true;
        }
    return any ? text + "\nWhat the shapes or the document's own figures contradict\n\n" + wrong.text() : text;
}

}  // namespace examples::documented
