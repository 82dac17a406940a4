// Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT
#pragma once

/// \file
/// `battery<Metrics...>`: measures every tensor of a checkpoint in one pass over its files. Component `json`.

#include <algorithm>
#include <array>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>

#include "geolip/backend/task_list.hpp"
#include "geolip/checkpoint/catalogue_entry.hpp"
#include "geolip/checkpoint/catalogue_json.hpp"
#include "geolip/checkpoint/estimate_json.hpp"
#include "geolip/checkpoint/model_files.hpp"
#include "geolip/checkpoint/weight_tensor.hpp"
#include "geolip/core/estimate.hpp"

namespace geolip::checkpoint {

/// A named reading, of which a metric may have several.
struct figure {
    std::string name;  ///< a key of the report
    estimate reading;
};

namespace detail {

inline nlohmann::ordered_json json_of(const std::vector<figure>& figures) {
    nlohmann::ordered_json out = nlohmann::ordered_json::object();
    for (const figure& f : figures) out[f.name] = checkpoint::json_of(f.reading);
    return out;
}

template <class Result>
concept reported_result = std::same_as<Result, estimate> || std::same_as<Result, std::vector<figure>>;

template <class M, class Result>
concept reports_itself = requires(const M& m, const Result& r, const catalogue_entry& e) {
    { m.json(r, e) } -> std::convertible_to<nlohmann::ordered_json>;
};

}  // namespace detail

/// A metric that needs no more of a tensor than its elements one after the other: `scan(entry)` gives something with
/// `add(part)`, called for parts of any size in the order of the file, and `result()`. A tensor that only such metrics
/// apply to is never held whole.
template <class M>
concept streamed_metric = requires(const M& m, const catalogue_entry& e, std::span<const float> part) {
    m.scan(e).add(part);
    m.scan(e).result();
};

namespace detail {

template <class M>
auto reading_of(const M& m, const weight_tensor& w) {
    if constexpr (streamed_metric<M>) {
        auto scan = m.scan(w.entry());
        scan.add(w.elements());
        return scan.result();
    } else {
        return m.measure(w);
    }
}

}  // namespace detail

/// What a battery is made of: a `name`, the key of its results in the report; `applies(entry)`, which tensors it is
/// for; and `measure(weights)`, called for each of them on any thread, or else it is a `streamed_metric`. The result is
/// an `estimate`, a vector of `figure`s, or anything that the metric's own `json(result, entry)` reports.
template <class M>
concept weight_metric = requires(const M& m, const catalogue_entry& e, const weight_tensor& w) {
    { M::name } -> std::convertible_to<std::string_view>;
    { m.applies(e) } -> std::convertible_to<bool>;
    requires streamed_metric<M> || requires { m.measure(w); };
    requires std::movable<decltype(detail::reading_of(m, w))>;
    requires detail::reported_result<decltype(detail::reading_of(m, w))> ||
                 detail::reports_itself<M, decltype(detail::reading_of(m, w))>;
};

/// What a metric gives.
template <weight_metric M>
using result_of = decltype(detail::reading_of(std::declval<const M&>(), std::declval<const weight_tensor&>()));

/// A list of metrics, known when the program is compiled. Each tensor is read once, and measured by all that apply to
/// it; results do not depend on the number of threads.
template <weight_metric... Metrics>
class battery {
    static constexpr bool names_differ() {
        const std::array<std::string_view, sizeof...(Metrics)> names{std::string_view(Metrics::name)...};
        for (std::size_t i = 0; i < names.size(); ++i)
            for (std::size_t j = 0; j < i; ++j)
                if (names[i] == names[j]) return false;
        return true;
    }
    static_assert(names_differ(), "two metrics of a battery have the same name");

public:
    /// The results for one entry, in the order of the metrics; empty where one does not apply.
    using row = std::tuple<std::optional<result_of<Metrics>>...>;

    battery() = default;
    explicit battery(Metrics... metrics) : metrics_(std::move(metrics)...) {}

    /// One of the metrics.
    template <class M>
    const M& metric() const {
        return std::get<M>(metrics_);
    }
    /// The result of one of them. \pre no other metric has the same type
    template <class M>
    static const std::optional<result_of<M>>& result(const row& r) {
        return std::get<index_of<M>()>(r);
    }

    /// Whether any metric applies to it. Those that a catalogue has a reason not to measure are left out.
    bool applies(const catalogue_entry& e) const {
        return e.measured() && (std::get<Metrics>(metrics_).applies(e) || ...);
    }

    /// Of one tensor, also of one that is in no file.
    row measure(const weight_tensor& w) const { return {one(std::get<Metrics>(metrics_), w)...}; }

