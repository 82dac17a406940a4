// Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT
#pragma once

/// \file
/// The attention experiment's plan and its results, and these as JSON.

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "geolip/core/version.hpp"
#include "geolip/metrics/validity.hpp"
#include "geolip/simd/isa.hpp"
#include "geolip/sweep/schema.hpp"

namespace examples {

using json = nlohmann::ordered_json;

struct mha_configuration {
    std::size_t dim = 64;
    std::size_t heads = 1;

    std::size_t head_dim() const { return dim / heads; }
    friend bool operator==(const mha_configuration&, const mha_configuration&) = default;
};

inline std::vector<mha_configuration> documented_configurations() {
    std::vector<mha_configuration> all;
    for (const std::size_t dim : {64u, 128u, 256u})
        for (const std::size_t heads : {1u, 2u, 4u, 8u}) all.push_back({dim, heads});
    return all;
}

/// What is run. The defaults are the documented experiment.
struct mha_plan {
    using policy = geolip::documented_sweep;
    static constexpr int order = 4;
    static constexpr std::size_t shards = 8;  ///< of a batch; the rounding of a step depends on it

    std::vector<mha_configuration> configurations = documented_configurations();
    std::uint64_t seed = 42;  ///< the first one
    std::size_t seeds = 1;
    std::size_t epochs = 50;
    std::size_t samples = 300;
    double rate = 1e-3;
    geolip::isa isa = geolip::isa::automatic;

    std::size_t size() const { return configurations.size() * seeds; }
    /// Run i: the configurations of the first seed, then of the next.
    const mha_configuration& configuration_of(std::size_t i) const { return configurations[i % configurations.size()]; }
    std::uint64_t seed_of(std::size_t i) const { return seed + i / configurations.size(); }
};

/// A matrix as it was measured. Activations repeat rows; `distinct` is the reading without the repetitions.
struct mha_reading {
    std::string key;
    std::optional<double> cv = {};

    bool activation = false;
    std::optional<double> distinct = {};
    std::size_t rows = 0;       ///< that differ, of those measured
    std::size_t repeating = 0;  ///< simplices with two equal rows
    std::size_t zero = 0;       ///< simplices without volume
};

using mha_readings = std::vector<mha_reading>;

/// One configuration trained from one seed. `mid` is empty for less than two epochs.
struct mha_run {
    std::uint64_t seed = 0;
    mha_configuration configuration;
    double accuracy = 0;
    double loss = 0;  ///< of the last step, before it
    mha_readings pre, mid, post;
};

/// The reading called `key`. \throws std::bad_optional_access, which would be a mistake of the program
inline const mha_reading& reading_of(const mha_readings& readings, std::string_view key) {
    for (const mha_reading& r : readings)
        if (r.key == key) return r;
    throw std::bad_optional_access();
}

namespace detail {

inline json number(const std::optional<double>& value) { return value ? json(*value) : json(nullptr); }

inline std::optional<double> optional_number(const json& value) {
    return value.is_null() ? std::nullopt : std::optional(value.get<double>());
}

}  // namespace detail

/// The documented names `seed`, `dim`, `n_heads`, `head_dim`, `acc`, `pre`, `mid` and `post`; beside them the last loss
/// and, of every activation, the CV of its distinct rows, how many these are, and how many simplices repeated one or
/// had no volume.
inline json to_json(const mha_run& run) {
    json out{{"seed", run.seed},
             {"dim", run.configuration.dim},
             {"n_heads", run.configuration.heads},
             {"head_dim", run.configuration.head_dim()},
             {"acc", run.accuracy},
             {"loss", run.loss}};
    json distinct = json::object();
    for (const auto& [phase, readings] :
         {std::pair("pre", &run.pre), std::pair("mid", &run.mid), std::pair("post", &run.post)}) {
        out[phase] = nullptr;
        for (const mha_reading& r : *readings) {
            out[phase][r.key] = detail::number(r.cv);
            if (!r.activation) continue;
            distinct[phase][r.key] = {
                {"cv", detail::number(r.distinct)}, {"rows", r.rows}, {"repeating", r.repeating}, {"zero", r.zero}};
        }
    }
    out["distinct"] = distinct;
    return out;
}

/// What `to_json` wrote. \throws json::exception where it did not
inline mha_run run_from_json(const json& from) {
    mha_run run;
    run.seed = from.at("seed").get<std::uint64_t>();
    run.configuration = {from.at("dim").get<std::size_t>(), from.at("n_heads").get<std::size_t>()};
    run.accuracy = from.at("acc").get<double>();
    run.loss = from.at("loss").get<double>();
    for (const auto& [phase, readings] :
         {std::pair("pre", &run.pre), std::pair("mid", &run.mid), std::pair("post", &run.post)}) {
        if (from.at(phase).is_null()) continue;
        for (const auto& [key, cv] : from.at(phase).items()) {
            mha_reading r{.key = key, .cv = detail::optional_number(cv)};
            const json& distinct = from.at("distinct").at(phase);
            if (const auto found = distinct.find(key); found != distinct.end()) {
                r.activation = true;
                r.distinct = detail::optional_number(found->at("cv"));
                r.rows = found->at("rows").get<std::size_t>();
                r.repeating = found->at("repeating").get<std::size_t>();
                r.zero = found->at("zero").get<std::size_t>();
            }
            readings->push_back(std::move(r));
        }
    }
    return run;
}

/// What one run's figures depend on, beside its seed and configuration. Never a date, a host, a thread count or a time.
inline json provenance(const mha_plan& plan) {
    return {{"version", geolip::version_string},
            {"random_version", geolip::random_version},
            {"epochs", plan.epochs},
            {"optimiser", "adam"},
            {"rate", plan.rate},
            {"shards", mha_plan::shards},
            {"samples", plan.samples},
            {"order", mha_plan::order},
            {"validity", mha_plan::policy::name},
            {"isa", geolip::isa_name(geolip::resolve_isa(plan.isa))}};
}

}  // namespace examples
