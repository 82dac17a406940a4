// Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT
#pragma once

/// \file
/// What a checkpoint of a known architecture holds: the name, shape and first law of every tensor, and the documents
/// that lie beside it. Component `json`.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>

#include "geolip/nn/initialiser.hpp"
#include "geolip/nn/shape.hpp"

namespace geolip::checkpoint {

/// The sizes of the published model, or the same structure with small ones: few layers, narrow, a short vocabulary.
enum class model_scale { full, tiny };

/// What a tensor is. Buffers are saved with the parameters and not counted among them; a counter is an I64.
enum class tensor_kind { parameter, buffer, counter };

/// One tensor of a checkpoint.
struct known_tensor {
    std::string name;
    nn::shape extents;
    nn::initialiser law;
    bool logarithm = false;  ///< the elements are the natural logarithms of what the law draws
    tensor_kind kind = tensor_kind::parameter;
};

/// A model whose checkpoint can be made.
struct known_model {
    std::string name;
    model_scale scale = model_scale::full;
    std::vector<known_tensor> tensors;
    std::string file = "model.safetensors";  ///< what the family calls its file of weights
    /// The JSON files beside it, "config.json" first.
    std::vector<std::pair<std::string, nlohmann::ordered_json>> documents;
    std::optional<std::uint64_t> published;  ///< parameters of the published model; empty without a figure
    std::string provisional;                 ///< empty, or why the shapes may be others

    /// Elements of all parameters.
    std::uint64_t parameters() const {
        std::uint64_t count = 0;
        for (const known_tensor& t : tensors)
            if (t.kind == tensor_kind::parameter) count += t.extents.size();
        return count;
    }
};

namespace detail {

using json_object = nlohmann::ordered_json;

/// Collects tensors under PyTorch's names of parameters: a weight of shape (out, in, …) and its bias (out).
class tensor_list {
public:
    /// Weights are normal with this sd and biases 0.
    explicit tensor_list(double sd) : sd_(sd) {}
    /// Weights and biases as torch.nn.Linear and Conv2d draw them: uniform on ±1/sqrt(fan_in).
    tensor_list() = default;

    void add(std::string name, const nn::shape& extents, const nn::initialiser& law) {
        tensors_.push_back({.name = std::move(name), .extents = extents, .law = law});
    }
    known_tensor& last() { return tensors_.back(); }

    void weight(std::string name, const nn::shape& extents, const nn::initialiser& law) {
        add(std::move(name += ".weight"), extents, law);
    }
    void weight(std::string name, const nn::shape& extents) { weight(std::move(name), extents, law_for(extents)); }
    void layer(const std::string& name, const nn::shape& extents) {
        weight(name, extents);
        add(name + ".bias", {extents[0]}, sd_ ? nn::initialiser::zeros() : law_for(extents));
    }
    /// Weight 1 and bias 0: LayerNorm, GroupNorm.
    void norm(const std::string& name, std::size_t channels) {
        weight(name, {channels}, nn::initialiser::ones());
        add(name + ".bias", {channels}, nn::initialiser::zeros());
    }
    std::vector<known_tensor> take() { return std::move(tensors_); }

private:
    nn::initialiser law_for(const nn::shape& extents) const {
        if (sd_) return nn::initialiser::normal(*sd_);
        return nn::initialiser::uniform_of_fan(extents.size() / extents[0]);
    }

    std::optional<double> sd_;
    std::vector<known_tensor> tensors_;
};

/// "prefix3." for numbered parts.
inline std::string numbered(std::string_view prefix, std::size_t number) {
    std::string text(prefix);
    text += std::to_string(number);
    text += '.';
    return text;
}

}  // namespace detail
}  // namespace geolip::checkpoint
