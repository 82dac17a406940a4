// Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT
#include "geolip/linalg/symmetric_eigen.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <limits>
#include <numbers>
#include <span>
#include <string>
#include <vector>

#include "fixtures/symmetric_eigen.hpp"
#include "geolip/random/fill.hpp"
#include "support/levels.hpp"

namespace {

using geolip::isa;

template <class T>
struct result {
    std::vector<T> values, vectors;
};

template <class T>
constexpr T eps = std::numeric_limits<T>::epsilon();

template <std::size_t N, class T>
bool solve_static(std::size_t n, const std::vector<T>& matrices, result<T>& out, isa level) {
    if (n != N) return false;
    geolip::symmetric_eigen<N, T>(matrices, out.values, out.vectors, level);
    return true;
}

/// With n at compile time where `fixed`, else at run time.
template <class T>
result<T> solve(std::size_t n, const std::vector<T>& matrices, isa level, bool fixed) {
    result<T> out{std::vector<T>(matrices.size() / n, T(-1)), std::vector<T>(matrices.size(), T(-1))};
    if (fixed && (solve_static<1>(n, matrices, out, level) || solve_static<2>(n, matrices, out, level) ||
                  solve_static<3>(n, matrices, out, level) || solve_static<4>(n, matrices, out, level) ||
                  solve_static<5>(n, matrices, out, level) || solve_static<8>(n, matrices, out, level) ||
                  solve_static<16>(n, matrices, out, level)))
        return out;
    geolip::symmetric_eigen_workspace workspace;
    geolip::symmetric_eigen<T>(n, matrices, out.values, out.vectors, workspace, level);
    return out;
}

bool has_static(std::size_t n) { return n <= 5 || n == 8 || n == 16; }

/// Calls check(level, fixed) for every level and both ways to call.
template <class Check>
void every_way(std::size_t n, Check check) {
    for (const isa level : geolip_test::available_levels())
        for (const bool fixed : {false, true}) {
            if (fixed && !has_static(n)) continue;
            CAPTURE(geolip::isa_name(level));
            CAPTURE(fixed);
            check(level, fixed);
        }
}

template <class T>
std::vector<T> symmetric(std::size_t n, auto element) {
    std::vector<T> a(n * n);
    for (std::size_t i = 0; i < n; ++i)
        for (std::size_t j = 0; j < n; ++j) a[i * n + j] = static_cast<T>(element((std::max)(i, j), (std::min)(i, j)));
    return a;
}

std::vector<double> normals(std::size_t count, std::uint64_t stream) {
    std::vector<double> x(count);
    geolip::fill_normal(std::span(x), {7, stream});
    return x;
}

/// Q D Q' with Q the product of a few reflections.
std::vector<double> with_spectrum(const std::vector<double>& spectrum, std::uint64_t stream) {
    const std::size_t n = spectrum.size();
    std::vector<double> a(n * n, 0.0);
    for (std::size_t i = 0; i < n; ++i) a[i * n + i] = spectrum[i];
    for (std::uint64_t reflection = 0; reflection < 3; ++reflection) {
        const auto v = normals(n, 100 * stream + reflection);
        double square = 0;
        for (const double x : v) square += x * x;
        for (int side = 0; side < 2; ++side)
            for (std::size_t i = 0; i < n; ++i) {
                double dot = 0;
                for (std::size_t k = 0; k < n; ++k) dot += v[k] * a[side == 0 ? i * n + k : k * n + i];
                for (std::size_t k = 0; k < n; ++k) a[side == 0 ? i * n + k : k * n + i] -= 2 * dot / square * v[k];
            }
    }
    return symmetric<double>(n, [&](std::size_t i, std::size_t j) { return a[i * n + j]; });
}

/// Hard matrices of order n, one after the other.
template <class T>
std::vector<T> hard_matrices(std::size_t n) {
    std::vector<std::vector<double>> all;
    const auto noise = normals(n * n, n);
    const auto random = [&](std::size_t i, std::size_t j) { return noise[i * n + j]; };
    all.push_back(symmetric<double>(n, random));
    const double size = static_cast<double>(n);
    const auto spectrum = [&](auto value) {
        std::vector<double> s(n);
        for (std::size_t i = 0; i < n; ++i) s[i] = value(static_cast<double>(i));
        all.push_back(with_spectrum(s, n));
    };
    spectrum([](double i) { return std::pow(10.0, -i); });                    // graded
    spectrum([&](double i) { return std::pow(10.0, -12 * i / size); });       // graded less steeply
    spectrum([](double i) { return i == 0 ? 1 : 1e-15; });                    // one large
    spectrum([](double i) { return i == 0 ? 1e-10 : 1; });                    // one small
    spectrum([](double i) { return 1 + 1e-13 * i; });                         // clustered
    spectrum([](double i) { return i < 2 ? 1 + 1e-9 * i : -2 + 1e-9 * i; });  // two clusters
    spectrum([](double i) { return i < 1 ? 3 : i < 2 ? 2 : 0; });             // rank 2
    all.push_back(symmetric<double>(n, [](auto, auto) { return 1; }));        // rank 1
    all.push_back(symmetric<double>(n, [](auto, auto) { return 0; }));
    all.push_back(symmetric<double>(n, [](auto i, auto j) { return i == j; }));
    all.push_back(symmetric<double>(n, [&](auto i, auto j) {  // Wilkinson
        return i == j ? std::abs(static_cast<double>(i) - (size - 1) / 2) : i == j + 1 ? 1 : 0;
    }));
    all.push_back(symmetric<double>(n, [](auto i, auto j) { return i == j ? 2 : i == j + 1 ? -1 : 0; }));
    all.push_back(symmetric<double>(n, [](auto i, auto j) { return 1 / static_cast<double>(i + j + 1); }));  // Hilbert
    all.push_back(symmetric<double>(n, [](auto i, auto j) { return i == j ? 0 : i == j + 1 ? 1e-200 : 1; }));
    all.push_back(symmetric<double>(n, [&](auto i, auto j) {  // graded by rows, the large end last, and first
        return random(i, j) * std::pow(10.0, 2 * static_cast<double>(i + j) - 4 * size);
    }));
    all.push_back(symmetric<double>(
        n, [&](auto i, auto j) { return random(i, j) * std::pow(10.0, -2 * static_cast<double>(i + j)); }));
    all.push_back(symmetric<double>(n, [](auto i, auto j) { return i == j ? static_cast<double>(i % 2) : 0; }));
    const double tiny = sizeof(T) == 4 ? 1e-30 : 1e-150;
    for (const double scale : {tiny, 1 / tiny, sizeof(T) == 4 ? 1e-37 : 1e-307, sizeof(T) == 4 ? 1e37 : 1e306}) {
        all.push_back(symmetric<double>(n, [&](auto i, auto j) { return scale * random(i, j); }));
        all.push_back(
            symmetric<double>(n, [&](auto i, auto j) { return i == 0 && j == 0 ? 1 : scale * random(i, j); }));
    }
    std::vector<T> flat;
    for (const auto& a : all)
        for (const double x : a) flat.push_back(static_cast<T>(x));
    return flat;
}

/// The larger of |A v - value v| / (n eps |A|) and |V V' - I| / (n eps), in the largest absolute row sum, with `wide`
/// sums on matrices scaled to about 1.
template <class T>
double ratio(std::size_t n, const T* a, const T* values, const T* vectors) {
    double largest = 0;
    for (std::size_t i = 0; i < n * n; ++i) largest = (std::max)(largest, std::abs(static_cast<double>(a[i])));
    const double scale = largest > 0 ? largest : 1;
    const double unit = static_cast<double>(n) * static_cast<double>(eps<T>);
    double norm = 0, residual = 0, departure = 0;
    for (std::size_t i = 0; i < n; ++i) {
        double row = 0, of_residual = 0, of_departure = 0;
        for (std::size_t j = 0; j < n; ++j) {
            row += std::abs(static_cast<double>(a[i * n + j]) / scale);
            double product = -static_cast<double>(values[j]) / scale * static_cast<double>(vectors[j * n + i]);
            double dot = i == j ? -1 : 0;
            for (std::size_t k = 0; k < n; ++k) {
                product += static_cast<double>(a[i * n + k]) / scale * static_cast<double>(vectors[j * n + k]);
                dot += static_cast<double>(vectors[i * n + k]) * static_cast<double>(vectors[j * n + k]);
            }
            of_residual += std::abs(product);
            of_departure += std::abs(dot);
        }
        norm = (std::max)(norm, row);
        residual = (std::max)(residual, of_residual);
        departure = (std::max)(departure, of_departure);
    }
    const double r = residual == 0 ? 0 : residual / (norm * unit);
    const double worst = (std::max)(r, departure / unit);
    return std::isnan(r + departure) ? std::numeric_limits<double>::infinity() : worst;
}

template <class T>
bool same_bits(const std::vector<T>& a, const std::vector<T>& b) {
    return a.size() == b.size() && (a.empty() || std::memcmp(a.data(), b.data(), a.size() * sizeof(T)) == 0);
}

}  // namespace

