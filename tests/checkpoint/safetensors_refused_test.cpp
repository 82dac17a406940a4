// Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT
#include <doctest/doctest.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "geolip/checkpoint/safetensors_file.hpp"
#include "support/safetensors.hpp"
#include "support/temporary_folder.hpp"

using geolip::file_access;
using geolip::checkpoint::safetensors_file;
using geolip_test::file_of;
using geolip_test::little_endian;
using geolip_test::message_of;
using namespace std::string_literals;

namespace {

/// What opening a file of these bytes says, mapped or not; empty if it opens.
std::string refusal(const std::string& bytes) {
    const temporary_folder folder;
    write_file(folder / "in", bytes);
    const std::string message = message_of([&] { safetensors_file(folder / "in", file_access::read); });
    CHECK(message == message_of([&] { safetensors_file(folder / "in", file_access::map); }));
    const std::string start = "'" + (folder / "in").string() + "': ";
    CHECK(message.substr(0, start.size()) == (message.empty() ? "" : start));
    return message.substr((std::min)(start.size(), message.size()));
}

/// The same for a header and so many bytes of data.
std::string refusal(std::string_view header, std::size_t data_bytes) { return refusal(file_of(header, data_bytes)); }

bool says(const std::string& message, std::string_view start) {
    if (message.starts_with(start)) return true;
    MESSAGE("it says: " << message);
    return false;
}

/// The header of one tensor "a".
std::string one(const std::string& description) { return R"({"a":)" + description + "}"; }
std::string one(const std::string& dtype, const std::string& shape, const std::string& offsets) {
    return one(R"({"dtype":)" + dtype + R"(,"shape":)" + shape + R"(,"data_offsets":)" + offsets + "}");
}
const std::string f32 = R"("F32")";

}  // namespace

TEST_CASE("the neighbours of what is refused here are accepted") {
    CHECK(refusal(one(f32, "[2]", "[0,8]"), 8).empty());
    CHECK(refusal(one(f32, "[0,3]", "[0,0]"), 0).empty());
    CHECK(refusal("{}", 0).empty());
    CHECK(refusal(" \n\t\r{} \n", 0).empty());
    CHECK(refusal(R"({"__metadata__":{"a":"b"}})", 0).empty());
    CHECK(refusal(one(R"("\u0046\u00332")", "[2]", "[0,8]"), 8).empty());
}

TEST_CASE("files that are too short, or lie about the length of their header") {
    CHECK(says(refusal(""), "the file has 0 bytes; expected at least 8"));
    CHECK(says(refusal("1234567"), "the file has 7 bytes; expected at least 8"));
    CHECK(says(refusal(little_endian(0)), "the header is empty"));
    CHECK(says(refusal(little_endian(3) + "{}"), "the header claims to have 3 bytes in a file of 10; expected all of"));
    CHECK(says(refusal(little_endian(100'000'001) + "{}"),
               "the header claims to have 100000001 bytes; expected at most"));
    CHECK(
        says(refusal(little_endian(100'000'000) + "{}"), "the header claims to have 100000000 bytes in a file of 10"));
    // The length and what follows it together wrap round.
    for (const std::uint64_t length : {~std::uint64_t{0}, ~std::uint64_t{0} - 7, std::uint64_t{1} << 63})
        CHECK(says(refusal(little_endian(length) + "{}"), "the header claims to have " + std::to_string(length)));
    CHECK(says(refusal("PK\x03\x04\x14\0\0\0\x08\0"s), "the header claims to have 85966670672 bytes"));  // ZIP, pickle
}

