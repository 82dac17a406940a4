// Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT
#pragma once

/// \file
/// Adam (Kingma and Ba, 2015) and AdamW (Loshchilov and Hutter, 2019), as in torch.optim.

#include <array>
#include <cmath>
#include <cstddef>
#include <span>
#include <string_view>

#include "geolip/nn/optimiser.hpp"

namespace geolip::nn {

/// The defaults are PyTorch's; those of AdamW differ in the weight decay.
template <bool Decoupled>
struct basic_adam_options {
    double rate = 1e-3;
    double beta1 = 0.9;
    double beta2 = 0.999;
    double epsilon = 1e-8;
    double weight_decay = Decoupled ? 1e-2 : 0;
    bool amsgrad = false;   ///< divide by the largest second moment so far (Reddi et al., 2018)
    bool maximise = false;  ///< go up the gradient
    geolip::isa isa = isa::automatic;
};
/// Options of `adam`.
using adam_options = basic_adam_options<false>;
/// Options of `adamw`.
using adamw_options = basic_adam_options<true>;

/// At step t, with the gradient g (Adam: g + weight_decay w; AdamW instead multiplies w by 1 - rate weight_decay
/// first):
///
///     m = beta1 m + (1 - beta1) g            v = beta2 v + (1 - beta2) g^2
///     w = w - rate (m / (1 - beta1^t)) / (sqrt(v / (1 - beta2^t)) + epsilon)
///
/// State: "exp_avg" (m), "exp_avg_sq" (v) and, with `amsgrad`, "max_exp_avg_sq". The bias corrections and all other
/// factors that are common to a group are computed in double. A momentum of the schedule stands for beta1.
template <measured_scalar T, bool Decoupled>
struct adam_rule {
    using scalar_type = T;
    using options_type = basic_adam_options<Decoupled>;
    static constexpr const char* name = Decoupled ? "adamw" : "adam";
    static constexpr std::size_t most_states = 3;

    static void check(const options_type& o) {
        detail::require_option(name, "beta1", o.beta1, 0, 1);
        detail::require_option(name, "beta2", o.beta2, 0, 1);
        detail::require_option(name, "epsilon", o.epsilon);
    }
    static void check_momentum(const options_type&, double momentum) {
        detail::require_option(name, "the schedule's momentum", momentum, 0, 1);
    }
    static std::span<const std::string_view> state_names(const options_type& o) {
        static constexpr std::string_view names[] = {"exp_avg", "exp_avg_sq", "max_exp_avg_sq"};
        return std::span(names).first(o.amsgrad ? 3 : 2);
    }
    /// `use` of the coefficients of a step.
    template <class Use>
    static void with_coefficients(const options_type& o, const detail::step_settings& s, Use&& use) {
        if (o.amsgrad)
            use(coefficients<true>(o, s));
        else
            use(coefficients<false>(o, s));
    }

private:
    template <bool Amsgrad>
    static detail::adam_coefficients<T, Amsgrad> coefficients(const options_type& o, const detail::step_settings& s) {
        const double beta1 = s.momentum.value_or(o.beta1);
        const auto t = static_cast<double>(s.step);
        const double root = std::sqrt(1 - std::pow(o.beta2, t));
        detail::adam_coefficients<T, Amsgrad> c = {};
        c.sign = o.maximise ? T(-1) : T(1);
        c.decay = Decoupled ? T(0) : static_cast<T>(s.weight_decay);
        c.shrink = Decoupled ? static_cast<T>(1 - s.rate * s.weight_decay) : T(1);
        c.keep_mean = static_cast<T>(beta1);
        c.take_mean = static_cast<T>(1 - beta1);
        c.keep_square = static_cast<T>(o.beta2);
        c.take_square = static_cast<T>(1 - o.beta2);
        c.step = static_cast<T>(s.rate / (1 - std::pow(beta1, t)) * root);
        c.epsilon = static_cast<T>(o.epsilon * root);
        return c;
    }
};

/// Adam. `adam<float> o(parameter_count(model), {.rate = 1e-4})`
template <measured_scalar T>
using adam = elementwise_optimiser<adam_rule<T, false>>;

/// AdamW: Adam whose weight decay does not pass through the moments.
template <measured_scalar T>
using adamw = elementwise_optimiser<adam_rule<T, true>>;

static_assert(optimiser<adam<float>> && optimiser<adamw<double>>);

}  // namespace geolip::nn
