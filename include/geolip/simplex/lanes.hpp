// Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT
#pragma once

/// \file
/// `lanes<T, N>`: N numbers that compute in step. A `field` like its element type, so that code written for a
/// `field` handles N independent problems at once: `cayley_menger<4, lanes<float, 8>>` measures eight simplices.

#include <concepts>
#include <cstddef>
#include <type_traits>

#include "geolip/core/concepts.hpp"
#include "geolip/simplex/detail/scalar_traits.hpp"

namespace geolip {

/// What comparing two `lanes` gives: one truth value per lane.
template <int N>
struct lanes_mask {
    bool lane[static_cast<std::size_t>(N)];

    GEOLIP_HOST_DEVICE constexpr bool operator[](int i) const { return lane[i]; }
};

/// N values of type T. Every operation is applied lane by lane, with the rounding of T. Left uninitialised by the
/// default constructor, like T itself. Fastest where N is a power of two that fills the vector registers of the target.
template <std::floating_point T, int N>
class lanes {
    static_assert(N >= 1, "geolip::lanes<T, N>: N, the number of lanes, must be at least 1");

public:
    using value_type = T;
    static constexpr int size = N;

    lanes() = default;

    /// The same number in all lanes.
    template <class U>
        requires std::integral<U> || std::floating_point<U>
    GEOLIP_HOST_DEVICE constexpr explicit(!std::same_as<U, T>) lanes(U value) {
        for (int i = 0; i < N; ++i) lane_[i] = static_cast<T>(value);
    }

    /// Each lane converted.
    template <class U>
        requires(!std::same_as<U, T>)
    GEOLIP_HOST_DEVICE constexpr explicit lanes(const lanes<U, N>& other) {
        for (int i = 0; i < N; ++i) lane_[i] = static_cast<T>(other[i]);
    }

    /// Lane i from `first[i * stride]`.
    GEOLIP_HOST_DEVICE static constexpr lanes load(const T* first, std::ptrdiff_t stride = 1) {
        lanes result;
        for (int i = 0; i < N; ++i) result.lane_[i] = first[i * stride];
        return result;
    }

    /// Lane i to `first[i * stride]`.
    GEOLIP_HOST_DEVICE constexpr void store(T* first, std::ptrdiff_t stride = 1) const {
        for (int i = 0; i < N; ++i) first[i * stride] = lane_[i];
    }

    GEOLIP_HOST_DEVICE constexpr T& operator[](int i) { return lane_[i]; }
    GEOLIP_HOST_DEVICE constexpr const T& operator[](int i) const { return lane_[i]; }

    GEOLIP_HOST_DEVICE friend constexpr lanes operator+(const lanes& a, const lanes& b) {
        return combine(a, b, [](const auto& x, const auto& y, auto& result) { result = x + y; });
    }
    GEOLIP_HOST_DEVICE friend constexpr lanes operator-(const lanes& a, const lanes& b) {
        return combine(a, b, [](const auto& x, const auto& y, auto& result) { result = x - y; });
    }
    GEOLIP_HOST_DEVICE friend constexpr lanes operator*(const lanes& a, const lanes& b) {
        return combine(a, b, [](const auto& x, const auto& y, auto& result) { result = x * y; });
    }
    GEOLIP_HOST_DEVICE friend constexpr lanes operator/(const lanes& a, const lanes& b) {
        return combine(a, b, [](const auto& x, const auto& y, auto& result) { result = x / y; });
    }
    GEOLIP_HOST_DEVICE friend constexpr lanes operator-(const lanes& a) {
        return combine(a, a, [](const auto& x, const auto&, auto& result) { result = -x; });
    }
    GEOLIP_HOST_DEVICE friend constexpr lanes_mask<N> operator<(const lanes& a, const lanes& b) {
        lanes_mask<N> result{};
        for (int i = 0; i < N; ++i) result.lane[i] = a.lane_[i] < b.lane_[i];
        return result;
    }

    /// Per lane, `if_true` where the mask holds, `if_false` elsewhere.
    GEOLIP_HOST_DEVICE friend constexpr lanes select(const lanes_mask<N>& mask, const lanes& if_true,
                                                     const lanes& if_false) {
        lanes result;
        for (int i = 0; i < N; ++i) result.lane_[i] = mask.lane[i] ? if_true.lane_[i] : if_false.lane_[i];
        return result;
    }

private:
    // One operation on all lanes: in vector registers where the compiler has them and N fills them, which does not
    // depend on how well it turns loops into vectors.
    template <class Operation>
    GEOLIP_HOST_DEVICE static constexpr lanes combine(const lanes& a, const lanes& b, Operation operation) {
        lanes result;
#if defined(__GNUC__) && !defined(__CUDACC__)
        if constexpr ((N & (N - 1)) == 0 && sizeof(T) <= sizeof(double)) {
            if (!std::is_constant_evaluated()) {
                using vector [[gnu::vector_size(static_cast<std::size_t>(N) * sizeof(T))]] = T;
                vector x, y, z;
                __builtin_memcpy(&x, a.lane_, sizeof(x));
                __builtin_memcpy(&y, b.lane_, sizeof(y));
                operation(x, y, z);
                __builtin_memcpy(result.lane_, &z, sizeof(z));
                return result;
            }
        }
#endif
        for (int i = 0; i < N; ++i) operation(a.lane_[i], b.lane_[i], result.lane_[i]);
        return result;
    }

    T lane_[static_cast<std::size_t>(N)];
};

namespace detail {

template <class T, int N>
struct working_scalar<lanes<T, N>> {
    using type = lanes<working_t<T>, N>;
};
template <class T, int N>
inline constexpr double spacing<lanes<T, N>> = spacing<T>;

}  // namespace detail
}  // namespace geolip
