// Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT
#pragma once

/// \file
/// A catalogue as JSON: the schema `geolip.probe`, to which a battery adds what it measured. Component `json`.

#include <cstddef>
#include <optional>

#include <nlohmann/json.hpp>

#include "geolip/checkpoint/catalogue_entry.hpp"
#include "geolip/core/version.hpp"

namespace geolip::checkpoint {

/// What a tensor, or its part, is.
inline nlohmann::ordered_json json_of(const catalogue_entry& e) {
    using json = nlohmann::ordered_json;
    json out{{"tensor", e.name},        {"dtype", name_of(e.dtype)},
             {"shape", e.shape},        {"role", name_of(e.role)},
             {"side", name_of(e.side)}, {"attention", name_of(e.attention)},
             {"path", name_of(e.path)}, {"layer", e.layer ? json(*e.layer) : json(nullptr)},
             {"elements", e.elements}};
    if (e.stored_rows > 0)
        out["outputs"] = {{"first", e.outputs.first},
                          {"run", e.outputs.run},
                          {"stride", e.outputs.stride},
                          {"repeats", e.outputs.repeats},
                          {"of", name_of(e.orientation)}};
    const auto count = [](const std::optional<std::size_t>& n) { return n ? json(*n) : json(nullptr); };
    if (e.heads || e.kv_heads || e.head_dim || !e.heads_reason.empty())
        out["heads"] = {{"queries", count(e.heads)}, {"keys", count(e.kv_heads)}, {"dim", count(e.head_dim)}};
    if (!e.heads_reason.empty()) out["heads"]["reason"] = e.heads_reason;
    if (e.guessed) out["guessed"] = true;
    if (!e.measured()) out["reason"] = e.reason;
    return out;
}

/// The document: `schema` and its version, what the catalogue found, and `entries`, one for each of its own.
inline nlohmann::ordered_json catalogue_json(const catalogue& c) {
    nlohmann::ordered_json out{{"schema", "geolip.probe"},
                               {"schema_version", 1},
                               {"version", version_string},
                               {"architecture", {{"name", c.architecture.name}, {"evidence", c.architecture.evidence}}},
                               {"tensors", c.tensors},
                               {"parameters", c.parameters},
                               {"measured", c.measured},
                               {"unmeasured", c.unmeasured},
                               {"buffers", c.buffers},
                               {"entries", nlohmann::ordered_json::array()}};
    for (const catalogue_entry& e : c.entries) out["entries"].push_back(json_of(e));
    return out;
}

}  // namespace geolip::checkpoint
