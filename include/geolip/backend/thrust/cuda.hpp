// Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT
#pragma once

/// \file
/// Thrust's cuda system: the current CUDA device, one warp for each simplex. For .cu files, compiled by nvcc.

#include <thrust/copy.h>
#include <thrust/device_vector.h>
#include <thrust/system/cuda/error.h>
#include <thrust/system_error.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <new>
#include <numeric>
#include <span>
#include <string>
#include <vector>

#include "geolip/backend/thrust/thrust_backend.hpp"

namespace geolip {

namespace thrust_system {

/// The current CUDA device. See `thrust_backend<thrust_system::cuda>`.
struct cuda {
    static constexpr const char* name = "thrust_cuda";  ///< of the backend
};

}  // namespace thrust_system

namespace detail {

/// The lanes of one warp as a team (see `serial_team`): lane l takes columns l, l + 32, …, so that the warp reads
/// a row as one block of memory. Every lane receives the same sums, bit for bit, because each step of the
/// butterfly adds the same two numbers in both lanes.
struct warp {
    static constexpr unsigned width = 32;

    __device__ static std::size_t rank() { return threadIdx.x % width; }
    __device__ static std::size_t size() { return width; }

    template <class W, std::size_t Count>
    __device__ static void sum(W (&values)[Count]) {
        for (W& value : values) {
            for (int offset = width / 2; offset > 0; offset /= 2) value += __shfl_xor_sync(0xffffffffU, value, offset);
        }
    }
};

template <int K, class Route, class T>
__global__ void read_simplices(matrix_view<const T> points, const std::uint32_t* rows, std::size_t count,
                               volume_reading* out) {
    const std::size_t warps = std::size_t{gridDim.x} * blockDim.x / warp::width;
    const std::size_t first = (std::size_t{blockIdx.x} * blockDim.x + threadIdx.x) / warp::width;
    for (std::size_t sample = first; sample < count; sample += warps) {
        const volume_reading reading = Route::template evaluate<K>(points, rows + sample * (K + 1), warp());
        if (warp::rank() == 0) out[sample] = reading;
    }
}

}  // namespace detail

/// The memory a `thrust_backend<thrust_system::cuda>` works in, on the host and on the device. It grows to the
/// largest batch it has seen and belongs to the device that was current at its first use; one call at a time.
class cuda_workspace {
    friend struct thrust_backend<thrust_system::cuda>;

    std::vector<std::byte> host_points;
    std::vector<std::uint32_t> host_rows;
    ::thrust::device_vector<std::byte> points;
    ::thrust::device_vector<std::uint32_t> rows;
    ::thrust::device_vector<volume_reading> readings;
};

/// A `backend` that runs on the current CUDA device, in its default stream. With a `workspace`, calls no larger
/// than an earlier one allocate nothing; without, each call allocates and frees its own. Copied to the device:
/// the points or the sampled rows, whichever are fewer, then the indices; copied back: the readings. The call
/// returns when they have arrived.
///
/// Accuracy: the same code as on the host, with the D coordinates summed in 32 strides and a tree: readings
/// differ from the host's by no more than the route's rounding bound. Deterministic: the same device gives the
/// same bits every time. Errors: `shape_error`; `error` where there is no device, its memory does not suffice
/// or a launch fails.
template <>
struct thrust_backend<thrust_system::cuda> {
    cuda_workspace* workspace = nullptr;  ///< the caller's, or none

    /// "thrust_cuda"
    static constexpr const char* name() { return thrust_system::cuda::name; }

    /// See `backend`. \throws shape_error, error as above
    template <int K, class Route, class T>
    void squared_volumes(Route, matrix_view<const T> points, std::span<const std::uint32_t> rows,
                         std::span<volume_reading> out) const {
        detail::require_batch<K>(points.rows(), rows, out.size());
        if (out.empty()) return;
        require_device();
        try {
            cuda_workspace own;
            cuda_workspace& w = workspace != nullptr ? *workspace : own;
            const matrix_view<const T> on_device = upload(points, rows, w);
            if (w.readings.size() < out.size()) w.readings.resize(out.size());
            constexpr std::size_t block = 4 * detail::warp::width;
            constexpr std::size_t most_blocks = 65'536;
            const std::size_t blocks = (std::min)(most_blocks, (out.size() * detail::warp::width + block - 1) / block);
            detail::read_simplices<K, Route><<<static_cast<unsigned>(blocks), static_cast<unsigned>(block)>>>(
                on_device, ::thrust::raw_pointer_cast(w.rows.data()), out.size(),
                ::thrust::raw_pointer_cast(w.readings.data()));
            if (const cudaError_t status = cudaGetLastError(); status != cudaSuccess) {
                throw ::thrust::system_error(status, ::thrust::cuda_category(), "kernel launch");
            }
            ::thrust::copy_n(w.readings.begin(), out.size(), out.data());
        } catch (const std::bad_alloc&) {
            detail::raise(error("thrust_cuda: out of memory for " + std::to_string(out.size()) +
                                " simplices of order " + std::to_string(K) + " in " + std::to_string(points.cols()) +
                                " dimensions; expected room for their points on the host and on the device: pass "
                                "fewer samples at a time, or free device memory"));
        } catch (const ::thrust::system_error& failure) {
            detail::raise(error("thrust_cuda: the device failed at " + std::string(failure.what()) +
                                "; expected a working device that this program was compiled for: compare nvcc's "
                                "-arch with the device, or use the cpu backend"));
        }
    }

private:
    static void require_device() {
        int devices = 0;
        const cudaError_t status = cudaGetDeviceCount(&devices);
        if (status == cudaSuccess && devices > 0) return;
        static_cast<void>(cudaGetLastError());  // forget it: the next call starts clean
        detail::raise(error("thrust_cuda: no CUDA device (" + std::string(cudaGetErrorString(status)) +
                            "); expected at least one: check the driver with nvidia-smi, or use the cpu backend"));
    }

    // Row-major on the device whatever the strides here. Where the samples name fewer rows than there are
    // points, each is copied once per mention and the indices become 0, 1, 2, …
    template <class T>
    static matrix_view<const T> upload(matrix_view<const T> points, std::span<const std::uint32_t> rows,
                                       cuda_workspace& w) {
        const bool sampled_only = rows.size() < points.rows();
        const std::size_t kept = sampled_only ? rows.size() : points.rows();
        const std::size_t cols = points.cols();
        w.host_rows.assign(rows.begin(), rows.end());
        if (sampled_only) std::iota(w.host_rows.begin(), w.host_rows.end(), 0U);
        w.host_points.resize(kept * cols * sizeof(T));
        T* packed = reinterpret_cast<T*>(w.host_points.data());
        for (std::size_t i = 0; i < kept; ++i) {
            const T* source = points.row(sampled_only ? rows[i] : i);
            for (std::size_t j = 0; j < cols; ++j) {
                packed[i * cols + j] = source[static_cast<std::ptrdiff_t>(j) * points.col_stride()];
            }
        }
        copy_to_device(w.host_rows, w.rows);
        copy_to_device(w.host_points, w.points);
        return {reinterpret_cast<const T*>(::thrust::raw_pointer_cast(w.points.data())), kept, cols};
    }

    template <class T>
    static void copy_to_device(const std::vector<T>& from, ::thrust::device_vector<T>& to) {
        if (to.size() < from.size()) to.resize(from.size());
        ::thrust::copy_n(from.data(), from.size(), to.begin());
    }
};

}  // namespace geolip
