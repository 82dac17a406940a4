// Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT
#pragma once

/// \file
/// From a tensor and what it is to the catalogue's entries: its matrix, its parts, and why it is not measured.

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <utility>
#include <vector>

#include "geolip/checkpoint/catalogue_entry.hpp"
#include "geolip/checkpoint/detail/catalogue_families.hpp"
#include "geolip/checkpoint/detail/catalogue_heads.hpp"
#include "geolip/checkpoint/dtype.hpp"
#include "geolip/checkpoint/safetensors_header.hpp"

namespace geolip::checkpoint::detail {

inline constexpr std::uint64_t most_elements = ~std::uint64_t{0};

/// What exceeds 64 bits stays at their end: shapes may be anything.
constexpr std::uint64_t saturated_product(std::uint64_t a, std::uint64_t b) {
    return a != 0 && b > most_elements / a ? most_elements : a * b;
}
constexpr std::uint64_t saturated_sum(std::uint64_t a, std::uint64_t b) {
    return b > most_elements - a ? most_elements : a + b;
}

inline std::uint64_t count_elements(const std::vector<std::size_t>& shape) {
    std::uint64_t count = 1;
    for (const std::size_t extent : shape)
        if (extent == 0) return 0;
    for (const std::size_t extent : shape) count = saturated_product(count, extent);
    return count;
}

/// Weights as numbers: neither counts nor packed codes of quantised weights.
inline bool is_floating(dtype t) {
    return t == dtype::f64 || t == dtype::f32 || t == dtype::f16 || t == dtype::bf16 || t == dtype::f8_e4m3 ||
           t == dtype::f8_e5m2 || t == dtype::f8_e4m3fnuz || t == dtype::f8_e5m2fnuz;
}

/// The matrix of a tensor, in stored_rows and stored_cols, or in `reason` why there is none.
inline void find_matrix(catalogue_entry& e) {
    using enum tensor_role;
    const auto& s = e.shape;
    if (e.elements == 0) {
        e.reason = "it is empty";
        return;
    }
    if (e.elements > static_cast<std::size_t>(-1) / 64) {
        e.reason = "more elements than can be counted";
        return;
    }
    if (!is_floating(e.dtype)) {
        e.reason = "elements of type " + std::string(name_of(e.dtype)) + " are no weights as they stand";
        return;
    }
    if (s.empty()) {
        e.reason = "a single number";
        return;
    }
    const auto product = [&](std::size_t from, std::size_t to) {
        std::size_t n = 1;
        for (std::size_t i = from; i < to; ++i) n *= s[i];
        return n;
    };
    const bool table = e.role == embedding || e.role == position_embedding || e.role == token;
    const std::size_t rows = table ? product(0, s.size() - 1) : s[0];
    if ((s.size() == 1 || (table && rows == 1)) &&
        (table || e.role == norm || e.role == layer_scale || e.role == recurrence || e.role == other)) {
        e.reason = "a vector";
        return;
    }
    // 1 x 1 convolutions are matrices.
    const bool matrix = s.size() >= 2 && (table || e.role == convolution || product(2, s.size()) == 1);
    if (!matrix || e.role == norm || e.role == layer_scale) {
        e.reason = "a tensor of rank " + std::to_string(s.size()) + " where a " +
                   (e.role == norm || e.role == layer_scale ? "vector" : "matrix") + " is expected";
        return;
    }
    e.stored_rows = rows;
    e.stored_cols = static_cast<std::size_t>(e.elements) / rows;
    const std::size_t outputs = e.orientation == tensor_orientation::out_in ? e.stored_rows : e.stored_cols;
    e.outputs = {0, outputs, outputs, 1};
}

/// Makes the entries of one tensor.
class entry_splitter {
public:
    entry_splitter(std::vector<catalogue_entry>& to, const catalogue_entry& whole) : to_(to), whole_(whole) {}

