// Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT
#pragma once

/// \file
/// Eigenvectors of one large symmetric matrix: Eigen's, or with the component `lapack`, which defines
/// GEOLIP_WITH_LAPACK for a whole program, those of LAPACK's dsyevr. Needs Eigen (component `linalg`).

#include <Eigen/Core>
#include <Eigen/Eigenvalues>
#include <limits>

#include "geolip/linalg/detail/dense.hpp"
#if defined(GEOLIP_WITH_LAPACK)
#include <lapacke.h>

#include <vector>
#endif

namespace geolip::detail {

/// Eigenvalues, ascending, and the columns that belong to them, orthonormal, of a symmetric matrix of which the lower
/// triangle is read. NaN where there are none to be had. Three matrices of its size at most.
struct symmetric_vectors {
    Eigen::VectorXd values;
    dense_matrix vectors;

    explicit symmetric_vectors(dense_matrix m) {
#if defined(GEOLIP_WITH_LAPACK)
        const auto n = static_cast<lapack_int>(m.rows());
        values.resize(n);
        vectors.resize(n, n);
        std::vector<lapack_int> support(2 * static_cast<std::size_t>(n) + 2);
        lapack_int found = 0;
        const bool solved = n == 0 || LAPACKE_dsyevr(LAPACK_COL_MAJOR, 'V', 'A', 'L', n, m.data(), n, 0, 0, 0, 0, 0,
                                                     &found, values.data(), vectors.data(), n, support.data()) == 0;
        const bool all = solved && found == n;
#else
        const Eigen::SelfAdjointEigenSolver<dense_matrix> own(m);
        m.resize(0, 0);
        values = own.eigenvalues();
        vectors = own.eigenvectors();
        const bool all = static_cast<int>(own.info()) == 0;  // Success, which X11 defines as a macro
#endif
        if (all) return;
        values.setConstant(std::numeric_limits<double>::quiet_NaN());
        vectors.setConstant(std::numeric_limits<double>::quiet_NaN());
    }
};

}  // namespace geolip::detail
