// Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT
#pragma once

/// \file
/// `convolution_3x3`: the convolution of images with 3 x 3 filters.

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <optional>
#include <span>
#include <string>

#include "geolip/nn/initialiser.hpp"
#include "geolip/nn/module.hpp"
#include "geolip/simd/vector.hpp"

namespace geolip::nn::detail {

/// The planes of an image, and the distance of their rows in a padded copy: zeros stand before and after every row.
struct planes {
    std::size_t height, width, stride;
};
/// A correlation of planes a_first … a_first + a_count - 1 of the `a` padded ones with `b` others, `rows` rows at a
/// time.
struct correlation {
    std::size_t a, a_first, a_count, b, rows;
};

}  // namespace geolip::nn::detail

#define GEOLIP_SIMD_FILE "geolip/nn/detail/convolution.inc"
#include "geolip/simd/foreach_target.inc"

namespace geolip::nn {
namespace detail {

template <class T>
void convolve(const planes& p, std::size_t in, std::size_t out, std::size_t count, const T* x, const T* filters,
              const T* bias, T* y, T* ring, isa level) {
    GEOLIP_SIMD_CALL(level, convolve<T>(p, in, out, count, x, filters, bias, y, ring));
}
template <class T>
void correlate(const planes& p, const correlation& s, const T* a, const T* b, T* strip, T* sums, isa level) {
    GEOLIP_SIMD_CALL(level, correlate<T>(p, s, a, b, strip, sums));
}
template <class T>
void add_taps(const correlation& s, const T* sums, T* dw, std::size_t a_step, std::size_t b_step, bool flipped,
              isa level) {
    GEOLIP_SIMD_CALL(level, add_taps<T>(s, sums, dw, a_step, b_step, flipped));
}
template <class T>
void add_plane_sums(const T* x, std::size_t channels, std::size_t plane, T* out, isa level) {
    GEOLIP_SIMD_CALL(level, add_plane_sums<T>(x, channels, plane, out));
}

}  // namespace detail

/// y = w * x + b, the cross-correlation that torch.nn.Conv2d(in, out, 3, padding=1) calls a convolution: stride 1, a
/// border of zeros, (batch, in, height, width) -> (batch, out, height, width). Parameters "weight" (out, in, 3, 3) and,
/// unless `bias` is off, "bias" (out), both drawn uniformly from ±1/sqrt(9 in).
///
/// Columns go through Winograd's minimal filtering, F(4, 3): half the products, and with random values 2.5 times the
/// rounding error of the plain sum in T, norm-wise 5e-7 in float for 16 inputs. It is relative to the largest pixels of
/// the six rows around: beside a pixel that is much larger than its neighbours, these keep fewer digits, and one that
/// is not finite makes NaN of its columns in up to eight rows. Taps beyond the border meet zeros. The gradient of the
/// weight is plain sums. Nothing is kept: scratch is a few rows of every plane, and a register for every sum of the
/// weight's gradient. Levels agree to that rounding (forward), and that of batch height width terms (gradient).
template <measured_scalar T>
class convolution_3x3 {
public:
    using scalar_type = T;
    static constexpr bool reads_output = false;

    /// \throws shape_error for a number of channels that is 0
    constexpr convolution_3x3(std::size_t in, std::size_t out, bool bias = true) : in_(in), out_(out), bias_(bias) {
        if (in == 0 || out == 0) geolip::detail::raise(shape_error(name() + ": expected at least 1 channel each"));
    }

    constexpr std::size_t in() const { return in_; }
    constexpr std::size_t out() const { return out_; }
    constexpr bool has_bias() const { return bias_; }
    /// The same layer, its parameters drawn otherwise.
    constexpr convolution_3x3 with_initialisers(const initialiser& weight, const initialiser& bias) const {
        convolution_3x3 c = *this;
        c.weight_law_ = weight;
        c.bias_law_ = bias;
        return c;
    }
    /// The same layer, all parameters 0 at first: a residual branch that ends with it begins as the identity.
    constexpr convolution_3x3 zero_initialised() const {
        return with_initialisers(initialiser::zeros(), initialiser::zeros());
    }

