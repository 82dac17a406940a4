// Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT
#pragma once

/// \file
/// `vocabulary`: the numbers of wanted tokens, from the files that tokenizers keep beside a model. Component `json`.

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>

#include "geolip/checkpoint/detail/sentencepiece.hpp"
#include "geolip/checkpoint/model_files.hpp"
#include "geolip/core/error.hpp"
#include "geolip/core/input_file.hpp"
#include "geolip/core/text.hpp"

namespace geolip::checkpoint {

/// Tokens as the file spells them, with their numbers. Of a large file only the wanted ones are kept.
struct vocabulary {
    std::filesystem::path path;
    std::size_t size = 0;  ///< the largest number and one
    std::map<std::string, std::size_t, std::less<>> numbers;

    /// The number of a token; empty if it is not there.
    std::optional<std::size_t> number(std::string_view token) const {
        const auto found = numbers.find(token);
        return found == numbers.end() ? std::nullopt : std::optional(found->second);
    }
};

/// Names of the files that are looked for, the first before the others. (A sentencepiece.bpe.model is not: its numbers
/// are not those of the models that have one.)
inline constexpr std::array<const char*, 5> vocabulary_files = {"tokenizer.json", "vocab.json", "vocab.txt",
                                                                "spiece.model", "tokenizer.model"};

namespace detail {

inline constexpr std::uint64_t most_vocabulary_bytes = 500'000'000;
inline constexpr std::size_t most_tokens = std::size_t{1} << 31;

/// Takes up a token. What is wrong with it, or nothing.
inline std::string add_token(vocabulary& to, const std::set<std::string>& wanted, const std::string& token,
                             std::uint64_t number) {
    if (number >= most_tokens) return "token " + in_quotes(token) + " has the number " + std::to_string(number);
    to.size = (std::max)(to.size, static_cast<std::size_t>(number) + 1);
    if (wanted.contains(token) && !to.numbers.emplace(token, static_cast<std::size_t>(number)).second)
        return "token " + in_quotes(token) + " stands there twice";
    return {};
}

/// Reads `model.vocab` of a tokenizer.json, an object of numbers or a list of [token, score], or, with `flat`, a
/// document that is an object of numbers. Everything else in the document is passed over.
class vocabulary_reader : public nlohmann::json_sax<nlohmann::json> {
public:
    vocabulary_reader(vocabulary& to, const std::set<std::string>& wanted, bool flat)
        : to_(to), wanted_(wanted), depth_of_vocabulary_(flat ? 1 : 3) {}

    const std::string& error() const { return error_; }

    bool null() override { return other(); }
    bool boolean(bool) override { return other(); }
    bool number_integer(number_integer_t value) override {
        return is_number_here() ? fail("token " + in_quotes(key_) + " has the number " + std::to_string(value))
                                : other();
    }
    bool number_unsigned(number_unsigned_t value) override { return is_number_here() ? add(key_, value) : other(); }
    bool number_float(number_float_t, const string_t&) override { return other(); }
    bool string(string_t& text) override {
        if (!inside_ || !listed_ || depth_ != depth_of_vocabulary_ + 1) return other();
        if (taken_) return true;
        taken_ = true;
        return add(text, index_);
    }
    bool binary(binary_t&) override { return true; }
    bool start_object(std::size_t) override { return open(false); }
    bool start_array(std::size_t) override { return open(true); }
    bool key(string_t& text) override {
        if (depth_ == 1) on_path_ = text == "model";
        if (depth_ == 2) named_ = text == "vocab";
        if (depth_ == depth_of_vocabulary_) key_ = std::move(text);
        return true;
    }
    bool end_object() override { return close(); }
    bool end_array() override { return close(); }
    bool parse_error(std::size_t position, const std::string&, const nlohmann::json::exception&) override {
        return fail("no JSON document at byte " + std::to_string(position) + "; is it cut off?");
    }

private:
    bool fail(std::string what) {
        error_ = std::move(what);
        return false;
    }
    // Whatever stands where a token's number or entry should.
    bool other() {
        if (is_number_here()) return fail("token " + in_quotes(key_) + " has no number");
        if (is_entry_here()) return fail("entry " + std::to_string(index_) + " of the vocabulary is no list");
        return true;
    }
    bool is_number_here() const { return inside_ && !listed_ && depth_ == depth_of_vocabulary_; }
    bool is_entry_here() const { return inside_ && listed_ && depth_ == depth_of_vocabulary_; }
    bool open(bool list) {
        if (!(list && is_entry_here()) && !other()) return false;
        if (is_entry_here()) taken_ = false;
        ++depth_;
        const bool here = depth_ == depth_of_vocabulary_ && (depth_of_vocabulary_ == 1 ? !list : on_path_ && named_);
        if (here) {
            if (found_) return fail("the key 'vocab' stands twice in an object; expected each once");
            inside_ = found_ = true;
            listed_ = list;
        }
        return true;
    }
    bool close() {
        if (inside_ && listed_ && depth_ == depth_of_vocabulary_ + 1) {
            if (!taken_) return fail("entry " + std::to_string(index_) + " of the vocabulary has no token");
            ++index_;
        }
        if (depth_ == depth_of_vocabulary_) inside_ = false;
        --depth_;
        return true;
    }
    bool add(const std::string& token, std::uint64_t number) {
        if (std::string wrong = add_token(to_, wanted_, token, number); !wrong.empty()) return fail(std::move(wrong));
        return true;
    }

