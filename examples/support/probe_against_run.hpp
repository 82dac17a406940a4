// Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT
#pragma once

/// \file
/// `probe A --against B` from the open model A on.

#include <cstddef>
#include <string>

#include "geolip/checkpoint/catalogue.hpp"
#include "geolip/checkpoint/model_files.hpp"
#include "support/probe_against_json.hpp"
#include "support/probe_against_text.hpp"
#include "support/probe_files.hpp"
#include "support/probe_html_against.hpp"
#include "support/progress.hpp"

namespace examples::probe::against {

struct choices {
    std::string other;           ///< path of B
    bool all_layers = false;     ///< every layer of a role against every other
    std::string mapping_file{};  ///< for both; not to be written over
};

inline void run(const cp::model_files& files, const cp::catalogue& catalogue, const cp::catalogue_mapping* mapping,
                const choices& chosen, const provenance& made_of, report_files& reports) {
    const cp::model_files other_files(chosen.other);
    reports.refuse_inputs(other_files, chosen.mapping_file, {});
    const cp::catalogue other = cp::make_catalogue(other_files.tensors(), other_files.config(), mapping);
    const model a{files, catalogue}, b{other_files, other};
    reports.open();
    comparison found;
    {
        progress bar(" tasks");
        found = compare(a, b, chosen.all_layers, made_of.seed, made_of.threads,
                        [&](std::size_t done, std::size_t all) { bar(done, all); });
    }
    reports.write([&] { return against_json(a, b, found, made_of); }, [&] { return against_text(a, b, found); },
                  against_html);
}

}  // namespace examples::probe::against
