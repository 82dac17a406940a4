// Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT
#include "geolip/nn/attention.hpp"

#if defined(NEIGHBOUR)
const geolip::nn::multi_head_attention<float, 64, 8> block;
#else
const geolip::nn::multi_head_attention<float, 64, 6> block;  // expected-error {{"Dim must be divisible by Heads"}}
#endif
