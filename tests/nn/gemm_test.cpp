// Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT
#include "geolip/nn/gemm.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <cstddef>
#include <limits>
#include <span>
#include <string>
#include <vector>

#include "support/levels.hpp"

namespace {

using geolip::isa;
using geolip::matrix_view;
using geolip::nn::transposed;

struct sizes {
    std::size_t m, k, n;
};
// Every remainder of rows and columns of a tile; more k than one block; nothing at all.
constexpr sizes products[] = {{1, 1, 1},    {2, 3, 4},   {6, 8, 64},   {7, 5, 65},     {3, 2, 17},  {5, 40, 33},
                              {13, 9, 127}, {4, 0, 5},   {0, 3, 4},    {4, 3, 0},      {31, 17, 3}, {1, 100, 70},
                              {50, 1, 66},  {64, 64, 1}, {26, 33, 48}, {25, 1030, 31}, {2, 513, 9}};

/// Numbers in (-1, 1) that follow no line of the matrix.
template <class T>
T number(std::size_t i) {
    return static_cast<T>(std::sin(12.9898 * static_cast<double>(i) + 0.3));
}

/// A matrix in memory of its own: rows (or columns) one after the other with gaps, which must stay as they are.
template <class T>
class stored {
public:
    stored(std::size_t rows, std::size_t cols, bool by_columns, std::size_t gap, std::size_t seed)
        : rows_(rows), cols_(cols), by_columns_(by_columns), stride_((by_columns ? rows : cols) + gap) {
        memory_.resize(stride_ * (by_columns ? cols : rows) + 1);
        for (std::size_t i = 0; i < memory_.size(); ++i) memory_[i] = number<T>(i + 1000 * seed);
    }
    matrix_view<T> view() {
        const auto stride = static_cast<std::ptrdiff_t>(stride_);
        return by_columns_ ? matrix_view<T>(memory_.data(), rows_, cols_, 1, stride)
                           : matrix_view<T>(memory_.data(), rows_, cols_, stride, 1);
    }
    std::vector<T>& memory() { return memory_; }

private:
    std::size_t rows_, cols_;
    bool by_columns_;
    std::size_t stride_;
    std::vector<T> memory_;
};

template <class T>
void multiply(matrix_view<const T> a, matrix_view<const T> b, matrix_view<T> c, bool accumulate, const T* bias,
              isa level) {
    std::vector<T> scratch(geolip::nn::gemm_scratch_size<T>(a.rows(), a.cols(), b.cols()));
    geolip::nn::gemm<T>(a, b, c, accumulate, bias, std::span<T>(scratch), level);
}

/// Is every element within the stated bound of the sum in a wider type, and the memory between the rows untouched?
template <class T>
bool within_the_bound(sizes s, bool a_by_columns, bool b_by_columns, bool accumulate, bool with_bias, isa level) {
    stored<T> a(s.m, s.k, a_by_columns, 3, 1), b(s.k, s.n, b_by_columns, 2, 2), c(s.m, s.n, false, 5, 3);
    std::vector<T> bias(s.n + 1);
    for (std::size_t j = 0; j < bias.size(); ++j) bias[j] = number<T>(j + 77);
    const std::vector<T> before = c.memory();
    multiply<T>(a.view(), b.view(), c.view(), accumulate, with_bias ? bias.data() : nullptr, level);
    const std::size_t stride = s.n + 5;
    for (std::size_t at = 0; at < before.size(); ++at) {
        const std::size_t i = at / stride, j = at % stride;
        if (i >= s.m || j >= s.n) {
            if (c.memory()[at] != before[at]) return false;
            continue;
        }
        long double sum = 0, magnitude = 0;
        const auto add = [&](long double x) {
            sum += x;
            magnitude += std::abs(x);
        };
        if (accumulate) add(before[at]);
        if (with_bias) add(bias[j]);
        for (std::size_t k = 0; k < s.k; ++k) add(static_cast<long double>(a.view()(i, k)) * b.view()(k, j));
        const long double bound = static_cast<long double>(s.k + 2) * std::numeric_limits<T>::epsilon() * magnitude;
        if (!(std::abs(c.memory()[at] - sum) <= bound)) return false;
    }
    return true;
}

}  // namespace

