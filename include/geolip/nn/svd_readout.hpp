// Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT
#pragma once

/// \file
/// `svd_readout`: the singular value decomposition of the matrix that a patch was encoded to, its singular values seen
/// and scaled by a module, and the matrix put together again.

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <new>
#include <span>
#include <string>
#include <type_traits>
#include <utility>

#include "geolip/linalg/symmetric_eigen.hpp"
#include "geolip/nn/gemm.hpp"
#include "geolip/nn/module.hpp"
#include "geolip/simd/vector.hpp"

#define GEOLIP_SIMD_FILE "geolip/nn/detail/readout_rows.inc"
#include "geolip/simd/foreach_target.inc"

#define GEOLIP_SIMD_FILE "geolip/nn/detail/svd_readout.inc"
#include "geolip/simd/foreach_target.inc"

namespace geolip::nn {
namespace detail {

// One call a register of patches.
template <class T>
void readout_gram(const T* m, int rows, int dim, int count, double shift, double* gram, void* room, isa level) {
    GEOLIP_SIMD_CALL(level, readout_gram<T>(m, rows, dim, count, shift, gram, room));
}
template <class T>
void readout_apply(const T* m, const T* vectors, const T* s, const T* s_out, int rows, int dim, int count, T* out,
                   void* room, isa level) {
    GEOLIP_SIMD_CALL(level, readout_apply<T>(m, vectors, s, s_out, rows, dim, count, out, room));
}
template <class T>
void readout_pull(const T* m, const T* dout, const T* vectors, const T* s, int rows, int dim, int count, T* pulls,
                  T* ds_out, void* room, isa level) {
    GEOLIP_SIMD_CALL(level, readout_pull<T>(m, dout, vectors, s, rows, dim, count, pulls, ds_out, room));
}
template <class T>
void readout_push(const T* m, const T* dout, const T* vectors, const T* s, const T* s_out, const T* high, const T* low,
                  const T* ds, const T* pulls, int rows, int dim, int count, T threshold, T floor, T* dm, void* room,
                  isa level) {
    GEOLIP_SIMD_CALL(level, readout_push<T>(m, dout, vectors, s, s_out, high, low, ds, pulls, rows, dim, count,
                                            threshold, floor, dm, room));
}

/// Eigenvalues and vectors of a few matrices, with the tuned orders as constants.
inline void readout_eigen(const double* gram, double* values, double* vectors, int count, int dim, void* room,
                          isa level) {
    switch (dim) {
        case 4:
            return geolip::detail::symmetric_eigen_block<4, double, true>(gram, values, vectors, count, 4, room, level);
        case 8:
            return geolip::detail::symmetric_eigen_block<8, double, true>(gram, values, vectors, count, 8, room, level);
        case 16:
            return geolip::detail::symmetric_eigen_block<16, double, true>(gram, values, vectors, count, 16, room,
                                                                           level);
        default:
            return geolip::detail::symmetric_eigen_block<0, double, true>(gram, values, vectors, count, dim, room,
                                                                          level);
    }
}

template <class T>
std::size_t readout_lanes(isa level) {
    return geolip::detail::symmetric_eigen_block_size<T>(level) / 2;
}

}  // namespace detail

/// Every patch is a matrix M of `rows` x `dim`. With G = M'M + 1e-12 I, in double precision, G v_j = l_j v_j, l
/// descending, s_j = sqrt(max(l_j, 1e-24)) and s' what `Modes` makes of the s of an image's patches,
///
///     y = M Σ_j (s'_j / s_j) v_j v_j',
///
/// which is U diag(s') V' with U = M V / s: (batch, patches, rows dim) to the same. U is never formed. Without change
/// of the singular values y is M, to rounding. `Modes` maps (batch, patches, dim) to the same, such as
/// `repeat<spectral_attention<T>>`; the parameters are its own.
///
/// Gradient: that of the formula, exactly as automatic differentiation gives it, where the eigenvalues of a patch are
/// further apart than `gap_threshold` l_0. For a closer pair, at which the map itself jumps if its modes are scaled
/// differently, the quotient 1 / d, d the gap relative to l_0, is replaced by d / (d² + gap_threshold²): it stays
/// finite. `close_pairs` counts them. An eigenvalue of at most 1e-24 does not move its s.
///
/// Accuracy: products with M are summed in T in the order of its rows; Gram matrix and decomposition are in double
/// precision whatever T is. The eigenvectors' signs do not matter. dim may be anything from 1 to 8192, and is fast for
/// 4, 8 and 16. M with an element that is not finite gives NaN for its patch. Deterministic: a patch's bits do not
/// depend on its place in the batch, but through `Modes`.
template <measured_scalar T, module Modes>
class svd_readout {
public:
    using scalar_type = T;
    using modes_type = Modes;
    static_assert(std::same_as<typename Modes::scalar_type, T> && std::same_as<input_t<Modes>, T>,
                  "geolip::nn::svd_readout<T, Modes>: Modes must compute in T");
    static constexpr bool reads_output = false;
    static constexpr double gap_threshold = 1e-7;
    static constexpr double shift = 1e-12;     ///< added to the eigenvalues
    static constexpr double smallest = 1e-24;  ///< of an eigenvalue, when its root is taken