    shape output_shape(const shape& x) const {
        if (x.rank() != 4 || x[1] != in_)
            detail::wrong_shape(name(), x, "batch x " + std::to_string(in_) + " x height x width");
        shape y = x;
        y[1] = out_;
        return y;
    }
    template <class Visit>
    void visit_parameters(Visit&& visit) const {
        const initialiser standard = initialiser::uniform_of_fan(9 * in_);
        visit("weight", shape{out_, in_, 3, 3}, weight_law_.value_or(standard));
        if (bias_) visit("bias", shape{out_}, bias_law_.value_or(standard));
    }
    constexpr std::size_t parameter_count() const { return weight_count() + (bias_ ? out_ : 0); }
    std::size_t scratch_size(const shape& x) const {
        const detail::planes p = planes_of(x);
        const std::size_t ring = ring_size(p, (std::max)(in_, out_));
        const detail::correlation s = correlation_of(p);
        return (std::max)(ring + padded<T>(packed_count()), strip_size(p, s) + s.a_count * s.b * 9 * line);
    }

    void forward(std::span<const T> w, tensor_view<const T> x, tensor_view<T> y, workspace<T> memory) const {
        detail::require_forward(*this, "convolution_3x3", w, x.extents(), y.extents(), memory);
        if (x.size() == 0) return;
        const T* filters = pack(in_, out_, memory,
                                [&](std::size_t o, std::size_t i, std::size_t t) { return w[(o * in_ + i) * 9 + t]; });
        convolve(x, filters, bias_ ? w.data() + weight_count() : nullptr, y, memory);
    }

    void backward(std::span<const T> w, tensor_view<const T> x, tensor_view<const T>, tensor_view<const T> dy,
                  tensor_view<T> dx, std::span<T> dw, workspace<T> memory) const {
        detail::require_backward(*this, "convolution_3x3", x.extents(), dy.extents(), dx, dw);
        if (x.size() == 0) return;
        if (dx) {
            // The transposed map: inputs and outputs change places, and the filters turn by half a circle.
            workspace<T> rest = memory;
            const T* turned = pack(out_, in_, rest, [&](std::size_t i, std::size_t o, std::size_t t) {
                return w[(o * in_ + i) * 9 + 8 - t];
            });
            convolve(dy, turned, nullptr, dx, rest);
        }
        add_parameter_gradient(x, dy, dw.data(), memory);
    }

private:
    static constexpr std::size_t line = workspace<T>::alignment;

    constexpr std::size_t weight_count() const { return out_ * in_ * 9; }
    constexpr std::size_t packed_count() const { return out_ * in_ * 18; }
    std::string name() const {
        std::string text = "convolution_3x3(";
        text += std::to_string(in_);
        text += ", ";
        text += std::to_string(out_);
        text += ')';
        return text;
    }

    // The zeros after one row are those before the next.
    static detail::planes planes_of(const shape& x) { return {x[2], x[3], padded<T>(x[3]) + line}; }

    // The planes of the smaller side are padded: the gradient of a filter is the correlation of either side with the
    // other. So few of them at a time that their sums stay in the cache.
    detail::correlation correlation_of(const detail::planes& p) const {
        const std::size_t a = (std::min)(in_, out_);
        const std::size_t b = (std::max)(in_, out_);
        return {a, 0, (std::min)(a, (std::max)(std::size_t{1}, most_sums / (9 * b * line))), b,
                (std::min)(p.height, (std::max)(std::size_t{1}, strip_pixels / (p.width + 1)))};
    }
    static std::size_t strip_size(const detail::planes& p, const detail::correlation& s) {
        return padded<T>((s.rows + 2) * s.a_count * p.stride + 2 * line);
    }

    // Zeros before every padded row in `rows` and after it, and in all of the first one.
    static void clear_borders(const detail::planes& p, std::span<T> rows) {
        std::fill_n(rows.begin(), line + p.stride, T(0));
        for (std::size_t i = line + p.stride + p.width; i < rows.size(); i += p.stride)
            std::fill_n(rows.begin() + static_cast<std::ptrdiff_t>(i), (std::min)(p.stride - p.width, rows.size() - i),
                        T(0));
    }

