// Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT
#pragma once

/// \file
/// `tridiagonal_eigenvalues`: the eigenvalues of many symmetric tridiagonal matrices, several in each SIMD register.

#include <algorithm>
#include <cstddef>
#include <span>
#include <string>

#include "geolip/core/concepts.hpp"
#include "geolip/core/error.hpp"
#include "geolip/linalg/symmetric_eigen.hpp"

namespace geolip {
namespace detail {

template <class T>
void tridiagonal_values_block(const T* diagonals, const T* beside, T* values, int count, int n, void* room, isa level) {
    GEOLIP_SIMD_CALL(level, tridiagonal_values_block<T>(diagonals, beside, values, count, n, room));
}

}  // namespace detail

/// Eigenvalues of symmetric tridiagonal matrices of order n, 1 <= n <= 65536.
///
/// `diagonals`: count x n, one matrix after the other. `beside`: count x (n - 1), what couples element i to i + 1.
/// `values`: count x n, ascending; may not overlap the others. The workspace allocates 256 n bytes at the first use of
/// an n. About 2 n^2 steps of the implicit QL iteration for as many matrices as two registers have lanes (16 in
/// double with AVX-512), so that 16 cost as much as one.
///
/// Each value is within 30 n eps of the largest magnitude among them, eps the distance from 1 to the next number. A
/// matrix with an element that is not finite gets NaN throughout. Deterministic: at one level of instructions a matrix
/// gets the same bits whatever its place and its neighbours. \throws shape_error where the sizes do not fit
template <measured_scalar T>
void tridiagonal_eigenvalues(std::size_t n, std::span<const T> diagonals, std::span<const T> beside,
                             std::span<T> values, symmetric_eigen_workspace& workspace, isa level = isa::automatic) {
    const std::size_t count = n == 0 ? 0 : values.size() / n;
    if (n < 1 || n > 65536 || values.size() != count * n || diagonals.size() != count * n ||
        beside.size() != count * (n - 1)) {
        std::string text = "tridiagonal_eigenvalues: got ";
        text += std::to_string(diagonals.size()) + " elements of diagonals, " + std::to_string(beside.size()) +
                " beside them and " + std::to_string(values.size()) + " values for n = " + std::to_string(n) +
                "; expected count x n, count x (n - 1) and count x n with 1 <= n <= 65536";
        detail::raise(shape_error(text));
    }
    void* const room = workspace.room(2 * 128 * n);
    const std::size_t step = detail::symmetric_eigen_block_size<T>(level);
    for (std::size_t first = 0; first < count; first += step) {
        const std::size_t here = (std::min)(step, count - first);
        T* const out = values.data() + first * n;
        detail::tridiagonal_values_block<T>(diagonals.data() + first * n, beside.data() + first * (n - 1), out,
                                            static_cast<int>(here), static_cast<int>(n), room, level);
        // All values of a matrix are numbers, or none is, which is an order too.
        for (std::size_t m = 0; m < here; ++m) std::sort(out + m * n, out + (m + 1) * n);
    }
}

}  // namespace geolip
