// Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT
#include "geolip/sweep/evaluate.hpp"

#include <doctest/doctest.h>

#include <array>
#include <cmath>
#include <utility>
#include <vector>

#include "geolip/metrics/volume_cv.hpp"
#include "geolip/simplex/volume_law.hpp"
#include "support/statistics.hpp"

using geolip::undefined_reason;
using geolip::sweep::design;
using geolip::sweep::draw;
using geolip::sweep::entry;
using geolip::sweep::law;
using geolip::sweep::plan;
using geolip_test::summary;
using evaluator = geolip::sweep::basic_evaluator<2, 4>;

namespace {

plan plan_of(std::vector<std::uint32_t> dims, std::vector<std::uint32_t> vocabs, law l, design d, draw w,
             std::uint64_t seed = 42) {
    plan p;
    p.dims = std::move(dims);
    p.vocabs = std::move(vocabs);
    p.law = l;
    p.design = d;
    p.draw = w;
    p.seed = seed;
    return p;
}

std::vector<entry> all_entries(const plan& p) {
    evaluator evaluate(p);
    std::vector<entry> out(geolip::sweep::entry_count(p));
    const std::size_t each = geolip::sweep::entries_per_item(p);
    for (std::size_t i = 0; i < geolip::sweep::item_count(p); ++i) evaluate(i, std::span(out).subspan(i * each, each));
    return out;
}

// CVs of one configuration under many seeds.
std::vector<double> over_seeds(plan p, std::size_t count, std::uint64_t first) {
    std::vector<double> out;
    for (std::uint64_t s = 0; s < count; ++s) {
        p.seed = first + s;
        out.push_back(all_entries(p).back().cv.value());
    }
    return out;
}

void check_same_law(const std::vector<double>& a, const std::vector<double>& b) {
    const summary x(a), y(b);
    CAPTURE(x.mean);
    CAPTURE(x.error_of_mean());
    CAPTURE(y.mean);
    CAPTURE(y.error_of_mean());
    CHECK(std::fabs(geolip_test::z_of_means(x, y)) < 4);
    CHECK(std::fabs(geolip_test::z_of_sds(x, y)) < 4.5);
    CHECK(geolip_test::kolmogorov(a, b) < 1.95);
}

// A backend of a user's own.
struct one_by_one {
    static constexpr const char* name() { return "one_by_one"; }
    template <int K, class Route, class T>
    void squared_volumes(Route, geolip::matrix_view<const T> points, std::span<const std::uint32_t> rows,
                         std::span<geolip::volume_reading> out) const {
        for (std::size_t i = 0; i < out.size(); ++i) out[i] = Route::template evaluate<K>(points, &rows[i * (K + 1)]);
    }
};

bool same(const entry& a, const entry& b) {
    return a.vocab == b.vocab && a.dim == b.dim && a.cv == b.cv && a.reason == b.reason;
}

}  // namespace

TEST_CASE("draws by rows and by Bartlett's factor, and the nested design, have one law") {
    for (const law l : {law::gaussian, law::sphere}) {
        for (const auto& [vocab, dim] :
             std::vector<std::array<std::uint32_t, 2>>{{8, 24}, {64, 8}, {2048, 32}, {16, 4}}) {
            CAPTURE(vocab);
            CAPTURE(dim);
            const std::size_t count = vocab > 1000 ? 200 : 600;
            const auto rows = over_seeds(plan_of({dim}, {vocab}, l, design::independent, draw::rows), count, 1000);
            const auto factor =
                over_seeds(plan_of({dim}, {vocab}, l, design::independent, draw::bartlett), count, 500000);
            check_same_law(rows, factor);
            // The nested figure at the last of several dimensions.
            const auto nested =
                over_seeds(plan_of({4, dim + 1, dim + 3}, {vocab}, l, design::nested, draw::rows), count, 9000000);
            const auto there =
                over_seeds(plan_of({dim + 3}, {vocab}, l, design::independent, draw::bartlett), count, 20000000);
            check_same_law(nested, there);
        }
    }
}

