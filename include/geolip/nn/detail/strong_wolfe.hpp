// Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT
#pragma once

/// \file
/// A line search for the strong Wolfe conditions: Nocedal and Wright, Numerical Optimization, algorithms 3.5 and 3.6,
/// with the interpolation and the limits of torch.optim.LBFGS.

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>
#include <utility>

namespace geolip::nn::detail {

/// The function along the line: its value and slope at `at`, and which of three buffers has its gradient there.
struct line_point {
    double at = 0;
    double value = 0;
    double slope = 0;
    std::size_t gradient = 0;
};

/// Where the cubic through two points has its minimum, within [low, high]; the middle where there is none.
inline double cubic_minimum(const line_point& a, const line_point& b, double low, double high) {
    const line_point& left = a.at <= b.at ? a : b;
    const line_point& right = a.at <= b.at ? b : a;
    const double d1 = a.slope + b.slope - 3 * (a.value - b.value) / (a.at - b.at);
    const double square = d1 * d1 - a.slope * b.slope;
    if (!(square >= 0)) return (low + high) / 2;
    const double d2 = std::sqrt(square);
    const double place =
        right.at - (right.at - left.at) * ((right.slope + d2 - d1) / (right.slope - left.slope + 2 * d2));
    if (std::isnan(place)) return (low + high) / 2;  // a value that is not finite, or a straight line
    return (std::min)((std::max)(place, low), high);
}

/// Which of three buffers is neither `a` nor `b`.
inline std::size_t third(std::size_t a, std::size_t b) { return a == b ? (a + 1) % 3 : 3 - a - b; }

struct line_search_result {
    line_point found;
    std::size_t evaluations = 0;
};

/// Searches from `start` (at 0, with a negative slope), trying `first` first. `evaluate(at, buffer)` gives the point at
/// `at`, its gradient in the buffer; a value that is not finite counts as larger than any other. `length` is the
/// largest element of the direction.
template <class Evaluate>
line_search_result strong_wolfe(const line_point& start, double first, double length, double tolerance_change,
                                Evaluate&& evaluate) {
    constexpr double decrease = 1e-4;
    constexpr double curvature = 0.9;
    constexpr std::size_t most = 25;
    const auto try_at = [&](double at, std::size_t buffer) {
        line_point p = evaluate(at, buffer);
        if (!std::isfinite(p.value) || !std::isfinite(p.slope)) p.value = std::numeric_limits<double>::infinity();
        return p;
    };
    const auto too_high = [&](const line_point& p) { return p.value > start.value + decrease * p.at * start.slope; };
    const auto flat = [&](const line_point& p) { return std::fabs(p.slope) <= -curvature * start.slope; };

    // Steps out until an interval has a point that fulfils the conditions.
    line_point previous = start;
    line_point now = try_at(first, third(start.gradient, start.gradient));
    std::size_t evaluations = 1;
    std::size_t steps = 0;
    line_point bracket[2] = {start, now};
    for (;; ++steps) {
        if (steps == most) {
            bracket[0] = start;
            bracket[1] = now;
            break;
        }
        if (too_high(now) || (steps > 1 && now.value >= previous.value)) {
            bracket[0] = previous;
            bracket[1] = now;
            break;
        }
        if (flat(now)) return {now, evaluations};
        if (now.slope >= 0) {
            bracket[0] = previous;
            bracket[1] = now;
            break;
        }
        const double next = cubic_minimum(previous, now, now.at + 0.01 * (now.at - previous.at), now.at * 10);
        previous = now;
        now = try_at(next, third(start.gradient, previous.gradient));
        ++evaluations;
    }

    // Narrows the interval.
    std::size_t low = bracket[0].value <= bracket[1].value ? 0 : 1;
    bool stuck = false;
    for (; steps < most; ++steps) {
        line_point& lower = bracket[low];
        line_point& higher = bracket[1 - low];
        if (std::fabs(lower.at - higher.at) * length < tolerance_change) break;
        const double left = (std::min)(lower.at, higher.at);
        const double right = (std::max)(lower.at, higher.at);
        double next =
            std::isfinite(higher.value) ? cubic_minimum(bracket[0], bracket[1], left, right) : (left + right) / 2;
        // Close to an end twice, or at it: a tenth of the interval away from that end.
        const double margin = 0.1 * (right - left);
        if ((std::min)(right - next, next - left) < margin) {
            if (stuck || next >= right || next <= left) {
                next = std::fabs(next - right) < std::fabs(next - left) ? right - margin : left + margin;
                stuck = false;
            } else {
                stuck = true;
            }
        } else {
            stuck = false;
        }
        const line_point tried = try_at(next, third(lower.gradient, higher.gradient));
        ++evaluations;
        if (too_high(tried) || tried.value >= lower.value) {
            higher = tried;
            low = bracket[0].value <= bracket[1].value ? 0 : 1;
        } else {
            const bool done = flat(tried);
            if (!done && tried.slope * (higher.at - lower.at) >= 0) higher = lower;
            lower = tried;
            if (done) break;
        }
    }
    return {bracket[low], evaluations};
}

}  // namespace geolip::nn::detail
