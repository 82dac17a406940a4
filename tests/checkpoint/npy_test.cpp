// Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT
#include "geolip/checkpoint/npy.hpp"

#include <doctest/doctest.h>

#include <cstdint>
#include <numeric>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "fixtures/checkpoint.hpp"
#include "geolip/random/philox.hpp"
#include "support/safetensors.hpp"
#include "support/temporary_folder.hpp"

using geolip::file_access;
using geolip::checkpoint::npy_file;
using geolip::checkpoint::write_npy;
using geolip_test::message_of;
using namespace std::string_literals;

namespace {

/// A file of version 1 with this dictionary and so many bytes of data.
std::string npy_of(const std::string& dictionary, std::size_t data_bytes, char version = 1) {
    std::string bytes = "\x93NUMPY"s + version + '\0' + geolip_test::little_endian(dictionary.size()).substr(0, 2);
    if (version > 1) bytes += "\0\0"s;
    return bytes + dictionary + std::string(data_bytes, '\1');
}
std::string npy_of(const std::string& type, const std::string& order, const std::string& shape,
                   std::size_t data_bytes) {
    return npy_of("{'descr': " + type + ", 'fortran_order': " + order + ", 'shape': " + shape + ", }\n", data_bytes);
}

/// What opening such a file says; empty if it opens.
std::string refusal(const std::string& bytes) {
    const temporary_folder folder;
    write_file(folder / "in", bytes);
    const std::string message = message_of([&] { npy_file(folder / "in"); });
    CHECK(message == message_of([&] { npy_file(folder / "in", file_access::read); }));
    return message.empty() ? message : message.substr((folder / "in").string().size() + 4);
}

bool says(const std::string& message, std::string_view start) {
    if (message.starts_with(start)) return true;
    MESSAGE("it says: " << message);
    return false;
}

}  // namespace

TEST_CASE("arrays that NumPy saved are read, mapped or not") {
    const temporary_folder folder;
    for (const fixture::npy& a : fixture::arrays) {
        CAPTURE(a.name);
        write_file(folder / "in", geolip_test::bytes_of_hexadecimal(a.hexadecimal));
        for (const file_access access : {file_access::map, file_access::read}) {
            const npy_file file(folder / "in", access);
            CHECK(name_of(file.dtype()) == a.dtype);
            CHECK(file.shape() == a.shape);
            CHECK(file.size() == a.values.size());
            CHECK(file.fortran_order() == a.fortran_order);
            CHECK(geolip_test::same_numbers(file.read<double>(), a.values));
        }
    }
}

TEST_CASE("integers are read as integers where they fit") {
    const temporary_folder folder;
    write_file(folder / "in", npy_of("'>i4'", "False", "(2,)", 8));
    const npy_file file(folder / "in");
    CHECK(file.read<std::int64_t>() == std::vector<std::int64_t>(2, 0x01010101));
    CHECK(message_of<geolip::usage_error>([&] { file.read<std::uint64_t>(); }) ==
          "'" + (folder / "in").string() +
              "' has elements of type I32, which cannot be converted to U64; read it as another type");
}

TEST_CASE("an array larger than what is converted at a time keeps its order") {
    const temporary_folder folder;
    const std::size_t count = (std::size_t{1} << 18) + 3;
    std::string bytes = npy_of("'>f4'", "False", "(" + std::to_string(count) + ",)", 0);
    for (std::size_t i = 0; i < count; ++i) {
        const auto bits = std::bit_cast<std::uint32_t>(static_cast<float>(i));
        for (int shift = 24; shift >= 0; shift -= 8)
            bytes += static_cast<char>(static_cast<unsigned char>(bits >> shift));
    }
    write_file(folder / "in", bytes);
    std::vector<float> expected(count);
    std::iota(expected.begin(), expected.end(), 0.0f);
    CHECK(npy_file(folder / "in").read<float>() == expected);
    CHECK(npy_file(folder / "in", file_access::read).read<float>() == expected);
}

