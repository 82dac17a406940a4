// Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT
#pragma once

/// \file
/// `procrustes`: how alike two matrices are when one may be rotated, and what chance gives: independent Gaussian
/// matrices, and matrices with these very spectra whose directions are random. Needs Eigen (component `linalg`).

#include <Eigen/Core>
#include <Eigen/QR>
#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "geolip/core/concepts.hpp"
#include "geolip/core/error.hpp"
#include "geolip/core/estimate.hpp"
#include "geolip/core/matrix_view.hpp"
#include "geolip/core/size_text.hpp"
#include "geolip/linalg/detail/dense.hpp"
#include "geolip/linalg/detail/strips.hpp"
#include "geolip/linalg/detail/symmetric_vectors.hpp"
#include "geolip/linalg/detail/tridiagonal_form.hpp"
#include "geolip/metrics/detail/null_of_readings.hpp"
#include "geolip/nn/gemm.hpp"

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

/// Two matrices of one shape, and what aligns them: products of them, of order min(rows, cols), which are made some
/// rows at a time.
template <class T>
class alignment {
public:
    /// Both divided by powers of two, so that no product leaves the range of double.
    alignment(matrix_view<const T> a, int exponent_a, matrix_view<const T> b, int exponent_b,
              isa level = isa::automatic)
        : wide_(a.rows() < a.cols()), n_((std::min)(a.rows(), a.cols())), level_(level) {
        constexpr std::size_t height = 128;
        if (wide_) a = nn::transposed(a), b = nn::transposed(b);
        product_ = zeros();
        if (wide_) other_ = zeros();
        strips first(a, exponent_a, height), second(b, exponent_b, height);
        std::vector<double> scratch(nn::gemm_scratch_size<double>(n_, height, n_));
        for (std::size_t i = 0; i < a.rows(); i += height) {
            const matrix_view<const double> x = first.read(i), y = second.read(i);
            add_sums(x, y);
            if (wide_) {
                add_to_upper(x, x, view(product_), level_);
                add_to_upper(y, y, view(other_), level_);
            } else {
                nn::gemm<double>(nn::transposed(y), x, view(product_), true, nullptr, scratch, level_);
            }
        }
    }

    double norms() const { return std::sqrt(squares_a_) * std::sqrt(squares_b_); }
    double product() const { return dot_; }  ///< <A, B>

    /// The sum of the singular values of B'A. Once: what it is made of is used up.
    double nuclear() {
        dense_matrix square = wide_ ? wide_square() : square_of_product();
        double sum = 0;
        for (const double value : symmetric_values_in_place(view(square), level_))
            sum += std::sqrt((std::max)(value, 0.0));
        return sum;
    }

