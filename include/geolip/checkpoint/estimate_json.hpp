// Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT
#pragma once

/// \file
/// Estimates and their nulls as JSON. Component `json`.

#include <optional>

#include <nlohmann/json.hpp>

#include "geolip/core/estimate.hpp"
#include "geolip/core/finite.hpp"

namespace geolip::checkpoint {

/// The number, or null where there is none or it is not finite.
inline nlohmann::ordered_json json_of(const std::optional<double>& x) {
    return x && geolip::detail::finite(*x) ? nlohmann::ordered_json(*x) : nlohmann::ordered_json(nullptr);
}

/// `value`, `sd` and, of a simulation, `replicates`.
inline nlohmann::ordered_json json_of(const null_reading& n) {
    nlohmann::ordered_json out{{"value", json_of(n.value)},
                               {"sd", n.value ? json_of(std::optional(n.sd)) : nlohmann::ordered_json(nullptr)}};
    if (n.replicates > 0) out["replicates"] = n.replicates;
    return out;
}

/// `value`, `standard_error` where it is sampled, `null`, `z`, and `reason` where there is no value.
inline nlohmann::ordered_json json_of(const estimate& e) {
    nlohmann::ordered_json out{{"value", json_of(e.value)}};
    if (e.standard_error > 0) out["standard_error"] = json_of(std::optional(e.standard_error));
    out["null"] = json_of(e.null);
    out["z"] = json_of(e.z_score());
    if (!e.value) out["reason"] = describe(e.reason);
    return out;
}

}  // namespace geolip::checkpoint
