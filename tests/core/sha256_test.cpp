// Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT
#include "geolip/core/sha256.hpp"

#include <doctest/doctest.h>

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

namespace {

std::string hash_of(std::string_view text) {
    geolip::sha256 hash;
    hash.add(std::as_bytes(std::span(text)));
    return hash.text();
}

}  // namespace

TEST_CASE("the examples of FIPS 180-4 and its test vectors") {
    CHECK(hash_of("") == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    CHECK(hash_of("abc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    CHECK(hash_of("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq") ==
          "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
    CHECK(hash_of("abcdefghbcdefghicdefghijdefghijkefghijklfghijklmghijklmnhijklmnoijklmnopjklmnopqklmnopqrlmnopqrsmno"
                  "pqrstnopqrstu") == "cf5b16a778af8380036ce59e7b0492370b249b11e8f07a51afac45037afee9d1");
    CHECK(hash_of(std::string(1'000'000, 'a')) == "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

TEST_CASE("the digest depends on the bytes, not on where they are cut, also around the ends of blocks") {
    // hashlib.sha256(bytes(i % 251 for i in range(n))).hexdigest()[:16]
    const auto message = [](std::size_t n) {
        std::string text;
        for (std::size_t i = 0; i < n; ++i) text += static_cast<char>(static_cast<unsigned char>(i % 251));
        return text;
    };
    CHECK(hash_of(message(55)).substr(0, 16) == "463eb28e72f82e0a");
    CHECK(hash_of(message(56)).substr(0, 16) == "da2ae4d6b36748f2");
    CHECK(hash_of(message(63)).substr(0, 16) == "29af2686fd53374a");
    CHECK(hash_of(message(64)).substr(0, 16) == "fdeab9acf3710362");
    CHECK(hash_of(message(119)).substr(0, 16) == "da18797ed7c3a777");
    CHECK(hash_of(message(120)).substr(0, 16) == "f52b23db1fbb6ded");
    const std::string whole = message(300);
    for (std::size_t cut = 0; cut <= whole.size(); ++cut) {
        geolip::sha256 hash;
        hash.add(std::string_view(whole).substr(0, cut));
        (void)hash.result();  // asking changes nothing
        hash.add(std::as_bytes(std::span(whole).subspan(cut)));
        REQUIRE(hash.text() == hash_of(whole));
    }
}

TEST_CASE("a constant expression") {
    constexpr auto first = [] {
        geolip::sha256 hash;
        hash.add("abc");
        return hash.result()[0];
    }();
    static_assert(first == 0xba);
}
