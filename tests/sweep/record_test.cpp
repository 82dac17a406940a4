// Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT
#include "geolip/sweep/record.hpp"

#include <doctest/doctest.h>

#include <span>
#include <string>

#include "support/fake_sweep.hpp"
#include "support/temporary_folder.hpp"

namespace {

using namespace geolip::sweep;

void append(record& log, const results& r, std::size_t item) {
    const std::size_t width = entries_per_item(r.plan);
    log.append(item, std::span(r.entries).subspan(item * width, width));
}

/// The message with which a record is refused.
template <class Action>
std::string complaint(Action action) {
    try {
        action();
    } catch (const geolip::file_error& e) {
        return e.what();
    }
    return "";
}

}  // namespace

TEST_CASE("what is appended is read back, for every design") {
    for (const design d : {design::independent, design::nested}) {
        const temporary_folder folder;
        const results all = finished(small_plan(d));
        {
            record log = record::begin(folder / "r", all.plan, {});
            for (std::size_t item = all.done.size(); item-- > 0;) append(log, all, item);  // in any order
        }
        const record_content content = read_record(folder / "r");
        CHECK(content.results.plan == all.plan);
        CHECK(content.part == shard{});
        CHECK(content.results.items_done() == all.done.size());
        CHECK(same_entries(content.results.entries, all.entries));
        require_finished(folder / "r", content);
        std::string text;
        write_record(all, {}, [&](std::string_view piece) { text += piece; });
        CHECK(text.size() == content.intact_bytes);
        write_file(folder / "sorted", text);
        CHECK(same_entries(read_record(folder / "sorted").results.entries, all.entries));
    }
}

TEST_CASE("a record is not begun where there is a file") {
    const temporary_folder folder;
    write_file(folder / "r", "precious");
    const std::string what = complaint([&] { record::begin(folder / "r", small_plan(), {}); });
    CHECK(what.find("exists already") != std::string::npos);
    CHECK(content_of(folder / "r") == "precious");
}

TEST_CASE("cut anywhere, a record resumes with the whole lines it has and ends as if never cut") {
    const temporary_folder folder;
    const results all = finished(small_plan(design::nested));
    std::string text;
    write_record(all, {}, [&](std::string_view piece) { text += piece; });
    for (std::size_t length = 0; length <= text.size(); ++length) {
        write_file(folder / "r", text.substr(0, length));
        results known(all.plan);
        {
            record log = record::resume(folder / "r", {}, known);
            for (std::size_t item = 0; item < all.done.size(); ++item) {
                if (!known.done[item]) append(log, all, item);
            }
        }
        REQUIRE(content_of(folder / "r") == text);
        const std::string whole_lines = text.substr(0, length);
        const auto lines = std::count(whole_lines.begin(), whole_lines.end(), '\n');
        REQUIRE(known.items_done() == static_cast<std::size_t>(lines > 0 ? lines - 1 : 0));
    }
}

TEST_CASE("a record of another run, a damaged one or another file is refused and left alone") {
    const temporary_folder folder;
    const results all = finished(small_plan());
    std::string text;
    write_record(all, {1, 2}, [&](std::string_view piece) { text += piece; });
    const auto resume = [&](const std::string& content, plan p = small_plan(), shard part = {1, 2}) {
        write_file(folder / "r", content);
        const std::string what = complaint([&] {
            results known(p);
            record::resume(folder / "r", part, known);
        });
        CHECK(content_of(folder / "r") == content);
        return what;
    };
    const auto mentions = [](const std::string& what, const char* part) {
        return what.find(part) != std::string::npos;
    };
    std::string own;
    write_record(results(all.plan), {1, 2}, [&](std::string_view piece) { own += piece; });
    CHECK(resume(own).empty());

    plan other = small_plan();
    other.samples = 200;
    CHECK(mentions(resume(own, other), "line 1: the record of another run, with samples 300; expected samples 200"));
    CHECK(mentions(resume(own, small_plan(), {2, 2}), "shard 1/2; expected shard 2/2"));
    other = small_plan();
    other.isa = geolip::isa::avx2;
    CHECK(mentions(resume(own, other), "isa baseline; expected isa avx2"));

    CHECK(mentions(resume("{\"sweep\": 1}\n"), "line 1: not the record of a sweep"));
    CHECK(mentions(resume("something"), "line 1: not the record of a sweep"));
    CHECK(mentions(resume(text), "line 3: not a new item of shard 1/2"));  // it holds the items of the other shard too

    std::string version = detail::header_text(all.plan, {1, 2});
    version.replace(version.find("version 0"), 9, "version 9");
    CHECK(mentions(resume(detail::sealed(version)), "version 9"));
    std::string damaged = own;
    damaged[30] = '#';
    CHECK(mentions(resume(damaged), "line 1: a damaged header"));

    std::string whole;
    write_record(all, {}, [&](std::string_view piece) { whole += piece; });
    std::string flipped = whole;
    flipped[whole.find('\n') + 5] ^= 1;
    CHECK(mentions(resume(flipped, small_plan(), {}), "line 2: the checksum does not fit"));
    const std::string last = whole.substr(whole.rfind('\n', whole.size() - 2) + 1);
    CHECK(mentions(resume(whole + last, small_plan(), {}), "not a new item"));
}

TEST_CASE("an unfinished record is told from a finished one") {
    const temporary_folder folder;
    const results all = finished(small_plan());
    {
        record log = record::begin(folder / "r", all.plan, {2, 2});
        append(log, all, 1);
    }
    const std::string what = complaint([&] { require_finished(folder / "r", read_record(folder / "r")); });
    CHECK(what.find("holds 1 of the 9 items of shard 2/2") != std::string::npos);
}