TEST_CASE("what is written is read again, and is what NumPy reads") {
    const temporary_folder folder;
    const std::vector<float> values = {1, 2, 3, 4, 5, 6};
    write_npy<float>(folder / "out", std::vector<std::size_t>{2, 3}, values);
    const std::string dictionary = "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }";
    CHECK(content_of(folder / "out") == "\x93NUMPY\x01\0"s + "\x76\0"s + dictionary +
                                            std::string(118 - dictionary.size() - 1, ' ') + '\n' +
                                            geolip_test::bytes_of_hexadecimal("0000803f00000040000040400000804"
                                                                              "00000a0400000c040"));
    geolip::philox_engine draw({3, 3});
    for (int round = 0; round < 40; ++round) {
        std::vector<std::size_t> shape;
        for (std::size_t rank = draw() % 5; rank > 0; --rank) shape.push_back(draw() % 4);
        std::vector<std::int16_t> numbers(
            std::accumulate(shape.begin(), shape.end(), std::size_t{1}, std::multiplies<>()));
        for (auto& n : numbers) n = static_cast<std::int16_t>(draw() & 0xFFFF);
        write_npy<std::int16_t>(folder / "out", shape, numbers);
        const npy_file file(folder / "out");
        CHECK(file.shape() == shape);
        CHECK(file.read<std::int16_t>() == numbers);
        CHECK((content_of(folder / "out").size() - 2 * numbers.size()) % 64 == 0);
    }
    CHECK(folder.files() == 1);
}

TEST_CASE("values that are not those of the shape are not written") {
    const temporary_folder folder;
    const std::vector<float> values(6);
    CHECK(message_of<geolip::usage_error>([&] {
              write_npy<float>(folder / "out", std::vector<std::size_t>{2, 2}, values);
          }).find("got 6 values; expected those of an array of shape 2 x 2") != std::string::npos);
    CHECK_THROWS_AS(write_npy<float>(folder / "out", std::vector<std::size_t>(65, 1), std::span(values).first(1)),
                    geolip::usage_error);
    CHECK(folder.files() == 0);
}

TEST_CASE("the neighbours of what is refused here are accepted") {
    CHECK(refusal(npy_of("'<f4'", "False", "(2,)", 8)).empty());
    CHECK(refusal(npy_of("'<f4'", "True", "(2, 3)", 24)).empty());
    CHECK(refusal(npy_of("'<f4'", "False", "(2L, 3L,)", 24)).empty());  // Python 2
    CHECK(refusal(npy_of("'<f4'", "False", "()", 4)).empty());
    CHECK(refusal(npy_of("{\"shape\":(1,),\"descr\":\"|u1\",\"fortran_order\":False}", 1)).empty());
    CHECK(refusal(npy_of("{'descr': '<f4', 'fortran_order': False, 'shape': (1,)}", 4, 3)).empty());
}

