// Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT
#include "geolip/simd/isa.hpp"

#include <doctest/doctest.h>

#include <string>

using geolip::isa;
using geolip::isa_available;
using geolip::resolve_isa;

TEST_CASE("a level resolves to itself where there is one, else to the next lower") {
    CHECK(isa_available(isa::baseline));
    CHECK(isa_available(isa::automatic));
    CHECK(resolve_isa(isa::baseline) == isa::baseline);
    CHECK(resolve_isa(isa::avx2) == (isa_available(isa::avx2) ? isa::avx2 : isa::baseline));
    CHECK(resolve_isa(isa::avx512) == (isa_available(isa::avx512) ? isa::avx512 : resolve_isa(isa::avx2)));
    CHECK(resolve_isa(isa::automatic) == resolve_isa(isa::avx512));
    // Every machine with AVX-512 has AVX2.
    CHECK((!isa_available(isa::avx512) || isa_available(isa::avx2)));
}

TEST_CASE("names") {
    CHECK(std::string(geolip::isa_name(isa::automatic)) == "auto");
    CHECK(std::string(geolip::isa_name(isa::baseline)) == "baseline");
    CHECK(std::string(geolip::isa_name(isa::avx2)) == "avx2");
    CHECK(std::string(geolip::isa_name(isa::avx512)) == "avx512");
}
