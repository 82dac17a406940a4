// Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT
#include "geolip/simd/functions.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <cstddef>
#include <limits>
#include <type_traits>
#include <vector>

#include "fixtures/simd_functions.hpp"
#include "support/levels.hpp"

#define GEOLIP_SIMD_FILE "simd/functions.inc"
#include "geolip/simd/foreach_target.inc"

namespace {

enum class function { exp, exp_nonpositive, tanh, sigmoid, normal_cdf, normal_bell };

template <class T>
void apply(geolip::isa level, function f, const T* x, T* y, std::size_t count) {
    GEOLIP_SIMD_CALL(level, apply_function(static_cast<int>(f), x, y, count));
}
template <class T>
std::vector<T> values(function f, std::vector<T> x, geolip::isa level) {
    const std::size_t count = x.size();
    x.resize((count + 15) / 16 * 16);
    std::vector<T> y(x.size());
    apply(level, f, x.data(), y.data(), x.size());
    y.resize(count);
    return y;
}
template <class T>
T value(function f, T x, geolip::isa level) {
    return values<T>(f, {x}, level)[0];
}

/// |got - expected| in units in the last place of expected.
template <class T, class Wide>
double ulps(T got, Wide expected) {
    const T size = static_cast<T>(std::fabs(expected));
    const Wide unit = std::nextafter(size, std::numeric_limits<T>::infinity()) - size;
    return static_cast<double>(std::fabs(static_cast<Wide>(got) - expected) / unit);
}

/// The bound that functions.inc states, in units in the last place.
template <class T>
double bound(function f) {
    switch (f) {
        case function::exp:
        case function::exp_nonpositive: return 1.1;
        case function::normal_cdf: return sizeof(T) == 4 ? 6 : 8;
        case function::normal_bell: return 2;
        default: return 3;
    }
}

/// Against the fixture; where the true value is below the least normal number, 0 is expected.
template <class T, std::size_t N>
void check_values(function f, const fixtures::function_value (&known)[N]) {
    for (const geolip::isa level : geolip_test::available_levels())
        for (const auto& k : known) {
            if (f == function::exp_nonpositive && k.x > 0) continue;
            if (k.y > static_cast<double>(std::numeric_limits<T>::max())) continue;
            CAPTURE(geolip::isa_name(level));
            CAPTURE(static_cast<int>(f));
            CAPTURE(k.x);
            const T got = value(f, static_cast<T>(k.x), level);
            if (std::fabs(k.y) < static_cast<double>(std::numeric_limits<T>::min()) && f != function::tanh)
                CHECK(got == 0);
            else
                CHECK(ulps(got, k.y) <= bound<T>(f) + 0.5);
        }
}

/// The worst error over [from, to] against the standard library: in double for float, in long double for double.
template <class T, class F>
double worst_error(function f, double from, double to, geolip::isa level, F&& reference) {
    using wide = std::conditional_t<sizeof(T) == 4, double, long double>;
    constexpr std::size_t count = 2000;
    std::vector<T> x(count);
    for (std::size_t i = 0; i < count; ++i)
        x[i] = static_cast<T>(from + (to - from) * (static_cast<double>(i) + 0.37) / count);
    const std::vector<T> y = values(f, x, level);
    double worst = 0;
    for (std::size_t i = 0; i < count; ++i) worst = std::fmax(worst, ulps(y[i], reference(static_cast<wide>(x[i]))));
    return worst;
}

}  // namespace

TEST_CASE_TEMPLATE("values by mpmath", T, float, double) {
    check_values<T>(function::exp, fixtures::exp_values);
    check_values<T>(function::exp_nonpositive, fixtures::exp_values);
    check_values<T>(function::tanh, fixtures::tanh_values);
    check_values<T>(function::sigmoid, fixtures::sigmoid_values);
    check_values<T>(function::normal_cdf, fixtures::normal_cdf_values);
    check_values<T>(function::normal_bell, fixtures::normal_bell_values);
}

