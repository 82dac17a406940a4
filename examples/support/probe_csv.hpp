// Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT
#pragma once

/// \file
/// The JSON document of `probe` as a table of one figure a row, made by a walk over the document alone.

#include <algorithm>
#include <cstddef>
#include <initializer_list>
#include <iterator>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>

#include "geolip/core/text.hpp"
#include "geolip/sweep/number.hpp"
#include "support/probe_place.hpp"

namespace examples::probe {

/// A text as a cell by RFC 4180, which no spreadsheet takes for a formula: escaped, so that there is no line break nor
/// tab; semicolons, by which some split lines, as \u003b; and behind an apostrophe, which `escaped` never leaves bare,
/// where its first character other than a blank would start a formula (= + - @ and their full-width forms).
inline std::string csv_text(std::string_view text) {
    std::string safe = geolip::escaped(text);
    for (std::size_t at = 0; (at = safe.find(';', at)) != std::string::npos; at += 6) safe.replace(at, 1, "\\u003b");
    const std::string_view begin = std::string_view(safe).substr(std::min(safe.find_first_not_of(' '), safe.size()));
    for (const std::string_view start : {"=", "+", "-", "@", "\uff1d", "\uff0b", "\uff0d", "\uff20", "|", "%"})
        if (begin.starts_with(start)) {
            safe.insert(0, 1, '\'');
            break;
        }
    if (safe.find_first_of(",\"") == std::string::npos) return safe;
    std::string out = "\"";
    for (const char c : safe) out += c == '"' ? std::string("\"\"") : std::string(1, c);
    return out += '"';
}

namespace detail {

class csv_walk {
public:
    using json = nlohmann::ordered_json;

    static constexpr std::string_view header =
        "section,tensor,place,layer,figure,value,standard_error,null,null_sd,z,reason\r\n";

    explicit csv_walk(const json& document) {
        out_ = header;
        for (const auto& [key, value] : document.items()) {
            if (key == "documented") {
                documented(value);
            } else if (value.is_number()) {
                where_ = {"document", "", "", ""};
                row(key, {.value = &value});
            } else if (key == "unaligned") {
                for (const auto& [side, lines] : value.items())
                    for (const json& line : lines) record(key + '.' + side, line);
            } else if (value.is_array()) {
                for (std::size_t i = 0; i < value.size(); ++i) record(key, value[i]);
            } else if (value.is_object()) {
                record(key, value);
            }
        }
    }

    std::string text() && { return std::move(out_); }

private:
    struct cells {
        const json *value = nullptr, *standard_error = nullptr, *null = nullptr, *null_sd = nullptr, *z = nullptr;
        std::string_view reason = {};
    };
    struct place {
        std::string section, tensor, place, layer;
    };

    /// The value of the first of `keys` that is there.
    static const json* first_of(const json& object, std::initializer_list<const char*> keys) {
        for (const char* key : keys)
            if (const auto found = object.find(key); found != object.end()) return &*found;
        return nullptr;
    }
    static std::string text_of(const json* x) { return x != nullptr && x->is_string() ? x->get<std::string>() : ""; }
    static std::string number_of(const json* x) {
        if (x == nullptr || !x->is_number()) return "";
        return x->is_number_float() ? geolip::sweep::shortest(x->get<double>()) : x->dump();
    }

    /// What the documents say, and ours, of one figure a line each.
    void documented(const json& x) {
        if (!x.is_object() || !x.contains("rows")) return;
        for (const json& line : x["rows"]) {
            where_ = {"documented", "", text_of(first_of(line, {"of"})), ""};
            if (const std::string other = text_of(first_of(line, {"other"})); !other.empty())
                where_.place = text_of(first_of(line, {"model"})) + " and " + other;
            const std::string figure = text_of(first_of(line, {"section"})) + ' ' + text_of(first_of(line, {"figure"}));
            cells c{.value = first_of(line, {"documented"})};
            join(c, first_of(line, {"null"}));
            row(figure + ", documented", c);
            c.value = first_of(line, {"measured"});
            const std::string reason = text_of(first_of(line, {"reason"}));
            c.reason = reason;
            row(figure + ", measured", c);
        }
    }

    /// What stands in an array of the document, or an object of it.
    void record(const std::string& section, const json& x) {
        where_ = {section, text_of(first_of(x, {"tensor", "query", "up", "name", "a"})),
                  text_of(first_of(x, {"place", "group", "side"})), number_of(first_of(x, {"layer"}))};
        if (const std::string other = text_of(first_of(x, {"b"})); !other.empty()) row("partner", {.reason = other});
        if (x.contains("role") && x.contains("side")) where_.place = group_of(x);
        const bool estimate = x.contains("value") && x.contains("null");
        walk(estimate ? section : "", x);
    }

