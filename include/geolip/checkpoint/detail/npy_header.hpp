// Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT
#pragma once

/// \file
/// What stands before the numbers of an npy file: a magic string, a version, and a Python dictionary as text.

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "geolip/checkpoint/dtype.hpp"
#include "geolip/core/error.hpp"
#include "geolip/core/text.hpp"

namespace geolip::checkpoint::detail {

/// NumPy reads no longer header either.
inline constexpr std::uint64_t max_npy_header = 10'000;
/// Where the numbers begin at the latest.
inline constexpr std::uint64_t max_npy_start = 12 + max_npy_header;

struct npy_header {
    checkpoint::dtype dtype = dtype::f32;
    bool big_endian = false;
    bool fortran_order = false;
    std::vector<std::size_t> shape;
    std::uint64_t data_begin = 0;
    std::uint64_t data_bytes = 0;
};

/// Reads the dictionary: the subset of Python's literals that NumPy writes, with the keys in any order.
class npy_header_reader {
public:
    npy_header_reader(std::string_view text, std::string_view file) : text_(text), file_(file) {}

    [[noreturn]] void refuse(std::string_view found, std::string_view expected) const {
        std::string text = in_quotes(file_);
        text += ": ";
        text += found;
        text += "; expected ";
        text += expected;
        text += "; is it an array that numpy.save wrote?";
        geolip::detail::raise(file_error(text));
    }

    void read_into(npy_header& to) {
        unsigned seen = 0;
        const auto first_time = [&](unsigned field) {
            if ((seen & field) != 0) refuse("the header has a key twice", "each once");
            seen |= field;
        };
        require('{');
        while (!take('}')) {
            const std::string_view key = quoted_text();
            require(':');
            if (key == "descr") {
                first_time(1);
                read_type(to);
            } else if (key == "fortran_order") {
                first_time(2);
                to.fortran_order = truth_value();
            } else if (key == "shape") {
                first_time(4);
                to.shape = tuple();
            } else {
                refuse("the header has the unknown key " + in_quotes(key), "'descr', 'fortran_order' and 'shape'");
            }
            if (!take(',')) {
                require('}');
                break;
            }
        }
        if (seen != 7) refuse("the header lacks a key", "'descr', 'fortran_order' and 'shape'");
        skip_blanks();
        if (!text_.empty()) refuse("the header goes on behind its dictionary", "nothing but blanks");
    }

private:
    void skip_blanks() { text_.remove_prefix((std::min)(text_.find_first_not_of(" \t\r\n"), text_.size())); }
    bool take(std::string_view token) {
        skip_blanks();
        if (!text_.starts_with(token)) return false;
        text_.remove_prefix(token.size());
        return true;
    }
    bool take(char token) { return take(std::string_view(&token, 1)); }
    void require(char token) {
        if (take(token)) return;
        refuse("the header goes on with " + in_quotes(text_.substr(0, 10)), std::string("'") + token + "' there");
    }

    std::string_view quoted_text() {
        const char quote = take('"') ? '"' : '\'';
        if (quote == '\'') require(quote);
        const std::size_t end = text_.find(quote);
        if (end == text_.npos || text_.substr(0, end).find('\\') != text_.npos)
            refuse("the header has text that does not end or is escaped", "plain text in quotes");
        const std::string_view text = text_.substr(0, end);
        text_.remove_prefix(end + 1);
        return text;
    }
    bool truth_value() {
        if (take(std::string_view("True"))) return true;
        if (take(std::string_view("False"))) return false;
        refuse("'fortran_order' is " + in_quotes(text_.substr(0, 10)), "True or False");
    }

    std::vector<std::size_t> tuple() {
        std::vector<std::size_t> extents;
        require('(');
        while (!take(')')) {
            if (extents.size() == max_rank) refuse("the array has too many extents", "at most 64");
            extents.push_back(whole_number());
            if (take(',')) continue;
            if (extents.size() == 1) refuse("'shape' is a number in brackets", "a tuple");
            require(')');
            break;
        }
        return extents;
    }
    std::size_t whole_number() {
        skip_blanks();
        constexpr std::size_t most = (std::numeric_limits<std::size_t>::max)();
        std::size_t digits = 0;
        std::size_t value = 0;
        for (; digits < text_.size() && text_[digits] >= '0' && text_[digits] <= '9'; ++digits) {
            const auto digit = static_cast<std::size_t>(text_[digits] - '0');
            if (value > (most - digit) / 10) refuse("'shape' has an extent that 64 bits do not hold", "a smaller one");
            value = 10 * value + digit;
        }
        if (digits == 0 || (digits > 1 && text_[0] == '0'))
            refuse("'shape' has " + in_quotes(text_.substr(0, 10)), "whole numbers from 0 on");
        text_.remove_prefix(digits);
        if (text_.starts_with('L')) text_.remove_prefix(1);  // Python 2 wrote some numbers so
        return value;
    }

