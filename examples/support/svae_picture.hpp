// Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT
#pragma once

/// \file
/// One run of the autoencoder as pictures: the trajectory of CV, and inputs against reconstructions.

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "geolip/data/noise_types.hpp"
#include "geolip/sweep/number.hpp"
#include "support/picture.hpp"
#include "support/png.hpp"
#include "support/svae_report.hpp"

namespace examples {

/// CV of every reading and its running mean over the batches, with the law, the spread of the null, and the bands by
/// the thresholds of the ablation.
inline std::string svae_trajectory(const svae_report& r) {
    line_chart chart;
    chart.title = "CV during training: V " + std::to_string(r.settings.rows) + ", D " + std::to_string(r.settings.dim) +
                  ", patch " + std::to_string(r.settings.patch) + ", seed " + std::to_string(r.settings.seed);
    const double last = static_cast<double>(std::max<std::uint64_t>(1, r.settings.batches));
    // Ticks at 1, 2 or 5 times a power of ten, five to ten of them.
    double step = std::pow(10.0, std::floor(std::log10(last)));
    if (last / step < 2) {
        step /= 5;
    } else if (last / step < 5) {
        step /= 2;
    }
    step = std::max(1.0, step);
    std::vector<double> ticks;
    for (double tick = 0; tick <= last; tick += step) ticks.push_back(tick);
    chart.x = {"batch", 0, 1.08 * last, std::move(ticks), true};  // room for the names of the bands
    chart.y = {"CV of the latent rows", 0.1, 2, {0.1, 0.15, 0.2, 0.3, 0.4, 0.55, 0.8, 1, 1.5, 2}};
    chart.stripes = {{0.1, 0.3, "LOW", "#e8f1fa"}, {0.3, 0.55, "MID", "#eaf6ea"}, {0.8, 2, "HIGH", "#fdf0e3"}};
    if (r.null) {
        chart.stripes.push_back(
            {std::max(0.1, r.null.mean - 2 * r.null.sd), std::min(2.0, r.null.mean + 2 * r.null.sd), "", "#00000018"});
        chart.curves.push_back({"null, two sd either side", "#bbbbbb", false, {}});  // for the legend
    }
    if (r.law.cv) {
        chart.curves.push_back(
            {"law: " + std::string(r.law.name), "#d62728", true, {{0, *r.law.cv}, {last, *r.law.cv}}});
    }
    curve readings{"reading", "#1f77b4", false, {}}, ema{"running mean", "#222222", false, {}};
    for (const svae_reading& reading : r.result.readings) {
        const double b = static_cast<double>(reading.batch);
        if (reading.cv) readings.points.push_back({b, *reading.cv});
        if (reading.ema) ema.points.push_back({b, *reading.ema});
    }
    chart.curves.push_back(std::move(readings));
    chart.curves.push_back(std::move(ema));
    return svg(chart);
}

/// The first evaluated image of each type, its reconstruction by the untrained and by the trained parameters, one type
/// below the other in two columns, with the errors beside them. -3 is black, 3 white, channel by channel.
inline std::string svae_pictures(const svae_report& r) {
    constexpr double most = 3, cell = 96, gap = 8, left = 150, top = 90, column = 640;
    const std::size_t side = r.settings.side, image = 3 * side * side;
    const auto embedded = [&](std::span<const float> x, std::size_t type) {
        // At least as many pixels as the picture has: viewers smooth what they enlarge, and patches are to be seen.
        const std::size_t scale = std::max<std::size_t>(1, (95 + side) / side);
        pixels p(side * scale, side * scale);
        for (std::size_t c = 0; c < 3; ++c)
            for (std::size_t y = 0; y < p.height; ++y)
                for (std::size_t i = 0; i < p.width; ++i) {
                    const float value = x[type * image + (c * side + y / scale) * side + i / scale];
                    p.samples[3 * (y * p.width + i) + c] = static_cast<std::uint8_t>(
                        std::lround(255 * (std::clamp(static_cast<double>(value), -most, most) + most) / (2 * most)));
                }
        return "data:image/png;base64," + base64(png(p));
    };
    constexpr std::size_t types = geolip::data::noise_type_count;
    const double height = top + (types / 2) * (cell + gap) + 10;
    std::string out = "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"1280\"" + detail::attribute("height", height) +
                      " font-family=\"sans-serif\" font-size=\"13\" fill=\"#222222\">\n";
    out += detail::rectangle({0, 0}, 1280, height, "white");
    const svae_settings& s = r.settings;
    out += detail::text({20, 32}, "start",
                        "Reconstructions after " + std::to_string(r.result.batch_mse.size()) + " batches: V " +
                            std::to_string(s.rows) + ", D " + std::to_string(s.dim) + ", patch " +
                            std::to_string(s.patch) + ", seed " + std::to_string(s.seed),
                        " font-size=\"15\" font-weight=\"bold\"");
    for (std::size_t t = 0; t < types; ++t) {
        const double x = left + static_cast<double>(t / (types / 2)) * column;
        const double y = top + static_cast<double>(t % (types / 2)) * (cell + gap);
        out += detail::text({x - 12, y + 40}, "end", geolip::data::name_of(static_cast<geolip::data::noise_type>(t)),
                            " font-weight=\"bold\"");
        double at = x;
        const auto place = [&](std::string_view heading, const std::vector<float>& of) {
            if (t % (types / 2) == 0) out += detail::text({at + cell / 2, top - 10}, "middle", heading);
            out += "<image" + detail::attribute("x", at) + detail::attribute("y", y) +
                   detail::attribute("width", cell) + detail::attribute("height", cell) + " href=\"" + embedded(of, t) +
                   "\"/>\n";
            at += cell + gap;
        };
        place("input", r.images.first);
        place("untrained", r.untrained.outputs);
        if (r.trained) place("trained", r.trained->outputs);
        const auto figure = [&](double line, std::string_view what, double value) {
            out += detail::text({at + 4, y + line}, "start", std::string(what) + " " + geolip::sweep::fixed(value, 3));
        };
        figure(26, "zeros", r.images.mean_square[t]);
        figure(50, "untrained", r.untrained.mse[t]);
        if (r.trained) figure(74, "trained", r.trained->mse[t]);
        if (t % (types / 2) == 0) out += detail::text({at + 4, top - 10}, "start", "MSE, 16 images");
    }
    return out + "</svg>\n";
}

}  // namespace examples
