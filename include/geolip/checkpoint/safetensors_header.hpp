// Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT
#pragma once

/// \file
/// The header of a safetensors file: which tensor stands where. Read strictly: whatever two readers could understand
/// differently is refused.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <limits>
#include <map>
#include <numeric>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>

#include "geolip/checkpoint/dtype.hpp"
#include "geolip/core/error.hpp"
#include "geolip/core/text.hpp"

namespace geolip::checkpoint {

/// A header may have so many bytes, as in the reference implementation.
inline constexpr std::uint64_t max_header_bytes = 100'000'000;

/// The key under which a header keeps text instead of a tensor.
inline constexpr std::string_view metadata_key = "__metadata__";

/// A tensor in a file: bytes [begin, end) of the data that follow the header, row-major.
struct tensor_info {
    std::string name;  ///< any text without control characters; escape it before it is shown
    checkpoint::dtype dtype = dtype::f32;
    std::vector<std::size_t> shape;  ///< empty for a single number; extents may be 0
    std::uint64_t begin = 0;
    std::uint64_t end = 0;

    /// The number of elements.
    std::size_t size() const {
        return std::accumulate(shape.begin(), shape.end(), std::size_t{1}, std::multiplies<>());
    }
};

/// What `__metadata__` says: text by key.
using text_map = std::map<std::string, std::string, std::less<>>;

/// The table of a file.
struct safetensors_header {
    std::vector<tensor_info> tensors;  ///< in the order of their bytes
    text_map metadata;
};

namespace detail {

/// Is there anything but printable UTF-8 in a name?
inline bool is_unprintable(std::string_view text) {
    while (!text.empty()) {
        const auto c = geolip::detail::first_code_point(text);
        if (geolip::detail::is_control(c.value) || c.bytes == 0) return true;
        text.remove_prefix(c.bytes);
    }
    return false;
}

/// Takes the parser's events (nlohmann's SAX interface) for a header, which is one object of objects.
class header_reader {
public:
    using json = nlohmann::json;

    header_reader(std::string_view file, safetensors_header& to) : file_(file), to_(to) {}

    [[noreturn]] void refuse(std::string_view found, std::string_view expected) const {
        std::string text = in_quotes(file_);
        text += ": ";
        text += found;
        text += "; expected ";
        text += expected;
        text += "; do not trust this file: get it again or ask who wrote it";
        geolip::detail::raise(file_error(text));
    }

