// Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT
#pragma once

/// \file
/// The metrics of one tensor at a time, for a `battery`: `sparsity_metric`, `spectrum_metric`. Components `json` and
/// `linalg`.

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>

#include "geolip/checkpoint/battery.hpp"
#include "geolip/linalg/singular_values.hpp"
#include "geolip/metrics/gaussian_spectrum.hpp"
#include "geolip/metrics/sparsity.hpp"
#include "geolip/metrics/spectrum.hpp"

namespace geolip::checkpoint {

/// Shares of small elements, whatever the tensor is.
struct sparsity_metric {
    static constexpr std::string_view name = "sparsity";    ///< its key
    std::vector<double> thresholds{1e-4, 1e-3, 1e-2, 0.1};  ///< the documented ones; at most 8

    /// To all.
    bool applies(const catalogue_entry&) const { return true; }
    /// One pass over the elements.
    entry_scan<float> scan(const catalogue_entry&) const { return entry_scan<float>(thresholds); }
    /// An estimate for each threshold.
    nlohmann::ordered_json json(const entry_statistics& s, const catalogue_entry&) const {
        nlohmann::ordered_json out = nlohmann::ordered_json::array();
        for (std::size_t t = 0; t < s.thresholds.size(); ++t) {
            out.push_back(json_of(geolip::sparsity(s, t).value()));
            out.back()["threshold"] = s.thresholds[t];
        }
        return out;
    }
};

/// The singular values of a weight_tensor, computed once for all metrics: `w.derived<singular_spectrum>()`.
struct singular_spectrum {
    /// Descending.
    static std::vector<double> of(matrix_view<const float> m) { return singular_values(m); }
};

/// Whether a tensor is a linear map, so that its singular values say something.
inline bool has_spectrum(const catalogue_entry& e) {
    using enum tensor_role;
    switch (e.role) {
        case norm:
        case bias:
        case layer_scale:
        case position_bias:
        case token:
        case recurrence:
        case other: return false;
        default: return e.measured() && e.outputs.count() > 1 && e.stored_rows > 1 && e.stored_cols > 1;
    }
}

/// Figures of a matrix by its singular values, each beside those of Gaussian matrices of its shape.
struct spectral_figures {
    estimate stable, participation, effective, active, rank_90, condition;
};
/// Of a matrix of rows x cols with these singular values. See `spectral_estimate`.
inline spectral_figures spectral_figures_of(std::span<const double> values, std::size_t rows, std::size_t cols,
                                            gaussian_spectra& nulls) {
    const auto figure = [&](auto statistic) { return spectral_estimate(values, rows, cols, nulls, statistic); };
    return {figure(stable_rank),
            figure(participation_ratio),
            figure(effective_rank),
            figure([](auto v) { return active_fraction(v); }),
            figure([](auto v) { return rank_for_share(v); }),
            figure(condition_number)};
}

/// All of them, with the extents of the matrix and its extreme singular values.
inline nlohmann::ordered_json json_of(const spectral_figures& f, std::span<const double> values,
                                      const catalogue_entry& e) {
    const auto end = [&](auto of) { return values.empty() ? std::nullopt : std::optional<double>(of()); };
    return {{"rows", e.outputs.count()},
            {"cols", e.inputs()},
            {"largest", json_of(end([&] { return values.front(); }))},
            {"smallest", json_of(end([&] { return values.back(); }))},
            {"stable_rank", json_of(f.stable)},
            {"participation_ratio", json_of(f.participation)},
            {"effective_rank", json_of(f.effective)},
            {"active_fraction", json_of(f.active)},
            {"rank_for_90_percent", json_of(f.rank_90)},
            {"condition_number", json_of(f.condition)}};
}

/// Singular values, of linear maps. Their nulls are drawn when they are reported.
struct spectrum_metric {
    static constexpr std::string_view name = "spectrum";  ///< its key

    /// Nulls of so many replicates, shared by the copies of this metric.
    explicit spectrum_metric(std::size_t replicates = 64, std::uint64_t seed = 1)
        : nulls_(std::make_shared<gaussian_spectra>(replicates, seed)) {}

    /// To linear maps.
    bool applies(const catalogue_entry& e) const { return has_spectrum(e); }
    /// Descending; NaN where an element is not finite.
    std::vector<double> measure(const weight_tensor& w) const { return w.derived<singular_spectrum>(); }
    /// Beside the null. Not for two threads at a time: they share what has been drawn.
    spectral_figures figures(std::span<const double> values, const catalogue_entry& e) const {
        return spectral_figures_of(values, e.outputs.count(), e.inputs(), *nulls_);
    }
    /// Extents, extremes and all figures.
    nlohmann::ordered_json json(const std::vector<double>& values, const catalogue_entry& e) const {
        return json_of(figures(values, e), values, e);
    }

private:
    std::shared_ptr<gaussian_spectra> nulls_;
};

}  // namespace geolip::checkpoint