TEST_CASE("means over a row of the grid lie on the exact law, up to the small bias of finite pools") {
    std::vector<std::uint32_t> vocabs;
    for (std::uint32_t v = 512; v < 512 + 400; ++v) vocabs.push_back(v);
    for (const law l : {law::gaussian, law::sphere}) {
        for (const std::uint32_t dim : {8u, 24u, 64u}) {
            std::vector<double> cv;
            for (const entry& e : all_entries(plan_of({dim}, vocabs, l, design::independent, draw::bartlett)))
                cv.push_back(e.cv.value());
            const double exact = l == law::gaussian ? *geolip::coefficient_of_variation(geolip::gaussian_law(), 4, dim)
                                                    : *geolip::coefficient_of_variation(geolip::sphere_law(), 4, dim);
            const summary s(cv);
            CAPTURE(dim);
            CHECK(s.mean < exact + 4 * s.error_of_mean());
            CHECK(s.mean > 0.985 * exact - 4 * s.error_of_mean());
        }
    }
}

TEST_CASE("the sweep's figure is volume_cv's under the documented policy: same null, same scale") {
    const auto sweep = over_seeds(plan_of({24}, {64}, law::gaussian, design::independent, draw::bartlett), 800, 40);
    const auto null = geolip::simulate_null<4, geolip::documented_sweep, geolip::gaussian_law>({64, 24, 300, 800, 4});
    const summary s(sweep);
    CHECK(std::fabs(s.mean - *null.value) < 4 * std::hypot(s.error_of_mean(), null.standard_error()));
}

TEST_CASE("an entry does not depend on the grid around it, the order of items, or what was evaluated before") {
    for (const auto& [d, w] :
         {std::pair{design::independent, draw::bartlett}, std::pair{design::independent, draw::rows}}) {
        const plan grid = plan_of({8, 16, 24, 100}, {6, 50, 700}, law::gaussian, d, w);
        const auto all = all_entries(grid);
        evaluator backwards(grid);
        for (std::size_t i = all.size(); i-- > 0;) {
            entry e;
            backwards(i, {&e, 1});
            CHECK(same(e, all[i]));
            const auto alone = all_entries(plan_of({all[i].dim}, {all[i].vocab}, law::gaussian, d, w));
            CHECK(same(alone[0], all[i]));
        }
    }
    // Nested: one item a vocabulary; the columns are those of the largest dimension, so vocabularies stand alone.
    const plan grid = plan_of({8, 16, 100}, {6, 50, 700}, law::sphere, design::nested, draw::rows);
    const auto all = all_entries(grid);
    evaluator backwards(grid);
    for (std::size_t i = 3; i-- > 0;) {
        std::vector<entry> some(3);
        backwards(i, some);
        for (std::size_t j = 0; j < 3; ++j) CHECK(same(some[j], all[3 * i + j]));
        const auto alone =
            all_entries(plan_of({8, 16, 100}, {grid.vocabs[i]}, law::sphere, design::nested, draw::rows));
        for (std::size_t j = 0; j < 3; ++j) CHECK(same(alone[j], all[3 * i + j]));
    }
}

TEST_CASE("configurations without volumes say why") {
    for (const design d : {design::independent, design::nested}) {
        const auto all = all_entries(plan_of({3, 4, 5}, {4, 5, 9}, law::gaussian, d, draw::rows));
        REQUIRE(all.size() == 9);
        for (const entry& e : all) {
            CAPTURE(e.vocab);
            CAPTURE(e.dim);
            const auto expected = e.dim < 4     ? undefined_reason::dimension_below_order
                                  : e.vocab < 5 ? undefined_reason::too_few_rows
                                                : undefined_reason::none;
            CHECK(e.reason == expected);
            CHECK(e.cv.has_value() == (expected == undefined_reason::none));
        }
        CHECK(all[4].cv == 0.0);  // five rows: one simplex
    }
}

TEST_CASE("another backend measures the pools that cpu draws by rows") {
    for (const law l : {law::gaussian, law::sphere}) {
        const plan p = plan_of({24, 33}, {64}, l, design::independent, draw::rows);
        const auto expected = all_entries(p);
        evaluator other(p, one_by_one());
        for (std::size_t i = 0; i < 2; ++i) {
            entry e;
            other(i, {&e, 1});
            CHECK(*e.cv == doctest::Approx(*expected[i].cv).epsilon(1e-5));
        }
    }
}

TEST_CASE("what cannot be evaluated is refused at once") {
    plan p = plan_of({24}, {64}, law::gaussian, design::independent, draw::rows);
    p.order = 3;  // not compiled into this evaluator
    CHECK_THROWS_AS(evaluator{p}, geolip::usage_error);
    p.order = 4;
    p.samples = 0;
    CHECK_THROWS_AS(evaluator{p}, geolip::usage_error);
}
