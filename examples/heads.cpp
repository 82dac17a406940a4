// Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT

/// \file
/// The geometry of attention heads from the activations of any transformer: which of them are volatile, in the band or
/// collapsing, and whether their size alone explains it.

#include <CLI/CLI.hpp>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "geolip/core/version.hpp"
#include "geolip/metrics/head_health.hpp"
#include "geolip/sweep/plan.hpp"
#include "geolip/sweep/schema.hpp"
#include "support/activations.hpp"
#include "support/head_report.hpp"
#include "support/numbers.hpp"
#include "support/program.hpp"

namespace {

using namespace examples;
using geolip::sweep::law;
using geolip::sweep::parse_choice;

struct settings {
    std::vector<std::filesystem::path> files;
    std::optional<std::string> queries, keys, values;
    std::optional<layout> axes;
    std::size_t heads = 0, kv_heads = 0;  // 0: not given
    std::size_t samples = 4000;
    std::uint32_t replicates = 512;
    std::uint64_t seed = 42;
    geolip::sweep::law law = law::gaussian;
    geolip::isa isa = geolip::isa::automatic;
    health_limits limits;
    bool json = false;
};

void declare(CLI::App& app, settings& s) {
    constexpr std::size_t most_heads = 1u << 20;
    app.add_option("FILES", s.files, "Activations: .safetensors, or .npy, each one tensor called by its file's name")
        ->required();
    add_text(app, "--queries", "NAME", "q, query, q_proj, ...",
             "Last part of the names of queries; or a pattern with * for the layer",
             [&](const std::string& text) { s.queries = text; });
    add_text(app, "--keys", "NAME", "k, key, k_proj, ...", "The same for keys",
             [&](const std::string& text) { s.keys = text; });
    add_text(app, "--values", "NAME", "v, value, v_proj, ...", "The same for values",
             [&](const std::string& text) { s.values = text; });
    add_text(app, "--layout", "AXES", "tokens,features",
             "Last axes of the tensors: tokens,features or tokens,heads,dim or heads,tokens,dim",
             [&](const std::string& text) { s.axes = parse_choice<layout>(text, "--layout"); });
    add_text(app, "--heads", "H", "the tensors' axis, or 1", "Heads of queries",
             [&](const std::string& text) { s.heads = whole_number<std::size_t>(text, "--heads", 1, most_heads); });
    add_text(app, "--kv-heads", "G", "by the shapes", "Heads of keys and values", [&](const std::string& text) {
        s.kv_heads = whole_number<std::size_t>(text, "--kv-heads", 1, most_heads);
    });
    add_text(app, "--samples", "N", "4000", "Simplices of a reading", [&](const std::string& text) {
        s.samples = whole_number<std::size_t>(text, "--samples", 10, geolip::sweep::max_samples);
    });
    add_text(app, "--replicates", "N", "512", "Random pools simulated for each null", [&](const std::string& text) {
        s.replicates = whole_number<std::uint32_t>(text, "--replicates", 2, 1000000);
    });
    add_text(app, "--seed", "N", "42", "Seed of every random stream",
             [&](const std::string& text) { s.seed = whole_number<std::uint64_t>(text, "--seed", 0); });
    add_text(app, "--law", "gaussian|sphere", "gaussian", "Law of the null: sphere for rows that are normalised",
             [&](const std::string& text) { s.law = parse_choice<law>(text, "--law"); });
    add_text(app, "--isa", "auto|baseline|avx2|avx512", "auto", "Instruction-set level, for the same bits elsewhere",
             [&](const std::string& text) { s.isa = parse_choice<geolip::isa>(text, "--isa"); });
    add_text(app, "--band", "LO:HI", "0.13:0.30", "The band of CV", [&](const std::string& text) {
        std::tie(s.limits.band_low, s.limits.band_high) = parse_range(text, "--band");
        if (!(s.limits.band_low < s.limits.band_high))
            throw geolip::usage_error("--band '" + text + "': empty; expected LO:HI with LO < HI");
    });
    add_text(app, "--deviations", "X", "3", "Standard errors that a class needs",
             [&](const std::string& text) { s.limits.deviations = real_number(text, "--deviations", 0, 100); });
    add_text(app, "--collapse", "F", "0.33", "Below F * head_dim dimensions a head is collapsing",
             [&](const std::string& text) { s.limits.collapse_fraction = real_number(text, "--collapse", 0, 1); });
    app.add_flag("--json", s.json, "Print one JSON document instead of the tables");
}

std::optional<tensor_names> names_of(const settings& s) {
    if (!s.queries && !s.keys && !s.values) return std::nullopt;
    if (!s.queries || !s.keys || !s.values)
        throw geolip::usage_error("--queries, --keys, --values: only some are given; expected all three or none");
    for (const std::string& name : {*s.queries, *s.keys, *s.values}) {
        if (name.empty() || name.find('*') != name.rfind('*'))
            throw geolip::usage_error("--queries, --keys, --values '" + geolip::escaped(name) +
                                      "': expected a name, with one * at most");
    }
    return tensor_names{*s.queries, *s.keys, *s.values};
}

// Options that are not given may be in the file.
void complete(settings& s, const activation_files& files) {
    // Escaped, as a file's text may be what a terminal obeys; what the options take needs no escapes.
    const auto text = [&](const char* key) {
        const auto found = files.metadata(key);
        return found ? std::optional(geolip::escaped(*found)) : std::nullopt;
    };
    if (!s.axes) s.axes = text("layout") ? parse_choice<layout>(*text("layout"), "metadata layout") : layout();
    const auto heads = [&](std::size_t& to, const char* key) {
        if (to == 0 && text(key))
            to = whole_number<std::size_t>(*text(key), std::string("metadata ") + key, 1, 1u << 20);
    };
    heads(s.heads, "heads");
    heads(s.kv_heads, "kv_heads");
}

// The tensors' axis of heads, if they have one, must be what is asked for.
template <class T>
std::size_t heads_of(const activation_matrix<T>& m, std::size_t asked, const char* option) {
    if (m.heads != 0 && asked != 0 && m.heads != asked)
        throw geolip::shape_error("the axis of heads has " + std::to_string(m.heads) + "; expected " +
                                  std::to_string(asked) + ", as in " + option);
    return m.heads != 0 ? m.heads : asked;
}

template <class T, class Law>
class reader {
public:
    using metric = geolip::head_health<T, geolip::cpu, geolip::scale_invariant, Law>;

