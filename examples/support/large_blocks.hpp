// Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT
#pragma once

/// \file
/// Memory that is given back is given back to the system.

#include <cstdlib>
#if defined(__GLIBC__)
#include <malloc.h>
#endif

namespace examples {

/// From now on blocks of 128 KiB or more are pages of their own. glibc would else raise that limit with the sizes it
/// sees, and keep for each thread what such a block leaves.
inline void return_large_blocks() {
#if defined(__GLIBC__)
    mallopt(M_MMAP_THRESHOLD, 128 << 10);
    mallopt(M_TRIM_THRESHOLD, 256 << 10);
#endif
}

}  // namespace examples
