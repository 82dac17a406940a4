// Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT

#include "support/documented_weights.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <tuple>
#include <vector>

#include "geolip/checkpoint/known_model_match.hpp"
#include "support/documented_diffusion.hpp"
#include "support/documented_embeddings.hpp"
#include "support/documented_slips.hpp"
#include "support/documented_verdict.hpp"

using namespace examples::documented;
namespace cp = geolip::checkpoint;

namespace {

template <class Rows>
double documented_at(const Rows& rows, std::string_view model, figure what, std::string_view of,
                     std::string_view other = {}, std::string_view note = {}) {
    double found = std::nan("");
    int count = 0;
    for (const row& r : rows)
        if (r.model == model && r.what == what && r.of.label == of && r.other == other &&
            (note.empty() || r.note == note))
            found = r.documented, ++count;
    REQUIRE(count == 1);
    return found;
}

bool has_slip(std::string_view model, std::string_view section) {
    return std::ranges::any_of(slips, [&](const slip& s) { return s.model == model && s.section == section; });
}

const cp::known_catalogue& known(std::string_view model) {
    static std::map<std::string, cp::known_catalogue, std::less<>> all;
    const auto found = all.find(model);
    return found != all.end() ? found->second
                              : all.emplace(std::string(model), cp::make_known_catalogue(model)).first->second;
}

template <class Each>
void each_row(Each each) {
    const auto take = [&](const auto& rows) {
        for (const row& r : rows) each(r);
    };
    take(model_rows), take(embedding_rows), take(sparsity_rows), take(rank_rows), take(balance_rows), take(neuron_rows);
    take(neighbour_rows), take(position_rows), take(gemma_rows), take(unet_rows), take(autoencoder_rows);
    take(alignment_rows);
}

}  // namespace

TEST_CASE("every documented figure is of a known model, occurs once, and selects weights that the model has") {
    const auto names = cp::known_model_names();
    std::set<std::tuple<std::string_view, figure, std::string_view, std::string_view, std::string_view>> seen;
    each_row([&](const row& r) {
        CAPTURE(r.model);
        CAPTURE(r.section);
        CAPTURE(r.of.label);
        CHECK(std::ranges::find(names, r.model) != names.end());
        CHECK(seen.emplace(r.model, r.what, r.of.label, r.other, r.note).second);
        CHECK_FALSE(chosen(known(r.model).catalogue, r.of).empty());
        CHECK(r.upper() >= r.documented);
    });
    std::set<std::string_view> models;
    for (const row& r : model_rows) models.insert(r.model);
    CHECK(models.size() == 17);
}

TEST_CASE("the document's counts agree with the shapes, or the slip is stated") {
    each_row([](const row& r) {
        if (!r.other.empty()) return;
        const auto structure = structure_of(r, known(r.model).catalogue);
        if (!structure) return;
        CAPTURE(r.model);
        CAPTURE(r.section);
        CAPTURE(*structure);
        const std::string_view section = r.what == figure::matrices && r.model == "t5gemma2-1b" ? "I, X" : r.section;
        const bool stated = agrees(r, *structure, 0) || has_slip(r.model, section);
        CHECK(stated);
    });
    CHECK(*structure_of({"sd15-unet", "", figure::units, mlp_up}, known("sd15-unet").catalogue) == 49920);
    CHECK(*structure_of({"sdxl-unet", "", figure::units, mlp_up}, known("sdxl-unet").catalogue) == 332800);
}

TEST_CASE("blocks of the UNets are selected by the numbers of their layers") {
    struct selection {
        const char* model;
        const weights* of;
        std::size_t block, count;
    };
    for (const auto& [model, of, block, count] : {selection{"sd15-unet", &down_first_q, 0, 2},
                                                  {"sd15-unet", &down_last_q, 2, 2},
                                                  {"sd15-unet", &up_first_q, 1, 3},
                                                  {"sd15-unet", &up_last_q, 3, 3},
                                                  {"sdxl-unet", &xl_down_first_q, 1, 4},
                                                  {"sdxl-unet", &xl_down_last_q, 2, 20},
                                                  {"sdxl-unet", &xl_up_first_q, 0, 30},
                                                  {"sdxl-unet", &xl_up_last_q, 1, 6}}) {
        CAPTURE(model);
        CAPTURE(of->label);
        const auto entries = chosen(known(model).catalogue, *of);
        CHECK(entries.size() == count);
        for (const auto* e : entries) CHECK(e->block == block);
    }
    CHECK(chosen(known("sdxl-unet").catalogue, middle_q).size() == 10);
}

