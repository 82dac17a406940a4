// Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT
#pragma once

/// \file
/// What the pictures of a report show beyond single figures: curves and histograms of at most 64 points, each with
/// what chance gives at the same points, and the cosines of all pairs of layers.

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <span>
#include <tuple>
#include <utility>
#include <vector>

#include "geolip/checkpoint/catalogue.hpp"
#include "geolip/checkpoint/model_files.hpp"
#include "geolip/core/finite.hpp"
#include "geolip/metrics/distribution.hpp"
#include "geolip/metrics/gaussian_spectrum.hpp"
#include "geolip/metrics/layer_products.hpp"
#include "geolip/metrics/qk_balance.hpp"
#include "geolip/random/chi.hpp"
#include "geolip/random/fill.hpp"

namespace examples::probe {

namespace cp = geolip::checkpoint;
using json = nlohmann::ordered_json;

/// Points of a curve, and cells of a histogram.
inline constexpr std::size_t most_points = 64;

/// At most `most_points` numbers from 0 to n - 1, evenly spaced, both ends among them.
inline std::vector<std::size_t> thinned(std::size_t n) {
    std::vector<std::size_t> at(std::min(n, most_points));
    for (std::size_t i = 0; i < at.size(); ++i)
        at[i] = at.size() < 2 ? 0 : (2 * i * (n - 1) + at.size() - 1) / (2 * (at.size() - 1));
    return at;
}

/// To five digits: enough for what is simulated or drawn.
inline double rounded(double x) {
    char text[32];
    const auto [end, status] = std::to_chars(text, text + sizeof text, x, std::chars_format::general, 5);
    double out = x;
    std::from_chars(text, end, out);
    return out;
}

/// {"at": numbers of the values, "values", "null"}: `values` divided by `unit`, at the thinned places. `null`, if any,
/// is by the relative place: null(share), 0 <= share <= 1.
template <class Null>
json curve_json(std::span<const double> values, double unit, Null&& null) {
    json out{{"at", thinned(values.size())}, {"values", json::array()}, {"null", json::array()}};
    for (const std::size_t i : thinned(values.size())) {
        const double x = values[i] / unit;
        out["values"].push_back(geolip::detail::finite(x) ? json(x) : json(nullptr));
        const double share = values.size() < 2 ? 0 : static_cast<double>(i) / static_cast<double>(values.size() - 1);
        if (const std::optional<double> expected = null(share)) out["null"].push_back(rounded(*expected));
    }
    if (out["null"].empty()) out.erase("null");
    return out;
}

/// A function of the relative place by linear interpolation in `values`, of which there are some.
inline double at_share(std::span<const double> values, double share) {
    const double place = share * static_cast<double>(values.size() - 1);
    const auto before = std::min(static_cast<std::size_t>(place), values.size() - 1);
    const std::size_t after = std::min(before + 1, values.size() - 1);
    return values[before] + (place - static_cast<double>(before)) * (values[after] - values[before]);
}

/// Curves of chance, each of the mean over replicates; those of one shape are drawn once.
class null_curves {
public:
    null_curves(geolip::gaussian_spectra& spectra, std::uint64_t seed) : spectra_(&spectra), seed_(seed) {}

