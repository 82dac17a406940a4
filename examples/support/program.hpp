// Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT
#pragma once

/// \file
/// What every program does alike: 0 for success, 2 for wrong usage, 1 for failure, and one line on stderr that says
/// why.

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <exception>
#include <limits>
#include <string>
#include <string_view>
#include <system_error>

#include "geolip/core/error.hpp"
#include "geolip/sweep/number.hpp"

namespace examples {

namespace detail {

inline void require_output(bool written) {
    if (written) return;
    throw geolip::file_error("cannot write to standard output: " + std::generic_category().message(errno) +
                             "; check where it is redirected to");
}

}  // namespace detail

/// Writes to stdout; `run` makes sure at the end that it arrived.
inline void print(std::string_view text) {
    detail::require_output(std::fwrite(text.data(), 1, text.size(), stdout) == text.size());
}

/// The whole number from `low` to `high` that `text` is.
template <class Integer>
Integer whole_number(std::string_view text, std::string_view option, Integer low,
                     Integer high = std::numeric_limits<Integer>::max()) {
    const auto value = geolip::sweep::number<Integer>(text);
    if (value && low <= *value && *value <= high) return *value;
    throw geolip::usage_error(std::string(option) + " '" + std::string(text) + "': expected a whole number from " +
                              std::to_string(low) + " to " + std::to_string(high));
}

/// Adds an option whose text `set` takes; `set` may refuse it with a `usage_error`.
template <class Set>
CLI::Option* add_text(CLI::App& app, const std::string& name, const std::string& type, const std::string& standard,
                      const std::string& help, Set set) {
    return app.add_option_function<std::string>(
                  name, [set](const std::string& text) { set(text); }, help)
        ->type_name(type)
        ->take_last()
        ->default_str(standard);
}

/// Reads the command line into `app`, then runs `body`, which returns the exit status. Turns what either throws into
/// one line on stderr and the status that belongs to it.
template <class Body>
int run(CLI::App& app, int argc, char** argv, Body&& body) {
    const auto complain = [&](std::string what, int status) {
        std::replace(what.begin(), what.end(), '\n', ' ');
        std::fprintf(stderr, "%s: %s\n", app.get_name().c_str(), what.c_str());
        return status;
    };
    try {
        app.parse(argc, argv);
        const int status = body();
        detail::require_output(std::fflush(stdout) == 0);
        return status;
    } catch (const CLI::Success& e) {
        return app.exit(e);
    } catch (const CLI::Error& e) {
        return complain(std::string(e.what()) + "; see " + app.get_name() + " --help", 2);
    } catch (const geolip::usage_error& e) {
        return complain(e.what(), 2);
    } catch (const std::exception& e) {
        return complain(e.what(), 1);
    }
}

}  // namespace examples
