// Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT
#include "geolip/simplex/volumes.hpp"

#include <doctest/doctest.h>

#include <bit>
#include <cmath>
#include <limits>
#include <utility>
#include <vector>

#include "geolip/random/subset.hpp"
#include "support/levels.hpp"
#include "support/matrices.hpp"

using geolip::edge_gram;
using geolip::isa;
using geolip::matrix_view;
using geolip::squared_volumes;
using geolip::volume_reading;
using geolip_test::available_levels;
using geolip_test::gaussian_rows;
using geolip_test::matrix;

namespace {

// det of the edges' Gram matrix over (K!)^2, all in long double; the points are moved by the same sign.
template <int K, class T>
long double exact(matrix_view<const T> points, const std::uint32_t* rows) {
    constexpr std::size_t size = K;
    long double g[size][size] = {};
    for (std::size_t c = 0; c < points.cols(); ++c) {
        const auto edge = [&](int i) {
            return static_cast<long double>(points(rows[i + 1], c)) - static_cast<long double>(points(rows[0], c));
        };
        for (int i = 0; i < K; ++i)
            for (int j = 0; j < K; ++j) g[i][j] += edge(i) * edge(j);
    }
    long double volume = 1;
    for (int k = 0; k < K; ++k) {
        volume *= g[k][k] / ((k + 1) * (k + 1));
        for (int i = k + 1; i < K; ++i)
            for (int j = k + 1; j < K; ++j) g[i][j] -= g[i][k] * g[k][j] / g[k][k];
    }
    return volume;
}

template <class F>
void for_orders(F f) {
    f.template operator()<1>();
    f.template operator()<2>();
    f.template operator()<3>();
    f.template operator()<4>();
    f.template operator()<5>();
    f.template operator()<6>();
    f.template operator()<7>();
    f.template operator()<8>();
}

template <int K>
std::vector<std::uint32_t> samples(std::size_t count, std::uint32_t population) {
    std::vector<std::uint32_t> rows(count * (K + 1));
    geolip::draw_samples<K + 1>(rows.data(), count, population, {3, 3});
    return rows;
}

// The documented bound, and that of the careful route for flat simplices.
template <int K, class T>
double bound(std::size_t dim, isa level, double flatness) {
    const double bytes = level == isa::avx512 ? 64 : level == isa::avx2 ? 32 : 16;
    const double lanes = bytes / sizeof(T);
    const double fast =
        64.0 * K * (K + static_cast<double>(dim) / lanes) * static_cast<double>(std::numeric_limits<T>::epsilon());
    const double careful = 1e-13 / (flatness * flatness);
    return std::max(fast, careful);
}

template <int K, class T>
void check_volumes(const matrix<T>& m, double flatness = 1) {
    const auto rows = samples<K>(37, static_cast<std::uint32_t>(m.rows));
    for (const isa level : available_levels()) {
        std::vector<volume_reading> out(37, {-1, -1});
        squared_volumes<K>(edge_gram(), m.view(), rows, out, level);
        double worst = 0;
        bool noise_is_bounded = true;
        for (std::size_t s = 0; s < out.size(); ++s) {
            const long double want = exact<K>(m.view(), &rows[s * (K + 1)]);
            worst = std::max(worst, static_cast<double>(std::fabs(out[s].squared_volume / want - 1)));
            const auto careful = edge_gram::evaluate<K>(m.view(), &rows[s * (K + 1)]);
            // An upper bound of the careful one's (but for what rounding of its products adds, too little to decide
            // anything), and the same verdict.
            noise_is_bounded = noise_is_bounded && out[s].relative_noise + 1e-9 >= 0.99 * careful.relative_noise &&
                               (out[s].relative_noise < 1) == (careful.relative_noise < 1);
        }
        CAPTURE(K);
        CAPTURE(m.cols);
        CAPTURE(geolip::isa_name(level));
        CHECK(worst < bound<K, T>(m.cols, level, flatness));
        CHECK(noise_is_bounded);
    }
}

}  // namespace

TEST_CASE_TEMPLATE("volumes of every order and every tail of coordinates, at every level", T, float, double) {
    for_orders([]<int K>() {
        for (const std::size_t extra : {0u, 1u, 2u, 3u, 4u, 7u, 8u, 9u, 15u, 16u, 25u, 31u, 32u, 57u, 200u})
            check_volumes<K>(gaussian_rows<T>(K + 20, K + extra, extra), extra == 0 ? 1e-3 : 1e-1);
    });
}

