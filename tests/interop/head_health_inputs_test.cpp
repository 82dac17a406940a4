// Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT
#include <doctest/doctest.h>

#include <Eigen/Core>
#include <cstddef>
#include <type_traits>
#include <vector>
#include <xtensor/xtensor.hpp>

#include "geolip/metrics/head_health.hpp"
#include "support/matrices.hpp"

TEST_CASE_TEMPLATE("heads of Eigen matrices, xtensors and views of three kinds are one", T, float, double) {
    constexpr std::size_t rows = 40, heads = 2, width = 6;
    const auto q = geolip_test::gaussian_rows<T>(rows, heads * width, 1),
               k = geolip_test::gaussian_rows<T>(rows, heads * width, 2),
               v = geolip_test::gaussian_rows<T>(rows, heads * width, 3);
    const geolip::head_health<T> health{.samples = 200, .null_replicates = 0};
    typename geolip::head_health<T>::workspace memory;
    const auto expected = health(q.view(), k.view(), v.view(), {heads}, memory);

    using column_major = Eigen::Matrix<T, Eigen::Dynamic, Eigen::Dynamic>;
    using row_major = Eigen::Matrix<T, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
    const column_major queries = Eigen::Map<const row_major>(q.values.data(), rows, heads * width);
    xt::xtensor<T, 2> keys({rows, heads * width});
    for (std::size_t i = 0; i < rows; ++i)
        for (std::size_t j = 0; j < heads * width; ++j) keys(i, j) = k(i, j);
    const auto mixed = health(queries, keys, v.view(), {heads}, memory);

    std::vector<row_major> q_heads, k_heads;
    std::vector<geolip::matrix_view<const T>> v_heads;
    for (std::size_t h = 0; h < heads; ++h) {
        const auto first = static_cast<Eigen::Index>(h * width);
        q_heads.push_back(queries.middleCols(first, width));
        k_heads.push_back(Eigen::Map<const row_major>(k.values.data(), rows, heads * width).middleCols(first, width));
        v_heads.emplace_back(v.values.data() + h * width, rows, width, heads * width);
    }
    const auto each = health.each(q_heads, k_heads, v_heads, memory);
    for (const auto& found : {mixed, each}) {
        REQUIRE(found.size() == heads);
        for (std::size_t h = 0; h < heads; ++h) {
            CHECK(found[h].query.all.value == expected[h].query.all.value);
            CHECK(found[h].key.all.value == expected[h].key.all.value);
            CHECK(found[h].value.all.value == expected[h].value.all.value);
            CHECK(found[h].query_key_ratio.value == expected[h].query_key_ratio.value);
            CHECK(found[h].query.directions == expected[h].query.directions);
            CHECK(found[h].state == expected[h].state);
        }
    }
    CHECK(std::is_invocable_v<const geolip::head_health<T>&, column_major, xt::xtensor<T, 2>, row_major,
                              geolip::head_counts, decltype(memory)&>);
    CHECK(!std::is_invocable_v<const geolip::head_health<T>&, column_major, Eigen::MatrixXi, row_major,
                               geolip::head_counts, decltype(memory)&>);
}
