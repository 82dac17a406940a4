// Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT
#pragma once

/// \file
/// `parameter_groups`: parts of a model's parameters that are trained differently.

#include <cstddef>
#include <functional>
#include <initializer_list>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "geolip/core/error.hpp"
#include "geolip/nn/parameters.hpp"

namespace geolip::nn {

/// Elements `begin … end - 1` of a model's parameters, and of anything of their layout.
struct parameter_range {
    std::size_t begin = 0;
    std::size_t end = 0;

    constexpr std::size_t size() const { return end - begin; }
    friend constexpr bool operator==(const parameter_range&, const parameter_range&) = default;
};

/// Which parameters form a group, and how they are trained.
struct group_rule {
    std::string name;
    /// Is this parameter one of the group? Left empty: whatever no other group takes.
    std::function<bool(const parameter&)> holds = {};
    double rate_factor = 1;                   ///< its learning rate over that of the optimiser
    std::optional<double> weight_decay = {};  ///< instead of that of the optimiser
};

/// Some of a model's parameters. Neighbours are one range.
struct parameter_group {
    std::string name;
    std::vector<parameter_range> ranges;
    double rate_factor = 1;
    std::optional<double> weight_decay;
};

namespace detail {

/// Adds a range behind the others of `ranges`.
inline void append(std::vector<parameter_range>& ranges, parameter_range range) {
    if (!ranges.empty() && ranges.back().end == range.begin)
        ranges.back().end = range.end;
    else
        ranges.push_back(range);
}

}  // namespace detail

/// The ranges of the parameters that `holds` accepts, for instance to clip their gradient alone.
template <std::predicate<const parameter&> Predicate>
std::vector<parameter_range> parameter_ranges(std::span<const parameter> table, Predicate&& holds) {
    std::vector<parameter_range> ranges;
    for (const parameter& p : table)
        if (holds(p) && p.size() > 0) detail::append(ranges, {p.offset, p.offset + p.size()});
    return ranges;
}

/// A predicate for `group_rule`: the parameters whose name starts with `prefix`.
inline auto named_like(std::string_view prefix) {
    return [start = std::string(prefix)](const parameter& p) { return p.name.starts_with(start); };
}

/// The parameters of a model, every one of them in exactly one group.
class parameter_groups {
public:
    /// All `count` parameters as one group.
    // NOLINTNEXTLINE(google-explicit-constructor): most models have one group, and only its size matters
    parameter_groups(std::size_t count) : count_(count), groups_(1) { groups_.front().ranges.push_back({0, count}); }

    /// The groups that `rules` make of the parameters in `table` (see `parameters_of`). A group may be empty.
    /// \throws usage_error naming a parameter that is in no group or in two, and for a rate factor or weight decay
    /// below
    ///         0 or not finite, and for two groups without a predicate
    parameter_groups(std::span<const parameter> table, std::span<const group_rule> rules) {
        std::size_t rest = rules.size();
        for (std::size_t i = 0; i < rules.size(); ++i) {
            const group_rule& r = rules[i];
            require(r.name, "rate factor", r.rate_factor);
            require(r.name, "weight decay", r.weight_decay.value_or(0));
            if (!r.holds && rest != rules.size())
                fail("groups \"" + rules[rest].name + "\" and \"" + r.name +
                     "\" both take what no other group takes; expected at most one such group");
            if (!r.holds) rest = i;
            groups_.push_back({r.name, {}, r.rate_factor, r.weight_decay});
        }
        for (const parameter& p : table) {
            std::size_t owner = rules.size();
            for (std::size_t i = 0; i < rules.size(); ++i) {
                if (!rules[i].holds || !rules[i].holds(p)) continue;
                if (owner != rules.size())
                    fail("parameter \"" + p.name + "\" is in the groups \"" + rules[owner].name + "\" and \"" +
                         rules[i].name + "\"; expected every parameter in exactly one");
                owner = i;
            }
            if (owner == rules.size()) owner = rest;
            if (owner == rules.size())
                fail("parameter \"" + p.name +
                     "\" is in no group; expected every parameter in exactly one. A group "
                     "without a predicate takes all that is left");
            if (p.size() > 0) detail::append(groups_[owner].ranges, {p.offset, p.offset + p.size()});
            count_ += p.size();
        }
    }
    parameter_groups(std::span<const parameter> table, std::initializer_list<group_rule> rules)
        : parameter_groups(table, std::span(rules.begin(), rules.size())) {}

    /// How many parameters there are in all groups.
    std::size_t count() const { return count_; }
    std::span<const parameter_group> all() const { return groups_; }
    /// The group called `name`. \throws usage_error when there is none
    const parameter_group& operator[](std::string_view name) const {
        std::string names;
        for (const parameter_group& g : groups_) {
            if (g.name == name) return g;
            names += names.empty() ? "\"" : ", \"";
            names += g.name;
            names += '"';
        }
        fail("no group \"" + std::string(name) + "\"; expected one of " + names);
    }

private:
    [[noreturn]] static void fail(const std::string& what) {
        geolip::detail::raise(usage_error(std::string("parameter_groups: ").append(what)));
    }
    static void require(const std::string& group, const char* what, double value) {
        if (value >= 0 && value <= 1e300) return;
        fail("group \"" + group + "\" has a " + what + " of " + std::to_string(value) + "; expected 0 or more");
    }

    std::size_t count_ = 0;
    std::vector<parameter_group> groups_;
};

}  // namespace geolip::nn
