// Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT
#pragma once

/// \file
/// Text, numbers and tables for HTML and SVG, safe for names from strangers' files.

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "geolip/core/text.hpp"
#include "geolip/sweep/number.hpp"

namespace examples {

/// `text` of our own as content or as an attribute in double or single quotes, of HTML or XML.
inline std::string html_text(std::string_view text) {
    std::string out;
    for (const char c : text) {
        switch (c) {
            case '&': out += "&amp;"; break;
            case '<': out += "&lt;"; break;
            case '>': out += "&gt;"; break;
            case '"': out += "&quot;"; break;
            case '\'': out += "&#39;"; break;
            default: out += c;
        }
    }
    return out;
}

/// Text from a stranger as content: first `geolip::escaped`, so that nothing reorders, hides or breaks a line, then as
/// above. What has more than 96 bytes is cut, between characters, and says how many it has. In a <bdi> from left to
/// right, so that letters written from right to left move neither what stands beside them nor the parts of the name.
inline std::string html_name(std::string_view name) {
    constexpr std::size_t limit = 96;
    std::string_view shown = name.substr(0, limit);
    if (shown.size() < name.size())
        while (!shown.empty() && (static_cast<unsigned char>(name[shown.size()]) & 0xC0u) == 0x80)
            shown.remove_suffix(1);
    std::string out = "<bdi dir=\"ltr\">" + html_text(geolip::escaped(shown)) + "</bdi>";
    if (shown.size() < name.size()) out += "\u2026 (" + std::to_string(name.size()) + " bytes)";
    return out;
}

/// 3.8·10⁻⁴, or 10⁻⁴ where `decimals` is 0 and the digit 1. x is finite and not 0.
inline std::string scientific(double x, int decimals) {
    char text[64];
    const char* const end = std::to_chars(text, text + sizeof text, x, std::chars_format::scientific, decimals).ptr;
    const std::string_view all(text, static_cast<std::size_t>(end - text));
    const std::size_t e = all.find('e');
    const std::string_view factor = all.substr(0, e);
    std::string out = factor == "1" ? "10" : std::string(factor) + "\u00b710";
    constexpr std::array<std::string_view, 10> digits{"\u2070", "\u00b9", "\u00b2", "\u00b3", "\u2074",
                                                      "\u2075", "\u2076", "\u2077", "\u2078", "\u2079"};
    std::string_view exponent = all.substr(e + 1);
    if (exponent[0] == '-') out += "\u207b";
    exponent.remove_prefix(1);
    while (exponent.size() > 1 && exponent[0] == '0') exponent.remove_prefix(1);
    for (const char c : exponent) out += digits[static_cast<std::size_t>(c - '0')];
    return out;
}

/// So many significant digits or so, for a reader: 0.1234, 12.34, 1234, 1.2·10⁻⁵; whole numbers as they are.
inline std::string readable(double x, int digits = 4) {
    const double size = std::fabs(x);
    if (!(size < 1e300)) return size > 0 ? "\u221e" : "\u2013";
    if (x == std::floor(x) && size < 1e6) return geolip::sweep::fixed(x, 0);
    if (size >= 1e6 || size < 5e-4) return scientific(x, 1);
    const int whole = static_cast<int>(std::floor(std::log10(size))) + 1;
    return geolip::sweep::fixed(x, std::clamp(digits - whole, 0, digits + 2));
}

/// 60,506,624.
inline std::string with_commas(std::uint64_t n) {
    std::string out = std::to_string(n);
    for (std::size_t at = out.size(); at > 3; at -= 3) out.insert(at - 3, 1, ',');
    return out;
}

/// Cells are HTML. The first `names` columns are text, the others numbers.
class html_table {
public:
    html_table(const std::vector<std::string>& header, std::size_t names) : names_(names) {
        out_ = "<div class=\"wide\"><table><thead><tr>";
        for (std::size_t i = 0; i < header.size(); ++i)
            out_ += (i < names_ ? "<th scope=\"col\" class=\"l\">" : "<th scope=\"col\">") + header[i] + "</th>";
        out_ += "</tr></thead><tbody>\n";
    }
    void add(const std::vector<std::string>& cells) {
        out_ += "<tr>";
        for (std::size_t i = 0; i < cells.size(); ++i)
            out_ += (i < names_ ? "<td class=\"l\">" : "<td>") + (cells[i].empty() ? std::string("\u2013") : cells[i]) +
                    "</td>";
        out_ += "</tr>\n";
        ++rows_;
    }
    std::size_t rows() const { return rows_; }
    std::string text() const { return out_ + "</tbody></table></div>\n"; }
    /// Closed, until the reader opens it.
    std::string folded(std::string_view summary) const {
        return "<details><summary>" + html_text(summary) + "</summary>" + text() + "</details>\n";
    }

private:
    std::size_t names_, rows_ = 0;
    std::string out_;
};

}  // namespace examples
