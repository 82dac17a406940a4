// Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT

/// \file
/// The dimension sweep: the coefficient of variation of simplex volumes over a grid of vocabularies and dimensions.

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <utility>

#include "geolip/backend/cpu.hpp"
#include "geolip/core/file.hpp"
#include "geolip/sweep/document.hpp"
#include "geolip/sweep/evaluate.hpp"
#include "geolip/sweep/plan.hpp"
#include "geolip/sweep/record.hpp"
#include "geolip/sweep/results.hpp"
#include "geolip/sweep/run.hpp"
#include "geolip/sweep/schema.hpp"
#include "geolip/sweep/shard.hpp"
#include "support/program.hpp"
#include "support/progress.hpp"
#include "support/sweep_table.hpp"
#if defined(GEOLIP_EXAMPLES_THRUST)
#include "geolip/backend/thrust.hpp"
#endif

namespace {

using namespace geolip::sweep;
using geolip::is_stream;
using geolip::output_file;
namespace fs = std::filesystem;

struct settings {
    geolip::sweep::plan plan;
    std::optional<geolip::sweep::draw> draw;
    unsigned threads = std::max(1u, std::thread::hardware_concurrency());
    fs::path out;
    bool resume = false;
    std::optional<shard> part;
    bool json = false;
};

#if defined(GEOLIP_EXAMPLES_THRUST)
constexpr bool has_thrust = true;
using thrust_or_cpu = geolip::thrust_backend<>;
#else
constexpr bool has_thrust = false;
using thrust_or_cpu = geolip::cpu;
#endif

[[noreturn]] void refuse(const std::string& what) { throw geolip::usage_error(what); }

void declare(CLI::App& app, settings& s) {
    using examples::add_text;
    using examples::whole_number;
    geolip::sweep::plan& p = s.plan;
    add_text(app, "--dims", "LO:HI:STEP", "8:2048:8", "Dimensions D, HI included when the step reaches it",
             [&](const std::string& text) { p.dims = parse_axis(text, "--dims"); });
    add_text(app, "--vocabs", "LO:HI:STEP", "8:2048:8", "Vocabulary sizes V",
             [&](const std::string& text) { p.vocabs = parse_axis(text, "--vocabs"); });
    add_text(app, "--samples", "N", "300", "Simplices in each configuration",
             [&](const std::string& text) { p.samples = whole_number(text, "--samples", 1, max_samples); });
    add_text(app, "--order", "K", "4", "Simplices of K + 1 points",
             [&](const std::string& text) { p.order = whole_number(text, "--order", min_order, max_order); });
    add_text(app, "--seed", "N", "42", "Seed of every random stream",
             [&](const std::string& text) { p.seed = whole_number<std::uint64_t>(text, "--seed", 0); });
    add_text(app, "--threads", "N", "all", "Threads; the results do not depend on it",
             [&](const std::string& text) { s.threads = whole_number(text, "--threads", 1u, 1024u); });
    add_text(app, "--backend", "cpu|thrust", "cpu", "What measures the volumes", [&](const std::string& text) {
        if (text != "cpu" && text != "thrust") refuse("--backend '" + text + "': unknown; expected cpu or thrust");
        if (text == "thrust" && !has_thrust) {
            refuse(
                "--backend thrust: this program was built without; expected one configured with "
                "-DGEOLIP_EXAMPLES_THRUST=ON, such as scripts/run sweep --backend=thrust makes");
        }
        p.backend = text == "cpu" ? text : thrust_or_cpu::name();
    });
    add_text(app, "--law", "gaussian|sphere", "gaussian", "Law of the rows",
             [&](const std::string& text) { p.law = parse_choice<law>(text, "--law"); });
    add_text(app, "--design", "independent|nested", "independent",
             "Draw each configuration afresh, or share a vocabulary's draws along D",
             [&](const std::string& text) { p.design = parse_choice<design>(text, "--design"); });
    add_text(app, "--draw", "rows|bartlett", "bartlett; rows if nested",
             "Draw a pool's coordinates, or (equal in law, faster) the factor of its Gram matrix",
             [&](const std::string& text) { s.draw = parse_choice<draw>(text, "--draw"); });
    add_text(app, "--isa", "auto|baseline|avx2|avx512", "auto", "Instruction-set level, for the same bits elsewhere",
             [&](const std::string& text) { p.isa = parse_choice<geolip::isa>(text, "--isa"); });
    add_text(app, "--out", "FILE", "", "Write the JSON document (or, of a shard, its record) to FILE",
             [&](const std::string& text) {
                 if (text.empty()) refuse("--out '': no name; expected the name of a file");
                 s.out = text;
             });
    app.add_flag("--resume", s.resume, "Go on with the run to FILE that was stopped, if there is one");
    add_text(app, "--shard", "k/K", "", "Run part k of K only; the program merge puts the parts together",
             [&](const std::string& text) { s.part = parse_shard(text, "--shard"); });
    app.add_flag("--json", s.json, "Print the JSON document instead of the table");
}

// Settles what the options leave open and refuses what does not go together.
void settle(settings& s) {
    if (s.draw) s.plan.draw = *s.draw;
    if (!s.draw && (s.plan.design == design::nested || s.plan.backend != "cpu")) s.plan.draw = draw::rows;
    s.plan = resolved(s.plan);
    if (s.resume && s.out.empty()) refuse("--resume: nothing to resume; expected --out FILE too, as in the first run");
    if (s.part && s.out.empty()) refuse("--shard: nowhere to keep the part; expected --out FILE too");
    if (s.part && s.json) refuse("--json: one shard is no document; expected --shard without it; merge writes it");
    if ((s.resume || s.part) && is_stream(s.out)) {
        refuse("--out '" + s.out.string() + "': a device or pipe; expected a file, to resume or merge later");
    }
}

// Runs the items that are not done. False if a signal stopped it.
bool run_items(results& r, const settings& s, record* log) {
    examples::progress progress;
    const run_options options{.threads = s.threads,
                              .part = s.part.value_or(shard()),
                              .progress = [&](std::size_t done, std::size_t all) { progress(done, all); },
                              .stop = [] { return examples::stop_signal != 0; },
                              .record = log};
    const auto on_cpu = [&] { return evaluator(r.plan); };
    const auto on_thrust = [&] { return evaluator(r.plan, thrust_or_cpu()); };
    return r.plan.backend == geolip::cpu::name() ? run(r, on_cpu, options) : run(r, on_thrust, options);
}

// Takes over what an earlier, finished run wrote to FILE.
void read_finished(results& r, const settings& s) {
    const auto require = [&](bool holds) {
        if (holds) return;
        throw geolip::file_error("'" + s.out.string() +
                                 "' is not the result of these options and this version; expected it to be, for "
                                 "--resume; choose another file, or leave out --resume to replace this one");
    };
    if (s.part) {
        record_content found = read_record(s.out);
        require(found.results.plan == r.plan && found.part == *s.part);
        require_finished(s.out, found);
        r = std::move(found.results);
        return;
    }
    document found = read_document(s.out);
    require(is_result_of(found, r.plan));
    r.entries = std::move(found.all_results);
    r.done.assign(r.done.size(), true);
}

// Runs what is not done yet, keeping a record beside FILE. False if a signal stopped it.
bool run_or_resume(results& r, const settings& s) {
    if (s.out.empty() || is_stream(s.out)) return run_items(r, s, nullptr);
    const fs::path path = output_file::with_suffix(s.out, ".partial");
    if (s.resume && fs::exists(s.out) && !fs::exists(path)) {
        read_finished(r, s);
        return true;
    }
    const shard part = s.part.value_or(shard());
    record log = s.resume ? record::resume(path, part, r) : record::begin(path, r.plan, part);
    if (!run_items(r, s, &log)) return false;
    output_file out(s.out);
    const auto sink = [&](std::string_view text) { out.write(text); };
    if (s.part) {
        write_record(r, *s.part, sink);
    } else {
        write_json(r, sink);
    }
    out.commit();
    fs::remove(path);
    return true;
}

// What the estimator gives by chance for pools of these sizes: other seeds, drawn row by row, each afresh. Empty if a
// signal stopped it.
std::optional<results> estimator_null(const results& r, const settings& s) {
    geolip::sweep::plan p = r.plan;
    p.dims = examples::table_dims(p);
    p.seed = ~p.seed;
    p.design = design::independent;
    p.draw = draw::rows;
    results null(p);
    settings whole;
    whole.threads = s.threads;
    if (!run_items(null, whole, nullptr)) return std::nullopt;
    return null;
}

int interrupted(const results& r, const settings& s) {
    std::fprintf(stderr, "sweep: stopped after %zu of %zu items; %s\n", r.items_done(), r.done.size(),
                 s.out.empty() || is_stream(s.out) ? "nothing is kept; give --out FILE to be able to resume"
                                                   : "go on, or print the table, with the same options and --resume");
    return 128 + examples::stop_signal;
}

int sweep_main(settings& s) {
    settle(s);
    examples::stop_gently();
    results r(s.plan);
    std::optional<output_file> stream;
    if (!s.out.empty() && is_stream(s.out)) stream.emplace(s.out);  // before the work: it may not be writable
    if (!run_or_resume(r, s)) return interrupted(r, s);
    if (stream) {
        write_json(r, [&](std::string_view text) { stream->write(text); });
        stream->commit();
    }

    if (s.part) {
        examples::print("shard " + to_string(*s.part) + ": " + std::to_string(s.part->size(r.done.size())) + " of " +
                        std::to_string(r.done.size()) + " items in " + s.out.string() + "\n");
        return 0;
    }
    if (s.json) {
        write_json(r, examples::print);
    } else if (const auto null = estimator_null(r, s)) {
        examples::print(examples::sweep_table(r, *null));
    } else {
        return interrupted(r, s);
    }
    return examples::require_feasible("sweep", r);
}

}  // namespace

int main(int argc, char** argv) {
    CLI::App app(
        "CV of simplex volumes over a grid of dimensions and vocabularies, beside the documented sweep and the exact "
        "law.",
        "sweep");
    settings s;
    declare(app, s);
    return examples::run(app, argc, argv, [&] { return sweep_main(s); });
}