    // A row of zeros and six rows of every plane.
    static std::size_t ring_size(const detail::planes& p, std::size_t channels) {
        return (6 * channels + 1) * p.stride + 2 * line;
    }

    // The transformed filters of four outputs side by side, as the kernel walks through them; filter(o, i, t) is tap t.
    template <class Filter>
    const T* pack(std::size_t in, std::size_t out, workspace<T>& memory, Filter filter) const {
        const std::span<T> packed = take(memory.scratch, packed_count());
        std::size_t next = 0;
        for (std::size_t first = 0; first < out; first += 4) {
            const std::size_t here = (std::min)(std::size_t{4}, out - first), part = 3 * in * here;
            for (std::size_t i = 0; i < in; ++i)
                for (std::size_t t = 0; t < 3; ++t)
                    for (std::size_t o = first; o < first + here; ++o, ++next) {
                        const T upper = filter(o, i, t), middle = filter(o, i, 3 + t), lower = filter(o, i, 6 + t);
                        packed[next] = upper / 4;
                        packed[next + part] = (upper + lower + middle) * T(-1. / 6);
                        packed[next + 2 * part] = (upper + lower - middle) * T(-1. / 6);
                        packed[next + 3 * part] = (upper + 4 * lower + 2 * middle) * T(1. / 24);
                        packed[next + 4 * part] = (upper + 4 * lower - 2 * middle) * T(1. / 24);
                        packed[next + 5 * part] = lower;
                    }
            next += 5 * part;
        }
        return packed.data();
    }

    static void convolve(tensor_view<const T> x, const T* filters, const T* bias, tensor_view<T> y,
                         workspace<T> memory) {
        const detail::planes p = planes_of(x.extents());
        const std::span<T> ring = take(memory.scratch, ring_size(p, x.extents()[1]));
        clear_borders(p, ring);
        detail::convolve<T>(p, x.extents()[1], y.extents()[1], x.extents()[0], x.data(), filters, bias, y.data(),
                            ring.data() + line, memory.isa);
    }

    void add_parameter_gradient(tensor_view<const T> x, tensor_view<const T> dy, T* dw, workspace<T> memory) const {
        const detail::planes p = planes_of(x.extents());
        const std::size_t plane = p.height * p.width;
        const bool flipped = in_ > out_;
        detail::correlation s = correlation_of(p);
        const std::span<T> strip = take(memory.scratch, strip_size(p, s));
        const std::span<T> sums = take(memory.scratch, s.a_count * s.b * 9 * line);
        const std::size_t at_once = s.a_count;
        for (s.a_first = 0; s.a_first < s.a; s.a_first += at_once) {
            s.a_count = (std::min)(at_once, s.a - s.a_first);
            clear_borders(p, strip);
            for (std::size_t n = 0; n < x.extents()[0]; ++n) {
                if (n % images_per_sum == 0) std::memset(sums.data(), 0, sums.size_bytes());
                const T* own_x = x.data() + n * in_ * plane;
                const T* own_dy = dy.data() + n * out_ * plane;
                detail::correlate<T>(p, s, flipped ? own_dy : own_x, flipped ? own_x : own_dy, strip.data() + line,
                                     sums.data(), memory.isa);
                if (bias_ && s.a_first == 0)
                    detail::add_plane_sums<T>(own_dy, out_, plane, dw + weight_count(), memory.isa);
                if ((n + 1) % images_per_sum != 0 && n + 1 < x.extents()[0]) continue;
                detail::add_taps<T>(s, sums.data(), dw, flipped ? 9 * s.b : std::size_t{9},
                                    flipped ? std::size_t{9} : 9 * s.a, flipped, memory.isa);
            }
        }
    }

    static constexpr std::size_t strip_pixels = 1100;  // of a plane: three and two more fit a cache of the first level
    static constexpr std::size_t most_sums = std::size_t{1} << 17;
    static constexpr std::size_t images_per_sum = 16;  // sums of more would lose digits

    std::size_t in_, out_;
    bool bias_;
    std::optional<initialiser> weight_law_, bias_law_;
};

}  // namespace geolip::nn
