// Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT
#pragma once

/// \file
/// Stochastic gradient descent, as in torch.optim.

#include <cstddef>
#include <span>
#include <string_view>

#include "geolip/nn/optimiser.hpp"

namespace geolip::nn {

/// The defaults are PyTorch's.
struct sgd_options {
    double rate = 1e-3;
    double momentum = 0;
    double dampening = 0;
    double weight_decay = 0;
    bool nesterov = false;  ///< needs a momentum, and no dampening
    bool maximise = false;  ///< go up the gradient
    geolip::isa isa = isa::automatic;
};

/// With the gradient g + weight_decay w for g:
///
///     b = momentum b + (1 - dampening) g     (b = g at the first step)
///     w = w - rate b                         (rate (g + momentum b) with `nesterov`, rate g without momentum)
///
/// State: "momentum_buffer" (b), where there is a momentum.
template <measured_scalar T>
struct sgd_rule {
    using scalar_type = T;
    using options_type = sgd_options;
    static constexpr const char* name = "sgd";
    static constexpr std::size_t most_states = 1;

    static void check(const options_type& o) {
        detail::require_option(name, "the momentum", o.momentum);
        detail::require_option(name, "the dampening", o.dampening, -std::numeric_limits<double>::infinity());
        if (o.nesterov && !(o.momentum > 0 && o.dampening == 0))
            geolip::detail::raise(usage_error("sgd: nesterov with momentum " + std::to_string(o.momentum) +
                                              " and dampening " + std::to_string(o.dampening) +
                                              "; expected a momentum above 0 and no dampening"));
    }
    static void check_momentum(const options_type& o, double momentum) {
        detail::require_option(name, "the schedule's momentum", momentum);
        if (o.momentum == 0)
            geolip::detail::raise(
                usage_error("sgd: a schedule that sets the momentum; expected a momentum in the options, which makes "
                            "room for it, or a schedule that leaves it alone (cycle_momentum = false)"));
    }
    static std::span<const std::string_view> state_names(const options_type& o) {
        static constexpr std::string_view names[] = {"momentum_buffer"};
        return std::span(names).first(o.momentum == 0 ? 0 : 1);
    }
    /// `use` of the coefficients of a step.
    template <class Use>
    static void with_coefficients(const options_type& o, const detail::step_settings& s, Use&& use) {
        if (o.momentum == 0)
            use(coefficients<false>(o, s));
        else
            use(coefficients<true>(o, s));
    }

private:
    template <bool Momentum>
    static detail::sgd_coefficients<T, Momentum> coefficients(const options_type& o, const detail::step_settings& s) {
        const double momentum = s.momentum.value_or(o.momentum);
        const bool first = s.step == 1;
        detail::sgd_coefficients<T, Momentum> c = {};
        c.sign = o.maximise ? T(-1) : T(1);
        c.decay = static_cast<T>(s.weight_decay);
        c.keep = first ? T(0) : static_cast<T>(momentum);
        c.take = first ? T(1) : static_cast<T>(1 - o.dampening);
        c.direct = o.nesterov ? T(1) : T(0);
        c.through = o.nesterov ? static_cast<T>(momentum) : T(1);
        c.step = static_cast<T>(s.rate);
        return c;
    }
};

/// SGD. `sgd<float> o(parameter_count(model), {.rate = 1e-2, .momentum = 0.9})`
template <measured_scalar T>
using sgd = elementwise_optimiser<sgd_rule<T>>;

static_assert(optimiser<sgd<float>> && optimiser<sgd<double>>);

}  // namespace geolip::nn
