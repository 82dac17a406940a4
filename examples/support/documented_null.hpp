// Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT
#pragma once

/// \file
/// What chance gives for a documented figure, from the shapes of the model alone: closed forms, and small simulations
/// where the library extrapolates. Needs Eigen.

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

#include "geolip/checkpoint/known_model_match.hpp"
#include "geolip/core/estimate.hpp"
#include "geolip/metrics/gaussian_spectrum.hpp"
#include "geolip/metrics/large_gaussian.hpp"
#include "geolip/metrics/neuron_importance.hpp"
#include "geolip/metrics/position_bias.hpp"
#include "geolip/metrics/qk_balance.hpp"
#include "geolip/metrics/spectral_correlation.hpp"
#include "geolip/simplex/volume_law.hpp"
#include "support/documented_embeddings.hpp"
#include "support/documented_figure.hpp"
#include "support/documented_structure.hpp"
#include "support/documented_verdict.hpp"
#include "support/probe_place.hpp"

namespace examples::documented {

namespace detail {

/// Mean of independent readings.
class mean_null {
public:
    void add(const geolip::null_reading& n, double weight = 1) {
        if (!n) {
            missing_ = true;
            return;
        }
        sum_ += weight * *n.value;
        variance_ += weight * weight * n.sd * n.sd;
        total_ += weight;
    }
    geolip::null_reading value() const {
        if (missing_ || !(total_ > 0)) return {};
        return {sum_ / total_, std::sqrt(variance_) / total_, 0};
    }

private:
    double sum_ = 0, variance_ = 0, total_ = 0;
    bool missing_ = false;
};

/// The share of magnitudes below `t` by the first law of a tensor.
inline double share_by_law(const cp::known_tensor& tensor, double t) {
    using law = geolip::nn::initialiser::law;
    const double scale = geolip::nn::scale_for(tensor.law, tensor.extents);
    if (tensor.law.kind == law::constant) return std::fabs(tensor.law.centre) < t ? 1 : 0;
    if (tensor.law.kind == law::uniform) return (std::min)(1.0, t / scale);
    return std::erf(t / (scale * std::sqrt(2.0)));
}

/// What the largest of `count` normal values is above their mean, in standard deviations.
inline double largest_normal(double count) {
    const double b = std::sqrt(2 * std::log(count));
    return b - (std::log(std::log(count)) + std::log(4 * 3.14159265358979324)) / (2 * b) + 0.5772156649 / b;
}

}  // namespace detail

/// Nulls of the figures of known models. Keeps what it simulated. Not for two threads at a time.
class null_source {
public:
    explicit null_source(std::uint64_t seed, cp::model_scale scale = cp::model_scale::full)
        : seed_(seed), scale_(scale), spectra_(16, seed) {}

    const cp::known_catalogue& model(std::string_view name) {
        const auto found = models_.find(name);
        if (found != models_.end()) return found->second;
        return models_.emplace(std::string(name), cp::make_known_catalogue(name, scale_)).first->second;
    }

    figure_null operator()(const row& r) {
        const cp::known_catalogue& m = model(r.model);
        if (const auto structure = structure_of(r, m.catalogue)) return {{*structure, 0, 0}, "the shapes", true};
        if (!r.other.empty()) return of_pair(r);
        const auto entries = chosen(m.catalogue, r.of);
        if (entries.empty()) return {{}, "no such weights in these shapes"};
        if (r.of.roles == embedding.roles) return of_embedding(r, *entries[0]);
        return of_weights(r, m, entries);
    }

private:
    using entry_list = std::vector<const cp::catalogue_entry*>;

    figure_null of_weights(const row& r, const cp::known_catalogue& m, const entry_list& entries) {
        detail::mean_null mean;
        switch (r.what) {
            case figure::share_below:
                for (const auto* e : entries)
                    mean.add({100 * detail::share_by_law(m.model.tensors[e->tensor], 0.1), 0, 0},
                             static_cast<double>(e->elements));
                return {mean.value(), "the first law, untrained"};
            case figure::stable_rank:
                for (const auto* e : entries) mean.add(geolip::gaussian_stable_rank(e->outputs.count(), e->inputs()));
                return {mean.value(), "Gaussian matrices"};
            case figure::condition: return {condition(entries), "Gaussian matrices, edges of the spectrum"};
            case figure::condition_most: return {{}, "heavy-tailed for square matrices: no mean"};
            case figure::positive_first:
            case figure::positive_last:
            case figure::positive_change:
            case figure::positive_mean:
            case figure::positive_sd:
            case figure::symmetry: return balance(r, m.catalogue, entries);
            case figure::dead:
            case figure::weak: return {neurons(entries), "Gaussian weights"};
            case figure::neighbour_cosine: return {neighbours(entries), "independent weights"};
            case figure::local_heads:
            case figure::global_heads:
            case figure::mixed_heads: return {heads(r.what, *entries[0]), "biases in random order"};
            default: return {{}, "the scale of the weights decides"};
        }
    }

