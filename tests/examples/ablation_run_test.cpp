// Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT
#include "support/ablation_run.hpp"

#include <doctest/doctest.h>

#include <atomic>
#include <filesystem>
#include <map>
#include <new>
#include <set>
#include <string>
#include <vector>

#include "support/fake_svae.hpp"
#include "support/temporary_folder.hpp"

using namespace examples;

namespace {

using files = std::map<std::string, std::string>;

files reports(const std::filesystem::path& folder) {
    files all;
    for (const auto& entry : std::filesystem::directory_iterator(folder / "runs"))
        all[entry.path().filename().string()] = content_of(entry.path());
    return all;
}

const std::vector<ablation_run>& runs() {
    static const auto all = ablation_matrix(20);
    return all;
}

// The reports of all runs, made one after the other, each by itself.
const files& expected() {
    static const files all = [] {
        temporary_folder at;
        fake_trainer trainer;
        const auto results = run_ablation(runs(), trainer.reference(), {.folder = at / "a", .share = false});
        CHECK(trainer.calls == 149);
        CHECK(results.trained == 149);
        CHECK(results.had == 149);
        return reports(at / "a");
    }();
    return all;
}

// Those of some groups.
files expected_of(const std::string& groups) {
    files some = expected();
    std::erase_if(some, [&](const auto& file) { return groups.find(file.first[0]) == groups.npos; });
    return some;
}

}  // namespace

TEST_CASE("one report for each run, the same bytes for any number of jobs, with and without sharing") {
    REQUIRE(expected().size() == 149);
    temporary_folder at;
    for (const unsigned jobs : {1u, 7u}) {
        fake_trainer trainer;
        const auto folder = at / std::to_string(jobs).c_str();
        const auto results = run_ablation(runs(), trainer.reference(), {.folder = folder, .jobs = jobs});
        CHECK(trainer.calls == 118);
        CHECK(results.wanted == 149);
        CHECK(results.had == 149);
        CHECK(reports(folder) == expected());
        CHECK_FALSE(std::filesystem::exists(folder / "checkpoints"));
    }
}

TEST_CASE("a report survives its way back, and says what decides its figures") {
    temporary_folder at;
    const ablation_run& run = runs()[0];
    const ablation_outcome outcome{fake_result(run.settings)};
    std::filesystem::create_directories(at / "runs");
    write_report(at / "", run, outcome);
    const json report = json::parse(content_of(at / "runs" / (run.id + ".json").c_str()));
    CHECK(report["run"] == "A-LOW-seed42");
    CHECK(report["settings"]["batches"] == 20);
    CHECK(report["match"] == true);
    const auto back = read_report(at / "", run);
    REQUIRE(back);
    CHECK(to_json(run, *back).dump() == to_json(run, outcome).dump());
    CHECK(back->status() == "done");
    const ablation_outcome failure{{}, "no memory"};
    write_report(at / "", run, failure);
    CHECK(read_report(at / "", run)->status() == "failed");
    CHECK(read_report(at / "", run)->reason() == "no memory");
    CHECK_FALSE(read_report(at / "", runs()[1]));
}

TEST_CASE("shards cover all runs once, and a run of everything takes theirs") {
    temporary_folder at;
    for (const std::size_t count : {1u, 3u, 200u}) {
        std::set<std::size_t> seen;
        std::size_t trained = 0;
        const auto folder = [&](std::size_t k) {
            return at / (std::to_string(count) + "-" + std::to_string(k)).c_str();
        };
        std::vector<std::filesystem::path> parts;
        for (std::size_t k = 1; k <= count; ++k) {
            fake_trainer trainer;
            const auto results =
                run_ablation(runs(), trainer.reference(), {.folder = folder(k), .part = {k, count}, .jobs = 2});
            CHECK(results.had == results.wanted);
            trained += trainer.calls;
            for (std::size_t i = 0; i < runs().size(); ++i)
                if (results.outcomes[i]) CHECK(seen.insert(i).second);
            parts.push_back(folder(k));
        }
        CHECK(seen.size() == 149);
        CHECK(trained == 118);
        if (count != 3) continue;
        fake_trainer none;
        run_ablation(runs(), none.reference(), {.folder = folder(0), .from = parts, .groups = "G"});
        CHECK(reports(folder(0)).size() == 12);
        run_ablation(runs(), none.reference(), {.folder = folder(0), .from = parts});
        CHECK(none.calls == 0);
        CHECK(reports(folder(0)) == expected());
    }
}

