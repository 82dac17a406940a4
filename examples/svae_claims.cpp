// Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT

/// \file
/// What the document on the three bands claims of trained autoencoders beyond its ablation, and what it leaves open:
/// each trained here, beside the untrained control, the law and what chance gives.

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <nlohmann/json.hpp>
#include <numeric>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <thread>
#include <tuple>
#include <utility>
#include <vector>

#include "geolip/core/version.hpp"
#include "geolip/data/image_inputs.hpp"
#include "geolip/data/noise.hpp"
#include "geolip/nn/adam.hpp"
#include "geolip/nn/lbfgs.hpp"
#include "geolip/nn/mean_squared_error.hpp"
#include "geolip/nn/parameters.hpp"
#include "geolip/simplex/volume_law.hpp"
#include "geolip/sweep/number.hpp"
#include "support/band_facts.hpp"
#include "support/documented_bands.hpp"
#include "support/program.hpp"
#include "support/progress.hpp"
#include "support/sample_inputs.hpp"
#include "support/svae_lab.hpp"
#include "support/svae_probe.hpp"
#include "support/table.hpp"

namespace {

using namespace examples;
using geolip::sweep::fixed;
using json = nlohmann::ordered_json;
namespace data = geolip::data;

// How long things are trained, and on how much they are judged.
struct effort {
    bool full = false;
    std::uint64_t seed = 42;
    unsigned threads = 1;
    std::filesystem::path text, picture;  // empty for the built-in ones

    std::size_t batch = 16;
    std::uint64_t batches = 60;

    void take_long() {
        full = true;
        batch = 128;
        batches = 1000;
    }
    std::uint64_t batches_at_high() const { return std::max<std::uint64_t>(batches / 10, 20); }
    std::uint64_t read_every() const { return full ? 50 : 5; }
    std::size_t images() const { return full ? 128 : 32; }  // a multiple of the 16 types
    std::size_t images_of_type() const { return full ? 16 : 4; }
    std::size_t pools() const { return full ? 1000 : 200; }
    std::size_t seeds() const { return full ? 3 : 1; }
    // Where an error is to come down, not a CV to be read.
    static constexpr double quick_rate = 1e-3;
};

struct section {
    std::string title, text;
    json value = json::object();
    std::string verdict = {};
};

std::string shown(const std::optional<double>& value, int decimals = 3) {
    return value ? fixed(*value, decimals) : std::string(undefined);
}
json number(const std::optional<double>& value) { return value ? json(*value) : json(nullptr); }
std::string mean_and_sd(const moments& m, int decimals = 3) {
    return m.sd() ? fixed(*m.mean(), decimals) + " +- " + fixed(*m.sd(), decimals) : shown(m.mean(), decimals);
}

double law_at(std::size_t dim) {
    return geolip::coefficient_of_variation(geolip::sphere_law(), band_order, static_cast<double>(dim)).value();
}
svae_band band_at(std::size_t dim) { return ablation_band(law_at(dim)); }

// CV of random rows on the sphere, through the same estimator.
const moments& chance_of(std::size_t rows, std::size_t dim, const effort& e) {
    static std::map<std::tuple<std::size_t, std::size_t, std::size_t, std::uint64_t>, moments> known;
    const auto [place, fresh] = known.try_emplace({rows, dim, e.pools(), e.seed});
    if (fresh) place->second = read_pools<geolip::nn::sphere_rows, float>({rows, dim}, e.pools(), e.seed).cv;
    return place->second;
}

svae_settings configuration(std::size_t dim, std::size_t rows, std::size_t patch, std::size_t hidden, std::size_t depth,
                            const effort& e) {
    svae_settings s;
    s.dim = dim;
    s.rows = rows;
    s.patch = patch;
    s.hidden = hidden;
    s.depth = depth;
    s.batch = e.batch;
    s.batches = band_at(dim) == svae_band::high ? e.batches_at_high() : e.batches;
    s.read_every = e.read_every();
    s.seed = e.seed;
    s.target = std::round(100 * law_at(dim)) / 100;
    return s;
}

svae_settings representative(svae_band band, const effort& e) {
    const svae_settings s = settings_of(band);
    return configuration(s.dim, s.rows, s.patch, s.hidden, s.depth, e);
}
constexpr svae_band all_bands[] = {svae_band::low, svae_band::mid, svae_band::high};

// Images that no run is trained on: those of another seed.
std::vector<float> fresh_images(std::string_view subset, std::size_t count, const effort& e) {
    const data::noise images({.seed = e.seed + 1000003, .types = data::noise_subset(subset)});
    std::vector<float> out(count * images.image_size());
    images.fill(std::span(out));
    return out;
}

// --- Configurations by their CV -------------------------------------------------------------------------------------

// One configuration: CV over many patches, before training and after it.
struct reading_line {
    svae_settings settings;
    std::size_t parameters = 0;
    std::optional<double> last_reading;
    svae_measurement untrained, trained;
    moments chance;
    bool diverged = false;

