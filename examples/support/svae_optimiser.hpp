// Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT
#pragma once

/// \file
/// The optimiser and the schedule that a run's settings name, as one type each.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <utility>
#include <variant>

#include "geolip/nn/adam.hpp"
#include "geolip/nn/schedule.hpp"
#include "geolip/nn/sgd.hpp"
#include "support/svae_choices.hpp"

namespace examples {

/// Meets `nn::schedule`.
class any_schedule {
public:
    explicit any_schedule(const svae_settings& s) : schedule_(make(s)) {}

    double operator()(double base, std::uint64_t step) const {
        return std::visit([&](const auto& one) { return one(base, step); }, schedule_);
    }
    std::optional<double> momentum(std::uint64_t step) const {
        const auto* cycle = std::get_if<geolip::nn::one_cycle_schedule>(&schedule_);
        return cycle != nullptr ? cycle->momentum(step) : std::nullopt;
    }

private:
    using held_type =
        std::variant<geolip::nn::constant_schedule, geolip::nn::cosine_schedule, geolip::nn::linear_schedule,
                     geolip::nn::warm_restarts_schedule, geolip::nn::one_cycle_schedule>;

    static held_type make(const svae_settings& s) {
        switch (s.schedule) {
            case svae_schedule::cosine: return geolip::nn::cosine_schedule(s.batches);
            case svae_schedule::linear: return geolip::nn::linear_schedule(s.batches, 1, 0);
            case svae_schedule::warm_restarts:
                return geolip::nn::warm_restarts_schedule(
                    std::max<std::uint64_t>(1, (s.batches + svae_restarts - 1) / svae_restarts));
            case svae_schedule::one_cycle:
                return geolip::nn::one_cycle_schedule(
                    {.steps = s.batches, .cycle_momentum = s.optimiser != svae_optimiser::sgd || s.momentum > 0});
            case svae_schedule::constant: break;
        }
        return geolip::nn::constant_schedule();
    }

    held_type schedule_;
};

/// Meets `nn::optimiser`.
class any_optimiser {
public:
    using scalar_type = float;

    any_optimiser(std::size_t parameters, const svae_settings& s) : optimiser_(make(parameters, s)) {}

    std::uint64_t steps() const {
        return std::visit([](const auto& one) { return one.steps(); }, optimiser_);
    }
    template <class... Rate>
    void step(std::span<float> w, std::span<const float> g, const Rate&... rate) {
        std::visit([&](auto& one) { one.step(w, g, rate...); }, optimiser_);
    }
    template <class Visit>
    void visit_state(Visit&& visit) {
        std::visit([&](auto& one) { one.visit_state(visit); }, optimiser_);
    }
    template <class Visit>
    void visit_state(Visit&& visit) const {
        std::visit([&](const auto& one) { one.visit_state(visit); }, optimiser_);
    }

private:
    using held_type = std::variant<geolip::nn::adam<float>, geolip::nn::adamw<float>, geolip::nn::sgd<float>>;

    static held_type make(std::size_t parameters, const svae_settings& s) {
        if (s.optimiser == svae_optimiser::sgd)
            return geolip::nn::sgd<float>(
                parameters, {.rate = s.rate, .momentum = s.momentum, .weight_decay = s.weight_decay, .isa = s.isa});
        if (s.optimiser == svae_optimiser::adamw)
            return geolip::nn::adamw<float>(parameters, {.rate = s.rate, .weight_decay = s.weight_decay, .isa = s.isa});
        return geolip::nn::adam<float>(parameters, {.rate = s.rate, .weight_decay = s.weight_decay, .isa = s.isa});
    }

    held_type optimiser_;
};
static_assert(geolip::nn::schedule<any_schedule> && geolip::nn::optimiser<any_optimiser>);

}  // namespace examples
