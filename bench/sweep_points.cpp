// Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT

/// \file
/// Evaluates points of the default sweep's grid for bench/compare_reference, which also times PyTorch on them: reads
/// lines of items, answers each with the seconds of wall clock and of processor time that it took.

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <iostream>
#include <span>
#include <sstream>
#include <string>
#include <vector>

#include "geolip/backend/cpu.hpp"
#include "geolip/sweep/evaluate.hpp"
#include "geolip/sweep/plan.hpp"

// bench_sweep_points bartlett|rows threads
int main(int argc, char** argv) {
    if (argc != 3) return 2;
    geolip::sweep::plan plan;
    plan.draw = geolip::sweep::parse_choice<geolip::sweep::draw>(argv[1], "draw");
    std::vector<geolip::sweep::basic_evaluator<4>> evaluators;
    for (long i = std::atol(argv[2]); i > 0; --i) evaluators.emplace_back(plan);

    for (std::string line; std::getline(std::cin, line);) {
        std::istringstream words(line);
        std::vector<std::size_t> items;
        for (std::size_t item; words >> item;) items.push_back(item);
        std::vector<geolip::sweep::entry> entries(items.size());

        const auto begin = std::chrono::steady_clock::now();
        const std::clock_t processor = std::clock();
        std::atomic<std::size_t> next = 0;
        geolip::thread_per_task()(evaluators.size(), [&](std::size_t task) {
            for (std::size_t i; (i = next++) < items.size();) evaluators[task](items[i], std::span(&entries[i], 1));
        });
        const double processor_seconds = static_cast<double>(std::clock() - processor) / CLOCKS_PER_SEC;
        const std::chrono::duration<double> wall = std::chrono::steady_clock::now() - begin;
        double sum = 0;
        for (const auto& e : entries) sum += e.cv.value_or(0);
        std::printf("%.9f %.9f %.6f\n", wall.count(), processor_seconds, sum / static_cast<double>(items.size()));
        std::fflush(stdout);
    }
}
