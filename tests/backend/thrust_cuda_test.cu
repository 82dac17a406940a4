// Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT

/// \file
/// The promises of a backend, kept by the GPU. Without one it checks that the refusal says so and exits with 77,
/// the status CTest is told to take for a skip.

#include <cstdio>
#include <string>
#include <vector>

#include "geolip/backend/thrust.hpp"
#include "support/backend_agreement.hpp"
#include "support/backend_contract.hpp"

namespace {

using cuda_backend = geolip::thrust_backend<geolip::thrust_system::cuda>;
static_assert(geolip::backend<cuda_backend>);
static_assert(std::is_same_v<geolip::thrust_backend<>, cuda_backend>);

constexpr int skipped = 77;

int failed(const std::string& what) {
    std::fprintf(stderr, "FAILED: %s\n", what.c_str());
    return 1;
}

// What the device says to one triangle.
std::string refusal() {
    const std::vector<double> points{0, 0, 3, 0, 0, 4};
    const std::vector<std::uint32_t> rows{0, 1, 2};
    std::vector<geolip::volume_reading> out(1);
    try {
        cuda_backend().squared_volumes<2>(geolip::edge_gram(), geolip::matrix_view<const double>(points.data(), 3, 2),
                                          rows, out);
    } catch (const geolip::error& e) {
        return e.what();
    }
    return "";
}

// More samples than one grid holds, and far fewer samples than points: the two ways the launch may go.
std::string broken_sizes(const cuda_backend& backend) {
    const geolip_test::known_simplices<2, float> known(300'000, 3);
    std::vector<geolip::volume_reading> out(known.count);
    backend.squared_volumes<2>(geolip::edge_gram(), known.view(), known.rows, out);
    const double bound = geolip_test::error_bound<geolip::edge_gram, float>(geolip_test::agreement::rounding_bound, 2,
                                                                            3, known.condition);
    for (std::size_t s = 0; s < known.count; ++s) {
        const double exact = known.squared_volumes[s];
        if (!(std::abs(out[s].squared_volume - exact) <= bound * exact)) {
            return "300,000 samples: sample " + std::to_string(s) + " is " + std::to_string(out[s].squared_volume);
        }
    }
    const std::vector<std::uint32_t> last(known.rows.end() - 3, known.rows.end());
    std::vector<geolip::volume_reading> one(1);
    backend.squared_volumes<2>(geolip::edge_gram(), known.view(), last, one);
    return geolip_test::same_bits(one[0].squared_volume, out.back().squared_volume) ? "" : "one sample of many points";
}

}  // namespace

int main() {
    int devices = 0;
    if (const cudaError_t status = cudaGetDeviceCount(&devices); status != cudaSuccess || devices == 0) {
        if (refusal().find("no CUDA device") == std::string::npos) return failed("refusal: " + refusal());
        std::printf("skipped: no CUDA device (%s); compiled, and the refusal checked\n", cudaGetErrorString(status));
        return skipped;
    }
    if (!refusal().empty()) return failed(refusal());
    geolip::cuda_workspace workspace;
    for (const cuda_backend& backend : {cuda_backend(), cuda_backend{.workspace = &workspace}}) {
        const std::string broken = geolip_test::broken_promise(backend, geolip_test::agreement::rounding_bound);
        if (!broken.empty()) return failed(broken);
        const std::string cv = geolip_test::disagreement<float>(backend) + geolip_test::disagreement<double>(backend);
        if (!cv.empty()) return failed(cv);
        if (const std::string sizes = broken_sizes(backend); !sizes.empty()) return failed(sizes);
    }
    std::printf("the device keeps a backend's promises\n");
    return 0;
}
