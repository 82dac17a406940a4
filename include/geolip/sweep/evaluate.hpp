// Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT
#pragma once

/// \file
/// The work of a sweep: from an item's index to its entries, a pure function of the plan.

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <type_traits>
#include <utility>
#include <vector>

#include "geolip/backend/cpu.hpp"
#include "geolip/metrics/simulation.hpp"
#include "geolip/metrics/volume_statistics.hpp"
#include "geolip/sweep/plan.hpp"

#define GEOLIP_SIMD_FILE "geolip/sweep/detail/nested.inc"
#include "geolip/simd/foreach_target.inc"

namespace geolip::sweep {

/// What a sweep keeps of its volumes: the documented thresholds, applied to volumes of the library's own route. (On
/// the random rows of a sweep the two routes differ by rounding only, see docs/mathematics.md.)
using validity = documented_sweep;

/// The documented estimator looks at the first 512 rows of a vocabulary.
constexpr std::uint32_t pool_size(std::uint32_t vocab) {
    return std::min<std::uint32_t>(vocab, static_cast<std::uint32_t>(validity::max_rows));
}

namespace detail {

template <int K>
void add_inner_products(const float* data, std::size_t row_stride, std::size_t begin, std::size_t end,
                        const std::uint32_t* rows, std::size_t count, double* total, isa level) {
    GEOLIP_SIMD_CALL(level, add_inner_products<K>(data, row_stride, begin, end, rows, count, total));
}
template <int K>
void volumes_of_inner_products(const double* product, bool normalised, std::size_t count, volume_reading* out,
                               isa level) {
    GEOLIP_SIMD_CALL(level, volumes_of_inner_products<K>(product, normalised, count, out));
}

/// The streams of one configuration. They are named by its V and D (0 for all D of a nested item), not by its place
/// in the grid: a configuration is the same in every sweep with the same seed, samples and policies.
template <int K>
typename simulated_volumes<K>::streams streams_of(const plan& p, std::uint32_t vocab, std::uint32_t dim) {
    const auto stream = [&](std::uint64_t purpose) {
        return random_stream{p.seed, (purpose << 56) | (std::uint64_t{dim} << 32) | vocab};
    };
    return {stream(1), stream(2), stream(3)};
}

/// Why a configuration has no volumes at all, or `none`.
inline undefined_reason infeasible(const plan& p, const entry& e) {
    if (e.dim < static_cast<std::uint32_t>(p.order)) return undefined_reason::dimension_below_order;
    if (pool_size(e.vocab) < static_cast<std::uint32_t>(p.order) + 1) return undefined_reason::too_few_rows;
    return undefined_reason::none;
}

inline void summarise(std::span<const volume_reading> readings, std::vector<double>& volume, entry& e) {
    volume.resize(readings.size());
    const volume_statistics statistics = volume_statistics_of<validity>(readings, volume);
    e.cv = statistics.cv;
    e.reason = statistics.reason;
}

template <int K, backend Backend>
class item_evaluator {
public:
    item_evaluator(const plan& p, Backend b) : plan_(p), backend_(std::move(b)) {
        // Nested rows stay as drawn: the norms to divide by differ from dimension to dimension.
        simulation_.on_sphere = on_sphere() && p.design == design::independent;
        simulation_.draw = p.draw == draw::bartlett ? row_draw::bartlett : row_draw::coordinates;
        simulation_.isa = p.isa;
    }

    void operator()(std::size_t item, std::span<entry> out) {
        for (std::size_t i = 0; i < out.size(); ++i) {
            out[i] = entry_at(plan_, item * out.size() + i);
            out[i].reason = infeasible(plan_, out[i]);
        }
        if (plan_.design == design::nested)
            nested(out);
        else if (out[0].reason == undefined_reason::none)
            independent(out[0]);
    }

private:
    static constexpr bool own_cpu = std::is_same_v<Backend, cpu>;

