// Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT
#include "geolip/nn/chain.hpp"
#include "geolip/nn/linear.hpp"

#if defined(NEIGHBOUR)
using next = geolip::nn::linear<float, 16, 4>;
#else
using next = geolip::nn::linear<float, 8, 4>;
#endif
geolip::nn::chain<geolip::nn::linear<float, 32, 16>, next> net;  // expected-error {{"the features that a module gives differ from those the next one takes"}}
