// Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT
#pragma once

/// \file
/// The estimator of `volume_cv` on random rows: one replicate of its null distribution, and one entry of a sweep.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "geolip/random/chi.hpp"
#include "geolip/random/fill.hpp"
#include "geolip/random/subset.hpp"
#include "geolip/simplex/volumes.hpp"

#define GEOLIP_SIMD_FILE "geolip/metrics/detail/triangular.inc"
#include "geolip/simd/foreach_target.inc"

namespace geolip {

/// How random rows come about: coordinate by coordinate, or as the Bartlett factor of their Gram matrix. Volumes
/// depend on the rows only through inner products, and X X' of n Gaussian rows in D dimensions has the law of L L'
/// with L lower trapezoidal, L_ij ~ N(0, 1) below the diagonal and L_ii ~ chi_{D - i} (M. S. Bartlett, Proc. R. Soc.
/// Edinburgh 53 (1933) 260-283): equal in law, at most n columns, half of them zero. Not equal draw by draw.
enum class row_draw { coordinates, bartlett };

namespace detail {

template <int K>
void triangular_volumes(const float* data, const std::size_t* start, const std::uint32_t* length,
                        const std::uint32_t* rows, std::size_t count, volume_reading* out, isa level) {
    GEOLIP_SIMD_CALL(level, triangular_volumes<K>(data, start, length, rows, count, out));
}
inline void normalise_row(float* row, std::size_t length, isa level) {
    GEOLIP_SIMD_CALL(level, normalise_row(row, length));
}

constexpr std::size_t padded(std::size_t columns) { return (columns + 15) / 16 * 16; }

/// Replaces the items of `rows` by their ranks among the distinct ones and returns how many those are. Rows that no
/// sample names need not be drawn: random rows are exchangeable. Order within a sample is kept.
inline std::uint32_t compact(std::span<std::uint32_t> rows, std::uint32_t population,
                             std::vector<std::uint32_t>& scratch) {
    if (population <= 1u << 16) {
        scratch.assign(population, 0);
        for (const std::uint32_t r : rows) scratch[r] = 1;
        std::uint32_t used = 0;
        for (std::uint32_t& mark : scratch) {
            const std::uint32_t rank = used;
            used += mark;
            mark = rank;
        }
        for (std::uint32_t& r : rows) r = scratch[r];
        return used;
    }
    scratch.assign(rows.begin(), rows.end());
    std::sort(scratch.begin(), scratch.end());
    scratch.erase(std::unique(scratch.begin(), scratch.end()), scratch.end());
    for (std::uint32_t& r : rows)
        r = static_cast<std::uint32_t>(std::lower_bound(scratch.begin(), scratch.end(), r) - scratch.begin());
    return static_cast<std::uint32_t>(scratch.size());
}

}  // namespace detail

/// Volumes of random simplices among `population` random rows: i.i.d. N(0, I_D) or, with `on_sphere`, uniform on the
/// unit sphere. Holds its memory from call to call; one object a thread.
template <int K>
class simulated_volumes {
public:
    bool on_sphere = false;
    row_draw draw = row_draw::bartlett;
    geolip::isa isa = geolip::isa::automatic;

    /// Sample indices of `draw_samples`, and where the rows come from: three streams of one seed.
    struct streams {
        random_stream samples;
        random_stream normals;
        random_stream chis;
    };

    /// `count` simplices in `dimension` >= 1 dimensions from a pool of `population` >= K + 1 rows. The readings stay
    /// valid until the next call, and are a pure function of the arguments and options (given the level).
    std::span<const volume_reading> operator()(std::uint32_t population, std::uint32_t dimension, std::size_t count,
                                               const streams& s) {
        draw_rows_of_samples(population, count, s.samples);
        readings_.resize(count);
        const std::uint32_t used = detail::compact(rows_, population, scratch_);
        if (draw == row_draw::bartlett)
            measure_triangle(used, dimension, s);
        else
            measure_coordinates(used, dimension, s);
        return readings_;
    }

