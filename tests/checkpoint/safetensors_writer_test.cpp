// Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT
#include "geolip/checkpoint/safetensors_writer.hpp"

#include <doctest/doctest.h>

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "geolip/checkpoint/safetensors_file.hpp"
#include "geolip/random/philox.hpp"
#include "support/safetensors.hpp"
#include "support/temporary_folder.hpp"

using geolip::usage_error;
using geolip::checkpoint::dtype;
using geolip::checkpoint::safetensors_file;
using geolip::checkpoint::safetensors_writer;
using geolip::checkpoint::tensor;
using geolip::checkpoint::tensor_info;
using geolip::checkpoint::tensor_of;
using geolip::checkpoint::text_map;
using geolip::checkpoint::write_safetensors;
using geolip_test::little_endian;
using geolip_test::message_of;
using namespace std::string_literals;

namespace {

std::span<const std::byte> bytes_of(std::string_view text) { return std::as_bytes(std::span(text)); }

}  // namespace

TEST_CASE("the bytes are those that the reference implementation writes") {
    const temporary_folder folder;
    const std::vector<float> floats = {1, 2, 3, 4, 5, 6};
    const std::vector<std::int64_t> integers = {7};
    const std::vector<tensor> tensors = {tensor_of<float>("b.w", {2, 3}, floats),
                                         tensor_of<std::int64_t>("k", {}, integers), tensor_of<float>("a", {0}, {})};
    write_safetensors(folder / "out", tensors, {{"format", "pt"}});
    // safetensors 0.8.0: save_file({"b.w": …, "k": …, "a": …}, …, metadata={"format": "pt"})
    const std::string header = R"({"__metadata__":{"format":"pt"},"k":{"dtype":"I64","shape":[],"data_offsets":[0,8]},)"
                               R"("a":{"dtype":"F32","shape":[0],"data_offsets":[8,8]},)"
                               R"("b.w":{"dtype":"F32","shape":[2,3],"data_offsets":[8,32]}}     )";
    CHECK(content_of(folder / "out") == little_endian(200) + header + little_endian(7) +
                                            geolip_test::bytes_of_hexadecimal("0000803f000000400000404000008040"
                                                                              "0000a0400000c040"));
}

TEST_CASE("random tables survive being written and read, whatever their types, shapes, names and order") {
    const temporary_folder folder;
    for (std::uint64_t seed = 0; seed < 60; ++seed) {
        CAPTURE(seed);
        geolip::philox_engine draw({seed, 1});
        std::vector<tensor> tensors;
        std::vector<std::string> contents;
        contents.reserve(20);
        const std::size_t count = draw() % 20;
        for (std::size_t i = 0; i < count; ++i) {
            tensor t;
            for (std::size_t letters = draw() % 12; letters > 0; --letters)
                t.name += std::vector<std::string>{
                    "a", ".", "\"", "\\", "\u00e9", "\u202e", "\U0001f600", "/", " "}[draw() % 9];
            t.name += std::to_string(i);
            t.dtype = static_cast<dtype>(draw() % 22);
            for (std::size_t rank = draw() % 4; rank > 0; --rank) t.shape.push_back(draw() % 5);
            t.shape.push_back(8);  // whole bytes for every type
            contents.emplace_back();
            for (auto bytes = *geolip::checkpoint::byte_size(t.dtype, t.shape); bytes > 0; --bytes)
                contents.back() += static_cast<char>(draw() & 0x7F);
            t.bytes = bytes_of(contents.back());
            tensors.push_back(t);
        }
        text_map metadata;
        for (std::size_t keys = draw() % 3; keys > 0; --keys) metadata["k\n"s + std::to_string(keys)] = "v\0\u2028"s;
        write_safetensors(folder / "out", tensors, metadata, seed == 0);

        const safetensors_file file(folder / "out");
        CHECK(file.metadata() == metadata);
        REQUIRE(file.tensors().size() == tensors.size());
        for (const tensor& t : tensors) {
            const tensor_info& read = file.at(t.name);
            CHECK(read.dtype == t.dtype);
            CHECK(read.shape == t.shape);
            const auto bytes = file.bytes(read);
            CHECK(std::equal(bytes.begin(), bytes.end(), t.bytes.begin(), t.bytes.end()));
        }
        // The header is a multiple of eight bytes, so every tensor is aligned to its elements.
        for (const tensor_info& t : file.tensors())
            if (bits_of(t.dtype) >= 8) CHECK(8 * t.begin % bits_of(t.dtype) == 0);
        CHECK(static_cast<unsigned char>(content_of(folder / "out")[0]) % 8 == 0);
        // Any order gives the same file.
        const std::string first = content_of(folder / "out");
        std::reverse(tensors.begin(), tensors.end());
        write_safetensors(folder / "out", tensors, metadata);
        CHECK(content_of(folder / "out") == first);
    }
}

