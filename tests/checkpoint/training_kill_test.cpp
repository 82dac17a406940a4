// Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT
#include <doctest/doctest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <thread>

#include "geolip/nn/adam.hpp"
#include "geolip/random/philox.hpp"
#include "support/temporary_folder.hpp"
#include "support/training_run.hpp"

using run = geolip_test::training_run<geolip::nn::adam<float>>;

namespace {

run fresh() { return run(geolip::nn::adam<float>(8)); }

/// Runs `body(ready)` in a child process, which is killed a while after it has called `ready`, unless it ended before.
template <class Body>
void run_and_kill(std::chrono::microseconds patience, Body&& body) {
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
    REQUIRE(::waitpid(child, nullptr, 0) == child);
}

}  // namespace

TEST_CASE("a run that is killed again and again, while it saves after every step, arrives at the same bits") {
    const temporary_folder folder;
    run never_killed = fresh();
    never_killed.steps(150);

    geolip::philox_engine draw({11, 4});
    std::uint64_t reached = 0;
    int torn = 0;
    int lives = 0;
    for (; lives < 2000 && reached < 150; ++lives) {
        run_and_kill(std::chrono::microseconds(draw() % 3000), [&](auto&& ready) {
            run r = fresh();
            if (std::filesystem::exists(folder / "run")) r.load(folder / "run");
            ready();
            while (r.at.step < 150) {
                r.step();
                r.save(folder / "run");
            }
        });
        if (!std::filesystem::exists(folder / "run")) continue;
        run found = fresh();
        found.load(folder / "run");  // throws if what it finds is not whole
        CHECK(found.at.step >= reached);
        reached = found.at.step;
        torn += folder.files() > 1;
    }
    REQUIRE(reached == 150);
    run arrived = fresh();
    arrived.load(folder / "run");
    CHECK(arrived.bytes() == never_killed.bytes());
    CHECK(arrived.at.random == never_killed.at.random);
    MESSAGE("of " << lives << " lives " << torn << " ended within a save");
}

TEST_CASE("a process that dies with half of the file written leaves the checkpoint before it") {
    const temporary_folder folder;
    run r = fresh();
    r.steps(2);
    r.save(folder / "run");
    run_and_kill(std::chrono::seconds(0), [&](auto&& ready) {
        const geolip::checkpoint::safetensors_file file(folder / "run");
        geolip::checkpoint::safetensors_writer out(folder / "run",
                                                   {{"weight", geolip::checkpoint::dtype::u8, {100'000}}});
        out.write(std::vector<std::byte>(50'000));
        ready();
        std::this_thread::sleep_for(std::chrono::hours(1));
    });
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