    svae_band expected() const { return band_at(settings.dim); }
    // In standard deviations of one reading.
    std::optional<double> in_readings(double difference) const {
        return chance.sd() ? std::optional(difference / *chance.sd()) : std::nullopt;
    }
    std::optional<double> z() const {
        return trained.cv.mean() ? in_readings(*trained.cv.mean() - *chance.mean()) : std::nullopt;
    }
    std::optional<double> relative_error() const {
        if (diverged) return std::nullopt;
        return trained.error.relative();
    }
    std::optional<double> change() const {
        return trained.cv.mean() && untrained.cv.mean() ? in_readings(*trained.cv.mean() - *untrained.cv.mean())
                                                        : std::nullopt;
    }
};

reading_line read_line(svae_lab& lab, const svae_settings& s, std::span<const float> images, const effort& e) {
    const trained_svae& run = lab(s);
    svae_probe probe(s);
    reading_line line{s,
                      geolip::nn::parameter_count(probe.model()),
                      run.result.cv_final,
                      {},
                      {},
                      chance_of(s.rows, s.dim, e),
                      run.parameters.empty()};
    line.untrained = measure_svae(probe, s, run.initial, images);
    if (!line.diverged) line.trained = measure_svae(probe, s, run.parameters, images);
    return line;
}

section reading_section(std::string title, const std::vector<reading_line>& lines) {
    table out({"configuration", "parameters", "law", "chance, mean +- sd", "untrained", "trained", "change", "z",
               "last reading", "band", "expected", "untrained is", "MSE/zero's"});
    section s{std::move(title), ""};
    std::size_t right = 0, right_untrained = 0, right_single = 0;
    double most = 0;
    for (const reading_line& l : lines) {
        const svae_band band = ablation_band(l.trained.cv.mean()), before = ablation_band(l.untrained.cv.mean());
        right += band == l.expected();
        right_untrained += before == l.expected();
        right_single += ablation_band(l.last_reading) == l.expected();
        if (const auto change = l.change()) most = std::max(most, std::fabs(*change));
        const std::optional<double> error = l.relative_error();
        out.add({name_of(l.settings), std::to_string(l.parameters), fixed(law_at(l.settings.dim), 4),
                 mean_and_sd(l.chance), mean_and_sd(l.untrained.cv), mean_and_sd(l.trained.cv), shown(l.change(), 1),
                 shown(l.z(), 1), shown(l.last_reading), std::string(name_of(band)), std::string(name_of(l.expected())),
                 std::string(name_of(before)), shown(error)});
        s.value["configurations"].push_back(
            {{"name", name_of(l.settings)},
             {"parameters", l.parameters},
             {"batches", l.settings.batches},
             {"law", law_at(l.settings.dim)},
             {"chance", {{"mean", number(l.chance.mean())}, {"sd", number(l.chance.sd())}}},
             {"cv_untrained", number(l.untrained.cv.mean())},
             {"cv_trained", number(l.trained.cv.mean())},
             {"sd_of_a_patch", number(l.trained.cv.sd())},
             {"change", number(l.change())},
             {"z", number(l.z())},
             {"last_reading", number(l.last_reading)},
             {"band", name_of(band)},
             {"expected", name_of(l.expected())},
             {"band_untrained", name_of(before)},
             {"relative_error", number(error)}});
    }
    const std::string of = " of " + std::to_string(lines.size());
    const std::size_t all = lines.size();
    s.verdict = right < all              ? "does not hold for " + std::to_string(all - right)
                : right_untrained == all ? std::string("holds, and of untrained models too: the law of the sphere")
                                         : std::string("holds, and comes with training");
    s.value["in_band"] = right;
    s.value["in_band_untrained"] = right_untrained;
    s.value["in_band_by_last_reading"] = right_single;
    s.text = out.text() + "\nIn the band of their D: " + std::to_string(right) + of + " trained, " +
             std::to_string(right_untrained) + of + " untrained, " + std::to_string(right_single) + of +
             " by one reading of one patch. Training moves the mean CV by\n" + fixed(most, 1) +
             " standard deviations of one reading at most. CV: mean +- sd over patches; z and change in standard "
             "deviations of one reading.\n";
    return s;
}

std::vector<svae_settings> family_runs(const effort& e) {
    const auto make = [&](std::size_t dim, std::size_t rows, std::size_t patch, std::size_t hidden, std::size_t depth) {
        return configuration(dim, rows, patch, hidden, depth, e);
    };
    return {make(16, 64, 16, 64, 1), make(16, 32, 16, 64, 1), make(16, 128, 16, 64, 1), make(16, 64, 16, 128, 2),
            make(16, 64, 8, 64, 1),  make(8, 64, 16, 64, 1),  make(8, 64, 16, 128, 1),  make(8, 64, 16, 64, 2),
            make(8, 32, 8, 64, 1),   make(4, 32, 4, 64, 1),   make(4, 64, 4, 64, 1),    make(4, 32, 8, 128, 1),
            make(4, 32, 16, 64, 2)};
}
std::vector<svae_settings> d32_runs(const effort& e) {
    std::vector<svae_settings> runs;
    for (const auto& [rows, hidden, depth] : {std::tuple(64, 64, 1), std::tuple(32, 64, 1), std::tuple(128, 64, 1),
                                              std::tuple(64, 128, 1), std::tuple(64, 64, 2)})
        runs.push_back(configuration(32, static_cast<std::size_t>(rows), 16, static_cast<std::size_t>(hidden),
                                     static_cast<std::size_t>(depth), e));
    return runs;
}

std::vector<reading_line> read_lines(svae_lab& lab, const std::vector<svae_settings>& runs, const effort& e) {
    const std::vector<float> images = fresh_images("all16", e.images(), e);
    std::vector<reading_line> lines;
    for (const svae_settings& s : runs) lines.push_back(read_line(lab, s, images, e));
    return lines;
}

section family(svae_lab& lab, const effort& e) {
    section s = reading_section("The family of 13: the band goes by D, whatever V, hidden, depth and patch",
                                read_lines(lab, family_runs(e), e));
    s.text += "Three of the 13 are documented (the first with D = 16, 8 and 4); the others are our choice.\n";
    return s;
}

section d32(svae_lab& lab, const effort& e) {
    const std::vector<reading_line> lines = read_lines(lab, d32_runs(e), e);
    section s = reading_section("D = 32: a new band below 0.20, or LOW again? (open question)", lines);
    s.text += "Documented prediction: near 0.13. The law is " + fixed(law_at(32), 4) +
              ", a value of its own; the thresholds call all below 0.30 LOW.\n";
    if (s.value["in_band"] == lines.size())
        s.verdict = "a value of its own below 0.20, the law's, trained or not: the ladder goes on";
    return s;
}

// --- CV on the way --------------------------------------------------------------------------------------------------

std::vector<svae_settings> early_runs(const effort& e) {
    std::vector<svae_settings> runs;
    for (const svae_band band : all_bands) {
        svae_settings s = representative(band, e);
        s.batches = band == svae_band::high ? 10 * e.batches_at_high() : 5 * e.batches;
        runs.push_back(s);
    }
    return runs;
}

section early(svae_lab& lab, const effort& e) {
    section s{"CV early in training predicts the final band", ""};
    table out({"band", "batches", "untrained", "early, at batch", "reading", "EMA", "last", "EMA", "in the band",
               "all readings", "chance", "2nd half - 1st", "z"});
    bool foretold = true, foretold_untrained = true;
    for (const svae_settings& settings : early_runs(e)) {
        const svae_result& r = lab(settings).result;
        const svae_band band = band_at(settings.dim);
        const std::uint64_t when = settings.batches / (band == svae_band::high ? 10 : 5);
        const svae_reading* at = nullptr;
        moments all, halves[2];
        std::size_t inside = 0;
        for (const svae_reading& reading : r.readings) {
            if (reading.batch <= when) at = &reading;
            if (!reading.cv) continue;
            all.add(*reading.cv);
            halves[2 * reading.batch >= settings.batches].add(*reading.cv);
            inside += ablation_band(reading.cv) == band;
        }
        if (at == nullptr) continue;
        foretold = foretold && ablation_band(at->cv) == ablation_band(r.cv_final);
        foretold_untrained = foretold_untrained && ablation_band(r.cv_untrained) == ablation_band(r.cv_final);
        const moments& chance = chance_of(settings.rows, settings.dim, e);
        std::optional<double> drift, z;
        if (halves[0].standard_error() && halves[1].standard_error()) {
            drift = *halves[1].mean() - *halves[0].mean();
            z = *drift / std::hypot(*halves[0].standard_error(), *halves[1].standard_error());
        }
        out.add({std::string(name_of(band)), std::to_string(settings.batches), shown(r.cv_untrained),
                 std::to_string(at->batch), shown(at->cv), shown(at->ema), shown(r.cv_final), shown(r.cv_ema),
                 std::to_string(inside) + " of " + std::to_string(all.count()), mean_and_sd(all), mean_and_sd(chance),
                 shown(drift), shown(z, 1)});
        s.value["bands"].push_back({{"band", name_of(band)},
                                    {"batches", settings.batches},
                                    {"cv_untrained", number(r.cv_untrained)},
                                    {"early_batch", at->batch},
                                    {"cv_early", number(at->cv)},
                                    {"ema_early", number(at->ema)},
                                    {"cv_last", number(r.cv_final)},
                                    {"ema_last", number(r.cv_ema)},
                                    {"readings", all.count()},
                                    {"in_band", inside},
                                    {"mean", number(all.mean())},
                                    {"sd", number(all.sd())},
                                    {"chance", {{"mean", number(chance.mean())}, {"sd", number(chance.sd())}}},
                                    {"drift", number(drift)},
                                    {"drift_z", number(z)}});
    }
    s.text =
        out.text() +
        "\nA reading is of one patch, so it scatters as a pool of random rows does. All readings: mean +- sd of those "
        "of the run.\n2nd half - 1st: how far their mean moves, and that over its standard error.\n";
    s.verdict = !foretold            ? "does not hold"
                : foretold_untrained ? "holds, and the reading before any training foretells the band as well"
                                     : "holds, and takes training";
    return s;
}

// --- Transfer -------------------------------------------------------------------------------------------------------

svae_settings quick(svae_settings s, std::string_view noise, const effort& e) {
    s.noise = noise;
    s.rate = effort::quick_rate;
    s.batches = e.batches;
    return s;
}
constexpr std::string_view trained_on[] = {"all16", "gaussian"};

std::vector<svae_settings> transfer_runs(const effort& e) {
    std::vector<svae_settings> runs;
    for (const std::string_view noise : trained_on)
        for (const svae_band band : all_bands) runs.push_back(quick(representative(band, e), noise, e));
    return runs;
}

struct named_images {
    std::string name;
    std::vector<float> values;
};

std::vector<named_images> transfer_inputs(const effort& e) {
    constexpr std::size_t side = 64;
    std::vector<named_images> out;
    for (std::size_t t = 0; t < data::noise_type_count; ++t) {
        const std::string name(name_of(static_cast<data::noise_type>(t)));
        out.push_back({name, fresh_images(name, e.images_of_type(), e)});
    }
    const std::size_t characters = e.images_of_type() * 3 * side * side;
    out.push_back({"text", e.text.empty() ? data::images_of_text(sample_text(characters, e.seed), side).values
                                          : data::images_of_bytes(geolip::input_file(e.text).mapped(), side).values});
    out.push_back(
        {"pictures",
         data::images_of_picture(
             e.picture.empty() ? sample_picture(side, e.images_of_type(), e.seed) : data::read_ppm(e.picture), side)
             .values});
    return out;
}

section transfer(svae_lab& lab, const effort& e) {
    section s{"Transfer: error on each kind of input, as a share of what predicting zero makes", ""};
    const std::vector<named_images> inputs = transfer_inputs(e);
    for (const std::string_view noise : trained_on) {
        std::vector<std::string> header{"input"};
        std::vector<std::vector<std::string>> cells;
        for (const named_images& input : inputs) cells.push_back({input.name});
        std::vector<std::vector<double>> relative;
        json bands = json::array();
        for (const svae_band band : all_bands) {
            const svae_settings settings = quick(representative(band, e), noise, e);
            const trained_svae& run = lab(settings);
            header.insert(header.end(), {std::string(name_of(band)), "untrained"});
            svae_probe probe(settings);
            relative.emplace_back();
            json errors = json::object();
            for (std::size_t i = 0; i < inputs.size(); ++i) {
                const auto error_of = [&](const std::vector<float>& w) {
                    svae_error error;
                    for (std::size_t at = 0; at < inputs[i].values.size(); at += probe.image_size()) {
                        const auto image = std::span(inputs[i].values).subspan(at, probe.image_size());
                        add_error(error, image, probe.reconstruct(w, image));
                    }
                    return error.relative();
                };
                const double untrained = error_of(run.initial);
                const double trained = run.parameters.empty() ? std::nan("") : error_of(run.parameters);
                relative.back().push_back(trained);
                cells[i].push_back(fixed(trained, 3));
                cells[i].push_back(fixed(untrained, 2));
                errors[inputs[i].name] = {{"trained", trained}, {"untrained", untrained}};
            }
            bands.push_back({{"band", name_of(band)}, {"relative_error", errors}});
        }
        header.push_back("least");
        table out(header);
        std::size_t least_high = 0;
        double worst[std::size(all_bands)] = {};
        for (std::size_t i = 0; i < inputs.size(); ++i) {
            std::size_t best = 0;
            for (std::size_t b = 0; b < relative.size(); ++b) {
                if (relative[b][i] < relative[best][i]) best = b;
                worst[b] = std::max(worst[b], relative[b][i]);
            }
            least_high += all_bands[best] == svae_band::high;
            cells[i].push_back(std::string(name_of(all_bands[best])));
            out.add(cells[i]);
        }
        s.text += "Trained on " + std::string(noise) + " noise\n\n" + out.text() + "\nHIGH errs least on " +
                  std::to_string(least_high) + " of " + std::to_string(inputs.size()) +
                  " inputs; worst of LOW, MID, HIGH: " + fixed(worst[0], 3) + ", " + fixed(worst[1], 3) + ", " +
                  fixed(worst[2], 3) + ".\n\n";
        if (!s.verdict.empty()) s.verdict += "; ";
        s.verdict += "trained on " + std::string(noise) + ", HIGH errs least on " + std::to_string(least_high) +
                     " of " + std::to_string(inputs.size()) +
                     (worst[2] < 1.5 ? " and fails on none" : " and fails on some");
        s.value[std::string(noise)] = {{"bands", bands}, {"high_errs_least_on", least_high}, {"inputs", inputs.size()}};
    }
    s.text +=
        "Documented, not shown there: LOW transfers best, HIGH \"will likely fail catastrophically\" on what it was "
        "not trained on.\nText: bytes of " +
        std::string(e.text.empty() ? "built-in sentences" : "the file given") +
        "; pictures: " + std::string(e.picture.empty() ? "drawn shapes" : "the file given") + ".\n";
    return s;
}

// --- What HIGH encodes ----------------------------------------------------------------------------------------------

section modes(svae_lab& lab, const effort& e) {
    const svae_settings settings = quick(representative(svae_band::high, e), "all16", e);
    const trained_svae& run = lab(settings);
    section s{"What HIGH encodes: singular direction by direction (open question)", ""};
    if (run.parameters.empty()) {
        s.verdict = "the run diverged: " + run.result.reason;
        return s;
    }
    const std::vector<float> images = fresh_images("all16", e.images(), e);
    svae_probe probe(settings);
    const std::size_t dim = settings.dim, size = probe.image_size();
    struct line {
        moments share, share_untrained, share_chance, gain;
        svae_error without, only;
    };
    std::vector<line> lines(dim);
    svae_error whole;
    const auto add_shares = [&](moments line::* to) {
        for (std::size_t p = 0; p < probe.patches(); ++p) {
            const auto values = probe.singular_values(p);
            double total = 0;
            for (const float v : values) total += static_cast<double>(v) * static_cast<double>(v);
            for (std::size_t j = 0; j < dim; ++j)
                (lines[j].*to).add(static_cast<double>(values[j]) * static_cast<double>(values[j]) / total);
        }
    };
    for (std::size_t at = 0; at < images.size(); at += size) {
        const std::span<const float> image = std::span(images).subspan(at, size);
        probe.reconstruct(run.initial, image);
        add_shares(&line::share_untrained);
        add_error(whole, image, probe.reconstruct(run.parameters, image));
        add_shares(&line::share);
        for (std::size_t p = 0; p < probe.patches(); ++p)
            for (std::size_t j = 0; j < dim; ++j)
                lines[j].gain.add(static_cast<double>(probe.scaled_values(p)[j]) /
                                  static_cast<double>(probe.singular_values(p)[j]));
        for (std::size_t j = 0; j < dim; ++j) {
            std::vector<bool> keep(dim, true);
            keep[j] = false;
            add_error(lines[j].without, image, probe.reconstruct_from(keep));
            keep.flip();
            add_error(lines[j].only, image, probe.reconstruct_from(keep));
        }
    }
    // Uniform rows: the readout of a model without an encoder.
    using readout_type = geolip::nn::svd_readout<float, geolip::nn::identity<float>>;
    const readout_type readout(settings.rows, dim, geolip::nn::identity<float>());
    const geolip::nn::shape pools({1, e.pools(), settings.rows * dim});
    std::vector<float> rows(pools.size()), kept_norms(e.pools() * settings.rows);
    geolip::fill_normal(std::span(rows), {e.seed, std::uint64_t{53} << 56});
    geolip::nn::sphere_rows::forward(rows.data(), rows.data(),
                                     geolip::nn::row_block<float>{e.pools() * settings.rows, dim, kept_norms.data()});
    geolip::nn::workspace_memory<readout_type> memory(readout, pools);
    geolip::nn::aligned_memory<float> unused(pools.size());
    readout.forward({}, {rows.data(), pools}, {unused.all().data(), pools}, memory.view());
    const auto values = readout.singular_values(pools, std::span<const float>(memory.view().kept));
    for (std::size_t i = 0; i < values.size(); ++i)  // the squares sum to the number of rows
        lines[i % dim].share_chance.add(static_cast<double>(values[i]) * static_cast<double>(values[i]) /
                                        static_cast<double>(settings.rows));

    table out({"direction", "share of the squares", "untrained", "uniform rows", "S'/S", "error without it",
               "error of it alone"});
    for (std::size_t j = 0; j < dim; ++j) {
        const line& l = lines[j];
        out.add({std::to_string(j + 1), mean_and_sd(l.share), mean_and_sd(l.share_untrained),
                 mean_and_sd(l.share_chance), shown(l.gain.mean()), fixed(l.without.relative(), 3),
                 fixed(l.only.relative(), 3)});
        s.value["directions"].push_back({{"share", number(l.share.mean())},
                                         {"share_untrained", number(l.share_untrained.mean())},
                                         {"share_uniform", number(l.share_chance.mean())},
                                         {"gain", number(l.gain.mean())},
                                         {"relative_error_without", l.without.relative()},
                                         {"relative_error_alone", l.only.relative()}});
    }
    double most = 0;
    for (const line& l : lines)
        most = std::max(most, std::fabs(*l.share.mean() - *l.share_chance.mean()) / *l.share_chance.sd());
    s.verdict = most < 0.5 ? "no direction is special: the shares are those of uniform rows"
                           : "training moves the shares by " + fixed(most, 1) + " standard deviations of a patch";
    s.value["relative_error"] = whole.relative();
    s.text = out.text() + "\nErrors as a share of what predicting zero makes; with all directions " +
             fixed(whole.relative(), 3) +
             ". Directions are those of each patch, by descending singular value;\nmean +- sd over patches.\n";
    return s;
}

// --- L-BFGS ---------------------------------------------------------------------------------------------------------

section lbfgs(svae_lab&, const effort& e) {
    namespace nn = geolip::nn;
    section s{"L-BFGS against Adam in HIGH, on one batch that stays", ""};
    const std::uint64_t iterations = std::max<std::uint64_t>(e.batches / 10, 8);
    struct outcome {
        std::string name;
        moments fixed_batch, fresh, cv;
        std::size_t evaluations = 0;
    };
    std::vector<outcome> outcomes{{"untrained", {}, {}, {}}, {"L-BFGS", {}, {}, {}}};
    constexpr double rates[] = {1e-4, 1e-3, 1e-2};
    for (const double rate : rates) outcomes.push_back({"Adam, rate " + geolip::sweep::shortest(rate), {}, {}, {}});

    const svae_settings settings = representative(svae_band::high, e);
    svae_probe probe(settings);
    const plain_svae& model = probe.model();
    const std::vector<float> fresh = fresh_images("all16", e.images(), e);
    const nn::shape shape({settings.batch, 3, settings.side, settings.side});
    nn::data_parallel<plain_svae> batch(model, shape, {.shards = 8, .threads = e.threads});
    for (std::uint64_t seed = e.seed; seed < e.seed + e.seeds(); ++seed) {
        std::vector<float> images(shape.size());
        data::noise({.seed = seed}).fill(std::span(images));
        const nn::tensor_view<const float> x(images.data(), shape);
        std::size_t evaluations = 0;
        const auto loss = [&](std::span<const float> w, std::span<float> g) {
            ++evaluations;
            return batch.gradient(w, x, g, [&](std::size_t begin, auto y, auto dy) {
                return nn::mean_squared_error<float>()(y, x.slice(begin, y.extents().front()), dy,
                                                       1 / static_cast<double>(x.size()));
            });
        };
        const std::vector<float> initial = nn::initial_parameters(model, seed);
        const auto judge = [&](outcome& to, std::span<const float> w) {
            const svae_measurement on_batch = measure_svae(probe, settings, w, images, 1);
            const svae_measurement on_fresh = measure_svae(probe, settings, w, fresh);
            to.fixed_batch.add(on_batch.error.mse());
            to.fresh.add(on_fresh.error.mse());
            to.cv.add(*on_fresh.cv.mean());
            to.evaluations = evaluations;
        };
        judge(outcomes[0], initial);
        std::vector<float> w = initial;
        nn::lbfgs<float> newton(w.size());
        while (newton.iterations() < iterations) {
            const std::uint64_t before = newton.iterations();
            newton.step(w, loss);
            if (newton.iterations() == before) break;
        }
        judge(outcomes[1], w);
        // As many evaluations as the line searches took.
        const std::size_t as_many = evaluations;
        for (std::size_t r = 0; r < std::size(rates); ++r) {
            w = initial;
            nn::adam<float> adam(w.size(), {.rate = rates[r]});
            std::vector<float> g(w.size());
            evaluations = 0;
            while (evaluations < as_many) nn::train_step(adam, std::span(w), std::span(g), loss);
            judge(outcomes[2 + r], w);
        }
    }
    const auto best_adam =
        std::min_element(outcomes.begin() + 2, outcomes.end(),
                         [](const outcome& a, const outcome& b) { return *a.fresh.mean() < *b.fresh.mean(); });
    s.verdict = *outcomes[1].fresh.mean() < *best_adam->fresh.mean()
                    ? "holds: lower than Adam at any of these rates"
                    : "not for as many evaluations: " + best_adam->name + " is lower";
    table out({"optimiser", "evaluations", "MSE, that batch", "MSE, fresh images", "CV"});
    for (const outcome& o : outcomes) {
        out.add({o.name, std::to_string(o.evaluations), mean_and_sd(o.fixed_batch, 4), mean_and_sd(o.fresh, 4),
                 mean_and_sd(o.cv)});
        s.value["optimisers"].push_back({{"name", o.name},
                                         {"evaluations", o.evaluations},
                                         {"mse_of_the_batch", number(o.fixed_batch.mean())},
                                         {"mse_of_fresh_images", number(o.fresh.mean())},
                                         {"cv", number(o.cv.mean())},
                                         {"seeds", o.cv.count()}});
    }
    s.text = out.text() + "\nDocumented: 0.0644 by L-BFGS after 100 batches, 0.072 by Adam after 30 epochs. Here: " +
             std::to_string(settings.batch) +
             " images of the 16 types, and as many evaluations of the gradient for each; " + std::to_string(e.seeds()) +
             (e.seeds() == 1 ? " seed" : " seeds, mean +- sd") + ".\nChance has CV " +
             mean_and_sd(chance_of(settings.rows, settings.dim, e)) + ".\n";
    return s;
}

// --- MSE or CV ------------------------------------------------------------------------------------------------------

constexpr std::size_t grid_sizes[] = {4, 8, 16};  // of D, and of the patch

std::vector<svae_settings> triage_runs(const effort& e) {
    std::vector<svae_settings> runs;
    for (const std::size_t dim : grid_sizes) {
        for (const std::size_t patch : grid_sizes) {
            svae_settings s = quick(configuration(dim, 32, patch, 64, 1, e), "all16", e);
            s.batch = std::max<std::size_t>(e.batch / 2, 1);
            s.batches = std::max<std::uint64_t>(e.batches / 2, 1);
            runs.push_back(s);
        }
    }
    return runs;
}

// Shares of the variance of a table that its rows and its columns account for.
std::pair<double, double> shares_of_variance(const std::vector<std::vector<double>>& values) {
    const std::size_t n = values.size();
    double mean = 0, total = 0, by_row = 0, by_column = 0;
    for (const auto& row : values) mean += std::accumulate(row.begin(), row.end(), 0.0) / static_cast<double>(n * n);
    for (std::size_t i = 0; i < n; ++i) {
        double row = 0, column = 0;
        for (std::size_t j = 0; j < n; ++j) {
            total += (values[i][j] - mean) * (values[i][j] - mean);
            row += values[i][j] / static_cast<double>(n);
            column += values[j][i] / static_cast<double>(n);
        }
        by_row += static_cast<double>(n) * (row - mean) * (row - mean);
        by_column += static_cast<double>(n) * (column - mean) * (column - mean);
    }
    return {by_row / total, by_column / total};
}

section triage(svae_lab& lab, const effort& e) {
    section s{"MSE or CV: what each of them ranks by", ""};
    const std::vector<reading_line> lines = read_lines(lab, triage_runs(e), e);
    std::vector<std::size_t> by_error(lines.size());
    std::iota(by_error.begin(), by_error.end(), std::size_t{0});
    std::sort(by_error.begin(), by_error.end(), [&](std::size_t a, std::size_t b) {
        return lines[a].trained.error.relative() < lines[b].trained.error.relative();
    });
    table out({"rank by MSE", "configuration", "D", "patch", "MSE/zero's", "MSE", "CV", "band"});
    for (std::size_t rank = 0; rank < lines.size(); ++rank) {
        const reading_line& l = lines[by_error[rank]];
        out.add({std::to_string(rank + 1), name_of(l.settings), std::to_string(l.settings.dim),
                 std::to_string(l.settings.patch), fixed(l.trained.error.relative(), 3),
                 fixed(l.trained.error.mse(), 3), mean_and_sd(l.trained.cv),
                 std::string(name_of(ablation_band(l.trained.cv.mean())))});
        s.value["configurations"].push_back({{"name", name_of(l.settings)},
                                             {"relative_error", l.trained.error.relative()},
                                             {"mse", l.trained.error.mse()},
                                             {"cv", number(l.trained.cv.mean())}});
    }
    constexpr std::size_t n = std::size(grid_sizes);
    std::vector<std::vector<double>> error(n), cv(n);
    for (std::size_t i = 0; i < lines.size(); ++i) {
        error[i / n].push_back(std::log(lines[i].trained.error.relative()));
        cv[i / n].push_back(std::log(lines[i].trained.cv.mean().value_or(1)));
    }
    const auto [error_by_dim, error_by_patch] = shares_of_variance(error);
    const auto [cv_by_dim, cv_by_patch] = shares_of_variance(cv);
    s.value["share_of_log_error_by"] = {{"dim", error_by_dim}, {"patch", error_by_patch}};
    s.value["share_of_log_cv_by"] = {{"dim", cv_by_dim}, {"patch", cv_by_patch}};
    s.verdict = error_by_patch > error_by_dim && cv_by_dim > cv_by_patch
                    ? "MSE ranks by the patch and CV by D: neither tells of the other"
                    : "MSE does not rank by the patch here";
    const auto percent = [](double share) { return fixed(100 * share, 1) + " %"; };
    s.text =
        out.text() + "\nOf the variance of ln MSE the patch accounts for " + percent(error_by_patch) + ", D for " +
        percent(error_by_dim) + "; of that of ln CV the patch for " + percent(cv_by_patch) + ", D for " +
        percent(cv_by_dim) +
        ".\nThe documented HIGH has the least MSE (0.071 against 0.842) and the smallest patch: its 48 numbers pass "
        "the 64 hidden units\nwhole, the 768 of LOW and MID do not. V = 32 and hidden 64 everywhere.\n";
    return s;
}

struct question {
    std::string_view name;
    section (*answer)(svae_lab&, const effort&);
    std::vector<svae_settings> (*runs)(const effort&);
};

std::vector<svae_settings> modes_runs(const effort& e) {
    return {quick(representative(svae_band::high, e), "all16", e)};
}
std::vector<svae_settings> no_runs(const effort&) { return {}; }

constexpr question questions[] = {{"family", family, family_runs}, {"early", early, early_runs},
                                  {"d32", d32, d32_runs},          {"transfer", transfer, transfer_runs},
                                  {"modes", modes, modes_runs},    {"lbfgs", lbfgs, no_runs},
                                  {"triage", triage, triage_runs}};

std::set<std::string> parse_names(const std::string& text) {
    std::set<std::string> names;
    for (std::size_t from = 0; from <= text.size();) {
        const std::size_t to = std::min(text.find(',', from), text.size());
        const std::string name = text.substr(from, to - from);
        if (std::none_of(std::begin(questions), std::end(questions),
                         [&](const question& q) { return q.name == name; })) {
            std::string known;
            for (const question& q : questions) known += std::string(known.empty() ? "" : ", ") + std::string(q.name);
            throw geolip::usage_error("--only '" + name + "': expected some of " + known);
        }
        names.insert(name);
        from = to + 1;
    }
    return names;
}

}  // namespace

