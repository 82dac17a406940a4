// Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT
#pragma once

/// \file
/// One checkpoint against another: which weights belong together, how alike they are as they stand and after a
/// rotation, and how well one embedding turns into the other.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "geolip/checkpoint/catalogue.hpp"
#include "geolip/checkpoint/model_files.hpp"
#include "geolip/core/estimate.hpp"
#include "geolip/linalg/singular_values.hpp"
#include "geolip/metrics/embedding_projection.hpp"
#include "geolip/metrics/gaussian_spectrum.hpp"
#include "geolip/metrics/procrustes_large.hpp"
#include "geolip/metrics/spectral_correlation.hpp"
#include "support/probe_groups.hpp"
#include "support/probe_measure.hpp"

namespace examples::probe::against {

/// A checkpoint and its catalogue, which the caller keeps.
struct model {
    const cp::model_files& files;
    const cp::catalogue& catalogue;
};

/// Two matrices of one place and shape.
struct pair_line {
    std::size_t a = 0, b = 0;  ///< entries
    std::size_t rows = 0, cols = 0;
    geolip::procrustes_reading reading;
    std::optional<double> ceiling;
    geolip::estimate cosine_before, cosine, rotation, spectral;  ///< cosine: null of Gaussian matrices
    geolip::null_reading matched;                                ///< of the cosine, by the two spectra
    std::vector<double> values_a, values_b;                      ///< singular

    bool defined() const { return reading.reason == geolip::undefined_reason::none; }
};
/// Two embeddings.
struct projection_line {
    std::size_t a = 0, b = 0;
    geolip::projection_reading reading;
};
struct unaligned_line {
    std::size_t entry = 0;
    std::string reason;
};
/// The layers of one role: those of A against those of B, as many of each, rows and columns in the order of `pairs`.
struct layer_line {
    group_key key;
    std::vector<std::size_t> pairs;
    std::vector<std::optional<double>> spectral;  ///< correlation
    std::vector<std::optional<double>> residual;  ///< after alignment; only where asked for
};

struct comparison {
    std::vector<pair_line> pairs;
    std::vector<projection_line> projections;
    std::vector<layer_line> layers;
    std::vector<unaligned_line> only_a, only_b;
};

inline bool is_matrix(const cp::catalogue_entry& e) { return e.measured() && e.stored_rows > 0 && e.elements > 0; }
inline bool is_embedding(const cp::catalogue_entry& e) {
    return is_matrix(e) && e.role == cp::tensor_role::embedding && e.side != cp::tensor_side::visual;
}
inline std::string shape_of(const cp::catalogue_entry& e) {
    return std::to_string(e.outputs.count()) + " x " + std::to_string(e.inputs());
}

namespace detail {

/// Pairs what stands at the same place: by name first, then in order among what has the same shape.
class matcher {
public:
    matcher(const cp::catalogue& a, const cp::catalogue& b) : a_(a), b_(b), taken_(b.entries.size(), false) {
        for (std::size_t j = 0; j < b.entries.size(); ++j)
            if (is_matrix(b.entries[j])) places_[place_key_of(b.entries[j])].push_back(j);
        for (std::size_t i = 0; i < a.entries.size(); ++i)
            if (is_matrix(a.entries[i])) partners_.emplace(i, std::nullopt);
        for (const bool by_name : {true, false})
            for (auto& [i, partner] : partners_)
                if (!partner) partner = find(i, by_name);
    }
    const std::map<std::size_t, std::optional<std::size_t>>& partners() const { return partners_; }
    bool taken(std::size_t j) const { return taken_[j]; }
    bool has_place(const cp::catalogue_entry& e) const { return places_.contains(place_key_of(e)); }
    const std::vector<std::size_t>& at(const cp::catalogue_entry& e) const { return places_.at(place_key_of(e)); }

private:
    std::optional<std::size_t> find(std::size_t i, bool by_name) {
        const cp::catalogue_entry& e = a_.entries[i];
        const auto found = places_.find(place_key_of(e));
        if (found == places_.end()) return std::nullopt;
        for (const std::size_t j : found->second) {
            const cp::catalogue_entry& other = b_.entries[j];
            if (taken_[j] || other.outputs.count() != e.outputs.count() || other.inputs() != e.inputs()) continue;
            if (by_name && other.name != e.name) continue;
            taken_[j] = true;
            return j;
        }
        return std::nullopt;
    }