TEST_CASE_TEMPLATE("values and vectors are LAPACK's", T, float, double) {
    for (const auto& known : fixtures::symmetric_eigen_cases) {
        CAPTURE(known.n);
        // The upper triangle is not read.
        std::vector<T> a(known.n * known.n, std::numeric_limits<T>::quiet_NaN());
        for (std::size_t i = 0, k = 0; i < known.n; ++i)
            for (std::size_t j = 0; j <= i; ++j) a[i * known.n + j] = static_cast<T>(known.triangle[k++]);
        double largest = 0;
        for (const double v : known.values) largest = (std::max)(largest, std::abs(v));
        every_way(known.n, [&](isa level, bool fixed) {
            const auto out = solve(known.n, a, level, fixed);
            const double unit = static_cast<double>(eps<T>);
            for (std::size_t i = 0; i < known.n; ++i)
                CHECK(std::abs(static_cast<double>(out.values[i]) - known.values[i]) <= 20 * unit * largest);
            for (std::size_t i = 0; i < known.n * known.n; ++i)
                CHECK(std::abs(static_cast<double>(out.vectors[i]) - known.vectors[i]) <= 2000 * unit);
        });
    }
}

TEST_CASE_TEMPLATE("residual and orthogonality of hard matrices", T, float, double) {
    for (std::size_t n : {1u, 2u, 3u, 4u, 5u, 7u, 8u, 12u, 16u, 24u}) {
        CAPTURE(n);
        const auto a = hard_matrices<T>(n);
        every_way(n, [&](isa level, bool fixed) {
            const auto out = solve(n, a, level, fixed);
            for (std::size_t m = 0; m < a.size() / (n * n); ++m) {
                CAPTURE(m);
                const T* values = out.values.data() + m * n;
                const T* vectors = out.vectors.data() + m * n * n;
                CHECK(ratio(n, a.data() + m * n * n, values, vectors) < 30);
                CHECK(std::is_sorted(values, values + n));
                for (std::size_t j = 0; j < n; ++j) {
                    const T* v = vectors + j * n;
                    const T* most = std::max_element(v, v + n, [](T x, T y) { return std::abs(x) < std::abs(y); });
                    CHECK(*most > 0);
                }
            }
            // Values alone are nearly the same numbers.
            std::vector<T> values(out.values.size());
            geolip::symmetric_eigen_workspace workspace;
            geolip::symmetric_eigen<T>(n, a, values, {}, workspace, level);
            for (std::size_t m = 0; m < a.size() / (n * n); ++m) {
                const T* with = out.values.data() + m * n;
                const T largest = (std::max)(std::abs(with[0]), std::abs(with[n - 1]));
                for (std::size_t j = 0; j < n; ++j)
                    CHECK(std::abs(values[m * n + j] - with[j]) <= T(8) * static_cast<T>(n) * eps<T> * largest);
            }
        });
    }
}

