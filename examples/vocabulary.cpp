// Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT

/// \file
/// Does the size of a vocabulary matter? CV of five random rows for vocabularies up to 13 million, over the documented
/// first 512 rows and over all of them. A row is a function of its number, so only rows that a sample names are ever
/// drawn: memory does not grow with the vocabulary.

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "geolip/core/estimate.hpp"
#include "geolip/core/version.hpp"
#include "geolip/metrics/simulation.hpp"
#include "geolip/metrics/validity.hpp"
#include "geolip/metrics/volume_null.hpp"
#include "geolip/simplex/volume_law.hpp"
#include "geolip/sweep/axis.hpp"
#include "geolip/sweep/number.hpp"
#include "support/documented.hpp"
#include "support/moments.hpp"
#include "support/program.hpp"
#include "support/table.hpp"

namespace {

using namespace examples;
using geolip::estimate;
using geolip::sweep::fixed;
using json = nlohmann::ordered_json;

constexpr int order = 4;
constexpr std::uint32_t points = order + 1;
using policy = geolip::documented_sweep;
using law = geolip::gaussian_law;

struct settings {
    std::vector<std::uint32_t> vocabs;
    std::uint32_t samples = 300;
    std::uint32_t dim = documented_vocabulary_dimension;
    std::uint32_t replicates = 1000;
    std::uint64_t seed = 42;
};

// One pool: the estimate with its null, and how many of its rows had to exist.
struct reading : estimate {
    std::uint32_t rows = 0, rows_drawn = 0;
};

struct line {
    std::uint32_t vocab = 0;
    estimate documented;  // its null is that of the first rows
    reading first, whole;
};

class laboratory {
public:
    explicit laboratory(const settings& s) : settings_(s), volume_(s.samples) {
        simulation_.draw = geolip::row_draw::coordinates;
    }

    line measure(std::uint32_t vocab) {
        line l;
        l.vocab = vocab;
        const auto head = std::min(vocab, static_cast<std::uint32_t>(policy::max_rows));
        l.first = read(vocab, head, 1);
        l.whole = head == vocab ? l.first : read(vocab, vocab, 4);
        for (const documented_vocabulary& d : documented_vocabularies) {
            if (d.vocab == vocab && settings_.dim == documented_vocabulary_dimension) l.documented.value = d.cv;
        }
        l.documented.null = l.first.null;
        return l;
    }

private:
    reading read(std::uint32_t vocab, std::uint32_t rows, std::uint64_t purpose) {
        reading r;
        r.rows = rows;
        r.reason = geolip::undefined_reason::too_few_rows;
        if (rows < points) return r;
        const auto stream = [&](std::uint64_t part) {
            return geolip::random_stream{settings_.seed, ((purpose + part) << 56) | vocab};
        };
        const auto volumes = simulation_(rows, settings_.dim, settings_.samples, {stream(0), stream(1), stream(2)});
        r.rows_drawn = *std::max_element(simulation_.rows().begin(), simulation_.rows().end()) + 1;
        const auto statistics = geolip::volume_statistics_of<policy>(volumes, volume_);
        r.value = statistics.cv;
        r.reason = statistics.reason;
        r.standard_error =
            geolip::cv_standard_error<policy>(std::span(volume_).first(statistics.counts.valid), statistics);
        r.null = nulls_({rows, settings_.dim, settings_.samples, settings_.replicates, settings_.seed});
        return r;
    }

    settings settings_;
    geolip::simulated_volumes<order> simulation_;
    std::vector<double> volume_;
    geolip::null_cache<order, policy, law> nulls_;
};

// Readings of one standard deviation are what chance gives; beyond three it hardly does.
std::string verdict(const std::optional<double>& z) {
    if (!z) return std::string(undefined);
    return std::fabs(*z) <= 3 ? "chance" : "not chance";
}

// The documented readings together, against independent draws of the null.
struct joint {
    double squares = 0;
    int count = 0;

