// Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT
#pragma once

/// \file
/// The steps of `embedding_projection`. Needs Eigen (component `linalg`).

#include <Eigen/Core>
#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <numeric>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "geolip/core/finite.hpp"
#include "geolip/core/matrix_view.hpp"
#include "geolip/linalg/detail/dense.hpp"
#include "geolip/linalg/detail/polar.hpp"
#include "geolip/linalg/detail/symmetric_vectors.hpp"
#include "geolip/metrics/detail/pearson.hpp"
#include "geolip/metrics/row_agreement.hpp"
#include "geolip/nn/gemm.hpp"
#include "geolip/random/subset.hpp"

namespace geolip::detail {

/// The numbers 0 … count - 1 in random order.
inline std::vector<std::size_t> permutation(std::size_t count, random_stream s) {
    std::vector<std::size_t> order(count);
    std::iota(order.begin(), order.end(), std::size_t{0});
    philox_engine engine(s);
    shuffle_first(std::span(order), count, engine);
    return order;
}

/// Which rows are for training and which for the test.
struct projection_split {
    std::vector<std::size_t> train, test;
    std::size_t nonfinite = 0;

    template <class T>
    projection_split(matrix_view<const T> a, matrix_view<const T> b, std::size_t rows, std::size_t most_train,
                     std::size_t most_test, std::uint64_t seed) {
        const auto is_finite = [](matrix_view<const T> m, std::size_t i) {
            for (std::size_t j = 0; j < m.cols(); ++j)
                if (!finite(static_cast<double>(m(i, j)))) return false;
            return true;
        };
        std::vector<std::size_t> usable;
        for (std::size_t i = 0; i < rows; ++i)
            if (is_finite(a, i) && is_finite(b, i)) usable.push_back(i);
        nonfinite = rows - usable.size();
        if (usable.size() < 6) return;
        // As documented where there are enough, else two of three for training.
        const std::size_t all = usable.size(), wanted = most_train + most_test;
        std::size_t first = most_train, second = most_test;
        if (wanted > all) {
            second = (std::min)(most_test, all / 3);
            first = (std::min)(most_train, all - second);
        }
        if (first < 2 || second < 2) return;
        const std::vector<std::size_t> order = permutation(all, {seed, std::uint64_t{41} << 56});
        for (std::size_t i = 0; i < first + second; ++i) (i < first ? train : test).push_back(usable[order[i]]);
    }
};

/// Rows by number, divided by a power of two so that no product leaves the range of double.
template <class T>
dense_matrix read_rows(matrix_view<const T> m, std::span<const std::size_t> rows, int exponent) {
    dense_matrix out(dense_index(rows.size()), dense_index(m.cols()));
    for (std::size_t i = 0; i < rows.size(); ++i)
        for (std::size_t j = 0; j < m.cols(); ++j)
            out(dense_index(i), dense_index(j)) = std::scalbn(static_cast<double>(m(rows[i], j)), -exponent);
    return out;
}
template <class T>
int exponent_of(matrix_view<const T> m, std::span<const std::size_t> rows) {
    double largest = 0;
    for (const std::size_t i : rows)
        for (std::size_t j = 0; j < m.cols(); ++j)
            largest = (std::max)(largest, std::fabs(static_cast<double>(m(i, j))));
    return largest > 0 ? std::ilogb(largest) : 0;
}
template <class T>
dense_matrix read_rows(matrix_view<const T> m, std::span<const std::size_t> rows) {
    return read_rows(m, rows, exponent_of(m, rows));
}

/// Principal components of both, of which `a` is turned to `b`.
struct projection_data {
    dense_matrix a_train, b_train, a_test, b_test;
    dense_matrix b_rows;  ///< the test rows of b as they are
};

/// One embedding on its principal components.
struct principal_rows {
    Eigen::RowVectorXd mean;
    dense_matrix basis;         ///< width x components
    Eigen::VectorXd variances;  ///< of the components, descending
    dense_matrix train, test;   ///< rows x components
    std::optional<double> kept;
    int exponent = 0;  ///< all but `kept` is divided by 2^exponent