TEST_CASE_TEMPLATE("products are within the stated bound for every size, layout, start and level", T, float, double) {
    for (const isa level : geolip_test::available_levels())
        for (const sizes& s : products)
            for (int choice = 0; choice < 16; ++choice) {
                CAPTURE(geolip::isa_name(level));
                CAPTURE(s.m);
                CAPTURE(s.k);
                CAPTURE(s.n);
                CAPTURE(choice);
                CHECK(within_the_bound<T>(s, (choice & 1) != 0, (choice & 2) != 0, (choice & 4) != 0, (choice & 8) != 0,
                                          level));
            }
}

TEST_CASE_TEMPLATE("strides of any sign and size", T, float, double) {
    constexpr std::size_t m = 9, k = 21, n = 37;
    stored<T> a(3 * m, 2 * k, false, 0, 1), b(2 * k, 3 * n, false, 1, 2);
    // Every third row from the last, every second column from the last; the same of b.
    const matrix_view<T> whole_a = a.view(), whole_b = b.view();
    const matrix_view<T> part_a(&whole_a(3 * m - 1, 2 * k - 1), m, k, -3 * whole_a.row_stride(), -2);
    const matrix_view<T> part_b(&whole_b(2 * k - 1, 1), k, n, -2 * whole_b.row_stride(), 3);
    stored<T> dense_a(m, k, false, 0, 1), dense_b(k, n, false, 0, 2), c(m, n, false, 0, 3), expected(m, n, false, 0, 3);
    for (std::size_t i = 0; i < m; ++i)
        for (std::size_t p = 0; p < k; ++p) dense_a.view()(i, p) = part_a(i, p);
    for (std::size_t p = 0; p < k; ++p)
        for (std::size_t j = 0; j < n; ++j) dense_b.view()(p, j) = part_b(p, j);
    for (const isa level : geolip_test::available_levels()) {
        multiply<T>(part_a, part_b, c.view(), false, nullptr, level);
        multiply<T>(dense_a.view(), dense_b.view(), expected.view(), false, nullptr, level);
        CHECK(c.memory() == expected.memory());
    }
}

TEST_CASE_TEMPLATE("the bits of a row depend neither on its neighbours nor on the layout", T, float, double) {
    constexpr std::size_t m = 41, k = 600, n = 83;
    stored<T> a(m, k, false, 0, 1), b(k, n, false, 0, 2), a_by_columns(m, k, true, 1, 1),
        b_by_columns(k, n, true, 1, 2);
    for (std::size_t i = 0; i < m; ++i)
        for (std::size_t p = 0; p < k; ++p) a_by_columns.view()(i, p) = a.view()(i, p);
    for (std::size_t p = 0; p < k; ++p)
        for (std::size_t j = 0; j < n; ++j) b_by_columns.view()(p, j) = b.view()(p, j);
    for (const isa level : geolip_test::available_levels()) {
        stored<T> all(m, n, false, 0, 3), other(m, n, false, 0, 4);
        multiply<T>(a.view(), b.view(), all.view(), false, nullptr, level);
        multiply<T>(a_by_columns.view(), b_by_columns.view(), other.view(), false, nullptr, level);
        for (std::size_t i = 0; i < m * n; ++i) CHECK(all.memory()[i] == other.memory()[i]);
        for (const std::size_t rows : {std::size_t{1}, std::size_t{2}, std::size_t{7}, std::size_t{30}}) {
            const std::size_t begin = m - rows;
            const matrix_view<const T> part(&a.view()(begin, 0), rows, k);
            multiply<T>(part, b.view(), matrix_view<T>(other.memory().data(), rows, n), false, nullptr, level);
            for (std::size_t i = 0; i < rows * n; ++i) CHECK(other.memory()[i] == all.memory()[begin * n + i]);
        }
    }
}

