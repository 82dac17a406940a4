// Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT
#include "geolip/sweep/band.hpp"

#include <doctest/doctest.h>

#include <cstddef>
#include <numeric>
#include <vector>

#include "fixtures/band.hpp"

namespace {

using namespace geolip::sweep;

std::vector<entry> sweep() {
    std::vector<entry> entries;
    for (const auto& row : fixture::sweep) entries.push_back({row.vocab, row.dim, row.cv});
    return entries;
}

std::vector<entry> in_band() {
    std::vector<entry> inside;
    for (const entry& e : sweep()) {
        if (band().contains(e)) inside.push_back(e);
    }
    return inside;
}

}  // namespace

TEST_CASE("the nearest dimension in the band and the decompositions are the document's") {
    for (const auto& expected : fixture::nearest) {
        CAPTURE(expected.target);
        const auto found = nearest_band_dim(in_band(), expected.target);
        REQUIRE(found);
        CHECK(found->dim == expected.dim);
        CHECK(found->cv.count == expected.cvs.size());
        CHECK(found->cv.min == expected.cvs.front());
        CHECK(found->cv.max == expected.cvs.back());
        CHECK(found->cv.mean() == doctest::Approx(std::reduce(expected.cvs.begin(), expected.cvs.end()) /
                                                  static_cast<double>(expected.cvs.size()))
                                      .epsilon(1e-15));
        REQUIRE(found->decompositions.size() == expected.parts.size());
        for (std::size_t i = 0; i < expected.parts.size(); ++i) {
            CHECK(found->decompositions[i].dim == expected.parts[i]);
            CHECK(found->decompositions[i].count == expected.counts[i]);
            CHECK(found->decompositions[i].dim * found->decompositions[i].count == expected.target);
        }
    }
    CHECK_FALSE(nearest_band_dim({}, 768));
}

TEST_CASE("entries by CV: both bounds included, ascending") {
    const auto hits = with_cv_between(sweep(), 0.171875, 0.203125);
    REQUIRE(hits.size() == 6);
    CHECK(*hits.front().cv == 0.171875);
    CHECK(hits[0].vocab == 7);  // of equal ones the first given
    CHECK(hits[1].vocab == 48);
    CHECK(*hits.back().cv == 0.203125);
    CHECK(with_cv_between(sweep(), 0.5, 0.1).empty());
    CHECK(summarise_by_dim(hits).size() == 5);
    CHECK(summarise_by_dim(hits).at(80).count == 2);
}

TEST_CASE("regrouping by dimension") {
    const auto table = group_by_dim(sweep(), {});
    REQUIRE(table.size() == fixture::by_dim.size());
    for (std::size_t i = 0; i < table.size(); ++i) {
        const auto& expected = fixture::by_dim[i];
        CAPTURE(expected.dim);
        CHECK(table[i].dim == expected.dim);
        CHECK(fixed(table[i].cv.mean(), 4) == fixed(expected.mean, 4));
        CHECK(fixed(table[i].in_band_percent(), 1) == fixed(expected.percent, 1));
        CHECK(table[i].cv.count == expected.total);
        CHECK(table[i].in_band == expected.in_band);
        CHECK(to_string(status_of(table[i].cv.mean(), {})) == expected.status);
    }
}

TEST_CASE("the bounds of the band belong to what lies outside") {
    CHECK(status_of(0.13, {}) == band_status::below);
    CHECK(status_of(0.30, {}) == band_status::above);
    CHECK(status_of(0.2, {}) == band_status::in_band);
}

TEST_CASE("regrouping by quartile of CV") {
    const auto parts = quartiles(sweep(), {});
    REQUIRE(fixture::quartiles.size() == 4);
    for (std::size_t q = 0; q < 4; ++q) {
        REQUIRE(parts[q].size() == fixture::quartiles[q].size());
        for (std::size_t i = 0; i < parts[q].size(); ++i) {
            CHECK(parts[q][i].vocab == fixture::quartiles[q][i].vocab);
            CHECK(parts[q][i].dim == fixture::quartiles[q][i].dim);
            CHECK(parts[q][i].cv == fixture::quartiles[q][i].cv);
        }
    }
}

TEST_CASE("quartiles of few entries: the later ones are longer, some empty") {
    std::vector<entry> few;
    for (std::size_t n = 0; n <= 9; ++n) {
        const auto parts = quartiles(few, {});
        CHECK(parts[0].size() == n / 4);
        CHECK(parts[1].size() == n / 2 - n / 4);
        CHECK(parts[2].size() == 3 * n / 4 - n / 2);
        CHECK(parts[3].size() == n - 3 * n / 4);
        few.push_back({8, 8, 0.2 + 0.001 * static_cast<double>(n)});
    }
}

TEST_CASE("regrouping by V/D, ties and binary fractions rounded as the document's") {
    const auto table = group_by_ratio(sweep(), {});
    REQUIRE(table.size() == fixture::by_ratio.size());
    for (std::size_t i = 0; i < table.size(); ++i) {
        CHECK(table[i].ratio == fixed(fixture::by_ratio[i].value, 1));
        CHECK(table[i].count == fixture::by_ratio[i].count);
        CHECK(table[i].dims == fixture::by_ratio[i].dims);
    }
    const auto order = group_by_ratio(std::vector<entry>{{90, 9, 0.2}, {18, 9, 0.2}, {900, 9, 0.2}}, {});
    REQUIRE(order.size() == 3);
    CHECK(order[0].ratio == "2.0");
    CHECK(order[1].ratio == "10.0");
    CHECK(order[2].ratio == "100.0");
}
