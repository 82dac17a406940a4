// Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT
#pragma once

/// \file
/// The orthogonal matrix nearest to a square one. Needs Eigen (component `linalg`).

#include <Eigen/Core>
#include <Eigen/Eigenvalues>
#include <Eigen/QR>
#include <algorithm>
#include <cmath>

#include "geolip/linalg/detail/dense.hpp"

namespace geolip::detail {

/// U V' for m = U S V', and the sum of S: the solution of the orthogonal Procrustes problem of m = A'B. Orthogonal to
/// rounding whatever the condition: the left vectors are those of a QR decomposition, directions in descending order.
struct polar_factor {
    dense_matrix rotation;
    double nuclear = 0;

    explicit polar_factor(const dense_matrix& m) {
        const Eigen::SelfAdjointEigenSolver<dense_matrix> own(m.transpose() * m);
        const dense_matrix right = own.eigenvectors().rowwise().reverse();
        const dense_matrix graded = m * right;
        const Eigen::HouseholderQR<dense_matrix> qr(graded);
        dense_matrix left = qr.householderQ();
        for (Eigen::Index j = 0; j < left.cols(); ++j)
            if (qr.matrixQR()(j, j) < 0) left.col(j) = -left.col(j);
        rotation.noalias() = left * right.transpose();
        nuclear = own.eigenvalues().cwiseMax(0.0).cwiseSqrt().sum();
    }
};

}  // namespace geolip::detail
