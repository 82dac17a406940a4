// Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT
#pragma once

/// \file
/// `extract_patches` and `stitch_patches`: images as sequences of square patches, and back.

#include <cstddef>
#include <cstring>
#include <span>
#include <string>

#include "geolip/nn/module.hpp"

namespace geolip::nn {
namespace detail {

/// Images of `planes` channels cut into `down` x `across` patches of `size` x `size` pixels.
struct patch_grid {
    std::size_t images, planes, down, across, size;
};

// A copy of a size that is known is a few moves and no call.
template <std::size_t Size, class T>
void copy_runs(const patch_grid& g, const T* from, T* to, bool stitch) {
    const std::size_t run = Size == 0 ? g.size : Size;
    const std::size_t patch = g.planes * run * run, row = g.across * run;
    for (std::size_t n = 0; n < g.images; ++n)
        for (std::size_t v = 0; v < g.down; ++v)
            for (std::size_t c = 0; c < g.planes; ++c)
                for (std::size_t r = 0; r < run; ++r) {
                    std::size_t in_image = (((n * g.planes + c) * g.down + v) * run + r) * row;
                    std::size_t in_patch = (n * g.down + v) * g.across * patch + (c * run + r) * run;
                    for (std::size_t h = 0; h < g.across; ++h, in_image += run, in_patch += patch)
                        std::memcpy(to + (stitch ? in_image : in_patch), from + (stitch ? in_patch : in_image),
                                    run * sizeof(T));
                }
}

/// Images to patches or, with `stitch`, patches to images.
template <class T>
void copy_patches(const patch_grid& g, const T* from, T* to, bool stitch) {
    switch (g.size) {
        case 2: return copy_runs<2>(g, from, to, stitch);
        case 4: return copy_runs<4>(g, from, to, stitch);
        case 8: return copy_runs<8>(g, from, to, stitch);
        case 16: return copy_runs<16>(g, from, to, stitch);
        default: return copy_runs<0>(g, from, to, stitch);
    }
}

}  // namespace detail

/// (batch, channels, height, width) -> (batch, patches, channels p p): patch i is the i-th square of p x p pixels in
/// row-major order over the image, its features in the order channel, row, column. Elements are moved, none is changed;
/// the gradient goes back the same way.
template <measured_scalar T>
class extract_patches {
public:
    using scalar_type = T;
    static constexpr bool reads_output = false;

    /// \throws shape_error for patches of no pixels
    constexpr explicit extract_patches(std::size_t patch_size) : size_(patch_size) {
        if (patch_size == 0)
            geolip::detail::raise(shape_error("extract_patches(0): expected patches of at least 1 x 1"));
    }

    constexpr std::size_t patch_size() const { return size_; }

    shape output_shape(const shape& x) const {
        if (x.rank() != 4 || x[2] % size_ != 0 || x[3] % size_ != 0)
            detail::wrong_shape("extract_patches(" + std::to_string(size_) + ")", x,
                                "batch x channels x height x width, height and width multiples of the patches' " +
                                    std::to_string(size_) + " x " + std::to_string(size_));
        return {x[0], x[2] / size_ * (x[3] / size_), x[1] * size_ * size_};
    }

    void forward(std::span<const T>, tensor_view<const T> x, tensor_view<T> y, workspace<T>) const {
        detail::require_shapes(*this, "extract_patches", x.extents(), y.extents());
        detail::copy_patches(grid(x.extents()), x.data(), y.data(), false);
    }
    void backward(std::span<const T>, tensor_view<const T> x, tensor_view<const T>, tensor_view<const T> dy,
                  tensor_view<T> dx, std::span<T> dw, workspace<T>) const {
        detail::require_backward(*this, "extract_patches", x.extents(), dy.extents(), dx, dw);
        if (dx) detail::copy_patches(grid(x.extents()), dy.data(), dx.data(), true);
    }

private:
    detail::patch_grid grid(const shape& x) const { return {x[0], x[1], x[2] / size_, x[3] / size_, size_}; }

    std::size_t size_;
};

/// The inverse of `extract_patches`: (batch, patches, channels p p) -> (batch, channels, height, width).
template <measured_scalar T>
class stitch_patches {
public:
    using scalar_type = T;
    static constexpr bool reads_output = false;

    /// \throws shape_error for an image that is no whole number of patches wide and high
    stitch_patches(std::size_t patch_size, std::size_t height, std::size_t width)
        : size_(patch_size), height_(height), width_(width) {
        if (size_ == 0 || height_ % size_ != 0 || width_ % size_ != 0)
            geolip::detail::raise(
                shape_error(name() + ": expected a height and width that are multiples of the patches'"));
    }

    constexpr std::size_t patch_size() const { return size_; }
    constexpr std::size_t height() const { return height_; }
    constexpr std::size_t width() const { return width_; }

    shape output_shape(const shape& x) const {
        const std::size_t patches = height_ / size_ * (width_ / size_);
        if (x.rank() != 3 || x[1] != patches || x[2] % (size_ * size_) != 0)
            detail::wrong_shape(name(), x,
                                "batch x " + std::to_string(patches) + " x channels*" + std::to_string(size_ * size_));
        return {x[0], x[2] / (size_ * size_), height_, width_};
    }

    void forward(std::span<const T>, tensor_view<const T> x, tensor_view<T> y, workspace<T>) const {
        detail::require_shapes(*this, "stitch_patches", x.extents(), y.extents());
        detail::copy_patches(grid(y.extents()), x.data(), y.data(), true);
    }
    void backward(std::span<const T>, tensor_view<const T> x, tensor_view<const T>, tensor_view<const T> dy,
                  tensor_view<T> dx, std::span<T> dw, workspace<T>) const {
        detail::require_backward(*this, "stitch_patches", x.extents(), dy.extents(), dx, dw);
        if (dx) detail::copy_patches(grid(output_shape(x.extents())), dy.data(), dx.data(), false);
    }

private:
    std::string name() const {
        std::string text = "stitch_patches(";
        text += std::to_string(size_);
        text += ", ";
        text += std::to_string(height_);
        text += ", ";
        text += std::to_string(width_);
        text += ')';
        return text;
    }
    detail::patch_grid grid(const shape& y) const { return {y[0], y[1], y[2] / size_, y[3] / size_, size_}; }

    std::size_t size_, height_, width_;
};

}  // namespace geolip::nn
