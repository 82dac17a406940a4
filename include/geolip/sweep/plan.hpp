// Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT
#pragma once

/// \file
/// What a sweep is: a grid of (vocabulary, dimension) pairs, an estimator and where its random rows come from.
/// A plan is a value. Work is a dense index of items, and every entry is a pure function of (plan, item), so
/// threads, shards and resumed runs all agree.

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "geolip/core/error.hpp"
#include "geolip/core/estimate.hpp"
#include "geolip/simd/isa.hpp"
#include "geolip/sweep/axis.hpp"

namespace geolip::sweep {

/// The law of the rows: independent N(0, I_D), or uniform on the unit sphere in R^D.
enum class law { gaussian, sphere };

/// `independent` draws every configuration afresh. `nested` draws one pool for each vocabulary and reads every
/// dimension from its leading columns: common random numbers along D, so neighbouring dimensions are correlated.
enum class design { independent, nested };

/// How a pool is drawn: its coordinates, or (equal in law, not draw by draw) the Bartlett factor of its Gram matrix.
enum class draw { rows, bartlett };

/// The names of an enumeration's values, in order.
template <class Enum>
inline constexpr std::array<std::string_view, 0> choices{};
/// Names of `law`.
template <>
inline constexpr std::array<std::string_view, 2> choices<law>{"gaussian", "sphere"};
/// Names of `design`.
template <>
inline constexpr std::array<std::string_view, 2> choices<design>{"independent", "nested"};
/// Names of `draw`.
template <>
inline constexpr std::array<std::string_view, 2> choices<draw>{"rows", "bartlett"};
/// Names of `isa`.
template <>
inline constexpr std::array<std::string_view, 4> choices<isa>{isa_name(isa::automatic), isa_name(isa::baseline),
                                                              isa_name(isa::avx2), isa_name(isa::avx512)};

template <class Enum>
concept choice = !choices<Enum>.empty();

/// The name of a value.
template <choice Enum>
constexpr std::string_view to_string(Enum value) {
    return choices<Enum>[static_cast<std::size_t>(value)];
}

/// The value called `text`.
/// \throws usage_error naming `option`, the text and the names there are
template <choice Enum>
Enum parse_choice(std::string_view text, std::string_view option) {
    std::string expected;
    for (std::size_t i = 0; i < choices<Enum>.size(); ++i) {
        if (choices<Enum>[i] == text) return static_cast<Enum>(i);
        expected += (i == 0 ? "" : i + 1 == choices<Enum>.size() ? " or " : ", ") + std::string(choices<Enum>[i]);
    }
    geolip::detail::raise(
        usage_error(std::string(option) + " '" + std::string(text) + "': unknown; expected " + expected));
}

inline constexpr int min_order = 2;                               ///< the lowest simplex order of a plan
inline constexpr int max_order = 7;                               ///< the highest one
inline constexpr int max_samples = 1 << 24;                       ///< the most simplices of a configuration
inline constexpr std::uint32_t max_dimension = 1u << 20;          ///< the highest D
inline constexpr std::size_t max_entries = std::size_t{1} << 24;  ///< the most configurations

/// A sweep. The defaults are the documented one, 65,536 configurations.
struct plan {
    std::vector<std::uint32_t> dims = parse_axis("8:2048:8", "dims");      ///< ascending; D
    std::vector<std::uint32_t> vocabs = parse_axis("8:2048:8", "vocabs");  ///< ascending; V
    int samples = 300;                                                     ///< simplices per configuration
    int order = 4;                                                         ///< K: simplices of K + 1 rows
    std::uint64_t seed = 42;
    sweep::law law = sweep::law::gaussian;
    sweep::design design = sweep::design::independent;
    sweep::draw draw = sweep::draw::bartlett;
    geolip::isa isa = geolip::isa::automatic;  ///< resolved when the sweep runs
    std::string backend = "cpu";               ///< its name, for the provenance

    friend bool operator==(const plan&, const plan&) = default;
};

/// One configuration and its coefficient of variation, or why it has none.
struct entry {
    std::uint32_t vocab = 0;
    std::uint32_t dim = 0;
    std::optional<double> cv = {};
    undefined_reason reason = undefined_reason::none;  ///< why `cv` is empty, if it is
};

/// Independent: one (V, D) each, item `v * dims.size() + d`. Nested: one V each, all dimensions at once.
constexpr std::size_t item_count(const plan& p) {
    return p.design == design::nested ? p.vocabs.size() : p.vocabs.size() * p.dims.size();
}

/// The configuration of one entry of the grid, in the order V, then D, without its value.
constexpr entry entry_at(const plan& p, std::size_t index) {
    return {.vocab = p.vocabs[index / p.dims.size()], .dim = p.dims[index % p.dims.size()]};
}

/// Entries that one item yields, in the order of `plan::dims`. Items one after the other give V, then D.
constexpr std::size_t entries_per_item(const plan& p) { return p.design == design::nested ? p.dims.size() : 1; }

/// Entries of the whole grid.
constexpr std::size_t entry_count(const plan& p) { return p.vocabs.size() * p.dims.size(); }

namespace detail {

inline void check_axis(const std::vector<std::uint32_t>& axis, const std::string& name) {
    check(!axis.empty(), name + " is empty", "at least one value");
    for (std::size_t i = 0; i < axis.size(); ++i) {
        check(axis[i] > (i == 0 ? 0 : axis[i - 1]), name + " holds " + std::to_string(axis[i]) + " out of order",
              "positive values in ascending order");
    }
}

}  // namespace detail

/// \throws usage_error naming the first field that cannot be used, its value and what was expected
inline void validate(const plan& p) {
    using detail::check;
    const auto between = [](auto low, auto high) {
        return "a whole number from " + std::to_string(low) + " to " + std::to_string(high);
    };
    detail::check_axis(p.dims, "dims");
    detail::check_axis(p.vocabs, "vocabs");
    check(p.dims.back() <= max_dimension, "dims reaches " + std::to_string(p.dims.back()),
          "at most " + std::to_string(max_dimension));
    check(p.vocabs.size() <= max_entries / p.dims.size(),
          "the grid of dims and vocabs has " + std::to_string(entry_count(p)) + " entries",
          "at most " + std::to_string(max_entries) + "; run parts of it");
    check(p.samples >= 1 && p.samples <= max_samples, "samples is " + std::to_string(p.samples),
          between(1, max_samples));
    check(p.order >= min_order && p.order <= max_order, "order is " + std::to_string(p.order),
          between(min_order, max_order));
    check(p.design == design::independent || p.draw == draw::rows, "design nested cannot use draw bartlett",
          "draw rows: nested shares the leading columns of one pool, and a Bartlett factor has no columns to share");
    check(p.backend == "cpu" || (p.draw == draw::rows && p.design == design::independent),
          "backend " + p.backend + " cannot use draw bartlett or design nested",
          "draw rows and design independent: other backends than cpu measure coordinates, pool by pool");
    check(!p.backend.empty() && p.backend.find_first_of(" \t\r\n\"\\") == p.backend.npos,
          "backend is '" + p.backend + "'", "a name without spaces or quotes");
}

}  // namespace geolip::sweep
