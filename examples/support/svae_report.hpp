// Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT
#pragma once

/// \file
/// One run of the autoencoder as text, as a JSON document, and as scalars.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "geolip/data/noise_types.hpp"
#include "geolip/sweep/number.hpp"
#include "support/ablation_null.hpp"
#include "support/documented_bands.hpp"
#include "support/event_file.hpp"
#include "support/svae_choices.hpp"
#include "support/svae_evaluation.hpp"
#include "support/svae_json.hpp"
#include "support/table.hpp"

namespace examples {

/// A run, what stands beside its figures, and what became of images it has not seen.
struct svae_report {
    svae_settings settings;
    std::size_t parameters = 0;
    svae_result result;
    row_law law;
    ablation_null null;
    svae_evaluation_images images;
    svae_evaluation untrained;
    std::optional<svae_evaluation> trained;  ///< unless the run diverged
};

/// The documented figures of the band that has the sizes of these settings.
inline const documented_band* documented_figures(const svae_settings& s) {
    for (const documented_band& known : documented_bands) {
        const svae_settings band = settings_of(known.band);
        if (s.side == band.side && s.patch == band.patch && s.rows == band.rows && s.dim == band.dim &&
            s.hidden == band.hidden && s.depth == band.depth && s.attention_layers == band.attention_layers)
            return &known;
    }
    return nullptr;
}

namespace detail {

inline json spectrum_json(const svae_spectrum& s) {
    return {{"effective_rank", s.effective_rank},
            {"s_delta", s.change},
            {"s0_over_sd", s.ratio},
            {"singular_values", s.singular_values},
            {"close_pairs", s.close_pairs}};
}

inline json bands_json(std::optional<double> ema, std::optional<double> final_cv) {
    return {{"ema", name_of(ablation_band(ema))},
            {"final", name_of(ablation_band(final_cv))},
            {"ema_by_section_5", name_of(triage_band(ema))},
            {"final_by_section_5", name_of(triage_band(final_cv))}};
}

inline json documented_json(const documented_band* known) {
    if (known == nullptr) return nullptr;
    return {{"band", name_of(known->band)},
            {"cv_five_seeds", known->attractor_cv},
            {"cv_first_sweep", known->swept_cv},
            {"mse_first_sweep", known->swept_mse},
            {"uniform_cv", known->uniform_cv}};
}

}  // namespace detail

/// `final_report.json`: nothing in it changes from run to run.
inline json svae_document(const svae_report& r) {
    json types = json::array();
    for (std::size_t t = 0; t < geolip::data::noise_type_count; ++t)
        types.push_back({{"type", geolip::data::name_of(static_cast<geolip::data::noise_type>(t))},
                         {"mse", r.trained ? json(r.trained->mse[t]) : json(nullptr)},
                         {"mse_untrained", r.untrained.mse[t]},
                         {"mse_zero", r.images.mean_square[t]}});
    json choices = json::object();
    for (const svae_choice& c : svae_choices) choices[std::string(c.what)] = c.chosen;
    return {{"program", "svae"},
            {"settings", to_json(r.settings)},
            {"provenance", svae_provenance(r.settings)},
            {"parameters", r.parameters},
            {"result", to_json(r.result, true)},
            {"bands", detail::bands_json(r.result.cv_ema, r.result.cv_final)},
            {"documented", detail::documented_json(documented_figures(r.settings))},
            {"law", {{"rows", r.law.name}, {"cv", detail::number_or_null(r.law.cv)}}},
            {"null",
             {{"pools", r.null.readings.size()},
              {"mean", r.null ? json(r.null.mean) : json(nullptr)},
              {"sd", r.null ? json(r.null.sd) : json(nullptr)}}},
            {"noise_types", std::move(types)},
            {"spectrum",
             {{"trained", r.trained ? detail::spectrum_json(r.trained->spectrum) : json(nullptr)},
              {"untrained", detail::spectrum_json(r.untrained.spectrum)}}},
            {"alpha", r.trained ? json(r.trained->alpha) : json(nullptr)},
            {"choices", std::move(choices)}};
}

/// "svae V64 D16 patch 16, …": what was run, in a line.
inline std::string svae_title(const svae_settings& s) {
    using geolip::sweep::to_string;
    const auto n = [](auto value) { return std::to_string(value); };
    std::string text = "svae V" + n(s.rows) + " D" + n(s.dim) + " patch " + n(s.patch) + " of " + n(s.side);
    text += ", hidden " + n(s.hidden) + ", depth " + n(s.depth) + ", " + n(s.attention_layers) +
            (s.attention_layers == 1 ? " attention layer" : " attention layers");
    text += ", " + std::string(to_string(s.activation)) + ", rows " + std::string(to_string(s.row_rule));
    text += "; " + n(s.batches) + " batches of " + n(s.batch) + " (" + s.noise + "), " +
            std::string(to_string(s.optimiser)) + " " + geolip::sweep::shortest(s.rate) + " " +
            std::string(to_string(s.schedule)) + ", soft hand " + std::string(to_string(s.soft_hand));
    return text + ", seed " + n(s.seed);
}

/// The tables.
inline std::string svae_text(const svae_report& r) {
    const svae_result& result = r.result;
    const documented_band* known = documented_figures(r.settings);
    std::string out = svae_title(r.settings) + "; " + std::to_string(r.parameters) + " parameters\n";
    if (result.status == svae_status::diverged) out += "diverged: " + result.reason + "\n";

    const std::string null = r.null ? shown(r.null.mean, 4) + " +- " + shown(r.null.sd, 4) : std::string(undefined);
    const auto documented = [&](double documented_band::* figure, int decimals) {
        return known != nullptr ? shown(known->*figure, decimals) : std::string(undefined);
    };
    table cv({"CV of the latent rows", "documented", "ours", "untrained", "law", "null", "z", "z untrained", "band",
              "by section 5"});
    const auto add = [&](const char* what, std::optional<double> value) {
        cv.add({what, documented(&documented_band::attractor_cv, 4), shown(value, 4), shown(result.cv_untrained, 4),
                shown(r.law.cv, 4), null, shown(r.null.z(value), 1), shown(r.null.z(result.cv_untrained), 1),
                std::string(name_of(ablation_band(value))), std::string(name_of(triage_band(value)))});
    };
    add("last reading", result.cv_final);
    add("running mean (EMA)", result.cv_ema);
    out += "\n" + cv.text();
    out += std::string("documented: mean of five seeds; untrained: the first reading, before any step; law: ") +
           r.law.name + ", infinitely many\nrows; null: " + std::to_string(r.null.readings.size()) +
           " pools of random rows under the same rule, by the same estimator, +- of one reading; z: from it.\n";

    table errors({"MSE", "documented", "ours", "untrained", "zeros"});
    double zeros = 0;
    const auto types = geolip::data::noise_subset(r.settings.noise);
    for (const auto t : types) zeros += r.images.mean_square[static_cast<std::size_t>(t)];
    errors.add({"of a batch", documented(&documented_band::swept_mse, 3), shown(result.mse, 4),
                shown(result.mse_first, 4), shown(zeros / static_cast<double>(types.size()), 4)});
    out += "\n" + errors.text() +
           "documented: after the long first sweep; zeros: what a reconstruction by nothing errs.\n";

    table readings({"batch", "CV", "EMA", "MSE"});
    const std::size_t count = result.readings.size(), step = (count + 10) / 11;
    for (std::size_t i = 0; i < count; ++i) {  // a dozen of them, the first and the last among them
        if (i % step != 0 && i + 1 != count) continue;
        const svae_reading& reading = result.readings[i];
        readings.add(
            {std::to_string(reading.batch), shown(reading.cv, 4), shown(reading.ema, 4), shown(reading.mse, 4)});
    }
    out += "\n" + readings.text();

    table noise({"noise type", "MSE", "untrained", "zeros", "explained %"});
    for (std::size_t t = 0; t < geolip::data::noise_type_count; ++t) {
        const double zeros_err = r.images.mean_square[t];
        std::string mse(undefined), explained(undefined);
        if (r.trained) {
            mse = shown(r.trained->mse[t], 4);
            explained = shown(100 * (1 - r.trained->mse[t] / zeros_err), 1);
        }
        noise.add({std::string(geolip::data::name_of(static_cast<geolip::data::noise_type>(t))), mse,
                   shown(r.untrained.mse[t], 4), shown(zeros_err, 4), explained});
    }
    out += "\n" + noise.text() + "explained: of what zeros err; " + std::to_string(svae_evaluated) +
           " images of each type that no run has seen.\n";

    table spectrum({"singular values of the latent rows", "trained", "untrained"});
    const auto compare = [&](const char* what, double svae_spectrum::* figure, int decimals) {
        spectrum.add({what, r.trained ? shown(r.trained->spectrum.*figure, decimals) : std::string(undefined),
                      shown(r.untrained.spectrum.*figure, decimals)});
    };
    compare("effective rank", &svae_spectrum::effective_rank, 3);
    compare("S-delta", &svae_spectrum::change, 6);
    compare("S0 / SD", &svae_spectrum::ratio, 3);
    const auto alpha_of = [](const svae_evaluation& e, std::size_t layer) {
        double low = e.alpha[layer][0], high = low;
        for (const double a : e.alpha[layer]) {
            low = std::min(low, a);
            high = std::max(high, a);
        }
        return shown(low, 4) + " to " + shown(high, 4);
    };
    for (std::size_t layer = 0; layer < r.untrained.alpha.size(); ++layer)
        spectrum.add({"alpha of the modes, layer " + std::to_string(layer),
                      r.trained ? alpha_of(*r.trained, layer) : std::string(undefined), alpha_of(r.untrained, layer)});
    out += "\n" + spectrum.text();

    table choices({"where the document is silent", "chosen"});
    for (const svae_choice& c : svae_choices) choices.add({std::string(c.what), std::string(c.chosen)});
    return out + "\n" + choices.text();
}

/// "batch,mse,cv,ema": one line a reading or, with `every_batch`, one a batch, whose last two cells are empty where
/// nothing was read.
inline std::string svae_csv(const svae_result& r, bool every_batch) {
    using geolip::sweep::shortest;
    std::string out = "batch,mse,cv,ema\n";
    const auto cell = [](const std::optional<double>& value) { return value ? shortest(*value) : std::string(); };
    const auto line = [&](const svae_reading& reading) {
        out += std::to_string(reading.batch) + ',' + shortest(reading.mse) + ',' + cell(reading.cv) + ',' +
               cell(reading.ema) + '\n';
    };
    std::size_t next = 0;
    for (std::size_t b = 0; every_batch && b < r.batch_mse.size(); ++b) {
        if (next < r.readings.size() && r.readings[next].batch == b)
            line(r.readings[next++]);
        else
            line({.batch = b, .cv = {}, .ema = {}, .mse = r.batch_mse[b]});
    }
    for (; next < r.readings.size(); ++next) line(r.readings[next]);
    return out;
}

/// The same scalars as a TensorBoard event file: "mse" of every batch, "cv" and "cv_ema" of every reading.
inline std::string svae_events(const svae_result& r) {
    std::string out = event_file_head();
    for (std::size_t b = 0; b < r.batch_mse.size(); ++b) out += scalar_event("mse", b, r.batch_mse[b]);
    for (const svae_reading& reading : r.readings) {
        if (reading.batch == r.batch_mse.size()) out += scalar_event("mse", reading.batch, reading.mse);
        if (reading.cv) out += scalar_event("cv", reading.batch, *reading.cv);
        if (reading.ema) out += scalar_event("cv_ema", reading.batch, *reading.ema);
    }
    return out;
}

}  // namespace examples
