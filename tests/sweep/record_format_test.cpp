// Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT
#include "geolip/sweep/record_format.hpp"

#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "support/fake_sweep.hpp"

using namespace geolip::sweep;

TEST_CASE("any changed, lost or added character breaks a seal") {
    const std::string line = detail::sealed("12\tvalue", 7);
    const std::string text = line.substr(0, line.size() - 1);
    CHECK(line.back() == '\n');
    CHECK(detail::unsealed(text, 7) == "12\tvalue");
    CHECK(detail::unsealed(text, 8).empty());
    for (std::size_t i = 0; i < text.size(); ++i) {
        std::string changed = text;
        changed[i] ^= 1;
        CHECK(detail::unsealed(changed, 7).empty());
        changed.erase(i, 1);
        CHECK(detail::unsealed(changed, 7).empty());
    }
    CHECK(detail::unsealed(text + '0', 7).empty());
    CHECK(detail::unsealed("", 7).empty());
}

TEST_CASE("a header gives back the plan and the shard it was made from") {
    plan p = small_plan(design::nested);
    p.seed = 18446744073709551615u;
    p.samples = 17;
    p.order = 3;
    p.law = law::sphere;
    const auto [found, part] = detail::parse_header(detail::header_text(p, {2, 3}));
    CHECK(found == p);
    CHECK(part == shard{2, 3});
    CHECK(detail::parse_header(detail::header_text({}, {})).first == plan());
}

TEST_CASE("a header tells every two plans apart") {
    const std::string standard = detail::header_text({}, {});
    for (const plan& p : {plan{.dims = {8}}, plan{.vocabs = {8}}, plan{.samples = 299}, plan{.order = 5},
                          plan{.seed = 1}, plan{.law = law::sphere}, plan{.design = design::nested},
                          plan{.draw = draw::rows}, plan{.isa = geolip::isa::baseline}, plan{.backend = "other"}}) {
        CHECK(detail::header_text(p, {}) != standard);
    }
    CHECK(detail::header_text({}, {1, 2}) != standard);
}

TEST_CASE("an item's line keeps every bit and every reason") {
    std::vector<entry> entries(3), found(3);
    entries[0].cv = 1 / 3.0;
    entries[1].reason = geolip::undefined_reason::too_few_valid;
    entries[2].cv = 5e-324;
    const std::string text = detail::item_text(7, entries);
    std::string_view rest = text;
    CHECK(detail::next_field(rest) == "7");
    REQUIRE(detail::parse_values(rest, found));
    CHECK(same_entries(entries, found));
}

TEST_CASE("values that no item has are refused") {
    std::vector<entry> one(1);
    for (const char* text :
         {"", "3fd5", "zzzzzzzzzzzzzzzz", "!", "!because", "7ff0000000000000", "3fd5555555555555\t3fd5555555555555"}) {
        CAPTURE(text);
        CHECK_FALSE(detail::parse_values(text, one));
    }
    CHECK(detail::parse_values("3fd5555555555555", one));
}