    const cp::catalogue &a_, &b_;
    std::vector<bool> taken_;
    std::map<place_key, std::vector<std::size_t>> places_;
    std::map<std::size_t, std::optional<std::size_t>> partners_;
};

/// Why `e` of this model has no partner; `other` is "A" or "B", `there` its entries.
inline std::string reason_of(const cp::catalogue_entry& e, const cp::catalogue& there, const char* other) {
    if (!e.measured()) return e.reason;
    if (!is_matrix(e)) return "no matrix";
    std::string shapes;
    bool role = false;
    for (const cp::catalogue_entry& x : there.entries) {
        if (!is_matrix(x)) continue;
        role = role || key_of(x) == key_of(e);
        if (place_key_of(x) != place_key_of(e)) continue;
        if (x.outputs.count() == e.outputs.count() && x.inputs() == e.inputs())
            return std::string(other) + " has fewer of this shape at this place";
        if (shapes.empty()) shapes = shape_of(x);
    }
    if (!shapes.empty()) return shape_of(e) + ", in " + other + " " + shapes;
    return std::string(other) + (role ? " has none in this layer" : " has none of this role");
}

inline void compare(const model& a, const model& b, pair_line& line, std::uint64_t seed) {
    const cp::weight_tensor x(a.files, a.catalogue.entries[line.a]), y(b.files, b.catalogue.entries[line.b]);
    line.reading = geolip::procrustes<float>(x.view(), y.view(), true);
    line.values_a = geolip::singular_values(x.view());
    line.values_b = geolip::singular_values(y.view());
    const auto figure = [&](const std::optional<double>& value) {
        geolip::estimate e;
        e.value = value;
        e.reason = line.reading.reason;
        return e;
    };
    line.cosine_before = figure(line.reading.cosine_before);
    line.cosine = figure(line.reading.cosine);
    line.rotation = figure(line.reading.rotation);
    const double rows = static_cast<double>(line.rows), cols = static_cast<double>(line.cols);
    line.cosine_before.null = {0.0, 1 / std::sqrt(rows * cols), 0};
    if (line.rows >= line.cols) line.rotation.null = {1.0, 1 / (2 * cols), 0};
    if (!line.defined()) return;
    line.ceiling = geolip::alignment_ceiling(line.values_a, line.values_b);
    line.matched = geolip::large_matched_procrustes_null(line.values_a, line.values_b, line.rows, line.cols, 32, seed);
}

inline std::vector<layer_line> layers_of(const model& a, const std::vector<pair_line>& pairs) {
    std::vector<layer_line> out;
    for (std::size_t i = 0; i < pairs.size(); ++i) {
        const cp::catalogue_entry& e = a.catalogue.entries[pairs[i].a];
        if (!e.layer) continue;
        if (out.empty() || out.back().key != key_of(e)) out.push_back({key_of(e), {}, {}, {}});
        out.back().pairs.push_back(i);
    }
    std::erase_if(out, [](const layer_line& line) { return line.pairs.size() < 2; });
    return out;
}

}  // namespace detail

/// Everything, pairs in parallel; the result does not depend on the number of threads. `all_layers`: every layer of a
/// role against every other is aligned as well.
template <class Progress>
comparison compare(const model& a, const model& b, bool all_layers, std::uint64_t seed, unsigned threads,
                   Progress&& progress) {
    comparison out;
    const auto &entries_a = a.catalogue.entries, &entries_b = b.catalogue.entries;
    const detail::matcher matched(a.catalogue, b.catalogue);
    // Embeddings: of one place first, then in order.
    std::vector<bool> projected_a(entries_a.size(), false), projected_b(entries_b.size(), false);
    for (const bool by_place : {true, false})
        for (std::size_t i = 0; i < entries_a.size(); ++i)
            for (std::size_t j = 0; j < entries_b.size() && is_embedding(entries_a[i]) && !projected_a[i]; ++j) {
                if (!is_embedding(entries_b[j]) || projected_b[j]) continue;
                if (by_place && place_key_of(entries_a[i]) != place_key_of(entries_b[j])) continue;
                projected_a[i] = projected_b[j] = true;
                out.projections.push_back({i, j, {}});
            }
    std::vector<bool> paired_a(entries_a.size(), false);
    for (const auto& [i, j] : matched.partners()) {
        if (!j) continue;
        paired_a[i] = true;
        pair_line line;
        line.a = i;
        line.b = *j;
        line.rows = entries_a[i].outputs.count();
        line.cols = entries_a[i].inputs();
        out.pairs.push_back(std::move(line));
    }
    std::ranges::stable_sort(
        out.pairs, {}, [&](const pair_line& p) { return std::pair(key_of(entries_a[p.a]), entries_a[p.a].layer); });
    for (std::size_t i = 0; i < entries_a.size(); ++i)
        if (!paired_a[i] && !projected_a[i])
            out.only_a.push_back({i, detail::reason_of(entries_a[i], b.catalogue, "B")});
    for (std::size_t j = 0; j < entries_b.size(); ++j)
        if (!matched.taken(j) && !projected_b[j])
            out.only_b.push_back({j, detail::reason_of(entries_b[j], a.catalogue, "A")});

    out.layers = detail::layers_of(a, out.pairs);

    // Nulls by shape, and the longest tasks first.
    std::map<std::pair<std::size_t, std::size_t>, geolip::null_reading> gaussian;
    for (const pair_line& p : out.pairs) gaussian[{p.rows, p.cols}];
    geolip::task_list tasks;
    // The bytes of operands that the list counts, of floats. A pair needs less than four times these. A projection
    // needs 17,500 rows and some matrices of the widths in double precision besides.
    const auto floats = [](const cp::catalogue_entry& x, const cp::catalogue_entry& y) {
        return std::uint64_t{4} * (x.elements + y.elements);
    };
    for (projection_line& line : out.projections) {
        const cp::catalogue_entry &left = entries_a[line.a], &right = entries_b[line.b];
        const std::size_t rows = (std::min)({left.outputs.count(), right.outputs.count(), std::size_t{15000}});
        const std::uint64_t widths = left.inputs() + right.inputs(), wide = (std::max)(left.inputs(), right.inputs());
        const std::uint64_t needed = floats(left, right) + 8 * (rows * widths * 7 / 6 + 4 * wide * wide);
        tasks.add((std::max)(floats(left, right), needed / geolip::task_list::bytes_per_byte), [&, seed] {
            const cp::weight_tensor x(a.files, entries_a[line.a]), y(b.files, entries_b[line.b]);
            const std::size_t width = (std::max)(x.cols(), y.cols());
            line.reading = geolip::embedding_projection<float>(x.view(), y.view(),
                                                               {.replicates = width > 768 ? 4u : 8u, .seed = seed});
        });
    }
    std::vector<pair_line*> order;
    for (pair_line& line : out.pairs) order.push_back(&line);
    std::ranges::stable_sort(
        order, [](const pair_line* p, const pair_line* q) { return p->rows * p->cols > q->rows * q->cols; });
    for (pair_line* line : order)
        tasks.add(floats(entries_a[line->a], entries_b[line->b]),
                  [&a, &b, line, seed] { detail::compare(a, b, *line, seed); });
    for (auto& [shape, null] : gaussian)
        tasks.add(std::uint64_t{4} << 20,
                  [&null, shape, seed] { null = geolip::large_procrustes_null(shape.first, shape.second, 64, seed); });
    for (layer_line& line : out.layers) {
        if (!all_layers) break;
        line.residual.resize(line.pairs.size() * line.pairs.size());
        for (std::size_t i = 0; i < line.pairs.size(); ++i)
            for (std::size_t j = 0; j < line.pairs.size(); ++j) {
                const pair_line &p = out.pairs[line.pairs[i]], &q = out.pairs[line.pairs[j]];
                if (p.rows != q.rows || p.cols != q.cols) continue;
                tasks.add(floats(entries_a[p.a], entries_b[q.b]), [&a, &b, &line, &p, &q, i, j] {
                    const cp::weight_tensor x(a.files, a.catalogue.entries[p.a]), y(b.files, b.catalogue.entries[q.b]);
                    line.residual[i * line.pairs.size() + j] = geolip::procrustes<float>(x.view(), y.view()).residual;
                });
            }
    }
    tasks.run(threads, progress);

    geolip::gaussian_spectra spectra(64, seed);
    for (pair_line& p : out.pairs) {
        p.cosine.null = gaussian[{p.rows, p.cols}];
        p.spectral.value = geolip::spectral_correlation(p.values_a, p.values_b);
        p.spectral.reason = p.reading.reason;
        if ((std::min)(p.rows, p.cols) <= 65536 && (std::max)(p.rows, p.cols) < (std::size_t{1} << 24))
            p.spectral.null = geolip::spectral_correlation_null(p.rows, p.cols, spectra);
    }
    for (layer_line& line : out.layers)
        for (const std::size_t p : line.pairs)
            for (const std::size_t q : line.pairs)
                line.spectral.push_back(geolip::spectral_correlation(out.pairs[p].values_a, out.pairs[q].values_b));
    return out;
}

}  // namespace examples::probe::against
