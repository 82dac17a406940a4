// Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT
#pragma once

/// \file
/// Tables of aligned columns for a terminal.

#include <algorithm>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "geolip/sweep/number.hpp"

namespace examples {

/// What a cell says when its value is undefined.
inline constexpr std::string_view undefined = "-";

inline std::string shown(const std::optional<double>& value, int decimals = 3) {
    return value ? geolip::sweep::fixed(*value, decimals) : std::string(undefined);
}

/// A header and rows of as many cells. Columns of numbers are aligned to the right, all others to the left.
class table {
public:
    explicit table(std::vector<std::string> header) : rows_{std::move(header)} {}

    void add(std::vector<std::string> cells) {
        cells.resize(rows_.front().size());
        rows_.push_back(std::move(cells));
    }

    /// The header, a rule and the rows, each line ended; no line ends in blanks.
    std::string text() const {
        const std::size_t columns = rows_.front().size();
        std::vector<std::size_t> widths(columns, 0);
        std::vector<bool> numeric(columns, true);
        for (std::size_t i = 0; i < rows_.size(); ++i) {
            for (std::size_t j = 0; j < columns; ++j) {
                widths[j] = std::max(widths[j], width(rows_[i][j]));
                if (i > 0 && !is_number(rows_[i][j])) numeric[j] = false;
            }
        }
        std::string out;
        for (std::size_t i = 0; i < rows_.size(); ++i) {
            std::string line;
            for (std::size_t j = 0; j < columns; ++j) {
                const std::string blanks(widths[j] - width(rows_[i][j]), ' ');
                if (j > 0) line += "  ";
                line += numeric[j] ? blanks + rows_[i][j] : rows_[i][j] + blanks;
            }
            line.erase(line.find_last_not_of(' ') + 1);
            out += line + '\n';
            if (i == 0) {
                std::size_t total = 2 * (columns - 1);
                for (const std::size_t w : widths) total += w;
                out += std::string(total, '-') + '\n';
            }
        }
        return out;
    }

private:
    // Characters on the screen: UTF-8 continuation bytes take no place.
    static std::size_t width(std::string_view text) {
        return static_cast<std::size_t>(std::count_if(
            text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U; }));
    }

    static bool is_number(std::string_view cell) {
        return cell.find_first_not_of("0123456789.,+-%e ") == std::string_view::npos;
    }

    std::vector<std::vector<std::string>> rows_;
};

}  // namespace examples
