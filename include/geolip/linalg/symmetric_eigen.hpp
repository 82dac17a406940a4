// Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT
#pragma once

/// \file
/// `symmetric_eigen`: eigenvalues and eigenvectors of many small symmetric matrices, several in each SIMD register.

#include <algorithm>
#include <cstddef>
#include <memory>
#include <span>
#include <string>

#include "geolip/core/concepts.hpp"
#include "geolip/core/error.hpp"
#include "geolip/simd/functions.hpp"
#include "geolip/simd/vector.hpp"

#define GEOLIP_SIMD_FILE "geolip/linalg/detail/lane_groups.inc"
#include "geolip/simd/foreach_target.inc"

#define GEOLIP_SIMD_FILE "geolip/linalg/detail/symmetric_eigen.inc"
#include "geolip/simd/foreach_target.inc"

namespace geolip {

/// The largest n of `symmetric_eigen` with n known at compile time: its working memory is on the stack.
inline constexpr std::size_t symmetric_eigen_static_limit = 16;

/// Working memory of `symmetric_eigen` with n known at run time. It grows at the first use of an n and is then used
/// again; one per thread.
class symmetric_eigen_workspace {
public:
    /// At least `bytes`, aligned to 64.
    void* room(std::size_t bytes) {
        if (bytes > size_) {
            memory_.reset(new chunk[(bytes + sizeof(chunk) - 1) / sizeof(chunk)]);
            size_ = bytes;
        }
        return memory_.get();
    }

private:
    struct chunk {
        alignas(64) unsigned char bytes[64];
    };
    std::unique_ptr<chunk[]> memory_;
    std::size_t size_ = 0;
};

namespace detail {

/// Bytes of one block's working memory, of the widest registers.
constexpr std::size_t symmetric_eigen_bytes(std::size_t n) { return 128 * (n * n + n * (n + 1) / 2 + 4 * n); }

/// Matrices in one block: two registers of lanes.
template <class T>
std::size_t symmetric_eigen_block_size(isa level) {
    switch (resolve_isa(level)) {
        case isa::avx512: return 128 / sizeof(T);
        case isa::avx2: return 64 / sizeof(T);
        default: return 32 / sizeof(T);
    }
}

template <int N, class T, bool Vectors>
void symmetric_eigen_block(const T* matrices, T* values, T* vectors, int count, int n, void* room, isa level) {
    GEOLIP_SIMD_CALL(level, symmetric_eigen_block<N, T, Vectors>(matrices, values, vectors, count, n, room));
}

template <int N, class T>
void symmetric_eigen(std::size_t n, std::span<const T> matrices, std::span<T> values, std::span<T> vectors, void* room,
                     isa level) {
    const std::size_t count = n == 0 ? 0 : values.size() / n;
    const bool wanted = !vectors.empty();
    if (matrices.size() != count * n * n || values.size() != count * n ||
        (wanted && vectors.size() != matrices.size())) {
        std::string text = "symmetric_eigen: got ";
        text += std::to_string(matrices.size()) + " elements of matrices, " + std::to_string(values.size()) +
                " values and " + std::to_string(vectors.size()) + " elements of vectors for n = " + std::to_string(n);
        text += "; expected count x n x n, count x n, and count x n x n or none";
        raise(shape_error(text));
    }
    const std::size_t step = symmetric_eigen_block_size<T>(level);
    for (std::size_t first = 0; first < count; first += step) {
        const int here = static_cast<int>((std::min)(step, count - first));
        const T* const in = matrices.data() + first * n * n;
        T* const out = values.data() + first * n;
        if (wanted)
            symmetric_eigen_block<N, T, true>(in, out, vectors.data() + first * n * n, here, static_cast<int>(n), room,
                                              level);
        else
            symmetric_eigen_block<N, T, false>(in, out, static_cast<T*>(nullptr), here, static_cast<int>(n), room,
                                               level);
    }
}

}  // namespace detail

/// Eigenvalues and eigenvectors of real symmetric matrices of order N, known at compile time: 1 <= N <= 16.
///
/// `matrices`: count x N x N, row-major, one after the other; only the lower triangle (column <= row) is read.
/// `values`: count x N, ascending. `vectors`: count x N x N, row j of a matrix the unit eigenvector of its value j; an
/// empty span means that they are not wanted, which is 1.3 to 2 times as fast. Sign: the component of largest magnitude
/// is positive, the first of several. Rounding decides which of two equally large ones counts as larger. The outputs
/// may not overlap the input.
///
/// Accuracy, as LAPACK's tests measure it: |A v - value v| <= 30 N eps |A| and |V'V - I| <= 30 N eps, eps the distance
/// from 1 to the next number. Values are accurate to the same fraction of the largest one, so a
/// small eigenvalue of a matrix with large ones has a large relative error. Scaling a matrix by a power of two scales
/// its values by it and leaves the vectors the same bits, as long as nothing is subnormal. A matrix with NaN or
/// infinity in its lower triangle gets NaN throughout, and the others are not affected. An empty batch is fine.
///
/// Deterministic: a matrix gets the same bits at one level of instructions whatever its place and its neighbours.
/// Nothing is allocated. Throws `shape_error` where the sizes do not fit. Householder tridiagonalisation and the
/// implicit QL iteration with Wilkinson's shift: G. H. Golub, C. F. Van Loan, Matrix Computations, 4th ed.,
/// section 8.3.
template <std::size_t N, measured_scalar T>
void symmetric_eigen(std::span<const T> matrices, std::span<T> values, std::span<T> vectors,
                     isa level = isa::automatic) {
    static_assert(N >= 1 && N <= symmetric_eigen_static_limit,
                  "symmetric_eigen<N> is for 1 <= N <= 16; give larger n at run time, with a workspace");
    detail::symmetric_eigen<static_cast<int>(N), T>(N, matrices, values, vectors, nullptr, level);
}

/// The same with n known at run time, 1 <= n <= 8192. The workspace allocates about 192 n^2 bytes at the first use of
/// an n.
template <measured_scalar T>
void symmetric_eigen(std::size_t n, std::span<const T> matrices, std::span<T> values, std::span<T> vectors,
                     symmetric_eigen_workspace& workspace, isa level = isa::automatic) {
    if (n < 1 || n > 8192)
        detail::raise(shape_error("symmetric_eigen: got n = " + std::to_string(n) + "; expected 1 <= n <= 8192"));
    detail::symmetric_eigen<0, T>(n, matrices, values, vectors, workspace.room(detail::symmetric_eigen_bytes(n)),
                                  level);
}

}  // namespace geolip
