// Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT
#pragma once

/// \file
/// The library's version, as constants: no macro is needed to ask for it. CMakeLists.txt reads it from here.

namespace geolip {

/// Semantic version of the library.
inline constexpr int version_major = 0;
inline constexpr int version_minor = 1;  ///< see `version_major`
inline constexpr int version_patch = 0;  ///< see `version_major`
/// "major.minor.patch"
inline constexpr const char* version_string = "0.1.0";

/// Version of the random streams: the same (version, seed, stream, index) is the same draw for ever.
/// It changes only when a generator's output would.
inline constexpr int random_version = 1;

}  // namespace geolip
