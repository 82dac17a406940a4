// Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT
#pragma once

/// \file
/// `model_files`: the tensors of a model as it lies on a disk: a folder, an index of shards, or one safetensors file.
/// Component `json`.

#include <algorithm>
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

#include "geolip/checkpoint/safetensors_file.hpp"
#include "geolip/core/error.hpp"
#include "geolip/core/input_file.hpp"
#include "geolip/core/text.hpp"

namespace geolip::checkpoint {
namespace detail {

[[noreturn]] inline void refuse_file(const std::filesystem::path& path, const std::string& what) {
    geolip::detail::raise(file_error(in_quotes(path.string()) + ": " + what));
}

/// A JSON document of at most `most` bytes, in which no object has a key twice.
inline nlohmann::json read_json_document(const std::filesystem::path& path, std::uint64_t most) {
    const input_file file(path, file_access::read);
    if (file.size() > most)
        refuse_file(path, std::to_string(file.size()) + " bytes; expected at most " + std::to_string(most));
    std::string text(static_cast<std::size_t>(file.size()), ' ');
    file.read_at(0, std::as_writable_bytes(std::span(text)));
    // The parser takes a NUL for the end.
    if (text.find('\0') != std::string::npos) refuse_file(path, "a NUL byte; expected a JSON document");
    std::vector<std::set<std::string>> keys;
    std::string twice;
    const auto see = [&](int, nlohmann::json::parse_event_t event, nlohmann::json& parsed) {
        using kind = nlohmann::json::parse_event_t;
        if (event == kind::object_start) keys.emplace_back();
        if (event == kind::object_end) keys.pop_back();
        if (event == kind::key && !keys.back().insert(parsed.get<std::string>()).second && twice.empty())
            twice = in_quotes(parsed.get<std::string>());
        return true;
    };
    nlohmann::json document = nlohmann::json::parse(text, see, false);
    if (document.is_discarded()) refuse_file(path, "no JSON document; is it cut off?");
    if (!twice.empty()) refuse_file(path, "the key " + twice + " stands twice in an object; expected each once");
    return document;
}

/// A name that leads to no other folder.
inline bool is_plain_name(std::string_view name) {
    return !name.empty() && name != "." && name != ".." && name.find('/') == std::string_view::npos &&
           name.find('\\') == std::string_view::npos && name.find('\0') == std::string_view::npos;
}

}  // namespace detail

/// An open model. Opening reads headers and documents only.
///
/// A folder is read as transformers, diffusers and open_clip write it: `model.safetensors`,
/// `diffusion_pytorch_model.safetensors` or `open_clip_model.safetensors`, else an index `*.safetensors.index.json`,
/// else its only file of weights; beside them `config.json` or `open_clip_config.json`. An index names shards beside it
/// (their names are plain: a path is refused; links are followed), which must have exactly the tensors that it says.
class model_files {
public:
    static constexpr std::uint64_t most_index_bytes = 100'000'000, most_config_bytes = 16'000'000;

    /// \throws file_error for what is missing, damaged or contradictory
    explicit model_files(const std::filesystem::path& path, file_access access = file_access::map) {
        std::error_code failure;
        const bool folder = std::filesystem::is_directory(path, failure);
        const std::filesystem::path weights = folder ? weights_of(path) : path;
        const std::string name = weights.filename().string();
        if (name.ends_with(".index.json"))
            open_shards(weights, access);
        else
            files_.emplace_back(weights, access);
        for (std::size_t f = 0; f < files_.size(); ++f)
            for (const tensor_info& t : files_[f].tensors()) {
                tensors_.push_back(t);
                file_of_.push_back(f);
            }
        const std::filesystem::path beside = weights.parent_path();
        for (const char* document : {"config.json", "open_clip_config.json"}) {
            if (config_ || !std::filesystem::exists(beside / document, failure)) continue;
            config_path_ = beside / document;
            config_ = detail::read_json_document(config_path_, most_config_bytes);
            if (!config_->is_object())
                detail::refuse_file(beside / document, "no JSON object; expected a configuration");
        }
    }

