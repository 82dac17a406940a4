// Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT
#pragma once

/// \file
/// The attention experiment as text, as a JSON document and as a picture.

#include <cstddef>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "support/mha_findings.hpp"
#include "support/picture.hpp"
#include "support/table.hpp"

namespace examples {

/// A column of the summary tables: its documented heading and the key it shows.
struct mha_column {
    const char* heading;
    const char* key;
};

inline constexpr mha_column weight_columns[] = {
    {"emb", "emb"}, {"Q_full", "Q_full"}, {"K_full", "K_full"}, {"V_full", "V_full"}, {"out", "out_proj"}};
inline constexpr mha_column activation_columns[] = {{"act_emb", "act_emb"},    {"aQ_h0", "act_Q_h0"},
                                                    {"aK_h0", "act_K_h0"},     {"aV_h0", "act_V_h0"},
                                                    {"aPost0", "act_post_h0"}, {"act_full", "act_post_full"}};

/// One of the three summary tables: `value(run, key)` for every configuration and column, its mean and spread over the
/// seeds; and the accuracy, where it is asked for.
template <class Columns, class Value>
std::string summary_table(const std::vector<mha_run>& runs, const mha_plan& plan, const Columns& columns,
                          bool with_accuracy, Value&& value) {
    std::vector<std::string> header = {"D", "heads", "hdim"};
    for (const mha_column& c : columns) header.push_back(c.heading);
    if (with_accuracy) header.push_back("acc");
    table rows(header);
    for (const mha_configuration& c : plan.configurations) {
        const auto where = [&](auto of_run) {
            return over_seeds(runs, [&](const mha_run& run) -> std::optional<double> {
                return run.configuration == c ? of_run(run) : std::nullopt;
            });
        };
        std::vector<std::string> cells = {std::to_string(c.dim), std::to_string(c.heads), std::to_string(c.head_dim())};
        for (const mha_column& column : columns)
            cells.push_back(detail::shown(where([&](const mha_run& run) { return value(run, column.key); })));
        if (with_accuracy) {
            const moments accuracy = where([](const mha_run& run) { return std::optional(100 * run.accuracy); });
            cells.push_back(detail::shown(accuracy.mean(), 2) + "%");
        }
        rows.add(cells);
    }
    return rows.text();
}

/// The head dimensions of the documented table.
inline std::string documented_head_table(const std::vector<head_finding>& findings) {
    using detail::shown;
    table rows({"head_dim", "of", "documented", "smallest D", "there", "z", "all D", "z"});
    for (const head_finding& f : findings) {
        if (!f.documented) continue;
        rows.add({std::to_string(f.head_dim), std::string(1, f.role), shown(f.documented, 2),
                  std::to_string(f.smallest_dim), shown(f.trained_smallest),
                  shown(f.documented_z(f.trained_smallest), 1), shown(f.trained), shown(f.documented_z(f.trained), 1)});
    }
    return rows.text();
}

inline std::string head_table(const std::vector<head_finding>& findings) {
    using detail::shown;
    table rows({"head_dim", "of", "untrained", "trained", "change", "z", "distinct rows", "law", "null"});
    for (const head_finding& f : findings) {
        rows.add({std::to_string(f.head_dim), std::string(1, f.role), shown(f.untrained), shown(f.trained),
                  shown(f.changed), shown(deviations_from_zero(f.changed), 1), shown(f.distinct), shown(f.law, 4),
                  f.null ? geolip::sweep::fixed(*f.null.value, 4) + " +- " + geolip::sweep::fixed(f.null.sd, 4)
                         : std::string(undefined)});
    }
    return rows.text();
}

/// How far the measured rows repeat, over all seeds and configurations.
inline std::string repeat_table(const std::vector<mha_run>& runs, const mha_plan& plan) {
    table rows({"activation", "distinct of the rows measured", "simplices that repeat a row", "without volume"});
    for (const mha_column& c : activation_columns) {
        moments distinct, repeating, zero;
        for (const mha_run& run : runs) {
            const mha_reading& r = reading_of(run.post, c.key);
            distinct.add(static_cast<double>(r.rows));
            repeating.add(100 * static_cast<double>(r.repeating) / static_cast<double>(plan.samples));
            zero.add(100 * static_cast<double>(r.zero) / static_cast<double>(plan.samples));
        }
        rows.add({c.key, detail::shown(distinct.mean(), 1), detail::shown(repeating.mean(), 2) + "%",
                  detail::shown(zero.mean(), 2) + "%"});
    }
    return rows.text();
}

inline std::string ratio_table(const std::vector<mha_run>& runs, const mha_plan& plan) {
    table rows({"D", "heads", "hdim", "Q/K untrained", "Q/K trained", "documented"});
    for (const mha_configuration& c : plan.configurations) {
        const auto ratio = [&](const mha_readings mha_run::* phase) {
            return detail::shown(over_seeds(runs,
                                            [&](const mha_run& run) -> std::optional<double> {
                                                return run.configuration == c ? query_key_ratio(run.*phase)
                                                                              : std::nullopt;
                                            }),
                                 3);
        };
        const auto q = documented_of(c.head_dim(), 'Q'), k = documented_of(c.head_dim(), 'K');
        rows.add({std::to_string(c.dim), std::to_string(c.heads), std::to_string(c.head_dim()), ratio(&mha_run::pre),
                  ratio(&mha_run::post), q && k ? geolip::sweep::fixed(*q / *k, 2) : std::string(undefined)});
    }
    return rows.text();
}

inline std::string mha_report(const std::vector<mha_run>& runs, const mha_plan& plan) {
    const auto findings = head_findings(runs, plan);
    std::string out = "The attention experiment: " + std::to_string(plan.seeds);
    out += plan.seeds == 1 ? " seed" : " seeds";
    out += " from " + std::to_string(plan.seed) + ", " + std::to_string(plan.epochs) + " epochs";
    if (plan.seeds > 1) out += "; mean +- standard deviation over the seeds";
    out += "\n\nWeights after training\n\n" + summary_table(runs, plan, weight_columns, true, after);
    out += "\nActivations after training\n\n" + summary_table(runs, plan, activation_columns, true, after);
    out += "\nActivations before training, the untrained control\n\n" +
           summary_table(runs, plan, activation_columns, false, before);
    out += "\nChange of the activations by training\n\n" + summary_table(runs, plan, activation_columns, false, change);
    out += "\nThe documented head dimensions, of the first head, after training\n\n" + documented_head_table(findings) +
           "\nz: the documented figure among single seeds. The document does not say which D it tabulates.\n";
    out += "\nBy head dimension, of the first head, over all configurations that have it\n\n" + head_table(findings) +
           "\nz: the mean change from 0. Distinct rows: after training, without repetitions. Law: Gaussian rows of "
           "head_dim;\nnull: as many of them as rows differ, by the same estimator, +- of one reading.\n";
    out += "\nSelectivity\n\n" + ratio_table(runs, plan);
    out += "\nRepetitions among the first " + std::to_string(mha_plan::policy::max_rows) + " rows\n\n" +
           repeat_table(runs, plan);
    table claims({"claim", "documented", "untrained", "trained", "verdict"});
    for (const mha_claim& c : mha_claims(runs, findings))
        claims.add({c.statement, c.documented, c.untrained, c.trained, c.verdict});
    return out + "\nWhat the document says of them\n\n" + claims.text();
}

inline json mha_document(const std::vector<mha_run>& runs, const mha_plan& plan) {
    const auto spread = [](const moments& m) {
        return json{{"mean", detail::number(m.mean())}, {"sd", detail::number(m.sd())}, {"seeds", m.count()}};
    };
    json facts = provenance(plan);
    facts["seed"] = plan.seed;
    facts["seeds"] = plan.seeds;
    const geolip::sweep::band band;
    json out{{"program", "mha"},
             {"version", geolip::version_string},
             {"band", {{"lo", band.lo}, {"hi", band.hi}}},
             {"provenance", facts},
             {"runs", json::array()},
             {"head_dims", json::array()},
             {"claims", json::array()}};
    for (const mha_run& run : runs) out["runs"].push_back(to_json(run));
    const auto findings = head_findings(runs, plan);
    for (const head_finding& f : findings) {
        out["head_dims"].push_back({{"head_dim", f.head_dim},
                                    {"role", std::string(1, f.role)},
                                    {"documented", detail::number(f.documented)},
                                    {"smallest_dim", f.smallest_dim},
                                    {"trained_smallest_dim", spread(f.trained_smallest)},
                                    {"trained", spread(f.trained)},
                                    {"untrained", spread(f.untrained)},
                                    {"change", spread(f.changed)},
                                    {"distinct_rows", spread(f.distinct)},
                                    {"law", detail::number(f.law)},
                                    {"null", {{"mean", detail::number(f.null.value)}, {"sd", f.null.sd}}}});
    }
    for (const mha_claim& c : mha_claims(runs, findings)) {
        out["claims"].push_back({{"claim", c.statement},
                                 {"documented", c.documented},
                                 {"untrained", c.untrained},
                                 {"trained", c.trained},
                                 {"verdict", c.verdict}});
    }
    return out;
}

/// CV against head dimension: the law, untrained heads, trained ones, and the documented figures.
inline std::string mha_picture(const std::vector<mha_run>& runs, const mha_plan& plan) {
    line_chart chart;
    chart.title = "CV of the first head's activations, before and after training";
    chart.x = {"head dimension", 6, 340, {8, 16, 32, 64, 128, 256}};
    chart.y = {"CV", 0.06, 1.2, {0.06, 0.1, 0.2, 0.3, 0.5, 0.7, 1}};
    const geolip::sweep::band band;
    chart.stripes = {{band.lo, band.hi, "0.13-0.30, the band", "#f3ead2"}};
    curve law{"law of Gaussian rows", "#777777", false, {}};
    for (int i = 0; i <= 60; ++i) {
        const double d = chart.x.low * std::pow(chart.x.high / chart.x.low, i / 60.0);
        law.points.push_back({d, geolip::coefficient_of_variation(geolip::gaussian_law{}, mha_plan::order, d).value()});
    }
    chart.curves.push_back(law);
    const auto findings = head_findings(runs, plan);
    for (const auto& [role, colour] :
         {std::pair('Q', "#1f6fb4"), std::pair('K', "#c0392b"), std::pair('V', "#2e8b57")}) {
        curve trained{std::string(1, role) + ", trained", colour, false, {}};
        curve untrained{std::string(1, role) + ", untrained", colour, true, {}};
        markers documented{std::string(1, role) + ", documented", colour, {}};
        for (const head_finding& f : findings) {
            if (f.role != role) continue;
            const double x = static_cast<double>(f.head_dim);
            if (f.trained.mean()) trained.points.push_back({x, *f.trained.mean()});
            if (f.untrained.mean()) untrained.points.push_back({x, *f.untrained.mean()});
            if (f.documented) documented.points.push_back({x, *f.documented});
        }
        chart.curves.push_back(trained);
        chart.curves.push_back(untrained);
        chart.marks.push_back(documented);
    }
    return svg(chart);
}

}  // namespace examples