    /// \throws shape_error for a size of 0, or a dim above 8192
    svd_readout(std::size_t rows, std::size_t dim, Modes modes) : rows_(rows), dim_(dim), modes_(std::move(modes)) {
        if (rows == 0 || dim == 0 || dim > 8192 || rows > (std::size_t{1} << 30) / dim)
            geolip::detail::raise(
                shape_error("svd_readout: matrices of " + std::to_string(rows) + " x " + std::to_string(dim) +
                            "; expected at least 1 row and 1 to 8192 columns, 2^30 elements at most"));
    }

    constexpr std::size_t rows() const { return rows_; }
    constexpr std::size_t dim() const { return dim_; }
    constexpr const Modes& modes() const { return modes_; }

    shape output_shape(const shape& x) const {
        if (x.rank() != 3 || x[2] != rows_ * dim_)
            detail::wrong_shape("svd_readout", x,
                                "batch x patches x " + std::to_string(rows_) + "*" + std::to_string(dim_));
        const shape s = mode_shape(x);
        const shape t = nn::output_shape(modes_, s);
        if (t != s) detail::wrong_shape("svd_readout", s, "modes that keep their shape, not " + to_string(t));
        return x;
    }
    template <class Visit>
    void visit_parameters(Visit&& visit) const {
        nn::visit_parameters(modes_, visit);
    }
    constexpr std::size_t parameter_count() const { return nn::parameter_count(modes_); }
    std::size_t kept_size(const shape& x) const {
        const std::size_t values = padded<T>(x.rows() * dim_);
        return 4 * values + padded<T>(x.rows() * dim_ * dim_) + nn::kept_size(modes_, mode_shape(x));
    }
    std::size_t scratch_size(const shape& x) const {
        const std::size_t values = padded<T>(x.rows() * dim_);
        const std::size_t forward = room_size() + decomposition_size();
        const std::size_t backward = room_size() + pulls_size(x.rows()) + 2 * values;
        return (std::max)({forward, backward, backward - room_size() + nn::scratch_size(modes_, mode_shape(x)),
                           nn::scratch_size(modes_, mode_shape(x))});
    }