TEST_CASE_TEMPLATE("far from the origin, tiny, huge, and nearly flat", T, float, double) {
    for_orders([]<int K>() {
        const auto base = gaussian_rows<T>(K + 20, K + 13);
        auto far = base, tiny = base, huge = base;
        for (T& x : far.values) x += T(1000);
        check_volumes<K>(far, 1e-1);
        // Within what double can hold of the squared volume, whose unit is that of length to the power 2 K.
        for (T& x : tiny.values) x *= K < 5 ? T(1e-25) : T(1e-15);
        check_volumes<K>(tiny, 1e-1);
        for (T& x : huge.values) x *= K < 6 ? T(1e20) : T(1e15);
        check_volumes<K>(huge, 1e-1);
        for (const double flatness : {1e-1, 1e-2, 1e-3}) {
            auto flat = base;
            for (std::size_t i = 0; i < flat.rows; ++i)
                for (std::size_t j = 1; j < flat.cols; ++j) flat(i, j) *= static_cast<T>(flatness);
            check_volumes<K>(flat, 0.1 * flatness);
        }
    });
}

TEST_CASE_TEMPLATE("flat simplices and rows that are not numbers are told, not hidden", T, float, double) {
    for (const isa level : available_levels()) {
        auto m = gaussian_rows<T>(12, 30);
        for (std::size_t j = 0; j < 30; ++j) {
            m(1, j) = m(0, j);                            // twice the same
            m(5, j) = (m(2, j) + m(3, j) + m(4, j)) / 3;  // within the flat of three others, but for rounding
        }
        m(8, 29) = std::numeric_limits<T>::quiet_NaN();
        m(9, 0) = std::numeric_limits<T>::infinity();
        const std::uint32_t rows[] = {0, 1, 2,      3, 6, /**/ 2, 3, 4,      5, 6, /**/ 2, 3, 4,
                                      6, 7, /**/ 2, 3, 6, 7,      8, /**/ 2, 3, 6, 7,      9};
        volume_reading out[5];
        squared_volumes<4>(edge_gram(), std::as_const(m).view(), rows, out, level);
        CHECK(out[0].relative_noise >= 1);
        CHECK(out[1].relative_noise >= 1);
        CHECK(out[2].relative_noise < 1e-4);
        CHECK(out[2].squared_volume > 0);
        CHECK(!std::isfinite(out[3].squared_volume));
        CHECK(!std::isfinite(out[4].squared_volume));
        const auto space = gaussian_rows<T>(12, 3);
        squared_volumes<4>(edge_gram(), space.view(), rows, out, level);
        for (const volume_reading& r : out) CHECK(r.relative_noise >= 1);
    }
}

TEST_CASE_TEMPLATE("a reading depends on its own points alone, not on its neighbours or the strides of the rows", T,
                   float, double) {
    const auto m = gaussian_rows<T>(40, 29);
    matrix<T> wide{40, 64};
    for (T& x : wide.values) x = std::numeric_limits<T>::quiet_NaN();
    for (std::size_t i = 0; i < 40; ++i)
        for (std::size_t j = 0; j < 29; ++j) wide(39 - i, j) = m(i, j);
    const matrix_view<const T> reversed(wide.values.data() + 39 * 64, 40, 29, -64, 1);
    const auto rows = samples<4>(50, 40);
    for (const isa level : available_levels()) {
        std::vector<volume_reading> all(50), one(1), other(50);
        squared_volumes<4>(edge_gram(), m.view(), rows, all, level);
        squared_volumes<4>(edge_gram(), reversed, rows, other, level);
        bool equal = true;
        for (std::size_t s = 0; s < 50; ++s) {
            squared_volumes<4>(edge_gram(), m.view(), std::span(rows).subspan(5 * s, 5), one, level);
            equal = equal &&
                    std::bit_cast<std::uint64_t>(one[0].squared_volume) ==
                        std::bit_cast<std::uint64_t>(all[s].squared_volume) &&
                    one[0].relative_noise == all[s].relative_noise && other[s].squared_volume == all[s].squared_volume;
        }
        CHECK(equal);
    }
}

TEST_CASE_TEMPLATE("other routes and scattered coordinates are read by the route itself", T, float, double) {
    const auto m = gaussian_rows<T>(20, 9);
    std::vector<T> columns(20 * 9);
    for (std::size_t i = 0; i < 20; ++i)
        for (std::size_t j = 0; j < 9; ++j) columns[j * 20 + i] = m(i, j);
    const auto rows = samples<4>(30, 20);
    std::vector<volume_reading> out(30);
    const auto check = [&](auto route, matrix_view<const T> points) {
        squared_volumes<4>(route, points, rows, out);
        for (std::size_t s = 0; s < 30; ++s) {
            const auto want = route.template evaluate<4>(points, &rows[5 * s]);
            CHECK(out[s].squared_volume == want.squared_volume);
            CHECK(out[s].relative_noise == want.relative_noise);
        }
    };
    check(edge_gram(), matrix_view<const T>(columns.data(), 20, 9, 1, 20));
    check(geolip::bordered_expansion(), m.view());
    check(geolip::bordered_differences(), m.view());
    squared_volumes<4>(edge_gram(), m.view(), {}, {});
}
