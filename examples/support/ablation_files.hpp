// Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT
#pragma once

/// \file
/// The files of the ablation that the document names: `band_matrix.csv`, `anomalies.csv`, `group_summaries.csv`,
/// `uniformity_diagnostic.csv`, `snapshot_meta.json`. Numbers are the shortest that read back as the same; what has no
/// value is empty.

#include <cstddef>
#include <filesystem>
#include <initializer_list>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "geolip/core/file.hpp"
#include "geolip/sweep/number.hpp"
#include "support/ablation_findings.hpp"
#include "support/documented_ablation.hpp"
#include "support/svae_choices.hpp"
#include "support/svae_json.hpp"

namespace examples {

/// One line of a CSV file: fields as they are, quoted where they must be.
class csv_line {
public:
    csv_line& operator<<(std::string_view text) {
        if (!text_.empty()) text_ += ',';
        if (text.find_first_of(",\"\n") == text.npos) {
            text_ += text;
            return *this;
        }
        text_ += '"';
        for (const char c : text) {
            if (c == '"') text_ += '"';
            text_ += c;
        }
        text_ += '"';
        return *this;
    }
    csv_line& operator<<(const char* text) { return *this << std::string_view(text); }
    csv_line& operator<<(std::optional<double> value) {
        return *this << std::string_view(value ? geolip::sweep::shortest(*value) : std::string());
    }
    csv_line& operator<<(std::size_t value) { return *this << std::string_view(std::to_string(value)); }
    csv_line& operator<<(bool value) { return *this << (value ? "true" : "false"); }
    std::string text() const { return text_ + '\n'; }

private:
    std::string text_;
};

namespace detail {

inline std::optional<double> null_mean(const ablation_row& row) {
    return *row.null ? std::optional(row.null->mean) : std::nullopt;
}
inline std::optional<double> null_sd(const ablation_row& row) {
    return *row.null ? std::optional(row.null->sd) : std::nullopt;
}

inline csv_line& begin_row(csv_line& line, const ablation_row& row) {
    return line << row.run->id << std::string(1, row.run->group) << name_of(row.run->band) << row.run->variant;
}

}  // namespace detail

inline std::string band_matrix_csv(const std::vector<ablation_row>& rows) {
    std::string out =
        "run,group,band,variant,seed,batches,cv_ema,cv_final,cv_untrained,law,band_ema,band_final,match,mse,status\n";
    for (const ablation_row& row : rows) {
        csv_line line;
        const auto& result = row.outcome->result;
        const auto ema = row.cv(ablation_reading::ema), final = row.cv(ablation_reading::final);
        detail::begin_row(line, row) << static_cast<std::size_t>(row.run->settings.seed)
                                     << static_cast<std::size_t>(row.run->settings.batches) << ema << final
                                     << row.cv(ablation_reading::untrained) << row.law.cv << name_of(ablation_band(ema))
                                     << name_of(ablation_band(final)) << matches(*row.run, *row.outcome)
                                     << (result ? std::optional(result->mse) : std::nullopt) << row.outcome->status();
        out += line.text();
    }
    return out;
}

/// Runs that miss their band by the running mean or the last reading, under either set of thresholds.
inline std::string anomalies_csv(const std::vector<ablation_row>& rows) {
    std::string out =
        "run,group,band,variant,status,cv_untrained,cv_ema,cv_final,band_ema,band_final,triage_ema,triage_final,"
        "null_mean,null_sd,chance_ema,chance_final,chance_triage_ema,chance_triage_final,explanation\n";
    for (const ablation_row& row : rows) {
        using enum ablation_reading;
        if (row.match(ema, ablation_band) && row.match(final, ablation_band) && row.match(ema, triage_band) &&
            row.match(final, triage_band))
            continue;
        csv_line line;
        detail::begin_row(line, row) << row.outcome->status() << row.cv(untrained) << row.cv(ema) << row.cv(final)
                                     << name_of(ablation_band(row.cv(ema))) << name_of(ablation_band(row.cv(final)))
                                     << name_of(triage_band(row.cv(ema))) << name_of(triage_band(row.cv(final)))
                                     << detail::null_mean(row) << detail::null_sd(row)
                                     << row.chance_outside(ema, ablation_band)
                                     << row.chance_outside(final, ablation_band) << row.chance_outside(ema, triage_band)
                                     << row.chance_outside(final, triage_band) << explanation(row);
        out += line.text();
    }
    return out;
}

/// A line for each group that has runs, and one for all.
inline std::string group_summaries_csv(const std::vector<ablation_row>& rows) {
    std::string out =
        "group,dimension,runs,computations,done,diverged,failed,match_ema,match_final,match_untrained,triage_ema,"
        "triage_final,triage_untrained,documented_runs,documented_matches\n";
    const auto add = [&](std::string_view name, std::string_view dimension, const std::vector<ablation_row>& of,
                         std::size_t documented_total, std::size_t documented_match) {
        csv_line line;
        line << name << dimension << of.size() << computation_count(of) << status_count(of, "done")
             << status_count(of, "diverged") << status_count(of, "failed");
        for (const band_rule rule : {ablation_band, triage_band})
            for (const auto which : {ablation_reading::ema, ablation_reading::final, ablation_reading::untrained})
                line << match_count(of, which, rule);
        line << documented_total << documented_match;
        out += line.text();
    };
    std::size_t runs = 0, documented = 0;
    for (const ablation_group& group : ablation_groups()) {
        const auto of = rows_where(rows, [&](auto& r) { return r.run->group == group.letter; });
        if (of.empty()) continue;
        for (const documented_group& d : documented_groups) {
            if (d.letter != group.letter) continue;
            add(std::string(1, group.letter), group.dimension, of, d.runs, d.matches);
            runs += d.runs;
            documented += d.matches;
        }
    }
    add("all", "", rows, runs, documented);
    return out;
}

/// How far the rows of a run are from the law of its rule, and from random rows through the same estimator.
inline std::string uniformity_diagnostic_csv(const std::vector<ablation_row>& rows) {
    std::string out =
        "run,group,band,variant,V,D,row_rule,law_of,law,null_mean,null_sd,cv_untrained,cv_ema,cv_final,deviation,z_"
        "untrained,z_final\n";
    for (const ablation_row& row : rows) {
        csv_line line;
        const svae_settings& s = row.run->settings;
        const auto final = row.cv(ablation_reading::final), untrained = row.cv(ablation_reading::untrained);
        detail::begin_row(line, row) << s.rows << s.dim << geolip::sweep::to_string(s.row_rule) << row.law.name
                                     << row.law.cv << detail::null_mean(row) << detail::null_sd(row) << untrained
                                     << row.cv(ablation_reading::ema) << final
                                     << (final && row.law.cv ? std::optional(*final - *row.law.cv) : std::nullopt)
                                     << row.null->z(untrained) << row.null->z(final);
        out += line.text();
    }
    return out;
}

/// What the document leaves open and what was taken: of the matrix, then of a training.
inline json choices_json() {
    json out = json::object();
    for (const ablation_choice& choice : ablation_choices) out[choice.what] = choice.taken;
    for (const svae_choice& choice : svae_choices) out[std::string(choice.what)] = choice.chosen;
    return out;
}

inline json snapshot_meta(const std::vector<ablation_row>& rows) {
    json groups = json::array(), reports = json::array();
    for (const ablation_row& row : rows) {
        const std::string letter(1, row.run->group);
        if (groups.empty() || groups.back() != letter) groups.push_back(letter);
        reports.push_back("runs/" + row.run->id + ".json");
    }
    return {{"program", "ablation"},
            {"provenance", rows.empty() ? json() : svae_provenance(rows.front().run->settings)},
            {"runs", rows.size()},
            {"computations", computation_count(rows)},
            {"done", status_count(rows, "done")},
            {"diverged", status_count(rows, "diverged")},
            {"failed", status_count(rows, "failed")},
            {"groups", groups},
            {"thresholds",
             {{"ablation", "CV < 0.30 LOW, < 0.55 MID, > 0.80 HIGH"},
              {"triage", "CV < 0.30 LOW, 0.35 to 0.50 MID, > 0.80 HIGH"}}},
            {"match", "status done and cv_ema in the band by the thresholds \"ablation\""},
            {"choices", choices_json()},
            {"files", {"band_matrix.csv", "anomalies.csv", "group_summaries.csv", "uniformity_diagnostic.csv"}},
            {"reports", reports}};
}

/// Writes the five files into `folder`, each whole or not at all. \throws file_error
inline void write_files(const std::filesystem::path& folder, const std::vector<ablation_row>& rows) {
    for (const auto& [name, text] : std::initializer_list<std::pair<const char*, std::string>>{
             {"band_matrix.csv", band_matrix_csv(rows)},
             {"anomalies.csv", anomalies_csv(rows)},
             {"group_summaries.csv", group_summaries_csv(rows)},
             {"uniformity_diagnostic.csv", uniformity_diagnostic_csv(rows)},
             {"snapshot_meta.json", snapshot_meta(rows).dump(1) + '\n'}}) {
        geolip::output_file out(folder / name);
        out.write(text);
        out.commit();
    }
}

}  // namespace examples
