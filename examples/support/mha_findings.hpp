// Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT
#pragma once

/// \file
/// What many runs of the attention experiment say together: readings by head dimension beside the documented ones, and
/// the documented claims with a verdict each. A seed counts once: its configurations share data and parameters.

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <limits>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "geolip/metrics/volume_null.hpp"
#include "geolip/simplex/volume_law.hpp"
#include "geolip/sweep/number.hpp"
#include "support/documented.hpp"
#include "support/mha_run.hpp"
#include "support/moments.hpp"
#include "support/table.hpp"

namespace examples {

/// Mean and spread over the seeds of `value(run)`, averaged over the seed's runs that have one.
template <class Value>
moments over_seeds(const std::vector<mha_run>& runs, Value&& value) {
    moments all;
    for (std::size_t i = 0; i < runs.size();) {
        moments of_seed;
        const std::uint64_t seed = runs[i].seed;
        for (; i < runs.size() && runs[i].seed == seed; ++i)
            if (const std::optional<double> v = value(runs[i])) of_seed.add(*v);
        if (of_seed.mean()) all.add(*of_seed.mean());
    }
    return all;
}

/// The reading called `key` after training.
inline std::optional<double> after(const mha_run& run, std::string_view key) { return reading_of(run.post, key).cv; }
inline std::optional<double> before(const mha_run& run, std::string_view key) { return reading_of(run.pre, key).cv; }
/// The change from before to after.
inline std::optional<double> change(const mha_run& run, std::string_view key) {
    const auto from = before(run, key), to = after(run, key);
    return from && to ? std::optional(*to - *from) : std::nullopt;
}

/// Queries, keys or values of the first head, averaged over the configurations with this head dimension; and in the
/// smallest of these by itself, because the document does not say which it tabulates.
struct head_finding {
    std::size_t head_dim = 0;
    char role = 'Q';
    std::optional<double> documented;
    std::size_t smallest_dim = 0;
    moments trained, trained_smallest, untrained, changed, distinct;
    std::optional<double> law;  ///< infinitely many Gaussian rows of head_dim; none below 4 dimensions
    geolip::null_reading null;  ///< as many Gaussian rows as differ here, the same estimator

