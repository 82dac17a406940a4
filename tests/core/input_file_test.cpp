// Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT
#include "geolip/core/input_file.hpp"

#include <doctest/doctest.h>
#include <sys/stat.h>

#include <array>
#include <filesystem>
#include <span>
#include <string>
#include <utility>

#include "support/temporary_folder.hpp"

using geolip::file_access;
using geolip::input_file;

namespace {

std::string read(const input_file& file, std::uint64_t offset, std::size_t count) {
    std::string text(count, '?');
    file.read_at(offset, std::as_writable_bytes(std::span(text)));
    return text;
}

}  // namespace

TEST_CASE("both ways to reach a file give the same bytes") {
    const temporary_folder folder;
    write_file(folder / "in", "0123456789");
    for (const file_access access : {file_access::map, file_access::read}) {
        const input_file file(folder / "in", access);
        CHECK(file.size() == 10);
        CHECK(file.mapped().size() == (access == file_access::map ? 10 : 0));
        CHECK(read(file, 0, 10) == "0123456789");
        CHECK(read(file, 3, 4) == "3456");
        CHECK(read(file, 10, 0).empty());
        CHECK_THROWS_AS(read(file, 9, 2), geolip::file_error);
        CHECK_THROWS_AS(read(file, 11, 0), geolip::file_error);
        CHECK_THROWS_AS(read(file, ~std::uint64_t{0}, 2), geolip::file_error);
    }
}

TEST_CASE("an empty file has no bytes") {
    const temporary_folder folder;
    write_file(folder / "in", "");
    for (const file_access access : {file_access::map, file_access::read}) {
        const input_file file(folder / "in", access);
        CHECK(file.size() == 0);
        CHECK(file.mapped().empty());
        CHECK(read(file, 0, 0).empty());
    }
}

TEST_CASE("a file that becomes too short while it is read is an error, not rubbish") {
    const temporary_folder folder;
    write_file(folder / "in", "0123456789");
    const input_file file(folder / "in", file_access::read);
    std::filesystem::resize_file(folder / "in", 5);
    CHECK(read(file, 0, 5) == "01234");
    CHECK_THROWS_AS(read(file, 0, 10), geolip::file_error);
}

TEST_CASE("a file is moved with its content") {
    const temporary_folder folder;
    write_file(folder / "a", "aa");
    write_file(folder / "b", "b");
    for (const file_access access : {file_access::map, file_access::read}) {
        input_file a(folder / "a", access);
        input_file moved(std::move(a));
        CHECK(read(moved, 0, 2) == "aa");
        input_file b(folder / "b", access);
        b = std::move(moved);
        CHECK(read(b, 0, 2) == "aa");
        CHECK(b.path() == folder / "a");
    }
}

TEST_CASE("what is no file is refused at once, with the reason") {
    const temporary_folder folder;
    CHECK_THROWS_WITH(
        input_file("/nonexistent"),
        "cannot open '/nonexistent': No such file or directory; check that it is a file, is permitted and "
        "can be reached");
    CHECK_THROWS_AS(input_file(folder / ""), geolip::file_error);
    REQUIRE(::mkfifo((folder / "pipe").c_str(), 0600) == 0);
    CHECK_THROWS_AS(input_file(folder / "pipe"), geolip::file_error);  // must not wait for a writer
}
