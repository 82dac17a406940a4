// Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT
#pragma once

/// \file
/// Reads a sweep's JSON document, ours or the one the original script wrote. Needs the component `json`.

#include <cstdint>
#include <filesystem>
#include <limits>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "geolip/core/error.hpp"
#include "geolip/core/file.hpp"
#include "geolip/sweep/plan.hpp"
#include "geolip/sweep/schema.hpp"

namespace geolip::sweep {

/// A sweep as its document has it.
struct document {
    band limits;
    std::vector<entry> band_results;
    std::vector<entry> all_results;
    nlohmann::json rest;  ///< `sweep`, `provenance` and whatever else it has
};

/// Did a sweep of this plan, by this version, write the document?
inline bool is_result_of(const document& d, const plan& p) {
    const auto head = nlohmann::json::parse(detail::document_head(p, {}) + "\"results\": 0}");
    bool same = d.all_results.size() == entry_count(p);
    for (const char* part : {"sweep", "band", "provenance"}) {
        same = same && d.rest.contains(part) && d.rest[part] == head[part];
    }
    for (std::size_t i = 0; same && i < d.all_results.size(); ++i) {
        const entry expected = entry_at(p, i);
        same = d.all_results[i].vocab == expected.vocab && d.all_results[i].dim == expected.dim;
    }
    return same;
}

namespace detail {

/// Takes the parser's events for one document: entries are kept and dropped from the tree as they end, so memory
/// is bounded by the entries themselves.
class document_reader {
public:
    explicit document_reader(std::string path) : path_(std::move(path)) {}

    document read() {
        const file in(path_, "rb");
        using nlohmann::json;
        json& root = found_.rest;
        try {
            root = json::parse(in.handle(), [this](int depth, json::parse_event_t event, json& value) {
                if (depth == 1 && event == json::parse_event_t::key) section_ = value.get<std::string>();
                if (depth != 2 || event != json::parse_event_t::object_end) return true;
                if (section_ == "band_results") return add(found_.band_results, value);
                if (section_ == "all_results") return add(found_.all_results, value);
                return true;
            });
        } catch (const json::parse_error& e) {
            refuse("not whole JSON, from byte " + std::to_string(e.byte), "the document that sweep writes");
        } catch (const json::exception& e) {
            refuse(std::string("not readable as JSON: ") + e.what(), "the document that sweep writes");
        }
        if (!root.is_object()) refuse("not a JSON object", "the document that sweep writes");
        for (const char* name : {"band_results", "all_results"}) {
            // Every object in the array has been taken out; whatever is left is no entry.
            if (!root.contains(name) || !root[name].is_array()) refuse_section(name, "an array of entries");
            if (!root[name].empty()) refuse_section(name, "nothing but entries");
        }
        if (!root.contains("band") || !root["band"].is_object()) refuse_section("band", "{\"lo\": …, \"hi\": …}");
        found_.limits.lo = bound(root["band"], "lo");
        found_.limits.hi = bound(root["band"], "hi");
        for (const char* name : {"band_results", "all_results"}) root.erase(name);
        if (!(found_.limits.lo < found_.limits.hi)) refuse_section("band", "\"lo\" below \"hi\"");
        return std::move(found_);
    }

private:
    [[noreturn]] void refuse(const std::string& found, const std::string& expected) const {
        geolip::detail::raise(file_error("'" + path_ + "': " + found + "; expected " + expected +
                                         "; name such a file, or write it again"));
    }
    [[noreturn]] void refuse_section(const std::string& name, const std::string& expected) const {
        refuse("\"" + name + "\" is missing or malformed", expected);
    }

    double bound(const nlohmann::json& object, const char* name) const {
        if (!object.contains(name) || !object[name].is_number()) refuse_section("band", "numbers \"lo\" and \"hi\"");
        return object[name].get<double>();
    }

    /// Appends the entry and returns false, for the parser to forget it.
    bool add(std::vector<entry>& to, const nlohmann::json& value) const {
        const auto require = [&](bool holds, const char* expected) {
            if (!holds) refuse("\"" + section_ + "\"[" + std::to_string(to.size()) + "] is malformed", expected);
        };
        const auto size = [&](const char* name) {
            require(value.contains(name) && value[name].is_number_unsigned() && value[name] > 0 &&
                        value[name] <= (std::numeric_limits<std::uint32_t>::max)(),
                    "positive 32-bit whole numbers \"V\" and \"D\"");
            return value[name].get<std::uint32_t>();
        };
        entry e{.vocab = size("V"), .dim = size("D")};
        const bool may_be_null = &to == &found_.all_results;
        require(value.contains("CV") && (value["CV"].is_number() || (may_be_null && value["CV"].is_null())),
                may_be_null ? "a number or null as \"CV\"" : "a number as \"CV\"");
        if (value["CV"].is_number()) e.cv = value["CV"].get<double>();
        if (value.contains("reason") && value["reason"].is_string()) {
            e.reason = parse_reason(value["reason"].get_ref<const std::string&>());
        }
        to.push_back(e);
        return false;
    }

    std::string path_;
    std::string section_;
    document found_;
};

}  // namespace detail

/// Reads the document at `path`. Only `band`, `band_results` and `all_results` are needed; a `provenance` or other
/// additions are not looked at, and neither is `in_band`, which `band` and `CV` imply.
/// \throws file_error saying where the file is not whole JSON, or which part of it no sweep would have
inline document read_document(const std::filesystem::path& path) {
    return detail::document_reader(path.string()).read();
}

}  // namespace geolip::sweep
