// Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT
#include <doctest/doctest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <thread>
#include <utility>

#include "geolip/nn/adam.hpp"
#include "geolip/random/philox.hpp"
#include "support/temporary_folder.hpp"
#include "support/training_run.hpp"

using run = geolip_test::training_run<geolip::nn::adam<float>>;

namespace {

run fresh() { return run(geolip::nn::adam<float>(8)); }

/// Runs `body(ready)` in a child process, which is killed a while after it has called `ready`. False if it ended
/// before.
template <class Body>
bool run_and_kill(std::chrono::microseconds patience, Body&& body) {
    int pipe_ends[2];
    REQUIRE(::pipe(pipe_ends) == 0);
    const pid_t child = ::fork();
    REQUIRE(child >= 0);
    if (child == 0) {
        body([&] { ::close(pipe_ends[1]); });
        ::_exit(0);
    }
    ::close(pipe_ends[1]);
    char nothing = 0;
    CHECK(::read(pipe_ends[0], &nothing, 1) == 0);  // returns when the child closes its end
    ::close(pipe_ends[0]);
    std::this_thread::sleep_for(patience);
    ::kill(child, SIGKILL);
    int status = 0;
    REQUIRE(::waitpid(child, &status, 0) == child);
    if (WIFSIGNALED(status)) return true;
    CHECK(WEXITSTATUS(status) == 0);
    return false;
}

}  // namespace

TEST_CASE("a run that is killed again and again, while it saves after every step, arrives at the same bits") {
    const temporary_folder folder;
    run never_killed = fresh();
    never_killed.steps(150);

    geolip::philox_engine draw({11, 4});
    // A life is to last a few steps on any machine: longer after one without a step, shorter after one with many. A run
    // that arrives after fewer than ten kills is begun anew.
    std::uint32_t longest = 100;
    std::uint64_t reached = 0;
    int kills = 0;
    int torn = 0;
    for (int lives = 0; lives < 2000 && (reached < 150 || kills < 10); ++lives) {
        if (reached == 150) {
            std::filesystem::remove(folder / "run");
            reached = 0;
        }
        kills += run_and_kill(std::chrono::microseconds(draw() % longest), [&](auto&& ready) {
            run r = fresh();
            if (std::filesystem::exists(folder / "run")) r.load(folder / "run");
            ready();
            while (r.at.step < 150) {
                r.step();
                r.save(folder / "run");
            }
        });
        const std::uint64_t before = std::exchange(reached, 0);
        if (std::filesystem::exists(folder / "run")) {
            run found = fresh();
            found.load(folder / "run");  // throws if what it finds is not whole
            reached = found.at.step;
        }
        CHECK(reached >= before);
        if (reached == before) longest += 1 + longest / 8;
        if (reached > before + 8) longest -= longest / 2;
        torn += folder.files() > 1;
    }
    REQUIRE(reached == 150);
    CHECK(kills >= 10);
    run arrived = fresh();
    arrived.load(folder / "run");
    CHECK(arrived.bytes() == never_killed.bytes());
    CHECK(arrived.at.random == never_killed.at.random);
    MESSAGE("killed " << kills << " times, " << torn << " of them within a save");
}

TEST_CASE("a process that dies with half of the file written leaves the checkpoint before it") {
    const temporary_folder folder;
    run r = fresh();
    r.steps(2);
    r.save(folder / "run");
    const bool killed = run_and_kill(std::chrono::seconds(0), [&](auto&& ready) {
        const geolip::checkpoint::safetensors_file file(folder / "run");
        geolip::checkpoint::safetensors_writer out(folder / "run",
                                                   {{"weight", geolip::checkpoint::dtype::u8, {100'000}}});
        out.write(std::vector<std::byte>(50'000));
        ready();
        std::this_thread::sleep_for(std::chrono::hours(1));
    });
    CHECK(killed);
    CHECK(folder.files() == 2);
    run found = fresh();
    found.load(folder / "run");
    CHECK(found.bytes() == r.bytes());
    found.step();
    found.save(folder / "run");  // what was left over is no obstacle
    CHECK(folder.files() == 1);
    run after = fresh();
    after.load(folder / "run");
    CHECK(after.at.step == 3);
}