TEST_CASE("headers that are no JSON, or more than JSON") {
    CHECK(says(refusal("{}\0garbage"s, 0), "the header has a NUL as its byte 2"));
    CHECK(says(refusal("\0{}"s, 0), "the header has a NUL as its byte 0"));
    CHECK(says(refusal("\xef\xbb\xbf{}", 0), "the header does not begin with '{'"));  // byte order mark
    CHECK(says(refusal("  ", 0), "the header is empty"));
    CHECK(says(refusal("[]", 0), "the header does not begin with '{'"));
    CHECK(says(refusal("null", 0), "the header does not begin with '{'"));
    CHECK(says(refusal("{", 0), "the header is not valid JSON in UTF-8, from its byte 2;"));
    CHECK(says(refusal("{}{}", 0), "the header is not valid JSON"));
    CHECK(says(refusal("{} x", 0), "the header is not valid JSON"));
    CHECK(says(refusal("{'a':1}", 0), "the header is not valid JSON"));
    CHECK(says(refusal("{/**/}", 0), "the header is not valid JSON"));
    CHECK(says(refusal(one(f32, "[2,]", "[0,8]"), 8), "the header is not valid JSON"));
    CHECK(says(refusal("{\"\xff\":1}", 0), "the header is not valid JSON in UTF-8"));
    CHECK(says(refusal(R"({"\ud800":1})", 0), "the header is not valid JSON in UTF-8"));
    CHECK(says(refusal(one(f32, "[02]", "[0,8]"), 8), "the header is not valid JSON"));
    CHECK(says(refusal("{\"a\":" + std::string(2'000'000, '['), 0), "tensor 'a' is described by an array"));
    CHECK(
        says(refusal(one(f32, std::string(2'000'000, '['), "[0,8]"), 8), "tensor 'a' has an array as or in \"shape\""));
}

TEST_CASE("what appears twice") {
    const std::string a = R"("a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]})";
    const std::string as_integer = R"("a":{"dtype":"I32","shape":[1],"data_offsets":[0,4]})";
    CHECK(refusal("{" + a + "}", 4).empty());
    CHECK(says(refusal("{" + a + "," + a + "}", 4), "tensor 'a' is described twice"));
    CHECK(says(refusal("{" + a + "," + as_integer + "}", 4), "tensor 'a' is described twice"));
    CHECK(says(refusal(R"({"\u0061":{"dtype":"F32","shape":[1],"data_offsets":[4,8]},)" + a + "}", 8),
               "tensor 'a' is described twice"));
    CHECK(says(refusal(R"({"__metadata__":{},"__metadata__":{}})", 0), "\"__metadata__\" appears twice"));
    CHECK(says(refusal(R"({"__metadata__":{"k":"1","k":"2"}})", 0), "a key appears twice in the metadata"));
    CHECK(says(refusal(one(R"({"dtype":"F32","dtype":"I32","shape":[1],"data_offsets":[0,4]})"), 4),
               "tensor 'a' has \"dtype\" twice"));
    CHECK(says(refusal(one(R"({"dtype":"F32","shape":[1],"data_offsets":[0,4],"shape":[1]})"), 4),
               "tensor 'a' has \"shape\" twice"));
}

TEST_CASE("descriptions that are not exactly dtype, shape and data_offsets") {
    CHECK(says(refusal(one("{}"), 0), "tensor 'a' lacks a field"));
    CHECK(says(refusal(one(R"({"dtype":"F32","shape":[1]})"), 4), "tensor 'a' lacks a field"));
    CHECK(says(refusal(one(R"({"dtype":"F32","shape":[1],"data_offsets":[0,4],"strides":[1]})"), 4),
               "tensor 'a' has the unknown field 'strides'"));
    CHECK(says(refusal(one(R"(["F32",[2],[0,8]])"), 8), "tensor 'a' is described by an array; expected an object"));
    CHECK(says(refusal(one("null"), 0), "tensor 'a' is described by null"));
    CHECK(says(refusal(one("1"), 0), "tensor 'a' is described by a number"));
    CHECK(says(refusal(one("\"F32\""), 0), "tensor 'a' is described by text"));
    CHECK(says(refusal(one("true"), 0), "tensor 'a' is described by a truth value"));
    CHECK(says(refusal(one("1", "[1]", "[0,4]"), 4), "tensor 'a' has a number as \"dtype\""));
    CHECK(says(refusal(one("null", "[1]", "[0,4]"), 4), "tensor 'a' has null as \"dtype\""));
    for (const char* type : {"F128", "f32", "", "F32 ", "U4"})
        CHECK(says(refusal(one("\""s + type + "\"", "[1]", "[0,4]"), 4),
                   "tensor 'a' has the unknown dtype '"s + type + "'"));
    CHECK(says(refusal(one(f32, "1", "[0,4]"), 4), "tensor 'a' has a number as or in \"shape\""));
    CHECK(says(refusal(one(f32, "{}", "[0,4]"), 4), "tensor 'a' has an object as or in \"shape\""));
    CHECK(says(refusal(one(f32, "[[1]]", "[0,4]"), 4), "tensor 'a' has an array as or in \"shape\""));
    CHECK(says(refusal(one(f32, "[\"1\"]", "[0,4]"), 4), "tensor 'a' has text as or in \"shape\""));
    CHECK(says(refusal(one(f32, "[1]", "[0,4,4]"), 4), "tensor 'a' has a number as or in \"data_offsets\""));
    CHECK(says(refusal(one(f32, "[1]", "[4]"), 4), "tensor 'a' has not two \"data_offsets\""));
    CHECK(says(refusal(one(f32, "[1]", "[]"), 4), "tensor 'a' has not two \"data_offsets\""));
    CHECK(says(refusal(one(f32, "[1]", "{\"0\":4}"), 4), "tensor 'a' has an object as or in \"data_offsets\""));
    std::string ones = "[1";
    for (int i = 1; i < 64; ++i) ones += ",1";
    CHECK(refusal(one(f32, ones + "]", "[0,4]"), 4).empty());
    CHECK(says(refusal(one(f32, ones + ",1]", "[0,4]"), 4), "tensor 'a' has too many extents; expected at most 64"));
}

