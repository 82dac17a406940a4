// Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT
#include "support/ablation_findings.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <optional>
#include <sstream>
#include <string>
#include <vector>

#include "support/ablation_document.hpp"
#include "support/ablation_files.hpp"
#include "support/ablation_table.hpp"
#include "support/fake_svae.hpp"
#include "support/temporary_folder.hpp"

using namespace examples;

namespace {

// Simulated once for all tests.
ablation_nulls& nulls() {
    static ablation_nulls all;
    return all;
}

// All runs with what the fake trainer gives, but for those that `change(run, outcome)` changes.
struct ablation {
    std::vector<ablation_run> runs = ablation_matrix();
    std::vector<std::optional<ablation_outcome>> outcomes;
    std::vector<ablation_row> rows;

    template <class Change>
    explicit ablation(Change&& change) {
        for (const ablation_run& run : runs) {
            outcomes.push_back(ablation_outcome{fake_result(run.settings)});
            change(run, *outcomes.back());
        }
        rows = ablation_rows(runs, outcomes, nulls());
    }
    ablation() : ablation([](auto&, auto&) {}) {}

    const ablation_row& operator[](const char* id) const {
        return *std::find_if(rows.begin(), rows.end(), [&](auto& r) { return r.run->id == id; });
    }
};

std::vector<std::string> lines_of(const std::string& text) {
    std::vector<std::string> lines;
    std::istringstream in(text);
    for (std::string line; std::getline(in, line);) lines.push_back(line);
    return lines;
}

std::string line_with(const std::string& text, const std::string& begin) {
    for (const std::string& line : lines_of(text))
        if (line.starts_with(begin)) return line;
    return "";
}

}  // namespace

TEST_CASE("matches by either reading and either thresholds; a run that is not done has none") {
    const ablation all([](const ablation_run& run, ablation_outcome& o) {
        if (run.id == "A-MID-seed43") {
            o.result->cv_untrained = 0.2;
            o.result->cv_ema = 0.34;
            o.result->cv_final = 0.51;
        }
        if (run.id == "A-HIGH-seed43") o.result->cv_final = std::nullopt;
        if (run.id == "A-HIGH-seed44") o = {.result = {}, .failure = "no memory"};
    });
    using enum ablation_reading;
    CHECK(all["A-MID-seed43"].match(ema, ablation_band));
    CHECK(all["A-MID-seed43"].match(final, ablation_band));
    CHECK_FALSE(all["A-MID-seed43"].match(ema, triage_band));
    CHECK_FALSE(all["A-MID-seed43"].match(final, triage_band));
    CHECK_FALSE(all["A-MID-seed43"].match(untrained, ablation_band));
    CHECK(all["A-HIGH-seed43"].missed(final));
    CHECK(all["A-HIGH-seed44"].missed(untrained));
    CHECK(all["M-LOW-huge_rate"].missed(ema));
    CHECK_FALSE(all["M-LOW-huge_rate"].missed(untrained));
    CHECK(all.rows.size() == 149);
    CHECK(computation_count(all.rows) == 118);
    CHECK(status_count(all.rows, "failed") == 1);
    CHECK(status_count(all.rows, "diverged") == 3);
    CHECK(explanation(all["A-HIGH-seed44"]) == "failed: no memory");
    CHECK(explanation(all["M-LOW-huge_rate"]) == "diverged: training: the loss is NaN at step 3");
    CHECK(explanation(all["A-MID-seed43"]).starts_with("only by the thresholds of section 5; random rows"));
    CHECK(explanation(all["G-LOW-none"]).starts_with("the rule, not the training: random rows of this rule miss in"));
}

TEST_CASE("a miss says whether training made it") {
    const auto with = [](double untrained, double ema, double final) {
        const ablation all([&](const ablation_run& run, ablation_outcome& o) {
            if (run.id != "A-HIGH-seed43") return;
            o.result->cv_untrained = untrained;
            o.result->cv_ema = ema;
            o.result->cv_final = final;
        });
        return explanation(all["A-HIGH-seed43"]);
    };
    CHECK(with(.9, .85, .6).starts_with("in the band untrained; random rows of this rule miss in "));
    CHECK(with(.9, .85, .6).find("; z = -5.") != std::string::npos);
    CHECK(with(.7, .7, .7).starts_with("untrained and trained alike; "));
    CHECK(with(.7, .7, .9).starts_with("the untrained reading, which the running mean keeps; "));
    CHECK(with(.9, .7, .9).starts_with("the running mean alone; "));
}

