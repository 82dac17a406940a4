// Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT
#pragma once

/// \file
/// `volume_cv`: the coefficient of variation of the volumes of random simplices among the rows of a matrix.

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "geolip/backend/cpu.hpp"
#include "geolip/core/error.hpp"
#include "geolip/core/matrix_view.hpp"
#include "geolip/core/size_text.hpp"
#include "geolip/metrics/detail/sampled_rows.hpp"
#include "geolip/metrics/volume_null.hpp"
#include "geolip/metrics/volume_statistics.hpp"

#define GEOLIP_SIMD_FILE "geolip/metrics/detail/gradient.inc"
#include "geolip/simd/foreach_target.inc"

namespace geolip {
namespace detail {

template <int K, class T>
void add_log_volume_gradients(matrix_view<const T> points, const std::uint32_t* rows, std::span<const double> weight,
                              matrix_view<T> gradient, isa level) {
    GEOLIP_SIMD_CALL(level,
                     add_log_volume_gradients<K>(points.data(), points.row_stride(), points.cols(), rows, weight.data(),
                                                 weight.size(), gradient.data(), gradient.row_stride()));
}

}  // namespace detail

/// A coefficient of variation, its error, its null, and what became of the samples.
struct volume_cv_estimate : estimate {
    // estimate::standard_error is the error given these rows: of the n simplices as a sample of all there are.
    /// The rows, too, taken as a sample; counts the overlap of the simplices. To first order: right to a fifth where
    /// the rows are at least twice as many as a simplex has points, larger below.
    double population_standard_error = 0;
    double mean_volume = 0;   ///< in units of 2^volume_exponent
    double volume_sd = 0;     ///< in units of 2^volume_exponent
    int volume_exponent = 0;  ///< 0, but for volumes whose squares leave the range of double
    volume_counts counts;
    std::optional<double> population_law;        ///< CV of the null's law at D, infinitely many rows
    std::optional<double> equivalent_dimension;  ///< the D at which that law has this CV
};

/// Memory that calls of one metric share; owned by the caller, one a thread. After the first call of a shape no more
/// is allocated, except for nulls not yet simulated.
template <int K, measured_scalar T, validity_policy Validity, drawable_law Law>
struct volume_cv_workspace {
    std::vector<std::uint32_t> rows;
    std::vector<volume_reading> readings;
    std::vector<double> volume;
    std::vector<T> packed;
    std::vector<T> scaled;
    std::vector<T> packed_gradient;
    std::vector<double> weight;
    std::vector<std::pair<std::uint32_t, double>> influence;
    null_cache<K, Validity, Law> nulls;
};

/// CV = sd / mean of the K-volumes of `samples` simplices whose K + 1 vertices are distinct random rows.
///
/// `T` is the scalar of the matrices it measures. Works for any `point_matrix`: V rows (points) by D columns, in any
/// strides; rows that are not contiguous are packed into the workspace first, contiguous ones are read in place.
/// Samples are addressed by (seed, stream): the same call gives the same bits for any backend's number of threads,
/// at one instruction-set level.
///
/// Undefined (an empty value and a reason) where D < K or most volumes are rounding noise, if the policy cares; where
/// there are fewer rows than vertices; and where the policy keeps too few volumes. Rows with NaN or infinite
/// coordinates make their simplices count as `nonfinite`; they enter nothing.
template <int K, measured_scalar T, backend Backend = cpu, validity_policy Validity = scale_invariant,
          drawable_law Law = gaussian_law>
class volume_cv {
    static_assert(K >= 1, "geolip::volume_cv<K, T>: K, the number of vertices less one, must be at least 1");

public:
    using result = volume_cv_estimate;
    using workspace = volume_cv_workspace<K, T, Validity, Law>;

    std::size_t samples = 300;
    std::uint64_t seed = 42;
    std::uint64_t stream = 0;             ///< below 2^56; another stream is another, independent set of samples
    std::uint32_t null_replicates = 128;  ///< pools simulated for the null (D < 2^24); 0 for no null
    [[no_unique_address]] Backend backend = {};

    /// Where `draw_samples` takes the samples from. Not (seed, stream) itself: a matrix drawn from that one must not
    /// depend on the samples.
    random_stream sample_stream() const { return {seed, (std::uint64_t{16} << 56) | stream}; }

