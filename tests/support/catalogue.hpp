// Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT
#pragma once

/// \file
/// Catalogues of tables made up or known, and what they must be whatever the table.

#include <doctest/doctest.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <numeric>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "geolip/checkpoint/catalogue.hpp"
#include "geolip/checkpoint/known_models.hpp"

namespace geolip_test {

namespace gc = geolip::checkpoint;

inline gc::tensor_info info(std::string name, std::vector<std::size_t> shape, gc::dtype type = gc::dtype::f32) {
    return {std::move(name), type, std::move(shape)};
}

/// NAME.weight of that shape, and NAME.bias.
inline void add_layer(std::vector<gc::tensor_info>& to, const std::string& name, std::vector<std::size_t> shape) {
    const std::size_t out = shape[0];
    to.push_back(info(name + ".weight", std::move(shape)));
    to.push_back(info(name + ".bias", {out}));
}

inline nlohmann::json config_of(const gc::known_model& m) { return nlohmann::json(m.documents.front().second); }

/// The entries of that role, attention and side.
inline std::vector<const gc::catalogue_entry*> entries_of(const gc::catalogue& c, gc::tensor_role role,
                                                          gc::attention_kind attention, gc::tensor_side side) {
    std::vector<const gc::catalogue_entry*> found;
    for (const gc::catalogue_entry& e : c.entries)
        if (e.role == role && e.attention == attention && e.side == side) found.push_back(&e);
    return found;
}
inline std::size_t count(const gc::catalogue& c, gc::tensor_role role) {
    return static_cast<std::size_t>(std::ranges::count(c.entries, role, &gc::catalogue_entry::role));
}

/// Their layers, ascending; an entry without one is 999.
inline std::vector<std::size_t> layers_of(const gc::catalogue& c, gc::tensor_role role, gc::attention_kind attention,
                                          gc::tensor_side side) {
    std::vector<std::size_t> layers;
    for (const gc::catalogue_entry* e : entries_of(c, role, attention, side)) layers.push_back(e->layer.value_or(999));
    std::ranges::sort(layers);
    return layers;
}
inline std::vector<std::size_t> up_to(std::size_t n) {
    std::vector<std::size_t> numbers(n);
    std::iota(numbers.begin(), numbers.end(), std::size_t{0});
    return numbers;
}

/// The one entry of tensor `name` with that role.
inline const gc::catalogue_entry& entry_of(const gc::catalogue& c, std::string_view name, gc::tensor_role role) {
    const gc::catalogue_entry* found = nullptr;
    for (const gc::catalogue_entry& e : c.entries)
        if (e.name == name && e.role == role) found = &e;
    CAPTURE(name);
    CAPTURE(gc::name_of(role));
    REQUIRE(found != nullptr);
    return *found;
}
/// The entries of tensor `name`.
inline std::vector<gc::catalogue_entry> entries_of(const gc::catalogue& c, std::string_view name) {
    std::vector<gc::catalogue_entry> found;
    for (const gc::catalogue_entry& e : c.entries)
        if (e.name == name) found.push_back(e);
    return found;
}

/// Is every output of every tensor in one entry, everything else in one with a reason, and nothing counted twice?
inline bool is_sound(const gc::catalogue& c, const std::vector<gc::tensor_info>& tensors) {
    bool sound = c.tensors == tensors.size();
    std::size_t at = 0;
    for (std::size_t i = 0; i < tensors.size(); ++i) {
        std::vector<bool> covered;
        const std::size_t first = at;
        for (; at < c.entries.size() && c.entries[at].tensor == i; ++at) {
            const gc::catalogue_entry& e = c.entries[at];
            sound = sound && e.name == tensors[i].name && e.shape == tensors[i].shape && e.dtype == tensors[i].dtype;
            if (!e.measured()) continue;
            sound = sound && e.elements > 0 && std::uint64_t{e.rows()} * e.cols() == e.elements;
            const bool out_in = e.orientation == gc::tensor_orientation::out_in;
            const std::size_t outputs = out_in ? e.stored_rows : e.stored_cols;
            if (e.outputs == gc::strided_range{0, outputs, outputs, 1}) {
                sound = sound && covered.empty() && e.elements == tensors[i].size();
                continue;
            }
            covered.resize(outputs);
            for (std::size_t k = 0; sound && k < e.outputs.count(); ++k) {
                sound = e.outputs[k] < outputs && !covered[e.outputs[k]];
                if (sound) covered[e.outputs[k]] = true;
            }
        }
        sound = sound && at > first && (at == first + 1 || !covered.empty());
        sound = sound && std::ranges::all_of(covered, [](bool is) { return is; });
    }
    return sound && at == c.entries.size() && c.measured + c.unmeasured == c.parameters;
}

}  // namespace geolip_test
