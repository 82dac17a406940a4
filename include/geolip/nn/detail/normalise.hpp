// Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT
#pragma once

/// \file
/// The kernels behind layer_norm, rms_norm and the row normalisations, at the level asked for. See normalise.inc.

#include <cstddef>

#include "geolip/nn/detail/rows.hpp"
#include "geolip/simd/isa.hpp"

namespace geolip::nn::detail {

/// y = (x - m) s for every row, with
///   layer_norm: m the mean, s = 1 / sqrt(variance + epsilon);
///   rms:        m = 0, s = 1 / sqrt(mean of squares + epsilon);
///   sphere:     m = 0, s = 1 / max(norm, epsilon).
enum class row_rule { layer_norm, rms, sphere };

/// Rows of `length` elements. `weight` (may be null) multiplies y, `bias` (may be null) is added; `mean` (layer_norm
/// only) and `scale` take m and s of each row.
template <class T>
struct normalise_forward {
    const T* x;
    T* y;
    const T* weight;
    const T* bias;
    T* mean;
    T* scale;
    std::size_t rows, length;
    T epsilon;
};
/// `dx` (may be null) is set; `dweight` and `dbias` (may be null) are added to.
template <class T>
struct normalise_backward {
    const T* x;
    const T* dy;
    T* dx;
    const T* weight;
    T* dweight;
    T* dbias;
    const T* mean;
    const T* scale;
    std::size_t rows, length;
    T epsilon;
};

}  // namespace geolip::nn::detail

#define GEOLIP_SIMD_FILE "geolip/nn/detail/normalise.inc"
#include "geolip/simd/foreach_target.inc"

namespace geolip::nn::detail {

template <row_rule Rule, class T>
void normalise_rows(const normalise_forward<T>& p, isa level) {
    GEOLIP_SIMD_CALL(level, normalise_rows<Rule, T>(p));
}
template <row_rule Rule, class T>
void normalise_rows_gradient(const normalise_backward<T>& p, isa level) {
    GEOLIP_SIMD_CALL(level, normalise_rows_gradient<Rule, T>(p));
}

}  // namespace geolip::nn::detail
