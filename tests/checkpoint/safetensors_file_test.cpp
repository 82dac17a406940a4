// Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT
#include "geolip/checkpoint/safetensors_file.hpp"

#include <doctest/doctest.h>

#include <cstdint>
#include <filesystem>
#include <numeric>
#include <span>
#include <string>
#include <vector>

#include "fixtures/checkpoint.hpp"
#include "support/safetensors.hpp"
#include "support/temporary_folder.hpp"

using geolip::file_access;
using geolip::checkpoint::safetensors_file;
using geolip::checkpoint::tensor_info;
using geolip_test::file_of;
using geolip_test::message_of;

TEST_CASE("files that keep the format's rules are read, mapped or not") {
    const temporary_folder folder;
    for (const fixture::safetensors& f : fixture::good_files) {
        CAPTURE(f.name);
        write_file(folder / "in", geolip_test::bytes_of_hexadecimal(f.hexadecimal));
        for (const file_access access : {file_access::map, file_access::read}) {
            const safetensors_file file(folder / "in", access);
            CHECK(file.metadata() == geolip::checkpoint::text_map(f.metadata.begin(), f.metadata.end()));
            REQUIRE(file.tensors().size() == f.tensors.size());
            for (std::size_t i = 0; i < f.tensors.size(); ++i) {
                const fixture::stored_tensor& expected = f.tensors[i];
                CAPTURE(expected.name);
                const tensor_info& t = file.tensors()[i];
                CHECK(t.name == expected.name);
                CHECK(name_of(t.dtype) == expected.dtype);
                CHECK(t.shape == expected.shape);
                CHECK(file.find(expected.name) == &t);
                if (!expected.values) {
                    CHECK_THROWS_AS(file.read<double>(t), geolip::usage_error);
                } else {
                    CHECK(geolip_test::same_numbers(file.read<double>(t), *expected.values));
                }
            }
        }
    }
}

TEST_CASE("bytes are handed out as they are") {
    const temporary_folder folder;
    write_file(folder / "in", file_of(R"({"a":{"dtype":"F4","shape":[2,3],"data_offsets":[1,4]},)"
                                      R"("b":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}})",
                                      4));
    const safetensors_file mapped(folder / "in");
    const auto bytes = mapped.bytes(mapped.at("a"));
    CHECK(std::vector(bytes.begin(), bytes.end()) == std::vector{std::byte{2}, std::byte{3}, std::byte{4}});
    const safetensors_file file(folder / "in", file_access::read);
    CHECK_THROWS_AS(file.bytes(file.at("a")), geolip::usage_error);
    for (const safetensors_file* f : {&mapped, &file}) {
        std::byte part[2];
        f->read_bytes(f->at("a"), 1, part);
        CHECK(part[0] == std::byte{3});
        CHECK(part[1] == std::byte{4});
        CHECK_THROWS_AS(f->read_bytes(f->at("a"), 2, part), geolip::usage_error);
        CHECK_THROWS_AS(f->read_bytes(f->at("b"), 2, {}), geolip::usage_error);
    }
}

TEST_CASE("a large tensor can be read in parts") {
    const temporary_folder folder;
    const std::size_t count = (std::size_t{1} << 18) + 7;  // more than is converted at a time
    std::string bytes = geolip_test::file_of(R"({"a":{"dtype":"F32","shape":[)" + std::to_string(count) +
                                                 R"(],"data_offsets":[0,)" + std::to_string(4 * count) + "]}}",
                                             0);
    std::vector<float> values(count);
    std::iota(values.begin(), values.end(), 0.0f);
    bytes.append(reinterpret_cast<const char*>(values.data()), 4 * count);
    write_file(folder / "in", bytes);
    for (const file_access access : {file_access::map, file_access::read}) {
        const safetensors_file file(folder / "in", access);
        CHECK(file.read<float>(file.at("a")) == values);
        std::vector<double> part(3);
        file.read<double>(file.at("a"), count - 3, part);
        CHECK(part == std::vector<double>(values.end() - 3, values.end()));
        CHECK_THROWS_AS(file.read<double>(file.at("a"), count - 2, part), geolip::usage_error);
        CHECK_THROWS_AS(file.read<double>(file.at("a"), count + 1, {}), geolip::usage_error);
    }
}

TEST_CASE("what is not there, or not of that kind, is said with names that do no harm") {
    const temporary_folder folder;
    write_file(folder / "in", file_of("{\"\u202e\":{\"dtype\":\"U64\",\"shape\":[1],\"data_offsets\":[0,8]}}", 8));
    const safetensors_file file(folder / "in");
    CHECK(file.find("no") == nullptr);
    CHECK(file.find("") == nullptr);
    CHECK(message_of([&] { file.at("\x1b"); }) == "'" + (folder / "in").string() +
                                                      "': there is no tensor '\\u001b'; expected one of the 1 it has, "
                                                      "such as '\\u202e'");
    CHECK(
        message_of<geolip::usage_error>([&] { file.read<int>(file.tensors()[0]); }) ==
        "'" + (folder / "in").string() +
            "': tensor '\\u202e' has elements of type U64, which cannot be converted to I32; read its bytes, or it as "
            "another type");
}

TEST_CASE("a file far larger than memory is listed, and read where it is asked for") {
    const temporary_folder folder;
    const std::uint64_t bytes = std::uint64_t{40} << 30;
    write_file(folder / "in", file_of(R"({"a":{"dtype":"F32","shape":[10485760,1024],"data_offsets":[0,)" +
                                          std::to_string(bytes) + "]}}",
                                      0));
    const std::uint64_t start = std::filesystem::file_size(folder / "in");
    std::filesystem::resize_file(folder / "in", start + bytes);  // nothing but a hole
    for (const file_access access : {file_access::map, file_access::read}) {
        const safetensors_file file(folder / "in", access);
        std::vector<double> part(5, 1.0);
        file.read<double>(file.at("a"), file.at("a").size() - 5, part);
        CHECK(part == std::vector<double>(5, 0.0));
    }
}

TEST_CASE("a file is read through links, and what is no file is refused") {
    const temporary_folder folder;
    write_file(folder / "real", file_of("{}", 0));
    std::filesystem::create_symlink(folder / "real", folder / "link");
    CHECK(safetensors_file(folder / "link").tensors().empty());
    CHECK_THROWS_AS(safetensors_file(folder / "none"), geolip::file_error);
    CHECK_THROWS_AS(safetensors_file(folder / ""), geolip::file_error);
}