    void forward(std::span<const T> w, tensor_view<const T> x, tensor_view<T> y, workspace<T> memory) const {
        detail::require_forward(*this, "svd_readout", w, x.extents(), y.extents(), memory);
        const results<T> k = results_in(x.extents(), memory.kept);
        decompose(x, k, memory);
        modes_.forward(w, {k.s.data(), mode_shape(x.extents())}, {k.s_out.data(), mode_shape(x.extents())},
                       {k.modes, memory.scratch, memory.isa});
        std::span<T> scratch = memory.scratch;
        void* const room = take(scratch, room_size()).data();
        each_block(x.extents().rows(), memory.isa, [&](std::size_t first, int count) {
            detail::readout_apply<T>(x.data() + first * patch(), k.vectors.data() + first * dim_ * dim_,
                                     k.s.data() + first * dim_, k.s_out.data() + first * dim_, int_rows(), int_dim(),
                                     count, y.data() + first * patch(), room, memory.isa);
        });
    }
    void backward(std::span<const T> w, tensor_view<const T> x, tensor_view<const T>, tensor_view<const T> dy,
                  tensor_view<T> dx, std::span<T> dw, workspace<T> memory) const {
        detail::require_backward(*this, "svd_readout", x.extents(), dy.extents(), dx, dw);
        const results<T> k = results_in(x.extents(), memory.kept);
        const std::size_t count_of_all = x.extents().rows();
        const shape s = mode_shape(x.extents());
        std::span<T> scratch = memory.scratch;
        T* const pulls = take(scratch, pulls_size(count_of_all)).data();
        T* const ds_out = take(scratch, count_of_all * dim_).data();
        T* const ds = take(scratch, count_of_all * dim_).data();
        void* const room = scratch.data();
        each_block(count_of_all, memory.isa, [&](std::size_t first, int count) {
            detail::readout_pull<T>(x.data() + first * patch(), dy.data() + first * patch(),
                                    k.vectors.data() + first * dim_ * dim_, k.s.data() + first * dim_, int_rows(),
                                    int_dim(), count, pulls + first * square(), ds_out + first * dim_, room,
                                    memory.isa);
        });
        modes_.backward(w, {k.s.data(), s}, {k.s_out.data(), s}, {ds_out, s},
                        dx ? tensor_view<T>(ds, s) : tensor_view<T>(), dw, {k.modes, scratch, memory.isa});
        if (!dx) return;
        each_block(count_of_all, memory.isa, [&](std::size_t first, int count) {
            detail::readout_push<T>(
                x.data() + first * patch(), dy.data() + first * patch(), k.vectors.data() + first * dim_ * dim_,
                k.s.data() + first * dim_, k.s_out.data() + first * dim_, k.high.data() + first * dim_,
                k.low.data() + first * dim_, ds + first * dim_, pulls + first * square(), int_rows(), int_dim(), count,
                static_cast<T>(gap_threshold), static_cast<T>(smallest), dx.data() + first * patch(), room, memory.isa);
        });
    }

    /// s, descending, of the last forward pass of an input of shape `x` with this `kept` memory: (batch, patches, dim).
    tensor_view<const T> singular_values(const shape& x, std::span<const T> kept) const {
        return {results_in(x, kept).s.data(), mode_shape(x)};
    }
    /// s', what the modes made of them.
    tensor_view<const T> scaled_values(const shape& x, std::span<const T> kept) const {
        return {results_in(x, kept).s_out.data(), mode_shape(x)};
    }
    /// V': (batch, patches, dim, dim), row j the right singular vector of s_j.
    tensor_view<const T> right_vectors(const shape& x, std::span<const T> kept) const {
        return {results_in(x, kept).vectors.data(), mode_shape(x).with_axis(dim_)};
    }
    /// Pairs of eigenvalues of a patch that are not further apart than `gap_threshold` times its largest one.
    std::size_t close_pairs(const shape& x, std::span<const T> kept) const {
        const results<const T> k = results_in(x, kept);
        const auto value = [&](std::size_t i) {
            return static_cast<double>(k.high[i]) + static_cast<double>(k.low[i]);
        };
        std::size_t count = 0;
        for (std::size_t first = 0; first < x.rows() * dim_; first += dim_)
            for (std::size_t i = first; i < first + dim_; ++i)
                for (std::size_t j = i + 1; j < first + dim_; ++j)
                    if (!(value(i) - value(j) > gap_threshold * value(first)))
                        ++count;
                    else
                        break;
        return count;
    }
    /// What `Modes` keeps.
    template <class U>
    std::span<U> modes_kept(const shape& x, std::span<U> kept) const {
        return results_in(x, kept).modes;
    }
    /// (batch, patches, dim) for an input of shape `x`.
    shape mode_shape(const shape& x) const { return x.with_back(dim_); }

private:
    template <class U>
    struct results {
        std::span<U> s, s_out, high, low, vectors, modes;
    };
    template <class U>
    results<U> results_in(const shape& x, std::span<U> kept) const {
        const std::size_t values = x.rows() * dim_;
        const auto next = [&](std::size_t count) {
            const std::span<U> part = kept.first(count);
            kept = kept.subspan(padded<T>(count));
            return part;
        };
        results<U> k;
        k.s = next(values);
        k.s_out = next(values);
        k.high = next(values);
        k.low = next(values);
        k.vectors = next(values * dim_);
        k.modes = kept;
        return k;
    }

