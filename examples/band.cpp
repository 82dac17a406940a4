// Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT

/// \file
/// Questions to a sweep's document: the dimension in the band nearest to a model's and how the model's decomposes,
/// the configurations with a given CV, and the document's regroupings.

#include <CLI/CLI.hpp>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <limits>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "geolip/sweep/band.hpp"
#include "geolip/sweep/document.hpp"
#include "geolip/sweep/number.hpp"
#include "support/numbers.hpp"
#include "support/program.hpp"
#include "support/table.hpp"

namespace examples {

enum class grouping { dim, cv, ratio };

}  // namespace examples

template <>
inline constexpr std::array<std::string_view, 3> geolip::sweep::choices<examples::grouping>{"dim", "cv", "ratio"};

namespace {

using namespace geolip::sweep;
using examples::grouping;
using examples::table;
using json = nlohmann::ordered_json;

/// An answer in both of its forms.
struct answer {
    std::string text;
    json value;
};

/// As the document rounds: the nearest decimal of the exact value, ties to even.
double rounded(double value, int decimals) { return std::strtod(fixed(value, decimals).c_str(), nullptr); }

json entry_value(const entry& e) { return {{"V", e.vocab}, {"D", e.dim}, {"CV", *e.cv}}; }

answer nearest(const document& d, std::uint32_t target) {
    const auto found = nearest_band_dim(d.band_results, target);
    if (!found) return {"No configuration lies in the band.\n", nullptr};
    answer out;
    out.text = "Dimension " + std::to_string(target) + ": nearest in the band is D = " + std::to_string(found->dim) +
               ", CV " + fixed(found->cv.mean(), 4) + " (" + fixed(found->cv.min, 4) + " to " +
               fixed(found->cv.max, 4) + ")\n";
    out.value = {{"target_dim", target},
                 {"nearest_band_dim", found->dim},
                 {"cv_range", {rounded(found->cv.min, 4), rounded(found->cv.max, 4)}},
                 {"cv_avg", rounded(found->cv.mean(), 4)},
                 {"valid_decompositions", json::array()}};
    table rows({"compartments", "D", "mean CV", "lowest", "highest"});
    for (const decomposition& part : found->decompositions) {
        rows.add({std::to_string(part.count), std::to_string(part.dim), fixed(part.cv.mean(), 4), fixed(part.cv.min, 4),
                  fixed(part.cv.max, 4)});
        out.value["valid_decompositions"].push_back({{"compartment_dim", part.dim},
                                                     {"n_compartments", part.count},
                                                     {"cv_min", rounded(part.cv.min, 4)},
                                                     {"cv_max", rounded(part.cv.max, 4)},
                                                     {"cv_avg", rounded(part.cv.mean(), 4)}});
    }
    out.text +=
        found->decompositions.empty() ? "No dimension in the band divides it: pad or truncate.\n" : '\n' + rows.text();
    return out;
}

answer between(const document& d, double lo, double hi) {
    const std::vector<entry> hits = with_cv_between(d.all_results, lo, hi);
    answer out;
    out.text = "CV from " + shortest(lo) + " to " + shortest(hi) + ": " + std::to_string(hits.size()) + " entries\n";
    out.value = {{"lo", lo}, {"hi", hi}, {"entries", json::array()}, {"dims", json::array()}};
    table list({"V", "D", "CV"});
    for (const entry& e : hits) {
        list.add({std::to_string(e.vocab), std::to_string(e.dim), fixed(*e.cv, 4)});
        out.value["entries"].push_back(entry_value(e));
    }
    table groups({"D", "entries", "lowest", "highest"});
    for (const auto& [dim, cv] : summarise_by_dim(hits)) {
        groups.add({std::to_string(dim), std::to_string(cv.count), fixed(cv.min, 4), fixed(cv.max, 4)});
        out.value["dims"].push_back({{"D", dim}, {"count", cv.count}, {"cv_min", cv.min}, {"cv_max", cv.max}});
    }
    if (!hits.empty()) out.text += '\n' + list.text() + '\n' + groups.text();
    return out;
}

answer by_dim(const document& d) {
    answer out{"", json::array()};
    table rows({"D", "mean CV", "in band", "of", "status"});
    for (const dim_group& group : group_by_dim(d.all_results, d.limits)) {
        const std::string_view status = to_string(status_of(group.cv.mean(), d.limits));
        rows.add({std::to_string(group.dim), fixed(group.cv.mean(), 4), fixed(group.in_band_percent(), 1) + "%",
                  std::to_string(group.cv.count), std::string(status)});
        out.value.push_back({{"D", group.dim},
                             {"avg_cv", rounded(group.cv.mean(), 4)},
                             {"in_band_pct", rounded(group.in_band_percent(), 1)},
                             {"n_total", group.cv.count},
                             {"n_in_band", group.in_band},
                             {"status", status}});
    }
    out.text = rows.text();
    return out;
}

answer by_cv(const document& d) {
    constexpr std::array<std::pair<const char*, const char*>, 4> names{{{"q1_low", "q1_cv_range"},
                                                                        {"q2_mid_low", "q2_cv_range"},
                                                                        {"q3_mid_high", "q3_cv_range"},
                                                                        {"q4_high", "q4_cv_range"}}};
    const auto parts = quartiles(d.all_results, d.limits);
    answer out;
    std::size_t total = 0;
    for (const auto& part : parts) total += part.size();
    out.value["total_in_band"] = total;
    table rows({"quartile", "entries", "lowest CV", "highest CV"});
    for (std::size_t q = 0; q < parts.size(); ++q) {
        json list = json::array(), range = nullptr;
        std::string low(examples::undefined), high(examples::undefined);
        for (const entry& e : parts[q]) list.push_back(entry_value(e));
        if (!parts[q].empty()) {
            const double first = *parts[q].front().cv, last = *parts[q].back().cv;
            range = {rounded(first, 4), rounded(last, 4)};
            low = fixed(first, 4);
            high = fixed(last, 4);
        }
        rows.add({std::to_string(q + 1), std::to_string(parts[q].size()), low, high});
        out.value[names[q].first] = std::move(list);
        out.value[names[q].second] = std::move(range);
    }
    out.text = std::to_string(total) + " entries in the band\n\n" + rows.text();
    return out;
}

answer by_ratio(const document& d) {
    answer out{"", json::object()};
    table rows({"V/D", "entries", "D from", "to"});
    for (const ratio_group& group : group_by_ratio(d.all_results, d.limits)) {
        rows.add({group.ratio, std::to_string(group.count), std::to_string(group.dims.front()),
                  std::to_string(group.dims.back())});
        out.value[group.ratio] = {{"count", group.count}, {"dims", group.dims}};
    }
    out.text = rows.text();
    return out;
}

}  // namespace

