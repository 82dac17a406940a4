// Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT
#include <doctest/doctest.h>

#include <cmath>
#include <span>
#include <string>
#include <type_traits>
#include <vector>

#include "geolip/nn/activation.hpp"
#include "geolip/nn/chain.hpp"
#include "geolip/nn/data_parallel.hpp"
#include "geolip/nn/gradient_check.hpp"
#include "geolip/nn/linear.hpp"
#include "geolip/nn/named.hpp"
#include "geolip/nn/parameters.hpp"
#include "geolip/nn/residual.hpp"
#include "geolip/random/fill.hpp"
#include "support/nn_blocks.hpp"

using namespace geolip::nn;
using geolip_test::exponential;
using geolip_test::normals;
using geolip_test::square;

namespace {

template <class M>
double worst_gradient(const M& m, const shape& x_shape) {
    const std::vector<double> w = initial_parameters(m, 3);
    const std::vector<double> x = normals(x_shape.size(), 4);
    double worst = 0;
    for (const gradient_error& e : check_gradients(m, w, tensor_view<const double>(x.data(), x_shape)))
        worst = (std::max)(worst, e.error);
    return worst;
}

// The same with a result of its own.
template <class M>
struct apart : M {
    static constexpr bool works_in_place = false;
};

}  // namespace

TEST_CASE("a chain applies its modules in order") {
    const chain net{linear<double>(2, 2), square<double>(), linear<double>(2, 1, false)};
    static_assert(module<decltype(net)>);
    const std::vector<double> w = {1, 2, 3, 4, 10, 20, /* second */ 1, -1};
    const std::vector<double> x = {1, 1, 0, 2};
    std::vector<double> y(2);
    workspace_memory<decltype(net)> memory(net, {2, 2});
    net.forward(w, {x.data(), {2, 2}}, {y.data(), {2, 1}}, memory.view());
    // (1+2+10)^2 - (3+4+20)^2 and (4+10)^2 - (8+20)^2
    CHECK(y[0] == 169 - 729);
    CHECK(y[1] == 196 - 784);
}

TEST_CASE("every intermediate result of a chain can be read after its forward pass") {
    const chain net{linear<double>(1, 2, false), square<double>(), linear<double>(2, 1, false)};
    const std::vector<double> w = {2, 3, 1, 1};
    const std::vector<double> x = {1, -1, 2};
    std::vector<double> y(3);
    workspace_memory<decltype(net)> memory(net, {3, 1});
    const auto view = memory.view();
    net.forward(w, {x.data(), {3, 1}}, {y.data(), {3, 1}}, view);
    const auto first = net.output_of<0>({3, 1}, view.kept);
    REQUIRE(first.extents() == shape{3, 2});
    CHECK(std::vector<double>(first.elements().begin(), first.elements().end()) ==
          std::vector<double>{2, 3, -2, -3, 4, 6});
    const auto second = net.output_of<1>({3, 1}, view.kept);
    CHECK(std::vector<double>(second.elements().begin(), second.elements().end()) ==
          std::vector<double>{4, 9, 4, 9, 16, 36});
    CHECK(net.input_shape_of<2>({3, 1}) == shape{3, 2});
}

TEST_CASE_TEMPLATE("an activation in a chain takes the place of what it is made of, to the same bits", T, float,
                   double) {
    const auto bits_of = [](const auto& net, const std::vector<T>& w, std::size_t& kept) {
        const shape s{3, 5};
        std::vector<T> x(15), y(15), dy(15), dx(15), dw(w.size());
        geolip::fill_normal(std::span(x), {1, 0});
        geolip::fill_normal(std::span(dy), {2, 0});
        workspace_memory<std::remove_cvref_t<decltype(net)>> memory(net, s);
        kept = kept_size(net, s);
        net.forward(w, {x.data(), s}, {y.data(), s}, memory.view());
        net.backward(w, {x.data(), s}, {y.data(), s}, {dy.data(), s}, {dx.data(), s}, dw, memory.view());
        for (const std::vector<T>& more : {dx, dw}) y.insert(y.end(), more.begin(), more.end());
        return y;
    };
    const linear<T> in(5, 7), middle(7, 7), out(7, 5);
    const auto chained = [&](auto first, auto second) { return chain(in, first, middle, second, out); };
    const auto check = [&](auto first, auto second) {
        const auto own = chained(first, second);
        const auto other = chained(apart<decltype(first)>(), apart<decltype(second)>());
        const std::vector<T> w = initial_parameters(own, 3);
        std::size_t own_size = 0, other_size = 0;
        CHECK(bits_of(own, w, own_size) == bits_of(other, w, other_size));
        CHECK(own_size < other_size);
    };
    check(geolip::nn::gelu<T>(), geolip::nn::relu<T>());
    check(geolip::nn::tanh<T>(), geolip::nn::silu<T>());
}