    /// (√n + √m) / (√n - √m): the edges of the spectrum, which meet for square matrices.
    static geolip::null_reading condition(const entry_list& entries) {
        detail::mean_null mean;
        for (const auto* e : entries) {
            const double a = std::sqrt(static_cast<double>((std::max)(e->outputs.count(), e->inputs())));
            const double b = std::sqrt(static_cast<double>((std::min)(e->outputs.count(), e->inputs())));
            mean.add(b < 0.9 * a ? geolip::null_reading{(a + b) / (a - b), 0, 0} : geolip::null_reading{});
        }
        return mean.value();
    }

    /// The product of queries and keys: both of one shape; grouped keys, each repeated for its queries; or of other
    /// inputs, of which the document does not say how they were multiplied: the columns that both have.
    figure_null balance(const row& r, const cp::catalogue& c, const entry_list& queries) {
        std::vector<geolip::null_reading> layers;
        double size = 0;
        std::string_view of = "independent Gaussian factors";
        bool decided = false;
        for (const auto* q : queries) {
            weights beside = r.of;
            beside.roles = role_k;
            const cp::catalogue_entry* k = nullptr;
            for (const auto* e : chosen(c, beside))
                if (e->side == q->side && e->attention == q->attention && e->path == q->path && e->layer == q->layer)
                    k = e;
            if (k == nullptr) return {{}, "no keys beside the queries"};
            const std::size_t n = q->outputs.count(), rank = k->outputs.count();
            size = static_cast<double>(n);
            const std::size_t columns = (std::min)(q->inputs(), k->inputs());
            if (q->inputs() != k->inputs()) of = "Gaussian factors; no product of these shapes is documented";
            if (rank != n) {
                if (2 * rank > n) return {{}, "grouped keys of more than half the rank"};
                layers.push_back({0.5, 0, 0});
                of = "algebra: grouped keys, a product of at most half the rank";
                decided = true;
            } else {
                const auto [place, fresh] = balances_.try_emplace({n, columns});
                if (fresh) place->second = geolip::qk_balance_null(n, columns, 64, seed_);
                layers.push_back(place->second);
            }
        }
        const double count = static_cast<double>(layers.size());
        detail::mean_null mean;
        double variance = 0;
        for (const auto& n : layers) mean.add(n), variance += n.sd * n.sd / count;
        const geolip::null_reading first = layers.front(), last = layers.back();
        switch (r.what) {
            case figure::positive_first: return {first, of, decided};
            case figure::positive_last: return {last, of, decided};
            case figure::positive_change:
                return {{*last.value - *first.value, std::hypot(first.sd, last.sd), 0}, of, decided};
            case figure::positive_mean: return {mean.value(), of, decided};
            case figure::positive_sd:
                if (layers.size() < 2) return {{}, "one layer"};
                if (decided) return {{}, "rounding decides the signs of zeros"};
                return {{std::sqrt(variance), std::sqrt(variance / (2 * (count - 1))), 0}, of, decided};
            default: break;
        }
        // <M, M'> / |M|² has mean 1 / n and a spread of that order.
        return {{std::sqrt(2 - 2 / size), 1 / size, 0}, "independent Gaussian factors"};
    }

    /// Norms of rows of 64 elements vary more than those of wider ones.
    geolip::null_reading neurons(const entry_list& entries) {
        std::size_t width = entries[0]->inputs();
        for (const auto* e : entries) width = (std::min)(width, e->inputs());
        const auto null = geolip::neuron_importance_null(512, (std::min)(width, std::size_t{64}), true, 4, seed_);
        return *null.weak.value > 0 ? geolip::null_reading{} : geolip::null_reading{0.0, 0, 0};
    }