    /// Value, errors, counts, null and law.
    /// \throws usage_error if `samples` is 0 or above 2^24, or `stream` too large; shape_error for 2^32 rows or more
    template <point_matrix M>
        requires std::same_as<point_scalar_t<M>, T>
    result operator()(M&& matrix, workspace& memory) const {
        const matrix_view<const T> points = rows_of(as_matrix_view(matrix));
        result r;
        r.population_law = coefficient_of_variation(Law(), K, static_cast<double>(points.cols()));
        const volume_statistics s = measure(points, memory).statistics;
        r.value = s.cv;
        r.reason = s.reason;
        r.counts = s.counts;
        r.mean_volume = s.mean;
        r.volume_sd = s.sd;
        r.volume_exponent = s.exponent;
        if (r.value) {
            const std::span<const double> kept(memory.volume.data(), s.counts.valid);
            r.standard_error = cv_standard_error<Validity>(kept, s);
            r.population_standard_error =
                population_error(s, static_cast<double>(points.rows()), r.standard_error, memory);
            r.equivalent_dimension = geolip::equivalent_dimension(*r.value, Law(), K);
        }
        if (null_replicates > 0 && points.rows() >= K + 1 && points.cols() >= K && points.cols() < 1u << 24)
            r.null = memory.nulls({static_cast<std::uint32_t>(points.rows()), static_cast<std::uint32_t>(points.cols()),
                                   static_cast<std::uint32_t>(samples), null_replicates, seed},
                                  level());
        return r;
    }

    /// The same with memory of its own.
    template <point_matrix M>
        requires std::same_as<point_scalar_t<M>, T>
    result operator()(M&& matrix) const {
        workspace memory;
        return (*this)(matrix, memory);
    }

    /// Only the value: no errors, no null, no allocation once the workspace has grown. For training loops.
    template <point_matrix M>
        requires std::same_as<point_scalar_t<M>, T>
    std::optional<double> value(M&& matrix, workspace& memory) const {
        return measure(rows_of(as_matrix_view(matrix)), memory).statistics.cv;
    }

    /// Mean, sd, CV and counts: `value` with what it is made of.
    template <point_matrix M>
        requires std::same_as<point_scalar_t<M>, T>
    volume_statistics statistics(M&& matrix, workspace& memory) const {
        return measure(rows_of(as_matrix_view(matrix)), memory).statistics;
    }

    /// The value, and its gradient with respect to every coordinate: `gradient` is a V x D matrix that is overwritten.
    /// The samples and which of them count are held fixed, as the value's own formula holds them; rows that no sample
    /// uses get 0. Contiguous rows are written in place, others through the workspace. Relative accuracy as of
    /// V: eps_T for well-shaped simplices. Where the value is undefined, or all volumes are equal (CV = 0, a kink),
    /// the gradient is 0.
    /// \throws shape_error if the shapes differ, and what `operator()` throws
    template <point_matrix M, point_matrix G>
        requires std::same_as<point_scalar_t<M>, T> && std::same_as<point_scalar_t<G>, T>
    std::optional<double> value_and_gradient(M&& matrix, G&& gradient, workspace& memory) const {
        const matrix_view<const T> all = as_matrix_view(matrix);
        const matrix_view<T> out = as_matrix_view(gradient);
        if (all.rows() != out.rows() || all.cols() != out.cols())
            detail::raise(shape_error("volume_cv: a gradient of " + detail::size_text(out) + " for a matrix of " +
                                      detail::size_text(all) + "; expected equal shapes"));
        for (std::size_t i = 0; i < out.rows(); ++i)
            for (std::size_t j = 0; j < out.cols(); ++j) out(i, j) = T(0);
        const measured m = measure(rows_of(all), memory);
        const volume_statistics& s = m.statistics;
        if (!s.cv || !(s.sd > 0)) return s.cv;
        const double n = static_cast<double>(s.counts.valid);
        const double divisor = s.mean + Validity::mean_offset;
        memory.weight.resize(samples);
        for (std::size_t i = 0, kept = 0; i < samples; ++i) {
            const volume_reading& r = memory.readings[i];
            memory.weight[i] = 0;
            if (!detail::kept<Validity>(r)) continue;
            const double v = memory.volume[kept++];
            const double slope = (v - s.mean) / ((n - static_cast<double>(Validity::freedom_lost)) * s.sd * divisor) -
                                 s.sd / (n * divisor * divisor);
            memory.weight[i] = std::ldexp(v * slope, -m.scale);
        }
        const bool in_place = out.col_stride() == 1;
        if (!in_place) memory.packed_gradient.assign(out.rows() * out.cols(), T(0));
        const matrix_view<T> rows =
            in_place ? out : matrix_view<T>(memory.packed_gradient.data(), out.rows(), out.cols());
        detail::add_log_volume_gradients<K>(m.points, memory.rows.data(), std::span<const double>(memory.weight), rows,
                                            level());
        for (std::size_t i = 0; i < out.rows() && !in_place; ++i)
            for (std::size_t j = 0; j < out.cols(); ++j) out(i, j) = rows(i, j);
        return s.cv;
    }

