// Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT
#pragma once

/// \file
/// The element types of safetensors, the sizes of arrays of them, and their conversion to the scalars of C++. Elements
/// are little-endian and need not be aligned.

#include <array>
#include <bit>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#include "geolip/core/concepts.hpp"

namespace geolip::checkpoint {

static_assert(std::endian::native == std::endian::little, "geolip/checkpoint: this machine stores numbers big-endian");

/// The element types, in the order by which the reference implementation sorts tensors.
enum class dtype : unsigned char {
    boolean,      ///< BOOL: a byte, true unless 0
    f4,           ///< F4: E2M1, two to a byte; recognised, not converted (the format does not say in which order)
    f6_e2m3,      ///< F6_E2M3: packed; recognised, not converted
    f6_e3m2,      ///< F6_E3M2: packed; recognised, not converted
    u8,           ///< U8
    i8,           ///< I8
    f8_e5m2,      ///< F8_E5M2: as binary16 without the lower eight bits
    f8_e4m3,      ///< F8_E4M3: no infinity, one NaN of either sign, largest 448
    f8_e8m0,      ///< F8_E8M0: 2^(x - 127), 255 is NaN
    f8_e4m3fnuz,  ///< F8_E4M3FNUZ: no infinity, no negative zero, 0x80 is NaN, largest 240
    f8_e5m2fnuz,  ///< F8_E5M2FNUZ: no infinity, no negative zero, 0x80 is NaN, largest 57344
    i16,          ///< I16
    u16,          ///< U16
    f16,          ///< F16: IEEE 754 binary16
    bf16,         ///< BF16: the upper half of a binary32
    i32,          ///< I32
    u32,          ///< U32
    f32,          ///< F32
    c64,          ///< C64: two F32; recognised, not converted
    f64,          ///< F64
    i64,          ///< I64
    u64,          ///< U64
};

namespace detail {

struct dtype_facts {
    std::string_view name;
    unsigned bits;
};

inline constexpr std::array<dtype_facts, 22> dtypes = {{
    {"BOOL", 8},    {"F4", 4},      {"F6_E2M3", 6}, {"F6_E3M2", 6},     {"U8", 8},          {"I8", 8},
    {"F8_E5M2", 8}, {"F8_E4M3", 8}, {"F8_E8M0", 8}, {"F8_E4M3FNUZ", 8}, {"F8_E5M2FNUZ", 8}, {"I16", 16},
    {"U16", 16},    {"F16", 16},    {"BF16", 16},   {"I32", 32},        {"U32", 32},        {"F32", 32},
    {"C64", 64},    {"F64", 64},    {"I64", 64},    {"U64", 64},
}};

}  // namespace detail

/// The name in a file: "BF16".
constexpr std::string_view name_of(dtype type) { return detail::dtypes[static_cast<std::size_t>(type)].name; }

/// Bits of one element: 4, 6, 8, 16, 32 or 64.
constexpr unsigned bits_of(dtype type) { return detail::dtypes[static_cast<std::size_t>(type)].bits; }

/// The type of that name, or empty.
constexpr std::optional<dtype> parse_dtype(std::string_view name) {
    for (std::size_t i = 0; i < detail::dtypes.size(); ++i)
        if (detail::dtypes[i].name == name) return static_cast<dtype>(i);
    return std::nullopt;
}

/// A tensor may have so many extents, as in NumPy 2 and PyTorch.
inline constexpr std::size_t max_rank = 64;

/// "2 x 3"; "scalar" without extents.
inline std::string to_string(std::span<const std::size_t> shape) {
    if (shape.empty()) return "scalar";
    std::string text;
    for (const std::size_t extent : shape) {
        if (!text.empty()) text += " x ";
        text += std::to_string(extent);
    }
    return text;
}

/// The bytes that a tensor takes; empty if they or its elements are too many to count, or no whole bytes. An extent of
/// 0 makes them none, but the other extents must be countable all the same.
inline std::optional<std::uint64_t> byte_size(dtype type, std::span<const std::size_t> shape) {
    std::uint64_t bits = bits_of(type);
    bool empty = false;
    for (const std::size_t extent : shape) {
        empty = empty || extent == 0;
        if (extent == 0) continue;
        if (bits > (std::numeric_limits<std::uint64_t>::max)() / extent) return std::nullopt;
        bits *= extent;
    }
    if (empty) return 0;
    if (bits % 8 != 0) return std::nullopt;
    return bits / 8;
}

/// A C++ scalar elements can be converted to: float, double, or an integer (not bool, not a character type).
template <class T>
concept element = measured_scalar<T> ||
                  (std::integral<T> && !std::same_as<T, bool> && !std::same_as<T, char> && !std::same_as<T, wchar_t> &&
                   !std::same_as<T, char8_t> && !std::same_as<T, char16_t> && !std::same_as<T, char32_t>);

/// The type that stores T as it is.
template <element T>
constexpr dtype dtype_of() {
    if constexpr (std::floating_point<T>) {
        return sizeof(T) == 4 ? dtype::f32 : dtype::f64;
    } else {
        constexpr dtype with_sign[] = {dtype::i8, dtype::i16, dtype::i32, dtype::i64};
        constexpr dtype without[] = {dtype::u8, dtype::u16, dtype::u32, dtype::u64};
        return (std::is_signed_v<T> ? with_sign : without)[std::countr_zero(sizeof(T))];
    }
}

namespace detail {

/// IEEE 754 binary16 as float, exactly; a NaN keeps its sign and payload.
constexpr float half(std::uint16_t bits) {
    const std::uint32_t magnitude = bits & 0x7FFFu;
    const std::uint32_t sign = (bits & 0x8000u) << 16;
    // A subnormal is m·2^-24 = (1/2 + m·2^-24) - 1/2, which no flushing of float subnormals can touch.
    const float small_value = std::bit_cast<float>(0x3F000000u | magnitude) - 0.5f;
    const std::uint32_t rebias = magnitude < 0x7C00u ? 0x38000000u : 0x70000000u;
    return std::bit_cast<float>(
        sign | (magnitude < 0x400u ? std::bit_cast<std::uint32_t>(small_value) : (magnitude << 13) + rebias));
}

constexpr float bfloat(std::uint16_t bits) { return std::bit_cast<float>(static_cast<std::uint32_t>(bits) << 16); }

constexpr float power_of_two(int exponent) {
    float value = 1;
    for (int i = 0; i < exponent; ++i) value *= 2;
    for (int i = 0; i > exponent; --i) value /= 2;
    return value;
}

/// What an 8-bit format does with its extreme codes.
enum class extremes { infinity_and_nan, one_nan, unsigned_zero };

/// The 256 values of a format of one sign bit, 7 - M exponent bits and M mantissa bits (arXiv:2209.05433 for E4M3 and
/// E5M2, arXiv:2206.02915 for the forms without a negative zero).
template <int M, int Bias, extremes Kind>
constexpr std::array<float, 256> eight_bit_values() {
    constexpr float nan = std::numeric_limits<float>::quiet_NaN();
    constexpr unsigned all_ones = (1u << (7 - M)) - 1;
    std::array<float, 256> values = {};
    for (unsigned code = 0; code < 256; ++code) {
        const unsigned exponent = (code >> M) & all_ones;
        const unsigned mantissa = code & ((1u << M) - 1);
        float value = exponent == 0 ? static_cast<float>(mantissa) * power_of_two(1 - Bias - M)
                                    : static_cast<float>(mantissa + (1u << M)) *
                                          power_of_two(static_cast<int>(exponent) - Bias - M);
        if (Kind == extremes::infinity_and_nan && exponent == all_ones)
            value = mantissa == 0 ? std::numeric_limits<float>::infinity() : nan;
        if (Kind == extremes::one_nan && (code & 0x7F) == 0x7F) value = nan;
        values[code] = (code & 0x80) != 0 ? -value : value;
        if (Kind == extremes::unsigned_zero && code == 0x80) values[code] = nan;
    }
    return values;
}

constexpr std::array<float, 256> e8m0_values() {
    std::array<float, 256> values = {};
    for (int code = 0; code < 255; ++code) values[static_cast<std::size_t>(code)] = power_of_two(code - 127);
    values[255] = std::numeric_limits<float>::quiet_NaN();
    return values;
}

inline constexpr auto e5m2 = eight_bit_values<2, 15, extremes::infinity_and_nan>();
inline constexpr auto e4m3 = eight_bit_values<3, 7, extremes::one_nan>();
inline constexpr auto e4m3fnuz = eight_bit_values<3, 8, extremes::unsigned_zero>();
inline constexpr auto e5m2fnuz = eight_bit_values<2, 16, extremes::unsigned_zero>();
inline constexpr auto e8m0 = e8m0_values();

/// `to[i] = function(element i of from)`, the elements stored as `Stored`.
template <class Stored, class T, class Function>
void transform_elements(const std::byte* from, std::size_t count, T* to, Function function) {
    for (std::size_t i = 0; i < count; ++i) {
        Stored value;
        std::memcpy(&value, from + i * sizeof(Stored), sizeof(Stored));
        to[i] = static_cast<T>(function(value));
    }
}

template <class Stored, class T>
void cast_elements(const std::byte* from, std::size_t count, T* to) {
    if constexpr (std::same_as<Stored, T>) {
        if (count > 0) std::memcpy(to, from, count * sizeof(T));
    } else {
        transform_elements<Stored>(from, count, to, [](Stored value) { return static_cast<T>(value); });
    }
}

template <class T, class Stored>
inline constexpr bool holds_all_of = false;
template <std::integral T, std::integral Stored>
inline constexpr bool holds_all_of<T, Stored> =
    std::in_range<T>((std::numeric_limits<Stored>::min)()) && std::in_range<T>((std::numeric_limits<Stored>::max)());

/// Calls `f` with a value of the C++ type that stores `type`, if there is one. Was there one?
template <class Function>
constexpr bool with_stored_type(dtype type, Function&& f) {
    switch (type) {
        case dtype::u8: return f(std::uint8_t{}), true;
        case dtype::i8: return f(std::int8_t{}), true;
        case dtype::i16: return f(std::int16_t{}), true;
        case dtype::u16: return f(std::uint16_t{}), true;
        case dtype::i32: return f(std::int32_t{}), true;
        case dtype::u32: return f(std::uint32_t{}), true;
        case dtype::i64: return f(std::int64_t{}), true;
        case dtype::u64: return f(std::uint64_t{}), true;
        case dtype::f32: return f(float{}), true;
        case dtype::f64: return f(double{}), true;
        default: return false;
    }
}

}  // namespace detail

/// Can elements of `type` be converted to T? To float and double all can but the packed ones (F4, F6) and complex
/// numbers; to an integer those whose every value it holds, BOOL among them.
template <element T>
constexpr bool is_readable_as(dtype type) {
    if constexpr (std::floating_point<T>) {
        return bits_of(type) >= 8 && type != dtype::c64;
    } else {
        bool holds = type == dtype::boolean;
        detail::with_stored_type(
            type, [&]<class Stored>(Stored) { holds = detail::holds_all_of<T, std::remove_cv_t<Stored>>; });
        return holds;
    }
}

/// Converts `count` elements of `type`, which is_readable_as<T>. Exact wherever T can hold the value; else (F64, I32
/// and larger to float; I64 and U64 to double) rounded to nearest, beyond the range to infinity.
template <element T>
void convert(dtype type, const std::byte* from, std::size_t count, T* to) {
    using namespace detail;
    const bool stored = with_stored_type(type, [&]<class Stored>(Stored) {
        if constexpr (std::floating_point<T> || holds_all_of<T, Stored>) cast_elements<Stored>(from, count, to);
    });
    if (stored) return;
    if (type == dtype::boolean) {
        transform_elements<std::uint8_t>(from, count, to, [](std::uint8_t byte) { return byte != 0 ? 1 : 0; });
    }
    if constexpr (std::floating_point<T>) {
        const auto look_up = [&](const std::array<float, 256>& values) {
            transform_elements<std::uint8_t>(from, count, to, [&](std::uint8_t code) { return values[code]; });
        };
        switch (type) {
            case dtype::f16: return transform_elements<std::uint16_t>(from, count, to, half);
            case dtype::bf16: return transform_elements<std::uint16_t>(from, count, to, bfloat);
            case dtype::f8_e5m2: return look_up(e5m2);
            case dtype::f8_e4m3: return look_up(e4m3);
            case dtype::f8_e8m0: return look_up(e8m0);
            case dtype::f8_e4m3fnuz: return look_up(e4m3fnuz);
            case dtype::f8_e5m2fnuz: return look_up(e5m2fnuz);
            default: return;
        }
    }
}

}  // namespace geolip::checkpoint
