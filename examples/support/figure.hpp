// Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT
#pragma once

/// \file
/// Small charts as SVG within a page, coloured by the page's style alone: axes, lines, bands, bars, dots, heat maps.

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "support/html.hpp"
#include "support/picture.hpp"

namespace examples {

/// Numbers of an axis for a reader: 0.25, 1000, 10⁻⁴.
inline std::string tick_text(double x) {
    const double size = std::fabs(x);
    return size == 0 || (size >= 1e-3 && size < 1e5) ? geolip::sweep::shortest(x + 0.0) : scientific(x, 0);
}

/// Round numbers from `low` to `high`, about `count` of them.
inline std::vector<double> linear_ticks(double low, double high, int count, bool whole = false) {
    const double rough = std::max((high - low) / count, 1e-300), power = std::pow(10.0, std::floor(std::log10(rough)));
    double step = power;
    for (const double factor : {2.0, 5.0, 10.0})
        if (step < 0.7 * rough) step = power * factor;
    if (whole) step = std::max(1.0, std::round(step));
    std::vector<double> out;
    // Each from a whole number, so that 0.3 is 0.3, and not from -0.
    for (double i = std::ceil(low / step - 1e-9) + 0.0; i * step <= high + 1e-9 * step; ++i)
        out.push_back(step >= 1 ? i * step : i / std::round(1 / step));
    return out;
}
/// Powers of ten, every so many from the top, or 1, 2, 5 of them where there are few, or round numbers.
inline std::vector<double> logarithmic_ticks(double low, double high) {
    const double decades = std::log10(high / low);
    if (decades < 0.8) return linear_ticks(low, high, 4);
    std::vector<double> out;
    for (double e = std::floor(std::log10(high) + 1e-9); e > std::log10(low) - 1; e -= std::ceil(decades / 5))
        for (const double factor : {5.0, 2.0, 1.0}) {
            const double x = e < 0 ? factor / std::pow(10.0, -e) : factor * std::pow(10.0, e);
            if ((factor == 1 || decades < 1.7) && x >= low * 0.999 && x <= high * 1.001) out.push_back(x);
        }
    return out;
}

/// An axis that holds everything it is shown.
struct scale {
    std::string label;
    bool logarithmic = false, whole = false;  ///< whole: of whole numbers, such as layers
    double low = 0, high = 0;
    bool empty = true;

    void show(double x) {
        if (!std::isfinite(x) || (logarithmic && !(x > 0))) return;
        low = empty ? x : std::min(low, x);
        high = empty ? x : std::max(high, x);
        empty = false;
    }
    /// Some room at the ends.
    void settle() {
        if (empty) low = logarithmic ? 0.1 : 0, high = 1;
        if (logarithmic) {
            low = std::max(low, high * 1e-8);
            const double room = std::pow(high / low, 0.04) * 1.02;
            low /= room, high *= room;
        } else {
            const double room = high > low ? 0.05 * (high - low) : std::max(0.5, std::fabs(high) * 0.05);
            if (low != 0) low -= room;  // an axis that begins at 0 does so exactly
            high += room;
        }
    }
    double part(double x) const {
        const double p =
            logarithmic ? std::log(std::max(x, low) / low) / std::log(high / low) : (x - low) / (high - low);
        return std::clamp(p, 0.0, 1.0);
    }
    std::vector<double> ticks(int count) const {
        return logarithmic ? logarithmic_ticks(low, high) : linear_ticks(low, high, count, whole);
    }
};

/// Pieces of SVG in tenths of a pixel, so that coordinates are whole numbers.
namespace svg_part {

inline std::string whole(double x) { return geolip::sweep::fixed(std::round(x), 0); }

inline std::string attribute(std::string_view name, double x) {
    return std::string(" ").append(name) + "=\"" + whole(x) + '"';
}
inline std::string text(double x, double y, std::string_view classes, std::string_view content) {
    return "<text" + attribute("x", x) + attribute("y", y) + " class=\"" + std::string(classes) + "\">" +
           html_text(content) + "</text>";
}
inline std::string line(double x1, double y1, double x2, double y2, std::string_view classes) {
    return "<path class=\"" + std::string(classes) + "\" d=\"M" + whole(x1) + ' ' + whole(y1) + 'L' + whole(x2) + ' ' +
           whole(y2) + "\"/>";
}
/// M and relative lines through points on the page.
inline std::string path(std::span<const point> points) {
    std::string out;
    double x = 0, y = 0;
    for (std::size_t i = 0; i < points.size(); ++i) {
        const double nx = std::round(points[i].x), ny = std::round(points[i].y);
        out += i == 0 ? "M" : i == 1 ? "l" : " ";
        out += whole(nx - x) + ' ' + whole(ny - y);
        x = nx, y = ny;
    }
    return out;
}

/// A picture with its title and description, which a reader of the screen is told. `number` makes its names its own.
inline std::string picture(double width, double height, std::size_t number, std::string_view title,
                           std::string_view description, std::string_view content) {
    const std::string n = std::to_string(number);
    return "<svg viewBox=\"0 0 " + whole(width) + ' ' + whole(height) + "\" role=\"img\" aria-labelledby=\"t" + n +
           " d" + n + "\"><title id=\"t" + n + "\">" + html_text(title) + "</title><desc id=\"d" + n + "\">" +
           html_text(description) + "</desc>\n" + std::string(content) + "</svg>\n";
}

}  // namespace svg_part

/// A chart of 360 by 240 pixels. Everything is shown to the axes first, then drawn in the order in which it was added.
/// Classes are those of the page's style: m measured, n null, d0 to d7 depth, k a reference.
class chart {
public:
    scale x, y;

