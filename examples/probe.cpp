// Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT

/// \file
/// Measures the weights of a checkpoint, each figure beside what chance gives.

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <thread>
#include <utility>

#include "geolip/checkpoint/catalogue.hpp"
#include "geolip/checkpoint/model_files.hpp"
#include "geolip/metrics/gaussian_spectrum.hpp"
#include "support/large_blocks.hpp"
#include "support/probe_against_run.hpp"
#include "support/probe_beside.hpp"
#include "support/probe_csv.hpp"
#include "support/probe_files.hpp"
#include "support/probe_further.hpp"
#include "support/probe_json.hpp"
#include "support/probe_measure.hpp"
#include "support/probe_provenance.hpp"
#include "support/probe_text.hpp"
#include "support/program.hpp"
#include "support/progress.hpp"

int main(int argc, char** argv) {
    using namespace examples;
    namespace cp = geolip::checkpoint;
    return_large_blocks();
    CLI::App app("Measures the weights of a checkpoint, each figure beside what chance gives.", "probe");
    std::string path, mapping_file, tokens_file, model;
    bool list = false;
    probe::against::choices against;
    probe::report_files reports;
    probe::provenance made_of;
    made_of.threads = std::max(1u, std::thread::hardware_concurrency());
    app.add_option("PATH", path, "A model's folder, an index of shards, or a safetensors file");
    const CLI::Option* documented =
        app.add_option("--documented", model,
                       "What the documents say of a model, or of all; with PATH, beside its report")
            ->type_name("[MODEL]")
            ->expected(0, 1);
    app.add_flag("--list", list, "Show what every tensor is, and measure nothing");
    reports.add_options(app);
    app.add_flag("--hash", made_of.content, "Also hash the whole of the weights, as sha256sum does");
    add_text(app, "--mapping", "FILE", "none", "JSON: what tensors of an unknown architecture are",
             [&](const std::string& text) { mapping_file = text; });
    probe::part_set only;
    add_text(app, "--only", "LIST", "all",
             "Some of sparsity, spectra, balance, neurons, layers, positions, norms, filters, embeddings",
             [&](const std::string& text) { only = probe::part_set(text); });
    add_text(app, "--tokens", "FILE", "none", "JSON: numbers of digits and of categories of tokens",
             [&](const std::string& text) { tokens_file = text; });
    CLI::Option* against_option = add_text(app, "--against", "PATH", "none",
                                           "Another model: align its weights to those of PATH, and say how alike",
                                           [&](const std::string& text) { against.other = text; })
                                      ->excludes("--list")
                                      ->excludes("--only")
                                      ->excludes("--tokens")
                                      ->excludes("--documented");
    app.add_flag("--layers", against.all_layers, "Align every layer of a role with every other as well")
        ->needs(against_option);
    add_text(app, "--seed", "N", "42", "Seed of samples and nulls",
             [&](const std::string& text) { made_of.seed = whole_number<std::uint64_t>(text, "--seed", 0); });
    add_text(app, "--threads", "N", "all", "Tensors at a time; no result depends on it",
             [&](const std::string& text) { made_of.threads = whole_number<unsigned>(text, "--threads", 1, 1024); });
    return run(app, argc, argv, [&] {
        if (path.empty() && documented->count() > 0 && reports.only_prints()) {
            print(probe::documented_report(model, reports.prints_json(), made_of.seed));
            return 0;
        }
        reports.settle(path);
        const cp::model_files files(path);
        reports.refuse_inputs(files, mapping_file, tokens_file);
        std::optional<cp::catalogue_mapping> mapping;
        if (!mapping_file.empty())
            mapping = cp::parse_catalogue_mapping(cp::detail::read_json_document(mapping_file, 16'000'000));
        made_of.mapping = mapping_file;
        const cp::catalogue catalogue =
            cp::make_catalogue(files.tensors(), files.config(), mapping ? &*mapping : nullptr);
        if (!against.other.empty()) {
            against.mapping_file = mapping_file;
            probe::against::run(files, catalogue, mapping ? &*mapping : nullptr, against, made_of, reports);
            return 0;
        }
        probe::token_choice tokens;
        if (!list && only.has(probe::part::embeddings)) tokens = probe::choose_tokens(path, tokens_file);
        reports.open();
        if (list) {
            reports.write([&] { return probe::catalogue_json(catalogue, probe::provenance_json(files, made_of)); },
                          [&] { return probe::catalogue_text(files, catalogue); });
            return 0;
        }
        probe::documented_beside beside(files, catalogue, model);
        probe::measurements found;
        probe::further_figures further;
        {
            progress bar(" tasks");
            found = probe::measure(files, catalogue, only, made_of.seed, made_of.threads,
                                   [&](std::size_t done, std::size_t all) { bar(done, all); });
        }
        {
            progress bar(" tasks");
            further = probe::measure_further(files, catalogue, found, std::move(tokens), made_of.seed, made_of.threads,
                                             [&](std::size_t done, std::size_t all) { bar(done, all); });
        }
        geolip::gaussian_spectra nulls(64, made_of.seed);
        probe::json report;
        const auto document = [&]() -> const probe::json& {
            if (report.is_null()) {
                report = probe::report_json(catalogue, found, nulls, probe::provenance_json(files, made_of));
                probe::add_to(report, further, catalogue, found);
                beside.add_to(report, catalogue, made_of.seed);
            }
            return report;
        };
        reports.write(document, [&] {
            const std::string text =
                probe::report_text(files, catalogue, found, nulls) + probe::text_of(further, catalogue, found);
            if (beside.any()) document();
            return text + beside.text();
        });
        return 0;
    });
}
