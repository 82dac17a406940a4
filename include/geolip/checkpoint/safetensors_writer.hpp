// Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT
#pragma once

/// \file
/// Writes safetensors files, byte for byte as the reference implementation does. Component `json`.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <limits>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>

#include "geolip/checkpoint/dtype.hpp"
#include "geolip/checkpoint/safetensors_header.hpp"
#include "geolip/core/error.hpp"
#include "geolip/core/file.hpp"
#include "geolip/core/text.hpp"

namespace geolip::checkpoint {

namespace detail {

inline std::string json_text(const std::string& text) {
    try {
        return nlohmann::json(text).dump();
    } catch (const nlohmann::json::exception&) {
        geolip::detail::raise(
            usage_error("the text " + in_quotes(text) + " is not UTF-8; a safetensors file takes no other"));
    }
}

/// The header of tensors that have their places: its length in eight bytes, and JSON filled with blanks to a multiple
/// of eight.
inline std::string header_bytes(const safetensors_header& header) {
    std::string json = "{";
    const auto add_key = [&](const std::string& key) {
        if (json.back() != '{') json += ',';
        json += json_text(key);
        json += ':';
    };
    if (!header.metadata.empty()) {
        add_key(std::string(metadata_key));
        json += '{';
        for (const auto& [key, text] : header.metadata) {
            add_key(key);
            json += json_text(text);
        }
        json += '}';
    }
    for (const tensor_info& t : header.tensors) {
        add_key(t.name);
        json += "{\"dtype\":\"";
        json += name_of(t.dtype);
        json += "\",\"shape\":[";
        for (std::size_t i = 0; i < t.shape.size(); ++i) {
            if (i > 0) json += ',';
            json += std::to_string(t.shape[i]);
        }
        json += "],\"data_offsets\":[";
        json += std::to_string(t.begin);
        json += ',';
        json += std::to_string(t.end);
        json += "]}";
    }
    json += '}';
    json.resize((json.size() + 7) / 8 * 8, ' ');
    std::string length;
    for (int shift = 0; shift < 64; shift += 8)
        length += static_cast<char>(static_cast<unsigned char>(json.size() >> shift));
    return length + json;
}

/// The order of tensors in a file: types from the last of the format to its first, then names.
template <class Tensor>
bool comes_before(const Tensor& a, const Tensor& b) {
    return std::tie(b.dtype, a.name) < std::tie(a.dtype, b.name);
}

}  // namespace detail

/// Writes a file tensor by tensor, so that nobody need hold all of it.
///
///     safetensors_writer out(path, table, metadata);
///     for (const tensor_info& t : out.tensors()) out.write(bytes of t);  // in one piece or several
///     out.commit();
///
/// The file appears under its name at `commit`, whole; until then, and for ever if that is never reached, what was
/// there before stays. So a file may be replaced by one that is made of its own (mapped) tensors.
class safetensors_writer {
public:
    /// `tensors` has names, types and shapes in any order; places are overwritten.
    /// \throws usage_error for a name that is taken, reserved or has control characters, text that is not UTF-8, a size
    ///         that cannot be counted, a header above max_header_bytes; file_error if no file can be written
    safetensors_writer(const std::filesystem::path& path, std::vector<tensor_info> tensors, text_map metadata = {})
        : header_{std::move(tensors), std::move(metadata)}, text_(lay_out(header_)), file_(path) {
        file_.write(text_);
        text_ = {};
    }

    /// The tensors in the order in which their bytes are to be written: the types of the format from last to first, and
    /// names in the order of their bytes within a type.
    std::span<const tensor_info> tensors() const { return header_.tensors; }

    /// Writes the next bytes.
    /// \throws usage_error for more than the tensors have; file_error if they cannot be written
    void write(std::span<const std::byte> bytes) {
        if (bytes.size() > data_bytes() - written_) wrong_size(written_ + bytes.size());
        file_.write({reinterpret_cast<const char*>(bytes.data()), bytes.size()});
        written_ += bytes.size();
    }

