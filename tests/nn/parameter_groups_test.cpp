// Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT
#include "geolip/nn/parameter_groups.hpp"

#include <doctest/doctest.h>

#include <vector>

#include "geolip/nn/adam.hpp"
#include "geolip/nn/chain.hpp"
#include "geolip/nn/clip.hpp"
#include "geolip/nn/linear.hpp"
#include "geolip/nn/named.hpp"
#include "geolip/nn/sgd.hpp"
#include "support/levels.hpp"
#include "support/optimised_chain.hpp"

namespace nn = geolip::nn;
using fixtures::optimised;
using geolip_test::relative_difference;
using geolip_test::trajectory;

namespace {

const std::vector<nn::parameter>& thirds() {
    static const std::vector<nn::parameter> table = [] {
        std::vector<nn::parameter> t;
        for (std::size_t i = 0, begin = 0; i < 3; begin = fixtures::group_ends[i++])
            t.push_back({"part." + std::to_string(i), {fixtures::group_ends[i] - begin}, begin, {}});
        return t;
    }();
    return table;
}

nn::chain<nn::named<"first", nn::linear<float>>, nn::named<"second", nn::linear<float>>> small_model() {
    return {nn::linear<float>(3, 4), nn::linear<float>(4, 2)};
}

bool is_bias(const nn::parameter& p) { return p.name.ends_with("bias"); }

}  // namespace

TEST_CASE("groups train at rates and weight decays of their own, as PyTorch's do") {
    const nn::parameter_groups groups(
        thirds(), {{"a", nn::named_like("part.0"), 3}, {"b", nn::named_like("part.1"), 1, 0.0}, {"rest"}});
    nn::adamw<double> o(groups, {.rate = 1e-2, .weight_decay = 0.02});
    const auto w = trajectory<double>([&](std::span<double> x, std::span<double> g) { o.step(x, g); });
    CHECK(relative_difference(w, fixtures::grouped_adamw) < 1e-12);
}

TEST_CASE("a schedule gives each group its rate, as PyTorch's do") {
    const nn::parameter_groups groups(thirds(), {{"most"}, {"last", nn::named_like("part.2"), 0.5, 0.1}});
    nn::sgd<double> o(groups, {.rate = 1e-2, .momentum = 0.9});
    const nn::cosine_schedule cosine(25, 1e-3);
    const auto w = trajectory<double>([&](std::span<double> x, std::span<double> g) { o.step(x, g, cosine); });
    CHECK(relative_difference(w, fixtures::grouped_sgd_cosine) < 1e-12);
}

TEST_CASE("neighbours of a group are one range") {
    const auto table = nn::parameters_of(small_model());
    const nn::parameter_groups groups(table, {{"no decay", is_bias, 1, 0.0}, {"decay"}});
    CHECK(groups.count() == 26);
    CHECK(groups["no decay"].ranges == std::vector<nn::parameter_range>{{12, 16}, {24, 26}});
    CHECK(groups["decay"].ranges == std::vector<nn::parameter_range>{{0, 12}, {16, 24}});
    const nn::parameter_groups first(table,
                                     {{"first", nn::named_like("first.")}, {"second", nn::named_like("second.")}});
    CHECK(first["first"].ranges == std::vector<nn::parameter_range>{{0, 16}});
    CHECK(nn::parameter_ranges(table, nn::named_like("second.")) == std::vector<nn::parameter_range>{{16, 26}});
    CHECK(nn::parameter_groups(26).all().front().ranges == std::vector<nn::parameter_range>{{0, 26}});
}

TEST_CASE("a group of factor 0 stays where it is") {
    const auto table = nn::parameters_of(small_model());
    nn::adamw<float> o(nn::parameter_groups(table, {{"frozen", is_bias, 0}, {"rest"}}));
    std::vector<float> w(26, 1.0f), g(26, 1.0f);
    o.step(w, g);
    for (std::size_t i = 0; i < 26; ++i) CHECK((w[i] == 1.0f) == ((i >= 12 && i < 16) || i >= 24));
}

TEST_CASE("every parameter is in exactly one group") {
    const auto table = nn::parameters_of(small_model());
    using groups = nn::parameter_groups;
    CHECK_THROWS_WITH_AS(
        groups(table, {{"first", nn::named_like("first.")}}),
        "parameter_groups: parameter \"second.weight\" is in no group; expected every parameter in exactly "
        "one. A group without a predicate takes all that is left",
        geolip::usage_error);
    CHECK_THROWS_WITH_AS(
        groups(table, {{"second", nn::named_like("second.")}, {"bias", is_bias}, {"rest"}}),
        "parameter_groups: parameter \"second.bias\" is in the groups \"second\" and \"bias\"; expected "
        "every parameter in exactly one",
        geolip::usage_error);
    CHECK_THROWS_AS(groups(table, {{"a"}, {"b"}}), geolip::usage_error);
    CHECK_THROWS_AS(groups(table, {{"a", {}, -1}}), geolip::usage_error);
    CHECK_THROWS_AS(groups(table, {{"a", {}, 1, -0.5}}), geolip::usage_error);
    CHECK_THROWS_WITH_AS(groups(table, {{"a", is_bias}, {"b"}})["c"],
                         "parameter_groups: no group \"c\"; expected one of \"a\", \"b\"", geolip::usage_error);
}
