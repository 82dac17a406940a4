// Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT
#pragma once

/// \file
/// `safetensors_file`: the tensors of a file, listed at once and read as asked. Component `json`.

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

#include "geolip/checkpoint/detail/read_elements.hpp"
#include "geolip/checkpoint/dtype.hpp"
#include "geolip/checkpoint/safetensors_header.hpp"
#include "geolip/core/error.hpp"
#include "geolip/core/input_file.hpp"
#include "geolip/core/text.hpp"

namespace geolip::checkpoint {

/// An open safetensors file. Opening reads the header and checks that the tensors are exactly the rest of the file;
/// no tensor is touched before it is asked for. Const functions may be called from any number of threads.
class safetensors_file {
public:
    /// \throws file_error if the file cannot be read or is not exactly what the format allows
    explicit safetensors_file(const std::filesystem::path& path, file_access access = file_access::map)
        : file_(path, access), header_(read_header()), by_name_(detail::order_by_name(header_.tensors)) {}

    const std::filesystem::path& path() const { return file_.path(); }
    /// Every tensor, in the order of their bytes.
    std::span<const tensor_info> tensors() const { return header_.tensors; }
    const text_map& metadata() const { return header_.metadata; }
    /// Bytes of the file, and those before the first tensor: the length of the header and the header.
    std::uint64_t size() const { return file_.size(); }
    /// See size.
    std::uint64_t header_size() const { return data_begin_; }
    /// Copies bytes of the file as it is, from `offset` on. \throws file_error beyond its end or if they cannot be read
    void read_at(std::uint64_t offset, std::span<std::byte> to) const { file_.read_at(offset, to); }

    /// The tensor of that name, or null.
    const tensor_info* find(std::string_view name) const {
        const auto name_at = [&](std::uint32_t i) { return std::string_view(header_.tensors[i].name); };
        const auto place = std::ranges::lower_bound(by_name_, name, {}, name_at);
        return place != by_name_.end() && name_at(*place) == name ? &header_.tensors[*place] : nullptr;
    }
    /// The tensor of that name.
    /// \throws file_error if there is none
    const tensor_info& at(std::string_view name) const {
        if (const tensor_info* t = find(name)) return *t;
        std::string text = in_quotes(path().string());
        text += ": there is no tensor ";
        text += in_quotes(name);
        text += "; expected one of the ";
        text += std::to_string(header_.tensors.size());
        text += " it has";
        if (!header_.tensors.empty()) {
            text += ", such as ";
            text += in_quotes(header_.tensors.front().name);
        }
        geolip::detail::raise(file_error(text));
    }

    /// The bytes of `t`, a tensor of this file, where the file is mapped; nothing is copied, and they may be unaligned.
    /// \throws usage_error if the file was opened to be read
    std::span<const std::byte> bytes(const tensor_info& t) const {
        if (file_.access() != file_access::map)
            geolip::detail::raise(
                usage_error("bytes of a file that is not mapped; use read or read_bytes, or open it "
                            "with file_access::map"));
        return file_.mapped().subspan(static_cast<std::size_t>(data_begin_ + t.begin),
                                      static_cast<std::size_t>(t.end - t.begin));
    }

    /// Copies the bytes of `t`, a tensor of this file, from its byte `first` on. Works for mapped files too.
    /// \throws usage_error beyond its end; file_error if they cannot be read
    void read_bytes(const tensor_info& t, std::uint64_t first, std::span<std::byte> to) const {
        if (first > t.end - t.begin || to.size() > t.end - t.begin - first)
            beyond_end(t, "bytes", first, to.size(), t.end - t.begin);
        file_.read_at(data_begin_ + t.begin + first, to);
    }

    /// Converts elements of `t`, a tensor of this file, from `first` on: a large tensor can be read in parts. See
    /// `convert` for what is exact.
    /// \throws usage_error beyond its end, or if its elements are no T (is_readable_as); file_error if they cannot be
    /// read
    template <element T>
    void read(const tensor_info& t, std::size_t first, std::span<T> to) const {
        require_readable<T>(t);
        if (first > t.size() || to.size() > t.size() - first) beyond_end(t, "elements", first, to.size(), t.size());
        detail::read_elements(file_, data_begin_ + t.begin + std::uint64_t{first} * bits_of(t.dtype) / 8, t.dtype,
                              false, to);
    }
    /// All elements of `t`, a tensor of this file.
    template <element T>
    std::vector<T> read(const tensor_info& t) const {
        require_readable<T>(t);
        std::vector<T> values(t.size());
        read<T>(t, 0, values);
        return values;
    }

private:
    safetensors_header read_header() {
        std::byte length[8];
        if (file_.size() < sizeof length)
            refuse("the file has " + std::to_string(file_.size()) + " bytes", "at least 8, the length of the header");
        file_.read_at(0, length);
        std::uint64_t bytes = 0;
        std::memcpy(&bytes, length, sizeof bytes);
        if (bytes > max_header_bytes)
            refuse("the header claims to have " + std::to_string(bytes) + " bytes",
                   "at most " + std::to_string(max_header_bytes) + ": is this a safetensors file?");
        if (bytes > file_.size() - sizeof length)
            refuse("the header claims to have " + std::to_string(bytes) + " bytes in a file of " +
                       std::to_string(file_.size()),
                   "all of them: the file is cut off");
        std::string json(static_cast<std::size_t>(bytes), ' ');
        file_.read_at(sizeof length, std::as_writable_bytes(std::span(json)));
        data_begin_ = sizeof length + bytes;
        return parse_safetensors_header(json, file_.size() - data_begin_, path().string());
    }

    [[noreturn]] void refuse(const std::string& found, const std::string& expected) {
        safetensors_header none;
        detail::header_reader(path().string(), none).refuse(found, expected);
    }

    template <element T>
    void require_readable(const tensor_info& t) const {
        if (is_readable_as<T>(t.dtype)) return;
        std::string text = in_quotes(path().string());
        text += ": tensor ";
        text += in_quotes(t.name);
        text += " has elements of type ";
        text += name_of(t.dtype);
        text += ", which cannot be converted to ";
        text += name_of(dtype_of<T>());
        text += "; read its bytes, or it as another type";
        geolip::detail::raise(usage_error(text));
    }

    [[noreturn]] static void beyond_end(const tensor_info& t, const char* what, std::uint64_t first, std::size_t count,
                                        std::uint64_t all) {
        geolip::detail::raise(usage_error("tensor " + in_quotes(t.name) + ": " + std::to_string(count) + " " + what +
                                          " from number " + std::to_string(first) + "; it has " + std::to_string(all)));
    }

    input_file file_;
    std::uint64_t data_begin_ = 0;
    safetensors_header header_;
    std::vector<std::uint32_t> by_name_;
};

}  // namespace geolip::checkpoint