    /// One result for each matrix of a range, in its order. Matrix i uses stream `stream + i`.
    template <class Matrices>
    std::vector<result> each(Matrices&& matrices, workspace& memory) const {
        std::vector<result> results;
        volume_cv one = *this;
        for (auto&& matrix : matrices) {
            results.push_back(one(matrix, memory));
            ++one.stream;
        }
        return results;
    }

private:
    isa level() const {
        if constexpr (requires { isa(backend.isa); })
            return backend.isa;
        else
            return isa::automatic;
    }

    static matrix_view<const T> rows_of(matrix_view<const T> points) {
        if (points.rows() > (std::numeric_limits<std::uint32_t>::max)())
            detail::raise(shape_error("volume_cv: a matrix of " + std::to_string(points.rows()) +
                                      " rows; expected fewer than 2^32: measure a part of it"));
        return Validity::max_rows == 0 ? points : points.first_rows(Validity::max_rows);
    }

    struct measured {
        volume_statistics statistics;
        matrix_view<const T> points;  // contiguous rows, multiplied by 2^-scale
        int scale = 0;
    };

    measured measure(matrix_view<const T> points, workspace& memory) const {
        measured m;
        if (samples == 0 || samples > 1u << 24)
            detail::raise(usage_error("volume_cv: samples is " + std::to_string(samples) + "; expected 1 to 16777216"));
        if (stream >> 56 != 0)
            detail::raise(usage_error("volume_cv: stream is " + std::to_string(stream) + "; expected less than 2^56"));
        if (points.rows() < K + 1) {
            m.statistics.reason = undefined_reason::too_few_rows;
            return m;
        }
        if (Validity::noise_matters && points.cols() < K) {
            m.statistics.reason = undefined_reason::dimension_below_order;
            return m;
        }
        memory.rows.resize(samples * (K + 1));
        memory.readings.resize(samples);
        memory.volume.resize(samples);
        draw_samples<K + 1>(memory.rows.data(), samples, static_cast<std::uint32_t>(points.rows()), sample_stream());
        m.points = detail::contiguous_rows(points, memory.packed);
        take_readings(m.points, memory);
        if (Validity::noise_matters) {
            m.scale = detail::scale_to_remove<K>(m.points, memory.rows, memory.readings);
            if (m.scale != 0) {
                m.points = detail::scaled_rows(m.points, -m.scale, memory.scaled);
                take_readings(m.points, memory);
            }
        }
        const std::size_t duplicates = detail::count_repeating<K>(m.points, memory.rows);
        m.statistics = volume_statistics_of<Validity>(memory.readings, memory.volume, duplicates);
        m.statistics.exponent = K * m.scale;
        return m;
    }

    void take_readings(matrix_view<const T> points, workspace& memory) const {
        backend.template squared_volumes<K>(typename Validity::route(), points,
                                            std::span<const std::uint32_t>(memory.rows),
                                            std::span<volume_reading>(memory.readings));
    }

    // Simplices that share rows vary together. With psi_i the influence of volume i, the variance of their mean is that
    // of independent volumes and, for every row, that of the mean influence of its simplices beyond what the sampling
    // of m = n (K + 1) / V out of n centred values makes by itself, m (1 - m / n) each. A row's simplices average over
    // the V - 1 others, whose influences sum to minus its own: V (V - 1) / (V - 1 - K)^2 undoes that (the linear part
    // of W. Hoeffding, Ann. Math. Statist. 19 (1948) 293-325). Never below the error of independent volumes.
    double population_error(const volume_statistics& s, double row_count, double independent_error,
                            workspace& memory) const {
        const double divisor = s.mean + Validity::mean_offset;
        if (!(s.sd > 0)) return 0;
        auto& influence = memory.influence;
        influence.clear();
        double own = 0;
        for (std::size_t i = 0, kept = 0; i < memory.readings.size(); ++i) {
            if (!detail::kept<Validity>(memory.readings[i])) continue;
            const double psi = detail::cv_influence(memory.volume[kept++], s.mean, s.sd, divisor);
            own += psi * psi;
            for (std::size_t v = 0; v <= K; ++v) influence.emplace_back(memory.rows[i * (K + 1) + v], psi);
        }
        // By row, and within a row by value: sums in one order, without the memory of a stable sort.
        std::sort(influence.begin(), influence.end());
        double shared = 0;
        for (std::size_t i = 0; i < influence.size();) {
            double of_row = 0;
            const std::uint32_t row = influence[i].first;
            for (; i < influence.size() && influence[i].first == row; ++i) of_row += influence[i].second;
            shared += of_row * of_row;
        }
        const double n = static_cast<double>(s.counts.valid);
        const double others = row_count - (K + 1);
        const double linear =
            (shared - (K + 1) * own * others / row_count) * row_count * (row_count - 1) / (others * others);
        return (std::max)(independent_error, std::sqrt((std::max)(0.0, linear) + own) / n);
    }
};

}  // namespace geolip
