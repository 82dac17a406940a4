// Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT
#include "geolip/core/file.hpp"

#include <doctest/doctest.h>

#include <filesystem>
#include <string>

#include "support/temporary_folder.hpp"

using geolip::file;
using geolip::is_stream;
using geolip::output_file;

TEST_CASE("output takes its name when it is committed, and leaves nothing when it is not") {
    const temporary_folder folder;
    write_file(folder / "out", "old");
    {
        output_file out(folder / "out");
        out.write("half");
        CHECK(content_of(folder / "out") == "old");
    }
    CHECK(content_of(folder / "out") == "old");
    CHECK(folder.files() == 1);
    output_file out(folder / "out");
    out.write("new");
    out.commit();
    CHECK(content_of(folder / "out") == "new");
    CHECK(folder.files() == 1);
}

TEST_CASE("a link stays a link to the file that is replaced") {
    const temporary_folder folder;
    write_file(folder / "real", "old");
    std::filesystem::create_symlink(folder / "real", folder / "link");
    output_file out(folder / "link");
    out.write("new");
    out.commit();
    CHECK(std::filesystem::is_symlink(folder / "link"));
    CHECK(content_of(folder / "real") == "new");
}

TEST_CASE("devices are written directly, and a full one is noticed") {
    CHECK(is_stream("/dev/null"));
    CHECK(is_stream("/dev/stdout"));
    CHECK_FALSE(is_stream("/nonexistent/file"));
    if (!std::filesystem::exists("/dev/full")) return;
    output_file out("/dev/full");
    out.write("text");
    CHECK_THROWS_WITH_AS(out.commit(),
                         "cannot write '/dev/full': No space left on device; check that the path exists, is permitted "
                         "and has room",
                         geolip::file_error);
}

TEST_CASE("a file that cannot be opened is named with the reason") {
    const temporary_folder folder;
    CHECK_THROWS_AS(output_file(folder / "none/out"), geolip::file_error);
    CHECK_THROWS_AS(file(folder / "none", "rb"), geolip::file_error);
    CHECK_THROWS_WITH(file("/nonexistent", "rb"),
                      "cannot open '/nonexistent': No such file or directory; check that the path exists, is permitted "
                      "and has room");
}

TEST_CASE("lines end at newlines; what follows the last is told apart") {
    const temporary_folder folder;
    write_file(folder / "in", "one\n\nthree\nrest");
    file in(folder / "in", "rb");
    std::string line;
    CHECK(in.read_line(line));
    CHECK(line == "one");
    CHECK(in.read_line(line));
    CHECK(line.empty());
    CHECK(in.read_line(line));
    CHECK_FALSE(in.read_line(line));
    CHECK(line == "rest");
    CHECK_FALSE(in.read_line(line));
    CHECK(line.empty());
}