TEST_CASE("groups take what other groups have trained") {
    temporary_folder at;
    fake_trainer trainer;
    const auto with = [&](const char* groups) {
        trainer.calls = 0;
        return run_ablation(runs(), trainer.reference(), {.folder = at / "a", .groups = groups});
    };
    CHECK(with("G").wanted == 12);
    CHECK(trainer.calls == 12);
    CHECK(with("A").had == 15);
    CHECK(trainer.calls == 12);  // seed 42 is G's sphere
    CHECK(with("AG").had == 27);
    CHECK(trainer.calls == 0);
    CHECK(with("AGL").had == 39);
    CHECK(trainer.calls == 9);
    CHECK(with("").had == 149);
    CHECK(reports(at / "a") == expected());
}

TEST_CASE("a run that is stopped anywhere goes on to the same bytes, and nothing is done twice") {
    temporary_folder at;
    for (const unsigned jobs : {1u, 3u}) {
        const auto folder = at / std::to_string(jobs).c_str();
        fake_trainer trainer;
        for (std::size_t limit = 37;; limit += 37) {
            const auto results = run_ablation(
                runs(), trainer.reference(),
                {.folder = folder, .groups = "AEG", .jobs = jobs, .stop = [&] { return trainer.steps >= limit; }});
            if (results.had == 39) break;
            CHECK(std::filesystem::exists(folder / "checkpoints"));
        }
        CHECK(reports(folder) == expected_of("AEG"));
        CHECK_FALSE(std::filesystem::exists(folder / "checkpoints"));
        CHECK(trainer.steps == 300);
    }
}

TEST_CASE("a report that is missing among rows of one computation is written from another") {
    temporary_folder at;
    fake_trainer trainer;
    const auto run = [&] { run_ablation(runs(), trainer.reference(), {.folder = at / "a", .groups = "AL"}); };
    run();
    const files before = reports(at / "a");
    std::filesystem::remove(at / "a" / "runs/A-LOW-seed42.json");
    trainer.calls = 0;
    run();
    std::filesystem::remove(at / "a" / "runs/L-LOW-orthogonal.json");
    run();
    CHECK(trainer.calls == 0);
    CHECK(reports(at / "a") == before);
}

TEST_CASE("a training that throws is recorded, the rest goes on, and it is tried again") {
    temporary_folder at;
    fake_trainer trainer;
    const auto failing = [&](const svae_settings& s, const ablation_training& t) {
        if (s.batch == 1024) throw std::bad_alloc();
        return trainer(s, t);
    };
    const auto results = run_ablation(runs(), failing, {.folder = at / "a", .groups = "AK", .jobs = 2});
    CHECK(results.had == 27);
    std::size_t failed = 0;
    for (const auto& outcome : results.outcomes) failed += outcome && outcome->status() == "failed";
    CHECK(failed == 3);
    CHECK(json::parse(content_of(at / "a" / "runs/K-LOW-batch1024.json"))["status"] == "failed");
    CHECK(trainer.calls == 21);
    run_ablation(runs(), trainer.reference(), {.folder = at / "a", .groups = "AK"});
    CHECK(trainer.calls == 24);
    CHECK(reports(at / "a") == expected_of("AK"));
}

TEST_CASE("divergence is a result") {
    CHECK(json::parse(expected().at("M-HIGH-huge_rate.json"))["status"] == "diverged");
    CHECK(json::parse(expected().at("M-HIGH-huge_rate.json"))["match"] == false);
}

