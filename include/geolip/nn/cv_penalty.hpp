// Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT
#pragma once

/// \file
/// `cv_penalty`: a loss that pulls the CV of the volumes among the rows of a matrix to a target.

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "geolip/backend/cpu.hpp"
#include "geolip/core/error.hpp"
#include "geolip/core/matrix_view.hpp"
#include "geolip/core/size_text.hpp"
#include "geolip/metrics/validity.hpp"
#include "geolip/metrics/volume_cv.hpp"
#include "geolip/nn/detail/elementwise.hpp"

namespace geolip::nn {

/// What a `cv_penalty` added to a loss.
struct cv_penalty_value {
    double loss = 0;           ///< weight (CV - target)^2; 0 where CV is undefined
    std::optional<double> cv;  ///< empty where it is undefined: nothing was penalised
};

/// weight (CV - target)^2, CV that of the volumes of random simplices among the rows of a matrix (`volume_cv`), as a
/// loss with a gradient. `K`, `T`, `Validity` as of `volume_cv`; `metric` says how many samples, and of which seed and
/// stream: change the stream from step to step to draw others.
///
/// The gradient is that of the value with the samples held fixed, and which of them count; relative accuracy as of V,
/// eps_T for well-shaped simplices. Where CV is undefined (`volume_cv` says when), or has no slope, nothing is added.
template <int K, measured_scalar T, validity_policy Validity = scale_invariant>
struct cv_penalty {
    using metric_type = volume_cv<K, T, cpu, Validity>;

    /// Memory of a call, owned by the caller, one a thread; it grows at the first call of a shape.
    struct workspace {
        typename metric_type::workspace metric;
        std::vector<T> gradient;
    };

    double target = 0;
    double weight = 1;
    metric_type metric = {};

    /// The penalty of `rows`, whose gradient is added to `gradient`, a contiguous matrix of the same shape (a view of
    /// nothing if it is not wanted). The same bits for the same arguments, at one instruction-set level.
    /// \throws shape_error if the shapes differ, and what `volume_cv` throws
    cv_penalty_value operator()(matrix_view<const T> rows, matrix_view<T> gradient, workspace& memory) const {
        cv_penalty_value result;
        const bool wanted = gradient.data() != nullptr;
        if (wanted && (gradient.rows() != rows.rows() || gradient.cols() != rows.cols() || gradient.col_stride() != 1))
            geolip::detail::raise(shape_error("cv_penalty: a gradient of " + geolip::detail::size_text(gradient) +
                                              " for a matrix of " + geolip::detail::size_text(rows) +
                                              "; expected equal shapes and contiguous rows"));
        if (wanted) {
            memory.gradient.resize(rows.rows() * rows.cols());
            result.cv = metric.value_and_gradient(
                rows, matrix_view<T>(memory.gradient.data(), rows.rows(), rows.cols()), memory.metric);
        } else {
            result.cv = metric.value(rows, memory.metric);
        }
        if (!result.cv) return result;
        const double excess = *result.cv - target;
        result.loss = weight * excess * excess;
        const T slope = static_cast<T>(2 * weight * excess);
        for (std::size_t i = 0; wanted && i < rows.rows(); ++i)
            detail::add_scaled(&gradient(i, 0), memory.gradient.data() + i * rows.cols(), slope, rows.cols(),
                               metric.backend.isa);
        return result;
    }
};

}  // namespace geolip::nn
