// Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT

/// \file
/// The "computational boundary": what a small singular value or eigenvalue decomposition costs in D dimensions, beside
/// the bordered 6 x 6 determinant and the library's kernel, and whether there is a cliff at D = 24.

#include <CLI/CLI.hpp>
#include <Eigen/Dense>
#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <ctime>
#include <functional>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "geolip/core/file.hpp"
#include "geolip/core/version.hpp"
#include "geolip/random/fill.hpp"
#include "geolip/random/subset.hpp"
#include "geolip/simplex/volumes.hpp"
#include "geolip/sweep/axis.hpp"
#include "geolip/sweep/number.hpp"
#include "support/picture.hpp"
#include "support/program.hpp"
#include "support/table.hpp"

namespace {

using namespace examples;
using geolip::sweep::fixed;
using json = nlohmann::ordered_json;
using matrix = Eigen::MatrixXd;

constexpr unsigned boundary = 24;
constexpr double documented_factor = 8;
// A cliff: the next dimension costs more than so many times what D^3 explains.
constexpr double cliff_factor = 2;

/// Something to time: `run` does `count` of it.
struct task {
    std::function<void()> run;
    int count = 1;
};

/// Makes the task for a dimension; none where the method is not compiled for it.
struct method {
    std::string name, colour;
    std::function<std::optional<task>(unsigned)> prepare;
};

matrix random_matrix(unsigned rows, unsigned columns) {
    matrix m(rows, columns);
    geolip::fill_normal(std::span(m.data(), static_cast<std::size_t>(m.size())), {boundary, columns});
    return m;
}

template <class Solver, class Input, class... Arguments>
task decomposition(const Input& input, Arguments... arguments) {
    struct state {
        Solver solver;
        Input input;
    };
    const std::shared_ptr<state> s(new state{Solver(arguments...), input});
    return {[s] { s->solver.compute(s->input); }};
}

std::optional<task> svd(unsigned dim) {
    using Solver = Eigen::JacobiSVD<matrix, Eigen::NoQRPreconditioner>;  // enough for square matrices
    return decomposition<Solver>(random_matrix(dim, dim), dim, dim,
                                 unsigned{Eigen::ComputeFullU | Eigen::ComputeFullV});
}

/// `Capacity` is the largest dimension the solver has memory for in itself, or Eigen::Dynamic.
template <int Capacity>
std::optional<task> eigh(unsigned dim) {
    using Input = Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::ColMajor, Capacity, Capacity>;
    if (Capacity != Eigen::Dynamic && dim > static_cast<unsigned>(Capacity)) return std::nullopt;
    const matrix m = random_matrix(2 * dim, dim);
    return decomposition<Eigen::SelfAdjointEigenSolver<Input>>(Input(m.transpose() * m), dim);
}

/// Five-point samples of a pool of rows, and the squared volumes that a function of them makes.
template <class Measure>
task simplices(unsigned dim, Measure measure) {
    constexpr std::uint32_t pool = 128;
    struct state {
        matrix columns;  // a point each
        std::vector<std::uint32_t> rows;
        std::vector<geolip::volume_reading> out;
    };
    auto s = std::make_shared<state>();
    s->columns = random_matrix(dim, pool);
    s->out.resize(64);
    s->rows.resize(5 * s->out.size());
    geolip::draw_samples<5>(s->rows.data(), s->out.size(), pool, {1, dim});
    return {[s, measure] { measure(*s); }, static_cast<int>(s->out.size())};
}

std::optional<task> bordered_determinant(unsigned dim) {
    return simplices(dim, [](auto& s) {
        for (std::size_t i = 0; i < s.out.size(); ++i) {
            const std::uint32_t* const vertex = &s.rows[5 * i];
            Eigen::Matrix<double, 6, 6> m = Eigen::Matrix<double, 6, 6>::Ones();
            m.diagonal().setZero();
            for (int a = 0; a < 5; ++a) {
                for (int b = 0; b < a; ++b) {
                    m(a + 1, b + 1) = m(b + 1, a + 1) =
                        (s.columns.col(vertex[a]) - s.columns.col(vertex[b])).squaredNorm();
                }
            }
            s.out[i].squared_volume = -m.determinant() / 9216;
        }
    });
}

std::optional<task> kernel(unsigned dim) {
    return simplices(dim, [](auto& s) {
        const geolip::matrix_view<const double> points(s.columns.data(), static_cast<std::size_t>(s.columns.cols()),
                                                       static_cast<std::size_t>(s.columns.rows()));
        geolip::squared_volumes<4>(geolip::edge_gram(), points, s.rows, s.out);
    });
}

const std::vector<method>& methods() {
    static const std::vector<method> all{{"Jacobi SVD", "#440154", svd},
                                         {"eigh", "#2a788e", eigh<Eigen::Dynamic>},
                                         {"eigh, no heap", "#22a884", eigh<64>},
                                         {"6x6 determinant", "#d8a31c", bordered_determinant},
                                         {"geolip kernel", "#b03a2e", kernel}};
    return all;
}

/// Microseconds of one decomposition or simplex: the median of the rounds and their quartiles.
struct timing {
    unsigned dim;
    double low, median, high;
};

double processor_microseconds() {
    timespec now;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return static_cast<double>(now.tv_sec) * 1e6 + static_cast<double>(now.tv_nsec) * 1e-3;
}

double time_of(const task& t, int repetitions) {
    const double begin = processor_microseconds();
    for (int i = 0; i < repetitions; ++i) t.run();
    return (processor_microseconds() - begin) / (static_cast<double>(repetitions) * t.count);
}

/// For each method its timings by ascending dimension. A round times everything once, so that a slow moment of the
/// machine falls on one round of neighbours and not on all rounds of one dimension.
std::vector<std::vector<timing>> measure(const std::vector<std::uint32_t>& dims, int rounds) {
    struct subject {
        std::size_t method;
        unsigned dim;
        task work;
        int repetitions;
        std::vector<double> readings;
    };
    std::vector<subject> subjects;
    for (std::size_t m = 0; m < methods().size(); ++m) {
        for (const std::uint32_t dim : dims) {
            std::optional<task> work = methods()[m].prepare(dim);
            if (!work) continue;
            work->run();
            const double once = time_of(*work, 1) * work->count;
            subjects.push_back({m, dim, std::move(*work), static_cast<int>(std::ceil(100 / once)), {}});
        }
    }
    for (int round = 0; round < rounds; ++round) {
        for (subject& s : subjects) s.readings.push_back(time_of(s.work, s.repetitions));
    }
    std::vector<std::vector<timing>> all(methods().size());
    for (subject& s : subjects) {
        std::sort(s.readings.begin(), s.readings.end());
        const auto quantile = [&](std::size_t quarters) { return s.readings[(s.readings.size() - 1) * quarters / 4]; };
        all[s.method].push_back({s.dim, quantile(1), quantile(2), quantile(3)});
    }
    return all;
}

/// How many times more a step from one dimension to the next costs than D^3 explains.
struct step {
    unsigned from, to;
    double excess;
};

step step_between(const timing& a, const timing& b) {
    return {a.dim, b.dim, b.median / a.median / std::pow(static_cast<double>(b.dim) / a.dim, 3)};
}

struct finding {
    std::optional<step> into, out_of;  // the boundary
    std::optional<step> largest;

