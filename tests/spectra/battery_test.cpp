// Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT
#include "geolip/checkpoint/battery.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <atomic>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <limits>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "geolip/checkpoint/catalogue.hpp"
#include "geolip/checkpoint/safetensors_writer.hpp"
#include "geolip/checkpoint/weight_metrics.hpp"
#include "support/temporary_folder.hpp"

namespace cp = geolip::checkpoint;
using cp::battery;
using cp::catalogue_entry;
using cp::weight_tensor;

namespace {

// 4 x 3, with singular values 5, 4, 3 times `scale`.
std::vector<float> known_matrix(float scale) { return {5 * scale, 0, 0, 0, 0, 4 * scale, 0, 3 * scale, 0, 0, 0, 0}; }

// A T5 encoder's attention, norm and embedding; the second layer's keys have a NaN.
struct model {
    temporary_folder folder;
    std::vector<std::string> names;
    cp::model_files files;
    cp::catalogue catalogue;

    model() : files(write()), catalogue(cp::make_catalogue(files.tensors(), nullptr)) {}

    std::filesystem::path write() {
        std::vector<std::pair<cp::tensor_info, std::vector<float>>> tensors;
        for (int layer = 0; layer < 2; ++layer) {
            const std::string block = "encoder.block." + std::to_string(layer) + ".layer.0.";
            for (const char* part : {"q", "k", "v"}) {
                std::vector<float> w = known_matrix(static_cast<float>(1 + layer));
                if (layer == 1 && *part == 'k') w[7] = std::numeric_limits<float>::quiet_NaN();
                tensors.push_back({{block + "SelfAttention." + part + ".weight", cp::dtype::f32, {4, 3}}, w});
            }
            tensors.push_back({{block + "layer_norm.weight", cp::dtype::f32, {3}}, {1, 1, 1}});
        }
        tensors.push_back({{"shared.weight", cp::dtype::f32, {4, 3}}, known_matrix(1)});
        tensors.push_back({{"words", cp::dtype::i64, {2}}, {0, 0, 0, 0}});
        std::vector<cp::tensor_info> table;
        for (const auto& [info, values] : tensors) table.push_back(info);
        const std::filesystem::path path = folder / "model.safetensors";
        cp::safetensors_writer out(path, table, {});
        for (const cp::tensor_info& t : out.tensors())
            for (const auto& [info, values] : tensors)
                if (info.name == t.name) out.write(std::as_bytes(std::span(values)));
        out.commit();
        return path;
    }
    const catalogue_entry& entry(std::string_view name) const {
        for (const catalogue_entry& e : catalogue.entries)
            if (e.name == name) return e;
        throw std::runtime_error("no entry");
    }
    std::size_t number(std::string_view name) const {
        return static_cast<std::size_t>(&entry(name) - catalogue.entries.data());
    }
};

// Metrics of a user's own.
struct trace {
    static constexpr std::string_view name = "trace";
    bool applies(const catalogue_entry& e) const { return e.role == cp::tensor_role::query; }
    geolip::estimate measure(const weight_tensor& w) const {
        geolip::estimate e;
        e.value = 0;
        for (std::size_t i = 0; i < std::min(w.view().rows(), w.view().cols()); ++i)
            *e.value += static_cast<double>(w.view()(i, i));
        e.null = {0.0, std::sqrt(3.0), 0};
        return e;
    }
};
struct extremes {
    static constexpr std::string_view name = "extremes";
    bool applies(const catalogue_entry& e) const { return cp::has_spectrum(e); }
    std::vector<cp::figure> measure(const weight_tensor& w) const {
        const std::vector<double>& values = w.derived<cp::singular_spectrum>();
        return {{"first", {.value = values.front(), .null = {}}}, {"last", {.value = values.back(), .null = {}}}};
    }
};

// Something that is costly to derive: counts how often it is.
std::atomic<int> derivations = 0;
struct costly {
    static double of(geolip::matrix_view<const float> m) {
        ++derivations;
        return static_cast<double>(m(0, 0));
    }
};
template <int N>
struct asks {
    static constexpr std::string_view name = N == 1 ? "one" : "two";
    bool applies(const catalogue_entry&) const { return true; }
    geolip::estimate measure(const weight_tensor& w) const { return {.value = w.derived<costly>(), .null = {}}; }
};
struct fails {
    static constexpr std::string_view name = "fails";
    bool applies(const catalogue_entry& e) const { return e.role == cp::tensor_role::key; }
    geolip::estimate measure(const weight_tensor&) const { throw std::runtime_error("no measure"); }
};

// What is no metric.
struct nameless {
    bool applies(const catalogue_entry&) const { return true; }
    geolip::estimate measure(const weight_tensor&) const { return {}; }
};
struct unreported {
    static constexpr std::string_view name = "unreported";
    bool applies(const catalogue_entry&) const { return true; }
    int measure(const weight_tensor&) const { return 0; }
};
static_assert(cp::weight_metric<trace> && cp::weight_metric<extremes> && cp::weight_metric<cp::sparsity_metric> &&
              cp::weight_metric<cp::spectrum_metric>);
static_assert(!cp::weight_metric<nameless> && !cp::weight_metric<unreported> && !cp::weight_metric<int>);

}  // namespace

