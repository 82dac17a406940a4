// Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT
#pragma once

/// \file
/// `shape`: the extents of a dense array, and `tensor_view`, a view of one.

#include <algorithm>
#include <array>
#include <cstddef>
#include <initializer_list>
#include <span>
#include <string>

#include "geolip/core/error.hpp"
#include "geolip/core/matrix_view.hpp"

namespace geolip::nn {

/// Up to six extents, outermost first: (batch, tokens, features), (batch, channels, height, width), …
class shape {
public:
    static constexpr std::size_t max_rank = 6;
    static constexpr std::size_t most_elements = static_cast<std::size_t>(-1) / 64;  ///< so that bytes count too

    constexpr shape() = default;
    /// \throws shape_error for more than `max_rank` extents, or more elements than can be counted
    constexpr shape(std::initializer_list<std::size_t> extents) : rank_(extents.size()) {
        if (extents.size() > max_rank) too_many_extents(extents.size());
        std::copy(extents.begin(), extents.end(), extent_.begin());
        std::size_t n = 1;
        for (const std::size_t extent : extents) {
            if (extent != 0 && n > most_elements / extent) too_many_elements();
            n *= extent == 0 ? 1 : extent;
        }
    }

    constexpr std::size_t rank() const { return rank_; }
    constexpr std::size_t operator[](std::size_t axis) const { return extent_[axis]; }
    constexpr std::size_t& operator[](std::size_t axis) { return extent_[axis]; }
    constexpr std::size_t front() const { return rank_ == 0 ? 1 : extent_[0]; }
    constexpr std::size_t back() const { return rank_ == 0 ? 1 : extent_[rank_ - 1]; }

    /// Number of elements: the product of the extents, 1 for rank 0.
    constexpr std::size_t size() const {
        std::size_t n = 1;
        for (std::size_t i = 0; i < rank_; ++i) n *= extent_[i];
        return n;
    }
    /// The product of all extents but the last: the rows, when the last axis holds the features.
    constexpr std::size_t rows() const {
        std::size_t n = 1;
        for (std::size_t i = 0; i + 1 < rank_; ++i) n *= extent_[i];
        return n;
    }

    /// The same but for the last extent.
    constexpr shape with_back(std::size_t extent) const {
        shape s = *this;
        if (s.rank_ == 0) s.rank_ = 1;
        s.extent_[s.rank_ - 1] = extent;
        return s;
    }
    /// The same but for the first extent.
    constexpr shape with_front(std::size_t extent) const {
        shape s = *this;
        if (s.rank_ == 0) s.rank_ = 1;
        s.extent_[0] = extent;
        return s;
    }
    /// One more axis at the end.
    constexpr shape with_axis(std::size_t extent) const {
        shape s = *this;
        if (s.rank_ == max_rank) too_many_extents(max_rank + 1);
        s.extent_[s.rank_++] = extent;
        return s;
    }

    friend constexpr bool operator==(const shape& a, const shape& b) {
        return a.rank_ == b.rank_ && std::equal(a.extent_.begin(), a.extent_.begin() + a.rank_, b.extent_.begin());
    }

private:
    [[noreturn]] static void too_many_extents(std::size_t count) {
        geolip::detail::raise(shape_error("a shape of " + std::to_string(count) + " extents; expected at most " +
                                          std::to_string(max_rank)));
    }

    [[noreturn]] static void too_many_elements() {
        geolip::detail::raise(shape_error("a shape of more than " + std::to_string(most_elements) +
                                          " elements; expected one that fits into memory"));
    }

    std::array<std::size_t, max_rank> extent_ = {};
    std::size_t rank_ = 0;
};

/// "32 x 8 x 256"; "scalar" for rank 0.
inline std::string to_string(const shape& s) {
    if (s.rank() == 0) return "scalar";
    std::string text = std::to_string(s[0]);
    for (std::size_t i = 1; i < s.rank(); ++i) {
        text += " x ";
        text += std::to_string(s[i]);
    }
    return text;
}

/// A dense row-major array that somebody else owns.
template <class T>
class tensor_view {
public:
    constexpr tensor_view() = default;
    constexpr tensor_view(T* data, const nn::shape& extents) : data_(data), shape_(extents) {}
    /// A view of mutable elements is a view of constant ones.
    template <class U>
        requires(!std::same_as<U, T> && std::convertible_to<U (*)[], T (*)[]>)
    constexpr tensor_view(const tensor_view<U>& other) : data_(other.data()), shape_(other.extents()) {}

    constexpr T* data() const { return data_; }
    constexpr const nn::shape& extents() const { return shape_; }
    constexpr std::size_t size() const { return shape_.size(); }
    constexpr std::size_t rows() const { return shape_.rows(); }
    constexpr std::size_t cols() const { return shape_.back(); }
    /// False for the view of nothing, which stands for a gradient nobody wants.
    constexpr explicit operator bool() const { return data_ != nullptr; }

    constexpr T& operator[](std::size_t i) const { return data_[i]; }
    constexpr std::span<T> elements() const { return {data_, size()}; }
    /// rows() x cols(), one row after the other.
    constexpr matrix_view<T> matrix() const { return {data_, rows(), cols()}; }

    /// `count` elements of the first axis from `begin`.
    constexpr tensor_view slice(std::size_t begin, std::size_t count) const {
        const std::size_t each = shape_.front() == 0 ? 0 : size() / shape_.front();
        return {data_ == nullptr ? nullptr : data_ + begin * each, shape_.with_front(count)};
    }
    /// The same elements in another shape of the same size.
    constexpr tensor_view reshaped(const nn::shape& extents) const { return {data_, extents}; }

private:
    T* data_ = nullptr;
    nn::shape shape_ = {0};
};

}  // namespace geolip::nn
