// Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT
#include "geolip/sweep/document.hpp"

#include <doctest/doctest.h>

#include <string>

#include "support/fake_sweep.hpp"
#include "support/temporary_folder.hpp"

namespace {

using namespace geolip::sweep;

std::string text_of(const results& r) {
    std::string text;
    write_json(r, [&](std::string_view piece) { text += piece; });
    return text;
}

std::string complaint(const std::string& text) {
    const temporary_folder folder;
    write_file(folder / "d.json", text);
    try {
        read_document(folder / "d.json");
    } catch (const geolip::file_error& e) {
        return e.what();
    }
    return "";
}

}  // namespace

TEST_CASE("what was written is read back") {
    const temporary_folder folder;
    const results r = finished(small_plan());
    write_file(folder / "d.json", text_of(r));
    const document d = read_document(folder / "d.json");
    CHECK(same_entries(d.all_results, r.entries));
    CHECK(d.limits.lo == 0.13);
    CHECK(d.limits.hi == 0.30);
    const auto order = band_order(r.entries, d.limits);
    REQUIRE(d.band_results.size() == order.size());
    for (std::size_t i = 0; i < order.size(); ++i) CHECK(d.band_results[i].cv == r.entries[order[i]].cv);

    CHECK(is_result_of(d, r.plan));
    plan other = r.plan;
    other.seed = 1;
    CHECK_FALSE(is_result_of(d, other));
    other = r.plan;
    other.dims.back() = 513;
    CHECK_FALSE(is_result_of(d, other));
}

TEST_CASE("the document of the original script, without provenance, is read") {
    const temporary_folder folder;
    write_file(folder / "d.json",
               R"({"sweep": {"step": 8, "low": 8, "high": 16}, "band": {"lo": 0.13, "hi": 0.3},
                   "band_results": [{"V": 8, "D": 16, "CV": 0.2001, "in_band": true}],
                   "all_results": [{"V": 8, "D": 8, "CV": null, "in_band": false},
                                   {"V": 8, "D": 16, "CV": 0.2001, "in_band": true}]})");
    const document d = read_document(folder / "d.json");
    CHECK(d.band_results.size() == 1);
    CHECK(d.all_results.size() == 2);
    CHECK_FALSE(d.all_results[0].cv);
    CHECK(d.all_results[1].cv == 0.2001);
    CHECK_FALSE(is_result_of(d, plan()));
}

TEST_CASE("a document cut short anywhere is refused with the place") {
    const std::string text = text_of(finished(small_plan()));
    for (std::size_t length = 0; length + 2 < text.size(); length += 7) {
        const std::string what = complaint(text.substr(0, length));
        CAPTURE(length);
        CHECK(what.find("not whole JSON, from byte") != std::string::npos);
    }
}

TEST_CASE("other JSON is refused by the part that is wrong") {
    const auto with = [](const std::string& band_results, const std::string& all_results) {
        return complaint(R"({"band": {"lo": 0.13, "hi": 0.3}, "band_results": )" + band_results +
                         R"(, "all_results": )" + all_results + "}");
    };
    CHECK(with("[]", "[]").empty());
    struct {
        std::string what;
        const char* part;
    } const cases[] = {
        {complaint("[]"), "not a JSON object"},
        {complaint("{}"), "\"band_results\" is missing or malformed"},
        {complaint(R"({"band_results": [], "all_results": []})"), "\"band\" is missing or malformed"},
        {complaint(R"({"band_results": [], "all_results": [], "band": {"lo": 0.3, "hi": 0.13}})"),
         "\"lo\" below \"hi\""},
        {complaint(R"({"band_results": [], "all_results": [], "band": {"lo": "a", "hi": 1}})"),
         "numbers \"lo\" and \"hi\""},
        {with("{}", "[]"), "\"band_results\" is missing or malformed"},
        {with("[1]", "[]"), "nothing but entries"},
        {with("[]", "[[]]"), "\"all_results\" is missing or malformed"},
        {with("[]", R"([{"V": 8, "D": 8, "CV": 1}, {"V": 8, "D": 8}])"), "\"all_results\"[1] is malformed"},
        {with(R"([{"V": 8, "D": 8, "CV": null}])", "[]"), "\"band_results\"[0] is malformed; expected a number"},
        {with("[]", R"([{"V": 0, "D": 8, "CV": 1}])"), "positive 32-bit whole numbers"},
        {with("[]", R"([{"V": 8, "D": 4294967296, "CV": 1}])"), "positive 32-bit whole numbers"},
        {with("[]", R"([{"V": 8.5, "D": 8, "CV": 1}])"), "positive 32-bit whole numbers"},
        {with("[]", R"([{"V": 8, "D": 8, "CV": "x"}])"), "a number or null"},
        {with("[]", R"([{"V": 8, "D": 8, "CV": 1e999}])"), "not readable as JSON"},
        {with("[]", R"([{"V": 8, "D": 8, "CV": NaN}])"), "not whole JSON, from byte"},
        {complaint(text_of(finished(small_plan())) + "x"), "not whole JSON, from byte"},
    };
    for (const auto& c : cases) {
        CAPTURE(c.part);
        CHECK(c.what.find(c.part) != std::string::npos);
    }
    CHECK_THROWS_AS(read_document("/nonexistent.json"), geolip::file_error);
    CHECK_THROWS_AS(read_document("/"), geolip::file_error);
}