TEST_CASE("the document's tables add up, or the slip is stated") {
    for (const std::string_view model : {"t5-small", "t5-base", "t5-v1_1-xxl"})
        for (const std::string_view side : {"encoder position biases", "decoder position biases"}) {
            double heads = 0;
            for (const figure reach : {figure::local_heads, figure::global_heads, figure::mixed_heads})
                heads += documented_at(position_rows, model, reach, side);
            CHECK(heads == documented_at(model_rows, model, figure::heads, "self q"));
        }
    CHECK(documented_at(position_rows, "t5-base", figure::mixed_heads, "decoder position biases") == 3);
    CHECK(has_slip("t5-base", "VI.6"));
    for (const row& r : balance_rows)
        if (r.what == figure::positive_change) {
            const double change = documented_at(balance_rows, r.model, figure::positive_last, r.of.label) -
                                  documented_at(balance_rows, r.model, figure::positive_first, r.of.label);
            CHECK(std::abs(change - r.documented) < 0.0016);  // three roundings
        }
    for (const std::string_view model : {"t5-small", "qwen3.5-0.8b", "qwen3.5-4b"}) {
        const auto at = [&](figure what) { return documented_at(embedding_rows, model, what, "embedding"); };
        CHECK(std::abs(at(figure::digit_adjacent) - at(figure::digit_apart) - at(figure::digit_gap)) < 0.0011);
        const double width = documented_at(model_rows, model, figure::inputs, "embedding");
        CHECK(std::abs(at(figure::participation) / width - at(figure::participation_share)) < 0.0006);
    }
    for (const row& r : embedding_rows)
        if (r.what == figure::category_lift) {
            const double own = documented_at(embedding_rows, r.model, figure::category_cosine, "embedding", {}, r.note);
            CHECK(std::abs(own - 0.057 - r.documented) < 0.0016);
        }
    int pairs = 0;
    for (const row& r : alignment_rows)
        if (r.what == figure::aligned_gain) {
            ++pairs;
            const auto at = [&](figure what) {
                return documented_at(alignment_rows, r.model, what, "all weights", r.other);
            };
            CHECK(std::abs(at(figure::aligned_cosine) - at(figure::raw_cosine) - r.documented) < 0.0016);
            // A mean of square roots is at most the root of the mean.
            CHECK(at(figure::aligned_residual) < std::sqrt(2 - 2 * at(figure::aligned_cosine)));
            const bool stated = at(figure::aligned_cosine) >= 0.695 || has_slip("", "XV.3");
            CHECK(stated);
        }
    CHECK(pairs == 6);
}

