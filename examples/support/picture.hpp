// Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT
#pragma once

/// \file
/// Curves on two axes, logarithmic or linear, as the text of an SVG file.

#include <cmath>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "geolip/sweep/number.hpp"
#include "support/html.hpp"

namespace examples {

struct point {
    double x, y;
};

/// A line through `points`; `label` is its entry in the legend.
struct curve {
    std::string label, colour;
    bool dashed = false;
    std::vector<point> points;
};

/// A shaded range of y across the whole chart, or a line where low == high, labelled at the right, just above `low`.
struct stripe {
    double low, high;
    std::string label, colour;
};

/// Markers of one kind; `label` is their entry in the legend.
struct markers {
    std::string label, colour;
    std::vector<point> points;
};

struct axis {
    std::string label;
    double low, high;
    std::vector<double> ticks;
    bool linear = false;  ///< instead of logarithmic
};

struct line_chart {
    std::string title;
    axis x, y;
    std::vector<stripe> stripes;
    std::vector<curve> curves;
    std::vector<markers> marks;
};

namespace detail {

// ` name="value"`, numbers to a hundredth of a pixel.
inline std::string attribute(std::string_view name, std::string_view value) {
    return std::string(" ").append(name) + "=\"" + html_text(value) + '"';
}
inline std::string attribute(std::string_view name, double value) {
    return attribute(name, geolip::sweep::fixed(value, 2));
}

inline std::string text(point at, std::string_view anchor, std::string_view content, std::string_view more = "") {
    return "<text" + attribute("x", at.x) + attribute("y", at.y) + attribute("text-anchor", anchor) +
           std::string(more) + '>' + html_text(content) + "</text>\n";
}

inline std::string line(point from, point to, std::string_view colour, double width, bool dashed = false) {
    return "<line" + attribute("x1", from.x) + attribute("y1", from.y) + attribute("x2", to.x) + attribute("y2", to.y) +
           attribute("stroke", colour) + attribute("stroke-width", width) +
           (dashed ? attribute("stroke-dasharray", "7 4") : "") + "/>\n";
}

inline std::string rectangle(point corner, double width, double height, std::string_view fill) {
    return "<rect" + attribute("x", corner.x) + attribute("y", corner.y) + attribute("width", width) +
           attribute("height", height) + attribute("fill", fill) + "/>\n";
}

inline std::string circle(point at, std::string_view colour) {
    return "<circle" + attribute("cx", at.x) + attribute("cy", at.y) + attribute("r", 4) + attribute("fill", colour) +
           attribute("stroke", "white") + "/>\n";
}

}  // namespace detail

/// The chart as an SVG document, 1000 by 640 pixels, its legend to the right.
inline std::string svg(const line_chart& chart) {
    constexpr double left = 80, right = 775, top = 55, bottom = 570;
    const auto place = [](double value, const axis& along, double from, double to) {
        const double part = along.linear ? (value - along.low) / (along.high - along.low)
                                         : std::log(value / along.low) / std::log(along.high / along.low);
        return from + part * (to - from);
    };
    const auto at = [&](point p) { return point{place(p.x, chart.x, left, right), place(p.y, chart.y, bottom, top)}; };

    std::string out =
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"1000\" height=\"640\" viewBox=\"0 0 1000 640\" "
        "font-family=\"sans-serif\" font-size=\"13\" fill=\"#222222\">\n";
    out += detail::rectangle({0, 0}, 1000, 640, "white");
    out +=
        "<clipPath id=\"plot\">" + detail::rectangle({left, top}, right - left, bottom - top, "none") + "</clipPath>\n";
    out += detail::text({left, 32}, "start", chart.title, " font-size=\"18\" font-weight=\"bold\"");

    for (const stripe& s : chart.stripes) {
        const point high = at({chart.x.low, s.high});
        const point low = at({chart.x.high, s.low});
        if (s.low == s.high) {
            out += detail::line(high, low, s.colour, 1.5);
        } else {
            out += detail::rectangle(high, low.x - high.x, low.y - high.y, s.colour);
        }
    }
    for (const double tick : chart.x.ticks) {
        const double x = at({tick, 1}).x;
        out += detail::line({x, top}, {x, bottom}, "#00000018", 1);
        out += detail::text({x, bottom + 20}, "middle", geolip::sweep::shortest(tick));
    }
    for (const double tick : chart.y.ticks) {
        const double y = at({1, tick}).y;
        out += detail::line({left, y}, {right, y}, "#00000018", 1);
        out += detail::text({left - 10, y + 4}, "end", geolip::sweep::shortest(tick));
    }
    out += detail::line({left, bottom}, {right, bottom}, "#222222", 1.5);
    out += detail::line({left, top}, {left, bottom}, "#222222", 1.5);
    out += detail::text({(left + right) / 2, bottom + 48}, "middle", chart.x.label);
    out += detail::text({0, 0}, "middle", chart.y.label, " transform=\"translate(30 312) rotate(-90)\"");

    double legend = top + 10;
    const auto explain = [&](std::string_view label) {
        out += detail::text({right + 60, legend + 4}, "start", label);
        legend += 22;
    };
    for (const curve& c : chart.curves) {
        out += "<polyline clip-path=\"url(#plot)\" fill=\"none\" stroke-width=\"2\"" +
               detail::attribute("stroke", c.colour) + (c.dashed ? " stroke-dasharray=\"7 4\"" : "") + " points=\"";
        for (const point& p : c.points) {
            const point pixel = at(p);
            out += geolip::sweep::fixed(pixel.x, 2) + ',' + geolip::sweep::fixed(pixel.y, 2) + ' ';
        }
        out += "\"/>\n" + detail::line({right + 20, legend}, {right + 52, legend}, c.colour, 2, c.dashed);
        explain(c.label);
    }
    for (const markers& m : chart.marks) {
        for (const point& p : m.points) out += detail::circle(at(p), m.colour);
        out += detail::circle({right + 36, legend}, m.colour);
        explain(m.label);
    }
    for (const stripe& s : chart.stripes) out += detail::text({right - 8, at({1, s.low}).y - 5}, "end", s.label);
    return out + "</svg>\n";
}

}  // namespace examples
