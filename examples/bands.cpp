// Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT

/// \file
/// The three bands of the sphere-normed autoencoder as far as nothing need be trained for them: what random rows give
/// under each row rule, the areas of spheres, the products of a patch, and the ladder of which the bands are three
/// rungs.

#include <CLI/CLI.hpp>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "geolip/core/file.hpp"
#include "geolip/core/version.hpp"
#include "geolip/metrics/volume_null.hpp"
#include "geolip/simplex/volume_law.hpp"
#include "geolip/sweep/number.hpp"
#include "support/band_facts.hpp"
#include "support/documented_bands.hpp"
#include "support/picture.hpp"
#include "support/program.hpp"
#include "support/table.hpp"

namespace {

using namespace examples;
using geolip::gaussian_law;
using geolip::sphere_law;
using geolip::sweep::fixed;
using json = nlohmann::ordered_json;

constexpr std::size_t samples = documented_band_samples;
constexpr unsigned first_rung = 4, last_rung = 64;
constexpr std::uint32_t pool_sizes[] = {16, 32, 64, 128, 512};

struct settings {
    std::size_t pools = 1000;
    std::uint64_t seed = 42;
};

template <geolip::volume_law Law>
std::optional<double> law_cv(const Law& law, std::size_t dim) {
    return geolip::coefficient_of_variation(law, band_order, static_cast<double>(dim));
}

json number(const std::optional<double>& value) { return value ? json(*value) : json(nullptr); }

// Two digits, as "1.3e-04".
std::string scientific(const std::optional<double>& value) {
    if (!value) return std::string(undefined);
    char text[16];
    std::snprintf(text, sizeof text, "%.1e", *value);
    return text;
}

std::string mean_and_error(const moments& m) {
    return m.standard_error() ? fixed(*m.mean(), 4) + " +- " + fixed(*m.standard_error(), 4) : std::string(undefined);
}

// A documented CV beside what chance gives for rows of that shape. The figure is the mean of `count` readings.
struct comparison {
    svae_band band;
    std::string what;
    double documented;
    unsigned count;
    std::size_t rows, dim;
    moments chance;
    std::optional<double> law;