TEST_CASE("built-in metrics and a user's own, over a file") {
    const model m;
    const battery<cp::sparsity_metric, cp::spectrum_metric, trace, extremes> all;
    const auto rows = all.run(m.files, m.catalogue);
    REQUIRE(rows.size() == m.catalogue.entries.size());

    const std::string query = "encoder.block.1.layer.0.SelfAttention.q.weight";
    const auto& row = rows[m.number(query)];
    const auto& values = all.result<cp::spectrum_metric>(row);
    REQUIRE(values);
    REQUIRE(values->size() == 3);
    CHECK((*values)[0] == doctest::Approx(10).epsilon(1e-12));
    CHECK((*values)[1] == doctest::Approx(8).epsilon(1e-12));
    CHECK((*values)[2] == doctest::Approx(6).epsilon(1e-12));
    REQUIRE(all.result<trace>(row));
    CHECK(*all.result<trace>(row)->value == 10);
    CHECK(all.result<cp::sparsity_metric>(row)->zeros == 9);

    const auto report = all.json(row, m.entry(query));
    CHECK(report["trace"]["z"].get<double>() == doctest::Approx(10 / std::sqrt(3.0)));
    CHECK(report["extremes"]["first"]["value"].get<double>() == doctest::Approx(10));
    CHECK(report["spectrum"]["stable_rank"]["value"].get<double>() == doctest::Approx(200.0 / 100.0));
    CHECK(report["spectrum"]["stable_rank"]["null"]["replicates"] == 64);
    CHECK(report["sparsity"].size() == 4);
    CHECK(report["sparsity"][3]["value"].get<double>() == 0.75);

    // What a metric is not for is absent, and nothing is measured of what the catalogue leaves out.
    const std::string norm = "encoder.block.0.layer.0.layer_norm.weight";
    if (m.entry(norm).measured()) CHECK_FALSE(all.result<cp::spectrum_metric>(rows[m.number(norm)]));
    CHECK(all.json(rows[m.number("words")], m.entry("words")).empty());
    CHECK_FALSE(all.result<cp::sparsity_metric>(rows[m.number("words")]));
    CHECK_FALSE(all.json(row, m.entry(query)).contains("nothing"));
    CHECK_FALSE(all.result<trace>(rows[m.number("encoder.block.0.layer.0.SelfAttention.v.weight")]));

    const auto document = all.report(m.catalogue, rows);
    CHECK(document["schema"] == "geolip.probe");
    CHECK(document["schema_version"] == 1);
    REQUIRE(document["entries"].size() == rows.size());
    const auto& entry = document["entries"][m.number(query)];
    CHECK(entry["tensor"] == query);
    CHECK(entry["role"] == "query");
    CHECK(entry["trace"] == report["trace"]);
    CHECK(entry["spectrum"] == report["spectrum"]);

    // A NaN leaves its own matrix without figures, and says why.
    const std::string broken = "encoder.block.1.layer.0.SelfAttention.k.weight";
    const auto figures = all.json(rows[m.number(broken)], m.entry(broken))["spectrum"]["stable_rank"];
    CHECK(figures["value"].is_null());
    CHECK(figures["reason"] == geolip::describe(geolip::undefined_reason::nonfinite));
}

TEST_CASE("the same for any number of threads, and progress to the end") {
    const model m;
    const battery<cp::sparsity_metric, cp::spectrum_metric, trace> all;
    const auto text = [&](std::size_t threads) {
        std::string out;
        std::size_t last = 0, of = 0;
        const auto rows = all.run(m.files, m.catalogue, threads, [&](std::size_t done, std::size_t number) {
            CHECK(done >= last);
            last = done;
            of = number;
        });
        if (threads == 1) CHECK(last == of);
        for (std::size_t i = 0; i < rows.size(); ++i) out += all.json(rows[i], m.catalogue.entries[i]).dump();
        return out;
    };
    const std::string one = text(1);
    CHECK(one.size() > 1000);
    CHECK(text(3) == one);
    CHECK(text(64) == one);
}

