// Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT
#pragma once

/// \file
/// What a user says of the tensors of an architecture that the catalogue does not know. Component `json`.

#include <array>
#include <cstddef>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>

#include "geolip/checkpoint/catalogue_entry.hpp"
#include "geolip/checkpoint/detail/catalogue_families.hpp"
#include "geolip/checkpoint/detail/catalogue_heads.hpp"
#include "geolip/core/error.hpp"
#include "geolip/core/text.hpp"

namespace geolip::checkpoint {

/// Names like `pattern`, as they are in the file, are tensors with this role.
struct catalogue_mapping_rule {
    std::string pattern;  ///< text, `*` for any characters (also none), at most one `{layer}` for a number
    tensor_role role = tensor_role::other;
    tensor_side side = tensor_side::none;
    attention_kind attention = attention_kind::none;
    tensor_orientation orientation = tensor_orientation::out_in;
    std::string reason;  ///< why they are not to be measured; empty if they are
};

/// The first rule whose pattern fits a name holds for it. A fused_qkv is split in thirds, a fused_gate_up in gate and
/// up.
struct catalogue_mapping {
    std::string architecture = "user-defined";
    std::vector<catalogue_mapping_rule> rules;
    std::optional<std::size_t> heads, kv_heads, head_dim;  ///< of all attention; else config.json is asked
};

namespace detail {

/// Reads a mapping and refuses whatever it does not understand.
class mapping_reader {
public:
    using json = nlohmann::json;

    static catalogue_mapping read(const json& document) {
        const mapping_reader top("the mapping", document);
        top.require_keys({"architecture", "rules", "heads", "kv_heads", "head_dim"});
        catalogue_mapping m;
        if (document.contains("architecture")) m.architecture = top.text("architecture");
        m.heads = top.count("heads");
        m.kv_heads = top.count("kv_heads");
        m.head_dim = top.count("head_dim");
        if (!document.contains("rules") || !document["rules"].is_array() || document["rules"].empty())
            top.refuse("\"rules\" is missing or no list of rules",
                       R"("rules": [{"pattern": "layers.{layer}.wq.weight", "role": "query"}, …])");
        for (const json& rule : document["rules"])
            m.rules.push_back(read_rule("rule " + std::to_string(m.rules.size() + 1) + " of the mapping", rule));
        return m;
    }

private:
    mapping_reader(std::string where, const json& object) : where_(std::move(where)), object_(object) {
        if (!object.is_object()) refuse(std::string("it is ") + object.type_name(), "an object");
    }

    static catalogue_mapping_rule read_rule(std::string where, const json& object) {
        const mapping_reader r(std::move(where), object);
        r.require_keys({"pattern", "role", "side", "attention", "orientation", "reason"});
        catalogue_mapping_rule rule;
        rule.pattern = r.text("pattern");
        r.require_pattern(rule.pattern);
        if (object.contains("reason")) rule.reason = r.text("reason");
        if (object.contains("role") || rule.reason.empty())
            rule.role = r.choice<tensor_role>("role", tensor_role_names);
        if (object.contains("side")) rule.side = r.choice<tensor_side>("side", tensor_side_names);
        if (object.contains("attention")) rule.attention = r.choice<attention_kind>("attention", attention_kind_names);
        if (object.contains("orientation"))
            rule.orientation = r.choice<tensor_orientation>("orientation", tensor_orientation_names);
        return rule;
    }

    [[noreturn]] void refuse(std::string_view found, std::string_view expected) const {
        std::string message = where_;
        message += ": ";
        message += found;
        message += "; expected ";
        message += expected;
        geolip::detail::raise(usage_error(message));
    }

    void require_keys(std::initializer_list<std::string_view> known) const {
        std::string all;
        for (const std::string_view k : known) all.append(all.empty() ? "" : ", ").append(k);
        for (const auto& [key, value] : object_.items()) {
            bool is_known = false;
            for (const std::string_view k : known) is_known = is_known || key == k;
            if (!is_known) refuse("unknown key " + in_quotes(key), "one of " + all);
        }
    }

    std::string text(const char* key) const {
        const json* value = member(&object_, key);
        if (value == nullptr) refuse("\"" + std::string(key) + "\" is missing", "it, a text");
        if (!value->is_string() || value->get_ref<const std::string&>().empty())
            refuse("\"" + std::string(key) + "\" is no text or an empty one", "some text");
        return value->get<std::string>();
    }

    std::optional<std::size_t> count(const char* key) const {
        if (!object_.contains(key)) return std::nullopt;
        const auto value = count_of(member(&object_, key));
        if (!value) refuse("\"" + std::string(key) + "\" is no count", "a whole number from 1 to 1000000");
        return value;
    }

    template <class Enum, std::size_t N>
    Enum choice(const char* key, const std::array<std::string_view, N>& names) const {
        const std::string word = text(key);
        std::string all;
        for (std::size_t i = 0; i < N; ++i) {
            if (names[i] == word) return static_cast<Enum>(i);
            all.append(all.empty() ? "" : ", ").append(names[i]);
        }
        refuse("unknown " + std::string(key) + " " + in_quotes(word), "one of " + all);
    }

    void require_pattern(std::string_view pattern) const {
        constexpr std::string_view field = "{layer}";
        const std::size_t at = pattern.find(field);
        std::string rest(pattern);
        if (at != pattern.npos) rest.erase(at, field.size());
        if (rest.find_first_of("{}") != rest.npos)
            refuse("pattern " + in_quotes(pattern) + " has braces that are not one {layer}",
                   "text, * and at most one {layer}");
    }

    std::string where_;
    const json& object_;
};

/// What the mapping says of a tensor; nothing where no rule fits.
inline std::optional<tensor_match> match_mapping(const catalogue_mapping& mapping, std::string_view name) {
    for (const catalogue_mapping_rule& rule : mapping.rules) {
        name_numbers numbers;
        if (!matches(rule.pattern, name, numbers)) continue;
        tensor_match m;
        m.role = rule.role;
        m.side = rule.side;
        m.attention = rule.attention;
        m.numbers = numbers;
        m.orientation = rule.orientation;
        m.reason = rule.reason;
        if (rule.role == tensor_role::fused_qkv) m.split = tensor_split::qkv;
        if (rule.role == tensor_role::fused_gate_up) m.split = tensor_split::gate_then_up;
        return m;
    }
    return std::nullopt;
}

}  // namespace detail

/// Reads a mapping: an object with
/// - "rules": a list of objects with "pattern" (as in catalogue_mapping_rule), "role" (as in tensor_role_names), and if
///   wanted "side", "attention", "orientation" (as in their lists of names) and "reason", which says why such tensors
///   are not measured and may stand in the place of a role;
/// - if wanted "architecture", a name, and "heads", "kv_heads", "head_dim", counts that hold for all attention.
/// \throws usage_error saying where something is missing, unknown or of another type
inline catalogue_mapping parse_catalogue_mapping(const nlohmann::json& document) {
    return detail::mapping_reader::read(document);
}

}  // namespace geolip::checkpoint
