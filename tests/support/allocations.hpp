// Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT
#pragma once

/// \file
/// Counts every allocation of a test program. For one of its source files only: it replaces operator new, or asks the
/// run-time library of clang's sanitizers, which has a replacement of its own.

#include <atomic>
#include <cstddef>
#include <cstdlib>
#include <new>

namespace geolip_test {

inline std::atomic<std::size_t> allocations = 0;

}  // namespace geolip_test

#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define GEOLIP_TEST_SANITIZER_COUNTS
#endif
#endif

#ifdef GEOLIP_TEST_SANITIZER_COUNTS

extern "C" int __sanitizer_install_malloc_and_free_hooks(void (*)(const volatile void*, std::size_t),
                                                         void (*)(const volatile void*));
namespace geolip_test {

inline const int hooks = __sanitizer_install_malloc_and_free_hooks(
    [](const volatile void*, std::size_t) { ++allocations; }, [](const volatile void*) {});

}  // namespace geolip_test

#else

namespace geolip_test {

inline void* counted_allocation(std::size_t size, std::size_t alignment) {
    ++allocations;
    const std::size_t whole = (size + alignment - 1) / alignment * alignment;
    if (void* p = std::aligned_alloc(alignment, whole == 0 ? alignment : whole)) return p;
    throw std::bad_alloc();
}

}  // namespace geolip_test

// (Inlined, GCC takes new and delete for a mismatched pair.)
[[gnu::noinline]] void* operator new(std::size_t size) {
    return geolip_test::counted_allocation(size, alignof(std::max_align_t));
}
[[gnu::noinline]] void* operator new(std::size_t size, std::align_val_t alignment) {
    return geolip_test::counted_allocation(size, static_cast<std::size_t>(alignment));
}
[[gnu::noinline]] void operator delete(void* p) noexcept { std::free(p); }
[[gnu::noinline]] void operator delete(void* p, std::size_t) noexcept { std::free(p); }
[[gnu::noinline]] void operator delete(void* p, std::align_val_t) noexcept { std::free(p); }
[[gnu::noinline]] void operator delete(void* p, std::size_t, std::align_val_t) noexcept { std::free(p); }

#endif
