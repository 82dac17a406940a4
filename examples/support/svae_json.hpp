// Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT
#pragma once

/// \file
/// Settings and results of a run of the autoencoder as JSON.

#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>

#include "geolip/core/version.hpp"
#include "geolip/metrics/validity.hpp"
#include "geolip/simd/isa.hpp"
#include "support/svae_run.hpp"

namespace examples {

using json = nlohmann::ordered_json;

namespace detail {

inline json number_or_null(const std::optional<double>& value) { return value ? json(*value) : json(nullptr); }
inline std::optional<double> number_if_any(const json& value) {
    return value.is_null() ? std::nullopt : std::optional(value.get<double>());
}

}  // namespace detail

/// Every field of the settings; the instruction-set level is in `svae_provenance`.
inline json to_json(const svae_settings& s) {
    using geolip::sweep::to_string;
    return {{"side", s.side},
            {"patch", s.patch},
            {"rows", s.rows},
            {"dim", s.dim},
            {"hidden", s.hidden},
            {"depth", s.depth},
            {"attention_layers", s.attention_layers},
            {"alpha", to_string(s.alpha)},
            {"activation", to_string(s.activation)},
            {"row_rule", to_string(s.row_rule)},
            {"initialiser", to_string(s.initialiser)},
            {"noise", s.noise},
            {"power_law", s.power_law},
            {"optimiser", to_string(s.optimiser)},
            {"schedule", to_string(s.schedule)},
            {"rate", s.rate},
            {"momentum", s.momentum},
            {"weight_decay", s.weight_decay},
            {"batch", s.batch},
            {"shards", s.shards},
            {"batches", s.batches},
            {"seed", s.seed},
            {"soft_hand", to_string(s.soft_hand)},
            {"target", s.target},
            {"boost", s.boost},
            {"cv_weight", s.cv_weight},
            {"sigma", s.sigma},
            {"clip", s.clip},
            {"read_every", s.read_every},
            {"samples", s.samples},
            {"ema", s.ema}};
}

/// What the figures depend on besides the settings. Never a date, a host, a thread count or a time.
inline json svae_provenance(const svae_settings& s) {
    return {{"version", geolip::version_string},
            {"random_version", geolip::random_version},
            {"order", 4},
            {"validity", geolip::documented_sweep::name},
            {"isa", geolip::isa_name(geolip::resolve_isa(s.isa))}};
}

/// `with_batches`: also the error of every batch.
inline json to_json(const svae_result& r, bool with_batches) {
    json readings = json::array();
    for (const svae_reading& reading : r.readings)
        readings.push_back({{"batch", reading.batch},
                            {"cv", detail::number_or_null(reading.cv)},
                            {"ema", detail::number_or_null(reading.ema)},
                            {"mse", reading.mse}});
    json out{{"status", geolip::sweep::to_string(r.status)},
             {"reason", r.reason},
             {"cv_untrained", detail::number_or_null(r.cv_untrained)},
             {"cv_ema", detail::number_or_null(r.cv_ema)},
             {"cv_final", detail::number_or_null(r.cv_final)},
             {"mse_first", r.mse_first},
             {"mse", r.mse},
             {"readings", std::move(readings)}};
    if (with_batches) out["batch_mse"] = r.batch_mse;
    return out;
}

/// What `to_json` wrote with batches. \throws json::exception where it did not
inline svae_result svae_result_from_json(const json& from) {
    svae_result r;
    if (from.at("status") == "diverged") r.status = svae_status::diverged;
    r.reason = from.at("reason").get<std::string>();
    r.cv_untrained = detail::number_if_any(from.at("cv_untrained"));
    r.cv_ema = detail::number_if_any(from.at("cv_ema"));
    r.cv_final = detail::number_if_any(from.at("cv_final"));
    r.mse_first = from.at("mse_first").get<double>();
    r.mse = from.at("mse").get<double>();
    for (const json& reading : from.at("readings"))
        r.readings.push_back({reading.at("batch").get<std::uint64_t>(), detail::number_if_any(reading.at("cv")),
                              detail::number_if_any(reading.at("ema")), reading.at("mse").get<double>()});
    r.batch_mse = from.at("batch_mse").get<std::vector<double>>();
    return r;
}

}  // namespace examples
