// Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT
#pragma once

/// \file
/// The curves of each part of the JSON document of `probe`.

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <functional>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "support/probe_curves.hpp"
#include "support/probe_groups.hpp"

namespace examples::probe {

inline json layer_json(const cp::catalogue_entry& e) { return e.layer ? json(*e.layer) : json(nullptr); }

/// Singular values relative to the largest; `values` are those of a matrix of rows x cols, descending.
inline json spectrum_curve(const std::vector<double>& values, std::size_t rows, std::size_t cols, null_curves& nulls) {
    if (values.empty() || !(values.front() > 0)) return nullptr;
    return curve_json(values, values.front(),
                      [&](double share) { return std::optional(at_share(nulls.spectrum(rows, cols), share)); });
}

/// Eigenvalues relative to their root mean square, which is there too.
inline json balance_curve(const geolip::qk_balance_reading& r, std::size_t rank, null_curves& nulls) {
    const double size = null_curves::root_mean_square(r.eigenvalues);
    if (!(size > 0) || !geolip::detail::finite(size)) return nullptr;
    json out = curve_json(r.eigenvalues, size,
                          [&](double share) { return std::optional(at_share(nulls.balance(r.size, rank), share)); });
    out["root_mean_square"] = size;
    return out;
}

/// Importances relative to their mean, descending.
inline json importance_curve(const geolip::neuron_reading& r, std::size_t width, bool gated, null_curves& nulls) {
    if (!(r.mean > 0)) return nullptr;
    std::vector<double> values = r.importance;
    std::ranges::sort(values, std::greater<>());
    return curve_json(values, r.mean,
                      [&](double share) { return std::optional(at_share(nulls.importance(width, gated), share)); });
}

/// [{"group", "layers", "units", "histogram"}]: importances pooled over the layers of a group.
inline json importance_histograms(const cp::catalogue& c, const measurements& m, const detail::entry_index& index,
                                  null_curves& nulls) {
    struct pooled {
        std::size_t layers = 0;
        importance_histogram histogram;
    };
    std::map<group_key, pooled> groups;
    for (const neuron_line& n : m.neurons) {
        if (n.reading.reason != geolip::undefined_reason::none || !(n.reading.mean > 0)) continue;
        const cp::catalogue_entry& e = c.entries[n.up];
        pooled& g = groups[key_of(e)];
        ++g.layers;
        for (const double x : n.reading.importance) g.histogram.values.push_back(x / n.reading.mean);
        g.histogram.expect(nulls.importance(e.inputs(), index.beside(e, cp::tensor_role::mlp_gate) != nullptr),
                           n.reading.units);
    }
    json out = json::array();
    for (const auto& [key, g] : groups)
        out.push_back({{"group", name_of(key)},
                       {"layers", g.layers},
                       {"units", g.histogram.values.size()},
                       {"histogram", g.histogram.to_json()}});
    return out;
}

/// Row i has the cosines of layer number i with those after it.
inline json cosines_json(const geolip::layer_correlation_reading& r) {
    json out = json::array();
    for (std::size_t i = 0; i + 1 < r.layers; ++i) {
        json row = json::array();
        for (std::size_t j = i + 1; j < r.layers; ++j) {
            const auto& x = r.cosines[i * r.layers + j];
            row.push_back(x ? json(*x) : json(nullptr));
        }
        out.push_back(row);
    }
    return out;
}

/// For each head its biases at the thinned buckets.
inline json biases_json(const position_line& p, const cp::catalogue_entry& e) {
    json out{{"at", thinned(e.shape[0])}, {"heads", json::array()}};
    for (std::size_t h = 0; h < e.shape[1]; ++h) {
        json row = json::array();
        for (const std::size_t b : thinned(e.shape[0])) row.push_back(static_cast<double>(p.table[b * e.shape[1] + h]));
        out["heads"].push_back(row);
    }
    return out;
}

inline json cosine_histogram(const geolip::pairwise_reading& r, std::size_t dim) {
    const double d = static_cast<double>(dim);
    // Below 4 dimensions the density has its peak, or a pole, at the ends.
    return histogram_json(*r.values, 0, dim < 4 ? 0 : 1 / std::sqrt(d),
                          [&](double x) { return std::fabs(x) < 1 ? (d - 3) / 2 * std::log1p(-x * x) : -1e9; });
}

inline json norm_histogram(const geolip::pairwise_reading& r, std::size_t dim) {
    if (!r.mean.null.value || !r.sd.null.value) return histogram_json(*r.values, 0, 0, [](double) { return 0.0; });
    const double d = static_cast<double>(dim);
    const double unit = std::hypot(*r.mean.null.value, *r.sd.null.value) / std::sqrt(d);  // of one element
    return histogram_json(*r.values, *r.mean.null.value, *r.sd.null.value, [&](double x) {
        const double chi = x / unit;
        return chi > 0 ? (d - 1) * std::log(chi) - chi * chi / 2 : -1e9;
    });
}

/// Shares of the variance by principal component.
inline json variance_curve(const std::vector<double>& variances, std::size_t rows, null_curves& nulls) {
    double total = 0;
    for (const double v : variances) total += v;
    if (!(total > 0) || !geolip::detail::finite(total)) return nullptr;
    return curve_json(variances, total, [&](double share) {
        return std::optional(at_share(nulls.variances(rows, variances.size()), share));
    });
}

/// As `document.dump(2)`, but arrays of numbers in one line.
inline void write_json(std::string& to, const json& value, std::size_t depth = 0) {
    const auto line = [&](std::size_t d) { to.append(1, '\n').append(2 * d, ' '); };
    const bool structured = value.is_structured() && !value.empty();
    const bool plain = value.is_array() && std::ranges::none_of(value, [](const json& x) { return x.is_structured(); });
    if (!structured || plain) {
        to += value.dump();
        return;
    }
    to += value.is_object() ? '{' : '[';
    bool first = true;
    for (const auto& [key, child] : value.items()) {
        if (!first) to += ',';
        first = false;
        line(depth + 1);
        if (value.is_object()) to += json(key).dump() + ": ";
        write_json(to, child, depth + 1);
    }
    line(depth);
    to += value.is_object() ? '}' : ']';
}
inline std::string json_document(const json& document) {
    std::string out;
    write_json(out, document);
    return out += '\n';
}

}  // namespace examples::probe
