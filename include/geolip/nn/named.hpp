// Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT
#pragma once

/// \file
/// `named`: a module whose parameters carry a name of its own inside a `chain` or `residual`.

#include <algorithm>
#include <cstddef>
#include <string_view>
#include <utility>

#include "geolip/nn/module.hpp"

namespace geolip::nn {

/// Text as a template argument.
template <std::size_t N>
struct fixed_string {
    char text[N] = {};
    // NOLINTNEXTLINE(google-explicit-constructor): a literal stands for it in a template argument list
    constexpr fixed_string(const char (&literal)[N]) { std::copy_n(literal, N, text); }
    constexpr std::string_view view() const { return {text, N - 1}; }
};

/// `M`, whose parameters are called "Name.…" by the module that holds it instead of "0.…", "1.…". With an empty name
/// they keep the names M gives them.
template <fixed_string Name, module M>
struct named : M {
    using M::M;
    constexpr named() = default;
    constexpr named(M m) : M(std::move(m)) {}  // NOLINT(google-explicit-constructor): the same module
    static constexpr std::string_view name = Name.view();
};

/// `name<"emb">(embedding<float>(256, 64))`
template <fixed_string Name, module M>
constexpr named<Name, M> name(M m) {
    return {std::move(m)};
}

}  // namespace geolip::nn