    /// The documented figure among single seeds, in standard deviations; its rounding counted in.
    std::optional<double> documented_z(const moments& of) const {
        constexpr double rounding = 0.01 / 3.4641;
        if (!documented || !of.sd() || !(*of.sd() > 0)) return std::nullopt;
        const double n = static_cast<double>(of.count());
        const double error = std::hypot(*of.sd() * std::sqrt(1 + 1 / n), rounding);
        return normal_deviate((*documented - *of.mean()) / error, n - 1);
    }
};

inline std::optional<double> documented_of(std::size_t head_dim, char role) {
    for (const documented_head& d : documented_heads)
        if (d.head_dim == head_dim) return role == 'Q' ? d.query : role == 'K' ? d.key : d.value;
    return std::nullopt;
}

/// By descending head dimension, Q, K and V of each.
inline std::vector<head_finding> head_findings(const std::vector<mha_run>& runs, const mha_plan& plan) {
    std::set<std::size_t, std::greater<>> dims;
    for (const mha_configuration& c : plan.configurations) dims.insert(c.head_dim());
    std::vector<head_finding> all;
    for (const std::size_t head_dim : dims) {
        std::size_t smallest = (std::numeric_limits<std::size_t>::max)();
        for (const mha_configuration& c : plan.configurations)
            if (c.head_dim() == head_dim) smallest = std::min(smallest, c.dim);
        geolip::null_reading null;
        for (const char role : {'Q', 'K', 'V'}) {
            const std::string key = std::string("act_") + role + "_h0";
            const auto where = [&](auto value) {
                return over_seeds(runs, [&](const mha_run& run) -> std::optional<double> {
                    return run.configuration.head_dim() == head_dim ? value(run) : std::nullopt;
                });
            };
            if (!null && head_dim >= mha_plan::order) {
                const moments rows =
                    where([&](const mha_run& run) { return std::optional(double(reading_of(run.post, key).rows)); });
                if (const auto count = std::lround(*rows.mean()); count > mha_plan::order)
                    null = geolip::simulate_null<mha_plan::order, mha_plan::policy, geolip::gaussian_law>(
                        {static_cast<std::uint32_t>(count), static_cast<std::uint32_t>(head_dim),
                         static_cast<std::uint32_t>(plan.samples), 128, plan.seed},
                        plan.isa);
            }
            const auto in_smallest = [&](const mha_run& run) {
                return run.configuration.dim == smallest ? after(run, key) : std::nullopt;
            };
            all.push_back({head_dim, role, documented_of(head_dim, role), smallest,
                           where([&](const mha_run& run) { return after(run, key); }), where(in_smallest),
                           where([&](const mha_run& run) { return before(run, key); }),
                           where([&](const mha_run& run) { return change(run, key); }),
                           where([&](const mha_run& run) { return reading_of(run.post, key).distinct; }),
                           geolip::coefficient_of_variation(geolip::gaussian_law{}, mha_plan::order,
                                                            static_cast<double>(head_dim)),
                           null});
        }
    }
    return all;
}

/// One statement of the document, and what the runs say to it.
struct mha_claim {
    std::string statement, documented, untrained, trained, verdict;
};

namespace detail {

using examples::shown;

/// "0.3236 +- 0.0210", the deviation over the seeds.
inline std::string shown(const moments& m, int decimals = 4) {
    std::string text = shown(m.mean(), decimals);
    if (m.sd()) text += " +- " + geolip::sweep::fixed(*m.sd(), decimals);
    return text;
}

/// Three standard deviations, unless told otherwise: what chance hardly does.
inline bool clear(const moments& m, double deviations = 3) {
    const auto z = deviations_from_zero(m);
    return z && std::fabs(*z) > deviations;
}

/// `seen` or `unseen`, as the mean of `m` is clearly not 0 or may be. Between the two lies what more seeds would tell,
/// and where few seeds leave even large changes.
inline std::string verdict(const moments& m, std::string_view seen, std::string_view unseen) {
    if (m.count() < 3) return "too few seeds to tell; give --seeds";
    std::string text(clear(m) ? seen : clear(m, 2) ? "undecided, more seeds would tell" : unseen);
    if (const auto z = deviations_from_zero(m)) text += ", z = " + geolip::sweep::fixed(*z, 1);
    return text;
}

}  // namespace detail

/// Ratio of the first head's queries to its keys: of the readings before (phase `pre`) or after training.
inline std::optional<double> query_key_ratio(const mha_readings& readings) {
    const auto q = reading_of(readings, "act_Q_h0").cv, k = reading_of(readings, "act_K_h0").cv;
    return q && k ? std::optional(*q / *k) : std::nullopt;
}

/// Does Q follow the law of its head dimension, as the embedding sweep does?
inline mha_claim curve_claim(const std::vector<head_finding>& findings) {
    using geolip::sweep::fixed;
    const auto factors = [&](const moments head_finding::* phase) {
        std::optional<double> low, high;
        for (const head_finding& f : findings) {
            const auto cv = (f.*phase).mean();
            if (f.role != 'Q' || !f.documented || !cv || !f.law) continue;
            low = std::min(low.value_or(*cv / *f.law), *cv / *f.law);
            high = std::max(high.value_or(*cv / *f.law), *cv / *f.law);
        }
        return std::pair(low, high);
    };
    const auto text = [](const std::pair<std::optional<double>, std::optional<double>>& f) {
        return f.first ? fixed(*f.first, 2) + " to " + fixed(*f.second, 2) + " of the law" : std::string("-");
    };
    const auto trained = factors(&head_finding::trained);
    std::string verdict = "-";
    if (trained.first)
        verdict = *trained.first > .95 && *trained.second < 1.05 ? "holds" : "does not hold: above the curve";
    return {"Q follows the curve of the embedding sweep", "1", text(factors(&head_finding::untrained)), text(trained),
            verdict};
}

inline std::vector<mha_claim> mha_claims(const std::vector<mha_run>& runs, const std::vector<head_finding>& findings) {
    using detail::shown;
    std::vector<mha_claim> claims;
    const geolip::sweep::band band;
    const auto in_band = [&](const mha_readings mha_run::* phase) {
        return static_cast<std::size_t>(std::count_if(runs.begin(), runs.end(), [&](const mha_run& run) {
            const auto cv = reading_of(run.*phase, "act_emb").cv;
            return cv && band.lo < *cv && *cv < band.hi;
        }));
    };
    const auto of_all = [&](std::size_t count) { return std::to_string(count) + " of " + std::to_string(runs.size()); };
    const std::size_t trained_inside = in_band(&mha_run::post), untrained_inside = in_band(&mha_run::pre);
    const double total = static_cast<double>(runs.size());
    claims.push_back({"embedding activations are always in the band", "always", of_all(untrained_inside),
                      of_all(trained_inside),
                      std::string(trained_inside == runs.size()                      ? "holds"
                                  : static_cast<double>(trained_inside) > .9 * total ? "nearly always"
                                                                                     : "does not hold") +
                          (static_cast<double>(untrained_inside) > .9 * total ? ", and of untrained ones too" : "")});

    const auto phase_of = [&](const mha_readings mha_run::* phase, std::string_view key) {
        return over_seeds(runs, [&](const mha_run& run) { return reading_of(run.*phase, key).cv; });
    };
    const auto moved = [&](std::string statement, std::string documented, std::string_view key) {
        const moments difference = over_seeds(runs, [&](const mha_run& run) { return change(run, key); });
        claims.push_back({std::move(statement), std::move(documented), shown(phase_of(&mha_run::pre, key)),
                          shown(phase_of(&mha_run::post, key)),
                          detail::verdict(difference, "training changes it", "no change seen")});
    };
    moved("training compresses embeddings into the band", "0.19 to 0.30", "act_emb");
    moved("\"training signal does not move CV\": Q", "no", "act_Q_h0");
    moved("the same: K", "no", "act_K_h0");
    moved("the same: V", "no", "act_V_h0");
    moved("the same: embedding weights", "no", "emb");
    moved("the same: Q weights", "no", "Q_full");

    const auto ratio = [&](const mha_readings mha_run::* phase) {
        return over_seeds(runs, [&](const mha_run& run) { return query_key_ratio(run.*phase); });
    };
    const auto below_one = [&](const mha_readings mha_run::* phase) {
        return over_seeds(runs, [&](const mha_run& run) -> std::optional<double> {
            const auto r = query_key_ratio(run.*phase);
            return r ? std::optional(std::log(*r)) : std::nullopt;
        });
    };
    const moments trained_ratio = below_one(&mha_run::post), untrained_ratio = below_one(&mha_run::pre);
    const char* const asymmetric = trained_ratio.mean().value_or(0) > 0 ? "the other way round"
                                   : detail::clear(untrained_ratio)     ? "holds, and before training too"
                                                                        : "holds, and comes with training";
    claims.push_back({"K is more volatile than Q: Q/K below 1", "0.69 to 0.84", shown(ratio(&mha_run::pre), 3),
                      shown(ratio(&mha_run::post), 3),
                      detail::verdict(trained_ratio, asymmetric, "no asymmetry seen")});
    claims.push_back(curve_claim(findings));
    return claims;
}

}  // namespace examples
