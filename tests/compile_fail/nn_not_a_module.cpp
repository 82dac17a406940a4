// Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT
#include "geolip/nn/residual.hpp"

struct forward_only {
    using scalar_type = float;
    void forward(std::span<const float>, geolip::nn::tensor_view<const float>, geolip::nn::tensor_view<float>,
                 geolip::nn::workspace<float>) const {}
#if defined(NEIGHBOUR)
    void backward(std::span<const float>, geolip::nn::tensor_view<const float>, geolip::nn::tensor_view<const float>,
                  geolip::nn::tensor_view<const float>, geolip::nn::tensor_view<float>, std::span<float>,
                  geolip::nn::workspace<float>) const {}
#endif
};

geolip::nn::residual<forward_only> net;  // expected-error {{"constraints not satisfied"}}