    static geolip::null_reading neighbours(const entry_list& entries) {
        std::map<probe::group_key, entry_list> groups;
        for (const auto* e : entries)
            if (e->layer) groups[probe::key_of(*e)].push_back(e);
        double variance = 0, pairs = 0;
        for (auto& [kind, members] : groups) {
            std::ranges::stable_sort(members, {}, [](const auto* e) { return *e->layer; });
            for (std::size_t i = 1; i < members.size(); ++i) {
                const auto &a = *members[i - 1], &b = *members[i];
                if (a.outputs.count() != b.outputs.count() || a.inputs() != b.inputs()) continue;
                variance += 1 / static_cast<double>(a.elements);
                ++pairs;
            }
        }
        return pairs > 0 ? geolip::null_reading{0.0, std::sqrt(variance) / pairs, 0} : geolip::null_reading{};
    }

    static geolip::null_reading heads(figure what, const cp::catalogue_entry& e) {
        if (e.shape.size() != 2) return {};
        const auto null = geolip::position_bias_null(e.shape[0], e.shape[1]);
        if (what == figure::local_heads) return null.local;
        if (what == figure::global_heads) return null.global;
        const double count = static_cast<double>(e.shape[1]), p = 6 / static_cast<double>(e.shape[0]);
        return {count * (1 - p), std::sqrt(count * p * (1 - p)), 0};
    }

    /// Isotropic Gaussian rows; of norms, with the documented mean.
    static figure_null of_embedding(const row& r, const cp::catalogue_entry& e) {
        const std::size_t rows = e.outputs.count(), dim = e.inputs();
        const double n = static_cast<double>(rows), d = static_cast<double>(dim);
        const auto centred = [](double sd) { return geolip::null_reading{0.0, sd, 0}; };
        const double pairs = 12.5e6, deviate = 2.3263478740;
        geolip::null_reading x;
        switch (r.what) {
            case figure::participation: return {geolip::gaussian_participation(rows, dim), "Gaussian rows"};
            case figure::participation_share:
                x = geolip::gaussian_participation(rows, dim);
                return {{*x.value / d, x.sd / d, 0}, "Gaussian rows"};
            case figure::dimensions_95: return {dimensions(0.95, d / n, d), "Gaussian rows (Marchenko-Pastur)"};
            case figure::cosine_mean:
            case figure::cosine_50: return {centred(1 / std::sqrt(d * pairs)), "isotropic rows"};
            case figure::cosine_sd: return {{1 / std::sqrt(d), 1 / std::sqrt(2 * d * pairs), 0}, "isotropic rows"};
            case figure::cosine_1: return {{-deviate / std::sqrt(d), 0, 0}, "isotropic rows"};
            case figure::cosine_99: return {{deviate / std::sqrt(d), 0, 0}, "isotropic rows"};
            case figure::volumes_valid: return {{1000.0, 0, 0}, "points in general position", true};
            case figure::volume_cv: {
                const double law = *geolip::coefficient_of_variation(geolip::gaussian_law(), 4, d);
                return {{law, law / std::sqrt(2000.0), 0}, "Gaussian rows"};
            }
            case figure::volume_ratio: {
                const double law = *geolip::coefficient_of_variation(geolip::gaussian_law(), 4, d);
                return {{1.0, law * std::sqrt(2.0 / 1000), 0}, "Gaussian rows"};
            }
            case figure::norm_sd:
            case figure::norm_least:
            case figure::norm_most:
                for (const row& mean : embedding_rows)
                    if (mean.model == r.model && mean.what == figure::norm_mean)
                        return {norm(r.what, mean.documented, n, d), "Gaussian rows of the documented mean norm"};
                return {{}, "no documented mean norm"};
            // 45 pairs of digits, 9 of them neighbours.
            case figure::digit_correlation: return {centred(1 / std::sqrt(44.0)), "isotropic rows"};
            case figure::digit_adjacent: return {centred(1 / std::sqrt(9 * d)), "isotropic rows"};
            case figure::digit_apart: return {centred(1 / std::sqrt(36 * d)), "isotropic rows"};
            case figure::digit_gap: return {centred(std::sqrt(1 / (9 * d) + 1 / (36 * d))), "isotropic rows"};
            case figure::category_cosine:
            case figure::category_lift:
                return {centred(1 / std::sqrt(0.5 * r.tokens * (r.tokens - 1) * d)), "isotropic rows"};
            default: return {{}, "the scale of the weights decides"};
        }
    }

