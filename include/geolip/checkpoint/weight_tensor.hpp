// Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT
#pragma once

/// \file
/// `weight_tensor`: one entry of a catalogue with its weights, read once for everything that is measured of it.
/// Component `json`.

#include <any>
#include <cstddef>
#include <map>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "geolip/checkpoint/catalogue_entry.hpp"
#include "geolip/checkpoint/model_files.hpp"
#include "geolip/core/error.hpp"
#include "geolip/core/matrix_view.hpp"
#include "geolip/core/size_text.hpp"

namespace geolip::checkpoint {
namespace detail {

template <class Derived>
inline constexpr char derived_key = 0;

/// `f(first, count)` for each run of elements of the tensor that an entry of rows is made of.
template <class F>
void for_each_run(const catalogue_entry& e, F&& f) {
    if (e.stored_rows == 0) return f(std::size_t{0}, static_cast<std::size_t>(e.elements));
    const std::size_t cols = e.inputs();
    for (std::size_t r = 0; r < e.outputs.repeats; ++r)
        f((e.outputs.first + r * e.outputs.stride) * cols, e.outputs.run * cols);
}

}  // namespace detail

/// The weights of an entry, out x in, however they are stored; of a tensor that is no matrix, one row. For one thread
/// at a time.
class weight_tensor {
public:
    /// Weights that are at hand, such as those of a model in training. \throws shape_error unless there are rows * cols
    weight_tensor(const catalogue_entry& entry, std::size_t rows, std::size_t cols, std::vector<float> values)
        : entry_(&entry), rows_(rows), cols_(cols), values_(std::move(values)) {
        if (values_.size() != rows * cols) {
            geolip::detail::raise(shape_error("weight_tensor: " + std::to_string(values_.size()) +
                                              " values for a matrix of " + geolip::detail::size_text(rows, cols)));
        }
    }

    /// Read from the file: the entry's own rows or columns of its tensor. \throws file_error where that fails
    weight_tensor(const model_files& files, const catalogue_entry& entry)
        : entry_(&entry),
          rows_(entry.stored_rows > 0 ? entry.outputs.count() : 1),
          cols_(entry.stored_rows > 0 ? entry.inputs() : static_cast<std::size_t>(entry.elements)),
          values_(rows_ * cols_) {
        if (entry.orientation == tensor_orientation::out_in) {
            std::size_t done = 0;
            detail::for_each_run(entry, [&](std::size_t first, std::size_t count) {
                files.read<float>(entry.tensor, first, std::span(values_).subspan(done, count));
                done += count;
            });
        } else {  // what is stored row by row: one input of all outputs
            std::vector<float> stored(entry.stored_cols);
            for (std::size_t j = 0; j < cols_; ++j) {
                files.read<float>(entry.tensor, j * entry.stored_cols, std::span(stored));
                for (std::size_t i = 0; i < rows_; ++i) values_[i * cols_ + j] = stored[entry.outputs[i]];
            }
        }
    }

    /// What it is; must outlive this.
    const catalogue_entry& entry() const { return *entry_; }
    /// Outputs.
    std::size_t rows() const { return rows_; }
    /// Inputs.
    std::size_t cols() const { return cols_; }
    /// All weights, row by row.
    std::span<const float> elements() const { return values_; }
    /// The matrix, out x in.
    matrix_view<const float> view() const { return {values_.data(), rows_, cols_}; }

    /// `Derived::of(view())`, made for the first metric that asks and kept for the others.
    template <class Derived>
    const auto& derived() const {
        using result = decltype(Derived::of(view()));
        std::any& place = derived_[&detail::derived_key<Derived>];
        if (!place.has_value()) place = Derived::of(view());
        return *std::any_cast<result>(&place);
    }

private:
    const catalogue_entry* entry_;
    std::size_t rows_, cols_;
    std::vector<float> values_;
    mutable std::map<const void*, std::any> derived_;
};

}  // namespace geolip::checkpoint
