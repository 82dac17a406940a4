// Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT
#pragma once

/// \file
/// Queries, keys and values of attention layers in npy and safetensors files: found by name, and read as matrices whose
/// rows are tokens.

#include <algorithm>
#include <array>
#include <cstddef>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "geolip/checkpoint/npy.hpp"
#include "geolip/checkpoint/safetensors.hpp"
#include "geolip/core/error.hpp"
#include "geolip/core/matrix_view.hpp"
#include "geolip/core/text.hpp"
#include "geolip/sweep/plan.hpp"

namespace examples {

/// What the last axes of a tensor are; the axes before them count tokens too.
enum class layout { tokens_features, tokens_heads_dim, heads_tokens_dim };

}  // namespace examples

template <>
inline constexpr std::array<std::string_view, 3> geolip::sweep::choices<examples::layout>{
    "tokens,features", "tokens,heads,dim", "heads,tokens,dim"};

namespace examples {

namespace detail {

/// Numbers inside names count as numbers: "layer2" before "layer10".
inline bool natural_less(std::string_view a, std::string_view b) {
    const auto digit = [](std::string_view text) { return !text.empty() && text[0] >= '0' && text[0] <= '9'; };
    const auto number = [&](std::string_view& text) {
        std::size_t length = 0;
        while (digit(text.substr(length))) ++length;
        std::string_view digits = text.substr(0, length);
        text.remove_prefix(length);
        while (digits.size() > 1 && digits[0] == '0') digits.remove_prefix(1);
        return std::pair(digits.size(), digits);
    };
    std::string_view x = a, y = b;
    while (!x.empty() && !y.empty()) {
        if (digit(x) && digit(y)) {
            const auto m = number(x), n = number(y);
            if (m != n) return m < n;
        } else {
            if (x[0] != y[0]) return x[0] < y[0];
            x.remove_prefix(1);
            y.remove_prefix(1);
        }
    }
    return std::pair(x.size(), a) < std::pair(y.size(), b);
}

}  // namespace detail

/// The tensors of several files. An npy file is one tensor, called by its path without ".npy".
class activation_files {
public:
    struct tensor {
        std::string name;
        std::vector<std::size_t> shape;
        geolip::checkpoint::dtype dtype;
        std::size_t file = 0;
    };

    /// \throws usage_error for a file of another kind, a tensor that is in two files; file_error for what is in them
    explicit activation_files(const std::vector<std::filesystem::path>& paths) {
        for (const std::filesystem::path& path : paths) {
            const std::size_t file = files_.size();
            if (path.extension() == ".npy") {
                const auto& array = std::get<npy>(files_.emplace_back(std::in_place_type<npy>, path));
                std::filesystem::path name = path;
                add({name.replace_extension().generic_string(), array.shape(), array.dtype(), file});
            } else if (path.extension() == ".safetensors") {
                const auto& table = std::get<safetensors>(files_.emplace_back(std::in_place_type<safetensors>, path));
                for (const auto& t : table.tensors()) add({t.name, t.shape, t.dtype, file});
                for (const auto& [key, text] : table.metadata()) metadata_.try_emplace(key, text);
            } else {
                throw geolip::usage_error("FILE " + geolip::in_quotes(path.string()) +
                                          ": expected the name of a .safetensors or .npy file");
            }
        }
    }

    /// In natural order of their names.
    const std::map<std::string, tensor, decltype(&detail::natural_less)>& tensors() const { return tensors_; }

    const tensor* find(const std::string& name) const {
        const auto place = tensors_.find(name);
        return place == tensors_.end() ? nullptr : &place->second;
    }

    /// What the safetensors files say about themselves.
    std::optional<std::string> metadata(const std::string& key) const {
        const auto place = metadata_.find(key);
        return place == metadata_.end() ? std::nullopt : std::optional(place->second);
    }

    template <class T>
    std::vector<T> read(const tensor& t) const {
        if (const npy* array = std::get_if<npy>(&files_[t.file])) return array->template read<T>();
        const auto& table = std::get<safetensors>(files_[t.file]);
        return table.template read<T>(table.at(t.name));
    }

private:
    using npy = geolip::checkpoint::npy_file;
    using safetensors = geolip::checkpoint::safetensors_file;

    void add(tensor t) {
        const std::string name = t.name;
        if (!tensors_.emplace(name, std::move(t)).second)
            throw geolip::usage_error("tensor " + geolip::in_quotes(name) +
                                      " is in two of the files; expected each once: measure them one by one");
    }

    std::vector<std::variant<npy, safetensors>> files_;
    std::map<std::string, tensor, decltype(&detail::natural_less)> tensors_{&detail::natural_less};
    geolip::checkpoint::text_map metadata_;
};

/// The tensors of one layer, which is called what their names have in common.
struct attention_tensors {
    std::string layer;
    const activation_files::tensor *query, *key, *value;