TEST_CASE_TEMPLATE("closed forms", T, float, double) {
    for (const isa level : geolip_test::available_levels()) {
        // [[a, b], [b, c]] has the values m +- r.
        for (const auto& [a, b, c] : {std::array{1.0, 2.0, 3.0}, {2.0, -0.5, 2.0}, {0.0, 1.0, 0.0}, {-4.0, 0.0, 1.0}}) {
            const std::vector<T> matrix{static_cast<T>(a), static_cast<T>(b), static_cast<T>(b), static_cast<T>(c)};
            const auto out = solve(2, matrix, level, true);
            const double middle = (a + c) / 2, radius = std::hypot((a - c) / 2, b);
            CHECK(static_cast<double>(out.values[0]) == doctest::Approx(middle - radius).epsilon(4 * eps<T>));
            CHECK(static_cast<double>(out.values[1]) == doctest::Approx(middle + radius).epsilon(4 * eps<T>));
            const double angle = std::atan2(2 * b, a - c) / 2;  // of the vector of the larger value
            const double turn = std::abs(std::cos(angle)) * static_cast<double>(out.vectors[3]) -
                                std::abs(std::sin(angle)) * static_cast<double>(out.vectors[2]);
            if (b > 0) CHECK(std::abs(turn) <= 4 * static_cast<double>(eps<T>));
        }
        for (const std::size_t n : {3u, 8u, 16u, 20u}) {
            CAPTURE(n);
            const auto row = static_cast<double>(n + 1);
            const auto tridiagonal = symmetric<T>(n, [](auto i, auto j) { return i == j ? 2 : i == j + 1 ? -1 : 0; });
            const auto out = solve(n, tridiagonal, level, true);
            for (std::size_t k = 0; k < n; ++k) {
                const double angle = std::numbers::pi * static_cast<double>(k + 1) / row;
                CHECK(std::abs(static_cast<double>(out.values[k]) - (2 - 2 * std::cos(angle))) <=
                      20 * static_cast<double>(eps<T>));
                double dot = 0;
                for (std::size_t i = 0; i < n; ++i)
                    dot += static_cast<double>(out.vectors[k * n + i]) * std::sin(static_cast<double>(i + 1) * angle) *
                           std::sqrt(2 / row);
                CHECK(std::abs(std::abs(dot) - 1) <= 100 * static_cast<double>(eps<T>));
            }
            const auto ones = solve(n, symmetric<T>(n, [](auto, auto) { return 1; }), level, true);
            const double bound = 8 * static_cast<double>(n) * static_cast<double>(eps<T>);
            for (std::size_t k = 0; k + 1 < n; ++k) CHECK(std::abs(static_cast<double>(ones.values[k])) <= bound);
            CHECK(std::abs(static_cast<double>(ones.values[n - 1]) - static_cast<double>(n)) <= bound);
            for (std::size_t i = 0; i < n; ++i)
                CHECK(std::abs(static_cast<double>(ones.vectors[(n - 1) * n + i]) -
                               1 / std::sqrt(static_cast<double>(n))) <= bound);
        }
        // Exact: a diagonal is sorted, and n = 1.
        const std::vector<T> diagonal{T(3), 0, 0, 0, T(-1), 0, 0, 0, T(2)};
        const auto sorted = solve(3, diagonal, level, true);
        CHECK(sorted.values == std::vector<T>{T(-1), T(2), T(3)});
        CHECK(sorted.vectors == std::vector<T>{0, 1, 0, 0, 0, 1, 1, 0, 0});
        const auto single = solve(1, std::vector<T>{T(-2.5)}, level, true);
        CHECK(single.values[0] == T(-2.5));
        CHECK(single.vectors[0] == T(1));
    }
}

