// Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT
#pragma once

/// \file
/// L-BFGS with a strong Wolfe line search, as torch.optim.LBFGS(line_search_fn="strong_wolfe").

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "geolip/core/concepts.hpp"
#include "geolip/core/error.hpp"
#include "geolip/nn/detail/elementwise.hpp"
#include "geolip/nn/detail/optimiser.hpp"
#include "geolip/nn/detail/strong_wolfe.hpp"
#include "geolip/nn/optimiser.hpp"
#include "geolip/nn/training.hpp"

namespace geolip::nn {

/// The defaults are PyTorch's.
struct lbfgs_options {
    double rate = 1;                                  ///< the first step that a line search tries, times the direction
    std::size_t max_iterations = 20;                  ///< per step
    std::optional<std::size_t> max_evaluations = {};  ///< per step; 5/4 of the iterations where not given
    double tolerance_gradient = 1e-7;                 ///< stop where no element of the gradient is larger
    double tolerance_change = 1e-9;                   ///< stop where loss and parameters move less
    std::size_t history = 100;                        ///< pairs of steps and gradient changes that are kept
    geolip::isa isa = isa::automatic;
};

/// What one step did.
struct lbfgs_step {
    double loss = 0;       ///< before the step
    double last_loss = 0;  ///< after it
    std::size_t iterations = 0;
    std::size_t evaluations = 0;
};

/// Limited-memory BFGS (Nocedal and Wright, Numerical Optimization, algorithm 7.4). One `step` is up to
/// `max_iterations` iterations on one and the same loss.
///
/// Where all losses are finite it goes where PyTorch's goes. A trial that gives a loss or a gradient that is not finite
/// counts as too far, and the line search goes on closer; PyTorch's may accept it. Sums are formed in double. All
/// memory, 2 `history` + 8 times the parameters, is allocated on construction. The results are the same bits for the
/// same level.
template <measured_scalar T>
class lbfgs {
public:
    using scalar_type = T;
    using options_type = lbfgs_options;

    /// \throws usage_error for an option outside its range
    explicit lbfgs(std::size_t parameters, const lbfgs_options& o = {})
        : options_(o),
          direction_(parameters),
          previous_gradient_(parameters),
          gradient_changes_((o.history + 1) * parameters),
          steps_((o.history + 1) * parameters),
          inverse_products_(o.history + 1),
          projections_(o.history + 1),
          from_(parameters) {
        detail::require_option("lbfgs", "the rate", o.rate);
        detail::require_option("lbfgs", "the gradient's tolerance", o.tolerance_gradient);
        detail::require_option("lbfgs", "the change's tolerance", o.tolerance_change);
        if (o.history == 0) geolip::detail::raise(usage_error("lbfgs: a history of 0 steps; expected at least 1"));
        for (std::vector<T>& g : gradients_) g.resize(parameters);
    }

    const lbfgs_options& options() const { return options_; }
    /// How many iterations there have been, in all steps.
    std::uint64_t iterations() const { return counts_[0]; }
    /// How many times the loss has been evaluated, in all steps.
    std::uint64_t evaluations() const { return counts_[1]; }

    /// Moves w towards a minimum of the loss. `f(w, g)` returns the loss at w, a span of const elements, and sets g to
    /// its gradient. When `f` throws, w is where the last iteration left it.
    ///
    /// \throws nonfinite_loss, with w as it was, when the loss or the gradient at w is not finite; shape_error unless w
    /// is
    ///         as many as the parameters
    template <class Function>
    lbfgs_step step(std::span<T> w, Function&& f) {
        if (w.size() != direction_.size())
            geolip::detail::raise(shape_error("lbfgs: " + std::to_string(w.size()) + " parameters; expected " +
                                              std::to_string(direction_.size())));
        lbfgs_step report;
        detail::line_point here;
        here.value = static_cast<double>(f(std::span<const T>(w), std::span<T>(gradients_[0])));
        ++counts_[1];
        report.evaluations = 1;
        report.loss = report.last_loss = here.value;
        require_finite(here.value, iterations());
        require_finite(largest(gradients_[0]), iterations(), "gradient");
        const std::size_t most_evaluations = options_.max_evaluations.value_or(options_.max_iterations * 5 / 4);

        if (largest(gradients_[0]) <= options_.tolerance_gradient) return report;
        while (report.iterations < options_.max_iterations) {
            ++report.iterations;
            ++counts_[0];
            std::vector<T>& g = gradients_[here.gradient];
            if (counts_[0] == 1)
                scale(direction_, -1, g);
            else
                find_direction(g);
            previous_gradient_ = g;
            const double previous_loss = previous_loss_ = here.value;
            length_ = options_.rate * (counts_[0] == 1 ? (std::min)(1.0, 1 / sum_of_magnitudes(g)) : 1.0);
            here.at = 0;
            here.slope = dot(g, direction_);
            if (here.slope > -options_.tolerance_change) break;

            const detail::line_search_result searched = search(w, here, f);
            here = searched.found;
            length_ = here.at;
            report.last_loss = here.value;
            report.evaluations += searched.evaluations;
            if (report.evaluations >= most_evaluations) break;
            if (largest(gradients_[here.gradient]) <= options_.tolerance_gradient) break;
            if (std::fabs(length_) * largest(direction_) <= options_.tolerance_change) break;
            if (std::fabs(here.value - previous_loss) < options_.tolerance_change) break;
        }
        return report;
    }