    /// Singular values of a Gaussian matrix, relative to the largest.
    const std::vector<double>& spectrum(std::size_t rows, std::size_t cols) {
        return known({0, std::min(rows, cols), std::max(rows, cols)}, [&] {
            const std::size_t size = std::min(rows, cols);
            const std::span<const double> all = (*spectra_)(rows, cols);
            std::vector<double> mean(size);
            for (std::size_t first = 0; first < all.size(); first += size)
                for (std::size_t i = 0; i < size; ++i)
                    mean[i] +=
                        all[first + i] / all[first] * static_cast<double>(size) / static_cast<double>(all.size());
            return mean;
        });
    }
    /// Shares of the variance of `rows` Gaussian rows of `dim` elements, by their principal components.
    const std::vector<double>& variances(std::size_t rows, std::size_t dim) {
        return known({1, rows, dim}, [&] {
            constexpr std::size_t replicates = 4;
            std::vector<double> mean(dim);
            if (rows < 2 || std::min(rows - 1, dim) > 65536 || std::max(rows, dim) >= (std::size_t{1} << 24))
                return mean;
            const std::size_t size = std::min(rows - 1, dim);
            const std::vector<double> all = geolip::gaussian_singular_values(rows - 1, dim, replicates, seed_);
            for (std::size_t r = 0; r < replicates; ++r) {
                double total = 0;
                for (std::size_t i = 0; i < size; ++i) total += all[r * size + i] * all[r * size + i];
                for (std::size_t i = 0; i < size; ++i)
                    mean[i] += all[r * size + i] * all[r * size + i] / total / replicates;
            }
            return mean;
        });
    }
    /// Eigenvalues of the symmetric part of A B', A and B Gaussian n x r, relative to their root mean square: of
    /// matrices of at most 96 rows in the same proportions.
    const std::vector<double>& balance(std::size_t n, std::size_t r) {
        const std::size_t rows = std::min<std::size_t>(n, 96);
        const std::size_t cols = std::max<std::size_t>(1, (r * rows + n / 2) / n);
        return known({2, rows, cols}, [&] {
            constexpr std::size_t replicates = 8;
            std::vector<double> mean;
            std::vector<float> a(rows * cols), b(rows * cols);
            for (std::size_t i = 0; i < replicates; ++i) {
                geolip::fill_normal(std::span(a), {seed_, (std::uint64_t{41} << 56) | i});
                geolip::fill_normal(std::span(b), {seed_, (std::uint64_t{42} << 56) | i});
                using view = geolip::matrix_view<const float>;
                auto reading = geolip::qk_balance<float>(view(a.data(), rows, cols), view(b.data(), rows, cols));
                const double size = root_mean_square(reading.eigenvalues);
                mean.resize(reading.eigenvalues.size());
                for (std::size_t j = 0; j < mean.size(); ++j) mean[j] += reading.eigenvalues[j] / size / replicates;
            }
            return mean;
        });
    }
    /// Importances of 4096 neurons with Gaussian weights from and to a width, descending, relative to their mean.
    const std::vector<double>& importance(std::size_t width, bool gated) {
        return known({3, width, gated ? 3u : 2u}, [&] {
            std::vector<double> values(4096, 1.0);
            if (width >= (std::size_t{1} << 24)) return values;
            double sum = 0;
            for (std::size_t i = 0; i < values.size(); ++i) {
                for (std::size_t factor = 0; factor < (gated ? 3u : 2u); ++factor) {
                    float norm = 0;
                    geolip::fill_chi(std::span(&norm, 1), static_cast<std::uint32_t>(width),
                                     {seed_, (std::uint64_t{43} << 56) | (3 * i + factor)});
                    values[i] *= static_cast<double>(norm);
                }
                sum += values[i] / 4096;
            }
            for (double& v : values) v /= sum;
            std::ranges::sort(values, std::greater<>());
            return values;
        });
    }

    static double root_mean_square(std::span<const double> values) {
        double squares = 0;
        for (const double v : values) squares += v * v;
        return std::sqrt(squares / static_cast<double>(std::max<std::size_t>(1, values.size())));
    }

private:
    template <class Make>
    const std::vector<double>& known(std::tuple<int, std::size_t, std::size_t> what, Make&& make) {
        auto place = known_.find(what);
        if (place == known_.end()) place = known_.emplace(what, make()).first;
        return place->second;
    }

    geolip::gaussian_spectra* spectra_;
    std::uint64_t seed_;
    std::map<std::tuple<int, std::size_t, std::size_t>, std::vector<double>> known_;
};

/// {"low", "high", "counts", "expected"}: of `d` in at most 64 cells, over what it has and what chance gives, `mean`
/// and `sd`; expected counts from the logarithm of chance's density, up to a constant. Without an `sd` nothing is
/// expected.
template <class Density>
json histogram_json(const geolip::distribution& d, double mean, double sd, Density&& log_density) {
    const double width = (d.high() - d.low()) / static_cast<double>(geolip::distribution::cells);
    const auto cell = [&](double x) {
        const double place = (x - d.low()) / width;
        return static_cast<std::size_t>(std::clamp(place, 0.0, static_cast<double>(geolip::distribution::cells - 1)));
    };
    std::size_t first = cell(*d.smallest()), last = cell(*d.largest());
    if (sd > 0) first = std::min(first, cell(mean - 4 * sd)), last = std::max(last, cell(mean + 4 * sd));
    const std::size_t step = (last - first) / most_points + 1, count = (last - first) / step + 1;
    const double low = d.low() + width * static_cast<double>(first), bin = width * static_cast<double>(step);
    std::vector<std::uint64_t> counts(count);
    for (std::size_t i = first; i <= last; ++i) counts[(i - first) / step] += d.histogram()[i];
    json out{{"low", low}, {"high", low + bin * static_cast<double>(count)}, {"counts", counts}};
    if (!(sd > 0)) return out;
    const double peak = log_density(mean);
    const auto integral = [&](double from, double to, int steps) {  // Simpson's rule
        const double h = (to - from) / (2 * steps);
        double sum = 0;
        for (int i = 0; i <= 2 * steps; ++i) {
            const double f = std::exp(log_density(from + h * i) - peak);
            sum += f * (i == 0 || i == 2 * steps ? 1 : i % 2 == 1 ? 4 : 2);
        }
        return sum * h / 3;
    };
    const double whole = integral(std::max(d.low(), mean - 12 * sd), mean + 12 * sd, 1000);
    for (std::size_t i = 0; i < count; ++i) {
        const double from = low + bin * static_cast<double>(i);
        // A cell that is wide beside the peak of the density is integrated where the density is.
        const double left = std::max(from, mean - 12 * sd), right = std::min(from + bin, mean + 12 * sd);
        out["expected"].push_back(
            left < right ? rounded(static_cast<double>(d.count()) * integral(left, right, 64) / whole) : 0.0);
    }
    return out;
}

/// Importances of the neurons of some layers, each relative to its layer's mean, and those of chance for each layer.
struct importance_histogram {
    std::vector<double> values;
    std::vector<std::pair<const std::vector<double>*, double>> nulls;  ///< samples of chance, and of how many units