    vocabulary& to_;
    const std::set<std::string>& wanted_;
    const int depth_of_vocabulary_;
    int depth_ = 0;
    bool on_path_ = false, named_ = false, inside_ = false, listed_ = false, found_ = false, taken_ = false;
    std::size_t index_ = 0;
    std::string key_, error_;
};

}  // namespace detail

/// The vocabulary of the weights in `folder`: tokenizer.json, else vocab.json, vocab.txt, spiece.model or
/// tokenizer.model beside them, in a folder `tokenizer` there or, as diffusers keeps them, for `text_encoder_2` in
/// `tokenizer_2` beside it. Empty if there is none.
inline std::optional<std::filesystem::path> find_vocabulary(const std::filesystem::path& folder) {
    std::error_code failure;
    const std::filesystem::path whole = std::filesystem::absolute(folder / ".", failure).lexically_normal();
    std::vector<std::filesystem::path> places{folder, folder / "tokenizer"};
    const std::string name = whole.parent_path().filename().string();
    constexpr std::string_view encoder = "text_encoder";
    if (name.starts_with(encoder)) places.push_back(folder / ".." / ("tokenizer" + name.substr(encoder.size())));
    for (const std::filesystem::path& place : places)
        for (const char* file : vocabulary_files)
            if (const std::filesystem::path path = place / file; std::filesystem::is_regular_file(path, failure))
                return path;
    return std::nullopt;
}

/// Reads the numbers of the `wanted` tokens from a file as these libraries write them: tokenizer.json (Hugging Face's
/// tokenizers: `model.vocab` as an object of numbers or, of a unigram model, a list of [token, score]), a `.txt` file
/// with a token a line, a `.model` file of SentencePiece, or else a JSON object of numbers. Added tokens are passed
/// over.
/// A JSON document without such a thing gives a vocabulary of size 0.
/// \throws file_error for what is missing, too large, damaged, or contradicts itself
inline vocabulary read_vocabulary(const std::filesystem::path& path, const std::set<std::string>& wanted) {
    const input_file file(path);
    if (file.size() > detail::most_vocabulary_bytes)
        detail::refuse_file(path, std::to_string(file.size()) + " bytes; expected at most " +
                                      std::to_string(detail::most_vocabulary_bytes));
    vocabulary v;
    v.path = path;
    const std::span<const std::byte> bytes = file.mapped();
    const std::string_view text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
    if (path.extension() == ".txt") {
        std::size_t line = 0;
        for (std::size_t begin = 0; begin < text.size(); ++line) {
            const std::size_t end = (std::min)(text.find('\n', begin), text.size());
            std::string token(text.substr(begin, end - begin));
            if (token.ends_with('\r')) token.pop_back();
            if (wanted.contains(token)) v.numbers.emplace(std::move(token), line);
            begin = end + 1;
        }
        v.size = line;
        return v;
    }
    if (path.extension() == ".model") {
        std::string wrong;
        const std::string damage = detail::read_pieces(text, [&](std::string_view piece, std::size_t number) {
            wrong = detail::add_token(v, wanted, std::string(piece), number);
            return wrong.empty();
        });
        if (!wrong.empty() || !damage.empty())
            detail::refuse_file(path, (wrong.empty() ? damage : wrong) + "; expected a SentencePiece model");
        return v;
    }
    // The parser takes a NUL for the end.
    if (text.find('\0') != std::string_view::npos) detail::refuse_file(path, "a NUL byte; expected a JSON document");
    const bool flat = path.filename() != "tokenizer.json";
    detail::vocabulary_reader reader(v, wanted, flat);
    const bool whole = nlohmann::json::sax_parse(text.begin(), text.end(), &reader);
    if (!reader.error().empty())
        detail::refuse_file(path, reader.error() + "; expected tokens, each with its own number");
    if (!whole) detail::refuse_file(path, "no JSON document; is it cut off?");
    return v;
}

}  // namespace geolip::checkpoint
