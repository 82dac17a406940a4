// Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT
#include "geolip/nn/chain.hpp"
#include "geolip/nn/linear.hpp"

#if defined(NEIGHBOUR)
using second = float;
#else
using second = double;
#endif
geolip::nn::chain<geolip::nn::linear<float, 2, 2>, geolip::nn::linear<second, 2, 2>> net;  // expected-error {{"all modules must compute in the same scalar"}}