    /// `units` more are like `sample`, which stays where it is.
    void expect(const std::vector<double>& sample, std::size_t units) {
        auto place = std::ranges::find(nulls, &sample, [](const auto& n) { return n.first; });
        if (place == nulls.end()) place = nulls.insert(nulls.end(), {&sample, 0.0});
        place->second += static_cast<double>(units);
    }

    json to_json() const {
        double low = values.front(), high = low;
        const auto show = [&](const std::vector<double>& list) {
            for (const double x : list) low = std::min(low, x), high = std::max(high, x);
        };
        show(values);
        for (const auto& [sample, units] : nulls) show(*sample);
        const double width = std::max(high - low, 1e-12) / most_points;
        const auto cell = [&](double x) {
            return std::min(most_points - 1, static_cast<std::size_t>(std::max(0.0, (x - low) / width)));
        };
        std::vector<std::uint64_t> counts(most_points);
        std::vector<double> expected(most_points);
        for (const double x : values) ++counts[cell(x)];
        for (const auto& [sample, units] : nulls)
            for (const double x : *sample) expected[cell(x)] += units / static_cast<double>(sample->size());
        for (double& x : expected) x = rounded(x);
        return {{"low", low}, {"high", low + width * most_points}, {"counts", counts}, {"expected", expected}};
    }
};

/// Elements of some rows of an entry, in an order that is the same for all entries of one shape and orientation.
inline void read_rows(const cp::model_files& files, const cp::catalogue_entry& e, std::size_t first, std::size_t count,
                      std::span<float> to, std::vector<float>& stored) {
    if (e.orientation == cp::tensor_orientation::out_in) {
        const std::size_t cols = e.inputs();
        for (std::size_t i = 0; i < count;) {
            const std::size_t here = std::min(count - i, e.outputs.run - (first + i) % e.outputs.run);
            files.read<float>(e.tensor, e.outputs[first + i] * cols, to.subspan(i * cols, here * cols));
            i += here;
        }
        return;
    }
    const std::size_t cols = e.outputs.count();
    stored.resize(count * e.stored_cols);
    files.read<float>(e.tensor, first * e.stored_cols, std::span(stored));
    for (std::size_t i = 0; i < count; ++i)
        for (std::size_t j = 0; j < cols; ++j) to[i * cols + j] = stored[i * e.stored_cols + e.outputs[j]];
}

/// The cosines of all pairs of `members`, which are entries in the order of their layers. Pairs of different shapes
/// have none. Few rows of each layer are in memory at a time.
inline geolip::layer_correlation_reading correlate_layers(const cp::model_files& files, const cp::catalogue& c,
                                                          std::span<const std::size_t> members) {
    using shape = std::tuple<cp::tensor_orientation, std::size_t, std::size_t>;
    std::map<shape, std::vector<std::size_t>> shapes;  // positions in members
    for (std::size_t i = 0; i < members.size(); ++i) {
        const cp::catalogue_entry& e = c.entries[members[i]];
        const bool straight = e.orientation == cp::tensor_orientation::out_in;
        shapes[{e.orientation, straight ? e.outputs.count() : e.inputs(), straight ? e.inputs() : e.outputs.count()}]
            .push_back(i);
    }
    geolip::layer_correlation_reading out;
    out.layers = members.size();
    out.cosines.resize(out.layers * out.layers);
    std::vector<std::size_t> elements(members.size());
    std::vector<float> part, stored;
    for (const auto& [key, alike] : shapes) {
        const auto [orientation, rows, cols] = key;
        const std::size_t step = std::max<std::size_t>(1, 8192 / cols);
        geolip::layer_products products(alike.size());
        part.resize(alike.size() * step * cols);
        for (std::size_t first = 0; first < rows; first += step) {
            const std::size_t size = std::min(step, rows - first) * cols;
            for (std::size_t l = 0; l < alike.size(); ++l)
                read_rows(files, c.entries[members[alike[l]]], first, size / cols,
                          std::span(part).subspan(l * size, size), stored);
            products.add(geolip::matrix_view<const float>(part.data(), alike.size(), size));
        }
        const auto reading = products.result();
        for (std::size_t i = 0; i < alike.size(); ++i) {
            elements[alike[i]] = rows * cols;
            for (std::size_t j = 0; j < alike.size(); ++j)
                out.cosines[alike[i] * out.layers + alike[j]] = reading.cosines[i * alike.size() + j];
        }
    }
    geolip::neighbour_correlation neighbours;
    for (std::size_t i = 0; i + 1 < out.layers; ++i) neighbours.add(out.cosines[i * out.layers + i + 1], elements[i]);
    out.adjacent = neighbours.value(geolip::undefined_reason::no_elements);
    return out;
}

}  // namespace examples::probe