    std::optional<double> at_boundary() const {
        if (!into || !out_of) return std::nullopt;
        return std::max(into->excess, out_of->excess);
    }
    std::string verdict() const {
        const auto excess = at_boundary();
        if (!excess) return std::string(undefined);
        return *excess > cliff_factor ? "a cliff" : "no cliff";
    }
};

finding find_cliff(const std::vector<timing>& timings) {
    finding f;
    for (std::size_t i = 1; i < timings.size(); ++i) {
        const step s = step_between(timings[i - 1], timings[i]);
        if (s.to == boundary) f.into = s;
        if (s.from == boundary) f.out_of = s;
        if (!f.largest || s.excess > f.largest->excess) f.largest = s;
    }
    return f;
}

std::string shown(double microseconds) {
    return fixed(microseconds, microseconds < 1 ? 3 : microseconds < 100 ? 2 : 0);
}

std::string shown(const std::optional<step>& s) {
    return s ? fixed(s->excess, 2) + " (" + std::to_string(s->from) + " to " + std::to_string(s->to) + ")"
             : std::string(undefined);
}

bool worth_a_row(unsigned dim) { return dim <= 4 || dim % 4 == 0 || (dim + 2 >= boundary && dim <= boundary + 2); }

std::string report(const std::vector<std::uint32_t>& dims, const std::vector<std::vector<timing>>& all, int rounds) {
    std::vector<std::string> header{"D"};
    for (const method& m : methods()) header.push_back(m.name);
    header.push_back("widest spread");
    table times(header);
    for (const std::uint32_t dim : dims) {
        if (!worth_a_row(dim)) continue;
        std::vector<std::string> cells{std::to_string(dim)};
        double spread = 0;
        for (const std::vector<timing>& timings : all) {
            const auto found = std::find_if(timings.begin(), timings.end(), [&](auto& t) { return t.dim == dim; });
            cells.push_back(found == timings.end() ? std::string(undefined) : shown(found->median));
            if (found != timings.end()) spread = std::max(spread, (found->high - found->low) / found->median);
        }
        cells.push_back(fixed(100 * spread, 0) + " %");
        times.add(cells);
    }
    table steps({"", "into D = 24", "out of D = 24", "largest step", "verdict at 24"});
    steps.add({"documented", "", "", fixed(documented_factor, 0) + " (at 24)", "a cliff"});
    for (std::size_t m = 0; m < all.size(); ++m) {
        const finding f = find_cliff(all[m]);
        steps.add({methods()[m].name, shown(f.into), shown(f.out_of), shown(f.largest), f.verdict()});
    }
    return "Microseconds in D dimensions, double precision, one core: the decompositions of one D x D matrix (with "
           "vectors),\nthe volume of one simplex of five points (median of " +
           std::to_string(rounds) + " rounds; spread: between the quartiles)\n\n" + times.text() +
           "\nTime of a step from one dimension to the next, divided by what D^3 explains\n\n" + steps.text() +
           "\nRule: a cliff at D = 24 is a step into or out of it that costs more than " + fixed(cliff_factor, 0) +
           " times what D^3 explains. The times are this\nmachine's and this library's (Eigen " +
           std::to_string(EIGEN_WORLD_VERSION) + "." + std::to_string(EIGEN_MAJOR_VERSION) + "." +
           std::to_string(EIGEN_MINOR_VERSION) + "); a kernel for another machine may well have cliffs of its own.\n";
}

json document(const std::vector<std::vector<timing>>& all, int rounds) {
    const auto number = [](const std::optional<step>& s) {
        return s ? json{{"from", s->from}, {"to", s->to}, {"excess", s->excess}} : json(nullptr);
    };
    json out{{"program", "boundary"},
             {"version", geolip::version_string},
             {"rounds", rounds},
             {"rule", {{"D", boundary}, {"power", 3}, {"factor", cliff_factor}}},
             {"documented", {{"D", boundary}, {"factor", documented_factor}}},
             {"methods", json::array()}};
    for (std::size_t m = 0; m < all.size(); ++m) {
        const finding f = find_cliff(all[m]);
        json times = json::array();
        for (const timing& t : all[m]) {
            times.push_back({{"D", t.dim}, {"microseconds", t.median}, {"quartiles", {t.low, t.high}}});
        }
        const auto excess = f.at_boundary();
        out["methods"].push_back({{"name", methods()[m].name},
                                  {"times", times},
                                  {"into", number(f.into)},
                                  {"out_of", number(f.out_of)},
                                  {"largest", number(f.largest)},
                                  {"cliff", excess ? json(*excess > cliff_factor) : json(nullptr)}});
    }
    return out;
}

std::string picture(const std::vector<std::vector<timing>>& all) {
    line_chart chart;
    chart.title = "Time of small decompositions and of one simplex (this machine)";
    chart.x = {"dimension D", 2, 64, {2, 4, 8, 16, 24, 32, 64}};
    chart.y = {"microseconds", 0.01, 10000, {0.01, 0.1, 1, 10, 100, 1000, 10000}};
    for (std::size_t m = 0; m < all.size(); ++m) {
        curve c{methods()[m].name, methods()[m].colour, false, {}};
        for (const timing& t : all[m]) c.points.push_back({static_cast<double>(t.dim), t.median});
        chart.curves.push_back(c);
    }
    curve cubic{"D^3 from 24", "#222222", true, {}};
    for (const timing& t : all.front()) {
        if (t.dim == boundary) cubic.points = {{boundary, t.median}, {64, t.median * std::pow(64.0 / boundary, 3)}};
    }
    if (!cubic.points.empty()) chart.curves.push_back(cubic);
    return svg(chart);
}

}  // namespace

