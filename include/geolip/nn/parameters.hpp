// Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT
#pragma once

/// \file
/// The parameters of a module: their table of contents, and their first values.

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "geolip/nn/initialiser.hpp"
#include "geolip/nn/module.hpp"

namespace geolip::nn {

/// One parameter tensor: elements `offset … offset + extents.size() - 1` of the model's parameters.
struct parameter {
    std::string name;
    shape extents;
    std::size_t offset = 0;
    initialiser law;

    std::size_t size() const { return extents.size(); }
    /// This tensor within the parameters of the model, or within anything of their layout (gradients, moments).
    template <class T>
    tensor_view<T> in(std::span<T> parameters) const {
        return {parameters.data() + offset, extents};
    }
};

/// Every parameter tensor of `m`, in the order of their memory.
template <module M>
std::vector<parameter> parameters_of(const M& m) {
    std::vector<parameter> table;
    std::size_t offset = 0;
    nn::visit_parameters(m, [&](std::string_view name, const shape& s, const initialiser& law) {
        table.push_back({std::string(name), s, offset, law});
        offset += s.size();
    });
    return table;
}

/// Parameters drawn by their modules' initialisers. Tensor i is drawn from (seed, 2^56 * 32 + i) and nothing else, so
/// the same seed gives the same bits.
template <module M>
std::vector<typename M::scalar_type> initial_parameters(const M& m, std::uint64_t seed) {
    std::vector<typename M::scalar_type> w(nn::parameter_count(m));
    std::uint64_t index = 0;
    for (const parameter& p : parameters_of(m))
        initialise(p.law, p.extents, p.in(std::span(w)).elements(), {seed, (std::uint64_t{32} << 56) | index++});
    return w;
}

}  // namespace geolip::nn
