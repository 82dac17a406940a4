// Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT

// Milliseconds that a batch of 128 images of 3 x 64 x 64 takes on one core: all types mixed, and each alone. The least
// of 30 batches.

#include "geolip/data/noise.hpp"

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <limits>
#include <span>
#include <string>
#include <utility>
#include <vector>

using namespace geolip::data;

namespace {

template <class T>
double milliseconds(std::vector<noise_type> types) {
    using clock = std::chrono::steady_clock;
    const noise images({.side = 64, .types = std::move(types)});
    std::vector<T> batch(128 * images.image_size());
    double least = std::numeric_limits<double>::infinity();
    for (std::uint64_t i = 0; i < 30; ++i) {
        const auto begin = clock::now();
        images.fill(std::span(batch), 128 * i);
        least = std::min(least, std::chrono::duration<double, std::milli>(clock::now() - begin).count());
    }
    return least;
}

void print(const std::string& name, const std::vector<noise_type>& types) {
    std::printf("%-14s %8.2f %8.2f\n", name.c_str(), milliseconds<float>(types), milliseconds<double>(types));
}

}  // namespace

int main() {
    std::printf("%-14s %8s %8s\n", "ms a batch", "float", "double");
    print("all16", noise_subset("all16"));
    for (const noise_type type : noise_subset("all16")) print(std::string(name_of(type)), {type});
}