    reader(const activation_files& files, const settings& s) : files_(files), settings_(s) {
        metric_.samples = s.samples;
        metric_.null_replicates = s.replicates;
        metric_.seed = s.seed;
        metric_.backend.isa = s.isa;
        metric_.band_low = s.limits.band_low;
        metric_.band_high = s.limits.band_high;
        metric_.deviations = s.limits.deviations;
        metric_.collapse_fraction = s.limits.collapse_fraction;
    }

    std::vector<geolip::head_reading> operator()(const attention_tensors& layer) {
        const auto q = read_matrix<T>(files_, *layer.query, *settings_.axes);
        const auto k = read_matrix<T>(files_, *layer.key, *settings_.axes);
        const auto v = read_matrix<T>(files_, *layer.value, *settings_.axes);
        geolip::head_counts heads{.query = heads_of(q, settings_.heads, "--heads"),
                                  .key = heads_of(k, settings_.kv_heads, "--kv-heads")};
        heads_of(v, heads.key, "the keys");
        if (heads.query == 0) heads.query = 1;
        // Keys have the head_dim of queries, so shapes tell how many heads they are.
        if (heads.key == 0 && q.features > 0 && k.features * heads.query % q.features == 0)
            heads.key = k.features * heads.query / q.features;
        auto readings = metric_(q.view(), k.view(), v.view(), heads, memory_);
        metric_.stream += std::uint64_t{1} << 24;  // each layer has samples of its own
        return readings;
    }

private:
    const activation_files& files_;
    const settings& settings_;
    metric metric_;
    typename metric::workspace memory_;
};

template <class T, class Law>
std::vector<layer_health> measure(const activation_files& files, const std::vector<attention_tensors>& layers,
                                  const settings& s) {
    reader<T, Law> read(files, s);
    std::vector<layer_health> out;
    for (const attention_tensors& layer : layers) {
        try {
            out.push_back({layer.layer, read(layer)});
        } catch (const geolip::shape_error& e) {
            std::string what;
            for (const auto& [role, t] :
                 {std::pair("queries", layer.query), std::pair("keys", layer.key), std::pair("values", layer.value)}) {
                what += what.empty() ? "" : ", ";
                what += role;
                what += " " + geolip::in_quotes(t->name) + " of " + geolip::checkpoint::to_string(t->shape);
            }
            throw geolip::shape_error(what + ": " + e.what());
        }
    }
    return out;
}

// Only doubles are measured as doubles: what counts as rounding noise depends on it.
template <class Law>
std::vector<layer_health> measure(const activation_files& files, const std::vector<attention_tensors>& layers,
                                  const settings& s) {
    for (const attention_tensors& layer : layers)
        for (const auto* t : layer.all())
            if (t->dtype == geolip::checkpoint::dtype::f64) return measure<double, Law>(files, layers, s);
    return measure<float, Law>(files, layers, s);
}

int heads_main(settings& s) {
    const std::optional<tensor_names> names = names_of(s);
    const activation_files files(s.files);
    complete(s, files);
    const auto tensors = find_layers(files, names);
    const auto layers = s.law == law::gaussian ? measure<geolip::gaussian_law>(files, tensors, s)
                                               : measure<geolip::sphere_law>(files, tensors, s);
    if (s.json) {
        nlohmann::ordered_json out = health_json(layers, s.limits);
        out["provenance"] = {{"version", geolip::version_string},
                             {"random_version", geolip::random_version},
                             {"seed", s.seed},
                             {"samples", s.samples},
                             {"replicates", s.replicates},
                             {"law", to_string(s.law)},
                             {"validity", geolip::scale_invariant::name},
                             {"isa", geolip::isa_name(geolip::resolve_isa(s.isa))}};
        print(out.dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace) + "\n");
    } else {
        print(health_report(layers, s.limits));
    }
    for (const part_reading& p : parts_of(layers))
        if (p.reading->state != geolip::health::undefined) return 0;
    const auto reason = layers.front().heads.front().query.distinct.reason;
    std::fprintf(stderr, "heads: no head has a value: %s; expected rows of 4 dimensions or more, 5 at least\n",
                 describe(reason));
    return 2;
}

}  // namespace

int main(int argc, char** argv) {
    CLI::App app("CV, equivalent dimension and Q/K ratio of attention heads, from activations of any transformer.",
                 "heads");
    settings s;
    declare(app, s);
    return run(app, argc, argv, [&] { return heads_main(s); });
}