TEST_CASE_TEMPLATE("an element is one chain in the order of k, everywhere with fused multiply-adds or nowhere", T,
                   float, double) {
    constexpr std::size_t m = 8, k = 1100, n = 70;
    stored<T> a(m, k, false, 0, 1), b(k, n, false, 0, 2), c(m, n, false, 0, 3);
    std::vector<T> bias(n);
    for (std::size_t j = 0; j < n; ++j) bias[j] = number<T>(j);
    const std::vector<T> before = c.memory();
    for (const isa level : geolip_test::available_levels()) {
        c.memory() = before;
        multiply<T>(a.view(), b.view(), c.view(), true, bias.data(), level);
        std::size_t fused = 0, rounded_twice = 0;
        for (std::size_t i = 0; i < m; ++i)
            for (std::size_t j = 0; j < n; ++j) {
                T one_rounding = before[i * n + j] + bias[j], two_roundings = one_rounding;
                for (std::size_t p = 0; p < k; ++p) {
                    one_rounding = std::fma(a.view()(i, p), b.view()(p, j), one_rounding);
                    const volatile T product = a.view()(i, p) * b.view()(p, j);  // not to be fused
                    two_roundings += product;
                }
                fused += c.view()(i, j) == one_rounding;
                rounded_twice += c.view()(i, j) == two_roundings;
            }
        CHECK((fused == m * n || rounded_twice == m * n));
#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__)
        if (level == isa::baseline) CHECK(rounded_twice == m * n);
#endif
    }
}

TEST_CASE("an infinity or a NaN stays in its row and column") {
    constexpr std::size_t m = 5, k = 4, n = 19;
    for (const isa level : geolip_test::available_levels()) {
        stored<float> a(m, k, false, 0, 1), b(k, n, true, 0, 2), c(m, n, false, 0, 3);
        a.view()(2, 1) = std::numeric_limits<float>::quiet_NaN();
        b.view()(3, 18) = std::numeric_limits<float>::infinity();
        multiply<float>(a.view(), b.view(), c.view(), false, nullptr, level);
        for (std::size_t i = 0; i < m; ++i)
            for (std::size_t j = 0; j < n; ++j) CHECK(std::isfinite(c.view()(i, j)) == (i != 2 && j != 18));
    }
}

TEST_CASE_TEMPLATE("column sums are chains from the first row to the last", T, float, double) {
    for (const isa level : geolip_test::available_levels())
        for (const std::size_t rows : {0u, 1u, 2u, 33u})
            for (std::size_t cols = 0; cols < 300; cols += cols < 70 ? 1 : 23)
                for (const bool by_columns : {false, true}) {
                    stored<T> m(rows, cols, by_columns, 2, 1);
                    std::vector<T> out(cols + 20, T(0.25)), expected = out;
                    geolip::nn::add_column_sums<T>(m.view(), out.data(), level);
                    for (std::size_t i = 0; i < rows; ++i)
                        for (std::size_t j = 0; j < cols; ++j) expected[j] += m.view()(i, j);
                    CAPTURE(rows);
                    CAPTURE(cols);
                    CHECK(out == expected);
                }
}

TEST_CASE("sizes that do not fit and too little scratch are errors that say so") {
    float a[6] = {}, b[6] = {}, c[4] = {};
    std::vector<float> scratch(geolip::nn::gemm_scratch_size<float>(2, 3, 2));
    const matrix_view<const float> left(a, 2, 3), right(b, 3, 2);
    const matrix_view<float> out(c, 2, 2);
    using geolip::nn::gemm;
    CHECK_NOTHROW(gemm<float>(left, right, out, false, nullptr, scratch));
    CHECK_THROWS_WITH_AS(
        gemm<float>(left, left, out, false, nullptr, scratch),
        "gemm: a 2 x 3 matrix times a 2 x 3 one into a 2 x 2 one; expected m x k times k x n into m x n",
        geolip::shape_error);
    CHECK_THROWS_AS(gemm<float>(left, right, matrix_view<float>(c, 2, 1), false, nullptr, scratch),
                    geolip::shape_error);
    CHECK_THROWS_AS(gemm<float>(left, right, transposed(out), false, nullptr, scratch), geolip::shape_error);
    CHECK_THROWS_AS(gemm<float>(left, right, out, false, nullptr, std::span(scratch).first(3)), geolip::usage_error);
}