    // ---- The events.
    bool null() { unexpected("null"); }
    bool boolean(bool) { unexpected("a truth value"); }
    bool number_integer(json::number_integer_t) { unexpected("a negative number"); }
    bool number_float(json::number_float_t, const std::string&) {
        unexpected("a number with a fraction or exponent, or beyond 64 bits");
    }
    bool binary(json::binary_t&) { unexpected("binary data"); }
    bool number_unsigned(json::number_unsigned_t value) {
        if (at_ == place::extents) {
            if (tensor().shape.size() == max_rank)
                refuse(about_tensor("has too many extents"), "at most " + std::to_string(max_rank));
            if (!std::in_range<std::size_t>(value))
                refuse(about_tensor("is too large for this machine"), "extents below its address space");
            tensor().shape.push_back(static_cast<std::size_t>(value));
        } else if (at_ == place::offsets && offsets_ < 2) {
            (offsets_++ == 0 ? tensor().begin : tensor().end) = value;
        } else {
            unexpected("a number");
        }
        return true;
    }
    bool string(std::string& text) {
        if (at_ == place::metadata_value) {
            if (!to_.metadata.emplace(std::move(key_), std::move(text)).second)
                refuse("a key appears twice in the metadata", "it once");
            at_ = place::metadata;
        } else if (at_ == place::dtype) {
            const auto type = parse_dtype(text);
            if (!type) refuse(about_tensor("has the unknown dtype " + in_quotes(text)), "one of the 22 of the format");
            tensor().dtype = *type;
            at_ = place::entry;
        } else {
            unexpected("text");
        }
        return true;
    }
    bool key(std::string& text) {
        if (at_ == place::metadata) {
            key_ = std::move(text);
            at_ = place::metadata_value;
        } else if (at_ == place::entry) {
            begin_field(text);
        } else if (text == metadata_key) {
            if (std::exchange(has_metadata_, true)) refuse("\"__metadata__\" appears twice", "it at most once");
            at_ = place::metadata_object;
        } else {
            to_.tensors.emplace_back().name = std::move(text);
            if (is_unprintable(tensor().name))
                refuse(about_tensor("has a control character in its name"), "printable text");
            at_ = place::entry_object;
            seen_ = offsets_ = 0;
        }
        return true;
    }
    bool start_object(std::size_t) {
        if (at_ == place::file)
            at_ = place::top;
        else if (at_ == place::metadata_object)
            at_ = place::metadata;
        else if (at_ == place::entry_object)
            at_ = place::entry;
        else
            unexpected("an object");
        return true;
    }
    bool end_object() {
        if (at_ == place::entry && seen_ != all_fields)
            refuse(about_tensor("lacks a field"), "\"dtype\", \"shape\" and \"data_offsets\"");
        at_ = at_ == place::top ? place::file : place::top;
        return true;
    }
    bool start_array(std::size_t) {
        if (at_ == place::shape)
            at_ = place::extents;
        else if (at_ == place::begin_and_end)
            at_ = place::offsets;
        else
            unexpected("an array");
        return true;
    }
    bool end_array() {
        if (at_ == place::offsets && offsets_ != 2)
            refuse(about_tensor("has not two \"data_offsets\""), "[begin, end]");
        at_ = place::entry;
        return true;
    }
    bool parse_error(std::size_t position, const std::string&, const nlohmann::detail::exception&) {
        refuse("the header is not valid JSON in UTF-8, from its byte " + std::to_string(position),
               "one JSON object and nothing else");
    }

private:
    enum class place {
        file,             // before and behind the object
        top,              // in the object
        metadata_object,  // where one must begin
        metadata,
        metadata_value,
        entry_object,  // where one must begin
        entry,
        dtype,
        shape,          // where an array must begin
        extents,        // in it
        begin_and_end,  // where an array must begin
        offsets,        // in it
    };
    static constexpr unsigned all_fields = 7;

    tensor_info& tensor() { return to_.tensors.back(); }
    std::string about_tensor(std::string_view what) const {
        std::string text = "tensor ";
        text += in_quotes(to_.tensors.back().name);
        text += ' ';
        text += what;
        return text;
    }

    void begin_field(std::string_view field) {
        constexpr std::pair<std::string_view, place> fields[] = {
            {"dtype", place::dtype}, {"shape", place::shape}, {"data_offsets", place::begin_and_end}};
        for (unsigned i = 0; i < 3; ++i) {
            if (fields[i].first != field) continue;
            if ((seen_ & (1u << i)) != 0) refuse(about_tensor("has \"" + std::string(field) + "\" twice"), "it once");
            seen_ |= 1u << i;
            at_ = fields[i].second;
            return;
        }
        refuse(about_tensor("has the unknown field " + in_quotes(field)),
               "\"dtype\", \"shape\" and \"data_offsets\" only");
    }

    [[noreturn]] void unexpected(const std::string& found) const {
        switch (at_) {
            case place::metadata_object:
            case place::metadata_value:
            case place::metadata:
                refuse("\"__metadata__\" has " + found + " where it must not be", "an object of text by key");
            case place::file:
            case place::top: refuse("the header is " + found, "an object");
            case place::entry_object:
            case place::entry: refuse(about_tensor("is described by " + found), "an object");
            case place::dtype: refuse(about_tensor("has " + found + " as \"dtype\""), "text");
            case place::shape:
            case place::extents:
                refuse(about_tensor("has " + found + " as or in \"shape\""), "whole numbers from 0 on");
            case place::begin_and_end:
            case place::offsets: break;
        }
        refuse(about_tensor("has " + found + " as or in \"data_offsets\""), "two whole numbers from 0 on");
    }