int main(int argc, char** argv) {
    CLI::App app("What small decompositions cost in D dimensions, and whether there is a cliff at D = 24.", "boundary");
    std::vector<std::uint32_t> dims = geolip::sweep::parse_axis("2:64:1", "--dims");
    int rounds = 15;
    bool as_json = false;
    std::string file;
    add_text(app, "--dims", "LO:HI:STEP", "2:64:1", "Dimensions", [&](const std::string& text) {
        dims = geolip::sweep::parse_axis(text, "--dims");
        if (dims.back() > 512) {
            throw geolip::usage_error("--dims '" + text + "': reaches " + std::to_string(dims.back()) +
                                      "; expected at most 512");
        }
    });
    add_text(app, "--rounds", "N", "15", "Times that everything is timed",
             [&](const std::string& text) { rounds = whole_number(text, "--rounds", 1, 10000); });
    app.add_flag("--json", as_json, "Print one JSON document instead of the tables");
    const CLI::Option* draw = app.add_option("--svg", file, "Also draw time against D into FILE")->type_name("FILE");
    return run(app, argc, argv, [&] {
        std::optional<geolip::output_file> out;
        if (*draw) out.emplace(file);  // before the work: it may not be writable
        const auto all = measure(dims, rounds);
        if (out) {
            out->write(picture(all));
            out->commit();
        }
        print(as_json ? document(all, rounds).dump(2) + "\n" : report(dims, all, rounds));
        return 0;
    });
}