TEST_CASE("chance: HIGH falls outside its band in 1 to 3 of 100 readings, the rules of group G nearly always") {
    const ablation all;
    using enum ablation_reading;
    CHECK(*all["A-HIGH-seed42"].chance_outside(final, ablation_band) == doctest::Approx(0.018).epsilon(0.5));
    CHECK(*all["A-LOW-seed42"].chance_outside(final, ablation_band) == 0);
    CHECK(*all["A-MID-seed42"].chance_outside(final, triage_band) == doctest::Approx(0.27).epsilon(0.15));
    CHECK(*all["G-LOW-none"].chance_outside(final, ablation_band) > 0.97);
    CHECK(*all["G-HIGH-none"].chance_outside(final, ablation_band) < 0.01);
    // A running mean of 21 readings has less spread than one.
    CHECK(*all["A-MID-seed42"].chance_outside(ema, triage_band) <
          *all["A-MID-seed42"].chance_outside(final, triage_band));
}

TEST_CASE("counts of mismatches are compared with the document, the untrained control and chance") {
    const ablation all;
    const ablation_comparison c = compare_mismatches(all.rows, ablation_reading::ema, ablation_band);
    CHECK(c.rows == 149);
    CHECK(c.computations == 118);
    CHECK(c.documented == documented_mismatches);
    CHECK(c.documented_rows == documented_runs);
    CHECK(c.mismatches == 8);  // five of G, three that diverged
    CHECK(c.untrained == 5);
    CHECK(c.only_trained == 3);
    CHECK(c.only_untrained == 0);
    CHECK(c.against_untrained == doctest::Approx(0.25));
    CHECK(c.against_document == doctest::Approx(fisher_exact(8, 149, 6, 149)));
    CHECK(c.expected == doctest::Approx(5.2).epsilon(0.1));
    CHECK(c.without_null == 0);
    CHECK(*c.z(5) < *c.z(6));
    const auto some = rows_where(all.rows, [](auto& r) { return r.run->group == 'G' || r.run->group == 'B'; });
    CHECK(compare_mismatches(some, ablation_reading::ema, ablation_band).documented_rows == 30);

    // Runs that begin with one reading miss together.
    const ablation same([](const ablation_run& run, ablation_outcome& o) {
        if (run.band == svae_band::high && run.group != 'G') o.result->cv_untrained = 0.9;
    });
    const ablation_comparison d = compare_mismatches(same.rows, ablation_reading::ema, ablation_band);
    CHECK(d.expected == doctest::Approx(c.expected));
    CHECK(d.expected_sd > 2 * c.expected_sd);
    CHECK(d.beginnings < c.beginnings);
}

TEST_CASE("spreads") {
    const ablation all([](const ablation_run& run, ablation_outcome& o) {
        if (run.group == 'C' && run.band == svae_band::low)
            o.result->cv_final = run.variant == "adam" ? 0.1 : run.variant == "sgd" ? 0.2 : 0.15;
    });
    const ablation_spread s = spread_of(detail::rows_of(all.rows, 'C', svae_band::low), ablation_reading::final);
    CHECK(*s.range() == doctest::Approx(0.1));
    CHECK(*s.of.mean() == doctest::Approx(0.15));
    CHECK(*s.relative() == doctest::Approx(0.0408248 / 0.15));
    CHECK_FALSE(spread_of({}, ablation_reading::final).range());
}

TEST_CASE("band_matrix.csv has the columns asked for and a line for each run") {
    const ablation all;
    const auto lines = lines_of(band_matrix_csv(all.rows));
    REQUIRE(lines.size() == 150);
    CHECK(lines[0] ==
          "run,group,band,variant,seed,batches,cv_ema,cv_final,cv_untrained,law,band_ema,band_final,match,mse,status");
    const svae_result r = fake_result(all.runs[0].settings);
    using geolip::sweep::shortest;
    CHECK(lines[1] == "A-LOW-seed42,A,LOW,seed42,42,1000," + shortest(*r.cv_ema) + ',' + shortest(*r.cv_final) + ',' +
                          shortest(*r.cv_untrained) + ',' + shortest(*all.rows[0].law.cv) + ",LOW,LOW,true," +
                          shortest(r.mse) + ",done");
    const std::string high = line_with(band_matrix_csv(all.rows), "G-HIGH-layer_norm");
    CHECK(high.find(",,UNCLASSIFIED,UNCLASSIFIED,false,") != std::string::npos);  // no law
    const std::string diverged = line_with(band_matrix_csv(all.rows), "M-MID-huge_rate");
    CHECK(diverged.find(",MID,UNCLASSIFIED,false,") != std::string::npos);
    CHECK(diverged.ends_with(",diverged"));
}

