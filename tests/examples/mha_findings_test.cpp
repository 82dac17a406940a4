// Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT
#include "support/mha_findings.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <optional>
#include <string>
#include <vector>

#include "support/mha_run.hpp"
#include "support/moments.hpp"

using namespace examples;

namespace {

mha_readings readings(double emb, double query, double key) {
    const auto activation = [](const char* name, std::optional<double> cv) {
        return mha_reading{
            .key = name, .cv = cv, .activation = true, .distinct = cv, .rows = 200, .repeating = 3, .zero = 2};
    };
    return {{.key = "emb", .cv = emb},   {.key = "Q_full", .cv = 0.1}, activation("act_Q_h0", query),
            activation("act_K_h0", key), activation("act_V_h0", key),  activation("act_emb", emb)};
}

mha_run run_of(std::uint64_t seed, std::size_t dim, double query, double key) {
    return {seed,
            {dim, 1},
            0.99,
            0.1,
            readings(0.2, 0.30 + 0.001 * static_cast<double>(seed), 0.30),
            {},
            readings(0.21, query, key)};
}

}  // namespace

TEST_CASE("a run survives its way through JSON, with the order of its readings and what has no value") {
    mha_run run = run_of(7, 64, 0.32, 0.42);
    run.post[0].cv = std::nullopt;
    run.post[3].distinct = std::nullopt;
    const json text = json::parse(to_json(run).dump());
    CHECK(text["post"]["emb"].is_null());
    CHECK(text["mid"].is_null());
    CHECK(text["head_dim"] == 64);
    CHECK(to_json(run_from_json(text)).dump() == to_json(run).dump());
    CHECK_FALSE(run_from_json(text).post[3].distinct);
    CHECK(run_from_json(text).post[3].rows == 200);
}

TEST_CASE("a seed counts once, with the mean of its configurations") {
    const std::vector<mha_run> runs = {run_of(1, 64, 0.30, 0.4), run_of(1, 128, 0.32, 0.4), run_of(2, 64, 0.35, 0.4),
                                       run_of(2, 128, 0.37, 0.4)};
    const moments m = over_seeds(runs, [](const mha_run& run) { return after(run, "act_Q_h0"); });
    CHECK(m.count() == 2);
    CHECK(*m.mean() == doctest::Approx(0.335));
    CHECK(*m.sd() == doctest::Approx(0.05 / std::sqrt(2.0)));
    const moments some = over_seeds(runs, [](const mha_run& run) -> std::optional<double> {
        return run.seed == 2 && run.configuration.dim == 64 ? after(run, "act_Q_h0") : std::nullopt;
    });
    CHECK(some.count() == 1);
    CHECK_FALSE(some.sd());
}

TEST_CASE("Student's t becomes the normal deviate as rare") {
    // Two-sided 1 % and 0.1 % points of Student's t.
    CHECK(normal_deviate(4.032, 5) == doctest::Approx(2.576).epsilon(0.02));
    CHECK(normal_deviate(3.106, 11) == doctest::Approx(2.576).epsilon(0.01));
    CHECK(normal_deviate(-4.437, 11) == doctest::Approx(-3.291).epsilon(0.01));
    CHECK(normal_deviate(2.576, 1e6) == doctest::Approx(2.576).epsilon(1e-4));
    moments m;
    CHECK_FALSE(deviations_from_zero(m));
    m.add(1);
    m.add(1);
    CHECK_FALSE(deviations_from_zero(m));  // no spread to compare with
    m.add(1.3);
    CHECK(*deviations_from_zero(m) > 2);
}

TEST_CASE("claims tell a change by training from none, and too few seeds from both") {
    mha_plan plan;
    plan.configurations = {{64, 1}};
    plan.seeds = 6;
    plan.samples = 20;
    std::vector<mha_run> runs;
    for (std::uint64_t seed = 1; seed <= 6; ++seed)
        runs.push_back(run_of(seed, 64, 0.30 + 0.01 * std::pow(-1, static_cast<double>(seed)),
                              0.42 + 0.002 * static_cast<double>(seed)));
    const auto findings = head_findings(runs, plan);
    REQUIRE(findings.size() == 3);
    CHECK(findings[0].documented == 0.32);
    CHECK(findings[0].smallest_dim == 64);
    CHECK(*findings[0].trained.mean() == doctest::Approx(0.30));
    CHECK(std::fabs(*findings[0].documented_z(findings[0].trained)) < 3);
    CHECK(*findings[0].law == doctest::Approx(0.1804).epsilon(1e-3));
    CHECK(*findings[0].null.value == doctest::Approx(0.18).epsilon(0.1));
    const auto claim_on = [&](const std::vector<mha_run>& of, const std::string& part) {
        for (const mha_claim& c : mha_claims(of, findings))
            if (c.statement.find(part) != std::string::npos) return c;
        FAIL("no claim on " << part);
        return mha_claim();
    };
    CHECK(claim_on(runs, ": Q").verdict.starts_with("no change seen"));
    CHECK(claim_on(runs, ": K").verdict.starts_with("training changes it"));
    CHECK(claim_on(runs, "always in the band").verdict == "holds, and of untrained ones too");
    CHECK(claim_on(runs, "more volatile").verdict.starts_with("holds, and comes with training"));
    CHECK(claim_on(runs, "curve").verdict.starts_with("does not hold"));
    CHECK(claim_on({runs[0], runs[1]}, ": K").verdict.starts_with("too few seeds"));
    // Three seeds: t = 14 with two degrees of freedom is as rare as 2.8 standard deviations.
    const std::vector<mha_run> few = {run_of(1, 64, 0.32, 0.41), run_of(2, 64, 0.32, 0.42), run_of(3, 64, 0.32, 0.44)};
    CHECK(claim_on(few, ": K").verdict.starts_with("undecided, more seeds would tell, z = 2."));
    CHECK(claim_on(few, "more volatile").verdict.starts_with("undecided"));
}

TEST_CASE("below four dimensions there is neither a law nor a null") {
    mha_plan plan;
    plan.configurations = {{6, 3}};
    std::vector<mha_run> runs = {run_of(1, 6, 0.3, 0.4)};
    runs[0].configuration = {6, 3};
    for (const head_finding& f : head_findings(runs, plan)) {
        CHECK_FALSE(f.law);
        CHECK_FALSE(f.null);
        CHECK_FALSE(f.documented);
    }
}