    std::string_view file_;
    safetensors_header& to_;
    place at_ = place::file;
    std::string key_;
    unsigned seen_ = 0;
    unsigned offsets_ = 0;
    bool has_metadata_ = false;
};

/// Indices of `tensors` in the order of their names.
inline std::vector<std::uint32_t> order_by_name(std::span<const tensor_info> tensors) {
    std::vector<std::uint32_t> order(tensors.size());  // a header of 100 MB has fewer than 2^32
    std::iota(order.begin(), order.end(), 0u);
    std::ranges::sort(order, {}, [&](std::uint32_t i) { return std::string_view(tensors[i].name); });
    return order;
}

/// Refuses tensors of one name, or whose bytes are not exactly the `data_bytes` there are.
inline void require_exact_cover(safetensors_header& header, std::uint64_t data_bytes, const header_reader& reader) {
    auto& tensors = header.tensors;
    const auto named = [](const tensor_info& t) { return "tensor " + in_quotes(t.name); };
    const auto bytes_of = [](const tensor_info& t) {
        std::string text(1, '[');
        text.append(std::to_string(t.begin)).append(", ").append(std::to_string(t.end)).append(")");
        return text;
    };
    for (const tensor_info& t : tensors) {
        if (t.begin > t.end)
            reader.refuse(named(t) + " ends before it begins, at bytes " + bytes_of(t), "begin <= end");
        const auto bytes = byte_size(t.dtype, t.shape);
        if (!bytes)
            reader.refuse(named(t) + ", " + std::string(name_of(t.dtype)) + " of shape " + to_string(t.shape) +
                              ", has too many bytes to count or no whole number of them",
                          "a size that 64 bits hold");
        if (*bytes != t.end - t.begin)
            reader.refuse(named(t) + ", " + std::string(name_of(t.dtype)) + " of shape " + to_string(t.shape) +
                              ", has the bytes " + bytes_of(t),
                          std::to_string(*bytes) + " of them");
        if (t.end > data_bytes)
            reader.refuse(named(t) + " has the bytes " + bytes_of(t) + " of data that have " +
                              std::to_string(data_bytes) + ": the file is cut off",
                          "all of them");
    }
    const auto order = order_by_name(tensors);
    for (std::size_t i = 1; i < order.size(); ++i)
        if (tensors[order[i - 1]].name == tensors[order[i]].name)
            reader.refuse(named(tensors[order[i]]) + " is described twice", "every name once");

    std::ranges::stable_sort(tensors, {}, [](const tensor_info& t) { return std::pair(t.begin, t.end); });
    std::uint64_t end = 0;
    const tensor_info* before = nullptr;
    for (const tensor_info& t : tensors) {
        if (t.begin != end) {
            const std::string previous = before == nullptr ? "the data begin" : named(*before) + " ends";
            reader.refuse(named(t) + " begins at byte " + std::to_string(t.begin) + " and " + previous + " at byte " +
                              std::to_string(end) + (t.begin < end ? ": they overlap" : ": there is a hole"),
                          "tensors without holes and overlaps");
        }
        end = t.end;
        before = &t;
    }
    if (end != data_bytes)
        reader.refuse("the tensors end at byte " + std::to_string(end) + " of data that have " +
                          std::to_string(data_bytes) + ": something is appended",
                      "nothing behind the tensors");
}

}  // namespace detail

/// Reads the header `json` of a file that has `data_bytes` behind it and is called `file` in messages. White space
/// before the object is accepted, as in the reference implementation, where the format's text wants `{` first.
/// \throws file_error saying what is wrong and with which tensor
inline safetensors_header parse_safetensors_header(std::string_view json, std::uint64_t data_bytes,
                                                   std::string_view file) {
    safetensors_header header;
    detail::header_reader reader(file, header);
    // The parser would take a NUL for the end, and skip the byte order mark.
    if (const std::size_t nul = json.find('\0'); nul != json.npos)
        reader.refuse("the header has a NUL as its byte " + std::to_string(nul), "JSON text");
    const std::size_t first = json.find_first_not_of(" \t\r\n");
    if (first == json.npos) reader.refuse("the header is empty", "a JSON object");
    if (json[first] != '{') reader.refuse("the header does not begin with '{'", "a JSON object");
    nlohmann::json::sax_parse(json.begin(), json.end(), &reader);
    detail::require_exact_cover(header, data_bytes, reader);
    return header;
}

}  // namespace geolip::checkpoint
