// Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT
#pragma once

/// \file
/// A sweep whose entries are a formula: fast, with values that need all their digits and some that are undefined.

#include <cmath>
#include <cstddef>
#include <span>

#include "geolip/sweep/plan.hpp"
#include "geolip/sweep/results.hpp"

struct fake_evaluator {
    geolip::sweep::plan plan;

    void operator()(std::size_t item, std::span<geolip::sweep::entry> out) const {
        for (std::size_t i = 0; i < out.size(); ++i) {
            out[i] = entry_at(plan, item * out.size() + i);
            if (out[i].dim < 4) {
                out[i].reason = geolip::undefined_reason::dimension_below_order;
            } else if (out[i].vocab < 5) {
                out[i].reason = geolip::undefined_reason::too_few_rows;
            } else {
                out[i].cv = std::sqrt(2.0 / out[i].dim + 1e-3 / out[i].vocab);
            }
        }
    }
};

/// A small plan: dimensions and vocabularies below, at and above what a 4-simplex needs.
inline geolip::sweep::plan small_plan(geolip::sweep::design design = geolip::sweep::design::independent) {
    geolip::sweep::plan p;
    p.dims = {2, 8, 24, 32, 64, 512};
    p.vocabs = {3, 5, 600};
    p.design = design;
    p.draw = geolip::sweep::draw::rows;
    p.isa = geolip::isa::baseline;
    return p;
}

inline geolip::sweep::results finished(const geolip::sweep::plan& p) {
    geolip::sweep::results r(p);
    const std::size_t width = entries_per_item(p);
    for (std::size_t item = 0; item < r.done.size(); ++item) {
        fake_evaluator{p}(item, std::span(r.entries).subspan(item * width, width));
        r.done[item] = true;
    }
    return r;
}

inline bool same_entries(std::span<const geolip::sweep::entry> a, std::span<const geolip::sweep::entry> b) {
    bool same = a.size() == b.size();
    for (std::size_t i = 0; same && i < a.size(); ++i) {
        same = a[i].vocab == b[i].vocab && a[i].dim == b[i].dim && a[i].cv == b[i].cv && a[i].reason == b[i].reason;
    }
    return same;
}