TEST_CASE("tensors are written piece by piece, and none may be short or long") {
    const temporary_folder folder;
    write_file(folder / "out", "old");
    const std::vector<tensor_info> table = {{"a", dtype::u8, {3}}, {"b", dtype::u16, {1}}};
    {
        safetensors_writer out(folder / "out", table);
        REQUIRE(out.tensors().size() == 2);
        CHECK(out.tensors()[0].name == "b");
        CHECK(out.tensors()[1].begin == 2);
        out.write(bytes_of("12"));
        out.write(bytes_of("3"));
        CHECK_THROWS_AS(out.write(bytes_of("456")), usage_error);
        CHECK_THROWS_AS(out.commit(), usage_error);
        CHECK(content_of(folder / "out") == "old");
        out.write(bytes_of("45"));
        out.commit();
    }
    const safetensors_file file(folder / "out");
    CHECK(file.read<int>(file.at("a")) == std::vector<int>{'3', '4', '5'});
    {
        safetensors_writer abandoned(folder / "out", table);
        abandoned.write(bytes_of("12"));
    }
    CHECK(safetensors_file(folder / "out").tensors().size() == 2);
    CHECK(folder.files() == 1);
}

TEST_CASE("a file can be replaced by one made of its own mapped tensors") {
    const temporary_folder folder;
    const std::vector<float> values(1000, 1.5f);
    const std::vector<tensor> before = {tensor_of<float>("a", {1000}, values)};
    write_safetensors(folder / "out", before);
    const safetensors_file file(folder / "out");
    const std::vector<tensor> after = {{"renamed", dtype::f32, {10, 100}, file.bytes(file.at("a"))}};
    write_safetensors(folder / "out", after);
    const safetensors_file again(folder / "out");
    CHECK(again.read<float>(again.at("renamed")) == values);
    CHECK(file.read<float>(file.at("a")) == values);  // the old content, while it is open
}

TEST_CASE("what the reader would refuse is not written") {
    const temporary_folder folder;
    const std::vector<float> one = {1};
    const auto refusal = [&](const std::vector<tensor>& tensors, const text_map& metadata = {}) {
        const std::string message =
            message_of<usage_error>([&] { write_safetensors(folder / "out", tensors, metadata); });
        CHECK(folder.files() == 0);
        return message;
    };
    const auto named = [&](std::string name) { return tensor_of<float>(std::move(name), {1}, one); };
    CHECK(refusal({named("a"), named("a")}) == "writing tensor 'a': the name is given twice");
    for (const std::string& name : {"__metadata__"s, "a\0"s, "\x1b"s, "\u009b"s, "\xff"s})
        CHECK(refusal({named(name)}).find("a name has no control characters, is UTF-8 and not") != std::string::npos);
    CHECK(refusal({tensor_of<float>("a", {2}, one)}) ==
          "writing tensor 'a': got 4 bytes; expected those of F32 of shape 2");
    CHECK_FALSE(refusal({{"a", dtype::f4, {3}, bytes_of("12")}}).empty());
    CHECK_FALSE(refusal({{"a", dtype::u8, {std::size_t{1} << 32, std::size_t{1} << 32}, {}}}).empty());
    CHECK_FALSE(refusal({tensor_of<float>("a", std::vector<std::size_t>(65, 1), one)}).empty());
    CHECK(refusal({named("a")}, {{"k", "\xff"}}) == "the text '\\xff' is not UTF-8; a safetensors file takes no other");
    CHECK_THROWS_AS(safetensors_writer(folder / "out", {{"a", dtype::u8, {std::size_t{1} << 60}},
                                                        {"b", dtype::u8, {std::size_t{1} << 60}},
                                                        {"c", dtype::f64, {std::size_t{1} << 57}},
                                                        {"d", dtype::f64, {std::size_t{1} << 57}},
                                                        {"e", dtype::f64, {std::size_t{1} << 57}},
                                                        {"f", dtype::f64, {std::size_t{1} << 57}},
                                                        {"g", dtype::f64, {std::size_t{1} << 57}},
                                                        {"h", dtype::f64, {std::size_t{1} << 57}},
                                                        {"i", dtype::f64, {std::size_t{1} << 57}}}),
                    usage_error);
}

TEST_CASE("a full disk or a missing folder is said, and the old file stays") {
    const temporary_folder folder;
    const std::vector<float> one = {1};
    const std::vector<tensor> tensors = {tensor_of<float>("a", {1}, one)};
    CHECK_THROWS_AS(write_safetensors(folder / "none/out", tensors), geolip::file_error);
    if (std::filesystem::exists("/dev/full"))
        CHECK_THROWS_AS(write_safetensors("/dev/full", tensors), geolip::file_error);
}