int main(int argc, char** argv) {
    CLI::App app("What the document on the three bands claims of trained autoencoders, and what it leaves open.",
                 "svae_claims");
    effort e;
    e.threads = std::max(1u, std::thread::hardware_concurrency());
    bool as_json = false;
    std::set<std::string> only;
    add_text(app, "--only", "NAME,...", "all", "Some of family, early, d32, transfer, modes, lbfgs, triage",
             [&](const std::string& text) { only = parse_names(text); });
    app.add_flag_callback("--long", [&] { e.take_long(); }, "As documented: 1000 batches of 128 images; hours");
    add_text(app, "--batches", "N", "60", "Batches of a run at LOW and MID",
             [&](const std::string& text) { e.batches = whole_number<std::uint64_t>(text, "--batches", 10, 1000000); });
    add_text(app, "--batch", "N", "16", "Images of a batch",
             [&](const std::string& text) { e.batch = whole_number<std::size_t>(text, "--batch", 1, 4096); });
    add_text(app, "--seed", "N", "42", "Seed of everything drawn",
             [&](const std::string& text) { e.seed = whole_number<std::uint64_t>(text, "--seed", 0, 1u << 30); });
    add_text(app, "--threads", "N", "all", "Runs at a time; no result depends on it",
             [&](const std::string& text) { e.threads = whole_number<unsigned>(text, "--threads", 1, 1024); });
    add_text(app, "--text", "FILE", "built in", "Text for transfer", [&](const std::string& text) { e.text = text; });
    add_text(app, "--picture", "FILE", "built in", "Binary PPM picture for transfer",
             [&](const std::string& text) { e.picture = text; });
    app.add_flag("--json", as_json, "Print one JSON document instead of tables");
    return run(app, argc, argv, [&] {
        std::vector<section> sections;
        {
            progress bar(" batches");
            svae_lab lab(e.threads, [&](std::size_t done, std::size_t all) { bar(done, all); });
            const auto chosen = [&](std::string_view name) { return only.empty() || only.contains(std::string(name)); };
            if (chosen("transfer")) transfer_inputs(e);  // a bad file fails before hours of training
            std::vector<svae_settings> wanted;
            for (const question& q : questions)
                for (const svae_settings& s : chosen(q.name) ? q.runs(e) : std::vector<svae_settings>())
                    wanted.push_back(s);
            lab.train(wanted);
            for (const question& q : questions) {
                if (!chosen(q.name)) continue;
                sections.push_back(q.answer(lab, e));
                sections.back().value["name"] = q.name;
            }
        }
        if (as_json) {
            json out{{"program", "svae_claims"}, {"version", geolip::version_string},
                     {"seed", e.seed},           {"batches", e.batches},
                     {"batch", e.batch},         {"sections", json::array()}};
            for (section& s : sections) {
                s.value["title"] = s.title;
                s.value["verdict"] = s.verdict;
                out["sections"].push_back(s.value);
            }
            print(out.dump(2) + "\n");
            return 0;
        }
        std::string text = std::to_string(e.batches) + " batches of " + std::to_string(e.batch) + " images, " +
                           std::to_string(e.batches_at_high()) +
                           " where a CV is read at HIGH; Adam, rate 1e-4, and 1e-3 where an error is to fall\n";
        for (const section& s : sections) text += "\n" + s.title + "\n\n" + s.text + "Verdict: " + s.verdict + ".\n";
        print(text);
        return 0;
    });
}