    void line(std::vector<point> points, std::string classes) {
        add(kind::line, std::move(points), std::move(classes));
    }
    void dots(std::vector<point> points, std::string classes) {
        add(kind::dots, std::move(points), std::move(classes));
    }
    /// Between two lines of as many points.
    void band(const std::vector<point>& low, const std::vector<point>& high, std::string classes) {
        std::vector<point> outline = low;
        outline.insert(outline.end(), high.rbegin(), high.rend());
        add(kind::area, std::move(outline), std::move(classes));
    }
    /// Bars of one width from 0, side by side from `low` on.
    void bars(double low, double width, std::span<const double> heights, std::string classes) {
        std::vector<point> outline{{low, 0}};
        for (std::size_t i = 0; i < heights.size(); ++i) {
            outline.push_back({low + width * static_cast<double>(i), heights[i]});
            outline.push_back({low + width * static_cast<double>(i + 1), heights[i]});
        }
        outline.push_back({low + width * static_cast<double>(heights.size()), 0});
        add(kind::area, std::move(outline), std::move(classes));
    }
    /// Across the chart, with its name at the right.
    void level(double at, std::string classes, std::string label = "") {
        y.show(at);
        levels_.push_back({at, std::move(classes), std::move(label)});
    }
    /// From one x to another, the whole height, with its name at the top.
    void zone(double from, double to, std::string classes, std::string label) {
        x.show(from), x.show(to);
        zones_.push_back({from, to, std::move(classes), std::move(label)});
    }

    std::string svg(std::size_t number, std::string_view title, std::string_view description) {
        x.settle(), y.settle();
        using namespace svg_part;
        const auto at = [&](point p) {
            return point{left + x.part(p.x) * (right - left), bottom - y.part(p.y) * (bottom - top)};
        };
        std::string out;
        for (const zone_mark& z : zones_) {
            const double from = at({z.from, y.low}).x, to = at({z.to, y.low}).x;
            out += "<rect class=\"" + z.classes + '"' + attribute("x", from) + attribute("y", top) +
                   attribute("width", to - from) + attribute("height", bottom - top) + "/>" +
                   svg_part::text((from + to) / 2, top + 110, "c", z.label);
        }
        for (const double tick : x.ticks(5)) {
            const double place = at({tick, y.low}).x;
            out += svg_part::line(place, bottom, place, bottom + 40, "x") +
                   svg_part::text(place, bottom + 150, "c", tick_text(tick));
        }
        for (const double tick : y.ticks(5)) {
            const double place = at({x.low, tick}).y;
            out += svg_part::line(left, place, right, place, "g") +
                   svg_part::text(left - 50, place + 38, "e", tick_text(tick));
        }
        for (const level_mark& l : levels_) {
            const double place = at({x.low, l.at}).y;
            out += svg_part::line(left, place, right, place, "w " + l.classes);
            if (!l.label.empty()) out += svg_part::text(right - 20, place - 30, "e", l.label);
        }
        for (const mark& m : marks_) {
            std::vector<point> pixels;
            for (const point& p : m.points) pixels.push_back(at(p));
            if (m.what == kind::dots) {
                out += "<path class=\"o " + m.classes + "\" d=\"";  // round ends of lines without length
                for (const point& p : pixels) out += 'M' + whole(p.x) + ' ' + whole(p.y) + "h0";
                out += "\"/>";
            } else if (!pixels.empty()) {
                out += "<path class=\"" + std::string(m.what == kind::area ? "a " : "w ") + m.classes + "\" d=\"" +
                       path(pixels) + (m.what == kind::area ? "z" : "") + "\"/>";
            }
        }
        out += svg_part::line(left, bottom, right, bottom, "x") + svg_part::line(left, top, left, bottom, "x") +
               svg_part::text((left + right) / 2, bottom + 310, "c", x.label) + svg_part::text(0, 115, "s", y.label);
        return picture(3600, 2400, number, title, description, out);
    }

private:
    static constexpr double left = 480, right = 3540, top = 210, bottom = 2050;
    enum class kind { line, dots, area };
    struct mark {
        kind what;
        std::vector<point> points;
        std::string classes;
    };
    struct level_mark {
        double at;
        std::string classes, label;
    };
    struct zone_mark {
        double from, to;
        std::string classes, label;
    };

