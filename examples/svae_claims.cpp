// Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT

/// \file
/// What the document on the three bands claims of trained autoencoders beyond its ablation, and what it leaves open:
/// each trained here, beside the untrained control, the law and what chance gives.

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "geolip/core/error.hpp"
#include "geolip/core/version.hpp"
#include "support/claims.hpp"
#include "support/claims_by_cv.hpp"
#include "support/claims_lbfgs.hpp"
#include "support/claims_on_inputs.hpp"
#include "support/program.hpp"
#include "support/progress.hpp"
#include "support/svae_lab.hpp"

namespace {

using namespace examples;
using namespace examples::claims;

struct question {
    std::string_view name;
    section (*answer)(svae_lab&, const effort&);
    std::vector<svae_settings> (*runs)(const effort&);
};

std::vector<svae_settings> no_runs(const effort&) { return {}; }

constexpr question questions[] = {{"family", family, family_runs}, {"early", early, early_runs},
                                  {"d32", d32, d32_runs},          {"transfer", transfer, transfer_runs},
                                  {"modes", modes, modes_runs},    {"lbfgs", lbfgs, no_runs},
                                  {"triage", triage, triage_runs}};

std::set<std::string> parse_names(const std::string& text) {
    std::set<std::string> names;
    for (std::size_t from = 0; from <= text.size();) {
        const std::size_t to = std::min(text.find(',', from), text.size());
        const std::string name = text.substr(from, to - from);
        if (std::none_of(std::begin(questions), std::end(questions),
                         [&](const question& q) { return q.name == name; })) {
            std::string known;
            for (const question& q : questions) known += std::string(known.empty() ? "" : ", ") + std::string(q.name);
            throw geolip::usage_error("--only '" + name + "': expected some of " + known);
        }
        names.insert(name);
        from = to + 1;
    }
    return names;
}

}  // namespace

int main(int argc, char** argv) {
    CLI::App app("What the document on the three bands claims of trained autoencoders, and what it leaves open.",
                 "svae_claims");
    effort e;
    e.threads = std::max(1u, std::thread::hardware_concurrency());
    bool as_json = false;
    std::set<std::string> only;
    add_text(app, "--only", "NAME,...", "all", "Some of family, early, d32, transfer, modes, lbfgs, triage",
             [&](const std::string& text) { only = parse_names(text); });
    app.add_flag_callback(
        "--long", [&] { e.take_long(); }, "As documented: 1000 batches of 128 images; most of an hour");
    add_text(app, "--batches", "N", "60", "Batches of a run at LOW and MID",
             [&](const std::string& text) { e.batches = whole_number<std::uint64_t>(text, "--batches", 10, 1000000); });
    add_text(app, "--batch", "N", "16", "Images of a batch",
             [&](const std::string& text) { e.batch = whole_number<std::size_t>(text, "--batch", 1, 4096); });
    add_text(app, "--seed", "N", "42", "Seed of everything drawn",
             [&](const std::string& text) { e.seed = whole_number<std::uint64_t>(text, "--seed", 0, 1u << 30); });
    add_text(app, "--threads", "N", "all", "Runs at a time; no result depends on it",
             [&](const std::string& text) { e.threads = whole_number<unsigned>(text, "--threads", 1, 1024); });
    add_text(app, "--text", "FILE", "built in", "Text for transfer", [&](const std::string& text) { e.text = text; });
    add_text(app, "--picture", "FILE", "built in", "Binary PPM picture for transfer",
             [&](const std::string& text) { e.picture = text; });
    app.add_flag("--json", as_json, "Print one JSON document instead of tables");
    return run(app, argc, argv, [&] {
        std::vector<section> sections;
        {
            progress bar(" batches");
            svae_lab lab(e.threads, [&](std::size_t done, std::size_t all) { bar(done, all); });
            const auto chosen = [&](std::string_view name) { return only.empty() || only.contains(std::string(name)); };
            if (chosen("transfer")) transfer_inputs(e);  // a bad file fails before the training
            std::vector<svae_settings> wanted;
            for (const question& q : questions)
                for (const svae_settings& s : chosen(q.name) ? q.runs(e) : std::vector<svae_settings>())
                    wanted.push_back(s);
            lab.train(wanted);
            for (const question& q : questions) {
                if (!chosen(q.name)) continue;
                sections.push_back(q.answer(lab, e));
                sections.back().value["name"] = q.name;
            }
        }
        if (as_json) {
            json out{{"program", "svae_claims"}, {"version", geolip::version_string},
                     {"seed", e.seed},           {"batches", e.batches},
                     {"batch", e.batch},         {"sections", json::array()}};
            for (section& s : sections) {
                s.value["title"] = s.title;
                s.value["verdict"] = s.verdict;
                out["sections"].push_back(s.value);
            }
            print(out.dump(2) + "\n");
            return 0;
        }
        std::string text = std::to_string(e.batches) + " batches of " + std::to_string(e.batch) + " images, " +
                           std::to_string(e.batches_at_high()) +
                           " where a CV is read at HIGH; Adam, rate 1e-4, and 1e-3 where an error is to fall\n";
        for (const section& s : sections) text += "\n" + s.title + "\n\n" + s.text + "Verdict: " + s.verdict + ".\n";
        print(text);
        return 0;
    });
}
