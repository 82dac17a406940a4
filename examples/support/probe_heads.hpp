// Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT
#pragma once

/// \file
/// Part of `probe`: queries and keys head by head in the residual stream, and their balance over the depth.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "geolip/metrics/head_balance.hpp"
#include "geolip/metrics/trend.hpp"
#include "support/moments.hpp"
#include "support/probe_json.hpp"
#include "support/probe_text.hpp"

namespace examples::probe {

/// An eigenvalue counts as zero below this share of the largest.
inline constexpr double balance_tolerance = 1e-6;

/// The heads of one layer.
struct head_line {
    std::size_t query = 0, key = 0;  ///< entries
    std::string reason;              ///< why there are no heads
    std::vector<geolip::head_balance_reading> heads;
    geolip::head_balance_null_reading null;
};
/// One figure over the layers of a stack.
struct trend_line {
    cp::tensor_side side;
    cp::attention_kind attention;
    const char* figure;
    geolip::trend_reading reading;
};
struct head_figures {
    std::vector<head_line> layers;  ///< as m.balances
    std::vector<trend_line> trends;
};

/// Why the heads of a layer cannot be told apart; empty if they can.
inline std::string reason_of_heads(const cp::catalogue_entry& q, const cp::catalogue_entry& k) {
    for (const cp::catalogue_entry* e : {&q, &k}) {
        if (!e->heads_reason.empty()) return e->heads_reason;
        if (!e->own_heads() || !e->head_dim) return "the number of heads is unknown";
    }
    if (*q.head_dim != *k.head_dim || *k.own_heads() == 0 || *q.own_heads() % *k.own_heads() != 0)
        return std::to_string(*q.own_heads()) + " heads of queries are no groups of " + std::to_string(*k.own_heads()) +
               " heads of keys";
    return {};
}

inline void add_tasks(head_figures& out, geolip::task_list& tasks, const cp::model_files& files, const cp::catalogue& c,
                      const measurements& m, std::uint64_t seed) {
    // One null a shape.
    std::map<std::tuple<std::size_t, std::size_t, std::size_t>, std::vector<std::size_t>> shapes;
    for (const balance_line& b : m.balances) {
        const cp::catalogue_entry &q = c.entries[b.query], &k = c.entries[b.key];
        out.layers.push_back({b.query, b.key, reason_of_heads(q, k), {}, {}});
        if (out.layers.back().reason.empty())
            shapes[{q.inputs(), *q.head_dim, k.inputs()}].push_back(out.layers.size() - 1);
    }
    for (auto& [shape, lines] : shapes)
        tasks.add(16 * std::get<0>(shape) * std::get<1>(shape), [&out, shape, lines, seed] {
            const auto [width, dim, key_width] = shape;
            const auto null = geolip::head_balance_null(width, dim, key_width, dim > 128 ? 8 : 32, seed);
            for (const std::size_t line : lines) out.layers[line].null = null;
        });
    for (head_line& line : out.layers)
        if (line.reason.empty())
            tasks.add(bytes_of(c.entries[line.query]) + bytes_of(c.entries[line.key]), [&files, &c, &line] {
                const cp::catalogue_entry &q = c.entries[line.query], &k = c.entries[line.key];
                const cp::weight_tensor queries(files, q), keys(files, k);
                line.heads = geolip::head_balance<float>(queries.view(), keys.view(), *q.own_heads(), *k.own_heads(),
                                                         balance_tolerance);
            });
}

/// Mean over the heads that have it, of a figure.
inline moments over_heads(const head_line& line, std::optional<double> geolip::qk_balance_reading::* figure) {
    moments all;
    for (const auto& h : line.heads)
        if (const auto& x = h.reading.*figure) all.add(*x);
    return all;
}

/// When all layers are measured. On the way down and up again all layers are one stack.
inline void add_trends(head_figures& out, const cp::catalogue& c, const measurements& m) {
    using reading = geolip::qk_balance_reading;
    std::map<std::pair<cp::tensor_side, cp::attention_kind>, std::vector<std::size_t>> stacks;
    for (std::size_t i = 0; i < m.balances.size(); ++i) {
        const cp::catalogue_entry& e = c.entries[m.balances[i].query];
        if (e.layer) stacks[{e.side, e.attention}].push_back(i);
    }
    for (auto& [stack, lines] : stacks) {
        std::ranges::stable_sort(lines, {}, [&](std::size_t i) { return *c.entries[m.balances[i].query].layer; });
        const auto add = [&](const char* name, auto figure) {
            std::vector<double> values;
            for (const std::size_t i : lines)
                if (const std::optional<double> x = figure(i)) values.push_back(*x);
            if (values.size() > 1) out.trends.push_back({stack.first, stack.second, name, geolip::depth_trend(values)});
        };
        add("positive fraction", [&](std::size_t i) { return m.balances[i].reading.positive_fraction; });
        add("signed energy of heads",
            [&](std::size_t i) { return over_heads(out.layers[i], &reading::signed_energy).mean(); });
        add("symmetry deviation of heads",
            [&](std::size_t i) { return over_heads(out.layers[i], &reading::symmetry_deviation).mean(); });
        add("stable rank of heads",
            [&](std::size_t i) { return over_heads(out.layers[i], &reading::stable_rank).mean(); });
    }
}

inline std::string name_of(const trend_line& t) {
    return name_of(group_key{t.side, t.attention, cp::tensor_role::query, cp::path_part::none});
}

inline void add_to(json& out, const head_figures& f, const cp::catalogue& c, const measurements& m) {
    using reading = geolip::qk_balance_reading;
    for (std::size_t i = 0; i < m.balances.size(); ++i)
        if (m.balances[i].reading.stable_rank)
            out["qk_balance"][i]["stable_rank"] = number(m.balances[i].reading.stable_rank);
    out["qk_heads"] = json::array();
    for (const head_line& l : f.layers) {
        const cp::catalogue_entry& q = c.entries[l.query];
        json line{{"query", q.name}, {"key", c.entries[l.key].name}, {"place", place_of(q)}, {"layer", layer_json(q)}};
        if (!l.reason.empty()) {
            line["reason"] = l.reason;
            out["qk_heads"].push_back(line);
            continue;
        }
        line.update({{"heads", l.heads.size()},
                     {"key_heads", *c.entries[l.key].own_heads()},
                     {"head_dim", *q.head_dim},
                     {"width", q.inputs()},
                     {"key_width", c.entries[l.key].inputs()},
                     {"mean_signed_energy", number(over_heads(l, &reading::signed_energy).mean())},
                     {"mean_symmetry_deviation", number(over_heads(l, &reading::symmetry_deviation).mean())},
                     {"mean_stable_rank", number(over_heads(l, &reading::stable_rank).mean())},
                     {"null_positive_fraction", json_of(l.null.positive_fraction)},
                     {"null_signed_energy", json_of(l.null.signed_energy)},
                     {"null_symmetry_deviation", json_of(l.null.symmetry_deviation)},
                     {"null_stable_rank", json_of(l.null.stable_rank)},
                     {"tolerance", balance_tolerance},
                     {"by_head", json::array()}});
        if (q.inputs() != c.entries[l.key].inputs())
            line["form"] = "bipartite: the widths differ, and half of the eigenvalues are positive by construction";
        for (const auto& h : l.heads) {
            const reading& r = h.reading;
            json one{{"head", h.head}, {"key_head", h.key_head}};
            if (r.reason != geolip::undefined_reason::none) one["reason"] = geolip::describe(r.reason);
            if (r.positive_fraction) {
                const std::size_t top = std::min<std::size_t>(3, r.eigenvalues.size());
                one.update({{"positive", r.positive},
                            {"negative", r.negative},
                            {"zero", r.zero},
                            {"positive_fraction", number(r.positive_fraction)},
                            {"balance", number(r.balance)},
                            {"signed_energy", number(r.signed_energy)},
                            {"symmetry_deviation", number(r.symmetry_deviation)},
                            {"top_eigenvalues",
                             std::vector<double>(r.eigenvalues.begin(),
                                                 r.eigenvalues.begin() + static_cast<std::ptrdiff_t>(top))}});
            }
            one["stable_rank"] = number(r.stable_rank);
            line["by_head"].push_back(one);
        }
        out["qk_heads"].push_back(line);
    }
    out["qk_trends"] = json::array();
    for (const trend_line& t : f.trends)
        out["qk_trends"].push_back({{"group", name_of(t)},
                                    {"figure", t.figure},
                                    {"layers", t.reading.count},
                                    {"first", number(t.reading.first)},
                                    {"last", number(t.reading.last)},
                                    {"spearman", json_of(t.reading.spearman)},
                                    {"slope", json_of(t.reading.slope)}});
}

inline std::string text_of(const head_figures& f, const cp::catalogue& c) {
    using reading = geolip::qk_balance_reading;
    std::string text;
    if (!f.layers.empty()) {
        table t({"queries and keys", "heads", "positive", "negative", "signed energy", "lowest", "highest", "by chance",
                 "|M - M'| / |M|", "stable rank", "by chance", "why not"});
        for (const head_line& l : f.layers) {
            const std::string place = place_of(c.entries[l.query]);
            if (!l.reason.empty()) {
                t.add({place, "-", "-", "-", "-", "-", "-", "-", "-", "-", "-", geolip::escaped(l.reason)});
                continue;
            }
            std::optional<double> lowest, highest;
            moments positive, negative;
            for (const auto& h : l.heads) {
                if (!h.reading.positive_fraction) continue;
                positive.add(static_cast<double>(h.reading.positive));
                negative.add(static_cast<double>(h.reading.negative));
                if (const auto& x = h.reading.signed_energy) {
                    lowest = std::min(lowest.value_or(*x), *x);
                    highest = std::max(highest.value_or(*x), *x);
                }
            }
            t.add({place, std::to_string(l.heads.size()), shown(positive.mean(), 1), shown(negative.mean(), 1),
                   shown(over_heads(l, &reading::signed_energy).mean()), shown(lowest), shown(highest),
                   shown(l.null.signed_energy), shown(over_heads(l, &reading::symmetry_deviation).mean()),
                   shown(over_heads(l, &reading::stable_rank).mean(), 1), shown(l.null.stable_rank, 1)});
        }
        text += "\nHeads in the residual stream: means over the eigenvalues and figures of W_q' W_k\n\n" + t.text();
        text +=
            "A head has as many positive as negative eigenvalues whatever its weights, as long as it is at most half "
            "as wide as the model.\nBy chance: one Gaussian head.\n";
    }
    if (!f.trends.empty()) {
        table t({"over the depth", "figure", "layers", "first", "last", "rank correlation", "by chance",
                 "change a layer", "by chance"});
        for (const trend_line& l : f.trends)
            t.add({name_of(l), l.figure, std::to_string(l.reading.count), shown(l.reading.first), shown(l.reading.last),
                   shown(l.reading.spearman.value), shown(l.reading.spearman.null), shown(l.reading.slope.value, 4),
                   shown(l.reading.slope.null, 4)});
        text += "\nTrends over the depth; by chance: the same layers in random order\n\n" + t.text();
    }
    return text;
}

}  // namespace examples::probe
