// Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT
#pragma once

/// \file
/// `catalogue_entry`: what a tensor of a checkpoint is for. Component `json`.

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "geolip/checkpoint/dtype.hpp"

namespace geolip::checkpoint {

/// What a tensor does in its model.
enum class tensor_role {
    embedding,
    position_embedding,
    token,  ///< a learned class, mask or register token
    query,
    key,
    value,
    output,          ///< of attention: from the heads back to the width of the model
    fused_qkv,       ///< queries, keys and values in one, where they cannot be told apart
    attention_gate,  ///< what the heads' results are multiplied by
    recurrence,      ///< decay and write strength of linear attention
    mlp_up,
    mlp_gate,
    mlp_down,
    fused_gate_up,  ///< mlp_gate and mlp_up in one, where they cannot be told apart
    norm,
    layer_scale,
    position_bias,
    convolution,
    projection,  ///< any other linear map
    head,        ///< from the width of the model to words or classes
    bias,
    other,
};
/// What the values of tensor_role are called.
inline constexpr std::array<std::string_view, 22> tensor_role_names = {
    "embedding", "position_embedding", "token",         "query",       "key",        "value",    "output",
    "fused_qkv", "attention_gate",     "recurrence",    "mlp_up",      "mlp_gate",   "mlp_down", "fused_gate_up",
    "norm",      "layer_scale",        "position_bias", "convolution", "projection", "head",     "bias",
    "other"};

/// The stack that it belongs to. One that reads text both ways is an encoder, one that writes it a decoder.
enum class tensor_side { none, encoder, decoder, visual, text };
/// What the values of tensor_side are called.
inline constexpr std::array<std::string_view, 5> tensor_side_names = {"none", "encoder", "decoder", "visual", "text"};

/// What queries are compared with: keys of the same sequence, of another one, of both with one set of projections, or,
/// in linear attention, a state.
enum class attention_kind { none, self, cross, merged, linear };
/// What the values of attention_kind are called.
inline constexpr std::array<std::string_view, 5> attention_kind_names = {"none", "self", "cross", "merged", "linear"};

/// Where on the way down to the lowest resolution and up again.
enum class path_part { none, down, middle, up };
/// What the values of path_part are called.
inline constexpr std::array<std::string_view, 4> path_part_names = {"none", "down", "middle", "up"};

/// What is numbered along that way.
enum class path_unit { none, transformer_block, attention_block, residual_block, resampler };
/// What the values of path_unit are called.
inline constexpr std::array<std::string_view, 5> path_unit_names = {"none", "transformer_block", "attention_block",
                                                                    "residual_block", "resampler"};

/// How a linear map is stored: x W^T (torch.nn.Linear, convolutions) or x W (GPT-2, parameters such as CLIP's `proj`).
enum class tensor_orientation { out_in, in_out };
/// What the values of tensor_orientation are called.
inline constexpr std::array<std::string_view, 2> tensor_orientation_names = {"out_in", "in_out"};

/// The name of a role.
constexpr std::string_view name_of(tensor_role r) { return tensor_role_names[static_cast<std::size_t>(r)]; }
/// The name of a side.
constexpr std::string_view name_of(tensor_side s) { return tensor_side_names[static_cast<std::size_t>(s)]; }
/// The name of a kind of attention.
constexpr std::string_view name_of(attention_kind a) { return attention_kind_names[static_cast<std::size_t>(a)]; }
/// The name of a part of the path.
constexpr std::string_view name_of(path_part p) { return path_part_names[static_cast<std::size_t>(p)]; }
/// The name of a unit of the path.
constexpr std::string_view name_of(path_unit u) { return path_unit_names[static_cast<std::size_t>(u)]; }
/// The name of an orientation.
constexpr std::string_view name_of(tensor_orientation o) {
    return tensor_orientation_names[static_cast<std::size_t>(o)];
}

/// The indices first + stride * i + j for i < repeats, j < run: `repeats` runs of `run` neighbours.
struct strided_range {
    std::size_t first = 0, run = 0, stride = 0, repeats = 1;

    constexpr std::size_t count() const { return run * repeats; }
    /// Index number `i`, i < count().
    constexpr std::size_t operator[](std::size_t i) const { return first + i / run * stride + i % run; }

