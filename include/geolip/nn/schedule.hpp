// Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT
#pragma once

/// \file
/// Learning rates that change during training, as functions of the step. A schedule has no state: step n of a resumed
/// run gets the rate that it would have had. The values are those of PyTorch's schedulers of the same parameters, to
/// the rounding of one or two operations.

#include <cmath>
#include <concepts>
#include <cstdint>
#include <numbers>
#include <optional>
#include <string>
#include <utility>

#include "geolip/core/error.hpp"

namespace geolip::nn {

/// `s(base, step)` is the learning rate of step 0, 1, 2, … where the rate of the optimiser, or of one of its parameter
/// groups, is `base`. A lambda will do.
///
/// A schedule that changes the momentum too (SGD's momentum, Adam's beta1) has `s.momentum(step)`, an optional double.
template <class S>
concept schedule = std::copy_constructible<S> && requires(const S& s, double base, std::uint64_t step) {
    { s(base, step) } -> std::convertible_to<double>;
};

namespace detail {

[[noreturn]] inline void wrong_schedule(const char* name, const char* what, double got, const char* expected) {
    geolip::detail::raise(usage_error(std::string(name).append(": ").append(what).append(" is ") + std::to_string(got) +
                                      "; expected " + expected));
}

/// From `start` to `end` along half a cosine, as `part` goes from 0 to 1.
inline double cosine_between(double start, double end, double part) {
    return end + (start - end) / 2 * (std::cos(std::numbers::pi * part) + 1);
}

}  // namespace detail

/// The base rate at every step.
struct constant_schedule {
    constexpr double operator()(double base, std::uint64_t) const { return base; }
};

/// base * f, where f goes from `start_factor` at step 0 to `end_factor` at step `steps` in a straight line, and stays
/// (LinearLR).
class linear_schedule {
public:
    /// \throws usage_error for a factor outside [0, 1] or no steps
    explicit linear_schedule(std::uint64_t steps = 5, double start_factor = 1.0 / 3, double end_factor = 1)
        : steps_(steps), start_(start_factor), end_(end_factor) {
        if (steps == 0) detail::wrong_schedule("linear_schedule", "steps", 0, "at least 1");
        for (const double factor : {start_factor, end_factor})
            if (!(factor >= 0 && factor <= 1))
                detail::wrong_schedule("linear_schedule", "a factor", factor, "a number from 0 to 1");
    }
    double operator()(double base, std::uint64_t step) const {
        const auto done = static_cast<double>(step < steps_ ? step : steps_);
        return base * (start_ + (end_ - start_) * done / static_cast<double>(steps_));
    }

private:
    std::uint64_t steps_;
    double start_, end_;
};

/// From the base rate at step 0 down to `minimum` at step `steps` along half a cosine (CosineAnnealingLR), and, as
/// there, up again after that: the period is 2 `steps`.
class cosine_schedule {
public:
    /// \throws usage_error for no steps, or a minimum below 0
    explicit cosine_schedule(std::uint64_t steps, double minimum = 0) : steps_(steps), minimum_(minimum) {
        if (steps == 0) detail::wrong_schedule("cosine_schedule", "steps", 0, "at least 1");
        if (!(minimum >= 0)) detail::wrong_schedule("cosine_schedule", "the minimum", minimum, "0 or more");
    }
    double operator()(double base, std::uint64_t step) const {
        // The angle within one period, which a step far behind it would leave less exact.
        const auto in_period = static_cast<double>(steps_ > step / 2 ? step : step % (2 * steps_));
        return detail::cosine_between(base, minimum_, in_period / static_cast<double>(steps_));
    }

private:
    std::uint64_t steps_;
    double minimum_;
};

/// Cosines that start again from the base rate: the first takes `first` steps, each later one `growth` times as many as
/// the one before (CosineAnnealingWarmRestarts; Loshchilov and Hutter, SGDR, 2017). Only the step at which a new one
/// starts would reach `minimum`.
class warm_restarts_schedule {
public:
    /// \throws usage_error for no first steps, a growth below 1, or a minimum below 0
    explicit warm_restarts_schedule(std::uint64_t first, std::uint64_t growth = 1, double minimum = 0)
        : first_(first), growth_(growth), minimum_(minimum) {
        if (first == 0) detail::wrong_schedule("warm_restarts_schedule", "the first period", 0, "at least 1 step");
        if (growth == 0) detail::wrong_schedule("warm_restarts_schedule", "the growth", 0, "at least 1");
        if (!(minimum >= 0)) detail::wrong_schedule("warm_restarts_schedule", "the minimum", minimum, "0 or more");
    }
    double operator()(double base, std::uint64_t step) const {
        constexpr std::uint64_t most = ~std::uint64_t{0};
        std::uint64_t period = first_;
        if (growth_ == 1)
            step %= period;
        else
            while (step >= period) {
                step -= period;
                period = period > most / growth_ ? most : period * growth_;
            }
        return detail::cosine_between(base, minimum_, static_cast<double>(step) / static_cast<double>(period));
    }

private:
    std::uint64_t first_, growth_;
    double minimum_;
};

/// Defaults are those of OneCycleLR.
struct one_cycle_options {
    std::uint64_t steps = 0;  ///< of the whole cycle
    double rising = 0.3;      ///< the part of the steps in which the rate rises (pct_start)
    double start_divisor = 25;
    double end_divisor = 1e4;    ///< over the start's: the last rate is base / start_divisor / end_divisor
    bool linear = false;         ///< straight lines instead of cosines
    bool three_phases = false;   ///< first back down to where it began, as in Smith and Topin's paper
    bool cycle_momentum = true;  ///< down to `least_momentum` while the rate rises, and back
    double least_momentum = 0.85;
    double most_momentum = 0.95;
};

/// One cycle: from base / 25 up to the base rate and down to almost nothing (OneCycleLR, whose max_lr is the base
/// rate; Smith and Topin, Super-Convergence, 2018). The momentum goes the other way.
///
/// Where a phase has no length (`rising` = 1 / steps), for which PyTorch divides by zero, its end counts.
class one_cycle_schedule {
public:
    /// \throws usage_error for no steps, `rising` outside [0, 1], a divisor that is not positive, or a momentum outside
    ///         [0, 1)
    explicit one_cycle_schedule(const one_cycle_options& o) : o_(o) {
        if (o.steps == 0) detail::wrong_schedule("one_cycle_schedule", "steps", 0, "at least 1");
        if (!(o.rising >= 0 && o.rising <= 1))
            detail::wrong_schedule("one_cycle_schedule", "rising", o.rising, "a number from 0 to 1");
        for (const double divisor : {o.start_divisor, o.end_divisor})
            if (!(divisor > 0)) detail::wrong_schedule("one_cycle_schedule", "a divisor", divisor, "a positive number");
        for (const double momentum : {o.least_momentum, o.most_momentum})
            if (!(momentum >= 0 && momentum < 1))
                detail::wrong_schedule("one_cycle_schedule", "a momentum", momentum,
                                       "a number of at least 0 and below 1");
    }