TEST_CASE_TEMPLATE("the whole range, against the standard library in higher precision", T, float, double) {
    constexpr bool single = sizeof(T) == 4;
    const auto standard_exp = [](auto x) { return std::exp(x); };
    const auto standard_tanh = [](auto x) { return std::tanh(x); };
    const auto standard_sigmoid = [](auto x) { return 1 / (1 + std::exp(-x)); };
    const auto standard_cdf = [](auto x) { return std::erfc(-x / std::sqrt(decltype(x)(2))) / 2; };
    const auto standard_bell = [](auto x) { return std::exp(-x * x / 2); };
    for (const geolip::isa level : geolip_test::available_levels()) {
        CAPTURE(geolip::isa_name(level));
        const double low = single ? -87.3 : -708.3;
        CHECK(worst_error<T>(function::exp, low, single ? 88.7 : 709.7, level, standard_exp) <=
              bound<T>(function::exp));
        CHECK(worst_error<T>(function::exp, -1, 1, level, standard_exp) <= bound<T>(function::exp));
        CHECK(worst_error<T>(function::exp_nonpositive, low, 0, level, standard_exp) <=
              bound<T>(function::exp_nonpositive));
        for (const double reach : {20.0, 2.0, 0.01, 1e-6})
            CHECK(worst_error<T>(function::tanh, -reach, reach, level, standard_tanh) <= bound<T>(function::tanh));
        CHECK(worst_error<T>(function::sigmoid, low, 40, level, standard_sigmoid) <= bound<T>(function::sigmoid));
        CHECK(worst_error<T>(function::sigmoid, -3, 3, level, standard_sigmoid) <= bound<T>(function::sigmoid));
        const double end = single ? 12.8 : 37.4;
        CHECK(worst_error<T>(function::normal_cdf, -end, 9, level, standard_cdf) <= bound<T>(function::normal_cdf));
        CHECK(worst_error<T>(function::normal_cdf, -2, 2, level, standard_cdf) <= bound<T>(function::normal_cdf));
        CHECK(worst_error<T>(function::normal_bell, -end, end, level, standard_bell) <=
              bound<T>(function::normal_bell));
    }
}

TEST_CASE_TEMPLATE("infinities, NaN, signs of zero, and the ends of the range", T, float, double) {
    using limits = std::numeric_limits<T>;
    const T infinity = limits::infinity();
    const T overflow = static_cast<T>(std::log(static_cast<long double>(limits::max())));
    const T underflow = static_cast<T>(std::log(static_cast<long double>(limits::min())));
    for (const geolip::isa level : geolip_test::available_levels()) {
        CAPTURE(geolip::isa_name(level));
        for (const function f : {function::exp, function::exp_nonpositive, function::tanh, function::sigmoid,
                                 function::normal_cdf, function::normal_bell}) {
            CAPTURE(static_cast<int>(f));
            CHECK(std::isnan(value(f, limits::quiet_NaN(), level)));
            CHECK(std::isnan(value(f, -limits::quiet_NaN(), level)));
        }
        CHECK(value(function::exp, infinity, level) == infinity);
        CHECK(value(function::exp, -infinity, level) == 0);
        CHECK(value(function::exp, limits::max(), level) == infinity);
        CHECK(value(function::exp, limits::lowest(), level) == 0);
        CHECK(value(function::exp, T(0), level) == 1);
        CHECK(value(function::exp_nonpositive, -infinity, level) == 0);
        CHECK(value(function::exp_nonpositive, T(-0.0), level) == 1);
        CHECK(value(function::tanh, infinity, level) == 1);
        CHECK(value(function::tanh, -infinity, level) == -1);
        CHECK(std::signbit(value(function::tanh, T(-0.0), level)));
        CHECK(value(function::tanh, limits::min(), level) == limits::min());
        CHECK(value(function::sigmoid, infinity, level) == 1);
        CHECK(value(function::sigmoid, -infinity, level) == 0);
        CHECK(value(function::sigmoid, T(0), level) == T(0.5));
        CHECK(value(function::normal_cdf, infinity, level) == 1);
        CHECK(value(function::normal_cdf, -infinity, level) == 0);
        CHECK(value(function::normal_cdf, T(0), level) == T(0.5));
        CHECK(value(function::normal_bell, infinity, level) == 0);
        CHECK(value(function::normal_bell, limits::lowest(), level) == 0);

        // The largest and the least normal number are reached, nothing above and nothing below.
        T x = overflow, z = underflow;
        for (int i = 0; i < 3; ++i) x = std::nextafter(x, T(0)), z = std::nextafter(z, T(0));
        CHECK(std::isfinite(value(function::exp, x, level)));
        CHECK(value(function::exp, x, level) > limits::max() / 2);
        CHECK(value(function::exp, z, level) >= limits::min());
        CHECK(value(function::exp_nonpositive, z, level) >= limits::min());
        for (int i = 0; i < 6; ++i) x = std::nextafter(x, infinity), z = std::nextafter(z, -infinity);
        CHECK(value(function::exp, x, level) == infinity);
        CHECK(value(function::exp, z, level) == 0);
        CHECK(value(function::exp_nonpositive, z, level) == 0);
    }
}

TEST_CASE_TEMPLATE("no result is subnormal", T, float, double) {
    for (const geolip::isa level : geolip_test::available_levels())
        for (const function f : {function::exp, function::exp_nonpositive, function::sigmoid, function::normal_cdf,
                                 function::normal_bell}) {
            std::vector<T> x(4096);
            const double end = f == function::normal_cdf || f == function::normal_bell
                                   ? (sizeof(T) == 4 ? 13 : 37.6)
                                   : (sizeof(T) == 4 ? 87.5 : 708.6);
            for (std::size_t i = 0; i < x.size(); ++i)
                x[i] = static_cast<T>(-end * (1.01 - static_cast<double>(i) * 1e-5));
            for (const T y : values(f, x, level)) CHECK((y == 0 || y >= std::numeric_limits<T>::min()));
        }
}