    void keep() { to_.push_back(whole_); }
    void refuse(std::string reason) {
        to_.push_back(whole_);
        to_.back().reason = std::move(reason);
    }
    catalogue_entry& part(tensor_role role, const strided_range& outputs) {
        catalogue_entry& e = to_.emplace_back(whole_);
        e.role = role;
        e.outputs = outputs;
        e.elements = std::uint64_t{outputs.count()} * e.inputs();
        return e;
    }
    /// Parts one behind the other.
    struct named_part {
        tensor_role role;
        std::size_t count;
    };
    void parts(std::initializer_list<named_part> list) {
        std::size_t first = 0;
        for (const named_part& p : list) {
            part(p.role, {first, p.count, p.count, 1});
            first += p.count;
        }
    }

private:
    std::vector<catalogue_entry>& to_;
    const catalogue_entry& whole_;
};

/// A q_proj that may hold, for every head, its query and then its gate.
inline void split_gated_query(entry_splitter& to, std::size_t outputs, const head_numbers& n) {
    if (!n.head_dim)
        return to.refuse(
            "queries and gates alternate by head, and config.json, which says how wide a head is, was not "
            "given or does not say it");
    const std::size_t d = *n.head_dim;
    if (n.heads && outputs == *n.heads * d) return to.keep();  // no gates
    const std::size_t heads = n.heads.value_or(outputs / d / 2);
    if (heads == 0 || outputs != 2 * heads * d)
        return to.refuse(std::to_string(outputs) + " outputs are neither queries of heads of " + std::to_string(d) +
                         " nor queries and gates");
    to.part(tensor_role::query, {0, d, 2 * d, heads});
    to.part(tensor_role::attention_gate, {d, d, 2 * d, heads});
}

/// Appends to `to` the entries of `whole`, a matrix, by `split`.
inline void split_entry(std::vector<catalogue_entry>& to, const catalogue_entry& whole, tensor_split split,
                        const head_numbers& n) {
    using enum tensor_role;
    entry_splitter parts(to, whole);
    const std::size_t outputs = whole.outputs.count();
    switch (split) {
        case tensor_split::none: return parts.keep();
        case tensor_split::qkv:
            if (outputs % 3 != 0)
                return parts.refuse(std::to_string(outputs) + " outputs are not as many queries, keys and values");
            return parts.parts({{query, outputs / 3}, {key, outputs / 3}, {value, outputs / 3}});
        case tensor_split::gated_query: return split_gated_query(parts, outputs, n);
        case tensor_split::linear_qkv: {
            if (!n.heads || !n.head_dim || !n.kv_heads || !n.value_dim)
                return parts.refuse(
                    "queries, keys and values in one, and config.json, which says how wide they are, "
                    "was not given or does not say it");
            const std::size_t keys = *n.heads * *n.head_dim, values = *n.kv_heads * *n.value_dim;
            if (outputs != 2 * keys + values)
                return parts.refuse(std::to_string(outputs) + " outputs are not " + std::to_string(keys) +
                                    " of queries, as many of keys and " + std::to_string(values) + " of values");
            return parts.parts({{query, keys}, {key, keys}, {value, values}});
        }
        case tensor_split::gate_then_up:
        case tensor_split::up_then_gate: {
            if (outputs % 2 != 0) return parts.refuse(std::to_string(outputs) + " outputs are not two halves");
            const bool up_first = split == tensor_split::up_then_gate;
            return parts.parts(
                {{up_first ? mlp_up : mlp_gate, outputs / 2}, {up_first ? mlp_gate : mlp_up, outputs / 2}});
        }
    }
}

/// Appends the entries of tensor `t`, number `number` of its list, that is what `m` says.
inline void append_entries(std::vector<catalogue_entry>& to, const tensor_info& t, std::size_t number,
                           const tensor_match& m, const head_numbers& n, const nlohmann::json* config) {
    using enum tensor_role;
    catalogue_entry e;
    e.tensor = number;
    e.name = t.name;
    e.dtype = t.dtype;
    e.shape = t.shape;
    e.role = m.role;
    e.side = m.side;
    e.attention = m.attention;
    e.path = m.path;
    e.unit = m.unit;
    if (m.path != path_part::none) e.block = m.numbers.block;
    e.layer = m.numbers.layer;
    e.orientation = m.orientation;
    e.guessed = m.guessed;
    e.elements = count_elements(t.shape);
    const bool of_heads = e.role >= query && e.role <= attention_gate;
    if (!m.reason.empty())
        e.reason = m.reason;
    else if (e.role == bias)
        e.reason = "a bias";
    else
        find_matrix(e);
    const std::size_t first = to.size();
    if (e.measured())
        split_entry(to, e, m.split, n);
    else
        to.push_back(std::move(e));
    for (std::size_t i = first; of_heads && i < to.size(); ++i)
        if (to[i].measured()) apply_heads(to[i], n, config);
}

}  // namespace geolip::checkpoint::detail
