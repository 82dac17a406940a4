// Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT
#pragma once

/// \file
/// The `optimiser` concept, and `elementwise_optimiser`, of which Adam, AdamW and SGD are made.

#include <array>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "geolip/core/concepts.hpp"
#include "geolip/core/error.hpp"
#include "geolip/nn/detail/optimiser.hpp"
#include "geolip/nn/parameter_groups.hpp"
#include "geolip/nn/schedule.hpp"

namespace geolip::nn {
namespace detail {

struct ignore_state {
    template <class T>
    void operator()(std::string_view, std::span<T>) const {}
};

}  // namespace detail

/// Something with a state that has to be saved for a run to go on to the same bits: `o.visit_state(visit)` calls
/// `visit(name, values)` for every part of it, in the same order and of the same sizes for objects that were
/// made alike. `values` is a span of float, double or std::uint64_t, of const elements when `o` is const; to restore a
/// state, write to it. The names are those of PyTorch's optimisers.
template <class O>
concept stateful = requires(O& o, const O& fixed) {
    o.visit_state(detail::ignore_state{});
    fixed.visit_state(detail::ignore_state{});
};

/// Something that moves parameters by their gradient: `o.step(w, g)` at its own learning rate, `o.step(w, g, rate)` at
/// another, `o.step(w, g, schedule)` at what a `schedule` makes of its own for step `o.steps()`, the number of steps
/// it has taken.
template <class O>
concept optimiser =
    std::copyable<O> && stateful<O> &&
    requires(O& o, const O& fixed, std::span<typename O::scalar_type> w, std::span<const typename O::scalar_type> g) {
        requires measured_scalar<typename O::scalar_type>;
        o.step(w, g);
        o.step(w, g, 1e-3);
        o.step(w, g, constant_schedule());
        { fixed.steps() } -> std::convertible_to<std::uint64_t>;
    };

namespace detail {

/// \throws usage_error unless least <= value, and value < below
inline void require_option(const char* optimiser, const char* option, double value, double least = 0,
                           double below = std::numeric_limits<double>::infinity()) {
    if (value >= least && value < below) return;
    std::string text(optimiser);
    text.append(": ").append(option).append(" is ").append(std::to_string(value));
    text.append("; expected a number of at least ").append(std::to_string(least));
    if (below < 1e300) text.append(" and below ").append(std::to_string(below));
    geolip::detail::raise(usage_error(text));
}

/// What one step of one group depends on, besides the options.
struct step_settings {
    double rate;
    double weight_decay;
    std::uint64_t step;              ///< 1, 2, …
    std::optional<double> momentum;  ///< instead of that of the options
};

}  // namespace detail

/// An optimiser that moves every parameter by its own gradient and state. `Rule` says how; see `adam` and `sgd`.
///
/// The state is as large as the parameters, once per state tensor, and is allocated on construction; a step allocates
/// nothing. Every parameter is read and written once per step, by the instruction-set level of the options. The results
/// are the same bits for the same level, whatever the groups' ranges are; across levels they differ in rounding,
/// a few units in the last place per step. Gradients that are not finite make the parameters so, as in PyTorch:
/// see `require_finite` and `clip_gradient_norm`.
template <class Rule>
class elementwise_optimiser {
public:
    using scalar_type = typename Rule::scalar_type;
    using options_type = typename Rule::options_type;

    /// For the parameters of `groups`, of which a plain number is one group.
    /// \throws usage_error for an option outside its range
    explicit elementwise_optimiser(parameter_groups groups, const options_type& o = {})
        : groups_(std::move(groups)), options_(o) {
        detail::require_option(Rule::name, "the rate", o.rate);
        detail::require_option(Rule::name, "the weight decay", o.weight_decay);
        Rule::check(o);
        for (std::size_t s = 0; s < Rule::state_names(o).size(); ++s) state_.emplace_back(groups_.count());
    }

    const options_type& options() const { return options_; }
    const parameter_groups& groups() const { return groups_; }
    /// How many steps have been taken.
    std::uint64_t steps() const { return steps_; }

    /// One step at the rate of the options, times each group's factor.
    /// \throws shape_error unless w and g are as many as the parameters
    void step(std::span<scalar_type> w, std::span<const scalar_type> g) { step(w, g, options_.rate); }
    /// The same at another rate. \throws usage_error also for a rate below 0 or not finite
    void step(std::span<scalar_type> w, std::span<const scalar_type> g, double rate) {
        take_step(w, g, {}, [rate](double factor) { return rate * factor; });
    }
    /// The same at the rates that `s` gives for step `steps()`, for each group from the rate of the options times its
    /// factor; also with the momentum of the schedule, where it has one. \throws usage_error also for such a momentum
    /// without a place for it
    template <schedule S>
    void step(std::span<scalar_type> w, std::span<const scalar_type> g, const S& s) {
        std::optional<double> momentum;
        if constexpr (requires { s.momentum(steps_); }) momentum = s.momentum(steps_);
        take_step(w, g, momentum, [&](double factor) { return double(s(options_.rate * factor, steps_)); });
    }

    /// See `stateful`: "step", then the tensors of the rule.
    template <class Visit>
    void visit_state(Visit&& visit) {
        visit_state_of(*this, visit);
    }
    template <class Visit>
    void visit_state(Visit&& visit) const {
        visit_state_of(*this, visit);
    }

private:
    template <class Self, class Visit>
    static void visit_state_of(Self& self, Visit& visit) {
        visit(std::string_view("step"), std::span(&self.steps_, 1));
        const auto names = Rule::state_names(self.options_);
        for (std::size_t s = 0; s < names.size(); ++s) visit(names[s], std::span(self.state_[s]));
    }

    template <class RateOf>
    void take_step(std::span<scalar_type> w, std::span<const scalar_type> g, std::optional<double> momentum,
                   RateOf&& rate_of) {
        if (w.size() != groups_.count() || g.size() != groups_.count())
            geolip::detail::raise(shape_error(std::string(Rule::name) + ": " + std::to_string(w.size()) +
                                              " parameters and a gradient of " + std::to_string(g.size()) +
                                              "; expected " + std::to_string(groups_.count()) + " of both"));
        if (momentum) Rule::check_momentum(options_, *momentum);
        // Before anything moves.
        for (const parameter_group& group : groups_.all())
            detail::require_option(Rule::name, "the rate of a step", rate_of(group.rate_factor));
        for (const parameter_group& group : groups_.all()) {
            const detail::step_settings settings{
                rate_of(group.rate_factor), group.weight_decay.value_or(options_.weight_decay), steps_ + 1, momentum};
            Rule::with_coefficients(options_, settings, [&](const auto& c) {
                for (const parameter_range& range : group.ranges) {
                    std::array<scalar_type*, Rule::most_states> state = {};
                    for (std::size_t s = 0; s < state_.size(); ++s) state[s] = state_[s].data() + range.begin;
                    detail::take_steps(w.data() + range.begin, g.data() + range.begin, state.data(), range.size(), c,
                                       options_.isa);
                }
            });
        }
        ++steps_;
    }

    parameter_groups groups_;
    options_type options_;
    std::uint64_t steps_ = 0;
    std::vector<std::vector<scalar_type>> state_;
};

}  // namespace geolip::nn