    /// The rows of the last call's samples, numbered among the rows drawn.
    std::span<const std::uint32_t> rows() const { return rows_; }

    /// Only the pool: a dense matrix of the rows that `count` samples use, for a backend to measure.
    matrix_view<const float> pool(std::uint32_t population, std::uint32_t dimension, std::size_t count,
                                  const streams& s) {
        draw_rows_of_samples(population, count, s.samples);
        return coordinates(detail::compact(rows_, population, scratch_), dimension, s);
    }

private:
    void draw_rows_of_samples(std::uint32_t population, std::size_t count, random_stream s) {
        rows_.resize(count * (K + 1));
        draw_samples<K + 1>(rows_.data(), count, population, s, 0, isa);
    }

    // Grows only: what is drawn over need not be cleared first.
    void draw_normals(std::size_t count, random_stream s) {
        if (data_.size() < count) data_.resize(count);
        fill_normal(std::span(data_).first(count), s, 0, isa);
    }

    matrix_view<const float> coordinates(std::uint32_t used, std::uint32_t dimension, const streams& s) {
        const std::size_t columns = on_sphere ? detail::padded(dimension) : dimension;
        draw_normals(used * columns, s.normals);
        for (std::size_t r = 0; on_sphere && r < used; ++r) {
            float* row = data_.data() + r * columns;
            std::fill(row + dimension, row + columns, 0.0f);
            detail::normalise_row(row, columns, isa);
        }
        return {data_.data(), used, dimension, static_cast<std::ptrdiff_t>(columns)};
    }

    void measure_coordinates(std::uint32_t used, std::uint32_t dimension, const streams& s) {
        const matrix_view<const float> points = coordinates(used, dimension, s);
        squared_volumes<K>(edge_gram(), points, rows_, readings_, isa);
    }

    void measure_triangle(std::uint32_t used, std::uint32_t dimension, const streams& s) {
        const std::uint32_t diagonal = (std::min)(used, dimension);
        start_.resize(used);
        length_.resize(used);
        std::size_t total = 0;
        for (std::uint32_t r = 0; r < used; ++r) {
            start_[r] = total;
            length_[r] = static_cast<std::uint32_t>(detail::padded(r < diagonal ? r + 1 : diagonal));
            total += length_[r];
        }
        draw_normals(total, s.normals);
        chi_.resize(diagonal);
        fill_chi(std::span(chi_), dimension, s.chis, isa);
        for (std::uint32_t r = 0; r < used; ++r) {
            float* row = data_.data() + start_[r];
            if (r < diagonal) row[r] = chi_[r];
            for (std::uint32_t c = (std::min)(r + 1, diagonal); c < length_[r]; ++c) row[c] = 0.0f;
            if (on_sphere) detail::normalise_row(row, length_[r], isa);
        }
        detail::triangular_volumes<K>(data_.data(), start_.data(), length_.data(), rows_.data(), readings_.size(),
                                      readings_.data(), isa);
        detail::remeasure_marked(readings_, [&](std::size_t i) { return careful_reading(i, diagonal); });
    }

    // The simplex as a dense matrix, with the zeros that the triangle leaves out.
    volume_reading careful_reading(std::size_t sample, std::uint32_t columns) {
        dense_.assign((K + 1) * std::size_t{columns}, 0.0f);
        for (std::size_t v = 0; v <= K; ++v) {
            const std::uint32_t r = rows_[sample * (K + 1) + v];
            std::copy_n(data_.data() + start_[r], (std::min)(length_[r], columns), dense_.data() + v * columns);
        }
        return detail::careful_reading<K>(std::span<const float>(dense_));
    }

    std::vector<std::uint32_t> rows_;
    std::vector<std::uint32_t> scratch_;
    std::vector<std::size_t> start_;
    std::vector<std::uint32_t> length_;
    std::vector<float> data_;
    std::vector<float> chi_;
    std::vector<float> dense_;
    std::vector<volume_reading> readings_;
};

}  // namespace geolip
