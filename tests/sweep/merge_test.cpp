// Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT
#include "geolip/sweep/merge.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <filesystem>
#include <string>
#include <vector>

#include "geolip/sweep/run.hpp"
#include "support/fake_sweep.hpp"
#include "support/temporary_folder.hpp"

namespace {

using namespace geolip::sweep;

std::filesystem::path write_shard(const std::filesystem::path& path, const plan& p, shard part) {
    results r(p);
    run(r, [&] { return fake_evaluator{p}; }, {.part = part});
    std::string text;
    write_record(r, part, [&](std::string_view piece) { text += piece; });
    write_file(path, text);
    return path;
}

std::string complaint(const std::vector<std::filesystem::path>& files) {
    try {
        merge(files);
    } catch (const geolip::error& e) {
        return e.what();
    }
    return "";
}

}  // namespace

TEST_CASE("any number of shards, in any order, make the whole") {
    for (const design d : {design::independent, design::nested}) {
        const results expected = finished(small_plan(d));
        for (const std::size_t count : {1u, 2u, 3u, 5u, 40u}) {  // 40: some have no items
            const temporary_folder folder;
            std::vector<std::filesystem::path> files;
            for (std::size_t k = 1; k <= count; ++k) {
                files.push_back(write_shard(folder / std::to_string(k).c_str(), small_plan(d), {k, count}));
            }
            std::reverse(files.begin(), files.end());
            const results r = merge(files);
            CHECK(r.plan == expected.plan);
            CHECK(r.items_done() == r.done.size());
            CHECK(same_entries(r.entries, expected.entries));
        }
    }
}

TEST_CASE("missing, repeated, foreign and unfinished shards are refused by name") {
    const temporary_folder folder;
    const auto one = write_shard(folder / "1", small_plan(), {1, 3});
    const auto two = write_shard(folder / "2", small_plan(), {2, 3});
    const auto three = write_shard(folder / "3", small_plan(), {3, 3});
    const auto mentions = [](const std::string& what, const char* part) {
        return what.find(part) != std::string::npos;
    };
    CHECK(complaint({one, two, three}).empty());
    CHECK(mentions(complaint({}), "nothing to merge"));
    CHECK(mentions(complaint({two}), "shards are missing: 1/3, 3/3"));
    CHECK(mentions(complaint({one, two, one}), "is shard 1/3 once more"));

    plan other = small_plan();
    other.seed = 7;
    CHECK(mentions(complaint({one, write_shard(folder / "other", other, {2, 3})}), "seed 7; expected seed 42"));
    CHECK(mentions(complaint({one, write_shard(folder / "half", small_plan(), {2, 2})}),
                   "shard 2/2; expected shard 2/3"));

    write_file(folder / "torn", content_of(two).substr(0, content_of(two).size() - 3));
    CHECK(mentions(complaint({one, folder / "torn", three}), "holds 5 of the 6 items of shard 2/3"));
    write_file(folder / "foreign", "{}\n");
    CHECK(mentions(complaint({folder / "foreign"}), "not the record of a sweep"));
    CHECK(mentions(complaint({folder / "none"}), "cannot open"));
}
