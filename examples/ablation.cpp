// Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT

/// \file
/// The 149 runs of the ablation of the sphere-normed autoencoder, beside the document's tables, the untrained control,
/// random rows and the law.

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "geolip/core/error.hpp"
#include "geolip/sweep/plan.hpp"
#include "geolip/sweep/shard.hpp"
#include "support/ablation_document.hpp"
#include "support/ablation_files.hpp"
#include "support/ablation_run.hpp"
#include "support/ablation_table.hpp"
#include "support/folder_lock.hpp"
#include "support/program.hpp"
#include "support/progress.hpp"
#include "support/svae_training.hpp"
#include "support/table.hpp"

namespace {

using namespace examples;

struct settings {
    ablation_options options{.jobs = std::max(1u, std::thread::hardware_concurrency())};
    std::uint64_t batches = 1000;
    geolip::isa isa = geolip::isa::automatic;
    bool no_share = false;
    bool list = false;
    bool as_json = false;
};

void declare(CLI::App& app, settings& s) {
    ablation_options& o = s.options;
    const auto folder = [](const std::string& text, const char* option) {
        if (text.empty()) throw geolip::usage_error(std::string(option) + " '': no name; expected that of a folder");
        return std::filesystem::path(text);
    };
    add_text(app, "--out", "DIR", "",
             "The folder of the reports and tables; the same command goes on from what is in it",
             [&o, folder](const std::string& text) { o.folder = folder(text, "--out"); });
    add_text(app, "--only", "A,G,...", "all", "Groups to run",
             [&](const std::string& text) { o.groups = parse_groups(text, "--only"); });
    add_text(app, "--jobs", "N", "all cores", "Trainings at a time, each on one core; no result depends on it",
             [&](const std::string& text) { o.jobs = whole_number(text, "--jobs", 1u, 1024u); });
    add_text(app, "--shard", "k/K", "1/1", "Only part k of K of the trainings",
             [&](const std::string& text) { o.part = geolip::sweep::parse_shard(text, "--shard"); });
    add_text(
        app, "--from", "DIR", "", "Also take finished runs from there, such as those of a shard; may be repeated",
        [&o, folder](const std::string& text) {
            if (!std::filesystem::is_directory(folder(text, "--from") / "runs"))
                throw geolip::usage_error("--from '" + text + "': no folder of reports; expected one that --out named");
            o.from.push_back(text);
        })
        ->take_all()
        ->trigger_on_parse();
    add_text(app, "--batches", "N", "1000", "Of a run at LOW and MID; HIGH has a tenth, readings come as often",
             [&](const std::string& text) { s.batches = whole_number<std::uint64_t>(text, "--batches", 1, 1000000); });
    add_text(app, "--isa", "auto|baseline|avx2|avx512", "auto", "Instruction-set level, for the same bits elsewhere",
             [&](const std::string& text) { s.isa = geolip::sweep::parse_choice<geolip::isa>(text, "--isa"); });
    app.add_flag("--no-share", s.no_share, "Train every run by itself, also those that are one computation");
    app.add_flag("--list", s.list, "Print the runs and what they differ in, and train nothing");
    app.add_flag("--json", s.as_json, "Print one JSON document instead of the tables");
}

// Every run and what it has that its band's representative has not.
void print_list(const std::vector<ablation_run>& runs, const settings& s) {
    const auto first = first_equals(runs);
    json all = json::array();
    table out({"run", "one computation with", "differs from the band's representative in"});
    for (std::size_t i = 0; i < runs.size(); ++i) {
        const std::string& groups = s.options.groups;
        if (!groups.empty() && groups.find(runs[i].group) == groups.npos) continue;
        const json settings = to_json(runs[i].settings);
        const json standard = to_json(scaled(settings_of(runs[i].band), s.batches));
        std::string changes;
        for (const auto& [key, value] : settings.items()) {
            if (value == standard[key]) continue;
            changes += (changes.empty() ? "" : ", ") + key + ' ' +
                       (value.is_string() ? value.get<std::string>() : value.dump());
        }
        out.add({runs[i].id, first[i] == i ? std::string(undefined) : runs[first[i]].id,
                 changes.empty() ? std::string(undefined) : changes});
        all.push_back({{"run", runs[i].id}, {"same_as", runs[first[i]].id}, {"settings", settings}});
    }
    print(s.as_json ? all.dump(1) + '\n' : out.text());
}

int ablation_main(settings& s) {
    const std::vector<ablation_run> runs = ablation_matrix(s.batches, s.isa);
    if (s.list) {
        print_list(runs, s);
        return 0;
    }
    ablation_options& o = s.options;
    if (o.folder.empty()) throw geolip::usage_error("there is no --out; expected the folder of the results: --out DIR");
    o.share = !s.no_share;
    const auto lock = occupied(o.folder, "ablation");
    stop_gently();
    o.stop = [] { return stop_signal != 0; };
    const svae_trainer train = [](const svae_settings& one, const ablation_training& how) {
        svae_options options;
        options.checkpoint = how.checkpoint;
        options.save_every = std::max<std::uint64_t>(1, one.batches / 10);
        options.stop = how.stop;
        options.progress = [&](std::uint64_t done, std::uint64_t) { how.progress(done); };
        return train_svae(one, options);
    };
    ablation_results results;
    {
        progress bar(" x 10^9 operations");
        o.progress = [&](std::size_t done, std::size_t all) { bar(done, all); };
        results = run_ablation(runs, train, o);
    }
    if (results.had < results.wanted) {
        std::fprintf(stderr, "ablation: stopped after %zu of %zu runs; go on with the same command\n", results.had,
                     results.wanted);
        return 128 + stop_signal;
    }
    ablation_nulls nulls;
    const std::vector<ablation_row> rows = ablation_rows(runs, results.outcomes, nulls);
    if (o.part.count > 1) {
        print("Part " + to_string(o.part) + ": " + std::to_string(rows.size()) + " runs are in '" +
              (o.folder / "runs").string() +
              "'. The tables are made of all parts: ablation --out ALL, with --from and the folder of every part.\n");
    } else {
        write_files(o.folder, rows);
        print(s.as_json ? ablation_document(rows).dump(1) + '\n' : ablation_report(rows));
    }
    const std::size_t failed = status_count(rows, "failed");
    if (failed == 0) return 0;
    const auto first = std::find_if(rows.begin(), rows.end(), [](auto& r) { return !r.outcome->result; });
    throw geolip::error(std::to_string(failed) + " of " + std::to_string(rows.size()) + " runs failed, the first " +
                        first->run->id + ": " + first->outcome->reason() + "; the same command tries them again");
}

}  // namespace

int main(int argc, char** argv) {
    CLI::App app(
        "The ablation of the sphere-normed autoencoder: 149 runs, and the document's tables beside ours, the "
        "untrained control, random rows and the law.",
        "ablation");
    settings s;
    declare(app, s);
    return run(app, argc, argv, [&] { return ablation_main(s); });
}