    double limit() const { return chi_squared_limit(count); }
};

joint together(const std::vector<line>& lines) {
    joint all;
    for (const line& l : lines) {
        const auto z = l.documented.z_score();
        if (!z) continue;
        all.squares += *z * *z;
        ++all.count;
    }
    return all;
}

std::string report(const std::vector<line>& lines, const settings& s) {
    const auto value = [](const estimate& e) {
        return e.value ? fixed(*e.value, 4) + " +- " + fixed(e.standard_error, 4) : std::string(undefined);
    };
    const auto null = [](const estimate& e) {
        return e.null ? fixed(*e.null.value, 4) + " +- " + fixed(e.null.sd, 4) : std::string(undefined);
    };
    table first({"V", "documented", "z", "verdict", "first rows", "CV", "null", "z"});
    table whole({"V", "rows drawn", "CV", "null", "z", "verdict"});
    for (const line& l : lines) {
        const std::string vocab = std::to_string(l.vocab);
        first.add({vocab, shown(l.documented.value, 4), shown(l.documented.z_score(), 1),
                   verdict(l.documented.z_score()), std::to_string(l.first.rows), value(l.first), null(l.first),
                   shown(l.first.z_score(), 1)});
        whole.add({vocab, std::to_string(l.whole.rows_drawn), value(l.whole), null(l.whole),
                   shown(l.whole.z_score(), 1), verdict(l.whole.z_score())});
    }
    std::string out =
        "CV of five random rows in " + std::to_string(s.dim) + " dimensions, " + std::to_string(s.samples) +
        " simplices; population law " + fixed(geolip::coefficient_of_variation(law{}, order, s.dim).value(), 4) +
        "\n\nOver the documented first " + std::to_string(policy::max_rows) + " rows\n\n" + first.text() +
        "\nOver the whole vocabulary\n\n" + whole.text() + "\nNull: mean and standard deviation of one reading over " +
        std::to_string(s.replicates) +
        " random pools of that size. A finite pool lies below the law,\nbecause its simplices share rows; "
        "that is all the vocabulary does. Verdict: chance if |z| <= 3.\n";
    if (const joint all = together(lines); all.count > 0) {
        out += "Documented readings together: sum of z^2 " + fixed(all.squares, 1) + " over " +
               std::to_string(all.count) + "; chance stays below " + fixed(all.limit(), 1) +
               " in 95 of 100 cases: " + (all.squares < all.limit() ? "independent of V" : "not explained by chance") +
               ".\n";
    }
    return out;
}

json document(const std::vector<line>& lines, const settings& s) {
    const auto number = [](const std::optional<double>& value) { return value ? json(*value) : json(nullptr); };
    const auto pool = [&](const reading& r) {
        json out{{"rows", r.rows},
                 {"rows_drawn", r.rows_drawn},
                 {"CV", number(r.value)},
                 {"standard_error", r.standard_error},
                 {"null", {{"mean", number(r.null.value)}, {"sd", r.null.sd}, {"replicates", r.null.replicates}}},
                 {"z", number(r.z_score())}};
        if (!r.value) out["reason"] = describe(r.reason);
        return out;
    };
    json out{{"program", "vocabulary"},
             {"version", geolip::version_string},
             {"D", s.dim},
             {"order", order},
             {"samples", s.samples},
             {"seed", s.seed},
             {"law", number(geolip::coefficient_of_variation(law{}, order, s.dim))}};
    out["vocabularies"] = json::array();
    for (const line& l : lines) {
        out["vocabularies"].push_back({{"V", l.vocab},
                                       {"documented", number(l.documented.value)},
                                       {"documented_z", number(l.documented.z_score())},
                                       {"first_rows", pool(l.first)},
                                       {"whole", pool(l.whole)}});
    }
    const joint all = together(lines);
    if (all.count > 0) {
        out["documented_together"] = {
            {"sum_of_squared_z", all.squares}, {"count", all.count}, {"limit_95", all.limit()}};
    }
    return out;
}

}  // namespace

int main(int argc, char** argv) {
    CLI::App app("CV of five random rows against the size of the vocabulary they come from.", "vocabulary");
    settings s;
    for (const documented_vocabulary& d : documented_vocabularies) s.vocabs.push_back(d.vocab);
    bool as_json = false;
    add_text(app, "--vocabs", "LO:HI:STEP", "the documented ones", "Vocabulary sizes V; parts may be joined by commas",
             [&](const std::string& text) { s.vocabs = geolip::sweep::parse_axis(text, "--vocabs"); });
    add_text(app, "--dim", "D", "32", "Dimension",
             [&](const std::string& text) { s.dim = whole_number<std::uint32_t>(text, "--dim", order, 4096); });
    add_text(app, "--samples", "N", "300", "Simplices of a reading", [&](const std::string& text) {
        s.samples = whole_number<std::uint32_t>(text, "--samples", policy::min_valid, 10000);
    });
    add_text(app, "--replicates", "N", "1000", "Pools that are simulated for each null", [&](const std::string& text) {
        s.replicates = whole_number<std::uint32_t>(text, "--replicates", 2, 1000000);
    });
    add_text(app, "--seed", "N", "42", "Seed of every random stream",
             [&](const std::string& text) { s.seed = whole_number<std::uint64_t>(text, "--seed", 0); });
    app.add_flag("--json", as_json, "Print one JSON document instead of the tables");
    return run(app, argc, argv, [&] {
        if (s.vocabs.back() < points) {
            throw geolip::usage_error("--vocabs: none has a simplex of five rows; expected one of 5 or more");
        }
        laboratory lab(s);
        std::vector<line> lines;
        for (const std::uint32_t vocab : s.vocabs) lines.push_back(lab.measure(vocab));
        print(as_json ? document(lines, s).dump(2) + "\n" : report(lines, s));
        return 0;
    });
}
