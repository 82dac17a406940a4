// Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT
#pragma once

/// \file
/// Training checkpoints: everything from which a run goes on to the same bits, in one safetensors file. Component
/// `json`.
///
/// Tensors: every parameter under its name in `nn::parameters_of`; every part of the optimiser's state as
/// "optimiser.STATE", or, where it has one value for each parameter, as "optimiser.STATE.PARAMETER" tensor by tensor.
/// `__metadata__` has one entry, "geolip.training", a JSON document with the rest. As there is one file, one renaming
/// replaces all of it.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>

#include "geolip/checkpoint/dtype.hpp"
#include "geolip/checkpoint/safetensors_file.hpp"
#include "geolip/checkpoint/safetensors_writer.hpp"
#include "geolip/core/error.hpp"
#include "geolip/core/fnv1a.hpp"
#include "geolip/core/input_file.hpp"
#include "geolip/core/text.hpp"
#include "geolip/core/version.hpp"
#include "geolip/nn/module.hpp"
#include "geolip/nn/optimiser.hpp"
#include "geolip/nn/parameters.hpp"
#include "geolip/random/philox.hpp"

namespace geolip::checkpoint {

/// The next draw of a random stream.
struct random_position {
    random_stream stream = {};
    std::uint64_t index = 0;

    friend constexpr bool operator==(const random_position&, const random_position&) = default;
};

/// Where a run stands, besides its parameters and its optimiser.
struct training_position {
    std::uint64_t step = 0;  ///< steps taken
    random_position random = {};
    nlohmann::json program = nullptr;  ///< whatever else the program wants back
};

/// The document of a checkpoint.
struct training_document {
    std::string model;  ///< what the program called it
    training_position position;
};

namespace detail {

inline constexpr std::string_view training_key = "geolip.training";
inline constexpr std::uint64_t training_version = 1;
inline constexpr std::string_view optimiser_prefix = "optimiser.";

/// A tensor of a checkpoint and the memory it is saved from (const std::byte) or loaded to (std::byte).
template <class Byte>
struct slot {
    std::string name;
    checkpoint::dtype dtype;
    std::vector<std::size_t> shape;
    std::span<Byte> bytes;
};

inline auto bytes_of(auto values) {
    if constexpr (std::is_const_v<typename decltype(values)::element_type>)
        return std::as_bytes(values);
    else
        return std::as_writable_bytes(values);
}

/// Appends `values`, one for each parameter of `table`, tensor by tensor.
template <class Byte, class T>
void add_parameters(std::vector<slot<Byte>>& to, const std::string& prefix, const std::vector<nn::parameter>& table,
                    std::span<T> values) {
    for (const nn::parameter& p : table) {
        std::vector<std::size_t> shape;
        for (std::size_t i = 0; i < p.extents.rank(); ++i) shape.push_back(p.extents[i]);
        to.push_back({prefix + p.name, dtype_of<std::remove_const_t<T>>(), std::move(shape),
                      bytes_of(values.subspan(p.offset, p.size()))});
    }
}

/// Everything that is saved of `model`, `w` and `optimiser`. T and Optimiser are const where it is saved.
/// \throws shape_error if `w` is not the model's
template <nn::module M, class T, class Optimiser>
auto slots_of(const M& model, std::span<T> w, Optimiser& optimiser) {
    using Byte = std::conditional_t<std::is_const_v<T>, const std::byte, std::byte>;
    const std::vector<nn::parameter> table = nn::parameters_of(model);
    const std::size_t count = nn::parameter_count(model);
    if (w.size() != count)
        geolip::detail::raise(shape_error("a checkpoint of " + std::to_string(w.size()) +
                                          " parameters; expected the model's " + std::to_string(count)));
    std::vector<slot<Byte>> places;
    add_parameters(places, "", table, w);
    optimiser.visit_state([&](std::string_view state, auto values) {
        using Value = typename decltype(values)::value_type;
        std::string name(optimiser_prefix);
        name += state;
        if (values.size() == count && std::is_floating_point_v<Value>)
            add_parameters(places, name + ".", table, values);
        else
            places.push_back({std::move(name), dtype_of<Value>(), {values.size()}, bytes_of(values)});
    });
    return places;
}

[[noreturn]] inline void refuse_checkpoint(const std::filesystem::path& path, std::string_view found,
                                           std::string_view expected) {
    std::string text = in_quotes(path.string());
    text += ": ";
    text += found;
    text += "; expected ";
    text += expected;
    text += "; nothing was loaded. Name the checkpoint of this run, or begin anew";
    geolip::detail::raise(file_error(text));
}

inline std::string describe(std::string_view name, dtype type, std::span<const std::size_t> shape) {
    std::string text = "tensor ";
    text += in_quotes(name);
    text += " (";
    text += name_of(type);
    text += ", ";
    text += to_string(shape);
    text += ')';
    return text;
}

/// Refuses a file without a tensor of `places`, or with one of another shape or of elements that `fits(slot, type)`
/// denies, and one with tensors besides (but for those of an optimiser, if they are `ignored`). Names the first
/// difference.
template <class Byte, class Fits>
void require_tensors(const safetensors_file& file, const std::vector<slot<Byte>>& places, bool optimiser_ignored,
                     Fits fits) {
    const std::string other = "it is of something else, ";
    std::vector<std::string_view> names;
    for (const slot<Byte>& s : places) {
        names.push_back(s.name);
        const tensor_info* t = file.find(s.name);
        if (t == nullptr)
            refuse_checkpoint(file.path(), other + "without tensor " + in_quotes(s.name),
                              describe(s.name, s.dtype, s.shape));
        if (!fits(s, t->dtype) || !std::ranges::equal(t->shape, s.shape))
            refuse_checkpoint(file.path(), other + "with " + describe(t->name, t->dtype, t->shape),
                              describe(s.name, s.dtype, s.shape));
    }
    std::ranges::sort(names);
    for (const tensor_info& t : file.tensors()) {
        if (std::ranges::binary_search(names, std::string_view(t.name))) continue;
        if (optimiser_ignored && t.name.starts_with(optimiser_prefix)) continue;
        refuse_checkpoint(file.path(), other + "with " + describe(t.name, t.dtype, t.shape), "no such tensor");
    }
}

/// The JSON document; its checksum is of the document with an empty "checksum", continued by the data of the file.
inline nlohmann::json document_of(std::string_view model, const training_position& at) {
    return {{"format", "geolip training checkpoint"},
            {"version", training_version},
            {"written_by", std::string("geolip ") + version_string},
            {"model", model},
            {"step", at.step},
            {"random",
             {{"version", random_version},
              {"seed", at.random.stream.seed},
              {"stream", at.random.stream.stream},
              {"index", at.random.index}}},
            {"program", at.program},
            {"checksum", ""}};
}

/// The document of `file`, every field that is read later being there.
inline nlohmann::json read_document(const safetensors_file& file) {
    const auto text = file.metadata().find(training_key);
    if (text == file.metadata().end())
        refuse_checkpoint(file.path(), "it is no training checkpoint", "a file that save_training wrote");
    auto json = nlohmann::json::parse(text->second, nullptr, false);
    const auto require = [&](bool holds, const std::string& what) {
        if (!holds) refuse_checkpoint(file.path(), "the checkpoint's document has no " + what, "it");
    };
    const auto require_version = [&](const nlohmann::json& in, const char* of, std::uint64_t expected) {
        require(in.is_object() && in.contains("version") && in["version"].is_number_unsigned(),
                std::string("version of ") + of);
        const auto found = in["version"].get<std::uint64_t>();
        if (found != expected)
            refuse_checkpoint(file.path(), "version " + std::to_string(found) + " of " + of,
                              "version " + std::to_string(expected) + ", which this geolip reads");
    };
    require_version(json, "the checkpoint format", training_version);
    for (const char* key : {"model", "checksum"})
        require(json.contains(key) && json[key].is_string(), std::string("text \"") + key + '"');
    require(json.contains("step") && json["step"].is_number_unsigned(), "number \"step\"");
    require(json.contains("random") && json.contains("program"), "part \"random\" or \"program\"");
    require_version(json["random"], "the random streams", std::uint64_t{random_version});
    for (const char* key : {"seed", "stream", "index"})
        require(json["random"].contains(key) && json["random"][key].is_number_unsigned(),
                std::string("random number \"") + key + '"');
    return json;
}

/// What `read_document` gave, as the caller sees it.
inline training_document document_from(const nlohmann::json& json) {
    const auto& random = json["random"];
    return {json["model"], {json["step"], {{random["seed"], random["stream"]}, random["index"]}, json["program"]}};
}

struct no_state {
    template <class Visit>
    void visit_state(Visit&&) const {}
};

}  // namespace detail

/// Saves a run. The file appears under its name when it is whole: a process that is killed while it saves leaves the
/// checkpoint before it (and perhaps a FILE.new, which the next save overwrites). With `durable` this holds for a power
/// cut too, as far as the disk keeps its word; without, the system may have written the name before the content, and a
/// file that a power cut left damaged is refused when it is loaded.
///
/// `model` is text that tells this model from others, above all what the shapes of its parameters do not show, such as
/// the number of heads: "mha 256 x 8". `optimiser` is anything `nn::stateful`.
/// \throws shape_error if `w` is not `m`'s; usage_error for names twice or unprintable; file_error if it cannot be
///         written, and then the file is as before
template <nn::module M, nn::stateful Optimiser>
void save_training(const std::filesystem::path& path, std::string_view model, const M& m,
                   std::span<const typename M::scalar_type> w, const Optimiser& optimiser, const training_position& at,
                   bool durable = true) {
    std::vector<tensor> tensors;
    for (auto& s : detail::slots_of(m, w, optimiser))
        tensors.push_back({std::move(s.name), s.dtype, std::move(s.shape), s.bytes});
    std::ranges::sort(tensors, detail::comes_before<tensor>);
    std::string document;
    try {
        auto json = detail::document_of(model, at);
        std::uint64_t checksum = geolip::detail::fnv1a(json.dump());
        for (const tensor& t : tensors) checksum = geolip::detail::fnv1a(t.bytes, checksum);
        json["checksum"] = geolip::detail::hexadecimal(checksum);
        document = json.dump();
    } catch (const nlohmann::json::exception&) {
        geolip::detail::raise(usage_error("saving " + in_quotes(path.string()) +
                                          ": the model's name or the program's part has text that is not UTF-8"));
    }
    write_safetensors(path, tensors, {{std::string(detail::training_key), std::move(document)}}, durable);
}

/// The document of the checkpoint that `file` is; tensors are not touched.
/// \throws file_error if it is none, or one of another version of the format
inline training_document read_training_document(const safetensors_file& file) {
    return detail::document_from(detail::read_document(file));
}

/// Loads what `save_training` saved into objects made alike: `w` and the state of `optimiser` become the saved bits.
/// Nothing is written to them before the whole file has been read and checked. The optimiser's options (rates, …) are
/// not saved: they are the program's.
/// \throws file_error if the file is truncated or damaged, of another version, another model (naming both, or the first
///         tensor that differs in name, shape or scalar, and both forms) or another kind of optimiser; shape_error if
///         `w` is not `m`'s
template <nn::module M, nn::stateful Optimiser>
training_position load_training(const std::filesystem::path& path, std::string_view model, const M& m,
                                std::span<typename M::scalar_type> w, Optimiser& optimiser) {
    const auto places = detail::slots_of(m, w, optimiser);
    const safetensors_file file(path, file_access::read);
    nlohmann::json json = detail::read_document(file);
    training_document document = detail::document_from(json);
    if (document.model != model)
        detail::refuse_checkpoint(path, "it is of the model " + in_quotes(document.model), in_quotes(model));
    detail::require_tensors(file, places, false, [](const auto& s, dtype type) { return type == s.dtype; });

    std::vector<std::byte> data;
    data.resize(file.tensors().empty() ? 0 : static_cast<std::size_t>(file.tensors().back().end));
    for (const tensor_info& t : file.tensors())
        file.read_bytes(
            t, 0,
            std::span(data).subspan(static_cast<std::size_t>(t.begin), static_cast<std::size_t>(t.end - t.begin)));
    const nlohmann::json checksum = std::exchange(json["checksum"], "");
    if (checksum != geolip::detail::hexadecimal(geolip::detail::fnv1a(data, geolip::detail::fnv1a(json.dump()))))
        detail::refuse_checkpoint(path, "the checksum does not fit: the checkpoint is damaged", "an intact one");
    for (const auto& s : places) {
        const tensor_info& t = *file.find(s.name);
        if (!s.bytes.empty()) std::memcpy(s.bytes.data(), data.data() + t.begin, s.bytes.size());
    }
    return std::move(document.position);
}

/// Loads parameters alone, from a checkpoint or from any safetensors file with tensors of the model's names and shapes
/// (such as the saved state of a PyTorch module), converting their elements. The optimiser's tensors are left aside.
/// Nothing is written to `w` before all have been read.
/// \throws file_error if the file cannot be read, lacks a tensor, has one of another shape or kind, or one that the
///         model has not; shape_error if `w` is not `m`'s
template <nn::module M>
void load_parameters(const std::filesystem::path& path, const M& m, std::span<typename M::scalar_type> w) {
    using T = typename M::scalar_type;
    detail::no_state none;
    const auto places = detail::slots_of(m, w, none);
    const safetensors_file file(path, file_access::read);
    detail::require_tensors(file, places, true, [](const auto&, dtype type) { return is_readable_as<T>(type); });
    std::vector<T> values;
    values.reserve(w.size());
    for (const auto& s : places) {
        const std::vector<T> part = file.read<T>(*file.find(s.name));
        values.insert(values.end(), part.begin(), part.end());
    }
    std::ranges::copy(values, w.begin());
}

}  // namespace geolip::checkpoint
