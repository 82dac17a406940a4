// Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT
#include "geolip/checkpoint/dtype.hpp"

#include <doctest/doctest.h>

#include <bit>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <limits>
#include <string>
#include <vector>

#include "fixtures/checkpoint.hpp"
#include "geolip/core/fnv1a.hpp"
#include "support/safetensors.hpp"

using geolip::checkpoint::bits_of;
using geolip::checkpoint::byte_size;
using geolip::checkpoint::convert;
using geolip::checkpoint::dtype;
using geolip::checkpoint::dtype_of;
using geolip::checkpoint::is_readable_as;
using geolip::checkpoint::name_of;
using geolip::checkpoint::parse_dtype;

namespace {

/// Every code of `type`, an 8- or 16-bit one, converted.
template <class T>
std::vector<T> all_values(dtype type) {
    const std::size_t each = bits_of(type) / 8;
    const std::size_t count = std::size_t{1} << bits_of(type);
    std::vector<std::byte> codes(1);  // the elements begin at an odd address
    for (std::size_t code = 0; code < count; ++code)
        for (std::size_t i = 0; i < each; ++i) codes.push_back(static_cast<std::byte>(code >> (8 * i)));
    std::vector<T> values(count);
    convert(type, codes.data() + 1, count, values.data());
    return values;
}

std::uint64_t hash_of(const std::vector<float>& values) {
    std::vector<std::uint32_t> bits;
    for (const float v : values) bits.push_back(std::isnan(v) ? 0x7fc00000u : std::bit_cast<std::uint32_t>(v));
    return geolip::detail::fnv1a(std::as_bytes(std::span(bits)));
}

}  // namespace

TEST_CASE("the 22 names of the format are known, and no others") {
    std::vector<std::string> names = {"BOOL",    "F4",      "F6_E2M3", "F6_E3M2",     "U8",          "I8",
                                      "F8_E5M2", "F8_E4M3", "F8_E8M0", "F8_E4M3FNUZ", "F8_E5M2FNUZ", "I16",
                                      "U16",     "F16",     "BF16",    "I32",         "U32",         "F32",
                                      "C64",     "F64",     "I64",     "U64"};
    REQUIRE(names.size() == 22);
    for (std::size_t i = 0; i < names.size(); ++i) {
        const auto type = parse_dtype(names[i]);
        REQUIRE(type.has_value());
        CHECK(name_of(*type) == names[i]);
        CHECK(static_cast<std::size_t>(*type) == i);
    }
    for (const char* other : {"", "F", "f32", "F32 ", "F128", "F8", "FLOAT", "bool", "I4"})
        CHECK_FALSE(parse_dtype(other).has_value());
}

TEST_CASE("every half and every bfloat16 is what PyTorch makes of it") {
    CHECK(hash_of(all_values<float>(dtype::f16)) == fixture::f16_bits);
    CHECK(hash_of(all_values<float>(dtype::bf16)) == fixture::bf16_bits);
    const auto halves = all_values<double>(dtype::f16);
    CHECK(halves[0x3c00] == 1);
    CHECK(halves[0x0001] == std::ldexp(1, -24));
    CHECK(halves[0x03ff] == std::ldexp(1023, -24));
    CHECK(halves[0xfbff] == -65504);
    CHECK(halves[0x7c00] == std::numeric_limits<double>::infinity());
    CHECK(std::signbit(halves[0x8000]));
}

TEST_CASE("every 8-bit float is what its format defines") {
    const auto check = [](dtype type, const double(&expected)[256]) {
        const auto in_double = all_values<double>(type);
        const auto in_float = all_values<float>(type);
        int different = 0;
        for (std::size_t code = 0; code < 256; ++code) {
            different += !geolip_test::same_number(in_double[code], expected[code]);
            different += !geolip_test::same_number(static_cast<double>(in_float[code]), expected[code]);
        }
        CHECK_MESSAGE(different == 0, std::string(name_of(type)));
    };
    check(dtype::f8_e5m2, fixture::f8_e5m2);
    check(dtype::f8_e4m3, fixture::f8_e4m3);
    check(dtype::f8_e8m0, fixture::f8_e8m0);
    check(dtype::f8_e4m3fnuz, fixture::f8_e4m3fnuz);
    check(dtype::f8_e5m2fnuz, fixture::f8_e5m2fnuz);
}

TEST_CASE("integers take only what they hold, floats all that is a real number") {
    int to_double = 0;
    for (std::size_t i = 0; i < 22; ++i) to_double += is_readable_as<double>(static_cast<dtype>(i)) ? 1 : 0;
    CHECK(to_double == 18);
    for (const dtype type : {dtype::f4, dtype::f6_e2m3, dtype::f6_e3m2, dtype::c64}) {
        CHECK_FALSE(is_readable_as<float>(type));
        CHECK_FALSE(is_readable_as<std::int64_t>(type));
    }
    CHECK(is_readable_as<std::int64_t>(dtype::u32));
    CHECK(is_readable_as<std::int64_t>(dtype::boolean));
    CHECK(is_readable_as<std::uint8_t>(dtype::boolean));
    CHECK_FALSE(is_readable_as<std::int64_t>(dtype::u64));
    CHECK_FALSE(is_readable_as<std::uint64_t>(dtype::i8));
    CHECK_FALSE(is_readable_as<std::int32_t>(dtype::i64));
    CHECK_FALSE(is_readable_as<std::int64_t>(dtype::f16));
    CHECK(all_values<std::int64_t>(dtype::i8)[0x80] == -128);
    CHECK(all_values<int>(dtype::u16)[0xffff] == 65535);
    CHECK(all_values<std::uint8_t>(dtype::boolean)[0x80] == 1);
    CHECK(dtype_of<float>() == dtype::f32);
    CHECK(dtype_of<double>() == dtype::f64);
    CHECK(dtype_of<std::int8_t>() == dtype::i8);
    CHECK(dtype_of<unsigned long long>() == dtype::u64);
}

TEST_CASE("what does not fit is rounded to nearest") {
    const std::uint64_t large = (std::uint64_t{1} << 63) + 1;
    std::byte bytes[8];
    std::memcpy(bytes, &large, sizeof bytes);
    double value = 0;
    convert(dtype::u64, bytes, 1, &value);
    CHECK(value == std::ldexp(1, 63));
    const double third = 1.0 / 3;
    std::memcpy(bytes, &third, sizeof bytes);
    float rounded = 0;
    convert(dtype::f64, bytes, 1, &rounded);
    CHECK(rounded == 1.0f / 3);
}

TEST_CASE("sizes that cannot be counted are none") {
    const auto size = [](dtype type, std::vector<std::size_t> shape) { return byte_size(type, shape); };
    CHECK(size(dtype::f32, {}) == 4u);
    CHECK(size(dtype::f32, {2, 3}) == 24u);
    CHECK(size(dtype::f32, {0, 3}) == 0u);
    CHECK(size(dtype::f4, {2}) == 1u);
    CHECK_FALSE(size(dtype::f4, {3}).has_value());
    CHECK(size(dtype::f6_e2m3, {4}) == 3u);
    CHECK_FALSE(size(dtype::f6_e2m3, {5}).has_value());
    const std::size_t big = std::size_t{1} << 32;
    CHECK_FALSE(size(dtype::u8, {big, big}).has_value());
    CHECK_FALSE(size(dtype::f32, {4194305, 4194305, 211106198978564}).has_value());
    CHECK_FALSE(size(dtype::u8, {0, big, big}).has_value());
    CHECK_FALSE(size(dtype::f64, {std::size_t{1} << 60}).has_value());  // 2^63 bytes are 2^66 bits
}