TEST_CASE("files that are no arrays") {
    CHECK(says(refusal(""), "the file does not begin as an npy file does"));
    CHECK(says(refusal("\x93NUMPX\x01\0"s), "the file does not begin as an npy file does"));
    CHECK(says(refusal("PK\x03\x04"), "the file does not begin as an npy file does"));  // npz
    CHECK(says(refusal("\x93NUMPY"), "the file has an unknown version"));
    CHECK(says(refusal("\x93NUMPY\x01\0"s), "the file ends in its header"));
    CHECK(says(refusal("\x93NUMPY\x01\0\x10\0{}"s), "the file ends in its header"));
    CHECK(says(refusal("\x93NUMPY\x02\0\x02\0"s), "the file ends in its header"));
    for (const std::string& version : {"\x04\0"s, "\x00\0"s, "\x01\x01"s})
        CHECK(says(refusal("\x93NUMPY" + version + "\x02\0{}"s), "the file has an unknown version"));
    CHECK(says(refusal("\x93NUMPY\x02\0\xff\xff\xff\xff{}"s), "the header claims to have 4294967295 bytes"));
    CHECK(
        says(refusal("\x93NUMPY\x01\0\x11\x27"s + std::string(10'001, ' ')), "the header claims to have 10001 bytes"));
}

TEST_CASE("elements that are no numbers") {
    CHECK(says(refusal(npy_of("'|O'", "False", "(2,)", 16)),
               "the array is one of Python objects, whose reading may run"));
    CHECK(says(refusal(npy_of("'O8'", "False", "(2,)", 16)), "the array is one of Python objects"));
    CHECK(says(refusal(npy_of("[('a', '<f4')]", "False", "(2,)", 8)), "the array is one of structures"));
    for (const char* type :
         {"<U1", "|S4", "<c8", "<M8[s]", "|V2", "<f16", "|f4", "=f4", "f4", "<f3", "<i3", "<b2", "", "<"})
        CHECK(says(refusal(npy_of("'"s + type + "'", "False", "(2,)", 8)), "the array has elements of type '"s + type));
    CHECK(
        says(refusal(npy_of("'<f\\x34'", "False", "(2,)", 8)), "the header has text that does not end or is escaped"));
    CHECK(says(refusal(npy_of("'\x1b'", "False", "(2,)", 8)), "the array has elements of type '\\u001b'"));
}

TEST_CASE("dictionaries that are not exactly the three keys") {
    CHECK(says(refusal(npy_of("{}", 0)), "the header lacks a key"));
    CHECK(says(refusal(npy_of("{'descr': '<f4', 'shape': (1,)}", 4)), "the header lacks a key"));
    CHECK(says(refusal(npy_of("{'descr': '<f4', 'descr': '<f4'}", 4)), "the header has a key twice"));
    CHECK(says(refusal(npy_of("{'shape': (1,), 'shape': (1,)}", 4)), "the header has a key twice"));
    CHECK(says(refusal(npy_of("{'evil': 1}", 4)), "the header has the unknown key 'evil'"));
    CHECK(says(refusal(npy_of("", 0)), "the header goes on with ''; expected '{' there"));
    CHECK(says(refusal(npy_of("[]", 0)), "the header goes on with '[]'; expected '{' there"));
    CHECK(says(refusal(npy_of("{'descr' '<f4'}", 0)), "the header goes on with"));
    CHECK(says(refusal(npy_of("{'descr", 0)), "the header has text that does not end"));
    CHECK(says(refusal(npy_of("'<f4'", "False", "(1,)} + {", 4)), "the header goes on behind its dictionary"));
    CHECK(says(refusal(npy_of("'<f4'", "0", "(1,)", 4)), "'fortran_order' is '0, \\'shape"));
    CHECK(says(refusal(npy_of("'<f4'", "__import__", "(1,)", 4)), "'fortran_order' is '__import__'"));
}

TEST_CASE("shapes that are no tuples of numbers, or cannot be counted") {
    for (const char* shape : {"(2)", "2", "[2]", "(-1,)", "(2.0,)", "(2e0,)", "(02,)", "(1_0,)", "(,)", "(2,,)",
                              "(0x2,)", "(True,)", "(2, 3", "(2 3)", "(18446744073709551616,)"})
        CHECK_FALSE(refusal(npy_of("'<f4'", "False", shape, 8)).empty());
    CHECK(says(refusal(npy_of("'<f4'", "False", "(2)", 8)), "'shape' is a number in brackets"));
    CHECK(
        says(refusal(npy_of("'<f4'", "False", "(18446744073709551616,)", 8)), "'shape' has an extent that 64 bits do"));
    CHECK(says(refusal(npy_of("'<f4'", "False", "(4294967296, 4294967296)", 0)), "an array of shape 4294967296 x 429"));
    CHECK(says(refusal(npy_of("'<f4'", "False", "(4194305, 4194305, 211106198978564)", 16)),
               "an array of shape 4194305"));
    std::string ones = "(1";
    for (int i = 1; i < 64; ++i) ones += ",1";
    CHECK(refusal(npy_of("'<f4'", "False", ones + ")", 4)).empty());
    CHECK(says(refusal(npy_of("'<f4'", "False", ones + ",1)", 4)), "the array has too many extents"));
}

TEST_CASE("data that are cut off or appended") {
    CHECK(says(refusal(npy_of("'<f4'", "False", "(2, 3)", 23)),
               "an array of shape 2 x 3 and type F32 with 23 bytes of data: the file is cut off; expected 24"));
    CHECK(says(refusal(npy_of("'<f4'", "False", "(2, 3)", 25)),
               "an array of shape 2 x 3 and type F32 with 25 bytes of data: something is appended; expected 24"));
    CHECK(says(refusal(npy_of("'<f4'", "False", "(0, 3)", 1)), "an array of shape 0 x 3 and type F32 with 1 bytes"));
}

TEST_CASE("no change of one byte of a header gives an array that does not fit its file") {
    const std::string whole = npy_of("'<i2'", "True", "(2, 3)", 12);
    int opened = 0;
    int wrong = 0;
    std::string bytes = whole;
    for (std::size_t i = 0; i + 12 < whole.size(); ++i) {
        for (int code = 0; code < 256; ++code) {
            bytes[i] = static_cast<char>(static_cast<unsigned char>(code));
            try {
                const auto header = geolip::checkpoint::detail::parse_npy_header(bytes, bytes.size(), "fuzz");
                ++opened;
                std::size_t elements = 1;
                for (const std::size_t extent : header.shape) elements *= extent;
                const bool fits = header.data_begin + header.data_bytes == bytes.size() &&
                                  elements * bits_of(header.dtype) / 8 == header.data_bytes;
                wrong += !fits;
            } catch (const geolip::file_error&) {
            }
        }
        bytes[i] = whole[i];
    }
    CHECK(wrong == 0);
    CHECK(opened > static_cast<int>(whole.size()) - 12);
}
