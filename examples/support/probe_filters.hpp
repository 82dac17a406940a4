// Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT
#pragma once

/// \file
/// Part of `probe`: the filters of convolutions, and position biases head by head.

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "geolip/metrics/filter_use.hpp"
#include "support/moments.hpp"
#include "support/probe_json.hpp"
#include "support/probe_text.hpp"

namespace examples::probe {

/// The filters of one convolution.
struct filter_line {
    std::size_t entry = 0;
    geolip::neuron_reading reading;
    geolip::neuron_null null;
};
struct filter_figures {
    std::vector<filter_line> layers;
};

inline void add_tasks(filter_figures& out, geolip::task_list& tasks, const cp::model_files& files,
                      const cp::catalogue& c) {
    for (std::size_t i = 0; i < c.entries.size(); ++i)
        if (c.entries[i].measured() && c.entries[i].role == cp::tensor_role::convolution)
            out.layers.push_back({.entry = i, .reading = {}, .null = {}});
    for (filter_line& line : out.layers)
        tasks.add(bytes_of(c.entries[line.entry]), [&files, &c, &line] {
            const cp::weight_tensor m(files, c.entries[line.entry]);
            line.reading = geolip::filter_use<float>(m.view());
            line.null = geolip::filter_use_null(m.rows(), m.cols());
        });
}

inline void add_to(json& out, const filter_figures& f, const cp::catalogue& c) {
    out["filters"] = json::array();
    for (const filter_line& l : f.layers) {
        const cp::catalogue_entry& e = c.entries[l.entry];
        json line{{"tensor", e.name},
                  {"place", place_of(e)},
                  {"layer", layer_json(e)},
                  {"filters", e.outputs.count()},
                  {"size", e.inputs()}};
        if (l.reading.reason != geolip::undefined_reason::none)
            line["reason"] = geolip::describe(l.reading.reason);
        else
            line.update({{"dead", l.reading.dead},
                         {"weak", l.reading.weak},
                         {"mean_norm", number(l.reading.mean)},
                         {"smallest_norm", number(l.reading.smallest)},
                         {"largest_norm", number(l.reading.largest)},
                         {"null_dead", json_of(l.null.dead)},
                         {"null_weak", json_of(l.null.weak)}});
        const json& entry = out["entries"][l.entry];
        if (entry.contains("spectrum"))
            for (const char* figure : {"stable_rank", "participation_ratio", "active_fraction"})
                line[figure] = entry["spectrum"][figure];
        out["filters"].push_back(line);
    }
}

inline std::string text_of(const filter_figures& f, const cp::catalogue& c, const measurements& m) {
    if (f.layers.empty()) return {};
    struct sums {
        std::size_t layers = 0, filters = 0, dead = 0, weak = 0;
        double weak_by_chance = 0;
        moments active;
    };
    std::map<group_key, sums> groups;
    for (const filter_line& l : f.layers) {
        sums& s = groups[key_of(c.entries[l.entry])];
        ++s.layers;
        if (l.reading.reason != geolip::undefined_reason::none) continue;
        s.filters += l.reading.units;
        s.dead += l.reading.dead;
        s.weak += l.reading.weak;
        s.weak_by_chance += l.null.weak.value.value_or(0) * static_cast<double>(l.reading.units);
        if (const auto& tensor = m.tensors[l.entry])
            if (const auto x = geolip::active_fraction(tensor->values)) s.active.add(*x);
    }
    table t({"convolutions", "tensors", "filters", "dead", "weak", "weak by chance", "active directions"});
    for (const auto& [key, s] : groups)
        t.add({name_of(key), std::to_string(s.layers), std::to_string(s.filters), std::to_string(s.dead),
               std::to_string(s.weak), fixed(s.weak_by_chance, 1), shown(s.active.mean())});
    return "\nFilters with a norm below 1 % (dead) and 10 % (weak) of the mean\n\n" + t.text() +
           "Active directions: the share of singular values above 1 % of the largest, mean over the tensors.\n";
}

/// Into the position biases of the document.
inline void add_position_heads(json& out, const measurements& m) {
    for (std::size_t i = 0; i < m.positions.size(); ++i) {
        const position_line& p = m.positions[i];
        json& line = out["position_bias"][i];
        if (p.reading.reason != geolip::undefined_reason::none) continue;
        line["null_falling"] = json_of(p.null.falling);
        line["null_correlation"] = json_of(p.null.correlation);
        line["by_head"] = json::array();
        for (const geolip::position_head& h : p.reading.heads)
            line["by_head"].push_back({{"reach", h.reach == geolip::position_reach::local    ? "local"
                                                 : h.reach == geolip::position_reach::global ? "global"
                                                                                             : "mixed"},
                                       {"peak", h.peak},
                                       {"smallest", number(h.smallest)},
                                       {"largest", number(h.largest)},
                                       {"falling", number(h.falling)},
                                       {"correlation", number(h.correlation)}});
    }
}

}  // namespace examples::probe
