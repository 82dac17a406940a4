// Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT
#pragma once

/// \file
/// The JSON document of `probe` as a page with pictures, made of the document alone.

#include <nlohmann/json.hpp>
#include <string>

#include "support/page.hpp"
#include "support/probe_html_data.hpp"
#include "support/probe_html_documented.hpp"
#include "support/probe_html_further.hpp"
#include "support/probe_html_pairs.hpp"
#include "support/probe_html_spectra.hpp"

namespace examples::probe {

/// Architecture and size.
inline std::string model_text(const json& model) {
    return html_name(text_at(model["architecture"], "name")) + ", by " +
           html_text(text_at(model["architecture"], "evidence")) + ": " + with_commas(model["parameters"]) +
           " parameters in " + model["tensors"].dump() + " tensors";
}
/// What was read.
inline std::string files_table(const json& model) {
    html_table table({"file", "SHA-256", "of", "bytes", "tensors"}, 3);
    const auto hash = [](const json& x, const char* key) {
        return "<span class=\"hash\">" + html_text(text_at(x, key)) + "</span>";
    };
    for (const json& f : model["files"]) {
        const std::string name = html_name(text_at(f, "name")), bytes = with_commas(f["bytes"]),
                          tensors = f["tensors"].dump();
        if (f.contains("sha256")) table.add({name, hash(f, "sha256"), "the file", bytes, tensors});
        table.add({name, hash(f, "header_sha256"), "its first " + f["header_bytes"].dump() + " bytes, the header",
                   bytes, tensors});
    }
    for (const char* key : {"config", "mapping"})
        if (model.contains(key))
            table.add({html_name(text_at(model[key], "name")), hash(model[key], "sha256"), "the file",
                       model[key]["bytes"].dump(), ""});
    return table.text();
}

/// What was read, by which version and with which seed.
inline std::string page_lead(const json& document) {
    return "<p>" + model_text(document) + "; " + with_commas(document["measured"]) + " measured, " +
           with_commas(document["unmeasured"]) + " not; " + with_commas(document["buffers"]) +
           " elements of buffers. geolip " + html_text(text_at(document, "version")) + ", seed " +
           document["seed"].dump() + ".</p>\n" + files_table(document);
}

/// One HTML document: no script, nothing fetched, every name escaped. Sections without data are left out.
inline std::string report_html(const json& document) {
    figures figure;
    page p;
    p.section("Small elements", sparsity_section(document, figure));
    p.section("Spectra by role", spectra_section(document, figure));
    p.section("Queries and keys", balance_section(document, figure));
    p.section("Heads", heads_section(document, figure));
    p.section("Neurons", neurons_section(document, figure));
    p.section("Convolutions", filters_section(document));
    p.section("Across layers", layers_section(document, figure));
    p.section("Position biases", positions_section(document, figure));
    p.section("Norm layers", norms_section(document, figure));
    p.section("Embeddings", embeddings_section(document, figure));
    p.section("Volumes and output heads", volumes_section(document));
    p.section("Digits and categories", tokens_section(document, figure));
    p.section("Beside the documents", documented_section(document));
    p.section("Not measured", unmeasured_section(document));
    p.section("All tensors", tensors_section(document));
    return p.text("Weights of " + text_at(document["architecture"], "name"), page_lead(document));
}

}  // namespace examples::probe
