// Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT
#pragma once

/// \file
/// Readings of attention heads as tables and as JSON.

#include <array>
#include <cmath>
#include <cstddef>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "geolip/core/estimate.hpp"
#include "geolip/core/text.hpp"
#include "geolip/metrics/head_health.hpp"
#include "geolip/sweep/number.hpp"
#include "support/table.hpp"

namespace examples {

/// The heads of one layer.
struct layer_health {
    std::string layer;
    std::vector<geolip::head_reading> heads;
};

/// What the readings were judged by.
struct health_limits {
    double band_low = 0.13;
    double band_high = 0.30;
    double deviations = 3;
    double collapse_fraction = 0.33;
};

/// A set of rows that was read: shared keys and values come once.
struct part_reading {
    const layer_health* layer = nullptr;
    const char* part = "";
    std::size_t head = 0;
    const geolip::activation_reading* reading = nullptr;
};

/// Of each head queries, keys and values; keys and values after the last head that shares them.
inline std::vector<part_reading> parts_of(const std::vector<layer_health>& layers) {
    std::vector<part_reading> parts;
    for (const layer_health& l : layers) {
        for (std::size_t h = 0; h < l.heads.size(); ++h) {
            const geolip::head_reading& r = l.heads[h];
            parts.push_back({&l, "Q", r.query_head, &r.query});
            if (h + 1 < l.heads.size() && l.heads[h + 1].key_head == r.key_head) continue;
            parts.push_back({&l, "K", r.key_head, &r.key});
            parts.push_back({&l, "V", r.key_head, &r.value});
        }
    }
    return parts;
}

inline constexpr std::array all_health{geolip::health::collapsing, geolip::health::above_band,
                                       geolip::health::below_band, geolip::health::in_band,
                                       geolip::health::undecided,  geolip::health::undefined};

namespace detail {

using geolip::sweep::fixed;

using examples::shown;

inline std::string with_error(const std::optional<double>& value, double error, int decimals) {
    return value ? fixed(*value, decimals) + " +- " + fixed(error, decimals) : std::string(undefined);
}

inline std::string shown(const geolip::dimension_interval& d) {
    if (d.low == 0) return std::string(undefined);
    const auto bound = [](double x) { return std::isfinite(x) ? fixed(x, 1) : std::string("inf"); };
    return (d.value ? bound(*d.value) : std::string(undefined)) + " (" + bound(d.low) + " to " + bound(d.high) + ")";
}

inline std::string label(const std::string& layer) {
    return layer.empty() ? std::string(undefined) : geolip::escaped(layer);
}

inline std::string readings_table(const std::vector<layer_health>& layers) {
    table rows({"layer", "what", "head", "rows", "distinct", "NaN", "CV, all rows", "CV, distinct", "null", "z",
                "equivalent dimension", "directions", "head_dim", "class"});
    for (const part_reading& p : parts_of(layers)) {
        const geolip::activation_reading& r = *p.reading;
        const geolip::null_reading& null = r.distinct.null;
        rows.add({label(p.layer->layer), p.part, std::to_string(p.head), std::to_string(r.rows.rows),
                  std::to_string(r.rows.distinct), std::to_string(r.rows.nonfinite), shown(r.all.value, 4),
                  with_error(r.distinct.value, r.standard_error, 4),
                  null ? with_error(null.value, null.sd, 4) : std::string(undefined), shown(r.z_score(), 1),
                  shown(r.dimension), shown(r.directions, 1), std::to_string(r.columns), to_string(r.state)});
    }
    return rows.text();
}

inline std::string heads_table(const std::vector<layer_health>& layers) {
    table rows({"layer", "head", "K, V of", "Q/K", "its z", "Q", "K", "V", "head is"});
    for (const layer_health& l : layers) {
        for (const geolip::head_reading& r : l.heads) {
            rows.add({label(l.layer), std::to_string(r.query_head), std::to_string(r.key_head),
                      with_error(r.query_key_ratio.value, r.query_key_ratio.standard_error, 3),
                      shown(r.query_key_ratio.z_score(), 1), to_string(r.query.state), to_string(r.key.state),
                      to_string(r.value.state), to_string(r.state)});
        }
    }
    return rows.text();
}

/// "layer 0: 1 2 5; layer 1: 0"
inline std::string heads_that_are(const std::vector<layer_health>& layers, geolip::health state) {
    std::string text;
    for (const layer_health& l : layers) {
        std::string heads;
        for (const geolip::head_reading& r : l.heads)
            if (r.state == state) heads += " " + std::to_string(r.query_head);
        if (heads.empty()) continue;
        if (!text.empty()) text += "; ";
        text += label(l.layer);
        text += ":" + heads;
    }
    return text;
}

inline std::size_t count_heads(const std::vector<layer_health>& layers, geolip::health state) {
    std::size_t count = 0;
    for (const layer_health& l : layers)
        for (const geolip::head_reading& r : l.heads) count += r.state == state ? std::size_t{1} : std::size_t{0};
    return count;
}

/// What the band says of heads of random rows.
inline const char* class_by_chance(double cv, const health_limits& limits) {
    if (cv >= limits.band_high) return to_string(geolip::health::above_band);
    return to_string(cv <= limits.band_low ? geolip::health::below_band : geolip::health::in_band);
}

/// The law at each head_dim.
inline std::map<std::size_t, double> laws(const std::vector<layer_health>& layers) {
    std::map<std::size_t, double> by_dimension;
    for (const part_reading& p : parts_of(layers))
        if (p.reading->all.population_law) by_dimension[p.reading->columns] = *p.reading->all.population_law;
    return by_dimension;
}

struct departures {
    std::size_t measured = 0;
    std::size_t beyond = 0;
    double expected = 0;
};

/// How many readings lie further from chance than the error bar, and how many would by chance.
inline departures departures_from_chance(const std::vector<layer_health>& layers, const health_limits& limits) {
    departures d;
    for (const part_reading& p : parts_of(layers)) {
        const auto z = p.reading->z_score();
        if (!z) continue;
        ++d.measured;
        if (std::fabs(*z) > limits.deviations) ++d.beyond;
    }
    d.expected = static_cast<double>(d.measured) * std::erfc(limits.deviations / std::sqrt(2.0));
    return d;
}

}  // namespace detail

inline std::string health_report(const std::vector<layer_health>& layers, const health_limits& limits) {
    using geolip::sweep::fixed;
    using geolip::sweep::shortest;
    std::string text = detail::readings_table(layers) + "\n" + detail::heads_table(layers) + "\n";
    for (const geolip::health state : all_health) {
        const std::size_t count = detail::count_heads(layers, state);
        if (count == 0) continue;
        text += to_string(state);
        text += " (" + std::to_string(count) + "): " + detail::heads_that_are(layers, state) + "\n";
    }
    const auto chance = detail::departures_from_chance(layers, limits);
    text += "\n" + std::to_string(chance.beyond) + " of " + std::to_string(chance.measured) +
            " readings lie more than " + shortest(limits.deviations) + " standard deviations from chance, where " +
            fixed(chance.expected, 1) + " would by chance.\n";
    for (const auto& [dimension, cv] : detail::laws(layers)) {
        text += "By head_dim " + std::to_string(dimension) + " alone, of random rows, CV is " + fixed(cv, 4) + ": " +
                detail::class_by_chance(cv, limits) + ".\n";
    }
    text += "Classes need " + shortest(limits.deviations) +
            " standard errors. collapsing: no volume, or an equivalent dimension and directions below " +
            shortest(limits.collapse_fraction) + " of head_dim. volatile, in_band, narrow: CV above, inside, below (" +
            shortest(limits.band_low) + ", " + shortest(limits.band_high) +
            ").\nA head is the worst of its Q, K and V. Null: mean and standard deviation of one reading of random "
            "rows of the same shape.\n";
    return text;
}

namespace detail {

using ordered_json = nlohmann::ordered_json;

inline ordered_json number(const std::optional<double>& value) {
    return value && std::isfinite(*value) ? ordered_json(*value) : ordered_json(nullptr);
}

inline ordered_json to_json(const geolip::volume_cv_estimate& e) {
    ordered_json out{{"cv", number(e.value)},
                     {"standard_error", e.standard_error},
                     {"population_standard_error", e.population_standard_error},
                     {"null", number(e.null.value)},
                     {"null_sd", e.null ? ordered_json(e.null.sd) : ordered_json(nullptr)},
                     {"z", number(e.z_score())},
                     {"counts",
                      {{"drawn", e.counts.drawn},
                       {"valid", e.counts.valid},
                       {"zero", e.counts.zero},
                       {"noise", e.counts.noise},
                       {"nonfinite", e.counts.nonfinite},
                       {"rejected", e.counts.rejected},
                       {"duplicate", e.counts.duplicate}}}};
    if (!e.value) out["reason"] = describe(e.reason);
    return out;
}

inline ordered_json to_json(const geolip::activation_reading& r) {
    return {{"class", to_string(r.state)},
            {"cv", number(r.distinct.value)},
            {"standard_error", r.distinct.value ? ordered_json(r.standard_error) : ordered_json(nullptr)},
            {"dimension", r.columns},
            {"law", number(r.distinct.population_law)},
            {"equivalent_dimension",
             {{"value", number(r.dimension.value)},
              {"low", r.dimension.low > 0 ? number(r.dimension.low) : ordered_json(nullptr)},
              {"high", number(r.dimension.high)}}},
            {"directions", number(r.directions)},
            {"rows", {{"all", r.rows.rows}, {"distinct", r.rows.distinct}, {"nonfinite", r.rows.nonfinite}}},
            {"of_all_rows", to_json(r.all)},
            {"of_distinct_rows", to_json(r.distinct)}};
}

inline ordered_json to_json(const geolip::head_reading& r) {
    const geolip::estimate& ratio = r.query_key_ratio;
    return {{"head", r.query_head},
            {"kv_head", r.key_head},
            {"class", to_string(r.state)},
            {"qk_ratio",
             {{"value", number(ratio.value)},
              {"standard_error", ratio.value ? ordered_json(ratio.standard_error) : ordered_json(nullptr)},
              {"null", number(ratio.null.value)},
              {"z", number(ratio.z_score())}}},
            {"q", to_json(r.query)},
            {"k", to_json(r.key)},
            {"v", to_json(r.value)}};
}

}  // namespace detail

inline nlohmann::ordered_json health_json(const std::vector<layer_health>& layers, const health_limits& limits) {
    nlohmann::ordered_json out{{"limits",
                                {{"band", {{"lo", limits.band_low}, {"hi", limits.band_high}}},
                                 {"deviations", limits.deviations},
                                 {"collapse_fraction", limits.collapse_fraction}}},
                               {"summary", nlohmann::ordered_json::object()},
                               {"layers", nlohmann::ordered_json::array()}};
    for (const geolip::health state : all_health) out["summary"][to_string(state)] = detail::count_heads(layers, state);
    const auto chance = detail::departures_from_chance(layers, limits);
    out["summary"]["readings"] = chance.measured;
    out["summary"]["beyond_chance"] = chance.beyond;
    out["summary"]["beyond_chance_expected"] = chance.expected;
    for (const layer_health& l : layers) {
        nlohmann::ordered_json heads = nlohmann::ordered_json::array();
        for (const geolip::head_reading& r : l.heads) heads.push_back(detail::to_json(r));
        out["layers"].push_back({{"layer", l.layer}, {"heads", std::move(heads)}});
    }
    return out;
}

}  // namespace examples