    std::array<const activation_files::tensor*, 3> all() const { return {query, key, value}; }
};

/// How queries, keys and values are called. A name with an asterisk is a pattern, and the asterisk the layer; one
/// without is the last part of a tensor's name, or all of it: "q" finds "layer3.attention.q".
struct tensor_names {
    std::string query, key, value;
};

/// What is looked for, in this order, where no names are given.
inline const std::vector<tensor_names>& usual_names() {
    static const std::vector<tensor_names> names = {
        {"q", "k", "v"}, {"query", "key", "value"}, {"q_proj", "k_proj", "v_proj"}, {"queries", "keys", "values"},
        {"Q", "K", "V"}, {"to_q", "to_k", "to_v"}};
    return names;
}

inline constexpr std::string_view name_separators = "./_:-";

/// What is left of `name` if the pattern finds it: what the asterisk stands for, or all before the last part.
inline std::optional<std::string> layer_of(std::string_view name, std::string_view pattern) {
    const std::size_t star = pattern.find('*');
    if (star == pattern.npos) {
        if (name == pattern) return "";
        if (pattern.empty() || name.size() < pattern.size() + 2 || !name.ends_with(pattern)) return std::nullopt;
        name.remove_suffix(pattern.size());
        if (name_separators.find(name.back()) == name_separators.npos) return std::nullopt;
        return std::string(name);
    }
    const std::string_view before = pattern.substr(0, star), after = pattern.substr(star + 1);
    if (name.size() < before.size() + after.size() || !name.starts_with(before) || !name.ends_with(after))
        return std::nullopt;
    return std::string(name.substr(before.size(), name.size() - before.size() - after.size()));
}

/// Every layer that has queries of this name, in natural order.
/// \throws usage_error for a layer without keys or values
inline std::vector<attention_tensors> find_layers(const activation_files& files, const tensor_names& names) {
    using found = std::map<std::string, const activation_files::tensor*, decltype(&detail::natural_less)>;
    const auto all = [&](const std::string& pattern) {
        found by_layer(&detail::natural_less);
        for (const auto& [name, t] : files.tensors())
            if (const auto layer = layer_of(name, pattern)) by_layer.try_emplace(*layer, &t);
        return by_layer;
    };
    const found queries = all(names.query), keys = all(names.key), values = all(names.value);
    std::vector<attention_tensors> layers;
    for (const auto& [layer, query] : queries) {
        const auto partner = [&](const found& where, const char* what, const std::string& name) {
            const auto place = where.find(layer);
            if (place != where.end()) return place->second;
            throw geolip::usage_error("queries " + geolip::in_quotes(query->name) + " have no " + what +
                                      ": there is no tensor " + geolip::in_quotes(name) +
                                      " of that layer; expected one, or other names in --queries, --keys, --values");
        };
        layers.push_back({layer.substr(0, layer.find_last_not_of(name_separators) + 1), query,
                          partner(keys, "keys", names.key), partner(values, "values", names.value)});
    }
    return layers;
}

/// The layers of the files, by the names given or else by the usual ones.
/// \throws usage_error if there are none
inline std::vector<attention_tensors> find_layers(const activation_files& files,
                                                  const std::optional<tensor_names>& names) {
    std::string tried;
    for (const tensor_names& n : names ? std::vector{*names} : usual_names()) {
        auto layers = find_layers(files, n);
        if (!layers.empty()) return layers;
        tried += (tried.empty() ? "" : ", ") + geolip::in_quotes(n.query);
    }
    std::string there = files.tensors().empty() ? "there are no tensors" : "there are";
    for (std::size_t shown = 0; const auto& [name, t] : files.tensors()) {
        if (++shown > 4) break;
        there += (shown == 1 ? " " : ", ") + geolip::in_quotes(name);
    }
    if (files.tensors().size() > 4) there += " and " + std::to_string(files.tensors().size() - 4) + " more";
    throw geolip::usage_error("no tensor is called " + tried + "; " + there +
                              "; expected queries, keys and values: name them with --queries, --keys and --values");
}

/// A tensor as tokens x features, heads side by side.
template <class T>
struct activation_matrix {
    std::vector<T> values;
    std::size_t tokens = 0;
    std::size_t features = 0;
    std::size_t heads = 0;  ///< 0 where the layout does not say

    geolip::matrix_view<const T> view() const { return {values.data(), tokens, features}; }
};

/// \throws shape_error for a tensor of too few axes
template <class T>
activation_matrix<T> read_matrix(const activation_files& files, const activation_files::tensor& t, layout how) {
    const std::size_t named = how == layout::tokens_features ? 2 : 3;
    if (t.shape.size() < named)
        throw geolip::shape_error("tensor " + geolip::in_quotes(t.name) + " of shape " +
                                  geolip::checkpoint::to_string(t.shape) + " has too few axes for --layout " +
                                  std::string(geolip::sweep::to_string(how)) + "; expected at least " +
                                  std::to_string(named));
    activation_matrix<T> m{.values = files.read<T>(t)};
    const std::size_t last = t.shape.size() - 1, width = t.shape[last];
    if (how != layout::tokens_features) m.heads = t.shape[how == layout::tokens_heads_dim ? last - 1 : last - 2];
    m.features = how == layout::tokens_features ? width : m.heads * width;
    m.tokens = m.features == 0 ? 0 : m.values.size() / m.features;
    if (how != layout::heads_tokens_dim || m.values.empty()) return m;
    const std::size_t inner = t.shape[last - 1];  // tokens of one item of the axes before the heads
    std::vector<T> turned(m.values.size());
    for (std::size_t i = 0; i < m.tokens; ++i)
        for (std::size_t h = 0; h < m.heads; ++h)
            std::copy_n(m.values.data() + ((i / inner * m.heads + h) * inner + i % inner) * width, width,
                        turned.data() + i * m.features + h * width);
    m.values = std::move(turned);
    return m;
}

}  // namespace examples
