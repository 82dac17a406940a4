// Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT

/// \file
/// The exact law of simplex volumes, as a table and as a picture, and where the documented constants lie on it.

#include <CLI/CLI.hpp>
#include <cmath>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "geolip/core/file.hpp"
#include "geolip/core/version.hpp"
#include "geolip/simplex/volume_law.hpp"
#include "geolip/sweep/number.hpp"
#include "geolip/sweep/schema.hpp"
#include "support/documented.hpp"
#include "support/picture.hpp"
#include "support/program.hpp"
#include "support/table.hpp"

namespace {

using namespace examples;
using geolip::coefficient_of_variation;
using geolip::equivalent_dimension;
using geolip::gaussian_law;
using geolip::sphere_law;
using geolip::sweep::fixed;
using json = nlohmann::ordered_json;

constexpr int lowest_order = 2, highest_order = 7, documented_order = 4;
constexpr int documented_samples = 300;
constexpr geolip::sweep::band band;
constexpr unsigned dimensions[] = {4,  5,  6,   7,   8,   12,  16,  24,  32,   40,   48,
                                   64, 96, 128, 192, 256, 384, 512, 768, 1024, 2048, 4096};

template <class Function>
void for_each_law(Function function) {
    function(gaussian_law{});
    function(sphere_law{});
}

template <geolip::volume_law Law>
double five_points(const Law& law, double dimension) {
    return coefficient_of_variation(law, documented_order, dimension).value();
}

template <geolip::volume_law Law>
double dimension_of(double cv, const Law& law) {
    return equivalent_dimension(cv, law, documented_order).value();
}

// Standard deviation of the CV measured on n independent simplices, to first order in 1/sqrt(n): with
// standardised skewness g and kurtosis k, n var = cv^2 ((k - 1)/4 - cv g + cv^2).
template <geolip::volume_law Law>
double sampling_deviation(const Law& law, double dimension, int n) {
    const double cv = five_points(law, dimension);
    const double mean = geolip::mean_volume(law, documented_order, dimension).value();
    const auto raw = [&](int p) {  // E[(V / mean)^p]
        return geolip::moment(law, documented_order, dimension, p).value() / std::pow(mean, p);
    };
    const double skewness = (raw(3) - 3 * raw(2) + 2) / std::pow(cv, 3);
    const double kurtosis = (raw(4) - 4 * raw(3) + 6 * raw(2) - 3) / std::pow(cv, 4);
    return cv * std::sqrt(((kurtosis - 1) / 4 - cv * skewness + cv * cv) / n);
}

// The dimensions between which five points have a CV from `low` to `high`, as "24.8-120.8".
template <geolip::volume_law Law>
std::string dimensions_between(double low, double high, const Law& law) {
    return fixed(dimension_of(high, law), 1) + "-" + fixed(dimension_of(low, law), 1);
}

// One thing the documents say, and what the laws say to it.
struct claim {
    std::string quantity, documented, exact, verdict;
};

std::vector<claim> claims() {
    const gaussian_law gaussian;
    const sphere_law sphere;
    const double at_24 = five_points(gaussian, 24);
    return {
        {"D where the CV is 0.29154", "24", fixed(dimension_of(binding_constant, gaussian), 2),
         "of the dimensions swept in steps of 8, 24 is the nearest"},
        {"the same on the unit sphere", "", fixed(dimension_of(binding_constant, sphere), 2), "another dimension"},
        {"CV at D = 24", "0.29154", fixed(at_24, 5),
         fixed(100 * (at_24 / binding_constant - 1), 1) + " % above the constant: not its fingerprint"},
        {"sd of one reading there (300 simplices)", "", fixed(sampling_deviation(gaussian, 24, documented_samples), 4),
         "as large as the difference: a reading cannot tell 24 from 26"},
        {"D where the CV is 0.20-0.23", "any network", dimensions_between(attractor_low, attractor_high, gaussian),
         "what Gaussian rows of these dimensions give"},
        {"the same on the unit sphere", "", dimensions_between(attractor_low, attractor_high, sphere),
         "what rows of unit length give in these"},
        {"D in the band 0.13-0.30", "32-112", dimensions_between(band.lo, band.hi, gaussian),
         "agrees, and holds 120 as well, with " + fixed(five_points(gaussian, 120), 4)},
        {"the same on the unit sphere", "", dimensions_between(band.lo, band.hi, sphere),
         "rows of unit length leave the band at D = 31"},
        {"CV at D = 64, one attention head", "0.180", fixed(five_points(gaussian, 64), 4), "agrees"},
    };
}

template <geolip::volume_law Law>
std::string law_table(const Law& law) {
    std::vector<std::string> header{"D"};
    for (int order = lowest_order; order <= highest_order; ++order) {
        header.push_back(std::to_string(order + 1) + " points");
    }
    table out(header);
    for (const unsigned dimension : dimensions) {
        std::vector<std::string> cells{std::to_string(dimension)};
        for (int order = lowest_order; order <= highest_order; ++order) {
            const std::optional<double> cv = coefficient_of_variation(law, order, dimension);
            cells.push_back(cv ? fixed(*cv, 4) : std::string(undefined));
        }
        out.add(cells);
    }
    return out.text();
}

std::string report() {
    std::string out =
        "Exact coefficient of variation (CV) of the volume of a simplex of random points in D dimensions\n";
    for_each_law([&](auto law) { out += std::string("\nLaw: ") + law.name + "\n\n" + law_table(law); });

    table five({"D", "documented", "gaussian", "sphere", "documented/gaussian - 1", "verdict"});
    for (const auto& [dimension, documented] : documented_dimensions) {
        const double gaussian = five_points(gaussian_law{}, dimension);
        const double departure = 100 * (documented / gaussian - 1);
        five.add({std::to_string(dimension), fixed(documented, 3), fixed(gaussian, 4),
                  fixed(five_points(sphere_law{}, dimension), 4), fixed(departure, 1) + " %",
                  std::fabs(departure) <= 2.5 ? "the Gaussian law" : "neither law"});
    }
    out +=
        "\nThe documented table of five points against the laws (a finite pool biases the estimate by about -1 %)\n\n" +
        five.text();

    table constants({"five points", "documented", "exact", "verdict"});
    for (const claim& c : claims()) constants.add({c.quantity, c.documented, c.exact, c.verdict});
    return out + "\nWhere the documented constants lie (Gaussian rows unless said otherwise)\n\n" + constants.text();
}

json document() {
    json out{{"program", "laws"}, {"version", geolip::version_string}, {"laws", json::array()}};
    for_each_law([&](auto law) {
        for (int order = lowest_order; order <= highest_order; ++order) {
            json values = json::array();
            for (const unsigned dimension : dimensions) {
                const std::optional<double> cv = coefficient_of_variation(law, order, dimension);
                values.push_back({{"D", dimension}, {"CV", cv ? json(*cv) : json(nullptr)}});
            }
            out["laws"].push_back({{"law", law.name}, {"order", order}, {"values", values}});
        }
    });
    for (const auto& [dimension, documented] : documented_dimensions) {
        out["documented"].push_back({{"D", dimension},
                                     {"CV", documented},
                                     {"gaussian", five_points(gaussian_law{}, dimension)},
                                     {"sphere", five_points(sphere_law{}, dimension)}});
    }
    for (const claim& c : claims()) {
        out["claims"].push_back(
            {{"quantity", c.quantity}, {"documented", c.documented}, {"exact", c.exact}, {"verdict", c.verdict}});
    }
    return out;
}

std::string picture() {
    line_chart chart;
    chart.title = "Coefficient of variation of random simplex volumes (exact)";
    chart.x = {"dimension D", 2, 4096, {2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 2048, 4096}};
    chart.y = {"CV", 0.008, 2.5, {0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2}};
    chart.stripes = {{band.lo, band.hi, "0.13-0.30, the band", "#f3ead2"},
                     {attractor_low, attractor_high, "0.20-0.23, the attractor", "#e3cf93"},
                     {binding_constant, binding_constant, "0.29154, the binding constant", "#b03a2e"}};
    const char* const colours[] = {"#440154", "#414487", "#2a788e", "#22a884", "#7ad151", "#d8c51c"};
    for_each_law([&](auto law) {
        for (int order = highest_order; order >= lowest_order; --order) {
            curve c{std::string(law.name) + ", " + std::to_string(order + 1) + " points",
                    colours[order - lowest_order],
                    std::string(law.name) == "sphere",
                    {}};
            for (int i = 0; i <= 120; ++i) {
                const double dimension = order * std::pow(chart.x.high / order, i / 120.0);
                c.points.push_back({dimension, coefficient_of_variation(law, order, dimension).value()});
            }
            chart.curves.push_back(c);
        }
    });
    markers documented{"documented, 5 points", "#222222", {}};
    for (const auto& [dimension, cv] : documented_dimensions) documented.points.push_back({double(dimension), cv});
    markers constant{"0.29154 at 5 points", "#b03a2e", {}};
    for_each_law([&](auto law) { constant.points.push_back({dimension_of(binding_constant, law), binding_constant}); });
    chart.marks = {documented, constant};
    return svg(chart);
}

}  // namespace

int main(int argc, char** argv) {
    CLI::App app("Exact laws of random simplex volumes, and where the documented constants lie on them.", "laws");
    bool as_json = false;
    std::string file;
    app.add_flag("--json", as_json, "Print one JSON document instead of tables");
    const CLI::Option* draw = app.add_option("--svg", file, "Also draw CV against D into FILE")->type_name("FILE");
    return run(app, argc, argv, [&] {
        if (*draw) {
            geolip::output_file out(file);
            out.write(picture());
            out.commit();
        }
        print(as_json ? document().dump(2) + "\n" : report());
        return 0;
    });
}