    /// Of one tensor of a file: whole, or a MiB at a time where all that applies is streamed.
    row measure(const model_files& files, const catalogue_entry& e) const {
        if (!applies(e)) return {};
        if (needs_whole(e)) return measure(weight_tensor(files, e));
        std::tuple<std::optional<scan_of<Metrics>>...> scans{begin(std::get<Metrics>(metrics_), e)...};
        std::vector<float> buffer;
        detail::for_each_run(e, [&](std::size_t first, std::size_t count) {
            for (std::size_t done = 0; done < count; done += part_elements) {
                buffer.resize((std::min)(part_elements, count - done));
                files.read<float>(e.tensor, first + done, std::span(buffer));
                std::apply([&](auto&... scan) { ((scan ? scan->add(std::span<const float>(buffer)) : void()), ...); },
                           scans);
            }
        });
        return std::apply([](auto&... scan) { return row{end<Metrics>(scan)...}; }, scans);
    }

    /// Bytes that this needs for the weights: of all, or of a part.
    std::uint64_t bytes(const catalogue_entry& e) const {
        if (!applies(e)) return 0;
        return sizeof(float) * (needs_whole(e) ? e.elements : (std::min<std::uint64_t>)(part_elements, e.elements));
    }

    /// Of all entries of a catalogue, several at a time within the memory of a `task_list`. `progress(done, all)` is
    /// called on the caller's thread. What reading or a metric throws ends it and is thrown here.
    template <class Progress>
    std::vector<row> run(const model_files& files, const catalogue& c, std::size_t threads, Progress&& progress) const {
        std::vector<row> rows(c.entries.size());
        task_list tasks;
        for (std::size_t i = 0; i < rows.size(); ++i)
            if (applies(c.entries[i]))
                tasks.add(bytes(c.entries[i]), [&, i] { rows[i] = measure(files, c.entries[i]); });
        tasks.run(threads, progress);
        return rows;
    }
    /// The same without a word.
    std::vector<row> run(const model_files& files, const catalogue& c, std::size_t threads = 1) const {
        return run(files, c, threads, [](std::size_t, std::size_t) {});
    }

    /// The results for an entry: an object with a key for each metric that applied.
    nlohmann::ordered_json json(const row& r, const catalogue_entry& e) const {
        nlohmann::ordered_json out = nlohmann::ordered_json::object();
        (add<Metrics>(out, r, e), ...);
        return out;
    }

    /// The document of the catalogue, each entry with its results. See `catalogue_json`.
    nlohmann::ordered_json report(const catalogue& c, const std::vector<row>& rows) const {
        nlohmann::ordered_json out = catalogue_json(c);
        for (std::size_t i = 0; i < c.entries.size() && i < rows.size(); ++i)
            out["entries"][i].update(json(rows[i], c.entries[i]));
        return out;
    }

private:
    template <class M>
    static constexpr std::size_t index_of() {
        std::size_t i = 0;
        (void)((std::same_as<M, Metrics> || (++i, false)) || ...);
        return i;
    }
    template <class M>
    static std::optional<result_of<M>> one(const M& metric, const weight_tensor& w) {
        if (!w.entry().measured() || !metric.applies(w.entry())) return std::nullopt;
        return detail::reading_of(metric, w);
    }

    // What scans the parts; of a metric that does not, nothing.
    struct no_scan {
        void add(std::span<const float>) {}
    };
    template <class M>
    static auto begin(const M& metric, const catalogue_entry& e) {
        if constexpr (streamed_metric<M>)
            return metric.applies(e) ? std::optional(metric.scan(e)) : std::nullopt;
        else
            return std::optional<no_scan>();
    }
    template <class M>
    using scan_of =
        typename decltype(begin(std::declval<const M&>(), std::declval<const catalogue_entry&>()))::value_type;
    template <class M, class Scan>
    static std::optional<result_of<M>> end(std::optional<Scan>& scan) {
        if constexpr (streamed_metric<M>)
            if (scan) return scan->result();
        return std::nullopt;
    }
    bool needs_whole(const catalogue_entry& e) const {
        return e.orientation == tensor_orientation::in_out ||
               ((!streamed_metric<Metrics> && std::get<Metrics>(metrics_).applies(e)) || ...);
    }
    static constexpr std::size_t part_elements = std::size_t{1} << 18;

    template <class M>
    void add(nlohmann::ordered_json& out, const row& r, const catalogue_entry& e) const {
        const auto& found = result<M>(r);
        if (!found) return;
        const std::string key(std::string_view(M::name));
        if constexpr (detail::reports_itself<M, result_of<M>>)
            out[key] = metric<M>().json(*found, e);
        else if constexpr (std::same_as<result_of<M>, estimate>)
            out[key] = json_of(*found);
        else
            out[key] = detail::json_of(*found);
    }

    std::tuple<Metrics...> metrics_;
};

}  // namespace geolip::checkpoint