    std::optional<double> z() const { return deviations(documented, chance, count); }
    std::string verdict() const {
        if (!z()) return "too few pools";
        const std::string says = std::fabs(*z()) <= 2   ? "chance"
                                 : std::fabs(*z()) <= 3 ? "chance, barely"
                                                        : "not chance";
        return law ? says : says + ": rounding noise";
    }
};

// Mean volume and CV of pools whose true volumes are 0, and of spheres for contrast.
struct precision_line {
    std::string rows, measured;
    pool_readings readings;
};

struct rung {
    unsigned dim;
    double law;
    std::vector<geolip::null_reading> estimator;  // for each of pool_sizes
};

struct findings {
    std::vector<comparison> sphere, rules;
    std::vector<precision_line> precision;
    std::vector<rung> ladder;
};

std::vector<comparison> sphere_comparisons(const settings& s) {
    std::vector<comparison> out;
    for (const documented_band& d : documented_bands) {
        const svae_settings shape = settings_of(d.band);
        const auto chance = [&](std::size_t rows) {
            return read_pools<geolip::nn::sphere_rows, float>({rows, shape.dim, samples}, s.pools, s.seed).cv;
        };
        const auto law = law_cv(sphere_law(), shape.dim);
        const moments of_64 = chance(documented_points);
        const moments own = shape.rows == documented_points ? of_64 : chance(shape.rows);
        out.push_back({d.band, "one uniform draw", d.uniform_cv, 1, documented_points, shape.dim, of_64, law});
        out.push_back(
            {d.band, "trained, mean of 5", d.attractor_cv, documented_seeds, shape.rows, shape.dim, own, law});
        out.push_back({d.band, "trained longest", d.swept_cv, 1, shape.rows, shape.dim, own, law});
    }
    return out;
}

std::vector<comparison> rule_comparisons(const settings& s) {
    std::vector<comparison> out;
    for (const documented_band& d : documented_bands) {
        const svae_settings b = settings_of(d.band);
        const pool_shape shape{b.rows, b.dim, samples};
        const auto add = [&]<class Rule>(Rule, const char* what, double documented, std::optional<double> law) {
            out.push_back({d.band, what, documented, 1, shape.rows, shape.dim,
                           read_pools<Rule, float>(shape, s.pools, s.seed).cv, law});
        };
        using namespace geolip::nn;
        const auto gaussian = law_cv(gaussian_law(), b.dim);
        add(sphere_rows(), "sphere", d.sphere_rows, law_cv(sphere_law(), b.dim));
        add(unchanged_rows(), "none", d.unchanged_rows, gaussian);
        add(scaled_rows(), "scale only", d.scaled_rows, gaussian);
        if (d.bulk_cv) add(unchanged_rows(), "\"bulk prediction\"", *d.bulk_cv, gaussian);
        add(layer_norm_rows(), "LayerNorm", d.layer_norm_rows, law_cv(sphere_law(), b.dim - 1));
    }
    return out;
}

std::vector<precision_line> precision_lines(const settings& s) {
    const svae_settings high = settings_of(svae_band::high);
    const pool_shape shape{high.rows, high.dim, samples};
    using geolip::documented_sweep, geolip::documented_terrain, geolip::scale_invariant;
    using geolip::nn::layer_norm_rows, geolip::nn::sphere_rows;
    return {
        {"float", "as documented, in float",
         read_pools<layer_norm_rows, float, documented_sweep>(shape, s.pools, s.seed)},
        {"float", "the same in double",
         read_pools<layer_norm_rows, float, documented_sweep, double>(shape, s.pools, s.seed)},
        {"double", "the same in double", read_pools<layer_norm_rows, double, documented_sweep>(shape, s.pools, s.seed)},
        {"double", "every volume above 0",
         read_pools<layer_norm_rows, double, documented_terrain>(shape, s.pools, s.seed)},
        {"float", "above rounding noise", read_pools<layer_norm_rows, float, scale_invariant>(shape, s.pools, s.seed)},
        {"double", "above rounding noise",
         read_pools<layer_norm_rows, double, scale_invariant>(shape, s.pools, s.seed)},
        {"float, sphere", "as documented, in float",
         read_pools<sphere_rows, float, documented_sweep>(shape, s.pools, s.seed)},
        {"double, sphere", "the same in double",
         read_pools<sphere_rows, double, documented_sweep>(shape, s.pools, s.seed)},
    };
}

std::vector<rung> ladder(const settings& s) {
    std::vector<rung> out;
    for (unsigned dim = first_rung; dim <= last_rung; ++dim) {
        rung r{dim, law_cv(sphere_law(), dim).value(), {}};
        for (const std::uint32_t rows : pool_sizes) {
            r.estimator.push_back(geolip::simulate_null<band_order, geolip::documented_sweep, sphere_law>(
                {rows, dim, samples, static_cast<std::uint32_t>(s.pools), s.seed}));
        }
        out.push_back(r);
    }
    return out;
}

findings find(const settings& s) { return {sphere_comparisons(s), rule_comparisons(s), precision_lines(s), ladder(s)}; }

const rung& rung_at(const findings& f, unsigned dim) { return f.ladder[dim - first_rung]; }
const geolip::null_reading& estimator_at(const findings& f, unsigned dim, std::uint32_t rows) {
    for (std::size_t i = 0; i < std::size(pool_sizes); ++i)
        if (pool_sizes[i] == rows) return rung_at(f, dim).estimator[i];
    return rung_at(f, dim).estimator.front();
}

// The dimensions whose law a rule puts into `band`, as "6-9".
template <class Classify>
std::string dimensions_in(const findings& f, svae_band band, Classify classify) {
    std::string out;
    unsigned from = 0, to = 0;
    const auto flush = [&] {
        if (from == 0) return;
        if (!out.empty()) out += ", ";
        out += std::to_string(from);
        if (to == last_rung) {
            out += " and above";
        } else if (to > from) {
            out += "-" + std::to_string(to);
        }
        from = 0;
    };
    for (const rung& r : f.ladder) {
        if (classify(r.law) != band) {
            flush();
            continue;
        }
        if (from == 0) from = r.dim;
        to = r.dim;
    }
    flush();
    return out.empty() ? std::string(undefined) : out;
}

struct claim {
    std::string statement, documented, ours, verdict;
};

// How far the trained CV of each band is from the documented uniform one, and how far the means of five pools would be.
std::string departures(const findings& f) {
    std::string out, by_chance;
    for (const documented_band& d : documented_bands) {
        for (const comparison& c : f.sphere) {
            if (c.band != d.band || c.count != documented_seeds || !c.chance.sd()) continue;
            out += (out.empty() ? "" : ", ") + fixed(100 * (d.attractor_cv / d.uniform_cv - 1), 1);
            by_chance += (by_chance.empty() ? "" : ", ") +
                         fixed(100 * *c.chance.sd() / *c.chance.mean() / std::sqrt(double{documented_seeds}), 1);
        }
    }
    return out + " %; sd of five pools' mean " + by_chance + " %";
}

// The documented readings of one run each, against independent draws from chance.
std::string together(const std::vector<comparison>& lines) {
    double squares = 0;
    int count = 0;
    for (const comparison& c : lines) {
        const auto z = c.z();
        if (!z || c.what.starts_with('"')) continue;  // a prediction is no reading
        squares += *z * *z;
        ++count;
    }
    return "The " + std::to_string(count) + " trained readings together: sum of z^2 " + fixed(squares, 1) +
           "; chance stays below " + fixed(chi_squared_limit(count), 1) + " in 95 of 100 cases.\n";
}

std::vector<claim> claims(const findings& f) {
    const auto spread = [&](unsigned dim, std::uint32_t rows) {
        const geolip::null_reading& n = estimator_at(f, dim, rows);
        return n ? fixed(*n.value, 4) + " +- " + fixed(n.sd, 4) : std::string(undefined);
    };
    const auto area = [](unsigned dim) { return sphere_area(dim) / documented_points; };
    const auto products = [](svae_band b) { return static_cast<double>(cost_of(settings_of(b)).linear_products); };
    return {
        {"D = 32 on the sphere (open question)", "~0.13", fixed(rung_at(f, 32).law, 4) + "; 64 rows " + spread(32, 64),
         "a value of its own below 0.20: the ladder goes on"},
        {"the ladder ends at D = 16, or 0.20 is a waypoint", "open",
         fixed(rung_at(f, 16).law, 4) + ", " + fixed(rung_at(f, 24).law, 4) + ", " + fixed(rung_at(f, 48).law, 4) +
             ", " + fixed(rung_at(f, 64).law, 4) + " at D = 16, 24, 48, 64",
         "a waypoint: the law falls without end"},
        {"CV is quantised into three bands", "3 bands",
         "LOW D = " + dimensions_in(f, svae_band::low, ablation_band) +
             ", MID D = " + dimensions_in(f, svae_band::mid, ablation_band) +
             ", HIGH D = " + dimensions_in(f, svae_band::high, ablation_band) +
             ", none D = " + dimensions_in(f, svae_band::unclassified, ablation_band),
         "three of the dimensions were trained, and their law is the band"},
        {"D = 4 has nearly 5 times the room of D = 16", "5", fixed(area(4) / area(16), 2),
         "true, but D = 8 has " + fixed(area(8) / area(16), 1) + " times, and its CV lies between theirs"},
        {"trained CV within 2 % of the uniform sphere's", "2 %", departures(f),
         "does not hold at HIGH by its own figures; as near as chance brings them"},
        {"CV near 0 says uniform, a large one clumped", "",
         fixed(rung_at(f, 16).law, 3) + ", " + fixed(rung_at(f, 8).law, 3) + ", " + fixed(rung_at(f, 4).law, 3) +
             " for uniform rows at D = 16, 8, 4",
         "does not hold: what uniform rows have depends on D"},
        {"more room for each point, higher CV", "",
         "D = 16, 16 to 512 rows: " + spread(16, 16) + " to " + spread(16, 512),
         "does not hold: with 32 times less room CV rises a little, to the law"},
        {"D = 16 is the sweet spot", "", "CV falls with D throughout", "does not hold: nothing is special at 16"},
        {"MID costs about half of LOW", "0.5", fixed(products(svae_band::mid) / products(svae_band::low), 3),
         "does not hold: 73 %, because the patch is the same"},
    };
}

std::string comparison_table(const std::vector<comparison>& lines, std::string_view what) {
    table out({"band", "D", "V", std::string(what), "documented", "chance, mean +- error", "sd of one", "law", "z",
               "verdict"});
    for (const comparison& c : lines) {
        out.add({std::string(name_of(c.band)), std::to_string(c.dim), std::to_string(c.rows), c.what,
                 fixed(c.documented, 4), mean_and_error(c.chance), shown(c.chance.sd(), 4), shown(c.law, 4),
                 shown(c.z(), 1), c.verdict()});
    }
    return out.text();
}

std::string precision_table(const std::vector<precision_line>& lines) {
    table out({"rows in", "measured", "pools with a CV", "CV, mean +- sd", "mean volume", "volumes that count"});
    for (const precision_line& l : lines) {
        const pool_readings& r = l.readings;
        std::string cv(undefined);
        if (r.cv.sd()) cv = fixed(*r.cv.mean(), 3) + " +- " + fixed(*r.cv.sd(), 3);
        out.add({l.rows, l.measured,
                 fixed(100.0 * static_cast<double>(r.cv.count()) / static_cast<double>(r.pools), 1) + "%", cv,
                 scientific(r.volume.mean()), fixed(100 * r.counted, 1) + "%"});
    }
    return out.text();
}

std::string area_table(const findings& f) {
    table out({"D", "area of S^(D-1)", "documented", "for each of 64", "documented", "CV, law", "verdict"});
    for (const documented_band& d : documented_bands) {
        const auto dim = static_cast<unsigned>(settings_of(d.band).dim);
        const double area = sphere_area(dim);
        out.add({std::to_string(dim), fixed(area, 3), fixed(d.area, 2), fixed(area / documented_points, 3),
                 fixed(d.area_per_point, 3), fixed(rung_at(f, dim).law, 4),
                 std::fabs(area / d.area - 1) < 1e-3 ? "agrees" : "a slip"});
    }
    return out.text();
}

std::string pipeline_tables() {
    std::vector<std::string> header{"layer"};
    std::vector<std::vector<std::string>> rows;
    for (const documented_band& d : documented_bands) {
        header.insert(header.end(), {std::string(name_of(d.band)), "weights", "documented"});
        const std::vector<pipeline_step> steps = pipeline_of(settings_of(d.band));
        rows.resize(steps.size());
        for (std::size_t i = 0; i < steps.size(); ++i) {
            if (rows[i].empty()) rows[i].push_back(steps[i].name);
            rows[i].insert(rows[i].end(), {std::to_string(steps[i].in) + " -> " + std::to_string(steps[i].out),
                                           std::to_string(steps[i].products), std::to_string(d.step_parameters[i])});
        }
    }
    table layers(header);
    for (const std::vector<std::string>& cells : rows) layers.add(cells);

    table sums({"band", "per patch: Linear", "documented", "readout", "attention", "patches", "per image: Linear",
                "all three", "documented", "parameters", "documented", "of LOW"});
    const double low = static_cast<double>(cost_of(settings_of(svae_band::low)).linear_products);
    for (const documented_band& d : documented_bands) {
        const pipeline_cost c = cost_of(settings_of(d.band));
        sums.add({std::string(name_of(d.band)), std::to_string(c.linear_products), shown(d.flops_per_patch, 0),
                  std::to_string(c.readout_products), std::to_string(c.attention_products), std::to_string(c.patches),
                  std::to_string(c.linear_products_of_image()),
                  std::to_string(c.patches * (c.linear_products + c.readout_products + c.attention_products)),
                  fixed(d.flops_per_image, 0), std::to_string(c.parameters), std::to_string(d.parameters),
                  fixed(100 * static_cast<double>(c.linear_products) / low, 0) + "%"});
    }
    return layers.text() +
           "\nThe documented dec_out counts half of the 768 biases at LOW and MID, and all 48 at HIGH.\n"
           "\nMultiply-accumulates, the eigenproblem and the decoder's smoothing of a whole image aside\n\n" +
           sums.text() +
           "\nNo sum of these gives the documented figures; MID's is less than its Linear layers alone.\n";
}

std::string ladder_table(const findings& f) {
    std::vector<std::string> header{"D", "law"};
    for (const std::uint32_t rows : pool_sizes) header.push_back("V = " + std::to_string(rows));
    header.insert(header.end(), {"band", "by section 5"});
    table out(header);
    for (const rung& r : f.ladder) {
        std::vector<std::string> cells{std::to_string(r.dim), fixed(r.law, 4)};
        for (const geolip::null_reading& n : r.estimator)
            cells.push_back(n ? fixed(*n.value, 3) + " +- " + fixed(n.sd, 3) : std::string(undefined));
        cells.insert(cells.end(),
                     {std::string(name_of(ablation_band(r.law))), std::string(name_of(triage_band(r.law)))});
        out.add(cells);
    }
    return out.text();
}

std::string report(const findings& f, const settings& s) {
    table list({"claim", "documented", "ours", "verdict"});
    for (const claim& c : claims(f)) list.add({c.statement, c.documented, c.ours, c.verdict});
    return "CV of five points: the documented estimator, " + std::to_string(samples) + " simplices, on " +
           std::to_string(s.pools) + " pools of random rows\n\nRows on the unit sphere, drawn and trained\n\n" +
           comparison_table(f.sphere, "figure") +
           "\nz: how many standard deviations of such a figure it lies from what chance gives for its D and V. "
           "Chance: |z| <= 2,\nbarely up to 3. Law: infinitely many rows; a finite pool lies below it.\n"
           "\nThe row rules (group G, trained), and Gaussian rows under the same rule\n\n" +
           comparison_table(f.rules, "rows") +
           "\nLaw: of the sphere in D dimensions; of Gaussian rows, which one common scale does not change; of the "
           "sphere in\nD - 1 dimensions for LayerNorm, whose rows have mean 0 and one length.\n" +
           together(f.rules) +
           "\nLayerNorm at D = 4: rows in a hyperplane of 3 dimensions, where five points have no 4-volume\n\n" +
           precision_table(f.precision) +
           "\nWhat is measured there is the rounding: it shrinks with the precision, and its CV is that of the "
           "arithmetic. The rule\nthat asks for volumes above rounding noise finds none: CV is undefined. Rows on the "
           "sphere have one CV in both.\n"
           "\nAreas\n\n" +
           area_table(f) + "\nThe matmul pipeline of a patch: weights by layer\n\n" + pipeline_tables() +
           "\nClaims\n\n" + list.text() +
           "\nThe ladder: CV of rows on the sphere, the estimator's mean +- sd for pools of V rows, and the band by "
           "the "
           "thresholds of\nthe ablation and of section 5\n\n" +
           ladder_table(f);
}

json to_json(const moments& m) {
    return {{"mean", number(m.mean())},
            {"standard_error", number(m.standard_error())},
            {"sd", number(m.sd())},
            {"pools", m.count()}};
}

json to_json(const std::vector<comparison>& lines) {
    json out = json::array();
    for (const comparison& c : lines) {
        out.push_back({{"band", name_of(c.band)},
                       {"D", c.dim},
                       {"V", c.rows},
                       {"figure", c.what},
                       {"documented", c.documented},
                       {"readings", c.count},
                       {"chance", to_json(c.chance)},
                       {"law", number(c.law)},
                       {"z", number(c.z())},
                       {"verdict", c.verdict()}});
    }
    return out;
}

json document(const findings& f, const settings& s) {
    json out{{"program", "bands"},
             {"version", geolip::version_string},
             {"order", band_order},
             {"samples", samples},
             {"pools", s.pools},
             {"seed", s.seed},
             {"sphere", to_json(f.sphere)},
             {"row_rules", to_json(f.rules)}};
    for (const precision_line& l : f.precision) {
        out["layer_norm_at_4"].push_back({{"rows", l.rows},
                                          {"measured", l.measured},
                                          {"CV", to_json(l.readings.cv)},
                                          {"mean_volume", number(l.readings.volume.mean())},
                                          {"counted", l.readings.counted},
                                          {"reason", describe(l.readings.reason)}});
    }
    for (const documented_band& d : documented_bands) {
        const svae_settings b = settings_of(d.band);
        const double area = sphere_area(static_cast<unsigned>(b.dim));
        out["areas"].push_back({{"D", b.dim},
                                {"area", area},
                                {"documented", d.area},
                                {"per_point", area / documented_points},
                                {"documented_per_point", d.area_per_point}});
        const pipeline_cost c = cost_of(b);
        json steps = json::array();
        for (const pipeline_step& step : pipeline_of(b))
            steps.push_back({{"layer", step.name},
                             {"in", step.in},
                             {"out", step.out},
                             {"weights", step.products},
                             {"biases", step.biases}});
        out["pipeline"].push_back({{"band", name_of(d.band)},
                                   {"steps", steps},
                                   {"linear_per_patch", c.linear_products},
                                   {"readout_per_patch", c.readout_products},
                                   {"attention_per_patch", c.attention_products},
                                   {"patches", c.patches},
                                   {"linear_per_image", c.linear_products_of_image()},
                                   {"smoothing_per_image", c.smoothing_products},
                                   {"all_per_image", c.products_of_image()},
                                   {"documented_per_patch", number(d.flops_per_patch)},
                                   {"documented_per_image", d.flops_per_image},
                                   {"parameters", c.parameters},
                                   {"documented_parameters", d.parameters}});
    }
    for (const rung& r : f.ladder) {
        json pools = json::array();
        for (std::size_t i = 0; i < std::size(pool_sizes); ++i)
            pools.push_back({{"V", pool_sizes[i]}, {"mean", number(r.estimator[i].value)}, {"sd", r.estimator[i].sd}});
        out["ladder"].push_back({{"D", r.dim},
                                 {"law", r.law},
                                 {"estimator", pools},
                                 {"band", name_of(ablation_band(r.law))},
                                 {"band_section_5", name_of(triage_band(r.law))}});
    }
    for (const claim& c : claims(f))
        out["claims"].push_back(
            {{"claim", c.statement}, {"documented", c.documented}, {"ours", c.ours}, {"verdict", c.verdict}});
    return out;
}

std::string picture(const findings& f) {
    line_chart chart;
    chart.title = "The bands: CV of five random rows, and the documented readings (dots)";
    chart.x = {"dimension D (LayerNorm: of the hyperplane, D - 1)", 2.7, 64, {3, 4, 5, 6, 8, 12, 16, 24, 32, 48, 64}};
    chart.y = {"CV", 0.07, 1.6, {0.1, 0.2, 0.3, 0.5, 1, 1.5}};
    chart.stripes = {{0.80, 1.6, "HIGH, above 0.80", "#f6dcd3"},
                     {0.35, 0.50, "MID, 0.35-0.50", "#e3ecd9"},
                     {0.07, 0.30, "LOW, below 0.30", "#dce6f2"}};
    const auto add = [&](const char* label, const char* colour, auto law) {
        curve c{label, colour, false, {}};
        for (int i = 0; i <= 120; ++i) {
            const double dim = band_order * std::pow(chart.x.high / band_order, i / 120.0);
            c.points.push_back({dim, geolip::coefficient_of_variation(law, band_order, dim).value()});
        }
        chart.curves.push_back(c);
    };
    add("sphere, exact", "#2a788e", sphere_law());
    add("Gaussian, exact", "#8a5a00", gaussian_law());
    for (const std::uint32_t rows : {64u, 16u}) {
        curve c{"sphere, " + std::to_string(rows) + " rows read", rows == 64 ? "#2a788e" : "#7ab8c6", true, {}};
        for (const rung& r : f.ladder)
            if (const auto& n = estimator_at(f, r.dim, rows)) c.points.push_back({double(r.dim), *n.value});
        chart.curves.push_back(c);
    }
    markers uniform{"uniform draw", "#222222", {}}, trained{"trained", "#2a6fdb", {}},
        bulk{"no row norm", "#b8860b", {}}, layer_norm{"LayerNorm", "#b03a2e", {}};
    for (const documented_band& d : documented_bands) {
        const double dim = static_cast<double>(settings_of(d.band).dim);
        uniform.points.push_back({dim, d.uniform_cv});
        trained.points.push_back({dim, d.attractor_cv});
        bulk.points.push_back({dim, d.unchanged_rows});
        layer_norm.points.push_back({dim - 1, d.layer_norm_rows});
    }
    chart.marks = {uniform, trained, bulk, layer_norm};
    return svg(chart);
}

}  // namespace

int main(int argc, char** argv) {
    CLI::App app("The three bands of the sphere-normed autoencoder, as far as chance and arithmetic explain them.",
                 "bands");
    settings s;
    bool as_json = false;
    std::string file;
    add_text(app, "--pools", "N", "1000", "Random pools of each shape",
             [&](const std::string& text) { s.pools = whole_number<std::uint32_t>(text, "--pools", 2, 1000000); });
    add_text(app, "--seed", "N", "42", "Seed of every random stream",
             [&](const std::string& text) { s.seed = whole_number<std::uint64_t>(text, "--seed", 0); });
    app.add_flag("--json", as_json, "Print one JSON document instead of tables");
    const CLI::Option* draw = app.add_option("--svg", file, "Also draw CV against D into FILE")->type_name("FILE");
    return run(app, argc, argv, [&] {
        const findings f = find(s);
        if (*draw) {
            geolip::output_file out(file);
            out.write(picture(f));
            out.commit();
        }
        print(as_json ? document(f, s).dump(2) + "\n" : report(f, s));
        return 0;
    });
}
