// Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT
#include "support/ablation_matrix.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cstddef>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "geolip/data/noise_types.hpp"
#include "support/documented_ablation.hpp"

using namespace examples;

TEST_CASE("149 runs, as many in each group as the document's table says, each with a name of its own") {
    const auto runs = ablation_matrix();
    CHECK(runs.size() == documented_runs);
    std::map<char, std::size_t> count;
    std::set<std::string> ids;
    for (const ablation_run& run : runs) {
        ++count[run.group];
        ids.insert(run.id);
        CHECK(run.id == std::string(1, run.group) + '-' + std::string(name_of(run.band)) + '-' + run.variant);
        CHECK(run.id.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-") ==
              std::string::npos);  // it names files
    }
    CHECK(ids.size() == runs.size());
    CHECK(count.size() == std::size(documented_groups));
    const auto groups = ablation_groups();
    for (std::size_t i = 0; i < groups.size(); ++i) CHECK(groups[i].letter == documented_groups[i].letter);
    std::size_t total = 0, matches = 0;
    for (const documented_group& group : documented_groups) {
        CHECK(count[group.letter] == group.runs);
        CHECK((200 * group.matches + group.runs) / (2 * group.runs) == group.percent);
        total += group.runs;
        matches += group.matches;
    }
    CHECK(total == documented_runs);
    CHECK(total - matches == documented_mismatches);
}

TEST_CASE("the first variant of a group is the band's representative, and every other one differs from it") {
    for (const ablation_run& run : ablation_matrix()) {
        const auto groups = ablation_groups();
        const auto group = std::find_if(groups.begin(), groups.end(), [&](auto& g) { return g.letter == run.group; });
        const bool first = run.variant == group->variants.front().name && run.group != 'M';
        svae_settings reference = settings_of(run.band);
        reference.shards = 1;
        CHECK_MESSAGE((run.settings == reference) == first, run.id);
        CHECK(run.settings.batches == (run.band == svae_band::high ? 100 : 1000));
        CHECK_NOTHROW(geolip::data::noise_subset(run.settings.noise));
    }
}

TEST_CASE("149 runs are 118 computations") {
    const auto runs = ablation_matrix();
    const auto first = first_equals(runs);
    std::map<std::size_t, std::vector<std::string>> same;
    for (std::size_t i = 0; i < runs.size(); ++i) {
        CHECK(first[i] <= i);
        CHECK(first[first[i]] == first[i]);
        CHECK(effective(runs[i].settings) == effective(runs[first[i]].settings));
        same[first[i]].push_back(runs[i].id);
    }
    CHECK(same.size() == 118);
    CHECK(same[0] == std::vector<std::string>{"A-LOW-seed42", "B-LOW-all16", "C-LOW-adam", "D-LOW-cosine", "E-LOW-full",
                                              "F-LOW-gelu", "G-LOW-sphere", "I-LOW-one_layer", "J-LOW-V64_h64",
                                              "K-LOW-batch128", "L-LOW-orthogonal"});
    std::size_t repeated = 0;
    for (const auto& [index, ids] : same) {
        if (ids.size() == 1) continue;
        ++repeated;
        if (ids.size() != 2) {
            CHECK(runs[index].variant == "seed42");
        } else {
            CHECK(ids[0].substr(0, 2) + ids[0].substr(ids[0].rfind('-')) == "E--pure_mse");
            CHECK(ids[1].ends_with("-measure_only"));
        }
    }
    CHECK(repeated == 6);
}

TEST_CASE("settings without effect do not make another computation, those with an effect do") {
    svae_settings a, b;
    b.target = 0.3;
    CHECK_FALSE(effective(a) == effective(b));
    a.soft_hand = svae_soft_hand::pure_mse;
    b.soft_hand = svae_soft_hand::measure_only;
    CHECK(effective(a) == effective(b));
    b.read_every = 10;
    CHECK_FALSE(effective(a) == effective(b));
    a = b = {};
    b.alpha = svae_alpha::unbounded;
    CHECK_FALSE(effective(a) == effective(b));
    a.attention_layers = b.attention_layers = 0;
    CHECK(effective(a) == effective(b));
}

TEST_CASE("a miniature keeps the definitions and the number of readings") {
    const auto whole = ablation_matrix(), small = ablation_matrix(20), tiny = ablation_matrix(1);
    REQUIRE(small.size() == whole.size());
    for (std::size_t i = 0; i < whole.size(); ++i) {
        CHECK(small[i].id == whole[i].id);
        CHECK(small[i].settings.batches == (whole[i].band == svae_band::high ? 2 : 20));
        CHECK(small[i].settings.read_every == 1);
        CHECK(tiny[i].settings.batches == 1);
        auto back = small[i].settings;
        back.batches = whole[i].settings.batches;
        back.read_every = whole[i].settings.read_every;
        CHECK(back == whole[i].settings);
    }
    CHECK(first_equals(small) == first_equals(whole));
}

TEST_CASE("groups by name") {
    CHECK(parse_groups("A,G", "--only") == "AG");
    CHECK(parse_groups("M", "--only") == "M");
    for (const char* text : {"", "H", "a", "A,", "A,,G", "A G", "AG", "A,A"})
        CHECK_THROWS_AS(parse_groups(text, "--only"), geolip::usage_error);
    CHECK_THROWS_WITH(parse_groups("A,H", "--only"),
                      "--only 'A,H': there is no group 'H'; expected letters joined by commas, such as A,G, out of A, "
                      "B, C, D, E, F, G, I, J, K, L, M");
}

TEST_CASE("cost counts what the document's matmul table counts") {
    svae_settings s;
    s.batch = 1;
    CHECK(batch_cost(s) == 16 * 245760.0);
    s = settings_of(svae_band::mid);
    CHECK(batch_cost(s) == 128 * 16 * 180224.0);
    s = settings_of(svae_band::high);
    CHECK(batch_cost(s) == 128 * 256 * 38912.0);
}