    /// See `stateful`. "old_dirs" and "old_stps" are rings of history + 1 vectors; "ring" has the place of the oldest
    /// and how many there are.
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
        using name = std::string_view;
        visit(name("n_iter"), std::span(&self.counts_[0], 1));
        visit(name("func_evals"), std::span(&self.counts_[1], 1));
        visit(name("ring"), std::span(&self.ring_[0], 2));
        visit(name("t"), std::span(&self.length_, 1));
        visit(name("H_diag"), std::span(&self.scale_, 1));
        visit(name("prev_loss"), std::span(&self.previous_loss_, 1));
        visit(name("ro"), std::span(self.inverse_products_));
        visit(name("d"), std::span(self.direction_));
        visit(name("prev_flat_grad"), std::span(self.previous_gradient_));
        visit(name("old_dirs"), std::span(self.gradient_changes_));
        visit(name("old_stps"), std::span(self.steps_));
    }

    double dot(std::span<const T> a, std::span<const T> b) const { return detail::dot(a, b, options_.isa); }
    /// out = factor * x
    void scale(std::span<T> out, double factor, std::span<const T> x) const {
        detail::scale<T>(out.data(), x.data(), static_cast<T>(factor), x.size(), options_.isa);
    }
    /// y += factor * x
    void add_scaled(std::span<T> y, double factor, std::span<const T> x) const {
        detail::add_scaled<T>(y.data(), x.data(), static_cast<T>(factor), x.size(), options_.isa);
    }
    /// The largest magnitude; NaN where there is one.
    static double largest(std::span<const T> x) {
        T most = 0;
        for (const T v : x) {
            if (std::isnan(v)) return static_cast<double>(v);
            most = (std::max)(most, std::fabs(v));
        }
        return static_cast<double>(most);
    }
    static double sum_of_magnitudes(std::span<const T> x) {
        double sum = 0;
        for (const T v : x) sum += static_cast<double>(std::fabs(v));
        return sum;
    }

    std::size_t slot(std::size_t age) const {
        return static_cast<std::size_t>(ring_[0] + age) % (options_.history + 1);
    }
    std::span<T> in_slot(std::vector<T>& ring, std::size_t age) const {
        return std::span(ring).subspan(slot(age) * direction_.size(), direction_.size());
    }

    /// Takes the last step into the history, and sets the direction to minus the inverse Hessian's approximation times
    /// g.
    void find_direction(std::span<const T> g) {
        // One more slot than the history has, for a pair that may yet be refused.
        std::size_t kept = (std::min)(static_cast<std::size_t>(ring_[1]), options_.history);
        const std::span<T> change = in_slot(gradient_changes_, kept);
        const std::span<T> step = in_slot(steps_, kept);
        std::ranges::copy(g, change.begin());
        add_scaled(change, -1, previous_gradient_);
        scale(step, length_, direction_);
        const double product = dot(change, step);
        if (product > 1e-10) {
            inverse_products_[slot(kept)] = 1 / product;
            scale_ = product / dot(change, change);
            if (kept == options_.history)
                ring_[0] = slot(1);
            else
                ring_[1] = ++kept;
        }
        scale(direction_, -1, g);
        for (std::size_t i = kept; i-- > 0;) {
            projections_[i] = dot(in_slot(steps_, i), direction_) * inverse_products_[slot(i)];
            add_scaled(direction_, -projections_[i], in_slot(gradient_changes_, i));
        }
        scale(direction_, scale_, direction_);
        for (std::size_t i = 0; i < kept; ++i) {
            const double back = dot(in_slot(gradient_changes_, i), direction_) * inverse_products_[slot(i)];
            add_scaled(direction_, projections_[i] - back, in_slot(steps_, i));
        }
    }

    /// A place on the line of a search, to which w moves at the end, also when something throws.
    class place {
    public:
        place(const lbfgs& self, std::span<T> w) : self_(self), w_(w) {}
        place(const place&) = delete;
        place(place&&) = delete;
        place& operator=(const place&) = delete;
        place& operator=(place&&) = delete;
        ~place() { move(at); }
        void move(double to) const {
            std::ranges::copy(self_.from_, w_.begin());
            if (to != 0) self_.add_scaled(w_, to, self_.direction_);
        }
        double at = 0;

    private:
        const lbfgs& self_;
        std::span<T> w_;
    };

    /// The line search from w along the direction, which leaves w at what it found.
    template <class Function>
    detail::line_search_result search(std::span<T> w, const detail::line_point& start, Function& f) {
        std::ranges::copy(w, from_.begin());
        place line(*this, w);
        const auto evaluate = [&](double at, std::size_t buffer) {
            line.move(at);
            detail::line_point p{at, 0, 0, buffer};
            p.value = static_cast<double>(f(std::span<const T>(w), std::span<T>(gradients_[buffer])));
            ++counts_[1];
            p.slope = dot(gradients_[buffer], direction_);
            return p;
        };
        const auto searched =
            detail::strong_wolfe(start, length_, largest(direction_), options_.tolerance_change, evaluate);
        line.at = searched.found.at;
        return searched;
    }

    lbfgs_options options_;
    std::uint64_t counts_[2] = {};  // of iterations and evaluations
    std::uint64_t ring_[2] = {};    // the oldest pair's slot, and the number of pairs
    double length_ = 0, scale_ = 1, previous_loss_ = 0;
    std::vector<T> direction_, previous_gradient_;
    std::vector<T> gradient_changes_, steps_;  // rings of history + 1 vectors
    std::vector<double> inverse_products_;     // 1 / (change . step), the same ring
    std::vector<double> projections_;
    std::vector<T> from_;  // where a line search began
    std::vector<T> gradients_[3];
};

static_assert(stateful<lbfgs<float>> && stateful<lbfgs<double>>);

}  // namespace geolip::nn