    /// \throws usage_error for a step behind the cycle (steps, one more than a run of that length takes, is the last)
    double operator()(double base, std::uint64_t step) const {
        const double start = base / o_.start_divisor;
        const place at = find(step);
        const double end = start / o_.end_divisor;
        if (at.phase == 0) return between(start, base, at.part);
        if (at.phase == 1) return between(base, o_.three_phases ? start : end, at.part);
        return between(start, end, at.part);
    }
    /// The momentum of a step; nothing where `cycle_momentum` is off. \throws usage_error as the rate does
    std::optional<double> momentum(std::uint64_t step) const {
        if (!o_.cycle_momentum) return {};
        const place at = find(step);
        if (at.phase == 0) return between(o_.most_momentum, o_.least_momentum, at.part);
        if (at.phase == 1) return between(o_.least_momentum, o_.most_momentum, at.part);
        return o_.most_momentum;
    }

private:
    struct place {
        int phase;
        double part;
    };

    place find(std::uint64_t step) const {
        if (step > o_.steps)
            geolip::detail::raise(usage_error("one_cycle_schedule: step " + std::to_string(step) + " of a cycle of " +
                                              std::to_string(o_.steps) + " steps; expected no more than that"));
        const auto all = static_cast<double>(o_.steps);
        const auto now = static_cast<double>(step);
        const double last = all - 1;
        const double ends[] = {o_.rising * all - 1, o_.three_phases ? 2 * o_.rising * all - 2 : last, last};
        const int phases = o_.three_phases ? 3 : 2;
        double start = 0;
        int phase = 0;
        for (; phase + 1 < phases && now > ends[phase]; ++phase) start = ends[phase];
        const double length = ends[phase] - start;
        return {phase, length < 1e-9 ? 1 : (now - start) / length};  // none, but for rounding
    }
    double between(double start, double end, double part) const {
        return o_.linear ? (end - start) * part + start : detail::cosine_between(start, end, part);
    }

    one_cycle_options o_;
};

/// A schedule that counts epochs: `steps` steps have the same rate.
template <schedule S>
class per_epoch {
public:
    /// \throws usage_error for an epoch without steps
    per_epoch(S schedule, std::uint64_t steps) : schedule_(std::move(schedule)), steps_(steps) {
        if (steps == 0) detail::wrong_schedule("per_epoch", "the length of an epoch", 0, "at least 1 step");
    }
    double operator()(double base, std::uint64_t step) const { return schedule_(base, step / steps_); }
    std::optional<double> momentum(std::uint64_t step) const
        requires requires(const S& s) { s.momentum(step); }
    {
        return schedule_.momentum(step / steps_);
    }

private:
    S schedule_;
    std::uint64_t steps_;
};

}  // namespace geolip::nn
