// Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT
#pragma once

/// \file
/// Errors at the boundary: files, shapes, options. A message says what, where, what was expected and what
/// to do. Kernels never throw.

#include <exception>
#include <stdexcept>
#include <string>

namespace geolip {

/// Base of every exception geolip throws.
class error : public std::runtime_error {
public:
    using std::runtime_error::runtime_error;
};

/// An option or an argument outside its range (a program exits with status 2).
class usage_error : public error {
public:
    using error::error;
};

/// A matrix whose shape does not fit.
class shape_error : public error {
public:
    using error::error;
};

/// A file that could not be read or written, or that is not what it should be.
class file_error : public error {
public:
    using error::error;
};

namespace detail {

/// Throws `e`; in a build without exceptions it ends the program, as the standard library does there.
template <class Error>
[[noreturn]] inline void raise(const Error& e) {
#if defined(__cpp_exceptions)
    throw e;
#else
    static_cast<void>(e);
    std::terminate();
#endif
}

}  // namespace detail
}  // namespace geolip
