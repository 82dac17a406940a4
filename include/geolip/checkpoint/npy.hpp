// Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT
#pragma once

/// \file
/// NumPy's npy files: read strictly, written atomically. Nothing but the standard library and POSIX is needed.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "geolip/checkpoint/detail/npy_header.hpp"
#include "geolip/checkpoint/detail/read_elements.hpp"
#include "geolip/checkpoint/dtype.hpp"
#include "geolip/core/error.hpp"
#include "geolip/core/file.hpp"
#include "geolip/core/input_file.hpp"
#include "geolip/core/text.hpp"

namespace geolip::checkpoint {

/// An open npy file (versions 1 to 3) of floats of 2, 4 or 8 bytes, integers or truth values, of either byte order, in
/// C or Fortran order. What could run code or has fields (objects, structures) and what is no number is refused.
class npy_file {
public:
    /// \throws file_error if the file cannot be read or is not exactly one such array
    explicit npy_file(const std::filesystem::path& path, file_access access = file_access::map)
        : file_(path, access), header_(read_header()) {}

    const std::filesystem::path& path() const { return file_.path(); }
    checkpoint::dtype dtype() const { return header_.dtype; }
    const std::vector<std::size_t>& shape() const { return header_.shape; }
    /// The number of elements.
    std::size_t size() const { return static_cast<std::size_t>(header_.data_bytes / (bits_of(header_.dtype) / 8)); }
    /// Does the file hold its columns one after the other? `read` does not.
    bool fortran_order() const { return header_.fortran_order; }

    /// All elements, row-major whatever the order in the file. See `convert` for what is exact.
    /// \throws usage_error if its elements are no T (is_readable_as); file_error if they cannot be read
    template <element T>
    std::vector<T> read() const {
        if (!is_readable_as<T>(header_.dtype)) {
            std::string text = in_quotes(path().string());
            text += " has elements of type ";
            text += name_of(header_.dtype);
            text += ", which cannot be converted to ";
            text += name_of(dtype_of<T>());
            text += "; read it as another type";
            geolip::detail::raise(usage_error(text));
        }
        std::vector<T> values(size());
        detail::read_elements(file_, header_.data_begin, header_.dtype, header_.big_endian, std::span(values));
        if (!header_.fortran_order || header_.shape.size() < 2) return values;
        return row_major(values);
    }

private:
    detail::npy_header read_header() const {
        std::string start(static_cast<std::size_t>((std::min)(file_.size(), detail::max_npy_start)), '\0');
        file_.read_at(0, std::as_writable_bytes(std::span(start)));
        return detail::parse_npy_header(start, file_.size(), path().string());
    }

    /// The elements in the order of the last index first.
    template <class T>
    std::vector<T> row_major(const std::vector<T>& columns) const {
        const auto& shape = header_.shape;
        std::vector<T> rows;
        rows.reserve(columns.size());
        std::vector<std::size_t> stride(shape.size(), 1);
        for (std::size_t i = 1; i < shape.size(); ++i) stride[i] = stride[i - 1] * shape[i - 1];
        std::vector<std::size_t> index(shape.size(), 0);
        std::size_t at = 0;
        while (rows.size() < columns.size()) {
            rows.push_back(columns[at]);
            for (std::size_t i = shape.size(); i-- > 0;) {
                at += stride[i];
                if (++index[i] < shape[i]) break;
                at -= stride[i] * shape[i];
                index[i] = 0;
            }
        }
        return rows;
    }

    input_file file_;
    detail::npy_header header_;
};

/// Writes `values` as an array of that shape, row-major. The file appears under its name when it is whole.
/// \throws usage_error unless the values are as many as the shape has; file_error if they cannot be written
template <element T>
void write_npy(const std::filesystem::path& path, std::span<const std::size_t> shape, std::span<const T> values) {
    if (byte_size(dtype_of<T>(), shape) != values.size_bytes() || shape.size() > max_rank) {
        std::string text = "writing ";
        text += in_quotes(path.string());
        text += ": got " + std::to_string(values.size()) + " values; expected those of an array of shape ";
        text += to_string(shape);
        text += ", which has at most " + std::to_string(max_rank) + " extents";
        geolip::detail::raise(usage_error(text));
    }
    output_file out(path);
    out.write(detail::npy_start(dtype_of<T>(), shape));
    out.write({reinterpret_cast<const char*>(values.data()), values.size_bytes()});
    out.commit();
}

}  // namespace geolip::checkpoint
