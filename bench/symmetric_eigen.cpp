// Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT

/// \file
/// Batched symmetric eigensolver against Eigen's solver of a fixed size, on Gram matrices of normal rows: microseconds
/// a matrix on one core, best of many turns that alternate between the two.

#include <Eigen/Eigenvalues>
#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdio>
#include <span>
#include <vector>

#include "geolip/linalg/symmetric_eigen.hpp"
#include "geolip/random/fill.hpp"

namespace {

using geolip::isa;

template <class Work>
double seconds(Work work) {
    const auto start = std::chrono::steady_clock::now();
    work();
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

template <std::size_t N, class T>
void compare(const char* scalar) {
    constexpr std::size_t count = 4096 / N, rows = N + 4;
    std::vector<T> x(count * rows * N), matrices(count * N * N), values(count * N), vectors(matrices.size());
    geolip::fill_normal(std::span(x), {1, N});
    for (std::size_t m = 0; m < count; ++m)
        for (std::size_t i = 0; i < N; ++i)
            for (std::size_t j = 0; j < N; ++j) {
                T sum = 0;
                for (std::size_t r = 0; r < rows; ++r) sum += x[(m * rows + r) * N + i] * x[(m * rows + r) * N + j];
                matrices[(m * N + i) * N + j] = sum;
            }
    using matrix = Eigen::Matrix<T, static_cast<int>(N), static_cast<int>(N)>;
    for (const isa level : {isa::baseline, isa::avx2, isa::avx512}) {
        if (!geolip::isa_available(level)) continue;
        double ours = 1e9, ours_values = 1e9, at_run_time = 1e9, eigen = 1e9;
        T sink = 0;
        geolip::symmetric_eigen_workspace workspace;
        for (int turn = 0; turn < 30; ++turn) {
            ours = std::min(ours, seconds([&] { geolip::symmetric_eigen<N, T>(matrices, values, vectors, level); }));
            ours_values =
                std::min(ours_values, seconds([&] { geolip::symmetric_eigen<N, T>(matrices, values, {}, level); }));
            at_run_time =
                std::min(at_run_time,
                         seconds([&] { geolip::symmetric_eigen<T>(N, matrices, values, vectors, workspace, level); }));
            if (turn % 3 == 0)
                eigen = std::min(eigen, seconds([&] {
                                     for (std::size_t m = 0; m < count; ++m) {
                                         const Eigen::SelfAdjointEigenSolver<matrix> solver(
                                             Eigen::Map<const matrix>(matrices.data() + m * N * N));
                                         sink += solver.eigenvalues()[0] + solver.eigenvectors()(0, 0);
                                     }
                                 }));
        }
        const auto each = [&](double total) { return 1e6 * total / static_cast<double>(count); };
        std::printf("%-6s n %2zu %-8s %8.3f us, values only %7.3f, n at run time %7.3f, Eigen %7.3f: %5.1f times%s\n",
                    scalar, N, geolip::isa_name(level), each(ours), each(ours_values), each(at_run_time), each(eigen),
                    eigen / ours, sink == T(1) ? " " : "");
    }
}

}  // namespace

int main() {
    compare<4, double>("double");
    compare<8, double>("double");
    compare<16, double>("double");
    compare<4, float>("float");
    compare<8, float>("float");
    compare<16, float>("float");
}