    void add(kind what, std::vector<point> points, std::string classes) {
        for (const point& p : points) x.show(p.x), y.show(p.y);
        marks_.push_back({what, std::move(points), std::move(classes)});
    }

    std::vector<mark> marks_;
    std::vector<level_mark> levels_;
    std::vector<zone_mark> zones_;
};

/// A map of rows x cols numbers from -limit to limit, row-major, in 21 colours h0 to h20; empty ones in the class hx.
struct heat_map {
    heat_map(std::size_t number_of_rows, std::size_t number_of_cols)
        : rows(number_of_rows), cols(number_of_cols), values(rows * cols) {}

    std::size_t rows, cols;
    std::vector<std::optional<double>> values;
    double limit = 1, centre = 0;
    std::string x_label, y_label, unit;
    std::vector<std::string> row_names, col_names;  ///< shown as far as there is room
    std::optional<double> null_sd;                  ///< marked on the scale

    std::string svg(std::size_t number, std::string_view title, std::string_view description) const {
        using namespace svg_part;
        const double cell_width = std::floor(2400 / static_cast<double>(cols));
        const double cell_height = std::floor(1840 / static_cast<double>(rows));
        const double left = 480, top = 210, right = left + cell_width * static_cast<double>(cols),
                     bottom = top + cell_height * static_cast<double>(rows);
        // Runs of one colour in a row are one rectangle; each colour is one path.
        std::array<std::string, colours + 1> paths;
        for (std::size_t i = 0; i < rows; ++i)
            for (std::size_t j = 0; j < cols;) {
                const std::size_t colour = colour_of(values[i * cols + j]);
                std::size_t end = j + 1;
                while (end < cols && colour_of(values[i * cols + end]) == colour) ++end;
                const double width = cell_width * static_cast<double>(end - j);
                paths[colour] += 'M' + whole(left + cell_width * static_cast<double>(j)) + ' ' +
                                 whole(top + cell_height * static_cast<double>(i)) + 'h' + whole(width) + 'v' +
                                 whole(cell_height) + "h-" + whole(width) + 'z';
                j = end;
            }
        std::string out;
        for (std::size_t c = 0; c <= colours; ++c)
            if (!paths[c].empty())
                out += "<path class=\"" + (c == colours ? std::string("hx") : 'h' + std::to_string(c)) + "\" d=\"" +
                       paths[c] + "\"/>\n";
        const auto every = [](std::size_t count, double size, double least) {
            std::size_t step = 1;
            for (const std::size_t s : {2u, 5u, 10u, 20u, 50u, 100u, 200u, 500u})
                if (size * static_cast<double>(step) < least) step = s;
            return std::min(step, std::max<std::size_t>(1, count));
        };
        for (std::size_t j = 0; j < col_names.size(); j += every(cols, cell_width, 200))
            out += svg_part::text(left + cell_width * (static_cast<double>(j) + 0.5), bottom + 150, "c", col_names[j]);
        for (std::size_t i = 0; i < row_names.size(); i += every(rows, cell_height, 120))
            out +=
                svg_part::text(left - 50, top + cell_height * (static_cast<double>(i) + 0.5) + 38, "e", row_names[i]);
        out += svg_part::text((left + right) / 2, bottom + 310, "c", x_label) + svg_part::text(0, 115, "s", y_label);
        // The scale.
        const double scale_top = 300, step = 80, scale_left = 2990;
        for (std::size_t c = 0; c < colours; ++c)
            out += "<rect class=\"h" + std::to_string(colours - 1 - c) + '"' + attribute("x", scale_left) +
                   attribute("y", scale_top + step * static_cast<double>(c)) + attribute("width", 120) +
                   attribute("height", step) + "/>";
        const double scale_bottom = scale_top + step * colours, middle = (scale_top + scale_bottom) / 2;
        const int digits = centre == 0 ? 2 : 4;
        out += svg_part::text(scale_left, scale_top - 60, "s", unit) +
               svg_part::text(scale_left + 160, scale_top + 80, "s", readable(centre + limit, digits)) +
               svg_part::text(scale_left + 160, middle + 38, "s", readable(centre)) +
               svg_part::text(scale_left + 160, scale_bottom, "s", readable(centre - limit, digits));
        if (null_sd) {
            const double reach = std::min(1.0, 2 * *null_sd / limit) * (scale_bottom - scale_top) / 2;
            out += svg_part::line(scale_left - 40, middle - std::max(reach, 8.0), scale_left - 40,
                                  middle + std::max(reach, 8.0), "w nb");
        }
        return picture(3600, 2400, number, title, description, out);
    }

private:
    static constexpr std::size_t colours = 21;
    std::size_t colour_of(const std::optional<double>& v) const {
        if (!v || !std::isfinite(*v)) return colours;
        const double part = std::clamp((*v - centre) / limit, -1.0, 1.0);
        return static_cast<std::size_t>(std::lround((part + 1) / 2 * (colours - 1)));
    }
};

}  // namespace examples