    template <class T>
    principal_rows(matrix_view<const T> m, const projection_split& split, std::size_t components) {
        std::vector<std::size_t> rows = split.train;
        rows.insert(rows.end(), split.test.begin(), split.test.end());
        exponent = exponent_of(m, std::span<const std::size_t>(rows));
        dense_matrix x = read_rows(m, std::span<const std::size_t>(split.train), exponent);
        mean = x.colwise().mean();
        x.rowwise() -= mean;
        dense_matrix covariance = dense_matrix::Zero(x.cols(), x.cols());
        covariance.selfadjointView<Eigen::Lower>().rankUpdate(x.transpose(), 1 / static_cast<double>(x.rows()));
        const symmetric_vectors own(std::move(covariance));
        const Eigen::VectorXd all = own.values.reverse().cwiseMax(0.0);
        const Eigen::Index k = dense_index(components);
        basis = own.vectors.rowwise().reverse().leftCols(k);
        variances = all.head(k);
        if (all.sum() > 0) kept = (std::min)(variances.sum() / all.sum(), 1.0);
        train.noalias() = x * basis;
        x = read_rows(m, std::span<const std::size_t>(split.test), exponent);
        x.rowwise() -= mean;
        test.noalias() = x * basis;
    }
};

struct projection_fit {
    std::size_t components = 0;
    projection_data data;
    /// From the components of b to its rows. `size` is by how much b was scaled more than a.
    struct to_rows {
        dense_matrix basis;
        Eigen::RowVectorXd mean;
        double size = 1;
    } back;
    Eigen::VectorXd variances_a, variances_b;
    std::optional<double> kept_a, kept_b;

    template <class T>
    projection_fit(matrix_view<const T> a, matrix_view<const T> b, const projection_split& split, std::size_t wanted) {
        components = (std::min)(a.cols(), b.cols());
        int exponent = 0;
        if (wanted > 0) components = (std::min)(components, wanted);
        {
            principal_rows own(a, split, components);
            data.a_train = std::move(own.train);
            data.a_test = std::move(own.test);
            variances_a = std::move(own.variances);
            kept_a = own.kept;
            exponent = own.exponent;
        }
        principal_rows own(b, split, components);
        data.b_train = std::move(own.train);
        data.b_test = std::move(own.test);
        variances_b = std::move(own.variances);
        data.b_rows = read_rows(b, std::span<const std::size_t>(split.test), own.exponent);
        back = {std::move(own.basis), std::move(own.mean), std::ldexp(1.0, exponent - own.exponent)};
        kept_b = own.kept;
    }
};

/// What chance gives with these variances: independent Gaussian rows.
inline projection_data gaussian_rows(const projection_fit& fit, const projection_split& split, std::uint64_t seed,
                                     std::size_t replicate, isa level) {
    const auto drawn = [&](std::size_t rows, const Eigen::VectorXd& variances, std::uint64_t stream) {
        dense_matrix m = gaussian_matrix(rows, fit.components, {seed, stream << 56 | replicate}, level);
        for (Eigen::Index j = 0; j < m.cols(); ++j) m.col(j) *= std::sqrt(variances[j]);
        return m;
    };
    return {drawn(split.train.size(), fit.variances_a, 45),
            drawn(split.train.size(), fit.variances_b, 46),
            drawn(split.test.size(), fit.variances_a, 47),
            drawn(split.test.size(), fit.variances_b, 48),
            {}};
}

/// <x, y> of each row, columns one after the other as they lie in memory.
inline Eigen::VectorXd dense_row_products(const dense_matrix& x, const dense_matrix& y) {
    Eigen::VectorXd sums = Eigen::VectorXd::Zero(x.rows());
    for (Eigen::Index j = 0; j < x.cols(); ++j) sums += x.col(j).cwiseProduct(y.col(j));
    return sums;
}

/// Another correspondence of rows: row i of a belongs to row train[i] and test[i] of b.
struct row_order {
    std::vector<std::size_t> train, test;
};

/// Some rows of matrices, by number, one after the other.
class row_strip {
public:
    /// Rows `first` to first + here of m, or those that `order` puts there.
    matrix_view<const double> read(const dense_matrix& m, std::size_t first, std::size_t here,
                                   const std::vector<std::size_t>* order = nullptr) {
        const std::size_t cols = static_cast<std::size_t>(m.cols());
        values_.resize(here * cols);
        for (std::size_t i = 0; i < here; ++i) {
            const Eigen::Index row = dense_index(order == nullptr ? first + i : (*order)[first + i]);
            for (std::size_t j = 0; j < cols; ++j) values_[i * cols + j] = m(row, dense_index(j));
        }
        return {values_.data(), here, cols};
    }

private:
    std::vector<double> values_;
};

/// Cosines of rows of two matrices, where neither is zero.
class row_cosines {
public:
    std::size_t count = 0;
    double sum = 0;

