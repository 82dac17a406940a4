// Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT
#pragma once

/// \file
/// Which tokens `probe` looks at: the digits and categories of words, its own or those of a file, found in a
/// vocabulary.

#include <algorithm>
#include <array>
#include <cstddef>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "geolip/checkpoint/vocabulary.hpp"
#include "geolip/core/error.hpp"
#include "geolip/core/text.hpp"

namespace examples {

/// A number, or a word whose number a vocabulary has.
using token_reference = std::variant<std::size_t, std::string>;

/// Tokens under one name; of the digits, member i is the digit `places[i]`.
struct token_set {
    std::string name;
    std::vector<token_reference> tokens;
    std::vector<std::size_t> places;
};
struct token_sets {
    std::optional<token_set> digits;
    std::vector<token_set> categories;
};

/// The tokens of a set that were found.
struct found_tokens {
    std::string name, form;  ///< form: what stands before a word in the vocabulary
    std::vector<std::size_t> ids, places;
    std::vector<std::string> words, missing;  ///< found, of which `words` has a text for each id; and not found
};

/// The digits, and words of the kinds that the documents look at.
inline token_sets default_token_sets() {
    static constexpr struct {
        const char* name;
        std::array<const char*, 12> words;
    } lists[] = {
        {"numbers",
         {"one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"}},
        {"colours",
         {"red", "blue", "green", "yellow", "black", "white", "orange", "purple", "brown", "pink", "grey", "gray"}},
        {"animals", {"dog", "cat", "horse", "bird", "fish", "bear", "wolf", "lion", "sheep", "mouse", "snake", "cow"}},
        {"body", {"head", "hand", "foot", "eye", "ear", "nose", "arm", "leg", "heart", "mouth", "finger", "skin"}},
        {"food",
         {"bread", "milk", "cheese", "meat", "rice", "sugar", "salt", "butter", "fruit", "soup", "egg", "apple"}},
        {"emotions",
         {"joy", "fear", "anger", "love", "hate", "hope", "grief", "pride", "shame", "happy", "sad", "angry"}},
        {"actions",
         {"run", "walk", "jump", "swim", "eat", "sleep", "speak", "write", "read", "throw", "climb", "sing"}},
        {"time",
         {"day", "night", "week", "month", "year", "hour", "minute", "morning", "evening", "today", "yesterday",
          "tomorrow"}},
    };
    token_sets sets;
    sets.digits.emplace().name = "digits";
    for (std::size_t d = 0; d < 10; ++d) {
        sets.digits->tokens.emplace_back(std::to_string(d));
        sets.digits->places.push_back(d);
    }
    for (const auto& list : lists) {
        token_set& s = sets.categories.emplace_back();
        s.name = list.name;
        for (const char* word : list.words) s.tokens.emplace_back(std::string(word));
    }
    return sets;
}

/// Reads {"digits": {"0": token, …}, "categories": {"name": [token, …], …}}, either key or both; a token is a number or
/// a word. \throws usage_error saying where something is of another form
inline token_sets parse_token_sets(const nlohmann::json& document) {
    const auto refuse = [](const std::string& what, const char* expected) {
        throw geolip::usage_error("the tokens: " + what + "; expected " + expected);
    };
    if (!document.is_object() || document.empty())
        refuse("no object, or an empty one",
               R"({"digits": {"0": 15, …}, "categories": {"fruit": ["apple", 99, …], …}})");
    const auto token_of = [&](const nlohmann::json& value, const std::string& where) -> token_reference {
        if (value.is_number_unsigned() && value.get<std::uint64_t>() < geolip::checkpoint::detail::most_tokens)
            return value.get<std::size_t>();
        if (!value.is_string() || value.get_ref<const std::string&>().empty())
            refuse("a token of " + where + " is neither a number nor a word", "a whole number from 0 on, or a text");
        return value.get<std::string>();
    };
    token_sets sets;
    for (const auto& [key, value] : document.items()) {
        if (key != "digits" && key != "categories")
            refuse("unknown key " + geolip::in_quotes(key), "\"digits\" or \"categories\"");
        if (!value.is_object()) refuse(geolip::in_quotes(key) + " is no object", "an object");
    }
    if (document.contains("digits")) {
        token_set& s = sets.digits.emplace();
        s.name = "digits";
        for (const auto& [key, value] : document["digits"].items()) {
            if (key.size() != 1 || key[0] < '0' || key[0] > '9')
                refuse("digit " + geolip::in_quotes(key), "one of \"0\" to \"9\"");
            s.tokens.push_back(token_of(value, "\"digits\""));
            s.places.push_back(static_cast<std::size_t>(key[0] - '0'));
        }
    }
    if (document.contains("categories"))
        for (const auto& [key, value] : document["categories"].items()) {
            if (!value.is_array()) refuse("category " + geolip::in_quotes(key) + " is no list", "a list of tokens");
            token_set& s = sets.categories.emplace_back();
            s.name = key;
            for (const nlohmann::json& token : value)
                s.tokens.push_back(token_of(token, "category " + geolip::in_quotes(key)));
        }
    return sets;
}

/// What may stand before a word: SentencePiece's and byte-level BPE's mark of a blank, or nothing.
inline constexpr std::array<std::string_view, 3> token_forms = {"\u2581", "", "\u0120"};

/// All spellings of the sets' words.
inline std::set<std::string> spellings_of(const token_sets& sets) {
    std::set<std::string> all;
    const auto add = [&](const token_set& s) {
        for (const token_reference& t : s.tokens)
            if (const auto* word = std::get_if<std::string>(&t))
                for (const std::string_view form : token_forms) all.insert(std::string(form) + *word);
    };
    if (sets.digits) add(*sets.digits);
    for (const token_set& s : sets.categories) add(s);
    return all;
}

/// The numbers of a set's tokens: words in the one form that has most of them, the first of several, so that a set does
/// not mix words within a sentence with words that begin one. Each number once. Without a vocabulary words are missing.
inline found_tokens find_tokens(const token_set& s, const geolip::checkpoint::vocabulary* vocabulary) {
    std::optional<found_tokens> best;
    for (const std::string_view form : token_forms) {
        found_tokens found;
        found.name = s.name;
        std::set<std::size_t> seen;
        for (std::size_t i = 0; i < s.tokens.size(); ++i) {
            const auto* word = std::get_if<std::string>(&s.tokens[i]);
            const auto id = word == nullptr         ? std::optional(std::get<std::size_t>(s.tokens[i]))
                            : vocabulary == nullptr ? std::nullopt
                                                    : vocabulary->number(std::string(form) + *word);
            if (!id) {
                found.missing.push_back(*word);
            } else if (seen.insert(*id).second) {
                found.ids.push_back(*id);
                if (!s.places.empty()) found.places.push_back(s.places[i]);
                found.words.push_back(word == nullptr ? std::to_string(*id) : *word);
                if (word != nullptr) found.form = form;
            }
        }
        if (!best || found.ids.size() > best->ids.size()) best = std::move(found);
    }
    return *best;
}

}  // namespace examples