TEST_CASE("streamed metrics see the same in parts and in one piece, and hold no tensor") {
    // 700,000 elements are three parts; the middle third of the rows is the entry.
    const temporary_folder folder;
    constexpr std::size_t rows = 2100, cols = 1000;
    std::vector<float> w(rows * cols);
    for (std::size_t i = 0; i < w.size(); ++i) w[i] = static_cast<float>((i * 7919) % 10007) / 20000.0f - 0.25f;
    cp::safetensors_writer out(folder / "a.safetensors", {{"w", cp::dtype::f32, {rows, cols}}}, {});
    out.write(std::as_bytes(std::span(w)));
    out.commit();
    const cp::model_files files(folder / "a.safetensors");
    catalogue_entry e;
    e.name = "w";
    e.role = cp::tensor_role::value;
    e.stored_rows = rows;
    e.stored_cols = cols;
    e.elements = 700 * cols;
    e.outputs = {.first = 700, .run = 350, .stride = 350, .repeats = 2};
    const battery<cp::sparsity_metric> parts;
    CHECK(parts.bytes(e) == 4u << 18);
    const auto in_parts = parts.measure(files, e);
    const auto whole = parts.measure(weight_tensor(files, e));
    REQUIRE(std::get<0>(in_parts));
    CHECK(*std::get<0>(in_parts) == *std::get<0>(whole));
    std::uint64_t below = 0;
    for (std::size_t i = 700 * cols; i < 1400 * cols; ++i) below += std::fabs(w[i]) < 0.1f;
    CHECK(std::get<0>(in_parts)->below[3] == below);
    CHECK(std::get<0>(in_parts)->elements == 700 * cols);

    const battery<cp::sparsity_metric, asks<1>> both;  // one needs it whole
    CHECK(both.bytes(e) == 4 * e.elements);
    CHECK(*std::get<0>(both.measure(files, e)) == *std::get<0>(whole));
    CHECK(std::get<1>(both.measure(files, e))->value == static_cast<double>(w[700 * cols]));
    e.reason = "not wanted";
    CHECK(parts.bytes(e) == 0);
    CHECK_FALSE(std::get<0>(parts.measure(files, e)));
}

TEST_CASE("what two metrics derive is made once") {
    const model m;
    derivations = 0;
    const battery<asks<1>, asks<2>> both;
    std::size_t measured = 0;
    for (const auto& row : both.run(m.files, m.catalogue)) measured += std::get<0>(row).has_value();
    CHECK(measured > 5);
    CHECK(derivations == static_cast<int>(measured));
}

TEST_CASE("what a metric throws comes out") {
    const model m;
    const battery<fails> all;
    CHECK_THROWS_WITH_AS(all.run(m.files, m.catalogue, 2), "no measure", std::runtime_error);
}

TEST_CASE("weights that are in no file") {
    catalogue_entry e;
    e.name = "mine";
    e.role = cp::tensor_role::query;
    e.stored_rows = 4;
    e.stored_cols = 3;
    e.outputs = {.first = 0, .run = 4, .stride = 0, .repeats = 1};
    const battery<cp::spectrum_metric, trace> all(cp::spectrum_metric(8, 3), {});
    const auto row = all.measure(weight_tensor(e, 4, 3, known_matrix(2)));
    CHECK(std::get<0>(row)->front() == doctest::Approx(10));
    CHECK(all.json(row, e)["spectrum"]["effective_rank"]["null"]["replicates"] == 8);
    CHECK_THROWS_WITH_AS(weight_tensor(e, 4, 3, std::vector<float>(11)),
                         "weight_tensor: 11 values for a matrix of 4 x 3", geolip::shape_error);
    e.reason = "not wanted";
    CHECK(all.json(all.measure(weight_tensor(e, 4, 3, known_matrix(2))), e).empty());
}

TEST_CASE("matrices stored the other way round and parts of fused ones are read as out x in") {
    const temporary_folder folder;
    const std::vector<float> stored{0, 1, 2, 3, 10, 11, 12, 13};  // 2 x 4
    cp::safetensors_writer out(folder / "a.safetensors", {{"w", cp::dtype::f32, {2, 4}}}, {});
    out.write(std::as_bytes(std::span(stored)));
    out.commit();
    const cp::model_files files(folder / "a.safetensors");
    catalogue_entry e;
    e.shape = {2, 4};
    e.stored_rows = 2;
    e.stored_cols = 4;
    e.elements = 8;
    e.orientation = cp::tensor_orientation::in_out;
    e.outputs = {.first = 1, .run = 1, .stride = 2, .repeats = 2};  // columns 1 and 3
    const weight_tensor columns(files, e);
    REQUIRE(columns.view().rows() == 2);
    REQUIRE(columns.view().cols() == 2);
    CHECK(columns.view()(0, 0) == 1);
    CHECK(columns.view()(0, 1) == 11);
    CHECK(columns.view()(1, 0) == 3);
    CHECK(columns.view()(1, 1) == 13);
    e.orientation = cp::tensor_orientation::out_in;
    e.outputs = {.first = 1, .run = 1, .stride = 1, .repeats = 1};  // row 1
    const weight_tensor row(files, e);
    REQUIRE(row.view().rows() == 1);
    CHECK(row.view()(0, 2) == 12);
}