    void independent(entry& e) {
        const auto streams = streams_of<K>(plan_, e.vocab, e.dim);
        const auto count = static_cast<std::size_t>(plan_.samples);
        if constexpr (own_cpu) {
            summarise(simulation_(pool_size(e.vocab), e.dim, count, streams), volume_, e);
        } else {
            const auto points = simulation_.pool(pool_size(e.vocab), e.dim, count, streams);
            readings_.resize(count);
            backend_.template squared_volumes<K>(edge_gram(), points, simulation_.rows(), std::span(readings_));
            summarise(readings_, volume_, e);
        }
    }

    // One pool, one list of samples; the inner products grow with the columns and are read off at every dimension.
    void nested(std::span<entry> out) {
        const std::uint32_t pool = pool_size(out[0].vocab);
        if (pool < K + 1) return;
        const auto count = static_cast<std::size_t>(plan_.samples);
        const auto points = simulation_.pool(pool, out.back().dim, count, streams_of<K>(plan_, out[0].vocab, 0));
        product_.assign(count * ((K + 1) * (K + 2) / 2), 0.0);
        readings_.resize(count);
        std::size_t columns = 0;
        for (entry& e : out) {
            add_inner_products<K>(points.data(), static_cast<std::size_t>(points.row_stride()), columns, e.dim,
                                  simulation_.rows().data(), count, product_.data(), plan_.isa);
            columns = e.dim;
            if (e.reason != undefined_reason::none) continue;
            volumes_of_inner_products<K>(product_.data(), on_sphere(), count, readings_.data(), plan_.isa);
            geolip::detail::remeasure_marked(readings_,
                                             [&](std::size_t i) { return careful_reading(points, i, columns); });
            summarise(readings_, volume_, e);
        }
    }

    volume_reading careful_reading(matrix_view<const float> points, std::size_t sample, std::size_t columns) {
        dense_.resize((K + 1) * columns);
        for (std::size_t v = 0; v <= K; ++v) {
            const float* row = points.row(simulation_.rows()[sample * (K + 1) + v]);
            double square = 0;
            for (std::size_t c = 0; c < columns; ++c)
                square += static_cast<double>(row[c]) * static_cast<double>(row[c]);
            const double scale = on_sphere() ? 1 / std::sqrt(square) : 1.0;
            for (std::size_t c = 0; c < columns; ++c) dense_[v * columns + c] = scale * static_cast<double>(row[c]);
        }
        return geolip::detail::careful_reading<K>(std::span<const double>(dense_));
    }

    bool on_sphere() const { return plan_.law == law::sphere; }

    plan plan_;
    Backend backend_;
    simulated_volumes<K> simulation_;
    std::vector<volume_reading> readings_;
    std::vector<double> volume_;
    std::vector<double> product_;
    std::vector<double> dense_;
};

}  // namespace detail

/// Evaluates items of a plan: `evaluate(item, out)` fills the `entries_per_item(plan)` entries of an item. Holds
/// scratch memory and no other state, so one evaluator a thread, called with any items in any order, gives the same
/// entries (for the same instruction-set level). With another backend than `cpu` the pools are drawn here, with
/// coordinates, and measured there; nested sweeps are always measured here.
///
/// `Orders` are the simplex orders that are compiled in: kernels for every one cost seconds of compile time.
template <int... Orders>
class basic_evaluator {
public:
    /// \throws usage_error if the plan cannot be carried out, or needs an order that is not compiled in
    template <backend Backend = cpu>
    explicit basic_evaluator(const plan& p, Backend b = {}) {
        validate(p);
        (with_order<Orders>(p, b), ...);
        detail::check(static_cast<bool>(evaluate_), "order " + std::to_string(p.order) + " is not compiled in",
                      "one of the orders of this basic_evaluator<Orders...>");
    }

    void operator()(std::size_t item, std::span<entry> out) { evaluate_(item, out); }

private:
    template <int K, class Backend>
    void with_order(const plan& p, const Backend& b) {
        if (p.order != K) return;
        auto state = std::make_shared<detail::item_evaluator<K, Backend>>(p, b);
        evaluate_ = [state](std::size_t item, std::span<entry> out) { (*state)(item, out); };
    }

    std::function<void(std::size_t, std::span<entry>)> evaluate_;
};

/// Every order a plan may have.
using evaluator = basic_evaluator<2, 3, 4, 5, 6, 7>;
static_assert(min_order == 2 && max_order == 7);

}  // namespace geolip::sweep
