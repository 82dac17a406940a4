// Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT
#pragma once

/// \file
/// Measures the weights of a checkpoint: every tensor by itself, pairs of queries and keys, layers side by side.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "geolip/backend/task_list.hpp"
#include "geolip/checkpoint/battery.hpp"
#include "geolip/checkpoint/catalogue.hpp"
#include "geolip/checkpoint/model_files.hpp"
#include "geolip/checkpoint/weight_metrics.hpp"
#include "geolip/core/estimate.hpp"
#include "geolip/core/matrix_view.hpp"
#include "geolip/linalg/singular_values.hpp"
#include "geolip/metrics.hpp"
#include "geolip/metrics/qk_balance.hpp"
#include "support/probe_curves.hpp"
#include "support/probe_parts.hpp"
#include "support/probe_place.hpp"

namespace examples::probe {

namespace cp = geolip::checkpoint;

inline const std::vector<double> thresholds = cp::sparsity_metric{}.thresholds;

/// What is read of one entry by itself.
struct tensor_figures {
    geolip::entry_statistics entries;
    std::vector<double> values;  ///< singular, of matrices
};

/// The scales of a norm layer: a vector, of which only these are read.
inline bool is_scale(const cp::catalogue_entry& e) {
    return e.role == cp::tensor_role::norm && e.shape.size() == 1 &&
           (e.name.ends_with("weight") || e.name.ends_with("gamma"));
}

/// What a norm layer's scales begin with: 1 where it multiplies by them, 0 where, as in Gemma and Qwen3.5, by 1 + them.
/// Empty where the architecture is unknown.
inline std::optional<double> first_scale(const cp::detected_architecture& a, const cp::catalogue_entry& e) {
    if (a.name == "unknown" || e.guessed) return std::nullopt;
    if (e.name.find("mm_soft_emb_norm") != std::string::npos) return 0.0;  // Gemma's, before the tower's states
    const bool gated = e.attention == cp::attention_kind::linear;          // Qwen3.5's, within linear attention
    const bool one_and = a.name.starts_with("t5gemma") || (a.name == "qwen3.5" && !gated) ||
                         (a.name == "llama" && a.evidence.find("'gemma") != std::string::npos);
    return one_and && e.side != cp::tensor_side::visual ? 0.0 : 1.0;
}

/// Of an entry's elements as floats.
inline std::uint64_t bytes_of(const cp::catalogue_entry& e) { return sizeof(float) * e.elements; }

/// Queries and keys of one layer.
struct balance_line {
    std::size_t query = 0, key = 0;  ///< entries
    std::string reason;              ///< why the documented product has no figure
    geolip::qk_balance_reading reading;
    geolip::null_reading null;  ///< of the positive fraction
};
struct neuron_line {
    std::size_t up = 0;
    geolip::neuron_reading reading;
    geolip::neuron_null null;
};
struct correlation_line {
    group_key key;
    std::vector<std::size_t> members;  ///< entries, in the order of their layers
    geolip::layer_correlation_reading reading;
};
struct position_line {
    std::size_t entry = 0;
    std::vector<float> table;  ///< buckets x heads
    geolip::position_reading reading;
    geolip::position_null null;
};
struct scale_line {
    std::size_t entry = 0;
    geolip::scale_reading reading;
};
struct embedding_line {
    std::size_t entry = 0;
    geolip::pairwise_reading cosines, norms;
    geolip::volume_cv<4, float>::result cv;
    std::vector<double> variances;
};

struct measurements {
    part_set only;                                       ///< what was asked for
    std::vector<std::optional<tensor_figures>> tensors;  ///< of each entry that is measured
    std::vector<balance_line> balances;
    std::vector<neuron_line> neurons;
    std::vector<correlation_line> correlations;
    std::vector<position_line> positions;
    std::vector<scale_line> scales;
    std::vector<embedding_line> embeddings;
};

namespace detail {

/// The measured entries by their place: the first of each.
class entry_index {
public:
    explicit entry_index(const cp::catalogue& c) {
        for (const cp::catalogue_entry& e : c.entries)
            if (e.measured()) entries_.emplace(place_key_of(e), &e);
    }
    /// What has that role where `e` is; null if nothing has.
    const cp::catalogue_entry* beside(const cp::catalogue_entry& e, cp::tensor_role role) const {
        place_key place = place_key_of(e);
        std::get<cp::tensor_role>(std::get<group_key>(place)) = role;
        const auto found = entries_.find(place);
        return found == entries_.end() ? nullptr : found->second;
    }

private:
    std::map<place_key, const cp::catalogue_entry*> entries_;
};

}  // namespace detail

/// Everything, tensors in parallel; the result does not depend on the number of threads.
template <class Progress>
measurements measure(const cp::model_files& files, const cp::catalogue& c, const part_set& only, std::uint64_t seed,
                     unsigned threads, Progress&& progress) {
    using enum cp::tensor_role;
    measurements out;
    out.only = only;
    out.tensors.resize(c.entries.size());
    const detail::entry_index index(c);
    const auto number_of = [&](const cp::catalogue_entry& e) {
        return static_cast<std::size_t>(&e - c.entries.data());
    };
    // Slots first, so that tasks write to places that stay.
    std::map<group_key, std::vector<std::size_t>> layers;
    for (std::size_t i = 0; i < c.entries.size(); ++i) {
        const cp::catalogue_entry& e = c.entries[i];
        if (is_scale(e) && only.has(part::norms)) out.scales.push_back({.entry = i, .reading = {}});
        if (!e.measured()) continue;
        if (e.role == query && only.has(part::balance))
            if (const auto* other = index.beside(e, key))
                out.balances.push_back({.query = i, .key = number_of(*other), .reason = {}, .reading = {}, .null = {}});
        if (e.role == mlp_up && only.has(part::neurons) && index.beside(e, mlp_down) != nullptr)
            out.neurons.push_back({.up = i, .reading = {}, .null = {}});
        if (e.role == position_bias && only.has(part::positions))
            out.positions.push_back({.entry = i, .table = {}, .reading = {}, .null = {}});
        if (e.role == embedding && e.side != cp::tensor_side::visual && only.has(part::embeddings))
            out.embeddings.push_back({.entry = i, .cosines = {}, .norms = {}, .cv = {}, .variances = {}});
        if (cp::has_spectrum(e) && e.layer && only.has(part::layers)) layers[key_of(e)].push_back(i);
    }
    for (auto& [key, members] : layers) {
        std::ranges::stable_sort(members, {}, [&](std::size_t i) { return *c.entries[i].layer; });
        if (members.size() > 1) out.correlations.push_back({key, {}, {}});
    }

    // As a reader looks for them: by side and kind, then by layer.
    const auto ascending = [&](auto& lines, auto entry) {
        std::ranges::stable_sort(lines, {}, [&](const auto& line) {
            const cp::catalogue_entry& e = c.entries[line.*entry];
            return std::pair(key_of(e), e.layer);
        });
    };
    ascending(out.balances, &balance_line::query);
    ascending(out.neurons, &neuron_line::up);
    ascending(out.positions, &position_line::entry);

    const auto bytes_of = [&](std::size_t i) { return probe::bytes_of(c.entries[i]); };
    geolip::task_list tasks;
    const cp::battery<cp::sparsity_metric, cp::spectrum_metric> with_spectra;
    const cp::battery<cp::sparsity_metric> scan;
    for (std::size_t i = 0; i < c.entries.size(); ++i) {
        const cp::catalogue_entry& e = c.entries[i];
        if (!e.measured() || !only.any({part::sparsity, part::spectra})) continue;
        const bool spectra = only.has(part::spectra);
        tasks.add(spectra ? with_spectra.bytes(e) : scan.bytes(e), [&, i, spectra] {
            tensor_figures f;
            if (spectra) {
                auto [entries, values] = with_spectra.measure(files, e);
                f.entries = std::move(*entries);
                if (values) f.values = std::move(*values);
            } else {
                f.entries = std::move(*std::get<0>(scan.measure(files, e)));
            }
            out.tensors[i] = std::move(f);
        });
    }
    // Nulls that are simulated, once for all layers of a shape: rows, cols and whether there is a gate.
    using null_shape = std::tuple<std::size_t, std::size_t, bool>;
    const auto shape_of = [&](std::size_t i, bool gated) {
        return null_shape(c.entries[i].outputs.count(), c.entries[i].inputs(), gated);
    };
    const auto is_gated = [&](const neuron_line& line) {
        return index.beside(c.entries[line.up], mlp_gate) != nullptr;
    };
    std::map<null_shape, geolip::null_reading> balance_nulls;
    std::map<null_shape, geolip::neuron_null> neuron_nulls;
    for (const balance_line& line : out.balances) balance_nulls[shape_of(line.query, false)];
    for (const neuron_line& line : out.neurons) neuron_nulls[shape_of(line.up, is_gated(line))];
    const auto add_nulls = [&](auto& nulls, auto simulate) {
        for (auto& [shape, null] : nulls)
            tasks.add(sizeof(float) * std::get<0>(shape) * std::get<1>(shape),
                      [simulate, &shape = shape, &null = null] { null = std::apply(simulate, shape); });
    };
    add_nulls(balance_nulls, [seed](std::size_t rows, std::size_t cols, bool) {
        return geolip::qk_balance_null(rows, cols, 64, seed);
    });
    add_nulls(neuron_nulls, [seed](std::size_t rows, std::size_t cols, bool gated) {
        return geolip::neuron_importance_null(rows, cols, gated, 4, seed);
    });

    for (balance_line& line : out.balances)
        tasks.add(bytes_of(line.query) + bytes_of(line.key), [&] {
            const cp::weight_tensor q(files, c.entries[line.query]), k(files, c.entries[line.key]);
            if (q.rows() != k.rows() || q.cols() != k.cols()) {
                line.reason = "queries of " + std::to_string(q.rows()) + " x " + std::to_string(q.cols()) +
                              " and keys of " + std::to_string(k.rows()) + " x " + std::to_string(k.cols()) +
                              " have no product";
                return;
            }
            line.reading = geolip::qk_balance<float>(q.view(), k.view());
        });
    for (neuron_line& line : out.neurons) {
        const cp::catalogue_entry& e = c.entries[line.up];
        const cp::catalogue_entry* gate = index.beside(e, mlp_gate);
        std::uint64_t bytes = bytes_of(line.up) + bytes_of(number_of(*index.beside(e, mlp_down)));
        if (gate != nullptr) bytes += bytes_of(number_of(*gate));
        tasks.add(bytes, [&, gate] {
            const cp::weight_tensor up(files, e);
            const cp::weight_tensor down(files, *index.beside(e, mlp_down));
            std::optional<cp::weight_tensor> through;
            if (gate != nullptr) through.emplace(files, *gate);
            if (down.cols() != up.rows() || (through && through->rows() != up.rows())) {
                line.reading.reason = geolip::undefined_reason::no_elements;
                return;
            }
            line.reading = geolip::neuron_importance<float>(
                up.view(), down.view(), through ? through->view() : geolip::matrix_view<const float>());
        });
    }
    for (correlation_line& line : out.correlations) {
        line.members = layers.at(line.key);
        std::uint64_t largest = 0;
        for (const std::size_t i : line.members) largest = std::max(largest, bytes_of(i));
        tasks.add(2 * largest, [&] { line.reading = correlate_layers(files, c, line.members); });
    }
    for (position_line& line : out.positions)
        tasks.add(bytes_of(line.entry), [&] {
            const cp::catalogue_entry& e = c.entries[line.entry];
            if (e.shape.size() != 2 || e.shape[0] < 6) {
                line.reading.reason = geolip::undefined_reason::too_few_rows;
                return;
            }
            std::vector<float> table(e.shape[0] * e.shape[1]);
            files.read<float>(e.tensor, 0, std::span(table));
            line.reading = geolip::position_bias<float>({table.data(), e.shape[0], e.shape[1]});
            line.null = geolip::position_bias_null(e.shape[0], e.shape[1]);
            line.table = std::move(table);
        });
    for (scale_line& line : out.scales)
        tasks.add(bytes_of(line.entry), [&] {
            const cp::catalogue_entry& e = c.entries[line.entry];
            std::vector<float> w(e.elements);
            files.read<float>(e.tensor, 0, std::span(w));
            line.reading = geolip::scale_statistics<float>(std::span<const float>(w), first_scale(c.architecture, e));
        });
    for (embedding_line& line : out.embeddings)
        tasks.add(bytes_of(line.entry), [&, seed] {
            const cp::weight_tensor m(files, c.entries[line.entry]);
            line.cosines = geolip::pairwise_cosines<float>(m.view(), {.rows = 5000, .seed = seed});
            line.norms = geolip::row_norms<float>(m.view());
            line.cv = geolip::volume_cv<4, float>{.samples = 1000, .seed = seed}(m.view());
            line.variances = geolip::covariance_eigenvalues(m.view());
        });
    tasks.run(threads, progress);
    for (balance_line& line : out.balances)
        if (line.reason.empty()) line.null = balance_nulls[shape_of(line.query, false)];
    for (neuron_line& line : out.neurons)
        if (line.reading.reason == geolip::undefined_reason::none)
            line.null = neuron_nulls[shape_of(line.up, is_gated(line))];
    return out;
}

}  // namespace examples::probe
