// Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT
#pragma once

/// \file
/// The report of one run of the ablation, as JSON and back: what a resumed ablation goes on from.

#include <cstddef>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "geolip/core/error.hpp"
#include "geolip/core/file.hpp"
#include "geolip/core/fnv1a.hpp"
#include "geolip/core/text.hpp"
#include "support/ablation_matrix.hpp"
#include "support/svae_json.hpp"
#include "support/svae_run.hpp"

namespace examples {

/// What became of a run: a result, or why there is none.
struct ablation_outcome {
    std::optional<svae_result> result = {};
    std::string failure = {};

    std::string_view status() const {
        if (!result) return "failed";
        return result->status == svae_status::done ? "done" : "diverged";
    }
    bool done() const { return result && result->status == svae_status::done; }
    const std::string& reason() const { return result ? result->reason : failure; }
};

/// Is the run done, and its running mean in its band by the thresholds of the ablation?
inline bool matches(const ablation_run& run, const ablation_outcome& outcome) {
    return outcome.done() && ablation_band(outcome.result->cv_ema) == run.band;
}

/// The report. Its last member is the checksum of all before it.
inline json to_json(const ablation_run& run, const ablation_outcome& outcome) {
    json out{{"run", run.id},
             {"group", std::string(1, run.group)},
             {"band", name_of(run.band)},
             {"variant", run.variant},
             {"settings", to_json(run.settings)},
             {"provenance", svae_provenance(run.settings)},
             {"status", outcome.status()},
             {"reason", outcome.reason()}};
    if (outcome.result) {
        out["band_ema"] = name_of(ablation_band(outcome.result->cv_ema));
        out["band_final"] = name_of(ablation_band(outcome.result->cv_final));
        out["match"] = matches(run, outcome);
        out["result"] = to_json(*outcome.result, false);
    }
    out["check"] = geolip::detail::hexadecimal(geolip::detail::fnv1a(out.dump()));
    return out;
}

/// Where the report of a run is.
inline std::filesystem::path report_path(const std::filesystem::path& folder, const ablation_run& run) {
    return folder / "runs" / (run.id + ".json");
}

/// Writes a report, whole and on the disk or not at all. \throws file_error
inline void write_report(const std::filesystem::path& folder, const ablation_run& run,
                         const ablation_outcome& outcome) {
    geolip::output_file out(report_path(folder, run));
    out.write(to_json(run, outcome).dump(1) + '\n');
    out.commit(true);
}

/// The outcome that the report of `run` in `folder` holds; empty if there is none.
/// \throws file_error if it is damaged, or of other settings or another version
inline std::optional<ablation_outcome> read_report(const std::filesystem::path& folder, const ablation_run& run) {
    const std::filesystem::path path = report_path(folder, run);
    std::error_code ignored;
    if (!std::filesystem::exists(path, ignored)) return std::nullopt;
    std::string text, line;
    geolip::file in(path, "rb");
    while (in.read_line(line)) text += line + '\n';
    text += line;
    const auto refuse = [&](const std::string& why) { throw geolip::file_error("'" + path.string() + "' " + why); };
    json report = json::parse(text, nullptr, false);
    if (!report.is_object() || !report.contains("check"))
        refuse("is not the whole report of a run; delete it, and the run is made again");
    const json check = report["check"];
    report.erase("check");
    if (check != geolip::detail::hexadecimal(geolip::detail::fnv1a(report.dump())))
        refuse("is damaged: its checksum differs; delete it, and the run is made again");
    const auto require_same = [&](const json& found, const json& expected) {
        for (const auto& [key, value] : expected.items())
            if (!found.contains(key) || found[key] != value)
                refuse("has " + key + ' ' + (found.contains(key) ? found[key].dump() : "missing") + "; expected " +
                       value.dump() + ": give the options it was made with, or another folder");
    };
    require_same(report, {{"run", run.id}});
    require_same(report["provenance"], svae_provenance(run.settings));
    require_same(report["settings"], to_json(run.settings));
    ablation_outcome outcome{.failure = report["reason"]};
    if (report.contains("result")) {
        report["result"]["batch_mse"] = json::array();
        outcome = {.result = svae_result_from_json(report["result"])};
    }
    return outcome;
}

}  // namespace examples
