// Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT
#pragma once

/// \file
/// `procrustes`: how alike two matrices are when one may be rotated, and what chance gives: independent Gaussian
/// matrices, and matrices with these very spectra whose directions are random. Needs Eigen (component `linalg`).

#include <Eigen/Core>
#include <Eigen/Eigenvalues>
#include <Eigen/QR>
#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "geolip/core/concepts.hpp"
#include "geolip/core/error.hpp"
#include "geolip/core/estimate.hpp"
#include "geolip/core/matrix_view.hpp"
#include "geolip/core/size_text.hpp"
#include "geolip/linalg/detail/dense.hpp"
#include "geolip/metrics/detail/null_of_readings.hpp"

namespace geolip {

/// Two matrices of one shape, B turned by the orthogonal R that brings it nearest to A in the Frobenius norm.
struct procrustes_reading {
    undefined_reason reason = undefined_reason::none;  ///< why there are no figures
    std::optional<double> cosine_before;               ///< <A, B> / (|A| |B|)
    std::optional<double> cosine;                      ///< <A, B R> / (|A| |B|) = |B'A|_* / (|A| |B|), from 0 to 1
    /// |A/|A| - B R/|B|| = √(2 - 2 cosine): 0 for B a rotation of A, √2 at most.
    std::optional<double> residual;
    /// cosine - cosine_before.
    std::optional<double> gain;
    /// |R - I| / √(2m), if asked for: 0 where nothing is turned, √2 for R = -I; a uniformly random R has 1 ± 1/(2m).
    /// Empty where R is not unique: for fewer rows than columns.
    std::optional<double> rotation;
};

namespace detail {

/// The sum of the singular values of B'A, A and B both n x m: by the eigenvalues of a matrix of order min(n, m).
inline double nuclear_product(const dense_matrix& a, const dense_matrix& b) {
    dense_matrix square;
    if (a.cols() <= a.rows()) {
        const dense_matrix product = b.transpose() * a;
        square = product.transpose() * product;
    } else {
        // The squares are the eigenvalues of A A' B B', so of F' B B' F with F F' = A A'.
        const Eigen::SelfAdjointEigenSolver<dense_matrix> own(a * a.transpose());
        const dense_matrix factor = own.eigenvectors() * own.eigenvalues().cwiseMax(0.0).cwiseSqrt().asDiagonal();
        const dense_matrix half = b.transpose() * factor;
        square = half.transpose() * half;
    }
    return Eigen::SelfAdjointEigenSolver<dense_matrix>(square, Eigen::EigenvaluesOnly)
        .eigenvalues()
        .cwiseMax(0.0)
        .cwiseSqrt()
        .sum();
}

/// The same of a x b with rows >= cols, and the trace of the rotation: of the polar factor of B'A.
struct nuclear_and_trace {
    double nuclear = 0, trace = 0;
};
inline nuclear_and_trace nuclear_product_and_trace(const dense_matrix& a, const dense_matrix& b) {
    const dense_matrix product = b.transpose() * a;
    const dense_matrix square = product.transpose() * product;
    const Eigen::SelfAdjointEigenSolver<dense_matrix> own(square);
    const dense_matrix turned = product * own.eigenvectors();  // left singular vectors times singular values
    nuclear_and_trace r;
    for (Eigen::Index i = 0; i < square.cols(); ++i) {
        const double value = std::sqrt((std::max)(own.eigenvalues()[i], 0.0));
        r.nuclear += value;
        if (value > 0) r.trace += std::clamp(turned.col(i).dot(own.eigenvectors().col(i)) / value, -1.0, 1.0);
    }
    return r;
}

/// `cols` <= `rows` orthonormal columns, uniform among all such.
inline dense_matrix random_frame(std::size_t rows, std::size_t cols, random_stream s, isa level) {
    const dense_matrix g = gaussian_matrix(rows, cols, s, level);
    const Eigen::HouseholderQR<dense_matrix> qr(g);
    dense_matrix q = qr.householderQ() * dense_matrix::Identity(g.rows(), g.cols());
    for (Eigen::Index j = 0; j < q.cols(); ++j)  // without the signs the law would not be uniform (F. Mezzadri, 2007)
        if (qr.matrixQR()(j, j) < 0) q.col(j) = -q.col(j);
    return q;
}

}  // namespace detail

/// Alignment of B to A, both n x m, by an orthogonal m x m matrix from the right (P. H. Schönemann, Psychometrika 31
/// (1966) 1). For a rotation from the left give the transposes. Costs products of the sizes and an eigenproblem of
/// order min(n, m) in double precision; the cosine is accurate to about min(n, m) 1e-8. `with_rotation` asks for
/// `rotation` as well, at the cost of the eigenvectors; directions below 1e-8 of B'A's largest singular value leave it
/// uncertain by 1/m each. \throws shape_error unless the shapes are equal and not empty
template <measured_scalar T>
procrustes_reading procrustes(matrix_view<const T> a, matrix_view<const T> b, bool with_rotation = false) {
    if (a.rows() != b.rows() || a.cols() != b.cols() || a.rows() == 0 || a.cols() == 0) {
        detail::raise(shape_error("procrustes: matrices of " + detail::size_text(a) + " and " + detail::size_text(b) +
                                  "; expected one shape, not empty"));
    }
    procrustes_reading r;
    const auto first = detail::scaled_copy(a), second = detail::scaled_copy(b);
    if (!first || !second) {
        r.reason = undefined_reason::nonfinite;
        return r;
    }
    const detail::dense_matrix &left = first->values, &right = second->values;
    const double norms = left.norm() * right.norm();
    if (!(norms > 0)) {
        r.reason = undefined_reason::all_zero;
        return r;
    }
    r.cosine_before = left.cwiseProduct(right).sum() / norms;
    double nuclear = 0;
    if (with_rotation && left.rows() >= left.cols()) {
        const detail::nuclear_and_trace found = detail::nuclear_product_and_trace(left, right);
        nuclear = found.nuclear;
        r.rotation = std::sqrt((std::max)(1 - found.trace / static_cast<double>(left.cols()), 0.0));
    } else {
        nuclear = detail::nuclear_product(left, right);
    }
    r.cosine = (std::min)(nuclear / norms, 1.0);
    r.residual = std::sqrt(2 - 2 * *r.cosine);
    r.gain = *r.cosine - *r.cosine_before;
    return r;
}

/// The cosine after alignment of two independent Gaussian matrices of rows x cols. With `cols` above `rows` the long
/// side is turned, and nearly everything aligns.
inline null_reading procrustes_null(std::size_t rows, std::size_t cols, std::size_t replicates = 32,
                                    std::uint64_t seed = 1, isa level = isa::automatic) {
    std::vector<double> cosines;
    for (std::size_t i = 0; i < replicates && rows > 0 && cols > 0; ++i) {
        const detail::dense_matrix a =
            detail::gaussian_matrix(rows, cols, {seed, (std::uint64_t{25} << 56) | i}, level);
        const detail::dense_matrix b =
            detail::gaussian_matrix(rows, cols, {seed, (std::uint64_t{26} << 56) | i}, level);
        cosines.push_back(detail::nuclear_product(a, b) / (a.norm() * b.norm()));
    }
    return detail::null_of_readings(cosines);
}

/// The same of matrices of rows x cols with the given singular values, min(rows, cols) of each, in random directions:
/// what is left above it is in the directions and not in the spectra.
/// \throws shape_error for another number of singular values
inline null_reading spectrum_matched_procrustes_null(std::span<const double> values_a, std::span<const double> values_b,
                                                     std::size_t rows, std::size_t cols, std::size_t replicates = 32,
                                                     std::uint64_t seed = 1, isa level = isa::automatic) {
    const std::size_t shorter = (std::min)(rows, cols);
    if (values_a.size() != shorter || values_b.size() != shorter)
        detail::raise(shape_error("spectrum_matched_procrustes_null: " + std::to_string(values_a.size()) + " and " +
                                  std::to_string(values_b.size()) + " singular values; expected " +
                                  std::to_string(shorter) + " each"));
    const Eigen::Map<const Eigen::VectorXd> a(values_a.data(), detail::dense_index(shorter));
    const Eigen::Map<const Eigen::VectorXd> b(values_b.data(), detail::dense_index(shorter));
    const double norms = a.norm() * b.norm();
    if (!(norms > 0)) return {};
    // The rotation takes care of the right directions; the left ones are frames of the rows, of which only the angles
    // between the two matter.
    std::vector<double> cosines;
    for (std::size_t i = 0; i < replicates; ++i) {
        const detail::dense_matrix frame =
            detail::random_frame(rows, shorter, {seed, (std::uint64_t{27} << 56) | i}, level)
                .topRows(detail::dense_index(shorter));
        const detail::dense_matrix left = frame * a.asDiagonal();
        const detail::dense_matrix right = b.asDiagonal();
        cosines.push_back(detail::nuclear_product(left, right) / norms);
    }
    return detail::null_of_readings(cosines);
}

}  // namespace geolip