int main(int argc, char** argv) {
    CLI::App app("Answers questions from the JSON document of a sweep.", "band");
    std::string path;
    std::optional<std::uint32_t> target;
    std::optional<std::pair<double, double>> range;
    std::optional<grouping> group;
    bool as_json = false;
    app.add_option("FILE", path, "The document that sweep --out wrote, or the published one")->required();
    auto* questions = app.add_option_group("question", "One of");
    examples::add_text(*questions, "--dim", "D", "", "The dimension in the band nearest to D, and how D decomposes",
                       [&](const std::string& text) {
                           target =
                               examples::whole_number(text, "--dim", 1u, std::numeric_limits<std::uint32_t>::max());
                       });
    examples::add_text(*questions, "--cv", "LO:HI", "", "The entries with LO <= CV <= HI, grouped by D",
                       [&](const std::string& text) { range = examples::parse_range(text, "--cv"); });
    examples::add_text(*questions, "--group-by", "dim|cv|ratio", "",
                       "All entries by dimension, or those in the band by quartile of CV or by V/D",
                       [&](const std::string& text) { group = parse_choice<grouping>(text, "--group-by"); });
    questions->require_option(1);
    app.add_flag("--json", as_json, "Print one JSON document instead of tables");

    return examples::run(app, argc, argv, [&] {
        const document d = read_document(path);
        const answer out = target                   ? nearest(d, *target)
                           : range                  ? between(d, range->first, range->second)
                           : group == grouping::dim ? by_dim(d)
                           : group == grouping::cv  ? by_cv(d)
                                                    : by_ratio(d);
        examples::print(as_json ? out.value.dump(2) + '\n' : out.text);
        return 0;
    });
}