TEST_CASE("trouble with a file ends all, and loses nothing that is finished") {
    temporary_folder at;
    std::atomic<int> left = 0;
    fake_trainer trainer;
    const auto full = [&](const svae_settings& s, const ablation_training& t) {
        if (left-- <= 0) throw geolip::file_error("cannot write 'x': No space left on device");
        return trainer(s, t);
    };
    for (const unsigned jobs : {1u, 2u}) {
        left = 10;
        CHECK_THROWS_WITH_AS(run_ablation(runs(), full, {.folder = at / "a", .groups = "AEG", .jobs = jobs}),
                             "cannot write 'x': No space left on device", geolip::file_error);
    }
    CHECK(reports(at / "a").size() >= 19);
    const std::size_t before = trainer.calls;
    run_ablation(runs(), trainer.reference(), {.folder = at / "a", .groups = "AEG"});
    CHECK(trainer.calls - before <= 30 - 19);
    CHECK(reports(at / "a") == expected_of("AEG"));
}

TEST_CASE("a report that cannot be written ends all") {
    temporary_folder at;
    fake_trainer trainer;
    std::filesystem::create_directories(at / "a" / "runs/A-LOW-seed42.json.new");  // in the place of the file
    CHECK_THROWS_AS(run_ablation(runs(), trainer.reference(), {.folder = at / "a", .groups = "A"}), geolip::file_error);
    std::filesystem::remove(at / "a" / "runs/A-LOW-seed42.json.new");
    run_ablation(runs(), trainer.reference(), {.folder = at / "a", .groups = "A"});
    CHECK(reports(at / "a").size() == 15);
    write_file(at / "b", "");
    CHECK_THROWS_AS(run_ablation(runs(), trainer.reference(), {.folder = at / "b"}), geolip::file_error);
}

TEST_CASE("reports of something else, and damaged ones, are refused") {
    temporary_folder at;
    fake_trainer trainer;
    run_ablation(runs(), trainer.reference(), {.folder = at / "a", .groups = "A"});
    const auto refuses = [&](const std::vector<ablation_run>& of, const std::string& part) {
        try {
            run_ablation(of, trainer.reference(), {.folder = at / "a", .groups = "A"});
            FAIL("taken");
        } catch (const geolip::file_error& e) {
            CHECK_MESSAGE(std::string(e.what()).find(part) != std::string::npos, e.what());
        }
    };
    refuses(ablation_matrix(), "has batches 20; expected 1000");
    auto others = runs();
    others[0].settings.rate = 0.25;
    refuses(others, "has rate 0.0001; expected 0.25");
    const auto path = at / "a" / "runs/A-LOW-seed42.json";
    const std::string whole = content_of(path);
    std::string changed = whole;
    changed[whole.find("\"cv\": 0.") + 9] ^= 1;
    for (const std::string& text :
         {std::string(), std::string("[]"), whole.substr(0, 200), whole.substr(0, whole.size() - 20), changed}) {
        write_file(path, text);
        refuses(runs(), "delete it");
    }
    write_file(path, content_of(at / "a" / "runs/A-LOW-seed43.json"));
    refuses(runs(), "has run \"A-LOW-seed43\"; expected \"A-LOW-seed42\"");
    write_file(path, whole);
    CHECK(run_ablation(runs(), trainer.reference(), {.folder = at / "a", .groups = "A"}).trained == 0);
}

TEST_CASE("progress grows to its end") {
    temporary_folder at;
    fake_trainer trainer;
    std::size_t last = 0, calls = 0, end = 0;
    run_ablation(runs(), trainer.reference(),
                 {.folder = at / "a", .groups = "G", .jobs = 3, .progress = [&](std::size_t done, std::size_t all) {
                      CHECK(done >= last);
                      CHECK(done < all);
                      last = done;
                      end = all;
                      ++calls;
                  }});
    CHECK(calls == 11 * 12);
    CHECK(last + 1 == end);
}
