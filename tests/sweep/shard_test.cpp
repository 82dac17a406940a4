// Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT
#include "geolip/sweep/shard.hpp"

#include <doctest/doctest.h>

using geolip::sweep::parse_shard;
using geolip::sweep::shard;

TEST_CASE("shards share the items out, each item once and evenly") {
    for (const std::size_t items : {0u, 1u, 5u, 12u, 100u}) {
        for (const std::size_t count : {1u, 2u, 3u, 7u, 200u}) {
            std::size_t total = 0;
            for (std::size_t k = 1; k <= count; ++k) {
                const shard part{k, count};
                std::size_t owned = 0;
                for (std::size_t item = 0; item < items; ++item) owned += part.owns(item) ? 1u : 0u;
                CHECK(owned == part.size(items));
                CHECK(owned <= items / count + 1);
                total += owned;
            }
            CHECK(total == items);
        }
    }
}

TEST_CASE("k/K, and nothing else") {
    CHECK(parse_shard("2/3", "--shard") == shard{2, 3});
    CHECK(to_string(shard{2, 3}) == "2/3");
    for (const char* text :
         {"", "/", "1", "1/", "/3", "0/3", "4/3", "1/0", "-1/3", "1/3/5", "a/b", "1/2000000", "1 /3"}) {
        CAPTURE(text);
        CHECK_THROWS_WITH_AS(
            parse_shard(text, "--shard"),
            ("--shard '" + std::string(text) + "': no such part; expected k/K with 1 <= k <= K, such as 1/3").c_str(),
            geolip::usage_error);
    }
}