    std::size_t patch() const { return rows_ * dim_; }
    std::size_t square() const { return (dim_ + 3) / 4 * 4 * ((dim_ + 3) / 4 * 4); }
    int int_rows() const { return static_cast<int>(rows_); }
    int int_dim() const { return static_cast<int>(dim_); }
    // In T, the kernels' memory in the widest registers.
    std::size_t room_size() const {
        return static_cast<std::size_t>(simd::baseline::readout::room(int_dim())) * workspace<T>::alignment;
    }
    std::size_t pulls_size(std::size_t patches) const { return (patches + workspace<T>::alignment) * square(); }
    // Gram matrices, eigenvalues and eigenvectors of a block, and memory of the eigensolver.
    static constexpr std::size_t block = 16;
    std::size_t decomposition_size() const {
        const std::size_t doubles = block * (2 * dim_ * dim_ + dim_);
        const bool on_stack = dim_ == 4 || dim_ == 8 || dim_ == 16;  // see readout_eigen
        const std::size_t solver = on_stack ? 0 : geolip::detail::symmetric_eigen_bytes(dim_);
        return padded<T>((doubles * sizeof(double) + solver) / sizeof(T)) + workspace<T>::alignment;
    }

    // `call(first, count)` for every register of patches.
    template <class Call>
    static void each_block(std::size_t patches, isa level, Call&& call) {
        const std::size_t lanes = detail::readout_lanes<T>(level);
        for (std::size_t first = 0; first < patches; first += lanes)
            call(first, static_cast<int>((std::min)(lanes, patches - first)));
    }

    void decompose(tensor_view<const T> x, const results<T>& k, const workspace<T>& memory) const {
        std::span<T> scratch = memory.scratch;
        void* const room = take(scratch, room_size()).data();
        const std::size_t size = dim_ * dim_;
        double* const gram = ::new (static_cast<void*>(scratch.data())) double[block * (2 * size + dim_)];
        double* const vectors = gram + block * size;
        double* const values = vectors + block * size;
        void* const solver = values + block * dim_;
        const std::size_t lanes = detail::readout_lanes<T>(memory.isa);
        const std::size_t step = geolip::detail::symmetric_eigen_block_size<double>(memory.isa);
        const std::size_t patches = x.extents().rows();
        for (std::size_t first = 0; first < patches; first += block) {
            const std::size_t here = (std::min)(block, patches - first);
            for (std::size_t i = 0; i < here; i += lanes)
                detail::readout_gram<T>(x.data() + (first + i) * patch(), int_rows(), int_dim(),
                                        static_cast<int>((std::min)(lanes, here - i)), shift, gram + i * size, room,
                                        memory.isa);
            for (std::size_t i = 0; i < here; i += step)
                detail::readout_eigen(gram + i * size, values + i * dim_, vectors + i * size,
                                      static_cast<int>((std::min)(step, here - i)), int_dim(), solver, memory.isa);
            for (std::size_t i = 0; i < here * dim_; ++i) {
                // Descending.
                const std::size_t to = i / dim_ * dim_ + dim_ - 1 - i % dim_ + first * dim_;
                const double value = values[i];
                k.s[to] = static_cast<T>(std::sqrt(value > smallest || value != value ? value : smallest));
                k.high[to] = static_cast<T>(value);
                k.low[to] = static_cast<T>(value - static_cast<double>(k.high[to]));
                for (std::size_t c = 0; c < dim_; ++c) k.vectors[to * dim_ + c] = static_cast<T>(vectors[i * dim_ + c]);
            }
        }
    }

    std::size_t rows_, dim_;
    Modes modes_;
};

}  // namespace geolip::nn