    std::optional<double> add(matrix_view<const double> x, matrix_view<const double> y, std::size_t i) {
        const row_products p = products_of(x, y, i);
        const auto cosine = row_cosine(p.ab, std::sqrt(p.aa), std::sqrt(p.bb));
        if (cosine) sum += *cosine, ++count;
        return cosine;
    }
    std::optional<double> mean() const {
        return count > 0 ? std::optional(sum / static_cast<double>(count)) : std::nullopt;
    }
};

/// The rotation of the training rows, judged on the test rows.
struct projection_quality {
    std::optional<double> mean, sd, median, training, documented, explained;
    double standard_error = 0;
    std::vector<std::pair<std::size_t, double>> ascending;  ///< test rows and their cosines
    dense_matrix projected;                                 ///< the first test rows in the space of b

    /// `back` for the documented figures, or null; so many rows of `projected`. Rows belong together by `order`, or one
    /// by one, and only then there are `training`, `sd`, `median` and the error. Works on some rows at a time.
    projection_quality(const projection_data& d, const projection_fit::to_rows* back, std::size_t keep,
                       const row_order* order, isa level) {
        const std::size_t k = static_cast<std::size_t>(d.a_train.cols());
        const std::size_t train = static_cast<std::size_t>(d.a_train.rows()),
                          test = static_cast<std::size_t>(d.a_test.rows());
        const std::vector<std::size_t>*order_train = order == nullptr ? nullptr : &order->train,
              *order_test = order == nullptr ? nullptr : &order->test;
        const polar_factor factor(product(d, order_train, level));
        const matrix_view<const double> rotation(factor.rotation.data(), k, k, 1, factor.rotation.rows());
        const double scale = factor.nuclear / d.a_train.squaredNorm();
        if (back != nullptr) projected.resize(dense_index((std::min)(keep, test)), back->basis.rows());

        row_strip first, second, third;
        std::vector<double> turned, wide, scratch;
        const auto times = [&](matrix_view<const double> x, matrix_view<const double> m, std::vector<double>& out) {
            out.resize(x.rows() * m.cols());
            scratch.resize(nn::gemm_scratch_size<double>(x.rows(), x.cols(), m.cols()));
            const matrix_view<double> result(out.data(), x.rows(), m.cols());
            nn::gemm<double>(x, m, result, false, nullptr, scratch, level);
            return result;
        };
        row_cosines cosines, documented_cosines;
        double left = 0, total = 0;
        for_strips(test, [&](std::size_t at, std::size_t here) {
            const matrix_view<double> x = times(first.read(d.a_test, at, here), rotation, turned);
            const matrix_view<const double> y = second.read(d.b_test, at, here, order_test);
            for (std::size_t i = 0; i < here; ++i) {
                if (const auto c = cosines.add(x, y, i)) ascending.emplace_back(at + i, *c);
                for (std::size_t j = 0; j < k; ++j) {
                    const double off = y(i, j) - scale * x(i, j);
                    left += off * off;
                    total += y(i, j) * y(i, j);
                }
            }
            if (back == nullptr || !finite(back->size)) return;
            const std::size_t width = static_cast<std::size_t>(back->basis.rows());
            const matrix_view<double> there = times(x, {back->basis.data(), k, width, back->basis.rows(), 1}, wide);
            const matrix_view<const double> rows = third.read(d.b_rows, at, here, order_test);
            for (std::size_t i = 0; i < here; ++i) {
                for (std::size_t j = 0; j < width; ++j)
                    there(i, j) = back->size * there(i, j) + back->mean[dense_index(j)];
                documented_cosines.add(there, rows, i);
                if (at + i >= keep) continue;
                for (std::size_t j = 0; j < width; ++j) projected(dense_index(at + i), dense_index(j)) = there(i, j);
            }
        });
        mean = cosines.mean();
        if (!mean) return;
        if (finite(scale) && total > 0) explained = 1 - left / total;
        if (back == nullptr) return;
        documented = documented_cosines.mean();
        if (!finite(back->size)) projected.resize(0, 0);
        if (order != nullptr) return;
        std::ranges::stable_sort(ascending, {}, [](const auto& line) { return line.second; });
        const std::size_t n = ascending.size();
        median = (ascending[(n - 1) / 2].second + ascending[n / 2].second) / 2;
        if (n > 1) {
            double squares = 0;
            for (const auto& line : ascending) squares += (line.second - *mean) * (line.second - *mean);
            sd = std::sqrt(squares / static_cast<double>(n - 1));
            standard_error = *sd / std::sqrt(static_cast<double>(n));
        }
        row_cosines trained;
        for_strips(train, [&](std::size_t at, std::size_t here) {
            const matrix_view<double> x = times(first.read(d.a_train, at, here), rotation, turned);
            const matrix_view<const double> y = second.read(d.b_train, at, here);
            for (std::size_t i = 0; i < here; ++i) trained.add(x, y, i);
        });
        training = trained.mean();
    }

private:
    template <class Each>
    static void for_strips(std::size_t rows, Each&& each) {
        constexpr std::size_t height = 128;
        for (std::size_t at = 0; at < rows; at += height) each(at, (std::min)(height, rows - at));
    }
    /// A'B over the training rows.
    static dense_matrix product(const projection_data& d, const std::vector<std::size_t>* order, isa level) {
        const std::size_t k = static_cast<std::size_t>(d.a_train.cols());
        dense_matrix out = dense_matrix::Zero(d.a_train.cols(), d.a_train.cols());
        const matrix_view<double> transposed_out(out.data(), k, k);
        row_strip first, second;
        std::vector<double> scratch(nn::gemm_scratch_size<double>(k, 128, k));
        for_strips(static_cast<std::size_t>(d.a_train.rows()), [&](std::size_t at, std::size_t here) {
            const matrix_view<const double> x = first.read(d.a_train, at, here),
                                            y = second.read(d.b_train, at, here, order);
            nn::gemm<double>(nn::transposed(y), x, transposed_out, true, nullptr, scratch, level);
        });
        return out;
    }
};

/// The cosines of all pairs of rows: the lower triangle; rows of zeros have none.
struct pair_cosines {
    dense_matrix values;
    std::vector<bool> zero;

