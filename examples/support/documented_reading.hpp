// Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT
#pragma once

/// \file
/// A documented figure read off the JSON document of a probe.

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "geolip/core/estimate.hpp"
#include "support/documented_figure.hpp"
#include "support/documented_structure.hpp"
#include "support/probe_place.hpp"

namespace examples::documented {

/// Ours, beside a documented figure.
struct reading {
    std::optional<double> value;
    std::string_view reason;    ///< why there is none
    double error = 0;           ///< of sampling
    geolip::null_reading null;  ///< where the weights' own size enters it; empty elsewhere
    std::string_view null_of;
};

namespace detail {

using report = nlohmann::ordered_json;

inline std::optional<double> number_at(const report& r, std::string_view pointer) {
    const report::json_pointer at{std::string(pointer)};
    if (!r.contains(at) || !r[at].is_number()) return std::nullopt;
    return r[at].get<double>();
}

/// A list of the document; empty where it was not asked for.
inline const report& lines_of(const report& r, const char* key) {
    static const report none = report::array();
    const auto found = r.find(key);
    return found != r.end() ? *found : none;
}

/// Values of some matrices, in order.
struct values {
    std::vector<double> all;
    void add(const std::optional<double>& x) {
        if (x) all.push_back(*x);
    }
    std::optional<double> mean() const {
        if (all.empty()) return std::nullopt;
        double sum = 0;
        for (const double x : all) sum += x;
        return sum / static_cast<double>(all.size());
    }
    std::optional<double> most() const {
        return all.empty() ? std::nullopt : std::optional(*std::max_element(all.begin(), all.end()));
    }
    std::optional<double> least() const {
        return all.empty() ? std::nullopt : std::optional(*std::min_element(all.begin(), all.end()));
    }
    std::optional<double> sum() const {
        const auto x = mean();
        return x ? std::optional(*x * static_cast<double>(all.size())) : std::nullopt;
    }
    std::optional<double> sd() const {
        if (all.size() < 2) return std::nullopt;
        double squares = 0;
        for (const double x : all) squares += (x - *mean()) * (x - *mean());
        return std::sqrt(squares / static_cast<double>(all.size()));
    }
};

/// `pointer` of every line of `list` whose tensor, named by `name`, is among the chosen entries.
inline values of_lines(const row& r, const cp::catalogue& c, const report& list, const char* name,
                       std::string_view pointer) {
    std::set<std::string, std::less<>> names;
    for (const auto* e : chosen(c, r.of)) names.insert(e->name);
    values found;
    for (const report& line : list)
        if (names.contains(line.value(name, std::string()))) found.add(number_at(line, pointer));
    return found;
}

inline reading below(const row& r, const cp::catalogue& c, const report& entries) {
    double share = 0, null = 0, total = 0, variance = 0;
    for (std::size_t i = 0; i < c.entries.size() && i < entries.size(); ++i) {
        const cp::catalogue_entry& e = c.entries[i];
        if (!r.of.holds(e) || !entries[i].contains("sparsity")) continue;
        for (const report& line : entries[i]["sparsity"]) {
            const auto value = number_at(line, "/value"), expected = number_at(line, "/null/value");
            if (number_at(line, "/threshold") != 0.1 || !value || !expected) continue;
            const double n = static_cast<double>(e.elements), sd = number_at(line, "/null/sd").value_or(0);
            share += n * *value, null += n * *expected, variance += n * n * sd * sd, total += n;
        }
    }
    if (!(total > 0)) return {.value = {}, .reason = "no such weights", .null = {}, .null_of = {}};
    return {.value = 100 * share / total,
            .reason = {},
            .null = {100 * null / total, 100 * std::sqrt(variance) / total, 0},
            .null_of = "normal elements of the same size"};
}

inline values of_entries(const row& r, const cp::catalogue& c, const report& entries, std::string_view pointer) {
    values found;
    for (std::size_t i = 0; i < c.entries.size() && i < entries.size(); ++i)
        if (r.of.holds(c.entries[i])) found.add(number_at(entries[i], pointer));
    return found;
}

/// Of the pairs of neighbours in all chosen groups together.
inline std::optional<double> neighbours(const row& r, const cp::catalogue& c, const report& lines) {
    std::set<std::string> groups;
    for (const auto* e : chosen(c, r.of)) groups.insert(probe::name_of(probe::key_of(*e)));
    double sum = 0, pairs = 0;
    for (const report& line : lines) {
        const auto value = number_at(line, "/value"), layers = number_at(line, "/layers");
        if (!groups.contains(line.value("group", std::string())) || !value || !layers) continue;
        sum += *value * (*layers - 1);
        pairs += *layers - 1;
    }
    return pairs > 0 ? std::optional(sum / pairs) : std::nullopt;
}

inline reading of_embedding(const row& r, const cp::catalogue& c, const report& all) {
    const auto entries = chosen(c, r.of);
    for (const report& line : all) {
        if (entries.empty() || line.value("tensor", std::string()) != entries[0]->name) continue;
        const auto at = [&](std::string_view pointer) { return number_at(line, pointer); };
        const auto result = [](const std::optional<double>& x, double error = 0) {
            return reading{.value = x, .reason = x ? "" : "undefined", .error = error, .null = {}, .null_of = {}};
        };
        // Of 5000 random rows, theirs and ours; of 1000 random simplices.
        const double cosine_error = at("/cosines/sd/value").value_or(0) * std::sqrt(2 * 2.0 / 5000);
        switch (r.what) {
            case figure::participation: return result(at("/participation_ratio"));
            case figure::participation_share: {
                const auto x = at("/participation_ratio");
                return result(x ? std::optional(*x / static_cast<double>(entries[0]->inputs())) : x);
            }
            case figure::dimensions_95: return result(at("/dimensions/95 %"));
            case figure::cosine_mean: return result(at("/cosines/mean/value"), cosine_error);
            case figure::cosine_sd: return result(at("/cosines/sd/value"), cosine_error);
            case figure::cosine_1: return result(at("/cosines/percentiles/1 %"), cosine_error);
            case figure::cosine_50: return result(at("/cosines/percentiles/50 %"), cosine_error);
            case figure::cosine_99: return result(at("/cosines/percentiles/99 %"), cosine_error);
            case figure::norm_mean: return result(at("/norms/mean/value"));
            case figure::norm_sd: return result(at("/norms/sd/value"));
            case figure::norm_least: return result(at("/norms/smallest"));
            case figure::norm_most: return result(at("/norms/largest"));
            case figure::volume_cv: {
                const auto x = at("/volume_cv/value");
                return result(x, x ? *x * std::sqrt(2.0 / 2000) : 0);
            }
            case figure::volumes_valid: return result(at("/pentachora/documented/valid"));
            case figure::volume_ratio:
                return result(
                    at("/pentachora/documented_ratio_to_gaussian/value"),
                    std::sqrt(2.0) * at("/pentachora/documented_ratio_to_gaussian/standard_error").value_or(0));
            default: break;
        }
    }
    return {.value = {}, .reason = "not among what is measured here", .null = {}, .null_of = {}};
}

/// Of digits and categories. The words of a category are not the document's: an error that the spread of their cosines
/// gives for a choice of so many.
inline reading of_tokens(const row& r, const cp::catalogue& c, const report& tokens) {
    const auto result = [](const std::optional<double>& x, std::string_view reason, double error = 0) {
        return reading{.value = x, .reason = x ? "" : reason, .error = error, .null = {}, .null_of = {}};
    };
    const auto entries = chosen(c, r.of);
    for (const report& line : lines_of(tokens, "embeddings")) {
        if (entries.empty() || line.value("tensor", std::string()) != entries[0]->name) continue;
        const auto digits = [&](std::string_view pointer) { return result(number_at(line, pointer), "no digits"); };
        switch (r.what) {
            case figure::digit_correlation: return digits("/digits/correlation/value");
            case figure::digit_adjacent: return digits("/digits/adjacent");
            case figure::digit_apart: return digits("/digits/others");
            case figure::digit_gap: return digits("/digits/gap/value");
            default: break;
        }
        const std::string_view name = r.note == "colors" ? "colours" : r.note;
        for (const report& category : lines_of(line, "categories")) {
            if (category.value("name", std::string()) != name) continue;
            const double words = static_cast<double>(lines_of(category, "tokens").size());
            const double error = number_at(category, "/within_sd").value_or(0) / std::sqrt((std::max)(1.0, words - 1));
            const bool lift = r.what == figure::category_lift;
            return result(number_at(category, lift ? "/lift" : "/within/value"), "too few of its words", error);
        }
        return result({}, "no such category");
    }
    return result({}, "no vocabulary, and no --tokens");
}

}  // namespace detail

/// Figure `r` of the checkpoint with the catalogue `c` and the report `out`.
inline reading read(const row& r, const cp::catalogue& c, const nlohmann::ordered_json& out) {
    const auto result = [](const std::optional<double>& x, std::string_view reason = "no such weights, or undefined") {
        return reading{.value = x, .reason = x ? "" : reason, .null = {}, .null_of = {}};
    };
    if (!r.other.empty()) return result({}, "needs the other model");
    if (const auto structure = structure_of(r, c)) return result(structure);
    switch (r.what) {
        case figure::digit_correlation:
        case figure::digit_adjacent:
        case figure::digit_apart:
        case figure::digit_gap:
        case figure::category_cosine:
        case figure::category_lift: {
            const auto tokens = out.find("tokens");
            return detail::of_tokens(r, c, tokens != out.end() ? *tokens : nlohmann::ordered_json());
        }
        default: break;
    }
    if (r.of.roles == embedding.roles) return detail::of_embedding(r, c, detail::lines_of(out, "embeddings"));
    const auto balance = [&](std::string_view pointer) {
        return detail::of_lines(r, c, detail::lines_of(out, "qk_balance"), "query", pointer);
    };
    const auto position = [&](std::string_view pointer) {
        return detail::of_lines(r, c, detail::lines_of(out, "position_bias"), "tensor", pointer);
    };
    constexpr std::string_view no_product = "queries and keys have no product", positive = "/positive_fraction";
    const auto fractions = balance(positive).all;
    switch (r.what) {
        case figure::share_below: return detail::below(r, c, detail::lines_of(out, "entries"));
        case figure::stable_rank:
            return result(
                detail::of_entries(r, c, detail::lines_of(out, "entries"), "/spectrum/stable_rank/value").mean());
        case figure::condition:
            return result(
                detail::of_entries(r, c, detail::lines_of(out, "entries"), "/spectrum/condition_number/value").mean());
        case figure::condition_most:
            return result(
                detail::of_entries(r, c, detail::lines_of(out, "entries"), "/spectrum/condition_number/value").most());
        case figure::positive_first: return fractions.empty() ? result({}, no_product) : result(fractions.front());
        case figure::positive_last: return fractions.empty() ? result({}, no_product) : result(fractions.back());
        case figure::positive_change:
            return fractions.empty() ? result({}, no_product) : result(fractions.back() - fractions.front());
        case figure::positive_mean: return result(balance(positive).mean(), no_product);
        case figure::positive_sd: return result(balance(positive).sd(), no_product);
        case figure::symmetry: return result(balance("/symmetry_deviation").mean(), no_product);
        case figure::top_eigenvalue: return result(balance("/top_eigenvalues/0").most(), no_product);
        case figure::dead: return result(detail::of_lines(r, c, detail::lines_of(out, "neurons"), "up", "/dead").sum());
        case figure::weak: return result(detail::of_lines(r, c, detail::lines_of(out, "neurons"), "up", "/weak").sum());
        case figure::neighbour_cosine:
            return result(detail::neighbours(r, c, detail::lines_of(out, "layer_correlation")));
        case figure::local_heads: return result(position("/local").sum());
        case figure::global_heads: return result(position("/global").sum());
        case figure::mixed_heads: return result(position("/mixed").sum());
        case figure::bias_least: return result(position("/smallest").least());
        case figure::bias_most: return result(position("/largest").most());
        default: return result({}, "not among what is measured here");
    }
}

}  // namespace examples::documented
