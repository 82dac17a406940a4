// Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT
#pragma once

/// \file
/// Part of `probe`: the rows of digits and of categories of words in embeddings.

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include "geolip/checkpoint/vocabulary.hpp"
#include "geolip/metrics/token_cosines.hpp"
#include "support/probe_json.hpp"
#include "support/probe_text.hpp"
#include "support/token_sets.hpp"

namespace examples::probe {

/// Which tokens are looked at, before an embedding is.
struct token_choice {
    std::string source;  ///< file that their numbers are from
    std::string reason;  ///< why none are looked at
    std::size_t vocabulary = 0;
    std::optional<found_tokens> digits;
    std::vector<found_tokens> categories;
};

/// Reads `tokens_file` if it is not empty, and the vocabulary beside the weights at `path` if words are to be found.
inline token_choice choose_tokens(const std::filesystem::path& path, const std::string& tokens_file) {
    token_choice choice;
    token_sets sets = default_token_sets();
    if (!tokens_file.empty()) {
        sets = parse_token_sets(cp::detail::read_json_document(tokens_file, 16'000'000));
        choice.source = geolip::escaped(std::filesystem::path(tokens_file).filename().string());
    }
    std::optional<cp::vocabulary> vocabulary;
    if (const auto spellings = spellings_of(sets); !spellings.empty()) {
        std::error_code failure;
        const auto found =
            cp::find_vocabulary(std::filesystem::is_directory(path, failure) ? path : path.parent_path());
        if (found) vocabulary = cp::read_vocabulary(*found, spellings);
        if (!found)
            choice.reason =
                "no tokenizer.json, vocab.json, vocab.txt, spiece.model or tokenizer.model beside the weights";
        else if (vocabulary->size == 0)
            choice.reason = geolip::in_quotes(found->filename().string()) + " has no vocabulary of a known form";
        if (!choice.reason.empty()) {
            if (!tokens_file.empty())
                throw geolip::usage_error("the tokens: words, but " + choice.reason +
                                          "; expected such a file, or numbers of tokens");
            return choice;
        }
        choice.source += (choice.source.empty() ? "" : ", ") + found->filename().string();
        choice.vocabulary = vocabulary->size;
    }
    const cp::vocabulary* known = vocabulary ? &*vocabulary : nullptr;
    if (sets.digits) choice.digits = find_tokens(*sets.digits, known);
    for (const token_set& s : sets.categories) choice.categories.push_back(find_tokens(s, known));
    return choice;
}

/// Beside an embedding_line.
struct token_line {
    std::string reason;  ///< why the tokens are not its rows
    geolip::sequence_reading digits;
    geolip::categories_reading categories;
};
struct token_figures {
    token_choice choice;
    std::vector<token_line> embeddings;  ///< as m.embeddings
};

inline void add_tasks(token_figures& out, geolip::task_list& tasks, const cp::model_files& files,
                      const cp::catalogue& c, const measurements& m, std::uint64_t seed) {
    out.embeddings.resize(m.embeddings.size());
    if (!out.choice.reason.empty()) return;
    std::size_t needed = out.choice.vocabulary;
    const auto need = [&](const found_tokens& f) {
        for (const std::size_t id : f.ids) needed = std::max(needed, id + 1);
    };
    if (out.choice.digits) need(*out.choice.digits);
    for (const found_tokens& f : out.choice.categories) need(f);
    for (std::size_t i = 0; i < m.embeddings.size(); ++i) {
        const cp::catalogue_entry& e = c.entries[m.embeddings[i].entry];
        token_line& line = out.embeddings[i];
        if (e.outputs.count() < needed) {
            line.reason =
                std::to_string(e.outputs.count()) + " rows, fewer than the " + std::to_string(needed) + " tokens";
            continue;
        }
        tasks.add(bytes_of(e), [&files, &out, &e, &line, seed] {
            const cp::weight_tensor w(files, e);
            const geolip::permutation_options options{.replicates = 1000, .seed = seed};
            if (const auto& digits = out.choice.digits)
                line.digits = geolip::sequence_cosines<float>(w.view(), digits->ids, digits->places, options);
            std::vector<std::vector<std::size_t>> ids;
            for (const found_tokens& f : out.choice.categories) ids.push_back(f.ids);
            line.categories = geolip::category_cosines<float>(w.view(), ids, options);
        });
    }
}

inline void add_to(json& out, const token_figures& f, const cp::catalogue& c, const measurements& m) {
    json& tokens = out["tokens"];
    tokens = {{"source", f.choice.source}, {"embeddings", json::array()}};
    if (!f.choice.reason.empty()) {
        tokens["reason"] = f.choice.reason;
        return;
    }
    const auto found = [](const found_tokens& t) {
        json line{{"tokens", t.ids}, {"words", t.words}, {"before_words", t.form}, {"missing", t.missing}};
        return line;
    };
    for (std::size_t i = 0; i < f.embeddings.size(); ++i) {
        const token_line& l = f.embeddings[i];
        json line{{"tensor", c.entries[m.embeddings[i].entry].name}};
        if (!l.reason.empty()) {
            line["reason"] = l.reason;
            tokens["embeddings"].push_back(line);
            continue;
        }
        if (f.choice.digits) {
            line["digits"] = found(*f.choice.digits);
            line["digits"].update({{"correlation", json_of(l.digits.correlation)},
                                   {"adjacent", number(l.digits.adjacent)},
                                   {"others", number(l.digits.others)},
                                   {"gap", json_of(l.digits.gap)},
                                   {"cosines", l.digits.cosines}});
        }
        line["overall_cosine"] = number(l.categories.overall);
        line["categories"] = json::array();
        for (std::size_t k = 0; k < l.categories.categories.size(); ++k) {
            const geolip::category_reading& r = l.categories.categories[k];
            json category{{"name", f.choice.categories[k].name}};
            category.update(found(f.choice.categories[k]));
            category.update({{"within", json_of(r.within)},
                             {"within_sd", number(r.within_sd)},
                             {"between", number(r.between)},
                             {"lift", number(r.lift)}});
            line["categories"].push_back(category);
        }
        line["centroid_cosines"] = l.categories.centroid_cosines;
        tokens["embeddings"].push_back(line);
    }
}

inline std::string text_of(const token_figures& f, const cp::catalogue& c, const measurements& m) {
    if (m.embeddings.empty()) return {};
    const std::string title = "\nDigits and categories of words";
    if (!f.choice.reason.empty())
        return title + ": none, " + f.choice.reason + "; --tokens FILE gives their numbers.\n";
    table t({"embedding", "tokens", "found", "figure", "value", "by chance", "z", "all rows"});
    for (std::size_t i = 0; i < f.embeddings.size(); ++i) {
        const token_line& l = f.embeddings[i];
        const std::string name = geolip::escaped(c.entries[m.embeddings[i].entry].name);
        if (!l.reason.empty()) {
            t.add({name, l.reason});
            continue;
        }
        const auto add = [&](const found_tokens& tokens, const char* figure, const geolip::estimate& e,
                             const std::optional<double>& all) {
            t.add(
                {name, geolip::escaped(tokens.name),
                 std::to_string(tokens.ids.size()) + " of " + std::to_string(tokens.ids.size() + tokens.missing.size()),
                 figure, shown(e.value), shown(e.null), shown(e.z_score(), 1), shown(all)});
        };
        if (f.choice.digits) {
            add(*f.choice.digits, "correlation with |i - j|", l.digits.correlation, std::nullopt);
            add(*f.choice.digits, "neighbours less others", l.digits.gap, std::nullopt);
        }
        for (std::size_t k = 0; k < l.categories.categories.size(); ++k)
            add(f.choice.categories[k], "cosine within", l.categories.categories[k].within, l.categories.overall);
    }
    return title + ", by " + f.choice.source + "\n\n" + t.text() +
           "By chance: the digits in random order; as many random rows.\n";
}

}  // namespace examples::probe
