// Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT
#pragma once

/// \file
/// The pieces of a SentencePiece model, a protocol buffer: sentencepiece_model.proto of
/// github.com/google/sentencepiece.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace geolip::checkpoint::detail {

/// Fields of a message of a protocol buffer, one after the other. What is damaged ends them.
class message_fields {
public:
    explicit message_fields(std::string_view message) : rest_(message) {}

    std::uint64_t number = 0;  ///< of the field
    bool has_bytes = false;    ///< it is a text or a message
    std::string_view bytes;

    /// False at the end, and where there is no further field that can be read.
    bool next() {
        if (rest_.empty()) return false;
        const auto tag = integer();
        if (!tag || *tag >> 3 == 0) return fail();
        number = *tag >> 3;
        has_bytes = (*tag & 7) == 2;
        std::uint64_t size = 0;
        switch (*tag & 7) {
            case 0: return integer() ? true : fail();
            case 1: size = 8; break;
            case 5: size = 4; break;
            case 2:
                if (const auto length = integer()) {
                    size = *length;
                    break;
                }
                return fail();
            default: return fail();
        }
        if (size > rest_.size()) return fail();
        bytes = rest_.substr(0, static_cast<std::size_t>(size));
        rest_.remove_prefix(static_cast<std::size_t>(size));
        return true;
    }
    /// Whether the end was reached.
    bool whole() const { return whole_; }
    std::size_t left() const { return rest_.size(); }

private:
    bool fail() {
        whole_ = false;
        return false;
    }
    std::optional<std::uint64_t> integer() {
        std::uint64_t value = 0;
        for (unsigned shift = 0; shift < 64 && !rest_.empty(); shift += 7) {
            const auto byte = static_cast<unsigned char>(rest_.front());
            rest_.remove_prefix(1);
            value |= std::uint64_t{byte & 0x7fu} << shift;
            if ((byte & 0x80u) == 0) return value;
        }
        return std::nullopt;
    }

    std::string_view rest_;
    bool whole_ = true;
};

/// Calls `each(piece, number)` with all pieces, which are numbered in order, as long as it returns true. What is wrong,
/// or nothing.
template <class Each>
std::string read_pieces(std::string_view file, Each&& each) {
    message_fields model(file);
    std::size_t number = 0;
    while (model.next()) {
        if (model.number != 1 || !model.has_bytes) continue;
        message_fields piece(model.bytes);
        std::optional<std::string_view> text;
        while (piece.next())
            if (piece.number == 1 && piece.has_bytes) text = piece.bytes;
        if (!piece.whole() || !text) return "piece " + std::to_string(number) + " is damaged";
        if (!each(*text, number++)) return {};
    }
    if (model.whole()) return {};
    return "no protocol buffer at byte " + std::to_string(file.size() - model.left()) + "; is it cut off?";
}

}  // namespace geolip::checkpoint::detail
