// Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT
#pragma once

/// \file
/// Writes results in the JSON schema of the published sweep, byte for byte the same for the same results.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include "geolip/core/error.hpp"
#include "geolip/sweep/axis.hpp"
#include "geolip/sweep/number.hpp"
#include "geolip/sweep/plan.hpp"
#include "geolip/sweep/results.hpp"

namespace geolip::sweep {

/// The band of coefficients of variation that the document calls valid; both bounds are excluded.
struct band {
    double lo = 0.13;
    double hi = 0.30;

    /// Is there a value, and does it lie strictly inside?
    constexpr bool contains(const entry& e) const { return e.cv && lo < *e.cv && *e.cv < hi; }
};

namespace detail {

/// `{"step", "low", "high"}` if the axes are the same evenly spaced values, else `{"dims": […], "vocabs": […]}`.
inline std::string grid_json(const plan& p) {
    if (const auto step = axis_step(p.dims); step && p.dims == p.vocabs) {
        return "{\"step\": " + std::to_string(*step) + ", \"low\": " + std::to_string(p.dims.front()) +
               ", \"high\": " + std::to_string(p.dims.back()) + "}";
    }
    const auto array = [](const std::vector<std::uint32_t>& values) {
        std::string text;
        for (const std::uint32_t value : values) text += (text.empty() ? "[" : ", ") + std::to_string(value);
        return text + "]";
    };
    return "{\"dims\": " + array(p.dims) + ", \"vocabs\": " + array(p.vocabs) + "}";
}

inline std::string entry_json(const entry& e, const band& limits) {
    return "{\"V\": " + std::to_string(e.vocab) + ", \"D\": " + std::to_string(e.dim) +
           ", \"CV\": " + (e.cv ? shortest(*e.cv) : "null") +
           ", \"in_band\": " + (limits.contains(e) ? "true" : "false") +
           (e.cv ? "}" : ", \"reason\": \"" + std::string(describe(e.reason)) + "\"}");
}

/// The document up to its results: all that depends on the plan alone.
inline std::string document_head(const plan& p, const band& limits) {
    std::string text = "{\n\"sweep\": " + grid_json(p) + ",\n\"band\": {\"lo\": " + shortest(limits.lo) +
                       ", \"hi\": " + shortest(limits.hi) + "},\n\"provenance\": ";
    char separator = '{';
    for (const fact& f : facts(p)) {
        text += separator;
        text += (separator == '{' ? "\"" : " \"") + std::string(f.name) + "\": " + (f.is_number ? "" : "\"") + f.text;
        if (!f.is_number) text += '"';
        separator = ',';
    }
    return text + "},\n";
}

}  // namespace detail

/// The numbers of the entries inside the band by ascending value, equal ones by D, then V.
inline std::vector<std::uint32_t> band_order(const std::vector<entry>& entries, const band& limits) {
    std::vector<std::uint32_t> order;
    for (std::size_t i = 0; i < entries.size(); ++i) {
        if (limits.contains(entries[i])) order.push_back(static_cast<std::uint32_t>(i));
    }
    std::sort(order.begin(), order.end(), [&](std::uint32_t a, std::uint32_t b) {
        const entry &x = entries[a], &y = entries[b];
        return std::tie(*x.cv, x.dim, x.vocab) < std::tie(*y.cv, y.dim, y.vocab);
    });
    return order;
}

/// Writes the document to `sink`, a callable that takes one piece of text after the other; beyond the entries
/// themselves it holds a few bytes for each one in the band. `sweep`, `band`, `band_results` (`band_order`),
/// `all_results` (V, then D; an entry without a value has `"CV": null` and a `reason`), and `provenance`, which
/// names everything the figures depend on. Numbers are shortest round-trip decimals.
/// \throws usage_error if an item is not done; and what the sink throws
template <class Sink>
void write_json(const results& r, Sink&& sink, const band& limits = {}) {
    detail::check(r.items_done() == r.done.size(), "the results lack some items",
                  "a finished sweep; run or merge the rest first");
    const auto array = [&](std::string_view name, std::size_t count, auto&& index) {
        sink('"' + std::string(name) + "\": [");
        for (std::size_t i = 0; i < count; ++i) {
            sink((i == 0 ? "\n" : ",\n") + detail::entry_json(r.entries[index(i)], limits));
        }
        sink(count == 0 ? "]" : "\n]");
    };
    sink(detail::document_head(r.plan, limits));
    const std::vector<std::uint32_t> order = band_order(r.entries, limits);
    array("band_results", order.size(), [&](std::size_t i) { return order[i]; });
    sink(std::string_view(",\n"));
    array("all_results", r.entries.size(), [](std::size_t i) { return i; });
    sink(std::string_view("\n}\n"));
}

}  // namespace geolip::sweep