TEST_CASE("parameters are called by place, by name, or as the module inside calls them") {
    const chain net{name<"enc">(linear<double>(3, 4)), residual{linear<double>(4, 4), square<double>()},
                    residual{linear<double>(4, 4, false)}, name<"">(linear<double>(4, 2)), square<double>()};
    std::vector<std::string> names;
    std::size_t end = 0;
    for (const parameter& p : parameters_of(net)) {
        names.push_back(p.name);
        CHECK(p.offset == end);
        end += p.size();
    }
    CHECK(names ==
          std::vector<std::string>{"enc.weight", "enc.bias", "1.0.weight", "1.0.bias", "2.weight", "weight", "bias"});
    CHECK(end == parameter_count(net));
    CHECK(parameter_count(net) == (12 + 4) + (16 + 4) + 16 + (8 + 2));
}

TEST_CASE("gradients of chains and residuals equal central differences") {
    CHECK(worst_gradient(chain{linear<double>(3, 5), square<double>(), linear<double>(5, 2)}, {4, 3}) < 1e-8);
    CHECK(worst_gradient(chain{linear<double>(3, 5)}, {1, 3}) < 1e-8);
    CHECK(worst_gradient(residual{linear<double>(3, 3)}, {2, 5, 3}) < 1e-8);
    CHECK(worst_gradient(residual{square<double>(), linear<double>(3, 3)}, {2, 3}) < 1e-8);
    // Its backward pass looks at its output, which the residual must not have added to.
    CHECK(worst_gradient(residual{linear<double>(3, 3), exponential<double>()}, {2, 3}) < 1e-8);
    CHECK(worst_gradient(chain{residual{exponential<double>()}, chain{linear<double>(2, 7), exponential<double>()},
                               residual{residual{linear<double>(7, 7)}}, linear<double>(7, 1)},
                         {3, 2}) < 1e-7);
}

TEST_CASE("what does not fit is refused with both shapes") {
    const chain net{linear<double>(3, 4), residual{linear<double>(4, 4)}};
    CHECK_THROWS_WITH_AS(net.output_shape({2, 5}), "linear(3, 4): an input of shape 2 x 5; expected ... x 3",
                         geolip::shape_error);
    CHECK_THROWS_WITH_AS((residual{linear<double>(3, 4)}.output_shape({2, 3})),
                         "residual: an input of shape 2 x 3; expected the shape that its modules give for it, 2 x 4",
                         geolip::shape_error);
    CHECK_THROWS_AS(linear<double>(0, 4), geolip::shape_error);
    CHECK_THROWS_AS((linear<double, 3, 4>(3, 5)), geolip::shape_error);
    CHECK_THROWS_AS((shape{1, 2, 3, 4, 5, 6, 7}), geolip::shape_error);
    CHECK_THROWS_AS((shape{std::size_t{1} << 40, std::size_t{1} << 40}), geolip::shape_error);
    CHECK_THROWS_AS((shape{std::size_t{1} << 40, 0, std::size_t{1} << 40}), geolip::shape_error);
    CHECK_THROWS_AS(linear<double>(std::size_t{1} << 40, std::size_t{1} << 40), geolip::shape_error);
}

TEST_CASE("sizes in the types need no constructor arguments") {
    constexpr chain<linear<float, 3, 4>, square<float>, linear<float, 4, 2>> net;
    static_assert(decltype(net)::input_features == 3);
    static_assert(decltype(net)::output_features == 2);
    static_assert(parameter_count(net) == 16 + 10);
    CHECK(output_shape(net, {5, 3}) == shape{5, 2});
}

TEST_CASE("shapes print, compare and change one extent") {
    const shape s{2, 3, 4};
    CHECK(to_string(s) == "2 x 3 x 4");
    CHECK(to_string(shape{}) == "scalar");
    CHECK(s.size() == 24);
    CHECK(s.rows() == 6);
    CHECK(s.with_back(7) == shape{2, 3, 7});
    CHECK(s.with_front(0).size() == 0);
    CHECK(s.with_axis(5) == shape{2, 3, 4, 5});
    CHECK_FALSE(s == shape{2, 3});
    CHECK(shape{}.size() == 1);
}
