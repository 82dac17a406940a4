// Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT
#pragma once

/// \file
/// `probe --documented`: what the documents say, alone or beside the report of a checkpoint.

#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "geolip/checkpoint/catalogue.hpp"
#include "geolip/checkpoint/known_model_match.hpp"
#include "geolip/checkpoint/model_files.hpp"
#include "geolip/core/error.hpp"
#include "geolip/core/text.hpp"
#include "geolip/core/version.hpp"
#include "support/probe_documented.hpp"

namespace examples::probe {

namespace cp = geolip::checkpoint;

/// The documented figures of `model`, or of all 17 models for an empty name, beside their nulls.
inline std::string documented_report(const std::string& model, bool as_json, std::uint64_t seed) {
    documented::null_source nulls(seed);
    const auto all = documented::compare_with_nulls(model, nulls);
    if (!as_json) return documented::text_of(model, all, false);
    nlohmann::ordered_json out{
        {"schema", "geolip.probe.documented"},
        {"schema_version", 1},
        {"version", geolip::version_string},
        {"model", model.empty() ? nlohmann::ordered_json(nullptr) : nlohmann::ordered_json(model)}};
    out.update(documented::json_of(model, all));
    return out.dump(2) + "\n";
}

/// The known model that a checkpoint is, and its documented figures beside those of its report.
class documented_beside {
public:
    /// `model` is the name that the user gives, empty for the one that shapes and config.json show.
    /// \throws usage_error where the checkpoint has not the shapes of `model`
    documented_beside(const cp::model_files& files, const cp::catalogue& c, const std::string& model) {
        matches_ = cp::match_known_models(c, files.config());
        if (!model.empty()) {
            cp::make_known_model(model);  // refuses unknown names
            std::erase_if(matches_, [&](const cp::known_model_match& m) { return m.name != model; });
            if (matches_.empty())
                throw geolip::usage_error(
                    "--documented " + geolip::in_quotes(model) +
                    ": the checkpoint has other shapes; expected those of the model, or leave the "
                    "name away");
        }
        for (const cp::safetensors_file& f : files.files()) {
            const auto& about = f.metadata();
            const auto weights = about.find("geolip.weights");
            random_ = random_ || (weights != about.end() && weights->second == "random");
        }
    }

    /// Adds the key "documented" to the report: null for a model that no document speaks of.
    void add_to(nlohmann::ordered_json& report, const cp::catalogue& c, std::uint64_t seed) {
        report["documented"] = nullptr;
        if (matches_.empty()) return;
        nlohmann::ordered_json out{{"model", nullptr}, {"candidates", nlohmann::ordered_json::array()}};
        for (const auto& m : matches_) out["candidates"].push_back(m.name);
        if (const auto known = only()) {
            out["model"] = known->name;
            out["scale"] = cp::name_of(known->scale);
            out["random_weights"] = random_;
            documented::null_source nulls(seed, known->scale);
            compared_ = documented::compare_with_report(known->name, nulls, c, report,
                                                        {random_, known->scale == cp::model_scale::tiny});
            out.update(documented::json_of(known->name, compared_));
        }
        report["documented"] = out;
    }

    /// What `add_to` added, as a section for the tables; empty for a model that no document speaks of.
    std::string text() const {
        if (matches_.empty()) return {};
        std::string text = "\nBeside the documents\n\n";
        const auto known = only();
        if (!known) {
            text += "The shapes are those of";
            for (const auto& m : matches_) text += (&m == matches_.data() ? " " : " and of ") + m.name;
            return text + "; config.json (scaling_factor) or --documented MODEL tells which one it is.\n";
        }
        text += "By its shapes it is " + known->name;
        if (known->scale == cp::model_scale::tiny) text += " at tiny scale; the documents speak of the full one";
        text += random_ ? ". Its weights are random: what is reproduced is chance.\n\n" : ".\n\n";
        return text + documented::text_of(known->name, compared_, true);
    }

    bool any() const { return !matches_.empty(); }

private:
    std::optional<cp::known_model_match> only() const {
        return matches_.size() == 1 ? std::optional(matches_.front()) : std::nullopt;
    }

    std::vector<cp::known_model_match> matches_;
    std::vector<documented::comparison> compared_;
    bool random_ = false;
};

}  // namespace examples::probe