    void read_type(npy_header& to) {
        skip_blanks();
        if (text_.starts_with('[')) refuse("the array is one of structures", "one of numbers");
        const std::string_view text = quoted_text();
        constexpr std::pair<std::string_view, checkpoint::dtype> types[] = {
            {"f2", dtype::f16}, {"f4", dtype::f32}, {"f8", dtype::f64}, {"i1", dtype::i8},
            {"i2", dtype::i16}, {"i4", dtype::i32}, {"i8", dtype::i64}, {"u1", dtype::u8},
            {"u2", dtype::u16}, {"u4", dtype::u32}, {"u8", dtype::u64}, {"b1", dtype::boolean}};
        for (const auto& [name, type] : types) {
            if (text.size() != 3 || text.substr(1) != name) continue;
            to.dtype = type;
            to.big_endian = text[0] == '>';
            if (text[0] == '<' || text[0] == '>' || (text[0] == '|' && bits_of(type) == 8)) return;
        }
        if (text.find('O') != text.npos)
            refuse("the array is one of Python objects, whose reading may run any code", "one of numbers");
        refuse("the array has elements of type " + in_quotes(text),
               "floats of 2, 4 or 8 bytes, integers or truth values");
    }

    std::string_view text_;
    std::string_view file_;
};

/// Reads the header at the `start` of a file: all of it or at least `max_npy_start` bytes.
/// \throws file_error saying what is wrong
inline npy_header parse_npy_header(std::string_view start, std::uint64_t file_bytes, std::string_view file) {
    npy_header_reader whole({}, file);
    if (!start.starts_with("\x93NUMPY")) whole.refuse("the file does not begin as an npy file does", "\"\\x93NUMPY\"");
    const std::size_t version = start.size() < 8 ? 0 : static_cast<unsigned char>(start[6]);
    if (version < 1 || version > 3 || start[7] != 0) whole.refuse("the file has an unknown version", "1.0, 2.0 or 3.0");
    const std::size_t length_bytes = version == 1 ? 2 : 4;
    npy_header header;
    std::uint64_t length = 0;
    header.data_begin = 8 + length_bytes;
    if (start.size() < header.data_begin) whole.refuse("the file ends in its header", "all of it");
    for (std::size_t i = 0; i < length_bytes; ++i)
        length |= std::uint64_t{static_cast<unsigned char>(start[8 + i])} << (8 * i);
    if (length > max_npy_header)
        whole.refuse("the header claims to have " + std::to_string(length) + " bytes", "at most 10000");
    if (length > start.size() - header.data_begin) whole.refuse("the file ends in its header", "all of it");
    npy_header_reader(start.substr(static_cast<std::size_t>(header.data_begin), static_cast<std::size_t>(length)), file)
        .read_into(header);
    header.data_begin += length;

    const auto bytes = byte_size(header.dtype, header.shape);
    if (!bytes) whole.refuse("an array of shape " + to_string(header.shape), "a size that 64 bits hold");
    const std::uint64_t rest = file_bytes - header.data_begin;
    if (*bytes != rest)
        whole.refuse("an array of shape " + to_string(header.shape) + " and type " +
                         std::string(name_of(header.dtype)) + " with " + std::to_string(rest) + " bytes of data" +
                         (rest < *bytes ? ": the file is cut off" : ": something is appended"),
                     std::to_string(*bytes));
    header.data_bytes = *bytes;
    return header;
}

/// What to write before the numbers: version 1, which holds every header of at most `max_rank` extents, blanks up to a
/// multiple of 64 bytes.
inline std::string npy_start(dtype type, std::span<const std::size_t> shape) {
    const std::size_t bytes = bits_of(type) / 8;
    const bool is_float = type == dtype::f32 || type == dtype::f64;
    const bool has_sign = type == dtype::i8 || type == dtype::i16 || type == dtype::i32 || type == dtype::i64;
    std::string text = "{'descr': '";
    text += bytes == 1 ? '|' : '<';
    text += is_float ? 'f' : has_sign ? 'i' : 'u';
    text += std::to_string(bytes);
    text += "', 'fortran_order': False, 'shape': (";
    for (std::size_t i = 0; i < shape.size(); ++i) {
        if (i > 0) text += ' ';
        text += std::to_string(shape[i]);
        if (i == 0 || i + 1 < shape.size()) text += ',';
    }
    text += "), }";
    constexpr std::size_t before = 10;
    const std::size_t whole = (before + text.size() + 1 + 63) / 64 * 64;
    text.resize(whole - before - 1, ' ');
    text += '\n';
    std::string start("\x93NUMPY\x01\x00", 8);
    start += static_cast<char>(static_cast<unsigned char>(text.size() & 0xFF));
    start += static_cast<char>(static_cast<unsigned char>(text.size() >> 8));
    return start + text;
}

}  // namespace geolip::checkpoint::detail
