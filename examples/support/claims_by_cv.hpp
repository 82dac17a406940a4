// Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT
#pragma once

/// \file
/// Claims on CV: the family of 13, D = 32, the early reading, and what MSE and CV rank by.

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <numeric>
#include <optional>
#include <span>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "geolip/nn/parameters.hpp"
#include "support/claims.hpp"
#include "support/svae_lab.hpp"
#include "support/svae_probe.hpp"
#include "support/table.hpp"

namespace examples::claims {

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

inline reading_line read_line(svae_lab& lab, const svae_settings& s, std::span<const float> images, const effort& e) {
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

inline section reading_section(std::string title, const std::vector<reading_line>& lines) {
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

inline std::vector<svae_settings> family_runs(const effort& e) {
    const auto make = [&](std::size_t dim, std::size_t rows, std::size_t patch, std::size_t hidden, std::size_t depth) {
        return configuration(dim, rows, patch, hidden, depth, e);
    };
    return {make(16, 64, 16, 64, 1), make(16, 32, 16, 64, 1), make(16, 128, 16, 64, 1), make(16, 64, 16, 128, 2),
            make(16, 64, 8, 64, 1),  make(8, 64, 16, 64, 1),  make(8, 64, 16, 128, 1),  make(8, 64, 16, 64, 2),
            make(8, 32, 8, 64, 1),   make(4, 32, 4, 64, 1),   make(4, 64, 4, 64, 1),    make(4, 32, 8, 128, 1),
            make(4, 32, 16, 64, 2)};
}
inline std::vector<svae_settings> d32_runs(const effort& e) {
    std::vector<svae_settings> runs;
    for (const auto& [rows, hidden, depth] : {std::tuple(64, 64, 1), std::tuple(32, 64, 1), std::tuple(128, 64, 1),
                                              std::tuple(64, 128, 1), std::tuple(64, 64, 2)})
        runs.push_back(configuration(32, static_cast<std::size_t>(rows), 16, static_cast<std::size_t>(hidden),
                                     static_cast<std::size_t>(depth), e));
    return runs;
}

inline std::vector<reading_line> read_lines(svae_lab& lab, const std::vector<svae_settings>& runs, const effort& e) {
    const std::vector<float> images = fresh_images("all16", e.images(), e);
    std::vector<reading_line> lines;
    for (const svae_settings& s : runs) lines.push_back(read_line(lab, s, images, e));
    return lines;
}

inline section family(svae_lab& lab, const effort& e) {
    section s = reading_section("The family of 13: the band goes by D, whatever V, hidden, depth and patch",
                                read_lines(lab, family_runs(e), e));
    s.text += "Three of the 13 are documented (the first with D = 16, 8 and 4); the others are our choice.\n";
    return s;
}

inline section d32(svae_lab& lab, const effort& e) {
    const std::vector<reading_line> lines = read_lines(lab, d32_runs(e), e);
    section s = reading_section("D = 32: a new band below 0.20, or LOW again? (open question)", lines);
    s.text += "Documented prediction: near 0.13. The law is " + fixed(law_at(32), 4) +
              ", a value of its own; the thresholds call all below 0.30 LOW.\n";
    if (s.value["in_band"] == lines.size())
        s.verdict = "a value of its own below 0.20, the law's, trained or not: the ladder goes on";
    return s;
}

// --- CV on the way --------------------------------------------------------------------------------------------------

inline std::vector<svae_settings> early_runs(const effort& e) {
    std::vector<svae_settings> runs;
    for (const svae_band band : all_bands) {
        svae_settings s = representative(band, e);
        s.batches = band == svae_band::high ? 10 * e.batches_at_high() : 5 * e.batches;
        runs.push_back(s);
    }
    return runs;
}

inline section early(svae_lab& lab, const effort& e) {
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

// --- MSE or CV ------------------------------------------------------------------------------------------------------

inline constexpr std::size_t grid_sizes[] = {4, 8, 16};  // of D, and of the patch

inline std::vector<svae_settings> triage_runs(const effort& e) {
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
inline std::pair<double, double> shares_of_variance(const std::vector<std::vector<double>>& values) {
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

inline section triage(svae_lab& lab, const effort& e) {
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

}  // namespace examples::claims