TEST_CASE("a field that would break a line of CSV is quoted") {
    csv_line line;
    line << "a" << "b,c" << "say \"no\"" << std::optional<double>() << std::optional(0.1) << true << std::size_t{7};
    CHECK(line.text() == "a,\"b,c\",\"say \"\"no\"\"\",,0.1,true,7\n");
}

TEST_CASE("the other files") {
    const ablation all;
    const std::string anomalies = anomalies_csv(all.rows), groups = group_summaries_csv(all.rows),
                      uniformity = uniformity_diagnostic_csv(all.rows);
    for (const std::string& text : {anomalies, groups, uniformity}) {
        const auto lines = lines_of(text);
        const auto commas = std::count(lines[0].begin(), lines[0].end(), ',');
        for (const std::string& line : lines)
            if (line.find('"') == line.npos) CHECK(std::count(line.begin(), line.end(), ',') == commas);
    }
    CHECK(line_with(anomalies, "G-HIGH-layer_norm").find("UNCLASSIFIED") != std::string::npos);
    CHECK(line_with(anomalies, "A-LOW-seed42") == "");
    CHECK(lines_of(groups).size() == 14);
    CHECK(line_with(groups, "G,") == "G,row normalisation,12,12,12,0,0,7,7,7,7,6,7,12,7");
    CHECK(line_with(groups, "all,").starts_with("all,,149,118,146,3,0,141,141,144,"));
    CHECK(lines_of(uniformity).size() == 150);
    CHECK(line_with(uniformity, "G-MID-layer_norm")
              .starts_with("G-MID-layer_norm,G,MID,layer_norm,64,8,layer_norm,sphere in D - 1,0.41"));
    const json meta = snapshot_meta(all.rows);
    CHECK(meta["runs"] == 149);
    CHECK(meta["computations"] == 118);
    CHECK(meta["reports"].size() == 149);
    CHECK(meta["groups"].size() == 12);
    CHECK(json::parse(meta.dump())["choices"]["seeds"] == "group A: 42 to 46; everywhere else 42");

    temporary_folder at;
    write_files(at / "", all.rows);
    CHECK(at.files() == 5);
    CHECK(content_of(at / "band_matrix.csv") == band_matrix_csv(all.rows));
}

TEST_CASE("tables of everything, of one group, and of nothing done") {
    const ablation all;
    const std::string text = ablation_report(all.rows);
    for (const char* part : {"149 runs, which are 118 computations", "Where the document is silent",
                             "Runs in their band", "Uniform on the sphere", "Five seeds",
                             "With the soft hand and without", "Row normalisation", "Runs outside their band",
                             "contradicts itself", "LOW 82 % (21 readings)", "HIGH 98 % (3 readings)", "Fisher's p"})
        CHECK_MESSAGE(text.find(part) != std::string::npos, part);
    CHECK(line_with(group_table(all.rows), "G").find("7/12 (58 %)    7/12     7/12     7/12") != std::string::npos);
    CHECK(line_with(row_rule_table(all.rows), "G-HIGH-layer_norm").find(" - ") != std::string::npos);
    const auto only = rows_where(all.rows, [](auto& r) { return r.run->group == 'J'; });
    const std::string some = ablation_report(only);
    CHECK(some.find("Five seeds") == some.npos);
    CHECK(some.find("Row normalisation") == some.npos);
    CHECK(some.find("Runs outside their band") == some.npos);
    const ablation none([](auto&, ablation_outcome& o) { o = {.result = {}, .failure = "no memory"}; });
    CHECK(ablation_report(none.rows).find("failed: no memory") != std::string::npos);
    CHECK(line_with(group_table(none.rows), "all").find("0/149") != std::string::npos);
    CHECK(json::parse(ablation_document(none.rows).dump())["failed"] == 149);
}

TEST_CASE("the document has every run with its chances, and the comparisons") {
    const ablation all;
    const json document = json::parse(ablation_document(all.rows).dump());
    REQUIRE(document["results"].size() == 149);
    const json& row = document["results"][0];
    CHECK(row["run"] == "A-LOW-seed42");
    CHECK(row["thresholds"]["ablation"]["ema"]["match"] == true);
    CHECK(row["thresholds"]["triage"]["untrained"]["band"] == "LOW");
    CHECK(row["explanation"].is_null());
    CHECK(document["comparison"]["ablation"]["ema"]["mismatches"] == 8);
    CHECK(document["spreads"].size() == 34);
    CHECK(document["contradictions"].size() == 4);
}