    friend constexpr bool operator==(const strided_range&, const strided_range&) = default;
};

/// Neighbouring rows or columns of a tensor's matrix.
struct matrix_slice {
    bool columns = false;
    std::size_t first = 0, count = 0;

    friend constexpr bool operator==(const matrix_slice&, const matrix_slice&) = default;
};

/// A tensor, or the part of one that has a role of its own.
///
/// The tensor is a row-major matrix of stored_rows x stored_cols, and the entry the rows `outputs` of it, or the
/// columns where `orientation` is in_out. A convolution (out, in, height, width) is the matrix out x (in * height *
/// width).
struct catalogue_entry {
    std::size_t tensor = 0;  ///< its number in the list that the catalogue was made of
    std::string name;        ///< of the tensor, as in the file: escape it before it is shown
    checkpoint::dtype dtype = dtype::f32;
    std::vector<std::size_t> shape;  ///< of the tensor

    tensor_role role = tensor_role::other;
    tensor_side side = tensor_side::none;
    attention_kind attention = attention_kind::none;  ///< that it belongs to
    path_part path = path_part::none;                 ///< in a UNet or autoencoder
    path_unit unit = path_unit::none;
    std::optional<std::size_t> block;  ///< number of the down or up block
    /// Number of the layer in its side. On a path, of the unit among those of its kind and side, in the order in which
    /// they compute.
    std::optional<std::size_t> layer;

    tensor_orientation orientation = tensor_orientation::out_in;
    std::size_t stored_rows = 0, stored_cols = 0;  ///< 0 where the tensor is no matrix
    strided_range outputs;

    /// Of the attention: of queries; of keys and values; rows of each. Empty where unknown, for the reason given.
    std::optional<std::size_t> heads, kv_heads, head_dim;
    std::string heads_reason;

    bool guessed = false;  ///< the architecture is unknown and the role follows from common names
    std::string reason;    ///< why it is not measured; empty if it is
    std::uint64_t elements = 0;

    bool measured() const { return reason.empty(); }
    /// Extents of the entry's own matrix.
    std::size_t rows() const { return orientation == tensor_orientation::out_in ? outputs.count() : stored_rows; }
    std::size_t cols() const { return orientation == tensor_orientation::out_in ? stored_cols : outputs.count(); }
    /// Of each output, whichever way it is stored.
    std::size_t inputs() const { return orientation == tensor_orientation::out_in ? stored_cols : stored_rows; }
    /// The heads that its rows (of an output: its inputs) are made of.
    std::optional<std::size_t> own_heads() const {
        return role == tensor_role::key || role == tensor_role::value ? kv_heads : heads;
    }
};

/// The rows or columns, of the tensor's matrix, of head number `head` of a query, key, value, attention gate or output.
/// Empty where heads are unknown or not so many.
inline std::optional<matrix_slice> head_slice(const catalogue_entry& e, std::size_t head) {
    const bool output = e.role == tensor_role::output;
    const bool split = output || e.role == tensor_role::query || e.role == tensor_role::key ||
                       e.role == tensor_role::value || e.role == tensor_role::attention_gate;
    const auto heads = e.own_heads();
    if (!split || !e.measured() || !heads || !e.head_dim || head >= *heads) return std::nullopt;
    const std::size_t first = head * *e.head_dim;
    const bool out_in = e.orientation == tensor_orientation::out_in;
    return matrix_slice{output == out_in, output ? first : e.outputs[first], *e.head_dim};
}

/// What a checkpoint is of.
struct detected_architecture {
    std::string name;      ///< such as "t5-v1.1"; "unknown"; or what the mapping of the user calls it
    std::string evidence;  ///< what it was decided by, as printable text
};

/// The tensors of a checkpoint by role. Every tensor is in at least one entry, and no element in two.
struct catalogue {
    detected_architecture architecture;
    std::vector<catalogue_entry> entries;  ///< in the order of the tensors; parts of one tensor by their first output
    std::size_t tensors = 0;
    std::uint64_t parameters = 0;  ///< elements of all tensors but buffers: measured + unmeasured
    std::uint64_t buffers = 0;     ///< elements of buffers: statistics, masks, counters
    std::uint64_t measured = 0;    ///< parameters in entries without a reason
    std::uint64_t unmeasured = 0;  ///< parameters in entries with one
};

}  // namespace geolip::checkpoint
