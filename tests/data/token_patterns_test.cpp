// Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT
#include "geolip/data/token_patterns.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "support/statistics.hpp"

using geolip::data::labelled_tokens;
using geolip::data::token_patterns;

namespace {

std::vector<std::int32_t> sequence(const labelled_tokens& data, std::size_t i) {
    const auto begin = data.tokens.begin() + static_cast<std::ptrdiff_t>(i * data.length);
    return {begin, begin + static_cast<std::ptrdiff_t>(data.length)};
}

std::multiset<std::vector<std::int32_t>> sequences_of(const labelled_tokens& data, std::int32_t label) {
    std::multiset<std::vector<std::int32_t>> found;
    for (std::size_t i = 0; i < data.size(); ++i)
        if (data.labels[i] == label) found.insert(sequence(data, i));
    return found;
}

}  // namespace

TEST_CASE("the defaults are ten patterns of eight tokens out of 256, fifty copies each") {
    const labelled_tokens data = token_patterns().shuffled();
    CHECK(data.length == 8);
    CHECK(data.size() == 500);
    CHECK(data.tokens.size() == 500 * 8);
    CHECK(*std::min_element(data.tokens.begin(), data.tokens.end()) >= 0);
    CHECK(*std::max_element(data.tokens.begin(), data.tokens.end()) < 256);
    for (std::int32_t c = 0; c < 10; ++c) CHECK(std::count(data.labels.begin(), data.labels.end(), c) == 50);
    CHECK_FALSE(std::is_sorted(data.labels.begin(), data.labels.end()));
}

TEST_CASE("a token differs from its pattern with the probability of a replacement by another one") {
    for (const double noise : {0.0, 0.25, 0.6, 1.0}) {
        CAPTURE(noise);
        const token_patterns problem{
            .classes = 7, .copies = 1000, .length = 6, .vocabulary = 10, .noise = noise, .seed = 3};
        const labelled_tokens data = problem.shuffled();
        std::vector<double> differing(problem.length);
        for (std::size_t i = 0; i < data.size(); ++i) {
            const auto base = problem.base(static_cast<std::size_t>(data.labels[i]));
            const auto copy = sequence(data, i);
            for (std::size_t j = 0; j < base.size(); ++j) differing[j] += copy[j] == base[j] ? 0 : 1;
        }
        const double p = noise * 9 / 10;  // one replacement in ten is by the same token
        const double n = 7000;
        for (const double count : differing) CHECK(std::fabs(count - n * p) <= 4 * std::sqrt(n * p * (1 - p)));
    }
}

TEST_CASE("patterns and replacements are uniform over the vocabulary") {
    std::vector<std::uint64_t> of_patterns(16), of_copies(16);
    const token_patterns problem{.classes = 20000, .copies = 1, .length = 4, .vocabulary = 16, .noise = 1, .seed = 8};
    for (const std::int32_t token : problem.shuffled().tokens) ++of_copies[static_cast<std::size_t>(token)];
    for (std::size_t c = 0; c < problem.classes; ++c)
        for (const std::int32_t token : problem.base(c)) ++of_patterns[static_cast<std::size_t>(token)];
    CHECK(std::fabs(geolip_test::chi_squared_z(of_patterns)) < 4);
    CHECK(std::fabs(geolip_test::chi_squared_z(of_copies)) < 4);
}

TEST_CASE("every order is equally likely") {
    std::vector<std::uint64_t> seen(24);
    for (std::uint64_t seed = 0; seed < 24 * 200; ++seed) {
        const auto labels = token_patterns{.classes = 4, .copies = 1, .length = 1, .seed = seed}.shuffled().labels;
        std::size_t rank = 0;
        for (std::size_t i = 0; i < 4; ++i) {
            const auto smaller = std::count_if(labels.begin() + static_cast<std::ptrdiff_t>(i), labels.end(),
                                               [&](std::int32_t l) { return l < labels[i]; });
            rank = rank * (4 - i) + static_cast<std::size_t>(smaller);
        }
        ++seen[rank];
    }
    CHECK(std::fabs(geolip_test::chi_squared_z(seen)) < 4);
}

TEST_CASE("the seed decides everything, and nothing else does") {
    const labelled_tokens data = token_patterns{.seed = 5}.shuffled();
    const labelled_tokens again = token_patterns{.seed = 5}.shuffled();
    const labelled_tokens other = token_patterns{.seed = 6}.shuffled();
    CHECK(data.tokens == again.tokens);
    CHECK(data.labels == again.labels);
    CHECK(data.tokens != other.tokens);
    CHECK(data.labels != other.labels);
    // The leading bytes of the stream's first two blocks, by fixtures/philox.py.
    CHECK(token_patterns{.seed = 5}.base(0) == std::vector<std::int32_t>{246, 207, 82, 178, 198, 121, 219, 29});
}

TEST_CASE("more classes or more copies leave those that were there as they are") {
    const labelled_tokens small = token_patterns{.classes = 3, .copies = 4, .seed = 9}.shuffled();
    const labelled_tokens large = token_patterns{.classes = 5, .copies = 7, .seed = 9}.shuffled();
    for (std::int32_t c = 0; c < 3; ++c) {
        const auto some = sequences_of(small, c);
        const auto all = sequences_of(large, c);
        CHECK(some.size() == 4);
        CHECK(all.size() == 7);
        CHECK(std::includes(all.begin(), all.end(), some.begin(), some.end()));
    }
}

TEST_CASE("the smallest problem has one token") {
    const labelled_tokens data = token_patterns{.classes = 1, .copies = 1, .length = 1, .vocabulary = 1}.shuffled();
    CHECK(data.tokens == std::vector<std::int32_t>{0});
    CHECK(data.labels == std::vector<std::int32_t>{0});
}

TEST_CASE("sizes of nothing and a noise that is no probability are refused by name") {
    const auto message = [](const token_patterns& problem) {
        try {
            problem.shuffled();
        } catch (const geolip::usage_error& e) {
            return std::string(e.what());
        }
        return std::string("accepted");
    };
    CHECK(message({.classes = 0}) == "token_patterns: classes is 0; expected 1 to 16777216");
    CHECK(message({.copies = 0}) == "token_patterns: copies is 0; expected 1 to 214748364");
    CHECK(message({.length = 0}) == "token_patterns: length is 0; expected 1 to 2147483648");
    CHECK(message({.vocabulary = 0}) == "token_patterns: vocabulary is 0; expected 1 to 2147483648");
    CHECK(message({.vocabulary = 3000000000u}).starts_with("token_patterns: vocabulary is 3000000000;"));
    CHECK(message({.noise = -0.5}).starts_with("token_patterns: noise is -0.5"));
    CHECK(message({.noise = 1.5}).ends_with("expected a probability, 0 to 1"));
    CHECK(message({.noise = std::nan("")}).starts_with("token_patterns: noise is "));
}
