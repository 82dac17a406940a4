// Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT
#include "geolip/sweep/schema.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <nlohmann/json.hpp>
#include <string>

#include "support/fake_sweep.hpp"

namespace {

using namespace geolip::sweep;
using nlohmann::json;

std::string text_of(const results& r) {
    std::string text;
    write_json(r, [&](std::string_view piece) { text += piece; });
    return text;
}

results small_results() {
    results r(plan{.dims = {8, 16}, .vocabs = {8, 16}, .isa = geolip::isa::baseline});
    const double cv[] = {0.2, 0.15, 0.2, 0.13};
    for (std::size_t i = 0; i < 4; ++i) r.entries[i].cv = cv[i];
    r.done.assign(4, true);
    return r;
}

}  // namespace

TEST_CASE("the document, byte for byte") {
    CHECK(text_of(small_results()) ==
          "{\n"
          "\"sweep\": {\"step\": 8, \"low\": 8, \"high\": 16},\n"
          "\"band\": {\"lo\": 0.13, \"hi\": 0.3},\n"
          "\"provenance\": {\"version\": \"" +
              std::string(geolip::version_string) +
              "\", \"random_version\": 1, \"seed\": 42, \"samples\": 300, \"order\": 4, "
              "\"law\": \"gaussian\", \"design\": \"independent\", \"draw\": \"bartlett\", \"validity\": "
              "\"documented_sweep\", "
              "\"route\": \"edge_gram\", \"backend\": \"cpu\", \"isa\": \"baseline\"},\n"
              "\"band_results\": [\n"
              "{\"V\": 8, \"D\": 16, \"CV\": 0.15, \"in_band\": true},\n"
              "{\"V\": 8, \"D\": 8, \"CV\": 0.2, \"in_band\": true},\n"
              "{\"V\": 16, \"D\": 8, \"CV\": 0.2, \"in_band\": true}\n"
              "],\n"
              "\"all_results\": [\n"
              "{\"V\": 8, \"D\": 8, \"CV\": 0.2, \"in_band\": true},\n"
              "{\"V\": 8, \"D\": 16, \"CV\": 0.15, \"in_band\": true},\n"
              "{\"V\": 16, \"D\": 8, \"CV\": 0.2, \"in_band\": true},\n"
              "{\"V\": 16, \"D\": 16, \"CV\": 0.13, \"in_band\": false}\n"
              "]\n"
              "}\n");
}

TEST_CASE("axes that differ or are uneven are written in full") {
    const json d = json::parse(text_of(finished(small_plan())));
    CHECK(d["sweep"] == json::parse(R"({"dims": [2, 8, 24, 32, 64, 512], "vocabs": [3, 5, 600]})"));
    plan uneven = small_plan();
    uneven.vocabs = uneven.dims;
    CHECK(json::parse(text_of(finished(uneven)))["sweep"]["vocabs"].size() == 6);
    plan single{.dims = {24}, .vocabs = {24}};
    CHECK(json::parse(text_of(finished(single)))["sweep"] == json::parse(R"({"step": 1, "low": 24, "high": 24})"));
}

TEST_CASE("an undefined entry is null with its reason; values round-trip") {
    const results r = finished(small_plan());
    const json d = json::parse(text_of(r));
    REQUIRE(d["all_results"].size() == r.entries.size());
    for (std::size_t i = 0; i < r.entries.size(); ++i) {
        const json& e = d["all_results"][i];
        CHECK(e["V"] == r.entries[i].vocab);
        CHECK(e["D"] == r.entries[i].dim);
        if (r.entries[i].cv) {
            CHECK(e["CV"].get<double>() == *r.entries[i].cv);
            CHECK_FALSE(e.contains("reason"));
        } else {
            CHECK(e["CV"].is_null());
            CHECK(e["in_band"] == false);
            CHECK(e["reason"] == geolip::describe(r.entries[i].reason));
        }
    }
}

TEST_CASE("the band excludes its bounds and is decided on all digits") {
    const band limits;
    entry e;
    const auto at = [&](double cv) {
        e.cv = cv;
        return limits.contains(e);
    };
    CHECK_FALSE(at(0.13));
    CHECK_FALSE(at(0.30));
    CHECK(at(std::nextafter(0.13, 1)));
    CHECK(at(std::nextafter(0.30, 0)));
    CHECK_FALSE(limits.contains(entry()));
}

TEST_CASE("nothing is written of an unfinished sweep") {
    std::string text;
    CHECK_THROWS_AS(write_json(results(small_plan()), [&](std::string_view piece) { text += piece; }),
                    geolip::usage_error);
    CHECK(text.empty());
}
