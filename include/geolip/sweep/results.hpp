// Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT
#pragma once

/// \file
/// The entries of a sweep, finished or under way, and the facts they depend on.

#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "geolip/core/estimate.hpp"
#include "geolip/core/version.hpp"
#include "geolip/simd/isa.hpp"
#include "geolip/sweep/plan.hpp"

namespace geolip::sweep {

/// `p` as it runs on this machine: checked, and with its instruction-set level resolved.
/// \throws usage_error if the plan is not valid or asks for a level that this machine does not have
inline plan resolved(plan p) {
    validate(p);
    detail::check(isa_available(p.isa), "isa is " + std::string(to_string(p.isa)) + ", which this machine lacks",
                  "auto, or at most " + std::string(to_string(resolve_isa(p.isa))));
    p.isa = resolve_isa(p.isa);
    return p;
}

/// Entries in the order V, then D, and which items of the plan they are known for.
struct results {
    sweep::plan plan;
    std::vector<entry> entries;
    std::vector<bool> done;  ///< by item

    results() = default;

    /// No item done yet.
    explicit results(sweep::plan of) : plan(std::move(of)), entries(entry_count(plan)), done(item_count(plan)) {
        for (std::size_t i = 0; i < entries.size(); ++i) entries[i] = entry_at(plan, i);
    }

    std::size_t items_done() const { return static_cast<std::size_t>(std::count(done.begin(), done.end(), true)); }
};

namespace detail {

/// The reason that `describe` calls `text`; `none` if there is no such reason.
inline undefined_reason parse_reason(std::string_view text) {
    using enum undefined_reason;
    for (const undefined_reason r : {dimension_below_order, too_few_rows, too_few_valid, rounding_noise, zero_mean}) {
        if (text == describe(r)) return r;
    }
    return none;
}

/// One named fact that results depend on: never a date, a host, a path, a thread count or a duration.
struct fact {
    std::string_view name;
    std::string text;
    bool is_number = false;
};

inline std::vector<fact> facts(const plan& p) {
    return {{"version", version_string},
            {"random_version", std::to_string(random_version), true},
            {"seed", std::to_string(p.seed), true},
            {"samples", std::to_string(p.samples), true},
            {"order", std::to_string(p.order), true},
            {"law", std::string(to_string(p.law))},
            {"design", std::string(to_string(p.design))},
            {"draw", std::string(to_string(p.draw))},
            {"validity", "documented_sweep"},
            {"route", "edge_gram"},
            {"backend", p.backend},
            {"isa", std::string(to_string(p.isa))}};
}

}  // namespace detail
}  // namespace geolip::sweep
