// Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT

/// \file
/// The attention experiment: an embedding, one multi-head attention and a classifier, trained on noisy token patterns
/// in twelve configurations; the coefficient of variation of every weight and activation before, midway and after.

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "geolip/core/file.hpp"
#include "geolip/sweep/number.hpp"
#include "geolip/sweep/plan.hpp"
#include "support/folder_lock.hpp"
#include "support/mha_experiment.hpp"
#include "support/mha_table.hpp"
#include "support/numbers.hpp"
#include "support/program.hpp"
#include "support/progress.hpp"

namespace {

using namespace examples;

constexpr std::size_t most_dim = 4096, most_heads = 255, most_seeds = 10000, most_epochs = 100000;

struct settings {
    mha_plan plan;
    mha_options options{.threads = std::max(1u, std::thread::hardware_concurrency())};
    bool as_json = false;
    std::string picture;
};

// "64x4,128x8"
std::vector<mha_configuration> parse_configurations(const std::string& text) {
    const auto refuse = [&](const std::string& part) {
        throw geolip::usage_error(
            "--configs '" + text + "': '" + part +
            "'; expected DxHEADS, joined by commas, such as 64x1,128x8: D a multiple of HEADS, 4 to " +
            std::to_string(most_dim) + ", HEADS up to " + std::to_string(most_heads));
    };
    std::vector<mha_configuration> all;
    for (std::size_t begin = 0; begin <= text.size();) {
        const std::size_t end = std::min(text.find(',', begin), text.size());
        const std::string part = text.substr(begin, end - begin);
        const std::size_t cross = part.find('x');
        if (cross == std::string::npos) refuse(part);
        const auto dim = geolip::sweep::number<std::size_t>(std::string_view(part).substr(0, cross));
        const auto heads = geolip::sweep::number<std::size_t>(std::string_view(part).substr(cross + 1));
        if (!dim || !heads || *dim < 4 || *dim > most_dim || *heads < 1 || *heads > most_heads || *dim % *heads != 0)
            refuse(part);
        const mha_configuration c{*dim, *heads};
        if (std::find(all.begin(), all.end(), c) != all.end())
            throw geolip::usage_error("--configs '" + text + "': " + part + " twice; expected each once");
        all.push_back(c);
        begin = end + 1;
    }
    return all;
}

void declare(CLI::App& app, settings& s) {
    mha_plan& p = s.plan;
    add_text(app, "--configs", "DxHEADS,...", "64, 128, 256 by 1, 2, 4, 8", "Dimension and heads of each configuration",
             [&](const std::string& text) { p.configurations = parse_configurations(text); });
    add_text(app, "--seeds", "N", "1", "Runs of every configuration, from seeds one after the other",
             [&](const std::string& text) { p.seeds = whole_number(text, "--seeds", std::size_t{1}, most_seeds); });
    add_text(app, "--seed", "N", "42", "The first seed: of the data, the first parameters and the samples",
             [&](const std::string& text) { p.seed = whole_number<std::uint64_t>(text, "--seed", 0); });
    add_text(app, "--epochs", "N", "50", "Steps of training, each over all data",
             [&](const std::string& text) { p.epochs = whole_number(text, "--epochs", std::size_t{1}, most_epochs); });
    add_text(app, "--samples", "N", "300", "Simplices of a reading", [&](const std::string& text) {
        p.samples = whole_number(text, "--samples", mha_plan::policy::min_valid, std::size_t{10000});
    });
    add_text(app, "--rate", "R", "0.001", "Learning rate of Adam", [&](const std::string& text) {
        p.rate = parse_number(text).value_or(0);
        if (!(p.rate > 0))
            throw geolip::usage_error("--rate '" + text + "': expected a positive number, such as 0.001");
    });
    add_text(app, "--threads", "N", "all", "Runs at a time; the results do not depend on it",
             [&](const std::string& text) { s.options.threads = whole_number(text, "--threads", 1u, 1024u); });
    add_text(app, "--isa", "auto|baseline|avx2|avx512", "auto", "Instruction-set level, for the same bits elsewhere",
             [&](const std::string& text) { p.isa = geolip::sweep::parse_choice<geolip::isa>(text, "--isa"); });
    add_text(app, "--checkpoint", "DIR", "", "Keep what is done in DIR; the same command then goes on from there",
             [&](const std::string& text) {
                 if (text.empty()) throw geolip::usage_error("--checkpoint '': no name; expected that of a folder");
                 s.options.checkpoint = text;
             });
    add_text(app, "--svg", "FILE", "", "Also draw CV against head dimension into FILE", [&](const std::string& text) {
        if (text.empty()) throw geolip::usage_error("--svg '': no name; expected that of a file");
        s.picture = text;
    });
    app.add_flag("--json", s.as_json, "Print one JSON document instead of the tables");
}

int mha_main(settings& s) {
    if (s.plan.seed > std::numeric_limits<std::uint64_t>::max() - (s.plan.seeds - 1))
        throw geolip::usage_error("--seed " + std::to_string(s.plan.seed) + " with --seeds " +
                                  std::to_string(s.plan.seeds) + ": the last seed is above " +
                                  std::to_string(std::numeric_limits<std::uint64_t>::max()) +
                                  "; expected a smaller first one");
    const auto lock = s.options.checkpoint.empty() ? nullptr : occupied(s.options.checkpoint, "mha");
    // Opened now, so that a name that cannot be written is known before hours of work.
    std::optional<geolip::output_file> picture;
    if (!s.picture.empty()) picture.emplace(s.picture);
    stop_gently();
    std::vector<std::optional<mha_run>> results(s.plan.size());
    bool finished = false;
    {
        progress bar;
        s.options.progress = [&](std::size_t done, std::size_t all) { bar(done, all); };
        s.options.stop = [] { return stop_signal != 0; };
        finished = run_all(s.plan, results, s.options);
    }
    if (!finished) {
        const auto done = std::count_if(results.begin(), results.end(), [](const auto& r) { return r.has_value(); });
        std::fprintf(stderr, "mha: stopped after %td of %zu runs; %s\n", done, results.size(),
                     s.options.checkpoint.empty() ? "nothing is kept; give --checkpoint DIR to be able to go on"
                                                  : "go on with the same command");
        return 128 + stop_signal;
    }
    std::vector<mha_run> runs;
    for (auto& run : results) runs.push_back(std::move(*run));
    if (picture) {
        picture->write(mha_picture(runs, s.plan));
        picture->commit();
    }
    print(s.as_json ? mha_document(runs, s.plan).dump(1) + "\n" : mha_report(runs, s.plan));
    return 0;
}

}  // namespace

int main(int argc, char** argv) {
    CLI::App app(
        "The attention experiment: CV of weights and activations before and after training, beside the "
        "documented figures, the untrained control and the law.",
        "mha");
    settings s;
    declare(app, s);
    return run(app, argc, argv, [&] { return mha_main(s); });
}