TEST_CASE_TEMPLATE("a matrix gets the same bits wherever it stands", T, float, double) {
    for (const std::size_t n : {2u, 4u, 6u, 16u}) {
        CAPTURE(n);
        auto a = hard_matrices<T>(n);
        for (const double x : normals(30 * n * n, 3)) a.push_back(static_cast<T>(x));
        const std::size_t count = a.size() / (n * n);
        every_way(n, [&](isa level, bool fixed) {
            const auto whole = solve(n, a, level, fixed);
            CHECK(same_bits(whole.vectors, solve(n, a, level, fixed).vectors));
            for (const std::size_t cut : {1u, 3u, 17u, 40u}) {
                result<T> parts;
                for (std::size_t first = 0; first < count; first += cut) {
                    const auto end = (std::min)(first + cut, count);
                    const auto part = solve(n,
                                            std::vector<T>(a.begin() + static_cast<std::ptrdiff_t>(first * n * n),
                                                           a.begin() + static_cast<std::ptrdiff_t>(end * n * n)),
                                            level, fixed);
                    parts.values.insert(parts.values.end(), part.values.begin(), part.values.end());
                    parts.vectors.insert(parts.vectors.end(), part.vectors.begin(), part.vectors.end());
                }
                CHECK(same_bits(whole.values, parts.values));
                CHECK(same_bits(whole.vectors, parts.vectors));
            }
        });
    }
}

