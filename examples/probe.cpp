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

#include "geolip/checkpoint/catalogue.hpp"
#include "geolip/checkpoint/model_files.hpp"
#include "geolip/metrics/gaussian_spectrum.hpp"
#include "support/probe_json.hpp"
#include "support/probe_measure.hpp"
#include "support/probe_text.hpp"
#include "support/program.hpp"
#include "support/progress.hpp"

int main(int argc, char** argv) {
    using namespace examples;
    namespace cp = geolip::checkpoint;
    CLI::App app("Measures the weights of a checkpoint, each figure beside what chance gives.", "probe");
    std::string path, mapping_file;
    bool list = false, as_json = false;
    std::uint64_t seed = 42;
    unsigned threads = std::max(1u, std::thread::hardware_concurrency());
    app.add_option("PATH", path, "A model's folder, an index of shards, or a safetensors file")->required();
    app.add_flag("--list", list, "Show what every tensor is, and measure nothing");
    app.add_flag("--json", as_json, "Print one JSON document instead of tables");
    add_text(app, "--mapping", "FILE", "none", "JSON: what tensors of an unknown architecture are",
             [&](const std::string& text) { mapping_file = text; });
    add_text(app, "--seed", "N", "42", "Seed of samples and nulls",
             [&](const std::string& text) { seed = whole_number<std::uint64_t>(text, "--seed", 0); });
    add_text(app, "--threads", "N", "all", "Tensors at a time; no result depends on it",
             [&](const std::string& text) { threads = whole_number<unsigned>(text, "--threads", 1, 1024); });
    return run(app, argc, argv, [&] {
        const cp::model_files files(path);
        std::optional<cp::catalogue_mapping> mapping;
        if (!mapping_file.empty())
            mapping = cp::parse_catalogue_mapping(cp::detail::read_json_document(mapping_file, 16'000'000));
        const cp::catalogue catalogue =
            cp::make_catalogue(files.tensors(), files.config(), mapping ? &*mapping : nullptr);
        if (list) {
            print(as_json ? probe::catalogue_json(files, catalogue).dump(2) + "\n"
                          : probe::catalogue_text(files, catalogue));
            return 0;
        }
        probe::measurements found;
        {
            progress bar(" tasks");
            found = probe::measure(files, catalogue, seed, threads,
                                   [&](std::size_t done, std::size_t all) { bar(done, all); });
        }
        geolip::gaussian_spectra nulls(64, seed);
        print(as_json ? probe::report_json(files, catalogue, found, nulls).dump(2) + "\n"
                      : probe::report_text(files, catalogue, found, nulls));
        return 0;
    });
}
