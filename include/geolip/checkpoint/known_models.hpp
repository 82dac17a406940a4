// Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT
#pragma once

/// \file
/// The models whose checkpoints can be made with random weights, and the making. Component `json`.

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "geolip/checkpoint/architectures/bert.hpp"
#include "geolip/checkpoint/architectures/diffusion.hpp"
#include "geolip/checkpoint/architectures/qwen3_5.hpp"
#include "geolip/checkpoint/architectures/t5.hpp"
#include "geolip/checkpoint/architectures/t5gemma2.hpp"
#include "geolip/checkpoint/architectures/vision.hpp"
#include "geolip/checkpoint/detail/narrow.hpp"
#include "geolip/checkpoint/known_model.hpp"
#include "geolip/checkpoint/safetensors_writer.hpp"
#include "geolip/core/error.hpp"
#include "geolip/core/fnv1a.hpp"
#include "geolip/core/text.hpp"
#include "geolip/core/version.hpp"
#include "geolip/nn/initialiser.hpp"

namespace geolip::checkpoint {

namespace detail {

struct known_entry {
    std::string_view name;
    std::uint64_t published;  ///< 0: no figure
    std::string_view provisional;
    known_model (*make)(bool tiny);
};

/// `model` of `sizes`, or of the small ones that it has.
template <class Sizes, class Make>
known_model sized(Make make, const Sizes& sizes, bool tiny) {
    return make(tiny ? sizes.tiny() : sizes);
}

inline constexpr std::array<known_entry, 17> known_entries = {{
    {"t5-small", 60506624, "", [](bool tiny) { return sized(t5_model, t5_sizes{512, 2048, 64, 8, 6}, tiny); }},
    {"t5-base", 222903552, "", [](bool tiny) { return sized(t5_model, t5_sizes{768, 3072, 64, 12, 12}, tiny); }},
    {"t5-v1_1-xxl", 11135332352, "",
     [](bool tiny) { return sized(t5_model, t5_sizes{4096, 10240, 64, 64, 24, true}, tiny); }},
    {"bert-large", 335141888, "",
     [](bool tiny) { return sized(bert_model, bert_sizes{1024, 24, 16, 4096, 30522, 512}, tiny); }},
    {"clip-vit-b-16", 86192640, "",
     [](bool tiny) { return sized(clip_visual_model, vision_sizes{768, 12, 12, 16, 224, 4, 512}, tiny); }},
    {"dinov2-large", 304368640, "",
     [](bool tiny) { return sized(dinov2_model, vision_sizes{1024, 24, 16, 14, 518}, tiny); }},
    {"clip-vit-bigg-14", 1844907264, "",
     [](bool tiny) { return sized(clip_visual_model, vision_sizes{1664, 48, 16, 14, 224, 4.9231, 1280}, tiny); }},
    {"qwen3.5-0.8b", 0, "",
     [](bool tiny) { return sized(qwen3_5_model, qwen3_5_sizes{1024, 24, 3584, 8, 2, 16}, tiny); }},
    {"qwen3.5-4b", 0, "layers, heads and feed-forward width are not confirmed; the rest is the 9B model's default",
     [](bool tiny) { return sized(qwen3_5_model, qwen3_5_sizes{2560, 32, 9216, 16, 4, 32}, tiny); }},
    {"t5gemma2-1b", 0, "", [](bool tiny) { return sized(t5gemma2_model, t5gemma2_sizes{1152, 6912, 26, 4, 1}, tiny); }},
    {"t5gemma2-4b", 0, "",
     [](bool tiny) { return sized(t5gemma2_model, t5gemma2_sizes{2560, 10240, 34, 8, 4}, tiny); }},
    {"sd15-unet", 859520964, "",
     [](bool tiny) {
         return unet_model(tiny ? unet_sizes{{16, 32, 64, 64}, {1, 1, 1, 0}, 1, {8}, 24, 0, false, 4, 8}
                                : unet_sizes{{320, 640, 1280, 1280}, {1, 1, 1, 0}, 1, {8}, 768});
     }},
    {"sdxl-unet", 2567463684, "",
     [](bool tiny) {
         return unet_model(tiny ? unet_sizes{{10, 20, 40}, {0, 1, 2}, 2, {5, 10, 20}, 24, 28, true, 5, 8}
                                : unet_sizes{{320, 640, 1280}, {0, 2, 10}, 10, {5, 10, 20}, 2048, 2816, true, 32, 128});
     }},
    {"sd15-vae", 83653863, "",
     [](bool tiny) { return sized(autoencoder_model, autoencoder_sizes{.latent = 4, .scaling = 0.18215}, tiny); }},
    {"sdxl-vae", 83653863, "",
     [](bool tiny) {
         return sized(autoencoder_model, autoencoder_sizes{.latent = 4, .scaling = 0.13025, .sample = 1024}, tiny);
     }},
    {"flux1-vae", 83819683, "",
     [](bool tiny) {
         return sized(autoencoder_model,
                      autoencoder_sizes{.latent = 16, .scaling = 0.3611, .quantised = false, .sample = 1024}, tiny);
     }},
    {"flux2-vae", 0, "shapes are diffusers' defaults of AutoencoderKLFlux2, not confirmed by a published checkpoint",
     [](bool tiny) {
         return sized(autoencoder_model,
                      autoencoder_sizes{.latent = 32, .scaling = 1, .batch_norm = true, .sample = 1024}, tiny);
     }},
}};

}  // namespace detail

/// The names that `make_known_model` takes.
inline std::vector<std::string_view> known_model_names() {
    std::vector<std::string_view> names;
    for (const detail::known_entry& e : detail::known_entries) names.push_back(e.name);
    return names;
}

/// The tensors and documents of a known model.
/// \throws usage_error for a name that is not known
inline known_model make_known_model(std::string_view name, model_scale scale = model_scale::full) {
    std::string expected;
    for (const detail::known_entry& e : detail::known_entries) {
        if (!expected.empty()) expected += ", ";
        expected += e.name;
        if (e.name != name) continue;
        known_model m = e.make(scale == model_scale::tiny);
        m.name = name;
        m.scale = scale;
        m.provisional = e.provisional;
        if (e.published != 0 && scale == model_scale::full) m.published = e.published;
        return m;
    }
    geolip::detail::raise(usage_error("no known model " + in_quotes(name) + "; expected one of " + expected));
}

/// "full" or "tiny".
inline std::string_view name_of(model_scale scale) { return scale == model_scale::full ? "full" : "tiny"; }

/// How `write_known_model` writes.
struct known_model_options {
    std::uint64_t seed = 42;
    checkpoint::dtype dtype = checkpoint::dtype::f32;  ///< of every tensor but counters: F32, F16 or BF16
    /// Called now and then with the bytes written and all bytes.
    std::function<void(std::uint64_t done, std::uint64_t all)> progress = {};
    /// Asked now and then; true ends the writing, and no file appears.
    std::function<bool()> stop = {};
};

/// Elements `first`, `first + 1`, … of tensor `t` of model `m`. They depend on the seed, the names of model and tensor,
/// the scale and the index, and on nothing else: models and tensors are independent of one another.
inline void draw_known_tensor(const known_model& m, const known_tensor& t, std::uint64_t seed, std::size_t first,
                              std::span<float> out) {
    std::string key = m.name;
    key += '/';
    key += name_of(m.scale);
    key += '/';
    key += t.name;
    const std::uint64_t hash = geolip::detail::fnv1a(key);
    const random_stream stream{seed, (std::uint64_t{37} << 56) | (hash & 0xFFFFFFFFFFFFFFu)};
    if (!t.logarithm) return nn::initialise_part(t.law, t.extents, first, out, stream);
    std::vector<double> draws(out.size());
    nn::initialise_part<double>(t.law, t.extents, first, draws, stream);
    for (std::size_t i = 0; i < out.size(); ++i) out[i] = static_cast<float>(std::log(draws[i]));
}

/// The table of the file that `write_known_model` writes, without places.
inline std::vector<tensor_info> tensor_table(const known_model& m, dtype type) {
    std::vector<tensor_info> table;
    for (const known_tensor& t : m.tensors) {
        std::vector<std::size_t> extents;
        for (std::size_t i = 0; i < t.extents.rank(); ++i) extents.push_back(t.extents[i]);
        table.push_back({t.name, t.kind == tensor_kind::counter ? dtype::i64 : type, std::move(extents)});
    }
    return table;
}

/// What the file says about itself in its metadata.
inline text_map known_model_metadata(const known_model& m, std::uint64_t seed) {
    text_map text = {{"format", "pt"},
                     {"geolip.arch", m.name},
                     {"geolip.scale", std::string(name_of(m.scale))},
                     {"geolip.seed", std::to_string(seed)},
                     {"geolip.version", version_string},
                     {"geolip.random_version", std::to_string(random_version)},
                     {"geolip.weights", "random"}};
    if (!m.provisional.empty()) text["geolip.provisional"] = m.provisional;
    return text;
}

/// Writes the weights of `m`, drawn by their laws, to `path`, a safetensors file that appears when it is whole. A few
/// MiB of memory, whatever the model. Elements are drawn in double precision, rounded to F32 and then, to nearest, to
/// the dtype. False if `options.stop` ended it.
///
/// The bytes depend on the model, seed, dtype and the library's version alone where a law is constant or uniform.
/// Normal draws (and the one logarithm) come from the lowest instruction-set level, so one program gives the same bytes
/// on any processor; another compiler or mathematical library may change a draw by 1e-14, and so very rarely the last
/// bit of an element.
/// \throws usage_error for another dtype; file_error if the file cannot be written
inline bool write_known_model(const known_model& m, const std::filesystem::path& path,
                              const known_model_options& options) {
    if (options.dtype != dtype::f32 && options.dtype != dtype::f16 && options.dtype != dtype::bf16)
        geolip::detail::raise(
            usage_error("writing a model as " + std::string(name_of(options.dtype)) + "; expected F32, F16 or BF16"));
    std::map<std::string_view, const known_tensor*> by_name;
    for (const known_tensor& t : m.tensors) by_name.emplace(t.name, &t);
    safetensors_writer out(path, tensor_table(m, options.dtype), known_model_metadata(m, options.seed));
    constexpr std::size_t part = std::size_t{1} << 18;
    std::vector<float> values;
    std::vector<std::byte> bytes;
    const std::uint64_t all = out.tensors().empty() ? 0 : out.tensors().back().end;
    for (const tensor_info& info : out.tensors()) {
        const known_tensor& t = *by_name.at(info.name);
        for (std::size_t first = 0; first < t.extents.size(); first += part) {
            if (options.stop && options.stop()) return false;
            const std::size_t count = (std::min)(part, t.extents.size() - first);
            values.resize(count);
            bytes.resize(count * bits_of(info.dtype) / 8);
            if (t.kind == tensor_kind::counter) {
                std::ranges::fill(bytes, std::byte{0});
            } else {
                draw_known_tensor(m, t, options.seed, first, values);
                detail::narrow(values, info.dtype, bytes.data());
            }
            out.write(bytes);
            if (options.progress) options.progress(info.begin + first * bits_of(info.dtype) / 8, all);
        }
    }
    if (options.stop && options.stop()) return false;
    out.commit();
    return true;
}

}  // namespace geolip::checkpoint