TEST_CASE_TEMPLATE("what is not finite makes its own matrix NaN and no other", T, float, double) {
    const T infinity = std::numeric_limits<T>::infinity();
    for (const std::size_t n : {1u, 2u, 4u, 9u, 16u}) {
        std::vector<T> a;
        for (const double x : normals(37 * n * n, 5)) a.push_back(static_cast<T>(x));
        auto spoilt = a;
        for (std::size_t m = 0; m < 37; m += 3)
            spoilt[m * n * n + (m % n) * n] = m % 2 == 0   ? std::numeric_limits<T>::quiet_NaN()
                                              : m % 4 == 1 ? infinity
                                                           : -infinity;
        every_way(n, [&](isa level, bool fixed) {
            const auto clean = solve(n, a, level, fixed), out = solve(n, spoilt, level, fixed);
            std::size_t wrong = 0;
            for (std::size_t m = 0; m < 37; ++m)
                for (std::size_t k = 0; k < n * n + n; ++k) {
                    const T x = k < n ? out.values[m * n + k] : out.vectors[m * n * n + k - n];
                    const T y = k < n ? clean.values[m * n + k] : clean.vectors[m * n * n + k - n];
                    if (m % 3 == 0 ? !std::isnan(x) : x != y) ++wrong;
                }
            CHECK(wrong == 0);
        });
    }
}

TEST_CASE("sizes that do not fit") {
    std::vector<double> matrices(32), values(8), vectors(32);
    geolip::symmetric_eigen_workspace workspace;
    using geolip::symmetric_eigen;
    std::string message;
    try {
        symmetric_eigen<4, double>(matrices, std::span(values).first(7), vectors);
    } catch (const geolip::shape_error& e) {
        message = e.what();
    }
    CHECK(message ==
          "symmetric_eigen: got 32 elements of matrices, 7 values and 32 elements of vectors for n = 4; expected count "
          "x n "
          "x n, count x n, and count x n x n or none");
    CHECK_THROWS_AS((symmetric_eigen<4, double>(std::span(matrices).first(31), values, vectors)), geolip::shape_error);
    CHECK_THROWS_AS((symmetric_eigen<4, double>(matrices, values, std::span(vectors).first(16))), geolip::shape_error);
    CHECK_THROWS_AS((symmetric_eigen<double>(3, matrices, values, vectors, workspace)), geolip::shape_error);
    CHECK_THROWS_AS((symmetric_eigen<double>(0, {}, {}, {}, workspace)), geolip::shape_error);
    CHECK_THROWS_AS((symmetric_eigen<double>(8193, {}, {}, {}, workspace)), geolip::shape_error);
    symmetric_eigen<4, double>({}, {}, {});
    symmetric_eigen<float>(5, {}, {}, {}, workspace);
}