    /// All figures of an object whose figures' names begin with `path`.
    void walk(const std::string& path, const json& x) {
        if (!x.is_object()) return leaf(path, x);
        const std::string_view reason = x.contains("reason") && x["reason"].is_string()
                                            ? std::string_view(x["reason"].get_ref<const std::string&>())
                                            : std::string_view();
        const json* const null = first_of(x, {"null"});
        const bool has_value = x.contains("value");
        if (has_value && x.contains("sd") && null == nullptr) {  // a null by itself
            row(path, {.null = &x["value"], .null_sd = &x["sd"]});
        } else if (has_value) {
            cells c{.value = &x["value"], .standard_error = first_of(x, {"standard_error"}), .z = first_of(x, {"z"})};
            c.reason = reason;
            join(c, null);
            row(label(path, x), c);
        } else if (!reason.empty()) {
            row(path.empty() ? "measured" : path, {.reason = reason});
        }
        if (const auto at = x.find("at"); at != x.end()) return curve(path, x, *at);
        if (x.contains("counts")) return histogram(path, x);
        for (auto item = x.begin(); item != x.end(); ++item) {
            const std::string& key = item.key();
            if (is_one_of(key,
                          {"shape", "outputs", "layer", "reason", "threshold", "replicates", "numbers", "null", "z"}))
                continue;
            if (has_value && is_one_of(key, {"value", "standard_error", "sd"})) continue;
            if (key == "heads" && where_.section == "entries") continue;
            const std::string name = path.empty() ? key : path + '.' + key;
            // A null beside no value belongs to the figure before it.
            const auto next = std::next(item);
            if (!has_value && next != x.end() && next.key() == "null" && !item->is_structured()) {
                cells c{.value = &*item, .z = first_of(x, {"z"})};
                join(c, null);
                row(name, c);
                continue;
            }
            walk(name, *item);
        }
    }
    void leaf(const std::string& path, const json& x) {
        if (x.is_number() || x.is_null()) return row(path, {.value = &x});
        if (!x.is_array()) return;
        for (std::size_t i = 0; i < x.size(); ++i)
            walk(x[i].is_object() && x[i].contains("threshold") ? path : path + '[' + std::to_string(i) + ']', x[i]);
    }
    void curve(const std::string& path, const json& x, const json& at) {
        for (const auto& [key, list] : x.items()) {
            if (list.is_number()) row(path + '.' + key, {.value = &list});
            if (key == "at" || key == "null" || !list.is_array()) continue;
            for (std::size_t i = 0; i < list.size(); ++i) {
                if (list[i].is_array()) {
                    for (std::size_t j = 0; j < list[i].size(); ++j)
                        row(path + '.' + key + '[' + std::to_string(i) + "][" + at[j].dump() + ']',
                            {.value = &list[i][j]});
                    continue;
                }
                row(path + '[' + at[i].dump() + ']',
                    {.value = &list[i], .null = x.contains("null") ? &x["null"][i] : nullptr});
            }
        }
    }
    void histogram(const std::string& path, const json& x) {
        row(path + ".low", {.value = &x["low"]});
        row(path + ".high", {.value = &x["high"]});
        for (std::size_t i = 0; i < x["counts"].size(); ++i)
            row(path + '[' + std::to_string(i) + ']',
                {.value = &x["counts"][i], .null = x.contains("expected") ? &x["expected"][i] : nullptr});
    }

    static bool is_one_of(std::string_view key, std::initializer_list<std::string_view> keys) {
        for (const std::string_view k : keys)
            if (key == k) return true;
        return false;
    }
    static std::string label(const std::string& path, const json& x) {
        return x.contains("threshold") ? path + "[below " + number_of(&x["threshold"]) + ']'
               : path.empty()          ? std::string("value")
                                       : path;
    }
    static void join(cells& c, const json* null) {
        if (null == nullptr || !null->is_object()) {
            c.null = null;
            return;
        }
        c.null = first_of(*null, {"value"});
        c.null_sd = first_of(*null, {"sd"});
    }
    void row(const std::string& figure, const cells& c) {
        out_ += csv_text(where_.section) + ',' + csv_text(where_.tensor) + ',' + csv_text(where_.place) + ',' +
                where_.layer + ',' + csv_text(figure);
        for (const json* x : {c.value, c.standard_error, c.null, c.null_sd, c.z}) out_ += ',' + number_of(x);
        out_ += ',' + csv_text(c.reason) + "\r\n";
    }

    place where_;
    std::string out_;
};

}  // namespace detail

/// `section,tensor,place,layer,figure,value,standard_error,null,null_sd,z,reason`, lines ended by CR LF.
inline std::string report_csv(const nlohmann::ordered_json& document) { return detail::csv_walk(document).text(); }

}  // namespace examples::probe
