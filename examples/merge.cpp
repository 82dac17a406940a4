// Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT

/// \file
/// Puts the shards of a sweep together into the document that an unsharded run writes.

#include <CLI/CLI.hpp>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "geolip/core/file.hpp"
#include "geolip/sweep/merge.hpp"
#include "geolip/sweep/schema.hpp"
#include "support/program.hpp"
#include "support/sweep_table.hpp"

int main(int argc, char** argv) {
    using namespace geolip::sweep;
    CLI::App app("Merges the files that `sweep --shard k/K --out FILE` wrote for every k.", "merge");
    std::vector<std::filesystem::path> files;
    std::filesystem::path out;
    bool as_json = false;
    app.add_option("FILES", files, "The record of every shard, in any order")->required();
    app.add_option("--out", out, "Write the JSON document to FILE")->required()->type_name("FILE");
    app.add_flag("--json", as_json, "Also print the document");
    return examples::run(app, argc, argv, [&] {
        const results r = merge(files);
        geolip::output_file to(out);
        write_json(r, [&](std::string_view text) { to.write(text); });
        to.commit();
        if (as_json) {
            write_json(r, examples::print);
        } else {
            examples::print("merged " + std::to_string(files.size()) + " shards: " + std::to_string(r.entries.size()) +
                            " configurations in " + out.string() + "\n");
        }
        return examples::require_feasible("merge", r);
    });
}