    explicit pair_cosines(dense_matrix rows) : zero(static_cast<std::size_t>(rows.rows())) {
        Eigen::VectorXd scale = dense_row_products(rows, rows).cwiseSqrt();
        for (Eigen::Index i = 0; i < rows.rows(); ++i) {
            zero[static_cast<std::size_t>(i)] = !(scale[i] > 0);
            scale[i] = scale[i] > 0 ? 1 / scale[i] : 0;
        }
        rows = scale.asDiagonal() * rows;
        values.noalias() = rows * rows.transpose();
    }
};

/// Pearson's correlation of the cosines of pairs, row i of `a` being row order[i] of `b`.
inline std::optional<double> relational_correlation(const pair_cosines& a, const pair_cosines& b,
                                                    const std::vector<std::size_t>* order) {
    std::vector<double> left, right;
    const std::size_t n = a.zero.size();
    left.reserve(n * n / 2);
    right.reserve(n * n / 2);
    const auto other = [&](std::size_t i) { return order != nullptr ? (*order)[i] : i; };
    for (std::size_t i = 0; i < n; ++i)
        for (std::size_t j = i + 1; j < n; ++j) {
            const std::size_t p = other(i), q = other(j);
            if (a.zero[i] || a.zero[j] || b.zero[p] || b.zero[q]) continue;
            left.push_back(a.values(dense_index(j), dense_index(i)));
            right.push_back(b.values(dense_index(q), dense_index(p)));
        }
    return pearson(left, right);
}

}  // namespace geolip::detail