    /// All tensors, shard after shard by name, in each in the order of their bytes.
    std::span<const tensor_info> tensors() const { return tensors_; }
    std::span<const safetensors_file> files() const { return files_; }
    const safetensors_file& file_of(std::size_t tensor) const { return files_[file_of_[tensor]]; }
    /// The configuration beside the weights, or null.
    const nlohmann::json* config() const { return config_ ? &*config_ : nullptr; }
    /// Where it lies; empty if there is none.
    const std::filesystem::path& config_path() const { return config_path_; }

    /// Elements of tensor number `tensor` from `first` on. See safetensors_file::read.
    template <element T>
    void read(std::size_t tensor, std::size_t first, std::span<T> to) const {
        file_of(tensor).read<T>(tensors_[tensor], first, to);
    }

private:
    static std::filesystem::path weights_of(const std::filesystem::path& folder) {
        std::vector<std::filesystem::path> single, indices;
        std::error_code failure;
        for (std::filesystem::directory_iterator entry(folder, failure), end; !failure && entry != end;
             entry.increment(failure)) {
            const std::string name = entry->path().filename().string();
            if (name.ends_with(".safetensors")) single.push_back(entry->path());
            if (name.ends_with(".safetensors.index.json")) indices.push_back(entry->path());
        }
        if (failure) detail::refuse_file(folder, "cannot be listed: " + failure.message());
        for (const char* name : {"model", "diffusion_pytorch_model", "open_clip_model"})
            for (const std::filesystem::path& p : single)
                if (p.stem() == name) return p;
        const auto only = [&](std::vector<std::filesystem::path>& found, const char* what) {
            if (found.size() == 1) return found.front();
            std::ranges::sort(found);
            detail::refuse_file(folder, std::to_string(found.size()) + " " + what + ", such as " +
                                            in_quotes(found[0].filename().string()) + " and " +
                                            in_quotes(found[1].filename().string()) + "; name the one that is meant");
        };
        if (!indices.empty()) return only(indices, "indices of shards");
        if (!single.empty()) return only(single, "files of weights and no index");
        detail::refuse_file(folder,
                            "no weights; expected model.safetensors, an index of shards, or another "
                            ".safetensors file");
    }

    void open_shards(const std::filesystem::path& index, file_access access) {
        const nlohmann::json document = detail::read_json_document(index, most_index_bytes);
        const auto map = document.is_object() ? document.find("weight_map") : document.end();
        if (!document.is_object() || map == document.end() || !map->is_object())
            detail::refuse_file(index, "no object \"weight_map\"; expected an index of shards");
        std::map<std::string, std::size_t> wanted;  // shards, and how many tensors each should have
        for (const auto& [tensor, shard] : map->items()) {
            const std::string name = shard.is_string() ? shard.get<std::string>() : std::string();
            if (!detail::is_plain_name(name) || !name.ends_with(".safetensors"))
                detail::refuse_file(index, "tensor " + in_quotes(tensor) + " is said to be in " +
                                               (shard.is_string() ? in_quotes(name) : "no file") +
                                               "; expected the name of a .safetensors file beside the index");
            ++wanted[name];
        }
        std::error_code failure;
        for (const auto& [name, count] : wanted)
            if (!std::filesystem::exists(index.parent_path() / name, failure))
                detail::refuse_file(index, "shard " + in_quotes(name) + " is missing; expected it beside the index");
        for (const auto& [name, count] : wanted) {
            const std::filesystem::path path = index.parent_path() / name;
            files_.emplace_back(path, access);
            for (const tensor_info& t : files_.back().tensors()) {
                const auto entry = map->find(t.name);
                if (entry == map->end())
                    detail::refuse_file(path, "tensor " + in_quotes(t.name) + " is not in the index");
                if (*entry != name)
                    detail::refuse_file(path, "tensor " + in_quotes(t.name) +
                                                  " is in this shard; the index has it in " +
                                                  in_quotes(entry->get<std::string>()));
            }
            if (files_.back().tensors().size() != count)
                detail::refuse_file(path, std::to_string(files_.back().tensors().size()) + " tensors; the index has " +
                                              std::to_string(count) + " in this shard");
        }
    }

    std::vector<safetensors_file> files_;
    std::vector<tensor_info> tensors_;
    std::vector<std::size_t> file_of_;
    std::optional<nlohmann::json> config_;
    std::filesystem::path config_path_;
};

}  // namespace geolip::checkpoint
