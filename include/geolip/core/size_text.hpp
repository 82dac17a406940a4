// Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT
#pragma once

/// \file
/// The size of a matrix in the words of an error.

#include <cstddef>
#include <string>

namespace geolip::detail {

/// "3 x 4".
inline std::string size_text(std::size_t rows, std::size_t cols) {
    std::string text = std::to_string(rows);
    text += " x ";
    text += std::to_string(cols);
    return text;
}
template <class Matrix>
std::string size_text(const Matrix& m) {
    return size_text(m.rows(), m.cols());
}

}  // namespace geolip::detail