TEST_CASE("metadata that are not text by key") {
    for (const char* value : {"null", "[]", "1", "\"x\"", "true"})
        CHECK(says(refusal(R"({"__metadata__":)"s + value + "}", 0), "\"__metadata__\" has "));
    for (const char* value : {"null", "[]", "1", "{}", "true", "1.5", "-1"})
        CHECK(says(refusal(R"({"__metadata__":{"k":)"s + value + "}}", 0), "\"__metadata__\" has "));
}

TEST_CASE("numbers that are not whole, not positive or not countable") {
    for (const char* number : {"2.7", "2.0", "2e0", "18446744073709551616", "1e999"}) {
        CHECK_FALSE(refusal(one(f32, "["s + number + "]", "[0,8]"), 8).empty());
        CHECK_FALSE(refusal(one(f32, "[2]", "[0,"s + number + "]"), 8).empty());
    }
    CHECK(says(refusal(one(f32, "[2.0]", "[0,8]"), 8), "tensor 'a' has a number with a fraction or exponent"));
    CHECK(says(refusal(one(f32, "[18446744073709551616]", "[0,8]"), 8), "tensor 'a' has a number with a fraction"));
    CHECK(says(refusal(one(f32, "[-1]", "[0,8]"), 8), "tensor 'a' has a negative number as or in \"shape\""));
    CHECK(says(refusal(one(f32, "[-0]", "[0,0]"), 0), "tensor 'a' has a negative number as or in \"shape\""));
    CHECK(says(refusal(one(f32, "[2]", "[-8,0]"), 8), "tensor 'a' has a negative number as or in \"data_offsets\""));
}

TEST_CASE("shapes whose size wraps round") {
    // 2^64 and 2^66 bytes, 2^64 + 16 elements, 2^64 bits: modulo 2^64 they are as large as the data.
    CHECK(says(refusal(one(R"("U8")", "[4294967296,4294967296]", "[0,0]"), 0), "tensor 'a', U8 of shape 4294967296 x"));
    CHECK(says(refusal(one(f32, "[4294967296,4294967296]", "[0,0]"), 0), "tensor 'a', F32 of shape"));
    CHECK(says(refusal(one(f32, "[4194305,4194305,211106198978564]", "[0,16]"), 16), "tensor 'a', F32 of shape"));
    CHECK(says(refusal(one(R"("U8")", "[2305843009213693952]", "[0,0]"), 0), "tensor 'a', U8 of shape"));
    CHECK(says(refusal(one(f32, "[0,4294967296,4294967296]", "[0,0]"), 0), "tensor 'a', F32 of shape"));
}

TEST_CASE("offsets that do not fit the shape, or are reversed") {
    CHECK(
        says(refusal(one(f32, "[2]", "[0,4]"), 4), "tensor 'a', F32 of shape 2, has the bytes [0, 4); expected 8 of"));
    CHECK(
        says(refusal(one(f32, "[1]", "[0,8]"), 8), "tensor 'a', F32 of shape 1, has the bytes [0, 8); expected 4 of"));
    CHECK(says(refusal(one(f32, "[]", "[0,0]"), 0), "tensor 'a', F32 of shape scalar, has the bytes [0, 0)"));
    CHECK(says(refusal(one(f32, "[2]", "[8,0]"), 8), "tensor 'a' ends before it begins, at bytes [8, 0)"));
    CHECK(says(refusal(one(f32, "[2]", "[18446744073709551608,0]"), 8), "tensor 'a' ends before it begins"));
    CHECK(
        says(refusal(one(R"("F4")", "[3]", "[0,2]"), 2), "tensor 'a', F4 of shape 3, has too many bytes to count or"));
    CHECK(says(refusal(one(R"("F6_E2M3")", "[2]", "[0,2]"), 2), "tensor 'a', F6_E2M3 of shape 2, has too many"));
}

