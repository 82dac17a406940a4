// Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT
#include <geolip/core/version.hpp>
#include <nlohmann/json.hpp>

int main() { return nlohmann::json{geolip::version_string}.size() == 1 ? 0 : 1; }
