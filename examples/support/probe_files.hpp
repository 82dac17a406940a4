// Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT
#pragma once

/// \file
/// Where the reports of `probe` go: one document to standard output, others to files that appear whole or not at all.

#include <CLI/CLI.hpp>
#include <array>
#include <cstddef>
#include <filesystem>
#include <memory>
#include <string>
#include <system_error>
#include <vector>

#include "geolip/checkpoint/model_files.hpp"
#include "geolip/core/error.hpp"
#include "geolip/core/file.hpp"
#include "geolip/core/text.hpp"
#include "support/probe_csv.hpp"
#include "support/probe_html.hpp"
#include "support/probe_json_curves.hpp"
#include "support/program.hpp"

namespace examples::probe {

class report_files {
public:
    void add_options(CLI::App& app) {
        json_ =
            app.add_option("--json", names_[0], "Write the JSON document to FILE; without one, print it for the tables")
                ->expected(0, 1)
                ->type_name("[FILE]");
        app.add_option("--csv", names_[1], "Write every figure of the document as a line of a CSV file")
            ->type_name("FILE");
        app.add_option("--html", names_[2], "Write a page with pictures, for a browser")->type_name("FILE");
    }

    /// Whether no file is named, before `settle`.
    bool only_prints() const { return names_[0].empty() && names_[1].empty() && names_[2].empty(); }
    bool prints_json() const { return json_->count() > 0; }

    /// A word behind --json is a file only if there is another one that names the model.
    /// \throws CLI::RequiredError if there is no PATH
    void settle(std::string& path) {
        if (path.empty()) path.swap(names_[0]);
        if (path.empty()) throw CLI::RequiredError("PATH");
        print_json_ = json_->count() > 0 && names_[0].empty();
    }

    /// \throws usage_error where a report would be written over what it is made of, or over another report
    void refuse_inputs(const geolip::checkpoint::model_files& files, const std::string& mapping,
                       const std::string& tokens) const {
        std::vector<std::filesystem::path> taken{files.config_path(), mapping, tokens};
        for (const auto& f : files.files()) taken.push_back(f.path());
        for (const std::string& name : names_) {
            if (name.empty() || geolip::is_stream(name)) continue;
            const auto own = resolved(name);
            for (const auto& other : taken)
                if (!other.empty() && resolved(other) == own)
                    throw geolip::usage_error("cannot write a report to " + geolip::in_quotes(name) +
                                              ": it is read from, or written to already; name another file");
            taken.emplace_back(name);
        }
    }

    /// Opens the files, so that what cannot be written is known before anything is measured.
    void open() {
        for (std::size_t i = 0; i < names_.size(); ++i)
            if (!names_[i].empty()) files_[i] = std::make_unique<geolip::output_file>(names_[i]);
    }

    /// Writes all files, gives them their names when each is whole, and then prints. `make_page` makes a page of the
    /// document.
    template <class Document, class Text, class Page = std::string (*)(const json&)>
    void write(Document&& make_document, Text&& make_text, Page&& make_page = report_html) {
        std::string text;
        if (print_json_ || files_[0] || files_[1] || files_[2]) {
            const json& document = make_document();
            if (files_[0]) files_[0]->write(json_document(document));
            if (files_[1]) files_[1]->write(report_csv(document));
            if (files_[2]) files_[2]->write(make_page(document));
            if (print_json_) text = json_document(document);
        }
        if (!print_json_) text = make_text();
        for (const auto& f : files_)
            if (f) f->flush();
        for (const auto& f : files_)
            if (f) f->commit();
        print(text);
    }

private:
    static std::filesystem::path resolved(const std::filesystem::path& path) {
        return std::filesystem::weakly_canonical(std::filesystem::absolute(path));
    }

    CLI::Option* json_ = nullptr;
    bool print_json_ = false;
    std::array<std::string, 3> names_;  // JSON, CSV, HTML
    std::array<std::unique_ptr<geolip::output_file>, 3> files_;
};

}  // namespace examples::probe