    /// Norms of n Gaussian rows in d dimensions are nearly normal, with a spread of 1 / √(2 d) of their mean.
    static geolip::null_reading norm(figure what, double mean, double n, double d) {
        const double sd = mean / std::sqrt(2 * d), reach = sd * detail::largest_normal(n);
        if (what == figure::norm_sd) return {sd, sd / std::sqrt(2 * n), 0};
        // The largest of n normal values varies by π / √6 of sd / √(2 ln n).
        const double spread = sd * 1.2825498 / std::sqrt(2 * std::log(n));
        return {what == figure::norm_least ? mean - reach : mean + reach, spread, 0};
    }

    /// How many eigenvalues of the covariance of rows with `ratio` = dim / rows hold `share` of the variance, by the
    /// law of V. A. Marchenko, L. A. Pastur (1967), in 100,000 steps.
    static geolip::null_reading dimensions(double share, double ratio, double dim) {
        if (!(ratio < 1)) return {};
        const double low = std::pow(1 - std::sqrt(ratio), 2), high = std::pow(1 + std::sqrt(ratio), 2);
        constexpr int steps = 100000;
        double held = 0, count = 0;
        for (int i = 0; i < steps && held < share; ++i) {
            const double x = high - (high - low) * (i + 0.5) / steps;
            const double density = std::sqrt((high - x) * (x - low)) / (2 * 3.14159265358979324 * ratio * x);
            count += density * (high - low) / steps;
            held += x * density * (high - low) / steps;
        }
        return {count * dim, 1, 0};  // the count is whole
    }

    using shape_list = std::vector<std::pair<std::size_t, std::size_t>>;

    /// Of the matrices that two models have in common, by name and shape.
    shape_list shared(const row& r) {
        std::set<std::tuple<std::string, std::size_t, std::size_t>> names;
        const auto matrix = [](const cp::catalogue_entry& e) { return e.stored_rows > 0 && e.shape.size() >= 2; };
        for (const cp::catalogue_entry& e : model(r.model).catalogue.entries)
            if (matrix(e)) names.emplace(e.name, e.rows(), e.cols());
        shape_list both;
        for (const cp::catalogue_entry& e : model(r.other).catalogue.entries)
            if (matrix(e) && names.contains({e.name, e.rows(), e.cols()})) both.emplace_back(e.rows(), e.cols());
        return both;
    }

    figure_null of_pair(const row& r) {
        if (r.what == figure::relational) return {{0.0, 1 / std::sqrt(12.5e6), 0}, "independent isotropic rows"};
        if (r.what == figure::per_simplex) return {{0.0, 1 / std::sqrt(1000.0), 0}, "independent volumes"};
        const shape_list both = shared(r);
        if (r.what == figure::common_matrices) return {{static_cast<double>(both.size()), 0, 0}, "the shapes", true};
        if (both.empty()) return {{}, "no common matrices"};
        detail::mean_null mean;
        for (const auto& [rows, cols] : both) {
            const double aligned = geolip::gaussian_procrustes_cosine(rows, cols);
            const double elements = static_cast<double>(rows) * static_cast<double>(cols);
            switch (r.what) {
                case figure::raw_cosine: mean.add({0.0, 1 / std::sqrt(elements), 0}); break;
                case figure::aligned_cosine: mean.add({aligned, 0, 0}); break;
                case figure::aligned_gain: mean.add({aligned, 1 / std::sqrt(elements), 0}); break;
                case figure::aligned_residual: mean.add({std::sqrt(2 - 2 * aligned), 0, 0}); break;
                default:
                    mean.add((std::min)(rows, cols) < 3 ? geolip::null_reading{}
                                                        : geolip::spectral_correlation_null(rows, cols, spectra_));
            }
        }
        return {mean.value(), "independent Gaussian matrices"};
    }

    std::uint64_t seed_;
    cp::model_scale scale_;
    std::map<std::string, cp::known_catalogue, std::less<>> models_;
    std::map<std::pair<std::size_t, std::size_t>, geolip::null_reading> balances_;
    geolip::gaussian_spectra spectra_;
};

}  // namespace examples::documented
