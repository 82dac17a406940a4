// Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT
#include <geolip/backend/thrust.hpp>

int main() { return geolip::thrust_backend<>{}.name() == nullptr ? 1 : 0; }
