// Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT
#pragma once

/// \file
/// What a trained model makes of inputs: transfer to other noise, text and pictures, and what each singular direction
/// carries.

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "geolip/data/image_inputs.hpp"
#include "geolip/data/noise.hpp"
#include "geolip/nn/activation.hpp"
#include "geolip/nn/data_parallel.hpp"
#include "geolip/nn/row_normalisation.hpp"
#include "geolip/nn/svd_readout.hpp"
#include "geolip/random/fill.hpp"
#include "support/claims.hpp"
#include "support/program.hpp"
#include "support/sample_inputs.hpp"
#include "support/svae_lab.hpp"
#include "support/svae_probe.hpp"
#include "support/table.hpp"

namespace examples::claims {

// --- Transfer -------------------------------------------------------------------------------------------------------

inline constexpr std::string_view trained_on[] = {"all16", "gaussian"};

inline std::vector<svae_settings> transfer_runs(const effort& e) {
    std::vector<svae_settings> runs;
    for (const std::string_view noise : trained_on)
        for (const svae_band band : all_bands) runs.push_back(quick(representative(band, e), noise, e));
    return runs;
}

struct named_images {
    std::string name;
    std::vector<float> values;
};

inline std::vector<named_images> transfer_inputs(const effort& e) {
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

inline section transfer(svae_lab& lab, const effort& e) {
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

inline section modes(svae_lab& lab, const effort& e) {
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

inline std::vector<svae_settings> modes_runs(const effort& e) {
    return {quick(representative(svae_band::high, e), "all16", e)};
}

}  // namespace examples::claims
