// Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT
#pragma once

/// \file
/// The orthogonal matrix nearest to a square one. Needs Eigen (component `linalg`).

#include <Eigen/Core>
#include <Eigen/QR>
#include <algorithm>
#include <cmath>

#include "geolip/linalg/detail/dense.hpp"
#include "geolip/linalg/detail/symmetric_vectors.hpp"

namespace geolip::detail {

/// U V' for m = U S V', and the sum of S: the solution of the orthogonal Procrustes problem of m = A'B. Orthogonal to
/// rounding whatever the condition: the left vectors are those of a QR decomposition, directions in descending order.
struct polar_factor {
    dense_matrix rotation;
    double nuclear = 0;

    explicit polar_factor(const dense_matrix& m) {
        {
            const symmetric_vectors own(m.transpose() * m);
            rotation = own.vectors.rowwise().reverse();
            nuclear = own.values.cwiseMax(0.0).cwiseSqrt().sum();
        }
        dense_matrix graded = m * rotation;
        const Eigen::HouseholderQR<Eigen::Ref<dense_matrix>> qr(graded);
        rotation.transposeInPlace();
        for (Eigen::Index j = 0; j < rotation.rows(); ++j)
            if (graded(j, j) < 0) rotation.row(j) = -rotation.row(j);
        rotation.applyOnTheLeft(qr.householderQ());
    }
};

}  // namespace geolip::detail