TEST_CASE("a verdict follows from the documented figure, its null and ours") {
    const row printed{"t5-small", "VI.2", figure::stable_rank, self_q, 47.6, 1};
    const auto verdict = [&](double null, double sd, std::optional<double> ours, bool random = false) {
        std::optional<reading> r;
        if (ours) r = reading{.value = ours, .reason = {}, .null = {}, .null_of = {}};
        return compare(printed, {{null, sd, 0}, "", false}, r, {.random = random}).verdict;
    };
    CHECK(verdict(129.7, 0.5, {}) == "not chance");
    CHECK(verdict(48.0, 0.5, {}) == "chance");
    CHECK(verdict(129.7, 0.5, 47.64) == "reproduced");
    CHECK(verdict(48.0, 0.5, 47.56) == "reproduced, chance");
    CHECK(verdict(48.0, 0.5, 47.7) == "does not hold");
    CHECK(verdict(129.7, 0.5, 129.6) == "does not hold");
    CHECK(verdict(129.7, 0.5, 129.6, true) == "not chance");
    CHECK(verdict(48.0, 0.5, 49.0, true) == "reproduced, chance");  // another draw
    CHECK(verdict(48.0, 0.5, 52.0, true) == "does not hold");
    CHECK(compare(printed, {{}, "", false}, {}).verdict == "not tested");
    const row counted{"t5-small", "VI.4", figure::units, mlp_up, 24576, 0};
    CHECK(compare(counted, {{24576.0, 0, 0}, "", true}, {}).verdict == "arithmetic");
    CHECK(compare(counted, {{24575.9, 0, 0}, "", true}, {}).verdict == "does not hold");
    CHECK(compare(counted, {{9.0, 0, 0}, "", true}, {}, {.tiny = true}).verdict == "not tested");
    const row range{.model = "t5-small",
                    .section = "VI.5",
                    .what = figure::neighbour_cosine,
                    .of = mlp_up,
                    .documented = 0.031,
                    .decimals = 3,
                    .high = 0.045};
    CHECK(agrees(range, 0.0454, 0));
    CHECK_FALSE(agrees(range, 0.0456, 0));
    CHECK_FALSE(agrees(range, 0.0304, 0));
}

TEST_CASE("figures are read off a report by the weights that they are of") {
    const cp::catalogue c = cp::make_known_catalogue("t5-small", cp::model_scale::tiny).catalogue;
    nlohmann::ordered_json out{{"entries", nlohmann::ordered_json::array()},
                               {"qk_balance", nlohmann::ordered_json::array()},
                               {"neurons", nlohmann::ordered_json::array()},
                               {"layer_correlation",
                                {{{"group", "encoder self query"}, {"value", 0.1}, {"layers", 2}},
                                 {{"group", "decoder self query"}, {"value", 0.3}, {"layers", 4}},
                                 {{"group", "decoder cross query"}, {"value", 9}, {"layers", 2}}}},
                               {"position_bias", nlohmann::ordered_json::array()},
                               {"embeddings", nlohmann::ordered_json::array()}};
    for (const cp::catalogue_entry& e : c.entries) {
        const bool q = self_q.holds(e);
        out["entries"].push_back(
            {{"sparsity", {{{"threshold", 0.1}, {"value", q ? 0.25 : 0.5}, {"null", {{"value", 0.2}, {"sd", 0.01}}}}}},
             {"spectrum", {{"stable_rank", {{"value", q ? 3 : 7}}}}}});
        if (e.role == tensor_role::query)
            out["qk_balance"].push_back(
                {{"query", e.name}, {"positive_fraction", 0.5 + 0.01 * static_cast<double>(out["qk_balance"].size())}});
        if (e.role == tensor_role::mlp_up) out["neurons"].push_back({{"up", e.name}, {"dead", 2}, {"weak", 3}});
    }
    const auto value = [&](figure what, const weights& of) {
        return read({"t5-small", "", what, of}, c, out).value.value_or(-1);
    };
    CHECK(value(figure::share_below, self_q) == doctest::Approx(25));
    CHECK(value(figure::share_below, self_k) == doctest::Approx(50));
    CHECK(read({"t5-small", "", figure::share_below, self_q}, c, out).null.value == doctest::Approx(20));
    CHECK(value(figure::stable_rank, self_q) == 3);
    CHECK(value(figure::neighbour_cosine, self_q) == doctest::Approx((0.1 + 3 * 0.3) / 4));
    CHECK(value(figure::positive_first, encoder_q) == doctest::Approx(0.5));
    CHECK(value(figure::positive_change, encoder_q) == doctest::Approx(0.01));
    CHECK(value(figure::dead, mlp_up) == 8);
    CHECK(value(figure::weak, encoder_up) == 6);
    CHECK(value(figure::units, encoder_up) == 160);
    CHECK(value(figure::participation, embedding) == -1);
    CHECK(read({"t5-small", "", figure::participation, embedding}, c, out).reason != "");
}