TEST_CASE("data that are cut off, appended, overlapping or have holes") {
    const auto two = [](const std::string& a, const std::string& b) {
        return R"({"a":{"dtype":"U8","shape":[4],"data_offsets":)" + a +
               R"(},"b":{"dtype":"U8","shape":[4],"data_offsets":)" + b + "}}";
    };
    CHECK(refusal(two("[0,4]", "[4,8]"), 8).empty());
    CHECK(refusal(two("[4,8]", "[0,4]"), 8).empty());
    CHECK(says(refusal(two("[0,4]", "[4,8]"), 7),
               "tensor 'b' has the bytes [4, 8) of data that have 7: the file is cut"));
    CHECK(says(refusal(two("[0,4]", "[4,8]"), 0),
               "tensor 'a' has the bytes [0, 4) of data that have 0: the file is cut"));
    CHECK(says(refusal(two("[0,4]", "[4,8]"), 9),
               "the tensors end at byte 8 of data that have 9: something is appended"));
    CHECK(says(refusal("{}", 1), "the tensors end at byte 0 of data that have 1: something is appended"));
    CHECK(says(refusal(two("[0,4]", "[0,4]"), 8),
               "tensor 'b' begins at byte 0 and tensor 'a' ends at byte 4: they over"));
    CHECK(says(refusal(two("[0,4]", "[3,7]"), 7),
               "tensor 'b' begins at byte 3 and tensor 'a' ends at byte 4: they over"));
    CHECK(
        says(refusal(two("[0,4]", "[5,9]"), 9), "tensor 'b' begins at byte 5 and tensor 'a' ends at byte 4: there is"));
    CHECK(says(refusal(two("[1,5]", "[5,9]"), 9),
               "tensor 'a' begins at byte 1 and the data begin at byte 0: there is a"));
    // An empty tensor within another.
    CHECK(says(refusal(R"({"a":{"dtype":"U8","shape":[4],"data_offsets":[0,4]},)"
                       R"("b":{"dtype":"U8","shape":[0],"data_offsets":[2,2]}})",
                       4),
               "tensor 'b' begins at byte 2 and tensor 'a' ends at byte 4: they overlap"));
}

TEST_CASE("names that a terminal or another program would take for something else") {
    const auto named = [](const std::string& name) {
        return "{\"" + name + R"(":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}})";
    };
    CHECK(refusal(named("a b/../c"), 1).empty());
    CHECK(says(refusal(named("a\\u0000b"), 1), "tensor 'a\\u0000b' has a control character in its name"));
    CHECK(says(refusal(named("\\u001b[2J"), 1), "tensor '\\u001b[2J' has a control character in its name"));
    CHECK(says(refusal(named("a\\nb"), 1), "tensor 'a\\nb' has a control character in its name"));
    CHECK(says(refusal(named("a\x7f"), 1), "tensor 'a\\u007f' has a control character in its name"));
    CHECK(says(refusal(named("\\u009b2J"), 1), "tensor '\\u009b2J' has a control character in its name"));
    // Other hostile names are read, and shown escaped.
    CHECK(says(refusal(named("\u202e'</script>"), 2), "the tensors end at"));
    CHECK(says(refusal(one("\u2028"), 0), "the header is not valid JSON"));
    CHECK(says(refusal("{\"\u202e'</script>\":1}", 0), "tensor '\\u202e\\'</script>' is described by a number"));
    const std::string message = refusal("{\"" + std::string(1'000'000, 'n') + "\":1}", 0);
    CHECK(says(message, "tensor '" + std::string(100, 'n') + "'... (1000000 bytes) is described by a number"));
    CHECK(message.size() < 400);
}

TEST_CASE("headers that are to cost much cost little") {
    // 20,000 tensors of one range.
    std::string header = "{";
    for (int i = 0; i < 20'000; ++i)
        header += (i == 0 ? "\"" : ",\"") + std::to_string(i) + R"(":{"dtype":"U8","shape":[4],"data_offsets":[0,4]})";
    CHECK(says(refusal(header + "}", 4), "tensor '1' begins at byte 0 and tensor '0' ends at byte 4: they overlap"));
}
