// Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT
#include "geolip/backend/backend.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <barrier>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <thread>
#include <vector>

#include "support/backend_agreement.hpp"
#include "support/backend_contract.hpp"

namespace {

using geolip::matrix_view;
using geolip::volume_reading;
using indices = std::span<const std::uint32_t>;
using readings = std::span<volume_reading>;

// A backend as a user would write one, knowing only the concept: last sample first.
struct backwards {
    static constexpr const char* name() { return "backwards"; }

    template <int K, class Route, class T>
    void squared_volumes(Route, matrix_view<const T> points, indices rows, readings out) const {
        for (std::size_t i = out.size(); i-- > 0;) {
            out[i] = Route::template evaluate<K>(points, rows.subspan(i * (K + 1)).data());
        }
    }
};

// Four threads to a simplex, as a GPU has 32 lanes: each sums every fourth coordinate, then all add up the four in a
// butterfly. What device code does, where there is no device.
class four_threads {
    static constexpr std::size_t crew = 4;
    using board = std::array<std::array<double, 128>, crew>;

    struct team {
        std::size_t index;
        board& sums;
        std::barrier<>& everyone;

        std::size_t rank() const { return index; }
        static std::size_t size() { return crew; }

        template <class W, std::size_t N>
        void sum(W (&values)[N]) const {
            static_assert(N <= 128);
            std::copy_n(values, N, sums[index].begin());
            everyone.arrive_and_wait();
            for (std::size_t i = 0; i < N; ++i) {
                const auto of = [&](std::size_t rank) { return static_cast<W>(sums[rank][i]); };
                values[i] = (of(0) + of(2)) + (of(1) + of(3));
            }
            everyone.arrive_and_wait();
        }
    };

public:
    static constexpr const char* name() { return "four_threads"; }

    template <int K, class Route, class T>
    void squared_volumes(Route, matrix_view<const T> points, indices rows, readings out) const {
        board sums;
        std::barrier<> everyone(crew);
        const auto work = [&](std::size_t index) {
            const team all{index, sums, everyone};
            for (std::size_t i = 0; i < out.size(); ++i) {
                const auto reading = Route::template evaluate<K>(points, rows.subspan(i * (K + 1)).data(), all);
                if (index == 0) out[i] = reading;
            }
        };
        std::vector<std::thread> threads;
        for (std::size_t index = 0; index < crew; ++index) threads.emplace_back(work, index);
        for (std::thread& thread : threads) thread.join();
    }
};

// Each of these misses exactly one requirement.
struct cannot_be_copied : backwards {
    std::unique_ptr<int> handle;
};

struct has_no_name {
    template <int K, class Route, class T>
    void squared_volumes(Route, matrix_view<const T>, indices, readings) const {}
};

struct has_a_number_for_a_name : has_no_name {
    static constexpr int name() { return 7; }
};

struct changes_when_used {
    static constexpr const char* name() { return "changes_when_used"; }
    template <int K, class Route, class T>
    void squared_volumes(Route, matrix_view<const T>, indices, readings) {}
};

struct knows_only_float {
    static constexpr const char* name() { return "knows_only_float"; }
    template <int K, class Route>
    void squared_volumes(Route, matrix_view<const float>, indices, readings) const {}
};

struct knows_only_double {
    static constexpr const char* name() { return "knows_only_double"; }
    template <int K, class Route>
    void squared_volumes(Route, matrix_view<const double>, indices, readings) const {}
};

struct knows_only_triangles {
    static constexpr const char* name() { return "knows_only_triangles"; }
    template <int K, class Route, class T>
        requires(K == 2)
    void squared_volumes(Route, matrix_view<const T>, indices, readings) const {}
};

struct reduces_to_a_sum {
    static constexpr const char* name() { return "reduces_to_a_sum"; }
    template <int K, class Route, class T>
    double squared_volumes(Route, matrix_view<const T>, indices, readings) const {
        return 0;
    }
};

struct writes_no_readings {
    static constexpr const char* name() { return "writes_no_readings"; }
    template <int K, class Route, class T>
    void squared_volumes(Route, matrix_view<const T>, indices, std::span<double>) const {}
};

static_assert(geolip::backend<backwards>);
static_assert(!geolip::backend<cannot_be_copied>);
static_assert(!geolip::backend<has_no_name>);
static_assert(!geolip::backend<has_a_number_for_a_name>);
static_assert(!geolip::backend<changes_when_used>);
static_assert(!geolip::backend<knows_only_float>);
static_assert(!geolip::backend<knows_only_double>);
static_assert(!geolip::backend<knows_only_triangles>);
static_assert(!geolip::backend<reduces_to_a_sum>);
static_assert(!geolip::backend<writes_no_readings>);
static_assert(!geolip::backend<int>);

// Broken in a way no concept sees: the contract test must.
struct forgets_the_last : backwards {
    template <int K, class Route, class T>
    void squared_volumes(Route route, matrix_view<const T> points, indices rows, readings out) const {
        if (!out.empty()) backwards::squared_volumes<K>(route, points, rows, out.first(out.size() - 1));
    }
};

struct ignores_strides : backwards {
    template <int K, class Route, class T>
    void squared_volumes(Route route, matrix_view<const T> points, indices rows, readings out) const {
        const T* first = points.row_stride() < 0 ? points.row(points.rows() - 1) : points.data();
        backwards::squared_volumes<K>(route, matrix_view<const T>(first, points.rows(), points.cols()), rows, out);
    }
};

template <class Action>
std::string message_of(Action action) {
    try {
        action();
    } catch (const geolip::shape_error& e) {
        return e.what();
    }
    return "";
}

}  // namespace

TEST_CASE("a user-written backend keeps the contract, and a metric runs on it") {
    CHECK(geolip_test::broken_promise(backwards(), geolip_test::agreement::same_bits) == "");
    CHECK(geolip_test::disagreement<float>(backwards()) == "");
    CHECK(geolip_test::disagreement<double>(backwards()) == "");
}

TEST_CASE("a team of threads at each simplex keeps the contract") {
    CHECK(geolip_test::broken_promise(four_threads(), geolip_test::agreement::rounding_bound) == "");
}

TEST_CASE("the contract test tells a broken backend") {
    using geolip_test::agreement;
    using geolip_test::broken_promise;
    CHECK(broken_promise(forgets_the_last(), agreement::rounding_bound) != "");
    CHECK(broken_promise(ignores_strides(), agreement::rounding_bound) != "");
    CHECK(geolip_test::disagreement<float>(forgets_the_last()) != "");
}

TEST_CASE("require_batch names what does not fit") {
    const std::vector<std::uint32_t> rows{0, 1, 2, 3, 4, 5};
    CHECK_NOTHROW(geolip::detail::require_batch<2>(6, rows, 2));
    CHECK_NOTHROW(geolip::detail::require_batch<2>(0, {}, 0));
    CHECK(message_of([&] { geolip::detail::require_batch<4>(6, rows, 2); }) ==
          "squared_volumes: 6 row indices for 2 simplices of order 4; expected 10: pass order + 1 indices for each "
          "reading");
    CHECK(message_of([&] { geolip::detail::require_batch<2>(5, rows, 2); }) ==
          "squared_volumes: row index 5 at position 5 of the sample list; expected less than 5, the number of points: "
          "draw samples from the matrix given");
}