    /// The same, and the trace of the rotation, which is the polar factor of B'A; for no fewer rows than columns.
    struct nuclear_and_trace {
        double nuclear = 0, trace = 0;
    };
    nuclear_and_trace turned() {
        const symmetric_vectors own(square_of_product());
        const auto stride = static_cast<std::ptrdiff_t>(n_);
        // Left singular vectors times singular values, some at a time.
        constexpr std::size_t width = 64;
        std::vector<double> left(n_ * width), scratch(nn::gemm_scratch_size<double>(n_, n_, width));
        nuclear_and_trace r;
        for (std::size_t from = 0; from < n_; from += width) {
            const std::size_t here = (std::min)(width, n_ - from);
            const double* const right = own.vectors.data() + from * n_;  // columns one after the other
            const matrix_view<double> lines(left.data(), n_, here);
            nn::gemm<double>(view(product_), {right, n_, here, 1, stride}, lines, false, nullptr, scratch, level_);
            for (std::size_t j = 0; j < here; ++j) {
                const double value = std::sqrt((std::max)(own.values[dense_index(from + j)], 0.0));
                r.nuclear += value;
                double along = 0;
                for (std::size_t i = 0; i < n_; ++i) along += lines(i, j) * right[j * n_ + i];
                if (value > 0) r.trace += std::clamp(along / value, -1.0, 1.0);
            }
        }
        return r;
    }

private:
    // Rows one after the other, whatever Eigen takes them for.
    matrix_view<double> view(dense_matrix& m) const { return {m.data(), n_, n_}; }
    dense_matrix zeros() const { return dense_matrix::Zero(dense_index(n_), dense_index(n_)); }
    void add_sums(matrix_view<const double> x, matrix_view<const double> y) {
        for (std::size_t i = 0; i < x.rows(); ++i)
            for (std::size_t j = 0; j < x.cols(); ++j) {
                squares_a_ += x(i, j) * x(i, j);
                squares_b_ += y(i, j) * y(i, j);
                dot_ += x(i, j) * y(i, j);
            }
    }
    // The upper triangle, which by columns is the lower one.
    dense_matrix square_of_product() {
        dense_matrix square = zeros();
        add_to_upper(view(product_), view(product_), view(square), level_);
        return square;
    }
    // The squares are the eigenvalues of A A' B B', so of F' B B' F with F F' = A A'.
    dense_matrix wide_square() {
        symmetric_vectors own(std::move(product_));
        for (Eigen::Index k = 0; k < own.vectors.cols(); ++k)
            own.vectors.col(k) *= std::sqrt((std::max)(own.values[k], 0.0));
        const matrix_view<const double> factor = view(own.vectors);  // F'
        const matrix_view<double> other = view(other_);
        for (std::size_t i = 0; i < n_; ++i)
            for (std::size_t j = 0; j < i; ++j) other(i, j) = other(j, i);
        dense_matrix half = zeros();
        std::vector<double> scratch(nn::gemm_scratch_size<double>(n_, n_, n_));
        nn::gemm<double>(factor, other, view(half), false, nullptr, scratch, level_);
        nn::gemm<double>(view(half), nn::transposed(factor), other, false, nullptr, scratch, level_);
        return std::move(other_);
    }

    bool wide_;
    std::size_t n_;
    isa level_;
    dense_matrix product_, other_;  // B'A; of fewer rows than columns A A' and B B'
    double squares_a_ = 0, squares_b_ = 0, dot_ = 0;
};

/// Two matrices as they are.
inline alignment<double> alignment_of(const dense_matrix& a, const dense_matrix& b, isa level) {
    const auto view = [](const dense_matrix& m) {
        return matrix_view<const double>(m.data(), static_cast<std::size_t>(m.rows()),
                                         static_cast<std::size_t>(m.cols()), 1, m.rows());
    };
    return {view(a), 0, view(b), 0, level};
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
/// order min(n, m) in double precision; the cosine is accurate to about min(n, m) 1e-8. Memory: three matrices of that
/// order in double precision, and 256 rows. `with_rotation` asks for `rotation` as well, at the cost of the
/// eigenvectors; directions below 1e-8 of B'A's largest singular value leave it uncertain by 1/m each.
/// \throws shape_error unless the shapes are equal and not empty
template <measured_scalar T>
procrustes_reading procrustes(matrix_view<const T> a, matrix_view<const T> b, bool with_rotation = false) {
    if (a.rows() != b.rows() || a.cols() != b.cols() || a.rows() == 0 || a.cols() == 0) {
        detail::raise(shape_error("procrustes: matrices of " + detail::size_text(a) + " and " + detail::size_text(b) +
                                  "; expected one shape, not empty"));
    }
    procrustes_reading r;
    const detail::matrix_range range_a = detail::range_of(a), range_b = detail::range_of(b);
    if (!range_a.finite || !range_b.finite) {
        r.reason = undefined_reason::nonfinite;
        return r;
    }
    if (range_a.zero || range_b.zero) {
        r.reason = undefined_reason::all_zero;
        return r;
    }
    detail::alignment<T> both(a, range_a.exponent, b, range_b.exponent);
    const double norms = both.norms();
    r.cosine_before = std::clamp(both.product() / norms, -1.0, 1.0);
    double nuclear = 0;
    if (with_rotation && a.rows() >= a.cols()) {
        const auto found = both.turned();
        nuclear = found.nuclear;
        r.rotation = std::sqrt((std::max)(1 - found.trace / static_cast<double>(a.cols()), 0.0));
    } else {
        nuclear = both.nuclear();
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
        detail::alignment<double> both = detail::alignment_of(a, b, level);
        cosines.push_back(both.nuclear() / both.norms());
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
        cosines.push_back(detail::alignment_of(left, right, level).nuclear() / norms);
    }
    return detail::null_of_readings(cosines);
}

}  // namespace geolip