    /// Gives the file its name. With `durable`, only after all of it has reached the disk.
    /// \throws usage_error if bytes are missing; file_error if they could not be written
    void commit(bool durable = false) {
        if (written_ != data_bytes()) wrong_size(written_);
        file_.commit(durable);
    }

private:
    std::uint64_t data_bytes() const { return header_.tensors.empty() ? 0 : header_.tensors.back().end; }

    /// Sorts and places the tensors; the bytes of the header.
    static std::string lay_out(safetensors_header& header) {
        std::ranges::sort(header.tensors, detail::comes_before<tensor_info>);
        const auto refuse = [](const tensor_info& t, const std::string& what) {
            geolip::detail::raise(usage_error("writing tensor " + in_quotes(t.name) + ": " + what));
        };
        std::uint64_t end = 0;
        for (tensor_info& t : header.tensors) {
            const auto bytes = byte_size(t.dtype, t.shape);
            if (!bytes || *bytes > (std::numeric_limits<std::uint64_t>::max)() / 2 - end)
                refuse(t,
                       "its shape " + to_string(t.shape) + " has too many bytes to count or no whole number of them");
            if (t.shape.size() > max_rank) refuse(t, "a shape has at most " + std::to_string(max_rank) + " extents");
            if (t.name == metadata_key || detail::is_unprintable(t.name))
                refuse(t, "a name has no control characters, is UTF-8 and not __metadata__");
            t.begin = end;
            t.end = end += *bytes;
        }
        const auto order = detail::order_by_name(header.tensors);
        for (std::size_t i = 1; i < order.size(); ++i)
            if (header.tensors[order[i - 1]].name == header.tensors[order[i]].name)
                refuse(header.tensors[order[i]], "the name is given twice");
        std::string text = detail::header_bytes(header);
        if (text.size() - 8 > max_header_bytes)
            geolip::detail::raise(usage_error("a header of " + std::to_string(text.size()) +
                                              " bytes; expected at most " + std::to_string(max_header_bytes) +
                                              "; write several files"));
        return text;
    }

    [[noreturn]] void wrong_size(std::uint64_t bytes) const {
        geolip::detail::raise(usage_error("writing a safetensors file: " + std::to_string(bytes) +
                                          " bytes of data; expected " + std::to_string(data_bytes()) +
                                          ", those of its tensors in the order of tensors()"));
    }

    safetensors_header header_;
    std::string text_;
    output_file file_;
    std::uint64_t written_ = 0;
};

/// A tensor in memory.
struct tensor {
    std::string name;
    checkpoint::dtype dtype = dtype::f32;
    std::vector<std::size_t> shape;
    std::span<const std::byte> bytes;  ///< row-major, little-endian; somebody else's
};

/// `values` as a tensor, of the type that stores T as it is.
template <element T>
tensor tensor_of(std::string name, std::vector<std::size_t> shape, std::span<const T> values) {
    return {std::move(name), dtype_of<T>(), std::move(shape), std::as_bytes(values)};
}

/// Writes `tensors`, in any order, to `path`: see `safetensors_writer`, also for what it throws.
/// \throws usage_error where a tensor has not the bytes of its type and shape
inline void write_safetensors(const std::filesystem::path& path, std::span<const tensor> tensors,
                              text_map metadata = {}, bool durable = false) {
    std::map<std::string_view, const tensor*> by_name;
    std::vector<tensor_info> table;
    for (const tensor& t : tensors) {
        if (byte_size(t.dtype, t.shape) != t.bytes.size())
            geolip::detail::raise(usage_error("writing tensor " + in_quotes(t.name) + ": got " +
                                              std::to_string(t.bytes.size()) + " bytes; expected those of " +
                                              std::string(name_of(t.dtype)) + " of shape " + to_string(t.shape)));
        by_name.emplace(t.name, &t);
        table.push_back({t.name, t.dtype, t.shape});
    }
    safetensors_writer out(path, std::move(table), std::move(metadata));
    for (const tensor_info& t : out.tensors()) out.write(by_name.at(t.name)->bytes);
    out.commit(durable);
}

}  // namespace geolip::checkpoint
