// Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT
#include <doctest/doctest.h>

#include <Eigen/Core>
#include <xtensor/xadapt.hpp>
#include <xtensor/xarray.hpp>
#include <xtensor/xstrided_view.hpp>
#include <xtensor/xtensor.hpp>
#include <xtensor/xview.hpp>

#include "geolip/metrics/volume_cv.hpp"
#include "support/matrices.hpp"

using geolip::as_matrix_view;
using geolip::volume_cv;

namespace {

constexpr Eigen::Index V = 40, D = 11;

template <class T>
const geolip_test::matrix<T>& source() {
    static const auto m = geolip_test::gaussian_rows<T>(V, D);
    return m;
}

template <class M>
void fill(M& m) {
    for (Eigen::Index i = 0; i < V; ++i)
        for (Eigen::Index j = 0; j < D; ++j)
            m(i, j) = source<std::remove_cvref_t<decltype(m(0, 0))>>()(static_cast<std::size_t>(i),
                                                                       static_cast<std::size_t>(j));
}

template <class T>
volume_cv<4, T> metric() {
    return {.samples = 150, .null_replicates = 0};
}

// The same bits as from the plain matrix, without a copy where the rows are contiguous and with one where not.
template <class T, class M>
void check(M&& m, bool contiguous) {
    typename volume_cv<4, T>::workspace memory;
    const auto expected = metric<T>().value(source<T>().view(), memory);
    REQUIRE(expected);
    CHECK(memory.packed.empty());
    CHECK(metric<T>().value(m, memory) == expected);
    CHECK(memory.packed.empty() == contiguous);
}

template <class T, int Order>
using eigen_matrix = Eigen::Matrix<T, Eigen::Dynamic, Eigen::Dynamic, Order>;

}  // namespace

TEST_CASE_TEMPLATE("Eigen: both storage orders, blocks, maps, references", T, float, double) {
    eigen_matrix<T, Eigen::RowMajor> rows(V, D);
    eigen_matrix<T, Eigen::ColMajor> columns(V, D);
    fill(rows);
    fill(columns);
    CHECK(as_matrix_view(rows).data() == rows.data());
    check<T>(rows, true);
    check<T>(std::as_const(rows), true);
    check<T>(columns, false);
    check<T>(columns.transpose().transpose(), false);

    eigen_matrix<T, Eigen::RowMajor> large = eigen_matrix<T, Eigen::RowMajor>::Constant(V + 5, D + 9, T(99));
    large.block(2, 3, V, D) = rows;
    check<T>(large.block(2, 3, V, D), true);
    eigen_matrix<T, Eigen::ColMajor> tall = eigen_matrix<T, Eigen::ColMajor>::Constant(V + 5, D + 9, T(99));
    tall.block(2, 3, V, D) = rows;
    check<T>(tall.block(2, 3, V, D), false);

    const Eigen::Ref<const eigen_matrix<T, Eigen::RowMajor>, 0, Eigen::OuterStride<>> reference(
        large.block(2, 3, V, D));
    check<T>(reference, true);
    const Eigen::Map<const eigen_matrix<T, Eigen::RowMajor>> map(rows.data(), V, D);
    check<T>(map, true);

    // Every second element of every row.
    std::vector<T> gaps(static_cast<std::size_t>(V * 2 * D + 1));
    Eigen::Map<eigen_matrix<T, Eigen::RowMajor>, 0, Eigen::Stride<Eigen::Dynamic, Eigen::Dynamic>> strided(
        gaps.data(), V, D, {2 * D, 2});
    strided = rows;
    check<T>(strided, false);
    Eigen::Matrix<T, V, D, Eigen::RowMajor> fixed = rows;
    check<T>(fixed, true);
}

TEST_CASE_TEMPLATE("Eigen: a gradient into either order", T, float, double) {
    eigen_matrix<T, Eigen::RowMajor> m(V, D), g(V, D);
    eigen_matrix<T, Eigen::ColMajor> other(V, D);
    fill(m);
    typename volume_cv<4, T>::workspace memory;
    CHECK(metric<T>().value_and_gradient(m, g, memory) == metric<T>().value_and_gradient(m, other, memory));
    CHECK(g.cwiseAbs().maxCoeff() > 0);
    CHECK((g - other).cwiseAbs().maxCoeff() == 0);
}

TEST_CASE_TEMPLATE("xtensor: both layouts, views, slices with steps, adaptors", T, float, double) {
    xt::xtensor<T, 2, xt::layout_type::row_major> rows({V, D});
    xt::xtensor<T, 2, xt::layout_type::column_major> columns({V, D});
    xt::xarray<T> array = xt::zeros<T>({V, D});
    fill(rows);
    fill(columns);
    fill(array);
    CHECK(as_matrix_view(rows).data() == rows.data());
    check<T>(rows, true);
    check<T>(std::as_const(rows), true);
    check<T>(columns, false);
    check<T>(array, true);

    xt::xtensor<T, 2> large = xt::ones<T>({V + 4, 2 * D + 3});
    auto middle = xt::view(large, xt::range(3, V + 3), xt::range(2, D + 2));
    fill(middle);
    check<T>(middle, true);
    auto stepped = xt::view(large, xt::range(1, V + 1), xt::range(1, 2 * D + 1, 2));
    fill(stepped);
    check<T>(stepped, false);
    auto backwards = xt::view(large, xt::range(V - 1, xt::placeholders::_, -1), xt::range(2, D + 2));
    fill(backwards);
    check<T>(backwards, true);

    std::vector<T> storage(rows.begin(), rows.end());
    const auto adapted = xt::adapt(storage, std::vector<std::size_t>{V, D});
    check<T>(adapted, true);
}

TEST_CASE("xtensor: not two dimensions, or only one row or column") {
    const xt::xarray<double> cube = xt::ones<double>({4, 4, 4}), line = xt::ones<double>({9});
    CHECK(as_matrix_view(cube).rows() == 0);
    CHECK(as_matrix_view(line).rows() == 0);
    CHECK(metric<double>()(cube).reason == geolip::undefined_reason::too_few_rows);
    // xtensor writes a stride of 0 for an axis of length 1.
    xt::xtensor<double, 2> column({V, 1});
    for (Eigen::Index i = 0; i < V; ++i) column(i, 0) = source<double>()(static_cast<std::size_t>(i), 0);
    const volume_cv<1, double> distance{.samples = 100, .null_replicates = 0};
    geolip_test::matrix<double> plain{V, 1};
    for (std::size_t i = 0; i < V; ++i) plain(i, 0) = source<double>()(i, 0);
    CHECK(distance(column).value == distance(plain.view()).value);
    CHECK(distance(column).value);
}
